"""Rows 5 and 6: a straight answer to doses without disturbance, the right order with all of them.

A dose is a share of a person's own blood or melanin, so the slope of an answer over doses differs between
people as the light of their skin does. What the method adds is judged: the slope over that of the light.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from benchmarks.skindro.records import Observation, Result
from benchmarks.skindro.rows.select import counts, differences, groups, pick
from benchmarks.skindro.statistics import FEWEST, finite, median, order, straightness

ANSWERS = {
    "redness": "haemoglobin",
    "pigment": "melanin",
    "texture_pore": "relief",
    "texture_medium": "relief",
    "texture_coarse": "relief",
}
"""Metric -> the dose it must answer to."""
R2, BEND, SLOPE_CV = 0.98, 0.10, 0.15
ORDER = {"redness": 0.95, "pigment": 0.90}
"""Spearman's rho, tones I to IV; texture as redness."""


def results(observations: Sequence[Observation]) -> list[Result]:
    """Straightness per tone, then order per tone."""
    return [*_straight(observations), *_ordered(observations)]


def _straight(observations: Sequence[Observation]) -> list[Result]:
    out = []
    for metric, axis in ANSWERS.items():
        for generator, tone in groups(pick(observations, "grid")):
            grid = pick(observations, "grid", generator=generator, tones=(tone,), label=axis)
            sites = sorted({one.site for one in grid})
            people = [[one for one in grid if one.site == site] for site in sites]
            fits = [fit_of(person, metric, axis) for person in people]
            r2, bend = median(f[0] for f in fits), median(f[1] for f in fits)
            slopes = finite(f[2] for f in fits)
            cv, how, needs = variation(slopes), "", "slope CV"
            light = [light_of(person, metric, axis) for person in people]
            if finite(light):
                of_slopes = percent(variation(finite(light)))
                how = f"{percent(cv)}, {of_slopes} of the light's own, of one over the other "
                of_light = finite(fit[2] / own for fit, own in zip(fits, light, strict=True))
                cv, needs = variation(of_light), "CV of slope over the light's"
            # A short run doses too few times to show a bend: that is no failure, and a refused pair is one.
            few = len({getattr(one.dose, axis) for one in grid}) < FEWEST
            judged = None if few or tone == "VI" else r2 >= R2 and bend <= BEND and not cv > SLOPE_CV
            out.append(
                Result(
                    "5", f"linearity of {metric} in {axis}, undisturbed", generator, tone, "B", r2,
                    f"R2 >= {R2:g}, bend <= {BEND:.0%}, {needs} <= {SLOPE_CV:.0%}" if tone != "VI" else "",
                    judged, counts=counts(grid, metric),
                    note=f"bend {percent(bend)}, slope CV {how}{percent(cv)} over {len(slopes)} people",
                )
            )  # fmt: skip
    return out


def variation(values: Sequence[float]) -> float:
    """Coefficient of variation; NaN for fewer than two.

    >>> round(variation([1.0, 2.0, 3.0]), 2)
    0.5
    """
    return float(np.std(values, ddof=1) / abs(np.mean(values))) if len(values) > 1 else math.nan


def percent(share: float) -> str:
    """As text, and a dash for what could not be had.

    >>> percent(0.125), percent(math.nan)
    ('12%', '–')
    """
    return f"{share:.0%}" if math.isfinite(share) else "–"


def light_of(grid: Sequence[Observation], metric: str, axis: str) -> float:
    """Slope over the doses of what one person's light itself does: people differ in blood, melanin and depth.

    NaN for texture, which light alone does not make.
    """
    known = [one for one in grid if metric in one.extra]
    if len(known) < 2:
        return math.nan
    return straightness([getattr(one.dose, axis) for one in known], [one.extra[metric] for one in known])[2]


def fit_of(grid: Sequence[Observation], metric: str, axis: str) -> tuple[float, float, float]:
    """R^2, bend and slope of one person's answers.

    Doses as relative change. Texture is reported as a log ratio; the ratio itself is what relief scales.
    """
    neutral = 1.0 if axis == "relief" else 0.0
    doses = [getattr(one.dose, axis) - neutral for one in grid]
    answers = [one.difference(metric) for one in grid]
    if axis == "relief":
        answers = [100 * math.expm1(value / 100) for value in answers]
    return straightness(doses, answers)


def _ordered(observations: Sequence[Observation]) -> list[Result]:
    out = []
    for metric, axis in ANSWERS.items():
        for generator, tone in groups(pick(observations, "dosed")):
            dosed = pick(observations, "dosed", generator=generator, tones=(tone,), label=axis)
            doses = [getattr(one.dose, axis) for one in dosed]
            rho = order(doses, differences(dosed, metric))
            undisturbed = order(doses, [one.truth.get(metric, math.nan) for one in dosed])
            note = "" if math.isnan(undisturbed) else f"{undisturbed:.3f} undisturbed"
            limit = {"V": 0.90, "VI": 0.80}.get(tone, ORDER.get(metric, 0.95))
            out.append(
                Result(
                    "6", f"order of {metric} in {axis}, composite", generator, tone, "B", rho,
                    f">= {limit:g}", None if math.isnan(rho) else rho >= limit, counts=counts(dosed, metric),
                    note=note,
                )
            )  # fmt: skip
    return out
