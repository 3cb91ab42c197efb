"""Rows that are not made of observations: speed, and what cannot be run yet."""

from __future__ import annotations

import math
from collections.abc import Sequence

from benchmarks.skindro.records import Observation, Result

LATER = (
    ("3", "spot contrast x 0.75 at fixed sites", "with the concerns"),
    ("4", "wrinkle depth", "with the concerns"),
    ("14", "selection bias of fixed-site contrast", "with the concerns"),
)


def later(observations: Sequence[Observation]) -> list[Result]:
    """Rows of the benchmark that are named and not run."""
    rows = [*LATER]
    if not any(one.mode == "A" for one in observations):
        rows.append(("2-4", "mode A, with a card", "not run: the pictures carry no card"))
    return [Result(row, test, "", "", "", math.nan, "", None, note=why) for row, test, why in rows]


def speed() -> list[Result]:
    """Row 16, on this machine now."""
    from benchmarks.speed import TARGETS, measure

    figures = measure()
    return [
        Result("16", f"{name.removesuffix('_over_decode')} as a multiple of decoding", "", "", "",
               figures[name], f"<= {limit:g}", figures[name] <= limit, higher_is_better=False)
        for name, limit in TARGETS.items()
    ]  # fmt: skip
