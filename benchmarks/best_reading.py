"""What the best fixed weights could reach, beside ours: whether a row fails by the weights or by the light.

    python -m benchmarks.best_reading [III ...]     the tone classes; about three minutes each on 2 cores

Untreated and dosed pairs of G1, everything moderately disturbed, go through the pipeline without a card (B)
and with one (A). Of each, the change of 100 x optical density in R, G and B is taken, treated minus
reference. For changes with covariance S between untreated pairs and a response d, no weights have a larger
ratio of response to noise than sqrt(d' S^-1 d). It is printed for weights that are free; for weights that
sum to 0, blind to how strongly light falls, which on real skin differs from place to place and in the
phantom does not; and for those that are blind to the other pigment as well, as the cross-talk rows ask.
Three channels leave one such reading.

Of weights that sum to 0 the same is printed with what both places show of the light's slope taken off, as the
program does: that is no linear reading any more, so they are tried one by one, by their angle.

Limits: in sample, so the bounds are a little high; of means over patches, the same for all people.

Source: Fisher 1936, Annals of Eugenics 7:179 (linear discriminant).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.light_field import between, plane
from analysis.linear import log_light
from analysis.pairs import PairResult
from analysis.phantom.disturbance import draw
from analysis.phantom.scene import NO_DOSE
from analysis.region_values import middles_px, tiles_of
from benchmarks.seen_pair import seen_pair
from benchmarks.skindro.development import Development
from benchmarks.skindro.dosing import MAIN, dose_of
from benchmarks.skindro.generator import TONES

FIRST_SEED = 49_000_000
PEOPLE = 8
UNTREATED, DOSED = 64, 16
READ_BY = {"haemoglobin": "redness", "melanin": "pigment"}

Vector = NDArray[np.float64]
Job = tuple[str, bool, str, int]
"""Tone class, whether with a card, dosed axis or "", number."""


@dataclass(frozen=True, slots=True)
class Patch:
    """Change of 100 x optical density in R, G and B in one region."""

    density: Vector
    """(3,) mean."""
    blocks: Vector
    """(n, 3) of each block."""
    pixels: Vector
    """(n,) of skin."""
    at_mm: Vector
    """(n, 2) middles."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One pair."""

    job: Job
    treated: Patch
    reference: Patch
    changes: dict[str, float]

    @property
    def density(self) -> Vector:
        """(3,) change of 100 x optical density, treated minus reference."""
        return self.treated.density - self.reference.density

    def read(self, row: Vector) -> float:
        """The same by some weights, less what both places show of the light's slope."""
        planes = [plane(one.blocks @ row, one.pixels, one.at_mm) for one in (self.treated, self.reference)]
        change = float(self.density @ row)
        return change - between(planes[0], planes[1:], np.ones(1)).taken_off(change)


def photographed(job: Job) -> tuple[dict[str, float], PairResult] | None:
    """One pair through the pipeline: metric -> change, and what it saw; None where it is refused."""
    cv2.setNumThreads(1)
    tone, with_card, axis, number = job
    seed = FIRST_SEED + 100 * list(TONES).index(tone) + number % PEOPLE
    site = Development().site(seed, tone, card=with_card)
    rng = np.random.default_rng([seed, number])
    before = site.photo(NO_DOSE, draw("moderate", rng), 2 * number)
    dose = dose_of(axis, MAIN[axis]) if axis else NO_DOSE
    after = site.photo(dose, draw("moderate", rng), 2 * number + 1)
    return seen_pair(before, after, with_card=with_card)


def one(job: Job) -> Seen | None:
    """One pair; None where it is refused."""
    seen = photographed(job)
    if seen is None:
        return None
    changes, pair = seen
    return Seen(job, _patch(pair, "treated"), _patch(pair, "reference"), changes)


def _patch(pair: PairResult, region: str) -> Patch:
    skin, px_per_mm = pair.areas[region] & pair.baseline.valid, pair.baseline.px_per_mm
    change = -100 / math.log(10) * (log_light(pair.follow_up_linear) - log_light(pair.baseline_linear))
    tiles = tiles_of(skin, px_per_mm)
    inside = [change[tile][skin[tile]] for tile in tiles]
    return Patch(
        change[skin].mean(0, dtype=np.float64),
        np.array([one.mean(0, dtype=np.float64) for one in inside]),
        np.array([float(len(one)) for one in inside]),
        middles_px(tiles) / px_per_mm,
    )


