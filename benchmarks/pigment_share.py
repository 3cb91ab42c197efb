"""The share of pigment in coarse relief above which relief is not answered for.

    python -m benchmarks.pigment_share [G1|G2]

For every tone class a few people's skin, its relief at 0.8, both photos moderately disturbed: the share
that pigment explains, and what coarse texture answers to relief (-22 % is right) and to spots that fade by
half (0 is right). The limit is the middle between the largest share that still answers by half and the
smallest that does not, on G1; G2 only shows whether it holds elsewhere.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from unittest import mock

import cv2
import numpy as np

from analysis.phantom.disturbance import draw
from analysis.phantom.scene import NO_DOSE
from analysis.pipeline import compare
from analysis.records import Mask, RegionPlan, SkinMaps
from benchmarks.skindro.dosing import LEAK_DOSES, dose_of
from benchmarks.skindro.generator import TONES
from benchmarks.skindro.work import GENERATORS

FIRST_SEED = 48_000_000
PEOPLE = 4
RIGHT = 100 * math.log(LEAK_DOSES["relief"])
DOSES = {axis: dose_of(axis, LEAK_DOSES[axis]) for axis in ("relief", "spots")}

Row = tuple[str, float, dict[str, float]]
"""Tone class, share, answer of coarse texture per dose."""


def one(job: tuple[str, str, int]) -> Row:
    """One person: the largest share over both doses and regions, and the answers."""
    from analysis.metrics import texture_coarse
    from analysis.pigment_pattern import share_of_pigment

    cv2.setNumThreads(1)
    generator, tone, seed = job
    site = GENERATORS[generator].site(seed, tone)
    rng = np.random.default_rng(seed)
    before = site.photo(NO_DOSE, draw("moderate", rng), 1)
    plan = RegionPlan(drawn=before.regions, px_per_mm=before.px_per_mm)
    shares: list[float] = []

    def noted(baseline: SkinMaps, follow_up: SkinMaps, region: Mask) -> float:
        shares.append(share_of_pigment(baseline, follow_up, region))
        return 0.0

    answers = {}
    with mock.patch.object(texture_coarse, "share_of_pigment", noted):
        for shot, (name, dose) in enumerate(DOSES.items(), start=2):
            after = site.photo(dose, draw("moderate", rng), shot)
            result = compare([before.jpeg], [after.jpeg], finder=None, plan=plan, with_views=False)
            answers[name] = next(
                (c.difference for c in result.changes if c.metric == "texture_coarse"), math.nan
            )
    return tone, max(shares, default=math.nan), answers


def limit_of(rows: Sequence[Row]) -> float:
    """The middle between the shares that answer by half and those that do not, two figures; NaN without both.

    >>> limit_of([("III", 0.1, {"relief": -20.0}), ("VI", 0.5, {"relief": -2.0})])
    0.3
    """
    good = [share for _, share, answer in rows if answer["relief"] <= RIGHT / 2]
    bad = [share for _, share, answer in rows if answer["relief"] > RIGHT / 2]
    return float(f"{(max(good) + min(bad)) / 2:.2g}") if good and bad else math.nan


def main(generator: str) -> int:
    """Print every person and the limit."""
    jobs = [
        (generator, tone, FIRST_SEED + 100 * place + person)
        for place, tone in enumerate(TONES)
        for person in range(PEOPLE)
    ]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        rows = list(pool.map(one, jobs))
    print(f"{'tone':6s}{'share':>8s}{'relief x 0.8':>14s}{'spots x 0.5':>13s}")
    for tone, share, answer in rows:
        print(f"{tone:6s}{share:8.2f}{answer['relief']:14.1f}{answer['spots']:13.1f}")
    print(f"limit by these people: {limit_of(rows):g}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "G1"))
