"""What one process does with one job: make the photos, compare them by the pipeline, note the answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from analysis import pipeline
from analysis.errors import AnalysisError
from analysis.phantom.disturbance import NEUTRAL, Disturbance, draw
from analysis.phantom.scene import NO_DOSE, Dose, SyntheticPhoto
from analysis.records import RegionPlan
from benchmarks.skindro import naive
from benchmarks.skindro.development import Development
from benchmarks.skindro.generator import Generator, SyntheticSite
from benchmarks.skindro.held_out import HeldOut
from benchmarks.skindro.jobs import Job
from benchmarks.skindro.nuisances import NUISANCES
from benchmarks.skindro.records import METRICS, Observation, readings_of, states_of
from benchmarks.skindro.variants import plain, variants

AXES: dict[str, tuple[float, ...]] = {
    "haemoglobin": (-0.5, -0.3, -0.15, -0.075, 0.15, 0.3, 0.5),
    "relief": (0.5, 0.7, 0.8, 0.9, 0.95, 1.1, 1.25),
    "melanin": (-0.3, -0.15, -0.075, 0.1, 0.2),
    "spots": (0.5,),
}
"""Doses of the grid; 0 change is every grid's baseline."""
FEW = {"haemoglobin": (-0.5, -0.3), "relief": (0.5, 0.8), "melanin": (-0.3, -0.15), "spots": (0.5,)}
MAIN = {"haemoglobin": -0.3, "relief": 0.8, "melanin": -0.15}
"""The dose whose response is set against the noise."""
POWER_AT = 1.45
"""True change in units of the stated minimal detectable change."""


def dose_of(axis: str, amount: float) -> Dose:
    """One axis dosed."""
    return replace(NO_DOSE, **{axis: amount})


def run(job: Job) -> list[Observation]:
    """One job, start to end. Safe to send to another process."""
    cv2.setNumThreads(1)
    return list(_TASKS[job.task](job, _site(job.generator, job.seed, job.tone)))


GENERATORS: dict[str, Generator] = {"G1": Development(), "G2": HeldOut()}
"""G1, which the constants are derived on, and G2, which they are not."""


# Jobs of one person seldom follow each other, and a person's originals weigh up to 200 MB.
_last: dict[tuple[str, int, str], SyntheticSite] = {}


def _site(generator: str, seed: int, tone: str) -> SyntheticSite:
    key = (generator, seed, tone)
    if key not in _last:
        _last.clear()
        _last[key] = GENERATORS[generator].site(seed, tone)
    return _last[key]


def observe(
    job: Job,
    kind: str,
    before: SyntheticPhoto,
    follow_up: bytes,
    *,
    mode: str = "B",
    baseline: bytes | None = None,
    **facts: Any,
) -> Observation:
    """Compare two photos through the public pipeline.

    Args:
        job: who.
        kind: of observation.
        before: the baseline with its regions.
        follow_up: the other photo's file.
        mode: "B" draws treated and reference, "C" the treated patch only.
        baseline: the baseline's file where it is not `before.jpeg`.
        facts: further fields of the observation.
    """
    drawn = before.regions if mode == "B" else before.regions[:1]
    empty = Observation(job.generator, job.tone, job.site, kind, mode)
    try:
        result = pipeline.compare(
            [baseline or before.jpeg],
            [follow_up],
            finder=None,
            plan=RegionPlan(drawn=drawn, px_per_mm=before.px_per_mm),
            with_views=False,
        )
    except AnalysisError as error:
        return replace(empty, refused=error.code, **facts)
    if not result.changes:
        return replace(empty, refused="; ".join(item.code for item in result.left_out), **facts)
    states, warned = states_of(result)
    return replace(empty, readings=readings_of(result), states=states, warned=warned, **facts)


def _zero(job: Job, site: SyntheticSite) -> Iterator[Observation]:
    """Untreated pairs, everything drawn at moderate independently for both."""
    for number in range(job.first, job.first + job.count):
        rng = job.rng(number, 0)
        before = site.photo(NO_DOSE, draw("moderate", rng), shot_seed=2 * number)
        after = site.photo(NO_DOSE, draw("moderate", rng), shot_seed=2 * number + 1)
        simple = naive.change(before, after, (naive.measure(before), naive.measure(after)))
        truth = dict.fromkeys(METRICS, 0.0)
        yield observe(job, "zero", before, after.jpeg, naive=simple, truth=truth)
        if number < job.size.zero_c:
            yield observe(job, "zero", before, after.jpeg, mode="C", truth=truth)


