"""One person dosed: the response to every dose, dosed pairs under every disturbance, and power."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from analysis.constants import WEIGHTS
from analysis.phantom.disturbance import NEUTRAL, Disturbance, draw
from analysis.phantom.scene import NO_DOSE, Dose, SyntheticPhoto
from benchmarks.skindro import naive
from benchmarks.skindro.generator import SyntheticSite
from benchmarks.skindro.jobs import Job
from benchmarks.skindro.observing import observe
from benchmarks.skindro.records import METRICS, Observation, Reading

AXES: dict[str, tuple[float, ...]] = {
    "haemoglobin": (-0.5, -0.3, -0.15, -0.075, 0.15, 0.3, 0.5),
    "relief": (0.5, 0.7, 0.8, 0.9, 0.95, 1.1, 1.25),
    "melanin": (-0.3, -0.15, -0.075, 0.1, 0.2),
    "spots": (0.5,),
}
"""Doses of the grid; 0 change is every grid's baseline."""
HALF = {
    "haemoglobin": (-0.5, -0.3, -0.15, 0.3),
    "relief": (0.5, 0.8, 0.9, 1.25),
    "melanin": (-0.3, -0.15, 0.2),
    "spots": (0.5,),
}
FEW = {"haemoglobin": (-0.5, -0.3), "relief": (0.5, 0.8), "melanin": (-0.3, -0.15), "spots": (0.5,)}
MAIN = {"haemoglobin": -0.3, "relief": 0.8, "melanin": -0.15}
"""The dose whose response is set against the noise."""
LEAK_DOSES = {**MAIN, "spots": 0.5}
"""What the cross-talk rows compare."""
POWER_AT = 1.45
"""True change in units of the stated minimal detectable change."""
TARGETS: dict[str, Callable[[Reading], float]] = {
    "limit": lambda reading: POWER_AT * reading.mdc95,
    "stated": lambda reading: reading.detectable80,
}
"""How large a true fall must be, by what the untreated pair states."""


def dose_of(axis: str, amount: float) -> Dose:
    """One axis dosed."""
    return replace(NO_DOSE, **{axis: amount})


def respond(job: Job, site: SyntheticSite) -> Iterator[Observation]:
    """One person's response to every dose, undisturbed; then dosed pairs with everything disturbed."""
    neutral = site.photo(NO_DOSE, NEUTRAL, shot_seed=900_000)
    grid: dict[tuple[str, float], Observation] = {}
    axes = {"all": AXES, "half": HALF, "few": FEW}[job.size.doses]
    for axis, amounts in axes.items():
        for number, amount in enumerate(amounts):
            dose = dose_of(axis, amount)
            photo = site.photo(dose, NEUTRAL, shot_seed=900_001 + number)
            seen = observe(job, "grid", neutral, photo.jpeg, dose=dose, label=axis)
            seen = replace(seen, extra=_change_of_light(site, seen))
            grid[axis, amount] = seen
            yield seen
    for number in range(math.ceil(job.size.dosed / job.size.grid_sites)):
        yield from _dosed(job, site, number, grid)
    yield from _power(job, site, grid)


def leak(job: Job, site: SyntheticSite) -> Iterator[Observation]:
    """One person's response to the doses that the cross-talk rows compare, undisturbed."""
    neutral = site.photo(NO_DOSE, NEUTRAL, shot_seed=900_000)
    for axis, amount in LEAK_DOSES.items():
        dose = dose_of(axis, amount)
        photo = site.photo(dose, NEUTRAL, shot_seed=900_001 + AXES[axis].index(amount))
        yield observe(job, "leak", neutral, photo.jpeg, dose=dose, label=axis)


