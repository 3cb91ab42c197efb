"""A course of sessions -> one Trend per metric and region: changes against the baseline, and a slope.

Three or four sessions cannot carry a trend test (no arrangement of four points reaches p = 0.05), so up to
four only each session's own change with its band is shown. From five follow-ups on there is the Theil-Sen
slope (the median over all pairs of sessions) with a bootstrap interval.

Source: Theil 1950, Proc. K. Ned. Akad. Wet. 53:386; Sen 1968, J Am Stat Assoc 63:1379
(doi 10.1080/01621459.1968.10480934); Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 9.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.records import Change, LinePoint, SessionComparison, Slope, Trend, TrendPoint, Verdict

MIN_FOLLOW_UPS = 5
PER_DAYS = 30.0
RESAMPLES = 1000


def trends(
    comparisons: Sequence[tuple[int, SessionComparison]], *, apart: Collection[int] = ()
) -> tuple[Trend, ...]:
    """Trends of a course, in the order of the first comparison's changes.

    Args:
        comparisons: (days since the baseline, comparison), any order.
        apart: days that show healing: their changes are listed, but carry no slope.

    A level against a colour card is not on one line with one against the rest of the face, which a change of
    the whole face takes along: the slope is of the sessions that share a reference. Sessions in which parts
    of a face disagree carry no slope: a filter or a lamp that made them may be there again in the next one.
    """
    ordered = sorted(comparisons, key=lambda item: item[0])
    keys: dict[tuple[str, str], str] = {}
    for _, comparison in ordered:
        for change in comparison.changes:
            keys.setdefault((change.metric, change.region), change.unit)
    out = []
    for (metric, region), unit in keys.items():
        points: list[TrendPoint] = []
        own: list[float] = []
        changes: list[Change] = []
        for day, comparison in ordered:
            for change in comparison.changes:
                if (change.metric, change.region) == (metric, region):
                    points.append(_point(day, change))
                    own.append(_own_error(change, comparison))
                    changes.append(change)
        flags = [flag for change in changes for flag in change.flags]
        measured = [point for point in points if math.isfinite(point.difference)]
        settled = [point for point in measured if point.day not in apart]
        reference = _most_common([point.reference for point in settled or measured])
        alike = [point.reference == reference for point in points]
        bands = [p.mdc95 for p, same in zip(points, alike, strict=True) if same and math.isfinite(p.mdc95)]
        mdc95 = float(np.median(bands)) if bands else math.nan
        used = [
            number
            for number, point in enumerate(points)
            if alike[number]
            and "regions_disagree" not in changes[number].flags
            and point.day not in apart
            and math.isfinite(point.difference + own[number])
        ]
        if len({point.reference for point in measured}) > 1:
            flags.append("mixed_references")
        line = slope(
            [points[n].day for n in used], [points[n].difference for n in used], [own[n] for n in used]
        )
        remarks = tuple(dict.fromkeys(flags))
        out.append(Trend(metric, region, unit, tuple(points), mdc95, remarks, line, reference))
    return tuple(out)


def _point(day: int, change: Change) -> TrendPoint:
    return TrendPoint(day, change.difference, change.ci95, change.verdict, change.mdc95, change.reference)


def _most_common(references: Sequence[str | None]) -> str | None:
    """The last of those that are there most often; None without any."""
    return max(reversed(references), key=references.count, default=None)


def slope(days: Sequence[int], differences: Sequence[float], errors: Sequence[float]) -> Slope | None:
    """Theil-Sen slope with a bootstrap interval; None for fewer than five days.

    Sessions are drawn again with replacement, and each draw is given fresh noise of its own error. So noise
    counts twice, in what was measured and in what is added: the interval is wider than 95 % asks for by
    about sqrt(2), which is what judging the nine regions of a face side by side asks for.

    Args:
        days: of the follow-ups; the baseline is none of them, for its difference is 0 by definition.
        differences: against the baseline.
        errors: SE of each follow-up without the baseline's part, which all of them share: it moves the
            whole line and tilts nothing.

    >>> found = slope([30, 60, 90, 120, 150], [-1.0, -2.1, -2.9, -4.2, -5.0], [0.1] * 5)
    >>> round(found.per_30_days, 1), found.verdict
    (-1.0, 'measurable_decrease')
    """
    if len(set(days)) < MIN_FOLLOW_UPS:
        return None
    from scipy.stats import theilslopes  # half a second, for courses of five follow-ups and more

    x, y = np.asarray(days, np.float64), np.asarray(differences, np.float64)
    per_day, intercept = theilslopes(y, x, method="joint")[:2]
    generator = np.random.default_rng(zlib.crc32(np.concatenate([x, y]).tobytes()))
    picks = generator.integers(0, x.size, (RESAMPLES, x.size))
    moved = y[picks] + generator.normal(size=picks.shape) * np.asarray(errors, np.float64)[picks]
    slopes, starts = _theil_sen(x[picks], moved)
    low, high = (float(value) * PER_DAYS for value in np.percentile(slopes, (2.5, 97.5)))
    at = np.unique(x)
    lows, highs = np.percentile(starts[:, None] + slopes[:, None] * at, (2.5, 97.5), axis=0)
    verdict: Verdict = "no_measurable_change"
    if low > 0 or high < 0:
        verdict = "measurable_increase" if low > 0 else "measurable_decrease"
    line = tuple(
        LinePoint(int(day), float(intercept + per_day * day), float(under), float(over))
        for day, under, over in zip(at, lows, highs, strict=True)
    )
    return Slope(float(per_day) * PER_DAYS, (low, high), verdict, len(days), line)


def _own_error(change: Change, comparison: SessionComparison) -> float:
    """The follow-up's own part of a change's SE: variances are sb^2 + sw^2 / shots each, with sb = sw.

    Shots that took no part lessen nothing.

    Of the noise alone: how strongly a change shows is not told from session to session, and the verdict on a
    slope is whether there is one.
    """
    lost = {item.photo_id for item in comparison.left_out}
    before, after = (
        1 + 1 / max(1, len(set(ids) - lost)) for ids in (comparison.baseline_ids, comparison.photo_ids)
    )
    return change.standard_error * math.sqrt(after / (before + after))


def _theil_sen(
    x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Slope and intercept of every row; rows that hold a single day are left out."""
    x, y = (values[np.ptp(x, axis=1) > 0] for values in (x, y))
    i, j = np.triu_indices(x.shape[1], 1)
    across, up = x[:, j] - x[:, i], y[:, j] - y[:, i]
    # Pairs on one day say nothing of a slope.
    ratios = np.divide(up, across, out=np.full_like(up, np.nan), where=across != 0)
    slopes = np.nanmedian(ratios, axis=1)
    return slopes, np.median(y - slopes[:, None] * x, axis=1)
