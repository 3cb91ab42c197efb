"""Picking observations, and what every row says about how many were refused."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from benchmarks.skindro.generator import TONES
from benchmarks.skindro.records import Counts, Observation
from benchmarks.skindro.statistics import median

ALL_TONES = tuple(TONES)
LIGHT = ("I-II", "III", "IV")
"""Tones I to IV, for which most pass values are given."""


def pick(
    observations: Iterable[Observation],
    kind: str,
    *,
    generator: str = "",
    tones: Sequence[str] = ALL_TONES,
    mode: str = "B",
    label: str = "",
) -> list[Observation]:
    """Those of one kind; an empty generator or label takes all."""
    return [
        one
        for one in observations
        if one.kind == kind
        and one.mode == mode
        and one.tone in tones
        and generator in ("", one.generator)
        and label in ("", one.label)
    ]


def groups(observations: Iterable[Observation]) -> list[tuple[str, str]]:
    """(generator, tone) pairs that occur, in the table's order."""
    there = {(one.generator, one.tone) for one in observations}
    return sorted(there, key=lambda pair: (pair[0], ALL_TONES.index(pair[1])))


def generators_in(observations: Iterable[Observation]) -> list[str]:
    """Names of the generators that occur."""
    return sorted({one.generator for one in observations})


def counts(observations: Sequence[Observation], metric: str) -> Counts:
    """How many have a number of this metric, how many have not, and the median of what they state."""
    numbers = [one for one in observations if math.isfinite(one.difference(metric))]
    stated = median(one.readings[metric].mdc95 for one in numbers)
    return Counts(len(numbers), len(observations) - len(numbers), stated)


def differences(observations: Iterable[Observation], metric: str) -> list[float]:
    """Change of one metric in each, NaN where it was refused."""
    return [one.difference(metric) for one in observations]
