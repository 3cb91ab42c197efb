"""What the best fixed weights could make of texture, beside ours: whether a row fails by weights or by light.

    python -m benchmarks.best_relief G1 VI     generator and tone class; about a minute each on 2 cores

Pairs go through the pipeline as rows 4 and 7 of the benchmark ask for them: untreated and with relief at
0.8, everything moderately disturbed; and in good light with relief at 0.8, spots at half or 30 % less blood.
Of each photo the covariance of R, G and B is taken in a texture band, over the skin that texture is read on:
it gives the strength of the band for any weights over the log of light. All weights that sum to 1, blind to
exposure as relief is, are tried on a grid. Printed are the largest ratio of response to noise, the largest
among weights that answer to spots by at most 0.4, to blood by at most 0.1, and to both by no more, of what
they answer to relief; and last the least leaks of weights whose ratio is what row 4 asks for, in multiples of
what row 7 allows, the larger of the two.

What does not repeat between the photos is taken off as noise, equal in both, or not at all: whichever serves
better.

Limits: in sample, and chosen for one generator and class, so the bounds are high; of one set of weights for
all people of the class; linear in the log of light.
"""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from unittest import mock

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis import pairs
from analysis.bands import MaskedBlur, texture_bands
from analysis.linear import log_light
from analysis.pairs import PairResult
from analysis.phantom.disturbance import Level, draw
from analysis.phantom.scene import NO_DOSE
from analysis.records import FloatMap
from analysis.relief_weights import FIXED
from benchmarks.seen_pair import seen_pair
from benchmarks.skindro.dosing import LEAK_DOSES, dose_of
from benchmarks.skindro.generator import TONES
from benchmarks.skindro.rows.cross_talk import LEAKS
from benchmarks.skindro.rows.sensitivity import ENDPOINTS
from benchmarks.skindro.work import GENERATORS

FIRST_SEED = 50_000_000
PEOPLE = 8
AXES = {"relief": "relief", "spots": "spots", "blood": "haemoglobin"}
DOSES = {"": NO_DOSE} | {name: dose_of(axis, LEAK_DOSES[axis]) for name, axis in AXES.items()}
PAIRS: dict[tuple[Level, str], int] = {
    ("moderate", ""): 32,
    ("moderate", "relief"): 16,
    ("none", "relief"): PEOPLE,
    ("none", "spots"): PEOPLE,
    ("none", "blood"): PEOPLE,
}
"""How strongly disturbed, what is dosed -> how many."""
BANDS = ("pore", "medium", "coarse")
MOST_OF = {
    name: next(leak.limits["III"] for leak in LEAKS if (leak.metric, leak.axis) == ("texture_medium", axis))
    for name, axis in AXES.items()
    if name != "relief"
}
"""Row 7: the most of their answer to relief that they may answer."""
NEEDED = {
    band: next(one.limits["III"] for one in ENDPOINTS if one.metric == f"texture_{band}") for band in BANDS
}
"""Row 4: response over noise."""

Array = NDArray[np.float64]
Job = tuple[str, str, Level, str, int]
"""Generator, tone class, how strongly disturbed, what is dosed or "", number."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One pair."""

    kind: tuple[Level, str]
    """How strongly disturbed, what is dosed."""
    number: int
    ours: dict[str, float]
    """Band -> change of texture."""
    power: dict[str, Array]
    """Band -> (2 regions, 3, 3, 3): baseline, follow-up, and what they share, over R, G, B."""


def one(job: Job) -> Seen | None:
    """One pair; None where it is refused."""
    cv2.setNumThreads(1)
    generator, tone, disturbed, dosed, number = job
    seed = FIRST_SEED + 100 * list(TONES).index(tone) + number % PEOPLE
    site = GENERATORS[generator].site(seed, tone)
    rng = np.random.default_rng([seed, number])
    before = site.photo(NO_DOSE, draw(disturbed, rng), 2 * number)
    after = site.photo(DOSES[dosed], draw(disturbed, rng), 2 * number + 1)
    # Ours are the fixed weights: what is fitted to a pair in dark skin is one answer to this question.
    with mock.patch.object(pairs, "relief_weights", return_value=FIXED):
        seen = seen_pair(before, after)
    if seen is None:
        return None
    changes, pair = seen
    ours = {band: changes.get(f"texture_{band}", math.nan) for band in BANDS}
    return Seen((disturbed, dosed), number, ours, _powers(pair))


def _powers(pair: PairResult) -> dict[str, Array]:
    maps = pair.baseline
    smooth = MaskedBlur(maps.valid)
    photos = [
        _banded(light, smooth, maps.px_per_mm) for light in (pair.baseline_linear, pair.follow_up_linear)
    ]
    out = {}
    for band in BANDS:
        regions = []
        for region in ("treated", "reference"):
            skin = pair.areas[region] & maps.plain
            a, b = (
                np.stack([channel[band][skin] for channel in photo]).astype(np.float64) for photo in photos
            )
            shared = a @ b.T / a.shape[1]
            regions.append([a @ a.T / a.shape[1], b @ b.T / a.shape[1], (shared + shared.T) / 2])
        out[band] = np.array(regions)
    return out


def _banded(light: FloatMap, smooth: MaskedBlur, px_per_mm: float) -> list[dict[str, FloatMap]]:
    return [texture_bands(channel, smooth, px_per_mm) for channel in cv2.split(log_light(light))]


def weights(step: float = 0.05, reach: float = 3.0) -> Array:
    """(n, 3) weights over R, G and B that sum to 1, on a grid."""
    at = np.arange(-reach, reach + step / 2, step)
    red, green = (axis.ravel() for axis in np.meshgrid(at, at))
    return np.stack([red, green, 1 - red - green], 1)


