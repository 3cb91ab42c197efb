"""What one process does with one job: make the photos, compare them by the pipeline, note the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import cv2
import numpy as np

from analysis.phantom.disturbance import NEUTRAL, draw
from analysis.phantom.scene import NO_DOSE, SyntheticPhoto
from benchmarks.skindro import naive
from benchmarks.skindro.development import Development
from benchmarks.skindro.displacement import registration_error
from benchmarks.skindro.dosing import MAIN, dose_of, leak, respond
from benchmarks.skindro.generator import Generator, SyntheticSite
from benchmarks.skindro.held_out import HeldOut
from benchmarks.skindro.jobs import Job
from benchmarks.skindro.nuisances import NUISANCES, mixed, pushed
from benchmarks.skindro.observing import observe
from benchmarks.skindro.records import METRICS, Observation
from benchmarks.skindro.variants import signed, variants

GENERATORS: dict[str, Generator] = {"G1": Development(), "G2": HeldOut()}
"""G1, which the constants are derived on, and G2, which they are not."""
CARD_TASKS = ("card", "card_dose")


def run(job: Job) -> list[Observation]:
    """One job, start to end. Safe to send to another process."""
    cv2.setNumThreads(1)
    with_card = job.task in CARD_TASKS
    if with_card and not GENERATORS[job.generator].has_card:
        return []
    return list(_TASKS[job.task](job, _site(job.generator, job.seed, job.tone, with_card)))


# Jobs of one person seldom follow each other, and a person's originals weigh up to 200 MB.
_last: dict[tuple[str, int, str, bool], SyntheticSite] = {}


def _site(generator: str, seed: int, tone: str, card: bool) -> SyntheticSite:
    key = (generator, seed, tone, card)
    if key not in _last:
        _last.clear()
        _last[key] = GENERATORS[generator].site(seed, tone, card=card)
    return _last[key]


def _zero(job: Job, site: SyntheticSite) -> Iterator[Observation]:
    """Untreated pairs, everything drawn at moderate independently for both."""
    for number in range(job.first, job.first + job.count):
        rng = job.rng(number, 0)
        before = site.photo(NO_DOSE, draw("moderate", rng), shot_seed=2 * number)
        after = site.photo(NO_DOSE, draw("moderate", rng), shot_seed=2 * number + 1)
        simple = naive.change(before, after, (naive.measure(before), naive.measure(after)))
        truth = dict.fromkeys(METRICS, 0.0)
        yield observe(job, "zero", before, after.jpeg, naive=simple, truth=truth)
        if job.size.in_mode_c(number):
            yield observe(job, "zero", before, after.jpeg, mode="C", truth=truth)


def _card(job: Job, site: SyntheticSite) -> Iterator[Observation]:
    """Mode A: untreated pairs, a colour card beside the skin."""
    for number in range(job.first, job.first + job.count):
        rng = job.rng(number, 20)
        shot = 350_000 + 2 * number
        before = site.photo(NO_DOSE, draw("moderate", rng), shot)
        yield _with_card(job, site, rng, before, shot + 1)


def _card_dose(job: Job, site: SyntheticSite) -> Iterator[Observation]:
    """Mode A: a baseline, and a photo after each main dose."""
    for number in range(job.first, job.first + job.count):
        rng = job.rng(number, 21)
        shot = 360_000 + 10 * number
        before = site.photo(NO_DOSE, draw("moderate", rng), shot)
        for place, axis in enumerate(MAIN, start=1):
            yield _with_card(job, site, rng, before, shot + place, axis)


def _with_card(
    job: Job, site: SyntheticSite, rng: np.random.Generator, before: SyntheticPhoto, shot: int, axis: str = ""
) -> Observation:
    dose = dose_of(axis, MAIN[axis]) if axis else NO_DOSE
    after = site.photo(dose, draw("moderate", rng), shot)
    return observe(
        job, "dosed" if axis else "zero", before, after.jpeg, mode="A", dose=dose, label=axis,
        naive=naive.change(before, after, (naive.measure(before), naive.measure(after))),
        truth={} if axis else dict.fromkeys(METRICS, 0.0),
    )  # fmt: skip


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
    another = site.by_another_camera()
    for number, (name, nuisance) in enumerate(NUISANCES.items()):
        for level in ("mild", "severe"):
            if level == "mild" and nuisance.mild is None:
                continue
            disturbance = nuisance.drawn(level, job.rng(number, 11))
            taker = another if nuisance.other_camera else site
            after = taker.photo(NO_DOSE, disturbance, 600_001 + number)
            yield observe(
                job, "nuisance", before, signed(after, taker.camera), baseline=signed(before, site.camera),
                label=name, level=level,
            )  # fmt: skip


def _unlimited(job: Job, site: SyntheticSite) -> Iterator[Observation]:
    """Untreated pairs of wide ranges, compared by checks that refuse nothing.

    In every second one a single thing of the follow-up is wrong beyond what "severe" is, until limits are
    crossed that no ordinary photo comes near.
    """
    truth = dict.fromkeys(METRICS, 0.0)
    for number in range(job.first, job.first + job.count):
        rng = job.rng(number, 13)
        shot = 420_000 + 2 * number
        ways = (draw("moderate", rng), pushed(rng)) if number % 2 else (mixed(rng), mixed(rng))
        before, after = (site.photo(NO_DOSE, way, shot + k) for k, way in enumerate(ways))
        yield observe(job, "unlimited", before, after.jpeg, truth=truth, unlimited=True)


def _registration(job: Job, site: SyntheticSite) -> Iterator[Observation]:
    for number in range(job.first, job.first + job.count):
        extra = registration_error(site, job.rng(number, 12), 500_000 + 2 * number)
        yield Observation(job.generator, job.tone, job.site, "registration", "B", extra=extra)


def _files(job: Job, site: SyntheticSite) -> Iterator[Observation]:
    """The same picture in other files, against itself."""
    before = site.photo(NO_DOSE, NEUTRAL, 400_000)
    for name, (data, baseline) in variants(before.pixels).items():
        yield observe(job, "file", before, data, baseline=baseline, label=name)


_TASKS: dict[str, Callable[[Job, SyntheticSite], Iterator[Observation]]] = {
    "zero": _zero,
    "dose": respond,
    "leaks": leak,
    "card": _card,
    "card_dose": _card_dose,
    "repeat": _repeat,
    "gates": _gates,
    "registration": _registration,
    "files": _files,
    "unlimited": _unlimited,
}
