"""How the level of a region is best taken: as a median, a mean, or a mean without some share at either end.

    python -m benchmarks.level_of_region      five minutes on 2 cores

Untreated and dosed pairs of G1, everything moderately disturbed, classes I to IV without a card and III with
one, go through the pipeline. The change of each pixel of the smoothed maps is taken together over a region,
and over each of its blocks, by several shares; what both places show of the light's slope is taken off as the
program does. Printed is the ratio of response to noise. What each share does on real skin that nobody
treated: `python -m benchmarks.uneven_light`.

Limits: the phantom's hair is masked as a photo's is; it has no gloss that a mask would miss.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from analysis import bands
from analysis.bands import blocks, smoothed_change
from analysis.light_field import Plane, between, plane
from analysis.pairs import PairResult
from analysis.region_values import BLOCK_MM
from benchmarks.best_reading import READ_BY, Job, photographed

MEDIAN = 0.5
SHARES = (MEDIAN, 0.25, 0.1, 0.05, 0.0)
UNTREATED, DOSED = 48, 12
CLASSES = (("I-II", False), ("III", False), ("III", True), ("IV", False))
"""Tone class, whether with a card."""
MAPS = {"redness": "haemoglobin", "pigment": "melanin"}


def one(job: Job) -> dict[tuple[str, float], float] | None:
    """(metric, share) -> change of one pair; None where it is refused."""
    seen = photographed(job)
    if seen is None:
        return None
    return {(metric, share): _change(seen[1], metric, share) for metric in MAPS for share in SHARES}


def _change(pair: PairResult, metric: str, share: float) -> float:
    """Treated less reference, less the light that both show."""
    (treated, own), (reference, theirs) = (
        _region(pair, name, MAPS[metric], share) for name in ("treated", "reference")
    )
    seen = treated - reference
    return seen - between(own, [theirs], np.ones(1)).taken_off(seen)


def _region(pair: PairResult, region: str, name: str, share: float) -> tuple[float, Plane]:
    first, second = pair.baseline, pair.follow_up
    skin = pair.areas[region] & first.valid
    tiles = list(blocks(skin, round(BLOCK_MM * first.px_per_mm)))

    def change(of: tuple[slice, slice]) -> float:
        return level(smoothed_change(first.window(of), second.window(of), name, skin[of]), share)

    middles = np.array([[(side.start + side.stop) / 2 for side in tile] for tile in tiles])
    weights = np.array([np.count_nonzero(skin[tile]) for tile in tiles])
    found = plane(np.array([change(tile) for tile in tiles]), weights, middles / first.px_per_mm)
    return change((slice(None), slice(None))), found


def level(values: NDArray[np.float32], share: float) -> float:
    """The values' mean without `share` of them at either end.

    >>> few = np.array([0, 1, 2, 3, 94], np.float32)
    >>> [level(few, share) for share in (MEDIAN, 0.25, 0.0)]
    [2.0, 2.0, 20.0]
    """
    if share == MEDIAN:
        return bands.median(values)
    with mock.patch.object(bands, "TRIMMED", share):
        return bands.trimmed_mean(values)


def main() -> int:
    """Print a line per class and metric."""
    kinds = (("", UNTREATED), *((axis, DOSED) for axis in READ_BY))
    jobs: list[Job] = [
        (tone, card, axis, number)
        for tone, card in CLASSES
        for axis, count in kinds
        for number in range(count)
    ]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        found = list(pool.map(one, jobs, chunksize=4))
    print(f"{'':20s}" + "".join(f"{'median' if share == MEDIAN else share:>8}" for share in SHARES))
    for tone, card in CLASSES:
        for axis, metric in READ_BY.items():
            ratios = []
            for share in SHARES:
                still, dosed = (
                    [seen[metric, share] for job, seen in zip(jobs, found, strict=True)
                     if seen is not None and job[:3] == (tone, card, kind)]
                    for kind in ("", axis)
                )  # fmt: skip
                ratios.append(abs(float(np.median(dosed))) / float(np.std(still, ddof=1)))
            print(
                f"{tone:6s}{'A' if card else 'B':3s}{metric:11s}"
                + "".join(f"{ratio:8.2f}" for ratio in ratios)
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
