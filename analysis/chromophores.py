"""Linear light to chromophore and relief maps, and the skin that may be measured.

H, M and S are fixed linear combinations of the optical densities of R, G and B (weights by
benchmarks/derive.py from a spectral skin model, versioned). They are never re-estimated per photo:
blind separation moved the haemoglobin vector by up to 41 degrees between photos of one skin.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from analysis.bands import blur, linear_light, masked_blur, optical_density, texture_bands
from analysis.constants import WEIGHTS
from analysis.records import FloatMap, Mask, Pixels, SkinMaps

_WEIGHTS = np.array(
    [WEIGHTS["haemoglobin"], WEIGHTS["melanin"], WEIGHTS["shading"], (100.0, -100.0, 0.0)], np.float32
)
# The relief map is the shading density in natural-log units, bright positive.
_WEIGHTS[2] *= -math.log(10)
# The companion is 100 log10(R/G) = 100 (OD_G - OD_R).
_WEIGHTS[3] *= -1

SMOOTHING_MM = 0.5

_CLIPPED = 250
_BLACK = 4
_CHI2_995 = 10.597  # chi-square, 2 degrees of freedom
_CHROMA_FLOOR = 0.035
"""Natural-log units: half of what a strong erythema (5 a*) moves log(R/G), so that red spots stay skin."""


def skin_maps(linear: FloatMap, valid: Mask, noise: FloatMap, px_per_mm: float) -> SkinMaps:
    """All maps of one photo on the working grid.

    Args:
        linear: (h, w, 3) float32 linear RGB.
        valid: (h, w) bool, skin that may be measured; the pair's common mask in a comparison.
        noise: (h, w) float32, SD of the relief's pixel noise.
        px_per_mm: of this grid.
    """
    stack = cv2.transform(optical_density(linear), _WEIGHTS)
    haemoglobin, melanin, relief, companion = cv2.split(stack)
    sigma = SMOOTHING_MM * px_per_mm
    weight = blur(valid.astype(np.float32), sigma)
    smooth = {
        "haemoglobin": masked_blur(haemoglobin, valid, sigma, weight),
        "melanin": masked_blur(melanin, valid, sigma, weight),
        "companion": masked_blur(companion, valid, sigma, weight),
    }
    bands = texture_bands(relief, valid, px_per_mm)
    return SkinMaps(haemoglobin, melanin, companion, relief, smooth, bands, noise, valid, px_per_mm)


def relief_of(linear: FloatMap) -> FloatMap:
    """The shading map S alone, natural-log units, bright positive: what registration looks at."""
    return cv2.transform(optical_density(linear), _WEIGHTS[2:3])


def skin_mask(pixels: Pixels, areas: list[Mask], px_per_mm: float) -> Mask:
    """Valid skin within the given areas: no hair, glare, clipped or black pixels, nothing of another colour.

    A robust colour model per area and photo (Mahalanobis distance of log R/G and log G/B from the
    area's own median) instead of fixed colour boxes, which fail on dark skin.

    Args:
        pixels: (h, w, 3) uint8 sRGB.
        areas: one boolean mask per region.
        px_per_mm: of this grid.
    """
    everywhere = np.zeros(pixels.shape[:2], bool)
    for area in areas:
        everywhere |= area
    if not everywhere.any():
        return everywhere
    brightest, darkest = pixels.max(2), pixels.min(2)
    usable = everywhere & (brightest < _CLIPPED) & (darkest > _BLACK)

    log = cv2.log(cv2.max(linear_light(pixels), 1e-4))
    chroma_red, chroma_blue = log[..., 0] - log[..., 1], log[..., 1] - log[..., 2]
    light = log.mean(2)
    base = masked_blur(light, usable, 4.0 * px_per_mm)
    shade = light - base
    saturation = masked_blur(chroma_red + chroma_blue, usable, 4.0 * px_per_mm)
    desaturated = (chroma_red + chroma_blue) < saturation - 0.05

    skin = np.zeros_like(everywhere)
    for area in areas:
        inside = area & usable
        if np.count_nonzero(inside) < 50:
            continue
        skin |= _own_colour(chroma_red, chroma_blue, inside)
        spread = max(1.4826 * float(np.median(np.abs(shade[inside]))), 0.03)
        skin &= ~(inside & (shade > 3 * spread) & desaturated)  # glare adds white
        skin &= ~(inside & (shade < -0.45))  # deep shadow, nostril, hair
    skin &= ~_hair(light, px_per_mm)
    bad = (everywhere & ~skin).astype(np.uint8)
    grow = max(1, round(0.25 * px_per_mm))
    bad = cv2.dilate(bad, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * grow + 1, 2 * grow + 1)))
    return everywhere & (bad == 0)


def _own_colour(red: FloatMap, blue: FloatMap, inside: Mask) -> Mask:
    x, y = red[inside], blue[inside]
    dx, dy = x - np.median(x), y - np.median(y)
    sx = max(1.4826 * float(np.median(np.abs(dx))), _CHROMA_FLOOR)
    sy = max(1.4826 * float(np.median(np.abs(dy))), _CHROMA_FLOOR)
    out = np.zeros_like(inside)
    out[inside] = (dx / sx) ** 2 + (dy / sy) ** 2 < 1.5**2 * _CHI2_995
    return out


def _hair(light: FloatMap, px_per_mm: float) -> Mask:
    """Thin dark lines much darker than a skin line can be: a black top-hat above 0.35 log units."""
    size = 2 * max(1, round(0.35 * px_per_mm)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    hat = cv2.morphologyEx(light, cv2.MORPH_BLACKHAT, kernel)
    return hat > 0.35
