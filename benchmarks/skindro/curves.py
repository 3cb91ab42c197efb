"""What each limit of a check costs and catches: curves over untreated pairs that no check refused.

A pair is falsely changed in a family if any of the family's metrics was called measurably changed. Each
limit is moved by itself, with every other check open, so that what it does is seen apart from theirs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.quality import CARD_CHECKS, LIMITS, Limit
from benchmarks.skindro.generator import TONES
from benchmarks.skindro.records import COLOUR, METRICS, TEXTURE, Observation
from benchmarks.skindro.statistics import (
    chance_louder,
    chance_of_shares,
    finite,
    lower_bound,
    median,
    spread,
)

FAMILIES = {"colour": COLOUR, "texture": TEXTURE}
LEAD = {"colour": "redness", "texture": "texture_coarse"}
"""The metric whose spread is stated; coarse texture is the one that most photos resolve."""
FALSE_PAIRS = 0.08
"""Share of pairs with any false change of a family that is accepted, as in row 8."""
FEWEST_BEYOND, ENOUGH_BEYOND = 10, 30
"""Pairs beyond a limit: below the first nothing is said of it; idle takes the second."""
CHANCE = 0.05
STEPS = 10


@dataclass(frozen=True, slots=True)
class Point:
    """One pair as one check saw it in one family."""

    badness: float
    """The check's value, its sign turned so that more is worse; NaN where it could not be had."""
    tone: str
    changed: bool
    lead: float
    """Difference of the family's lead metric."""
    loudness: float
    """RMS of the family's differences, each over its metric's SD in all pairs."""
    others_refuse: bool
    """Whether another check would have refused the family."""


def document(observations: Iterable[Observation], size: str, method: str) -> dict[str, Any]:
    """The curves as plain data: every check that saw a pair, and what the pairs say of its limit."""
    all_pairs = [one for one in observations if one.kind == "unlimited"]
    pairs = [one for one in all_pairs if not one.refused]
    checks = []
    for family, metrics in FAMILIES.items():
        usual = {m: spread(one.difference(m) for one in pairs) for m in metrics}
        for key, limit in LIMITS.items():
            if key[0] in CARD_CHECKS or key[1] not in (family, "all") or math.isinf(limit.refuse):
                continue
            points = _points(pairs, key, family, usual)
            if points:
                checks.append(_check(key[0], family, limit, points))
    return {
        "size": size,
        "method_version": method,
        "pairs": len(all_pairs),
        "not_registered": {tone: _count(all_pairs, tone, lambda one: bool(one.refused)) for tone in TONES},
        "false_by_metric": {
            metric: [
                sum(metric in one.readings and one.readings[metric].changed for one in pairs),
                sum(math.isfinite(one.difference(metric)) for one in pairs),
            ]
            for metric in METRICS
        },
        "by_tone": {tone: _count(all_pairs, tone, lambda _: True) for tone in TONES},
        "checks": checks,
    }


def _count(pairs: Sequence[Observation], tone: str, what: Callable[[Observation], bool]) -> int:
    return sum(one.tone == tone and what(one) for one in pairs)


def _points(
    pairs: Sequence[Observation], key: tuple[str, str], family: str, usual: dict[str, float]
) -> list[Point]:
    out = []
    for one in pairs:
        seen = {(gate.name, gate.family): badness(gate.value, LIMITS[gate.name, gate.family])
                for gate in one.gates if gate.family in (family, "all")}  # fmt: skip
        if key not in seen:
            continue
        here = [(one.readings[m], usual[m]) for m in FAMILIES[family] if m in one.readings]
        sizes = finite(reading.difference / sd for reading, sd in here if sd > 0)
        out.append(
            Point(
                badness=seen[key],
                tone=one.tone,
                changed=any(reading.changed for reading, _ in here),
                lead=one.difference(LEAD[family]),
                loudness=math.sqrt(sum(v * v for v in sizes) / len(sizes)) if sizes else math.nan,
                others_refuse=any(
                    bad > LIMITS[other].refuse
                    for other, bad in seen.items()
                    if other != key and other[0] not in (*CARD_CHECKS, "resolution")
                ),
            )
        )
    return out


