"""Row 1: how much the metrics move when only the sensor's noise differs."""

from __future__ import annotations

import math
from collections.abc import Sequence

from benchmarks.skindro.records import Observation, Result
from benchmarks.skindro.rows.select import counts, differences, groups, pick
from benchmarks.skindro.statistics import spread

LIMITS = {"redness": 0.15, "texture_pore": 1.0, "texture_medium": 1.0}
"""Within-subject SD: H for redness, % (of the value, so wCV) for texture."""


def results(observations: Sequence[Observation]) -> list[Result]:
    """SD of one shot, which is that of a difference of two over the square root of 2."""
    out = []
    for generator, tone in groups(pick(observations, "repeat")):
        here = pick(observations, "repeat", generator=generator, tones=(tone,))
        for metric, limit in LIMITS.items():
            value = spread(differences(here, metric)) / math.sqrt(2)
            judged = None if tone == "VI" or math.isnan(value) else value <= limit
            out.append(
                Result(
                    "1", f"repeatability of {metric}, noise only", generator, tone, "B", value,
                    "" if tone == "VI" else f"<= {limit:g}", judged, counts=counts(here, metric),
                    note="stands in for mode A", higher_is_better=False,
                )
            )  # fmt: skip
    return out
