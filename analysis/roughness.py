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

from analysis.bands import TEXTURE_BANDS_MM, band_noise_gain, clipped, median, thinned
from analysis.records import FloatMap, Mask, SkinMaps

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
    return _log_amplitude(_power(values), noise)


def roughness_in_pair(
    baseline: SkinMaps, follow_up: SkinMaps, region: Mask, band: str
) -> tuple[float, float]:
    """`roughness` of either photo over the same skin, with no more noise taken off than the pair allows.

    NaN where there is none.
    """
    first, second = _seen(baseline, region, band), _seen(follow_up, region, band)
    if first is None or second is None:
        return math.nan, math.nan
    shared = float(np.einsum("p,p->", first[0], second[0])) / first[0].size
    powers, noises = (_power(first[0]), _power(second[0])), (first[1], second[1])
    share = min(1.0, most_noise(powers, noises, shared))
    return _log_amplitude(powers[0], share * noises[0]), _log_amplitude(powers[1], share * noises[1])


def most_noise(powers: tuple[float, float], noises: tuple[float, float], shared: float) -> float:
    """How many times the stated noise can be in what does not repeat between two photos of one relief.

    A relief of power p in one photo and q in the other has sqrt(p q) in common. So there is at most k times
    the noise, with (powers[0] - k noises[0]) (powers[1] - k noises[1]) = shared^2: the smaller root.

    Args:
        powers: mean square of the band in either photo.
        noises: of which noise is said to be.
        shared: mean product of the two; what is below 0 is taken for 0.

    >>> round(most_noise((1.5, 1.1), (1.0, 0.2), 1.0), 2)      # 0.5 and 0.1 of noise: half of what is said
    0.5
    >>> most_noise((1.5, 1.1), (0.0, 0.0), 1.0)
    inf
    """
    square, linear = noises[0] * noises[1], powers[0] * noises[1] + powers[1] * noises[0]
    rest = powers[0] * powers[1] - max(0.0, shared) ** 2
    if linear <= 0:
        return math.inf
    # The near root of square k^2 - linear k + rest, in the form that holds without the square as well.
    return 2 * rest / (linear + math.sqrt(max(0.0, linear**2 - 4 * square * rest)))


def _seen(maps: SkinMaps, region: Mask, band: str) -> tuple[FloatMap, float] | None:
    """The band over a region outside spots, 1-D, and the mean square that pixel noise adds to it.

    Neighbours nearer than half the band's finest scale repeat each other: of those, one.
    """
    image = maps.bands.get(band)
    if image is None:
        return None
    inner, outer = (sigma * maps.px_per_mm for sigma in TEXTURE_BANDS_MM[band])
    skin = region & maps.plain
    values = thinned(image, skin, max(1, int(inner / 2)))
    if values.size < _LEAST_SAMPLES:
        return None
    # Noise is known on a lattice of 8 photo px.
    noise = median(thinned(maps.noise, skin, 4)) * band_noise_gain(inner, outer)
    return clipped(values, _CLIPPED_SHARE), noise**2


def _power(values: FloatMap) -> float:
    return cv2.norm(values, cv2.NORM_L2SQR) / values.size


def _log_amplitude(power: float, noise: float) -> float:
    clean = power - noise
    return 50 * math.log(clean) if clean > _LEAST_SHARE * power else math.nan
