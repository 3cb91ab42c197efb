"""Rows 8, 9 and 10: false changes, power, and coverage, and how many pairs were measured at all."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from benchmarks.skindro.records import METRICS, Counts, Observation, Result
from benchmarks.skindro.rows.select import ALL_TONES, LIGHT, counts, generators_in, groups, pick
from benchmarks.skindro.statistics import upper_bound

RATE, BOUND, FAMILY_WISE = 0.05, 0.07, 0.08
POWER = 0.80
FALLS = {
    "limit": "power at 1.45 stated MDC",
    "stated": "power at the change said to be found in 80 %",
}
"""How large the true fall was -> the row's name."""
COVERAGE = (0.92, 0.98)
MEASURED = 0.80
PRIMARY = ("redness", "pigment", "texture_medium")
"""Endpoints whose share of measured pairs is stated."""
CROSSED = (("haemoglobin", "pigment"), ("melanin", "redness"), ("haemoglobin", "texture_medium"))
"""What is dosed, and what must not be said to change."""
TONE_GROUPS = {"I-IV": LIGHT, "V": ("V",), "VI": ("VI",), "all": ALL_TONES}


def results(observations: Sequence[Observation]) -> list[Result]:
    """Measured share, false rates, power, coverage."""
    return [
        *_measured(observations, "B"),
        *_measured(observations, "A"),
        *_false(observations, "B", METRICS),
        *_false(observations, "A", METRICS),
        *_false(observations, "C", ("redness_uniformity", "pigment_uniformity")),
        *_crossed(observations),
        *_power(observations),
        *_coverage(observations),
    ]


def _measured(observations: Sequence[Observation], mode: str) -> list[Result]:
    out = []
    for generator, tone in groups(pick(observations, "zero", mode=mode)):
        pairs = pick(observations, "zero", generator=generator, tones=(tone,), mode=mode)
        for metric in PRIMARY:
            number = counts(pairs, metric)
            share = number.measured / len(pairs)
            out.append(Result("measured", f"composite pairs measured, {metric}", generator, tone, mode, share,
                              f">= {MEASURED:.0%}", share >= MEASURED, number))  # fmt: skip
    return out


def _false(observations: Sequence[Observation], mode: str, metrics: Sequence[str]) -> list[Result]:
    out = []
    for generator in [*generators_in(observations), ""]:
        for name, tones in TONE_GROUPS.items():
            pairs = pick(observations, "zero", generator=generator, tones=tones, mode=mode)
            if not pairs:
                continue
            out += [_endpoint(pairs, metric, generator or "both", name, mode) for metric in metrics]
            if mode != "C":
                out.append(_family_wise(pairs, generator or "both", name, mode))
    return out


def _endpoint(pairs: Sequence[Observation], metric: str, generator: str, tones: str, mode: str) -> Result:
    number = counts(pairs, metric)
    wrong = sum(one.readings[metric].changed for one in pairs if metric in one.readings)
    rate = wrong / number.measured if number.measured else math.nan
    return Result(
        "8", f"false changes of {metric}", generator, tones, mode, rate,
        f"<= {RATE:.0%}, upper bound <= {BOUND:.0%}", false_rate_passes(wrong, number.measured), number,
        note=_counted(wrong, number.measured), higher_is_better=False,
    )  # fmt: skip


def _counted(wrong: int, n: int) -> str:
    return f"{wrong} of {n}" + (f", upper bound {upper_bound(wrong, n):.1%}" if n else "")


def false_rate_passes(wrong: int, n: int) -> bool | None:
    """Whether the rate and its upper bound are low enough; None where n is too small for any bound to be.

    >>> false_rate_passes(0, 20) is None, false_rate_passes(5, 20), false_rate_passes(3, 200)
    (True, False, True)
    """
    if n == 0 or (wrong / n <= RATE and upper_bound(0, n) > BOUND):
        return None
    return wrong / n <= RATE and upper_bound(wrong, n) <= BOUND


def _family_wise(pairs: Sequence[Observation], generator: str, tones: str, mode: str) -> Result:
    seen = [one for one in pairs if any(reading.measured for reading in one.readings.values())]
    wrong = sum(any(reading.changed for reading in one.readings.values()) for one in seen)
    rate = wrong / len(seen) if seen else math.nan
    return Result(
        "8", "false change of any metric in a pair", generator, tones, mode, rate, f"<= {FAMILY_WISE:.0%}",
        rate <= FAMILY_WISE if seen else None, Counts(len(seen), len(pairs) - len(seen)),
        note=_counted(wrong, len(seen)),
        higher_is_better=False,
    )  # fmt: skip


