"""Rows 2, 3 and 4: response to a dose over the noise of the composite, and the same for naive programs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.skindro import naive
from benchmarks.skindro.dosing import MAIN
from benchmarks.skindro.records import Observation, Result
from benchmarks.skindro.rows.select import counts, differences, groups, pick
from benchmarks.skindro.statistics import invariance_ratio, median, spread

OVER_NAIVE = 3.0
"""Our ratio must be this many times that of the best naive program."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A metric, the dose it answers to, and what it must reach per tone; tones left out are reported."""

    row: str
    metric: str
    axis: str
    naive: tuple[str, ...]
    limits: Mapping[str, float]
    limits_a: Mapping[str, float]
    """In mode A."""


def _texture(limit: float) -> dict[str, float]:
    return dict.fromkeys(("I-II", "III", "IV", "V", "VI"), limit)


_REDNESS = {"I-II": 4.0, "III": 4.0, "IV": 4.0, "V": 3.0}

ENDPOINTS = (
    Endpoint("2", "redness", "haemoglobin", naive.REDNESS, _REDNESS, _REDNESS),
    Endpoint(
        "3",
        "pigment",
        "melanin",
        naive.PIGMENT,
        {"III": 2.5, "IV": 2.5, "V": 5, "VI": 5},
        {"III": 4, "IV": 4, "V": 5, "VI": 5},
    ),
    Endpoint("4", "texture_pore", "relief", naive.TEXTURE, _texture(3), _texture(3)),
    Endpoint("4", "texture_medium", "relief", naive.TEXTURE, _texture(4.5), _texture(4.5)),
    Endpoint("4", "texture_coarse", "relief", naive.TEXTURE, _texture(4), _texture(4)),
)


def results(observations: Sequence[Observation]) -> list[Result]:
    """One line per endpoint, generator and tone, and one that sets it against the naive programs."""
    out: list[Result] = []
    for endpoint in ENDPOINTS:
        for mode in ("B", "A"):
            for generator, tone in groups(pick(observations, "zero", mode=mode)):
                still = pick(observations, "zero", generator=generator, tones=(tone,), mode=mode)
                dosed = _at_main_dose(observations, endpoint.axis, generator, tone, mode)
                lines = _lines(endpoint, generator, tone, mode, still, dosed)
                out += lines if mode == "B" else lines[:1]  # naive programs know no card
    return out


def _at_main_dose(
    observations: Sequence[Observation], axis: str, generator: str, tone: str, mode: str
) -> list[Observation]:
    pairs = pick(observations, "dosed", generator=generator, tones=(tone,), mode=mode, label=axis)
    return [one for one in pairs if getattr(one.dose, axis) == MAIN[axis]]


def _remark(answer: float, noise: float, in_doses: float, axis: str) -> str:
    """What the ratio is of; nothing of what could not be had."""
    said = [f"answers {answer:.2g}", f"SD {noise:.2g}", f"MDC {in_doses:.0%} of {axis}"]
    values = (answer, noise, in_doses)
    return ", ".join(text for text, value in zip(said, values, strict=True) if math.isfinite(value))


def _lines(
    endpoint: Endpoint,
    generator: str,
    tone: str,
    mode: str,
    still: Sequence[Observation],
    dosed: Sequence[Observation],
) -> list[Result]:
    answers, unanswered = (differences(pairs, endpoint.metric) for pairs in (dosed, still))
    answer, noise = median(answers), spread(unanswered)
    # Every main dose takes something away: an answer upwards is wrong, however strong.
    ours = math.copysign(invariance_ratio(answers, unanswered), -answer)
    others = {name: naive_ratio(name, still, dosed) for name in endpoint.naive}
    limit = (endpoint.limits_a if mode == "A" else endpoint.limits).get(tone)
    numbers = counts([*still, *dosed], endpoint.metric)
    dose = f"{endpoint.axis} {dose_text(endpoint.axis)}"
    in_doses = 1.96 / ours * _strength(endpoint.axis) if ours > 0 else math.nan
    line = Result(
        endpoint.row, f"invariance ratio of {endpoint.metric}, {dose}", generator, tone, mode, ours,
        f">= {limit:g}" if limit else "", None if limit is None else ours >= limit, counts=numbers,
        naive=others, note=_remark(answer, noise, in_doses, endpoint.axis),
    )  # fmt: skip
    best = max((value for value in others.values() if math.isfinite(value)), default=math.nan)
    ratio = ours / best if best > 0 else math.nan
    # Pigment of I and II is reported only, in its own row as in this one.
    reported = tone in ("V", "VI") or (endpoint.metric == "pigment" and limit is None)
    judged = None if reported else ratio >= OVER_NAIVE
    beaten = Result(
        "naive", f"{endpoint.metric} over the best naive program, {dose}", generator, tone, "B over C", ratio,
        f">= {OVER_NAIVE:g}" if judged is not None else "", judged, counts=numbers, naive=others,
        note=f"best: {max(others, key=lambda name: others[name] if math.isfinite(others[name]) else -1)}",
    )  # fmt: skip
    return [line, beaten]


def naive_ratio(name: str, still: Sequence[Observation], dosed: Sequence[Observation]) -> float:
    """The invariance ratio of a naive program on the same photos."""
    noise = [one.naive[name] for one in still if name in one.naive]
    response = [one.naive[name] for one in dosed if name in one.naive]
    offset = median(noise) if name == "raw difference" else 0.0
    return invariance_ratio(response, noise, offset)


def _strength(axis: str) -> float:
    return abs(MAIN[axis] - 1) if axis == "relief" else abs(MAIN[axis])


def dose_text(axis: str) -> str:
    """The main dose of an axis in words.

    >>> dose_text("relief"), dose_text("melanin")
    ('x 0.8', '-15%')
    """
    return f"x {MAIN[axis]:g}" if axis == "relief" else f"{MAIN[axis]:+.0%}"