def _dose(job: Job, site: SyntheticSite) -> Iterator[Observation]:
    """One person's response to every dose, undisturbed; then dosed pairs with everything disturbed."""
    neutral = site.photo(NO_DOSE, NEUTRAL, shot_seed=900_000)
    grid: dict[tuple[str, float], Observation] = {}
    axes = AXES if job.size.doses == "all" else FEW
    for axis, amounts in axes.items():
        for number, amount in enumerate(amounts):
            dose = dose_of(axis, amount)
            photo = site.photo(dose, NEUTRAL, shot_seed=900_001 + number)
            seen = observe(job, "grid", neutral, photo.jpeg, dose=dose, label=axis)
            grid[axis, amount] = seen
            yield seen
    for axis, main in MAIN.items():
        others = [amount for amount in axes[axis] if amount != main]
        share = math.ceil(job.size.dosed / job.size.grid_sites)
        for number in range(share):
            # Every other pair has the main dose, the others go through the grid: response, and order.
            amount = main if number % 2 == 0 else others[(number // 2 + job.site) % len(others)]
            yield _dosed_pair(job, site, axis, amount, number, grid[axis, amount])
    yield from _power(job, site, grid)


def _dosed_pair(
    job: Job, site: SyntheticSite, axis: str, amount: float, number: int, true: Observation
) -> Observation:
    rng = job.rng(number, 1 + list(AXES).index(axis))
    shot = 100_000 * (1 + list(AXES).index(axis)) + 2 * number
    before = site.photo(NO_DOSE, draw("moderate", rng), shot)
    after = site.photo(dose_of(axis, amount), draw("moderate", rng), shot + 1)
    return observe(
        job, "dosed", before, after.jpeg, dose=after.dose, label=axis, truth=_truth(true),
        naive=naive.change(before, after, (naive.measure(before), naive.measure(after))),
    )  # fmt: skip


def _truth(grid: Observation) -> dict[str, float]:
    return {metric: grid.difference(metric) for metric in METRICS}


def _power(
    job: Job, site: SyntheticSite, grid: dict[tuple[str, float], Observation]
) -> Iterator[Observation]:
    """Pairs whose true fall is 1.45 times what the pair itself states as detectable.

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
        yield from _dosed_to(job, site, before, second, shot + 1, still, grid, wanted)
        yield from _dosed_to(job, site, before, second, shot + 1, still, grid, (("pigment", "melanin"),))


def _dosed_to(
    job: Job,
    site: SyntheticSite,
    before: SyntheticPhoto,
    disturbance: Disturbance,
    shot: int,
    still: Observation,
    grid: dict[tuple[str, float], Observation],
    wanted: Sequence[tuple[str, str]],
) -> Iterator[Observation]:
    dose, truth, missing = NO_DOSE, {}, 0
    for metric, axis in wanted:
        mdc = still.readings[metric].mdc95 if metric in still.readings else math.nan
        amount = dose_for(axis, metric, -POWER_AT * mdc, grid)
        if math.isnan(amount):
            missing += 1
            continue
        dose = replace(dose, **{axis: amount})
        truth[metric] = -POWER_AT * mdc
    if missing == len(wanted):
        yield replace(
            still, label="+".join(metric for metric, _ in wanted), refused=still.refused or "no dose"
        )
        return
    after = site.photo(dose, disturbance, shot)
    label = "+".join(metric for metric, _ in wanted)
    yield observe(job, "power", before, after.jpeg, dose=dose, truth=truth, label=label)


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


def _repeat(job: Job, site: SyntheticSite) -> Iterator[Observation]:
    """The same photo twice, sensor noise apart: 2 steps at mid grey, as in the moderate composite."""
    noisy = replace(NEUTRAL, noise_dn=2.0)
    for number in range(job.first, job.first + job.count):
        shot = 700_000 + 2 * number
        before, after = (site.photo(NO_DOSE, noisy, shot + k) for k in (0, 1))
        yield observe(job, "repeat", before, after.jpeg)


def _gates(job: Job, site: SyntheticSite) -> Iterator[Observation]:
    """A good baseline beside a follow-up with one thing wrong."""
    before = site.photo(NO_DOSE, NEUTRAL, 600_000)
    for number, (name, nuisance) in enumerate(NUISANCES.items()):
        for level in ("mild", "severe"):
            if level == "mild" and nuisance.mild is None:
                continue
            disturbance = nuisance.drawn(level, job.rng(number, 11))
            after = site.photo(NO_DOSE, disturbance, 600_001 + number)
            yield observe(job, "nuisance", before, after.jpeg, label=name, level=level)


def _registration(job: Job, site: SyntheticSite) -> Iterator[Observation]:
    from benchmarks.skindro.displacement import registration_error

    for number in range(job.first, job.first + job.count):
        extra = registration_error(site, job.rng(number, 12), 500_000 + 2 * number)
        yield Observation(job.generator, job.tone, job.site, "registration", "B", extra=extra)


def _files(job: Job, site: SyntheticSite) -> Iterator[Observation]:
    """The same picture in other files, against itself."""
    before = site.photo(NO_DOSE, NEUTRAL, 400_000)
    for name, data in variants(before.pixels).items():
        yield observe(job, "file", before, data, baseline=plain(before.pixels), label=name)


_TASKS: dict[str, Callable[[Job, SyntheticSite], Iterator[Observation]]] = {
    "zero": _zero,
    "dose": _dose,
    "repeat": _repeat,
    "gates": _gates,
    "registration": _registration,
    "files": _files,
}