def _crossed(observations: Sequence[Observation]) -> list[Result]:
    """A change found of what was not dosed: the costliest false change, because something did change."""
    out = []
    for axis, metric in CROSSED:
        dosed = [one for one in pick(observations, "dosed") if one.label == axis]
        for generator in generators_in(dosed):
            for name in ("I-IV", "V", "VI"):
                pairs = pick(dosed, "dosed", generator=generator, tones=TONE_GROUPS[name])
                out.append(_crossed_into(pairs, metric, axis, generator, name))
    return out


def _crossed_into(pairs: Sequence[Observation], metric: str, axis: str, generator: str, tones: str) -> Result:
    number = counts(pairs, metric)
    wrong = sum(one.readings[metric].changed for one in pairs if metric in one.readings)
    rate = wrong / number.measured if number.measured else math.nan
    judged = false_rate_passes(wrong, number.measured) if tones != "VI" else None
    return Result(
        "8", f"{metric} said to change where only {axis} was dosed", generator, tones, "B", rate,
        f"<= {RATE:.0%}, upper bound <= {BOUND:.0%}", judged, number,
        note=f"{wrong} of {number.measured}", higher_is_better=False,
    )  # fmt: skip


def _power(observations: Sequence[Observation]) -> list[Result]:
    out = []
    for level, what in FALLS.items():
        for generator in generators_in(pick(observations, "power")):
            for metric in PRIMARY:
                for name in ("I-IV", "V"):
                    pairs = pick(observations, "power", generator=generator, tones=TONE_GROUPS[name])
                    pairs = [one for one in pairs if one.level == level and metric in one.label]
                    out.append(_found(pairs, metric, f"{what}, {metric}", generator, name))
    return out


def _found(pairs: Sequence[Observation], metric: str, test: str, generator: str, tones: str) -> Result:
    dosed = [one for one in pairs if metric in one.truth]
    found = sum(
        one.readings[metric].verdict == "measurable_decrease" for one in dosed if metric in one.readings
    )
    power = found / len(dosed) if dosed else math.nan
    without = len(pairs) - len(dosed)
    return Result(
        "9", test, generator, tones, "B", power,
        f">= {POWER:.0%}", power >= POWER if dosed else None, counts(dosed, metric),
        note=f"{found} of {len(dosed)}; {without} more would need a dose beyond the grid",
    )  # fmt: skip


def _coverage(observations: Sequence[Observation]) -> list[Result]:
    out = []
    for generator in generators_in(pick(observations, "zero")):
        for name in ("I-IV", "V", "VI"):
            tones = TONE_GROUPS[name]
            still = pick(observations, "zero", generator=generator, tones=tones)
            dosed = [one for kind in ("dosed", "power")
                     for one in pick(observations, kind, generator=generator, tones=tones)]  # fmt: skip
            for metric in METRICS:
                share, n = coverage([*still, *dosed], metric)
                apart = " and ".join(f"{coverage(part, metric)[0]:.0%} of {coverage(part, metric)[1]} {what}"
                                     for part, what in ((still, "untreated"), (dosed, "dosed")))  # fmt: skip
                apart += f"; 95 % of untreated within {of_band(still, metric):.2f} of the band"
                judged = None if n == 0 or name != "I-IV" else COVERAGE[0] <= share <= COVERAGE[1]
                out.append(
                    Result("10", f"95 % interval holds the true change, {metric}", generator, name, "B",
                           share,
                           f"{COVERAGE[0]:.0%}-{COVERAGE[1]:.0%}" if judged is not None else "", judged,
                           counts([*still, *dosed], metric), note=apart)
                )  # fmt: skip
    return out


def of_band(pairs: Sequence[Observation], metric: str) -> float:
    """The multiple of the stated band that holds exactly 95 % of untreated pairs; NaN for none.

    One region is judged, so that the band is t(0.975) SE.
    """
    seen = [one.readings[metric] for one in pairs if metric in one.readings]
    shares = [abs(one.difference) / one.mdc95 for one in seen if one.measured]
    return float(np.quantile(shares, 0.95)) if shares else math.nan


def coverage(pairs: Sequence[Observation], metric: str) -> tuple[float, int]:
    """Share of stated intervals that hold the true change, and of how many."""
    held = [
        one.readings[metric].low <= one.truth[metric] <= one.readings[metric].high
        for one in pairs
        if metric in one.readings
        and one.readings[metric].measured
        and math.isfinite(one.truth.get(metric, math.nan))
    ]
    return (sum(held) / len(held) if held else math.nan), len(held)
