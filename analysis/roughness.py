"""How strong relief is in one band of scales, in one photo and from one photo to the next.

100 ln of the RMS of a band of relief, pixel noise removed. How much of a band is pixel noise is read from the
finest detail of the photo, taken as white. A camera's sharpening makes that louder than the band: then too
much is taken off, and a change of what is left comes out too large. A pair knows better. Both photos show one
relief, so whatever does not repeat between them holds all of the noise, and no more than that is taken off.

Limits: what does not repeat holds a moved lamp and misplaced skin as well, so it only bounds the noise; in a
single photo nothing bounds it (docs/decisions/0027).
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.bands import TEXTURE_BANDS_MM, band_noise_gain, clipped, median, thinned
from analysis.records import FloatMap, Mask, SkinMaps

Values = float | NDArray[np.floating]
"""One region's, or those of its blocks."""
_CLIPPED_SHARE = 0.005
"""At either end, so that one hair or one speck does not decide."""
_LEAST_SAMPLES = 16
_LEAST_SHARE = 0.05
"""Of a band's power; with less left of it, noise is all there is."""


def roughness(maps: SkinMaps, region: Mask, band: str) -> float:
    """100 ln of the RMS of one texture band over a region outside spots, pixel noise removed.

    NaN where the grid does not resolve the band, the region is empty, or noise is all there is.
    """
    seen = _seen(maps, region, band)
    if seen is None:
        return math.nan
    values, noise = seen
    return float(_log_amplitude(_power(values), noise))


def roughness_in_pair(
    baseline: SkinMaps, follow_up: SkinMaps, region: Mask, band: str, block: NDArray[np.integer], n: int
) -> tuple[float, float, NDArray[np.floating]]:
    """`roughness` of either photo over the same skin, with no more noise taken off than the pair allows.

    Specks are pulled in and noise is read over the whole region: a block holds too few samples of either.

    Args:
        baseline: maps of the baseline.
        follow_up: maps of the follow-up, on the same skin.
        region: (h, w) the region's skin that both photos show.
        band: of the texture.
        block: (h, w) number of each pixel's block, from 0; below 0 in none.
        n: how many blocks there are.

    Returns:
        Baseline and follow-up of the region, and (n,) follow-up minus baseline of its blocks; NaN where
        there is none.
    """
    first, second = _seen(baseline, region, band), _seen(follow_up, region, band)
    if first is None or second is None:
        return math.nan, math.nan, np.full(n, math.nan)
    (a, noise_a), (b, noise_b) = first, second
    of = thinned(block, region & baseline.plain, _apart(baseline, band))
    inside = of >= 0
    of = of[inside]
    samples = np.bincount(of, minlength=n)
    sums = [(float(np.einsum("p,p->", u, v)), np.bincount(of, (u * v)[inside], n))
            for u, v in ((a, a), (b, b), (a, b))]  # fmt: skip
    aa, bb, ab = (np.append(whole / a.size, parts / np.maximum(samples, 1)) for whole, parts in sums)
    share = np.minimum(most_noise((aa, bb), (noise_a, noise_b), ab), 1)
    before, after = _log_amplitude(aa, share * noise_a), _log_amplitude(bb, share * noise_b)
    parts = np.where(samples >= _LEAST_SAMPLES, (after - before)[1:], math.nan)
    return float(before[0]), float(after[0]), parts


def most_noise(
    powers: tuple[Values, Values], noises: tuple[float, float], shared: Values
) -> NDArray[np.floating]:
    """How many times the stated noise can be in what does not repeat between two photos of one relief.

    A relief of power p in one photo and q in the other has sqrt(p q) in common. So there is at most k times
    the noise, with (powers[0] - k noises[0]) (powers[1] - k noises[1]) = shared^2: the smaller root.

    Args:
        powers: mean square of the band in either photo; numbers or arrays of one shape.
        noises: of which noise is said to be.
        shared: mean product of the two; what is below 0 is taken for 0.

    >>> float(most_noise((1.5, 1.1), (1.0, 0.2), 1.0).round(2))    # 0.5 and 0.1 of noise: half as much
    0.5
    >>> float(most_noise((1.5, 1.1), (0.0, 0.0), 1.0))
    inf
    """
    square, linear = noises[0] * noises[1], powers[0] * noises[1] + powers[1] * noises[0]
    rest = powers[0] * powers[1] - np.maximum(shared, 0) ** 2
    # The near root of square k^2 - linear k + rest, in the form that holds without the square as well.
    total = linear + np.sqrt(np.maximum(linear**2 - 4 * square * rest, 0))
    return np.divide(2 * rest, total, out=np.full_like(total, math.inf), where=total > 0)


def _seen(maps: SkinMaps, region: Mask, band: str) -> tuple[FloatMap, float] | None:
    """The band over a region outside spots, 1-D, and the mean square that pixel noise adds to it."""
    image = maps.bands.get(band)
    if image is None:
        return None
    skin = region & maps.plain
    values = thinned(image, skin, _apart(maps, band))
    if values.size < _LEAST_SAMPLES:
        return None
    # Noise is known on a lattice of 8 photo px.
    noise = median(thinned(maps.noise, skin, 4)) * band_noise_gain(*_sigmas(maps, band))
    return clipped(values, _CLIPPED_SHARE), noise**2


def _sigmas(maps: SkinMaps, band: str) -> tuple[float, float]:
    inner, outer = TEXTURE_BANDS_MM[band]
    return inner * maps.px_per_mm, outer * maps.px_per_mm


def _apart(maps: SkinMaps, band: str) -> int:
    """Neighbours nearer than half the band's finest scale repeat each other: of those, one is read."""
    return max(1, int(_sigmas(maps, band)[0] / 2))


def _power(values: FloatMap) -> float:
    return cv2.norm(values, cv2.NORM_L2SQR) / values.size


def _log_amplitude(power: Values, noise: Values) -> NDArray[np.floating]:
    clean = np.asarray(power - noise, np.float64)
    held = np.asarray(clean > _LEAST_SHARE * np.asarray(power))
    return 50 * np.log(clean, out=np.full_like(clean, math.nan), where=held)