def _dosed(
    job: Job, site: SyntheticSite, number: int, grid: dict[tuple[str, float], Observation]
) -> Iterator[Observation]:
    """A baseline and a follow-up for each axis: axes are never judged together, so they may share it."""
    rng = job.rng(number, 1)
    shot = 100_000 + 10 * number
    before = site.photo(NO_DOSE, draw("moderate", rng), shot)
    simple = naive.measure(before)
    for place, (axis, main) in enumerate(MAIN.items(), start=1):
        others = [amount for name, amount in grid if name == axis and amount != main]
        # Every other pair has the main dose, the others go through the grid: response, and order.
        amount = main if number % 2 == 0 else others[(number // 2 + job.site) % len(others)]
        after = site.photo(dose_of(axis, amount), draw("moderate", rng), shot + place)
        yield observe(
            job, "dosed", before, after.jpeg, dose=after.dose, label=axis, truth=_truth(grid[axis, amount]),
            naive=naive.change(before, after, (simple, naive.measure(after))),
        )  # fmt: skip


def _change_of_light(site: SyntheticSite, seen: Observation) -> dict[str, float]:
    """What the skin's own light makes of the levels: no camera's curve, no rounding, no unevenness."""
    density = -np.log10(site.skin_light(seen.dose).astype(np.float64) / site.skin_light())
    by_red = "pigment" in seen.readings and "pigment_by_red" in seen.readings["pigment"].flags
    pigment = (100.0, 0.0, 0.0) if by_red else WEIGHTS["melanin"]
    rows = {"redness": WEIGHTS["haemoglobin"], "pigment": pigment}
    return {metric: float(density @ row) for metric, row in rows.items()}


def _truth(grid: Observation) -> dict[str, float]:
    return {metric: grid.difference(metric) for metric in METRICS}


def _power(
    job: Job, site: SyntheticSite, grid: dict[tuple[str, float], Observation]
) -> Iterator[Observation]:
    """Pairs whose true fall is 1.45 times their stated limit, and pairs where it is what they say they find.

    The untreated pair is compared first. The dose that makes the wanted change is read from the person's own
    undisturbed responses (linear between doses, no further than they go); then the follow-up is taken again
    with the same disturbance and that dose. Blood and relief are dosed together: neither moves the other.
    """
    share = math.ceil(job.size.power / job.size.grid_sites)
    wanted = (("redness", "haemoglobin"), ("texture_medium", "relief"))
    for number in range(share):
        rng = job.rng(number, 9)
        first, second = draw("moderate", rng), draw("moderate", rng)
        shot = 800_000 + 2 * number
        before = site.photo(NO_DOSE, first, shot)
        still = observe(job, "power", before, site.photo(NO_DOSE, second, shot + 1).jpeg)
        for axes in (wanted, (("pigment", "melanin"),)):
            for level, target in TARGETS.items():
                fall = {
                    metric: target(still.readings[metric]) for metric, _ in axes if metric in still.readings
                }
                yield from _dosed_to(job, site, before, second, shot + 1, still, grid, axes, level, fall)


def _dosed_to(
    job: Job,
    site: SyntheticSite,
    before: SyntheticPhoto,
    disturbance: Disturbance,
    shot: int,
    still: Observation,
    grid: dict[tuple[str, float], Observation],
    axes: Sequence[tuple[str, str]],
    level: str,
    fall: Mapping[str, float],
) -> Iterator[Observation]:
    dose, truth = NO_DOSE, {}
    for metric, axis in axes:
        amount = dose_for(axis, metric, -fall.get(metric, math.nan), grid)
        if math.isfinite(amount):
            dose = replace(dose, **{axis: amount})
            truth[metric] = -fall[metric]
    label = "+".join(metric for metric, _ in axes)
    if not truth:
        yield replace(still, label=label, level=level, refused=still.refused or "no dose")
        return
    after = site.photo(dose, disturbance, shot)
    yield observe(job, "power", before, after.jpeg, dose=dose, truth=truth, label=label, level=level)


def dose_for(axis: str, metric: str, change: float, grid: dict[tuple[str, float], Observation]) -> float:
    """The dose at which an undisturbed pair moves by `change`; NaN where no dose of the grid does."""
    none = 1.0 if axis in ("relief", "spots") else 0.0
    points = [(0.0, none)] + [
        (one.difference(metric), amount)
        for (name, amount), one in grid.items()
        if name == axis and amount < none
    ]
    points = sorted(point for point in points if math.isfinite(point[0]))
    response, amounts = (np.array(column) for column in zip(*points, strict=True))
    if not (math.isfinite(change) and response[0] <= change <= response[-1]):
        return math.nan
    return float(np.interp(change, response, amounts))
