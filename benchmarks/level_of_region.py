"""How the level of a region is best taken: as a median, a mean, or a mean without some share at either end.

    python -m benchmarks.level_of_region      five minutes on 2 cores

Untreated and dosed pairs of G1, everything moderately disturbed, classes I to IV without a card and III with
one, are registered once and measured with several shares left out. Printed is the ratio of response to noise,
the light that both places show taken off. What another share does on real skin that nobody treated:
`python -m benchmarks.uneven_light` with `bands.TRIMMED` changed by hand.

Limits: pigment by M alone; the phantom's hair is masked whole, and it has no gloss that a mask would miss.
"""

from __future__ import annotations

import math
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from unittest import mock

import numpy as np

from analysis import bands
from analysis.metrics import registry
from analysis.pairs import PairResult
from analysis.records import Parameters
from analysis.reference import drawn_reference
from analysis.region_values import region_changes
from benchmarks.best_reading import READ_BY, Job, photographed

MEDIAN = 0.4999
SHARES = (MEDIAN, 0.25, 0.1, 0.05, 0.0)
UNTREATED, DOSED = 48, 12
CLASSES = (("I-II", False), ("III", False), ("III", True), ("IV", False))
"""Tone class, whether with a card."""


def one(job: Job) -> dict[tuple[str, float], float] | None:
    """(metric, share) -> change of one pair; None where it is refused."""
    seen = photographed(job)
    if seen is None:
        return None
    return {
        (metric, share): change for share in SHARES for metric, change in _changes(seen[1], share).items()
    }


def _changes(pair: PairResult, share: float) -> dict[str, float]:
    """Metric -> treated less reference, less the light that both show; NaN where there is none."""
    metrics = {name: registry()[name] for name in READ_BY.values()}
    # By M in all skin: where the photo looks darker the program reads red.
    first, second = (
        replace(maps, smooth={**maps.smooth, "pigment": maps.smooth["melanin"]})
        for maps in (pair.baseline, pair.follow_up)
    )
    with mock.patch.object(bands, "TRIMMED", share):
        treated, reference = (
            region_changes(
                metrics, area, int(np.count_nonzero(area)), first, second, math.inf, 1, Parameters()
            )
            for area in (pair.areas[name] & first.valid for name in ("treated", "reference"))
        )
    out = {}
    for name in metrics:
        against = drawn_reference(treated[name], [reference[name]])
        seen = treated[name].difference - reference[name].difference
        out[name] = math.nan if against is None else seen - against.light.taken_off(seen)
    return out


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
                ratios.append(abs(float(np.nanmedian(dosed))) / float(np.nanstd(still, ddof=1)))
            print(
                f"{tone:6s}{'A' if card else 'B':3s}{metric:11s}" + "".join(f"{one:8.2f}" for one in ratios)
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
