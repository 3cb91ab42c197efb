"""What the best fixed weights could make of texture, beside ours: whether a row fails by weights or by light.

    python -m benchmarks.best_relief G1 VI     generator and tone class; about a minute each on 2 cores

Untreated pairs, pairs whose relief is at 0.8, pairs whose spots are at half and pairs with 30 % less blood,
everything moderately disturbed, go through the pipeline. Of each photo the covariance of R, G and B is taken
in a texture band, over the skin that texture is read on: it gives the strength of the band for any weights
over the log of light. All weights that sum to 1, blind to exposure as relief is, are tried on a grid. Printed
are the largest ratio of response to noise, and the largest among weights that answer to spots by at most 0.4,
or to blood by at most 0.1, of what they answer to relief, as the cross-talk rows ask.

What does not repeat between the photos is taken off as noise, equal in both, or not at all: whichever serves
better.

Limits: in sample, and chosen for one generator and class, so the bounds are high; of one set of weights for
all people of the class; linear in the log of light.
"""

from __future__ import annotations

import math
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from unittest import mock

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis import pairs
from analysis.bands import MaskedBlur, texture_bands
from analysis.linear import log_light
from analysis.pairs import PairResult
from analysis.phantom.disturbance import draw
from analysis.phantom.scene import NO_DOSE, Dose
from analysis.records import FloatMap
from analysis.relief_weights import FIXED
from benchmarks.seen_pair import seen_pair
from benchmarks.skindro.generator import TONES
from benchmarks.skindro.work import GENERATORS

FIRST_SEED = 50_000_000
PEOPLE = 8
DOSES = {"": NO_DOSE, "relief": Dose(relief=0.8), "spots": Dose(spots=0.5), "blood": Dose(haemoglobin=-0.3)}
PAIRS = {"": 32, "relief": 16, "spots": 16, "blood": 16}
BANDS = ("medium", "coarse")
MOST_OF = {"spots": 0.4, "blood": 0.1}

Array = NDArray[np.float64]
Job = tuple[str, str, str, int]
"""Generator, tone class, what is dosed or "", number."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One pair."""

    dosed: str
    ours: dict[str, float]
    """Band -> change of texture."""
    power: dict[str, Array]
    """Band -> (2 regions, 3, 3, 3): baseline, follow-up, and what they share, over R, G, B."""


def one(job: Job) -> Seen | None:
    """One pair; None where it is refused."""
    cv2.setNumThreads(1)
    generator, tone, dosed, number = job
    seed = FIRST_SEED + 100 * list(TONES).index(tone) + number % PEOPLE
    site = GENERATORS[generator].site(seed, tone)
    rng = np.random.default_rng([seed, number])
    before = site.photo(NO_DOSE, draw("moderate", rng), 2 * number)
    after = site.photo(DOSES[dosed], draw("moderate", rng), 2 * number + 1)
    # Ours are the fixed weights: what is fitted to a pair in dark skin is one answer to this question.
    with mock.patch.object(pairs, "relief_weights", return_value=FIXED):
        seen = seen_pair(before, after)
    if seen is None:
        return None
    changes, pair = seen
    ours = {band: changes.get(f"texture_{band}", math.nan) for band in BANDS}
    return Seen(dosed, ours, _powers(pair))


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


def weights(step: float = 0.1, reach: float = 3.0) -> Array:
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


def best(seen: list[Seen], band: str, rows: Array) -> dict[str, tuple[float, Array]]:
    """The largest ratio of response to noise with its weights: of all (""), of those that leave one out."""
    found = dict.fromkeys(("", *MOST_OF), (-1.0, rows[0]))
    for noise_off in (False, True):
        answer = {
            dosed: np.stack(
                [changes(one.power[band], rows, noise_off=noise_off) for one in seen if one.dosed == dosed]
            )
            for dosed in DOSES
        }
        middle = {dosed: np.median(answer[dosed], axis=0) for dosed in ("relief", *MOST_OF)}
        relief = middle["relief"]
        ratio = np.where(relief < 0, -relief / answer[""].std(0, ddof=1), -1.0)
        for out in found:
            allowed = np.abs(middle[out]) <= MOST_OF[out] * np.abs(relief) if out else ratio > 0
            ranked = np.where(allowed & np.isfinite(ratio), ratio, -1.0)
            top = int(ranked.argmax())
            if ranked[top] > found[out][0]:
                found[out] = float(ranked[top]), rows[top]
    return found


def _told(ratio: float, row: Array) -> str:
    return f"{ratio:.2f} ({' '.join(f'{value:.1f}' for value in row)})" if ratio > 0 else "none"


def main(generator: str, tone: str) -> int:
    """Print a line per band."""
    jobs = [(generator, tone, dosed, number) for dosed, count in PAIRS.items() for number in range(count)]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        seen = [found for found in pool.map(one, jobs, chunksize=4) if found]
    rows = weights()
    heads = "".join(f"{head:>8s}" for head in ("ours", *MOST_OF, "free"))
    print(f"{generator} {tone:5s}{heads}   without {', without '.join(MOST_OF)}")
    for band in BANDS:
        ours = {dosed: np.array([one.ours[band] for one in seen if one.dosed == dosed]) for dosed in DOSES}
        relief, *others = (float(np.nanmedian(ours[dosed])) for dosed in ("relief", *MOST_OF))
        ratio = -relief / float(np.nanstd(ours[""], ddof=1))
        found = best(seen, band, rows)
        shares = "".join(f"{other / relief:8.2f}" for other in others)
        bounds = ", ".join(_told(*found[out]) for out in MOST_OF)
        print(f"{band:8s}{ratio:8.2f}{shares}{found[''][0]:8.2f}   {bounds}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*(sys.argv[1:] or ["G1", "VI"])))
