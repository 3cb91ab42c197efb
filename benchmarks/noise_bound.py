"""What bounding pixel noise by what does not repeat in a pair does to fine texture.

    python -m benchmarks.noise_bound        two minutes

Six people each of classes III and VI on either generator, everything moderately disturbed, but saved as JPEG
of quality 97, which keeps a sensor's noise, with noise of 2 or 3 codes in either photo. Printed are mean and
spread of the answers of fine texture to no dose (0 is right) and to relief at 0.8 (about -22 % is right),
with and without the bound of `analysis.roughness`.
"""

from __future__ import annotations

import math
import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from multiprocessing import get_context
from unittest import mock

import cv2
import numpy as np

from analysis.phantom.disturbance import draw
from analysis.phantom.scene import NO_DOSE, Dose
from benchmarks.seen_pair import seen_pair
from benchmarks.skindro.work import GENERATORS

FIRST_SEED = 49_000_000
PEOPLE = 6
TONES = ("III", "VI")
NOISES = {"2 and 2": (2.0, 2.0), "3 and 3": (3.0, 3.0), "2 and 3": (2.0, 3.0)}
JPEG_QUALITY = 97
DOSES = {"none": NO_DOSE, "relief x 0.8": Dose(relief=0.8)}

Job = tuple[str, str, str, int]
"""Generator, tone class, noise, person."""


def one(job: Job) -> dict[tuple[str, bool], float]:
    """Answers of fine texture by dose and whether the noise was bounded; NaN where it has no number."""
    cv2.setNumThreads(1)
    generator, tone, noise, person = job
    seed = FIRST_SEED + 100 * TONES.index(tone) + person
    site, rng = GENERATORS[generator].site(seed, tone), np.random.default_rng(seed)
    first, second = (
        replace(draw("moderate", rng), jpeg_quality=JPEG_QUALITY, noise_dn=codes) for codes in NOISES[noise]
    )
    before = site.photo(NO_DOSE, first, 1)
    out = {}
    for name, dose in DOSES.items():
        after = site.photo(dose, second, 2)
        for bounded in (False, True):
            as_read = mock.patch("analysis.roughness.most_noise", return_value=math.inf)
            with nullcontext() if bounded else as_read:
                seen = seen_pair(before, after)
            out[name, bounded] = math.nan if seen is None else seen[0].get("texture_pore", math.nan)
    return out


def main() -> int:
    """Print the table."""
    groups = [(generator, tone, noise) for generator in ("G1", "G2") for tone in TONES for noise in NOISES]
    jobs: list[Job] = [(*group, person) for group in groups for person in range(PEOPLE)]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        found = dict(zip(jobs, pool.map(one, jobs), strict=True))
    heads = [f"{dose}, {'bounded' if bounded else 'as read'}" for dose in DOSES for bounded in (False, True)]
    print(f"{'':22s}" + "".join(f"{head:>24s}" for head in heads))
    for group in groups:
        cells = []
        for dose in DOSES:
            for bounded in (False, True):
                answers = np.array([found[*group, person][dose, bounded] for person in range(PEOPLE)])
                kept = answers[np.isfinite(answers)]
                cells.append(
                    f"{kept.mean():.1f} +- {kept.std(ddof=1):.1f} ({kept.size})" if kept.size > 1 else "-"
                )
        print(f"{'  '.join(group):22s}" + "".join(f"{cell:>24s}" for cell in cells))
    return 0


if __name__ == "__main__":
    sys.exit(main())
