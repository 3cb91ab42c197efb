"""How well the tone of skin is known: read from a photo as it was exposed, and beside a colour card.

    python -m benchmarks.tone_by_card            ten people a class, a minute on 2 cores

People of the first generator, made at their class's typology angle, are photographed with a card, everything
moderately disturbed. Printed per class: the lowest, the middle and the highest angle
that is read either way.

Limits: the phantom's lamps and cameras. Angles are of baselines whose follow-up could be compared.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import cv2
import numpy as np

from analysis.pair_gates import median_colour
from analysis.phantom.disturbance import draw
from analysis.phantom.scene import NO_DOSE
from analysis.tone import ita_deg
from benchmarks.seen_pair import seen_pair
from benchmarks.skindro.development import Development
from benchmarks.skindro.generator import TONES

FIRST_SEED = 51_000_000
PEOPLE = 10

Job = tuple[str, int]
"""Tone class, person."""


def angles(job: Job) -> tuple[float, float] | None:
    """Typology angle in degrees as exposed, and beside the card; None where the pair is refused."""
    cv2.setNumThreads(1)
    tone, person = job
    seed = FIRST_SEED + 1000 * list(TONES).index(tone) + person
    site, rng = Development().site(seed, tone, card=True), np.random.default_rng(seed)
    before, after = (site.photo(NO_DOSE, draw("moderate", rng), person + shot) for shot in (0, 1))
    seen = seen_pair(before, after, with_card=True)
    if seen is None:
        return None
    _, pair = seen
    return ita_deg(median_colour(pair.baseline_linear, pair.baseline.valid)), pair.tone_deg


def main() -> int:
    """Print a line per class."""
    jobs = [(tone, person) for tone in TONES for person in range(PEOPLE)]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        found = list(pool.map(angles, jobs, chunksize=2))
    print(f"{'':6s}{'made at':>10s}{'as exposed':>20s}{'beside the card':>20s}   people")
    for tone, made in TONES.items():
        seen = np.array([one for (of, _), one in zip(jobs, found, strict=True) if of == tone and one])
        read = [
            f"{low:.0f} {middle:.0f} {high:.0f}" for low, middle, high in np.quantile(seen, [0, 0.5, 1], 0).T
        ]
        print(f"{tone:6s}{made:10.0f}" + "".join(f"{text:>20s}" for text in read) + f"   {len(seen)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
