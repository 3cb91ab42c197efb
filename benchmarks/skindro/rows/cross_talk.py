"""Row 7: how much a metric moves for a dose it should not answer to, over its answer to its own dose."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.skindro.dosing import LEAK_DOSES
from benchmarks.skindro.records import Observation, Result
from benchmarks.skindro.rows.select import LIGHT, counts, groups, pick
from benchmarks.skindro.statistics import median

OWN = {"redness": "haemoglobin", "pigment": "melanin", "texture": "relief"}
_TEXTURE = ("texture_pore", "texture_medium", "texture_coarse")


@dataclass(frozen=True, slots=True)
class Leak:
    """A metric, a dose that is not its own, and the most it may move, by tone; other tones are reported."""

    metric: str
    axis: str
    limits: Mapping[str, float]


def _light(limit: float, **more: float) -> dict[str, float]:
    return dict.fromkeys(LIGHT, limit) | more


LEAKS = (
    Leak("redness", "melanin", _light(0.10, V=0.20)),
    Leak("pigment", "haemoglobin", {"III": 0.30, "IV": 0.30}),
    Leak("redness", "relief", _light(0.05, V=0.05)),
    Leak("pigment", "relief", _light(0.05, V=0.05)),
    *(Leak(metric, "spots", _light(0.40)) for metric in _TEXTURE),
    *(Leak(metric, "haemoglobin", _light(0.10)) for metric in _TEXTURE),
)


def results(observations: Sequence[Observation]) -> list[Result]:
    """One line per leak, generator and tone: the median over people."""
    out = []
    for leak in LEAKS:
        axis = OWN[leak.metric.split("_")[0]]
        for generator, tone in groups(pick(observations, "grid")):
            wrong = _at(observations, generator, tone, leak.axis)
            right = _at(observations, generator, tone, axis)
            value = median(
                ratio(wrong[site].difference(leak.metric), right[site].difference(leak.metric))
                for site in wrong
                if site in right
            )
            limit = leak.limits.get(tone)
            judged = None if limit is None or math.isnan(value) else value <= limit
            out.append(
                Result(
                    "7", f"{leak.metric} <- {leak.axis}", generator, tone, "B", value,
                    f"<= {limit:g}" if limit else "", judged, counts(list(wrong.values()), leak.metric),
                    higher_is_better=False,
                )
            )  # fmt: skip
    return out


def ratio(wrong: float, right: float) -> float:
    """|answer to the wrong dose| over |answer to the right one|."""
    return abs(wrong / right) if math.isfinite(wrong) and right != 0 else math.nan


def _at(observations: Sequence[Observation], generator: str, tone: str, axis: str) -> dict[int, Observation]:
    return {
        one.site: one
        for kind in ("grid", "leak")
        for one in pick(observations, kind, generator=generator, tones=(tone,), label=axis)
        if getattr(one.dose, axis) == LEAK_DOSES[axis]
    }
