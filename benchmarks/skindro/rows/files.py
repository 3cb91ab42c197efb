"""Row 15: the same picture in another file must measure the same."""

from __future__ import annotations

import math
from collections.abc import Sequence

from benchmarks.skindro.records import TEXTURE, Counts, Observation, Result
from benchmarks.skindro.rows.select import generators_in, pick
from benchmarks.skindro.statistics import finite

REDNESS, RELIEF = 0.1, 1.0
"""H, and % of any texture band."""


def results(observations: Sequence[Observation]) -> list[Result]:
    """The largest shift over people and tones, per kind of file."""
    out = []
    for generator in generators_in(pick(observations, "file")):
        for label in dict.fromkeys(one.label for one in pick(observations, "file", generator=generator)):
            pairs = pick(observations, "file", generator=generator, label=label)
            for what, metrics, limit in (("redness", ("redness",), REDNESS), ("texture", TEXTURE, RELIEF)):
                found = finite(abs(one.difference(metric)) for one in pairs for metric in metrics)
                value = max(found, default=math.nan)
                whole = len(found) == len(pairs) * len(metrics)
                out.append(
                    Result("15", f"{label}: largest shift of {what}", generator, "all", "B", value,
                           f"<= {limit:g}", whole and value <= limit,
                           Counts(len(found), len(pairs) * len(metrics) - len(found)),
                           higher_is_better=False)
                )  # fmt: skip
    return out
