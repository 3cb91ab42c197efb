"""A course of sessions -> one Trend per metric and region: changes against the baseline, never a fitted line.

Three or four sessions cannot carry a trend test (no arrangement of four points reaches p = 0.05), so what
is shown is each session's own change with its band.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.records import SessionComparison, Trend, TrendPoint


def trends(comparisons: Sequence[tuple[int, SessionComparison]]) -> tuple[Trend, ...]:
    """Trends of a course, in the order of the first comparison's changes.

    Args:
        comparisons: (days since the baseline, comparison), any order.
    """
    ordered = sorted(comparisons, key=lambda item: item[0])
    keys: dict[tuple[str, str], str] = {}
    for _, comparison in ordered:
        for change in comparison.changes:
            keys.setdefault((change.metric, change.region), change.unit)
    out = []
    for (metric, region), unit in keys.items():
        points: list[TrendPoint] = []
        limits: list[float] = []
        flags: list[str] = []
        for day, comparison in ordered:
            for change in comparison.changes:
                if (change.metric, change.region) == (metric, region):
                    points.append(
                        TrendPoint(day, change.difference, change.ci95, change.verdict, change.mdc95)
                    )
                    limits.append(change.mdc95)
                    flags += change.flags
        finite = [value for value in limits if np.isfinite(value)]
        mdc95 = float(np.median(finite)) if finite else float("nan")
        out.append(Trend(metric, region, unit, tuple(points), mdc95, tuple(dict.fromkeys(flags))))
    return tuple(out)
