"""What is run: sizes of the three runs, and the jobs a process takes one at a time.

A job is one person (generator, tone, site) and one task, so that what repeats between that person's photos
is made once. Seeds are a block of their own: the constants are derived on others.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal

import numpy as np

from benchmarks.skindro.generator import TONES

FIRST_SEED = 31_000_000
"""Sites have seeds from here: the constants' are from 7 000 000 and 20 260 101, the samples' are below."""
SITES = 8
"""People per tone and generator."""

Task = Literal[
    "zero", "dose", "leaks", "card", "card_dose", "repeat", "gates", "registration", "files", "unlimited"
]  # fmt: skip
SECONDS: dict[Task, float] = {
    "zero": 0.9, "dose": 45.0, "leaks": 4.0, "card": 2.5, "card_dose": 6.1, "repeat": 0.8, "gates": 15.0,
    "registration": 0.5, "files": 2.3, "unlimited": 1.0,
}  # fmt: skip
"""Processor time of one pair, or of one person where the task is a person's ("dose", "leaks", "gates",
"files"); from `python -m benchmarks.skindro.cost`. Only the order of jobs rests on it."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything, per tone and generator."""

    name: str
    zero: int
    """Untreated composite pairs in mode B."""
    zero_c: int
    """Of them also judged in mode C."""
    zero_a: int
    """Untreated pairs in mode A, of the generators that have a card; their pictures are their own."""
    dosed_a: int
    """Baselines in mode A that are followed by a photo after each main dose."""
    dosed: int
    """Composite pairs per dosed axis."""
    power: int
    """Pairs dosed to 1.45 times their own stated limit, and again to what they say they find, each family."""
    grid_sites: int
    """People whose response to every dose is measured without disturbance."""
    repeats: int
    """Pairs of noise alone."""
    gates: int
    """People shown with every single nuisance."""
    registration: int
    files: int
    tones: tuple[str, ...] = tuple(TONES)
    doses: Literal["all", "half", "few"] = "all"
    """Half: every other dose of the grid. Few: only those that rows compare."""
    leak_sites: int = 0
    """More people, whose response to the doses of the cross-talk rows alone is measured."""
    unlimited: int = 0
    """Untreated pairs whose checks refuse nothing, for the curves of the limits; a run of their own."""

    def in_mode_c(self, number: int) -> bool:
        """Whether this untreated pair is also judged in mode C: every so manyth, so that all people are.

        >>> sum(DEFAULT.in_mode_c(number) for number in range(DEFAULT.zero)) == DEFAULT.zero_c
        True
        """
        return (number + 1) * self.zero_c // self.zero > number * self.zero_c // self.zero

    @property
    def pairs(self) -> dict[Task, int]:
        """Pairs in all of the tasks that are divided among people; a person's are one job."""
        return {
            "zero": self.zero,
            "card": self.zero_a,
            "card_dose": self.dosed_a,
            "repeat": self.repeats,
            "registration": self.registration,
            "unlimited": self.unlimited,
        }


QUICK = Size(
    "quick", zero=5, zero_c=2, zero_a=0, dosed_a=0, dosed=1, power=0, grid_sites=1, repeats=0, gates=0,
    registration=1, files=0, tones=("III", "V"), doses="few",
)  # fmt: skip
DEFAULT = Size(
    "default", zero=100, zero_c=16, zero_a=6, dosed_a=2, dosed=6, power=2, grid_sites=2, repeats=4, gates=1,
    registration=2, files=1, doses="half",
)  # fmt: skip
FULL = Size(
    "full", zero=500, zero_c=104, zero_a=72, dosed_a=12, dosed=24, power=20, grid_sites=4, repeats=16,
    gates=2, registration=8, files=2, leak_sites=4,
)  # fmt: skip
"""Untreated pairs are of one generator, and there are two: 1,000 per tone in the full run, 200 by default."""


@dataclass(frozen=True, slots=True)
class Job:
    """One person and one task."""

    generator: str
    tone: str
    site: int
    task: Task
    first: int
    """Number of the first draw."""
    count: int
    size: Size

    @property
    def seed(self) -> int:
        """Of the site."""
        return FIRST_SEED + 100 * list(TONES).index(self.tone) + self.site

    @property
    def seconds(self) -> float:
        """Processor time it takes, roughly."""
        return SECONDS[self.task] * self.count

    def rng(self, draw: int, stream: int) -> np.random.Generator:
        """Chance of one draw; streams keep tasks apart."""
        return np.random.default_rng([self.seed, ord(self.generator[-1]), stream, draw])


def plan(size: Size, generators: tuple[str, ...] = ("G1", "G2")) -> list[Job]:
    """Every job of a run, the longest first.

    >>> len({(job.generator, job.seed) for job in plan(FULL)})     # people
    80
    """
    jobs: list[Job] = []
    for generator in generators:
        for tone in size.tones:

            def add(task: Task, site: int, first: int, count: int,
                    who: tuple[str, str] = (generator, tone)) -> None:  # fmt: skip
                if count > 0:
                    jobs.append(Job(*who, site % SITES, task, first, count, size))

            for site in range(size.grid_sites):
                add("dose", site, site, 1)
            for site in range(size.grid_sites, size.grid_sites + size.leak_sites):
                add("leaks", site, site, 1)
            for site in range(size.gates):
                add("gates", site, site, 1)
            for site in range(size.files):
                add("files", site, site, 1)
            for task, total in size.pairs.items():
                people = max(1, min(SITES, total // 2))
                bounds = [round(total * person / people) for person in range(people + 1)]
                for person, (first, stop) in enumerate(itertools.pairwise(bounds)):
                    add(task, person, first, stop - first)
    return sorted(jobs, key=lambda job: job.seconds, reverse=True)