def bound(noise: Vector, response: Vector, blind_to: Sequence[Vector] = ()) -> float:
    """The largest ratio of response to noise of any weights blind to the given changes.

    Args:
        noise: (n, 3) changes of untreated pairs.
        response: (3,) of dosed ones.
        blind_to: (3,) each.

    >>> noise = np.array([[1.0, 0, 0], [-1, 0, 0], [0, 2, 0], [0, -2, 0], [0, 0, 1], [0, 0, -1]])
    >>> round(bound(noise, np.array([0.0, 4.0, 0.0])), 2)
    3.16
    >>> round(bound(noise, np.ones(3), [np.ones(3)]), 2)
    0.0
    """
    free = np.eye(3)
    if blind_to:
        _, sizes, rows = np.linalg.svd(np.stack(blind_to))
        free = rows[int(np.count_nonzero(sizes > 1e-9)) :]
    spread, seen = free @ np.cov(noise.T) @ free.T, free @ response
    return math.sqrt(float(seen @ np.linalg.solve(spread, seen)))


def by_angle(step_deg: float = 2.0) -> Vector:
    """(n, 3) weights that sum to 0, half the circle: the others are the same with the other sign.

    >>> rows = by_angle(45.0)
    >>> len(rows), bool(np.allclose(rows.sum(1), 0))
    (4, True)
    """
    angle = np.deg2rad(np.arange(0, 180, step_deg))[:, None]
    across, along = np.array([1.0, -1, 0]) / math.sqrt(2), np.array([1.0, 1, -2]) / math.sqrt(6)
    return np.asarray(np.cos(angle) * across + np.sin(angle) * along)


def with_light_off(still: Sequence[Seen], dosed: Sequence[Seen], rows: Vector) -> float:
    """The largest ratio of response to noise of some weights, light taken off.

    Args:
        still: untreated pairs.
        dosed: pairs with a dose.
        rows: (n, 3) weights.
    """
    ratios = [
        abs(float(np.median([one.read(row) for one in dosed])))
        / float(np.std([one.read(row) for one in still], ddof=1))
        for row in rows
    ]
    return max(ratios)


def main(tones: Sequence[str]) -> int:
    """Print a line per tone, mode and dose."""
    jobs = [
        (tone, with_card, axis, number)
        for tone in tones
        for with_card in (False, True)
        for axis, count in (("", UNTREATED), *((axis, DOSED) for axis in READ_BY))
        for number in range(count)
    ]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        seen = [found for found in pool.map(one, jobs, chunksize=4) if found]
    heads = ("ours", "free", "sum 0", "one left", "light off", "one left")
    print(f"{'':6s}{'mode':>6s}{'':>10s}" + "".join(f"{head:>10s}" for head in heads) + "   pairs")
    for tone in tones:
        for with_card in (False, True):
            here = {
                axis: [one for one in seen if one.job[:3] == (tone, with_card, axis)]
                for axis in ("", *READ_BY)
            }
            noise = np.stack([one.density for one in here[""]])
            response = {axis: np.median([one.density for one in here[axis]], axis=0) for axis in READ_BY}
            for axis, metric in READ_BY.items():
                (other,) = (change for name, change in response.items() if name != axis)
                still = [one.changes.get(metric, math.nan) for one in here[""]]
                dosed = [one.changes.get(metric, math.nan) for one in here[axis]]
                ours = abs(float(np.nanmedian(dosed))) / float(np.nanstd(still, ddof=1))
                blind = ((), (np.ones(3),), (np.ones(3), other))
                limits = [bound(noise, response[axis], changes) for changes in blind]
                # Blind to exposure and to the other dose: what is at right angles to both.
                alone = np.cross(np.ones(3), other)[None]
                limits += [with_light_off(here[""], here[axis], rows) for rows in (by_angle(), alone)]
                numbers = "".join(f"{value:10.2f}" for value in (ours, *limits))
                mode = "A" if with_card else "B"
                print(f"{tone:6s}{mode:>6s}{metric:>10s}{numbers}   {len(still)} + {len(dosed)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["III"]))
