"""What is run: sizes of the three runs, and the jobs a process takes one at a time.

A job is one person (generator, tone, site) and one task, so that what repeats between that person's photos
is made once. Seeds are a block of their own: the constants are derived on others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from benchmarks.skindro.generator import TONES

FIRST_SEED = 31_000_000
"""Sites have seeds from here: the constants' are from 7 000 000 and 20 260 101, the samples' are below."""
SITES = 8
"""People per tone and generator."""

Task = Literal["zero", "dose", "card", "repeat", "gates", "registration", "files", "unlimited"]


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything, per tone and generator."""

    name: str
    zero: int
    """Untreated composite pairs in mode B."""
    zero_c: int
    """Of them also judged in mode C."""
    zero_a: int
    """Pairs in mode A, untreated and with each main dose; their pictures hold a card and are their own."""
    dosed: int
    """Composite pairs per dosed axis."""
    power: int
    """Pairs dosed to 1.45 times their own stated minimal detectable change, each family."""
    grid_sites: int
    """People whose response to every dose is measured without disturbance."""
    repeats: int
    """Pairs of noise alone."""
    gates: int
    """People shown with every single nuisance."""
    registration: int
    files: int
    tones: tuple[str, ...] = tuple(TONES)
    doses: Literal["all", "few"] = "all"
    """Few: the doses that rows compare, not the whole grid."""
    block: int = 8
    """Composite pairs in one job."""
    unlimited: int = 0
    """Untreated pairs whose checks refuse nothing, for the curves of the limits."""

    @property
    def in_blocks(self) -> tuple[tuple[Task, int, int], ...]:
        """(task, pairs in all, pairs in one job)."""
        return (
            ("zero", self.zero, self.block),
            ("card", self.zero_a, 2),
            ("repeat", self.repeats, 4),
            ("registration", self.registration, 2),
            ("unlimited", self.unlimited, 3),
        )


QUICK = Size(
    "quick", zero=5, zero_c=1, zero_a=0, dosed=1, power=0, grid_sites=1, repeats=0, gates=0, registration=1,
    files=0, tones=("III", "V"), doses="few", block=5,
)  # fmt: skip
DEFAULT = Size(
    "default", zero=60, zero_c=15, zero_a=4, dosed=8, power=6, grid_sites=2, repeats=4, gates=1,
    registration=4, files=1, unlimited=12,
)  # fmt: skip
FULL = Size(
    "full", zero=500, zero_c=60, zero_a=16, dosed=20, power=20, grid_sites=4, repeats=16, gates=2,
    registration=8, files=2, block=32, unlimited=60,
)  # fmt: skip
"""Untreated pairs are per generator: 1,000 per tone in the full run."""


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
            for site in range(size.gates):
                add("gates", site, site, 1)
            for site in range(size.files):
                add("files", site, site, 1)
            # People in turn, so that few pairs already show all of them.
            for task, total, block in size.in_blocks:
                for number, first in enumerate(range(0, total, block)):
                    add(task, number, first, min(block, total - first))
    rank = ("dose", "gates", "zero", "card", "unlimited", "repeat", "registration", "files")
    return sorted(jobs, key=lambda job: rank.index(job.task))
