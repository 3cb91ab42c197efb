"""What the weight of noise in a pair's relief weights does to texture, beside weights fixed beforehand.

    python -m benchmarks.relief_noise_weight [G1|G2]     every tone class; about five minutes on 2 cores

Untreated pairs, and the same with relief at 0.8, spots at half or 30 % less blood, everything moderately
disturbed, go through the pipeline with fixed weights and, in all skin, with those fitted to the pair by
each of the tried weights of noise. Printed per tone class and band are the ratio of the response to
relief over the SD of untreated pairs, and what spots and blood move, as a share of that response. The
weight taken has the largest response over noise, fine and medium together, in class VI of G1, where the
fitted ones are used; G2 only shows whether it holds elsewhere.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from unittest import mock

import cv2
import numpy as np

from analysis import pairs, relief_weights
from analysis.phantom.disturbance import draw
from analysis.phantom.scene import NO_DOSE
from benchmarks.best_relief import DOSES
from benchmarks.seen_pair import seen_pair
from benchmarks.skindro.generator import TONES
from benchmarks.skindro.work import GENERATORS

FIRST_SEED = 51_000_000
TRIED = (0.0, 1.0, 3.0, 10.0, 30.0)
"""0: the fixed weights."""
PEOPLE = 8
"""Of each class; one pair of every dose each."""

Job = tuple[str, str, int]
"""Generator, tone class, number."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One texture metric of one pair."""

    tone: str
    number: int
    noise_weight: float
    dosed: str
    metric: str
    difference: float


def one(job: Job) -> list[Answer]:
    """Every dose of one baseline by every weight; nothing where a pair is refused."""
    cv2.setNumThreads(1)
    generator, tone, number = job
    seed = FIRST_SEED + 100 * list(TONES).index(tone) + number
    site = GENERATORS[generator].site(seed, tone)
    rng = np.random.default_rng([seed, number])
    first, second = draw("moderate", rng), draw("moderate", rng)
    before = site.photo(NO_DOSE, first, 2 * number)
    out = []
    for dosed, dose in DOSES.items():
        after = site.photo(dose, second, 2 * number + 1)
        for noise_weight in TRIED:
            fixed = mock.patch.object(pairs, "relief_weights", return_value=relief_weights.FIXED)
            weighed = mock.patch.multiple(relief_weights, NOISE_WEIGHT=noise_weight, LOOKS_DARK_DEG=math.inf)
            everywhere = mock.patch.object(relief_weights, "_fixed_fail", return_value=True)
            with weighed, everywhere if noise_weight else fixed:
                seen = seen_pair(before, after)
            changes = {} if seen is None else seen[0]
            out += [
                Answer(tone, number, noise_weight, dosed, metric, change)
                for metric, change in changes.items()
                if metric.startswith("texture_") and math.isfinite(change)
            ]
    return out


def line(found: Sequence[Answer]) -> str:
    """Ratio of response to noise, and the shares of spots and blood; empty with too few pairs.

    >>> seen = {"": (1.0, -1.0), "relief": (-9.0, -11.0), "spots": (0.0, -2.0), "blood": (1.5, -0.5)}
    >>> line([Answer("III", n, 3.0, dose, "x", row[n]) for dose, row in seen.items() for n in (0, 1)])
    '  7.1  0.10 -0.05'
    """
    still = {one.number: one.difference for one in found if one.dosed == ""}
    moved = {
        dosed: [
            one.difference - still[one.number] for one in found if one.dosed == dosed and one.number in still
        ]
        for dosed in DOSES
    }
    if min(len(values) for values in moved.values()) < 2:
        return ""
    relief, spots, blood = (float(np.median(moved[dosed])) for dosed in ("relief", "spots", "blood"))
    noise = float(np.std(list(still.values()), ddof=1))
    return f"{-relief / noise:5.1f} {spots / relief:5.2f} {blood / relief:5.2f}"


def main(generator: str) -> int:
    """Print a row per tone class and band, a column per weight."""
    jobs = [(generator, tone, number) for tone in TONES for number in range(PEOPLE)]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        found = [answer for answers in pool.map(one, jobs) for answer in answers]
    print(f"{generator}: response over noise, share of spots, share of blood")
    titles = ["fixed" if weight == 0 else f"noise x {weight:g}" for weight in TRIED]
    print(f"{'':24s}" + "".join(f"{title:>20s}" for title in titles))
    for tone in TONES:
        for metric in dict.fromkeys(answer.metric for answer in found):
            here = [answer for answer in found if (answer.tone, answer.metric) == (tone, metric)]
            cells = [line([answer for answer in here if answer.noise_weight == weight]) for weight in TRIED]
            print(f"{tone:6s}{metric:18s}" + "".join(f"{cell:>20s}" for cell in cells))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "G1"))