def changes(power: Array, rows: Array, *, noise_off: bool) -> Array:
    """(n,) change of texture in %, treated against reference, by each row of weights; NaN where none."""
    strength = np.einsum("nc,rpcd,nd->nrp", rows, power, rows)
    before, after, shared = strength[..., 0], strength[..., 1], np.maximum(strength[..., 2], 0)
    if noise_off:
        # (before - n) (after - n) = shared^2, the smaller root.
        middle = (before + after) / 2
        noise = middle - np.sqrt(((before - after) / 2) ** 2 + shared**2)
        before, after = before - noise, after - noise
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = 50 * np.log(after / before)
    return np.asarray(ratio[:, 0] - ratio[:, 1])


@dataclass(frozen=True, slots=True)
class Answers:
    """What some weights make of a band, one figure for each row of weights."""

    ratio: Array
    """Response to relief over noise; NaN where it goes the wrong way."""
    leaks: dict[str, Array]
    """What is not relief -> its share of the answer to relief, median over people in good light."""


def answers(seen: Sequence[Seen], read: Callable[[Seen], Array]) -> Answers:
    """What some weights make of a band.

    Args:
        seen: pairs of one class.
        read: the change of one pair by each row of weights, (n,); NaN where it has no number.
    """
    undisturbed = [{one.number for one in seen if one.kind == kind} for kind in PAIRS if kind[0] == "none"]
    whole = set.intersection(*undisturbed)  # people of whom no dose was refused
    of = {
        kind: np.stack([
            read(one) for one in seen if one.kind == kind and (kind[0] != "none" or one.number in whole)
        ])
        for kind in PAIRS
    }  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of weights that give no number at all
        relief = np.nanmedian(of["moderate", "relief"], axis=0)
        noise = np.nanstd(of["moderate", ""], axis=0, ddof=1)
        leaks = {
            other: np.nanmedian(np.abs(of["none", other] / of["none", "relief"]), axis=0) for other in MOST_OF
        }
        return Answers(np.where(relief < 0, -relief / noise, np.nan), leaks)


def _by_ours(one: Seen, band: str) -> Array:
    return np.array([one.ours[band]])


def _by_weights(one: Seen, band: str, rows: Array, *, noise_off: bool) -> Array:
    return changes(one.power[band], rows, noise_off=noise_off)


def of_weights(seen: Sequence[Seen], band: str, rows: Array) -> Answers:
    """What each row of weights makes of a band, with and without noise: twice as many as `rows`."""
    plain, noise_taken_off = (
        answers(seen, partial(_by_weights, band=band, rows=rows, noise_off=off)) for off in (False, True)
    )
    return Answers(
        np.concatenate([plain.ratio, noise_taken_off.ratio]),
        {other: np.concatenate([plain.leaks[other], noise_taken_off.leaks[other]]) for other in MOST_OF},
    )


def best(found: Answers, without: Sequence[str]) -> int | None:
    """Number of the weights with the largest ratio of those that leave some things out; None if none do."""
    allowed = np.isfinite(found.ratio)
    for other in without:
        allowed &= found.leaks[other] <= MOST_OF[other]
    return int(np.where(allowed, found.ratio, -1.0).argmax()) if allowed.any() else None


def least_leaks(found: Answers, needed: float) -> int | None:
    """Number of the weights that leak least, of those with the needed ratio; None if none have it."""
    worse = np.maximum.reduce([found.leaks[other] / most for other, most in MOST_OF.items()])
    worse = np.where((found.ratio >= needed) & np.isfinite(worse), worse, np.inf)
    return int(worse.argmin()) if np.isfinite(worse).any() else None


def _told(found: Answers, number: int | None, rows: Array) -> str:
    if number is None or math.isnan(found.ratio[number]):
        return f"{'none':>34s}"
    leaks = " ".join(f"{found.leaks[other][number]:.2f}" for other in MOST_OF)
    row = " ".join(f"{value:.1f}" for value in rows[number % len(rows)])
    return f"{f'{found.ratio[number]:.1f}, {leaks} ({row})':>34s}"


def main(generator: str, *tones: str) -> int:
    """Print a line per tone class and band."""
    jobs = [
        (generator, tone, disturbed, dosed, number)
        for tone in tones
        for (disturbed, dosed), count in PAIRS.items()
        for number in range(count)
    ]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        pairs_seen = list(pool.map(one, jobs, chunksize=4))
    rows = weights()
    print(
        f"{generator}: response over noise, {', '.join(f'share of {other}' for other in MOST_OF)} (weights)"
    )
    heads = ("ours", "free", *(f"without {other}" for other in MOST_OF), "without either", "least leaks")
    print(" " * 14 + "".join(f"{head:>34s}" for head in heads))
    for tone in tones:
        seen = [one for job, one in zip(jobs, pairs_seen, strict=True) if one is not None and job[1] == tone]
        for band in BANDS:
            ours = answers(seen, partial(_by_ours, band=band))
            found = of_weights(seen, band, rows)
            chosen = [best(found, without) for without in ((), *((other,) for other in MOST_OF), (*MOST_OF,))]
            chosen.append(least_leaks(found, NEEDED[band]))
            cells = "".join(_told(found, number, rows) for number in chosen)
            print(f"{tone:6s}{band:8s}{_told(ours, 0, np.array([FIXED[0]]))}{cells}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*(sys.argv[1:] or ["G1", "VI"])))