def badness(value: float, limit: Limit) -> float:
    """A check's value, larger is worse, on the scale of its limits.

    >>> badness(70, LIMITS["jpeg_quality", "texture"]), badness(0.3, LIMITS["blur", "texture"])
    (-70, 0.3)
    """
    return -value if limit.warn < 0 else value


def _check(name: str, family: str, limit: Limit, points: Sequence[Point]) -> dict[str, Any]:
    numbers = [point for point in points if math.isfinite(point.loudness)]
    # A value that could not be had warns and never refuses.
    within = [point for point in numbers if not point.badness > limit.refuse]
    beyond = [point for point in numbers if point.badness > limit.refuse]
    warned = [point for point in within if not point.badness <= limit.warn]
    values = finite(point.badness for point in points)
    refused = {tone: sum(p.tone == tone and p.badness > limit.refuse for p in points) for tone in TONES}
    asked = {tone: sum(p.tone == tone for p in points) for tone in TONES}
    loud, quiet = ([point.loudness for point in group] for group in (beyond, within))
    found = {
        "check": name,
        "family": family,
        "unit": limit.unit,
        "warn": abs(limit.warn),
        "refuse": abs(limit.refuse),
        "at_least": limit.warn < 0,
        "best": abs(min(values)) if values else None,
        "worst": abs(max(values)) if values else None,
        "without_value": len(points) - len(values),
        "within": _group(within),
        "unremarked": _group([point for point in within if point.badness <= limit.warn]),
        "warned": _group(warned),
        "beyond": _group(beyond),
        "alone": _group([point for point in beyond if not point.others_refuse]),
        "louder": _plain(median(loud) / median(quiet)) if loud and quiet else None,
        "louder_p": _plain(chance_louder(loud, quiet)),
        "refused_by_tone": refused,
        "asked_by_tone": asked,
        "tones_differ_p": _plain(chance_of_shares(list(refused.values()), list(asked.values()))),
        "curve": [_step(limit, bound, numbers, len(points)) for bound in _bounds(limit, values)],
    }
    return found | {"says": says(warned, beyond, chance_louder(loud, quiet))}


def says(warned: Sequence[Point], beyond: Sequence[Point], louder_by_chance: float) -> str:
    """What the pairs say of a limit.

    Too loose: among those it lets pass with a warning false changes are certainly more than accepted. Upheld:
    beyond it they are, and either that or larger differences are certain. Covered: differences are larger
    beyond it, and false changes are not more than accepted, because the band is wider there. Idle: neither,
    with enough pairs beyond it to tell.
    """
    false_warned, false_beyond = sum(p.changed for p in warned), sum(p.changed for p in beyond)
    if lower_bound(false_warned, len(warned)) > FALSE_PAIRS:
        return "too loose"
    if not beyond:
        return "not reached"
    if lower_bound(false_beyond, len(beyond)) > FALSE_PAIRS:
        return "upheld"
    if len(beyond) < FEWEST_BEYOND:
        return "too few"
    many = false_beyond / len(beyond) > FALSE_PAIRS
    if louder_by_chance < CHANCE:
        return "upheld" if many else "covered"
    return "idle" if not many and len(beyond) >= ENOUGH_BEYOND else "undecided"


def _bounds(limit: Limit, values: Sequence[float]) -> list[float]:
    """Where the limit is put: over the values seen, and where it stands."""
    if not values:
        return [limit.refuse]
    steps = [float(f"{v:.3g}") for v in np.quantile(values, np.linspace(0.1, 1.0, STEPS), method="higher")]
    steps[-1] = max(values)
    return sorted({*steps, limit.refuse})


def _step(limit: Limit, bound: float, numbers: Sequence[Point], asked: int) -> dict[str, Any]:
    passed = [point for point in numbers if not point.badness > bound]
    return {
        "limit": _plain(abs(bound)),
        "now": bound == limit.refuse,
        "measured": _plain(len(passed) / asked),
        **_group(passed),
    }


def _group(points: Sequence[Point]) -> dict[str, Any]:
    return {
        "pairs": len(points),
        "false": sum(point.changed for point in points),
        "spread": _plain(spread(point.lead for point in points)),
    }


def _plain(value: float) -> float | None:
    return float(f"{value:.4g}") if math.isfinite(value) else None
