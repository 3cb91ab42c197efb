"""Linear light to chromophore and relief maps, and the skin that may be measured.

H, M and S are fixed linear combinations of the optical densities of R, G and B (weights by
benchmarks/derive.py from a spectral skin model, versioned). They are never re-estimated per photo:
blind separation moved the haemoglobin vector by up to 41 degrees between photos of one skin.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from analysis.bands import SMOOTHING_MM, MaskedBlur, bounding_box, median, robust_sd, texture_bands, thinned
from analysis.constants import WEIGHTS
from analysis.linear import linear_light, log_light
from analysis.records import FloatMap, Mask, Pixels, SkinMaps
from analysis.relief_weights import FIXED

_WEIGHTS = np.array(
    [WEIGHTS["haemoglobin"], WEIGHTS["melanin"], WEIGHTS["shading"], (100.0, -100.0, 0.0)], np.float32
)
# The relief map is the shading density in natural-log units, bright positive.
_WEIGHTS[2] *= -math.log(10)
# The companion is 100 log10(R/G) = 100 (OD_G - OD_R).
_WEIGHTS[3] *= -1
# The same over natural logs of light, so that no pass is spent on turning them into densities.
_LOG_WEIGHTS = _WEIGHTS * np.float32(-1 / math.log(10))

_QUAD_STEP = 8
MASK_PX_PER_MM = 4.0
"""Hair and glare are found at this scale, and colour that is smooth over half a millimetre needs no finer."""

CLIPPED, BLACK = (float(v) for v in linear_light(np.array([[250, 5]], np.uint8))[0])
_LUMINANCE = np.array([[0.299, 0.587, 0.114]], np.float32)
"""What a JPEG keeps at full size (ITU-R BT.601); colour is halved, or not, as the camera likes."""
_RED = np.array([[-100 / math.log(10), 0, 0]], np.float32)
COLOUR_DETAIL_MM = 0.15
"""Relief is without colour, so finer than this its map is of luminance alone; coarser, pigment is taken out.
Halves what a photo with halved colour differs from one without (0.5 instead of 0.9 % of fine texture), and
the noise of fine texture falls by a third."""

_SPOT_SD = 2.5
"""Robust standard deviations of the skin's own pigment: what a spot's edge is commonly taken at."""
_AROUND_SPOT_MM, _SPOT_EDGE_MM = 6.0, 0.25

_READABLE = np.nextafter(np.float32(BLACK), 1), np.nextafter(np.float32(CLIPPED), 0)
_CHI2_995 = 10.597  # chi-square, 2 degrees of freedom
_CHROMA_FLOOR = 0.035
"""Natural-log units: half of what a strong erythema (5 a*) moves log(R/G), so that red spots stay skin."""


def skin_maps(
    linear: FloatMap,
    average: MaskedBlur,
    noise: FloatMap,
    px_per_mm: float,
    *,
    with_bands: bool = True,
    by_red: bool | None = None,
    taken: FloatMap | None = None,
    relief_row: FloatMap = FIXED,
) -> SkinMaps:
    """All maps of one photo on the working grid.

    Args:
        linear: (h, w, 3) float32 linear RGB.
        average: over the skin that may be measured; the pair's common mask in a comparison.
        noise: (h, w) float32, SD of the pixel noise of luminance, which is the relief's at a fine scale.
        px_per_mm: of this grid.
        with_bands: whether texture will be measured; without, `bands` is empty.
        by_red: whether pigment is read from red alone (see `tone.pigment_by_red`); None where red is not
            wanted even beside M, as on a face, where its shading decides.
        taken: the light before a colour card mapped it, for relief, which stands beside that of reference
            skin in the same light: the map only adds its own error and the noise of mixed channels.
        relief_row: (1, 3) weights over the log of light that relief is read by, see `relief_weights`.
    """
    light = log_light(linear)
    # One row at a time: OpenCV takes five times as long over four rows at once.
    haemoglobin, melanin, companion = (cv2.transform(light, _LOG_WEIGHTS[row][None]) for row in (0, 1, 3))
    red = cv2.transform(light, _RED) if by_red is not None else None
    if taken is not None and taken is not linear:
        light = log_light(taken)
    shading = cv2.transform(light, relief_row)
    luminance = cv2.transform(light, _LUMINANCE)
    relief = luminance + average(shading - luminance, COLOUR_DETAIL_MM * px_per_mm)
    sigma = SMOOTHING_MM * px_per_mm
    smooth = {
        "haemoglobin": average(haemoglobin, sigma),
        "melanin": average(melanin, sigma),
    }
    if red is not None:
        smooth["red"] = average(red, sigma)
    smooth["pigment"] = smooth["red" if by_red else "melanin"]
    bands = texture_bands(relief, average, px_per_mm) if with_bands else {}
    mask = average.mask
    return SkinMaps(
        haemoglobin, melanin, companion, relief, smooth, bands, noise, mask, px_per_mm, mask,
        relief_fitted=relief_row is not FIXED,
    )  # fmt: skip


def outside_spots(photos: Sequence[SkinMaps], average: MaskedBlur) -> Mask:
    """The skin whose pigment is like that around it, in the mean of the photos given (one, or a pair).

    No weights take pigment out of relief whole, in every skin and camera, and a spot that fades would look
    like relief that smooths. So texture is read beside spots. One mask for both photos of a pair: a spot
    that has gone from one is left out of both.
    """
    px_per_mm = photos[0].px_per_mm
    melanin, local = photos[0].melanin, photos[0].smooth["melanin"]
    for maps in photos[1:]:
        melanin, local = melanin + maps.melanin, local + maps.smooth["melanin"]
    local = local - average(melanin, _AROUND_SPOT_MM * px_per_mm)
    values = thinned(local, average.mask, 2)
    if values.size < 3:
        return average.mask
    spots = np.abs(local - median(values)) > _SPOT_SD * robust_sd(values)
    size = 2 * max(1, round(_SPOT_EDGE_MM * px_per_mm)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return average.mask & (cv2.dilate(spots.astype(np.uint8), kernel) == 0)


def clipped_share(linear: FloatMap, area: Mask) -> float:
    """Share of an area in which some channel is at its limit, bright or dark; NaN for an empty area."""
    area, linear = area[::2, ::2], linear[::2, ::2]  # every fourth pixel says as much
    n = np.count_nonzero(area)
    return np.count_nonzero(area & at_limit(linear)) / n if n else math.nan


def relief_of(linear: FloatMap) -> FloatMap:
    """The shading map S alone, natural-log units, bright positive: what registration looks at."""
    return cv2.transform(log_light(linear), _LOG_WEIGHTS[2:3])


def skin_mask(linear: FloatMap, areas: Sequence[Mask], px_per_mm: float, lost: Mask | None = None) -> Mask:
    """Valid skin within the given areas: no hair, glare, clipped or black pixels, nothing of another colour.

    A robust colour model per area and photo (Mahalanobis distance of log R/G and log G/B from the
    area's own median) instead of fixed colour boxes, which fail on dark skin.

    Args:
        linear: (h, w, 3) float32 linear RGB.
        areas: one boolean mask per region.
        px_per_mm: of this grid.
        lost: (h, w) where light was clipped or black at a finer scale, whose average no longer shows it;
            None where this grid is the finest.
    """
    everywhere = np.logical_or.reduce(list(areas))
    if not everywhere.any():
        return everywhere
    lost = at_limit(linear) if lost is None else lost
    bad = everywhere & (lost | ~_skin_coloured(linear, areas, px_per_mm))
    grow = max(1, round(0.25 * px_per_mm))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * grow + 1, 2 * grow + 1))
    return everywhere & (cv2.dilate(bad.astype(np.uint8), kernel) == 0)


def at_limit(linear: FloatMap) -> Mask:
    """Where some channel is clipped or black: what it would have read is not known."""
    low, high = ((float(bound),) * 3 for bound in _READABLE)
    return cv2.inRange(linear, low, high) == 0


def _skin_coloured(linear: FloatMap, areas: Sequence[Mask], px_per_mm: float) -> Mask:
    """No hair, glare, deep shadow or other colour; decided at 4 px/mm at most."""
    if px_per_mm > MASK_PX_PER_MM:
        # Hair and glare are found as well on a coarser grid, four times as fast. Clipping is not: its
        # average looks unclipped.
        height, width = linear.shape[:2]
        ratio = MASK_PX_PER_MM / px_per_mm
        size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
        coarse = [
            cv2.resize(area.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0 for area in areas
        ]
        reduced = cv2.resize(linear, size, interpolation=cv2.INTER_AREA)
        found = _skin_coloured(reduced, coarse, MASK_PX_PER_MM).astype(np.uint8)
        return cv2.resize(found, (width, height), interpolation=cv2.INTER_NEAREST) > 0
    usable = np.logical_or.reduce(list(areas)) & ~at_limit(linear)
    log_red, log_green, log_blue = (cv2.log(cv2.max(part, 1e-4)) for part in cv2.split(linear))
    chroma_red, chroma_blue = log_red - log_green, log_green - log_blue
    light = (log_red + log_green + log_blue) / 3
    around = MaskedBlur(usable)
    shade = light - around(light, 4.0 * px_per_mm)
    saturation = around(chroma_red + chroma_blue, 4.0 * px_per_mm)
    desaturated = (chroma_red + chroma_blue) < saturation - 0.05  # glare adds white

    skin = np.zeros_like(usable)
    for area in areas:
        box = bounding_box(area)
        inside = area[box] & usable[box]
        if np.count_nonzero(inside) < 50:
            continue
        own = _own_colour(chroma_red[box][inside], chroma_blue[box][inside])
        level = shade[box][inside]
        glare = (level > 3 * max(1.4826 * median(np.abs(level)), 0.03)) & desaturated[box][inside]
        shadow = level < -0.45  # deep shadow, nostril, hair
        here = skin[box]
        here[inside] = (here[inside] | own) & ~glare & ~shadow
    return skin & ~_hair(light, px_per_mm)


def _own_colour(red: FloatMap, blue: FloatMap) -> Mask:
    """Which of an area's pixels, 1-D, have its colour."""
    dx, dy = red - median(red), blue - median(blue)
    sx = max(1.4826 * median(np.abs(dx)), _CHROMA_FLOOR)
    sy = max(1.4826 * median(np.abs(dy)), _CHROMA_FLOOR)
    return np.asarray((dx / sx) ** 2 + (dy / sy) ** 2 < 1.5**2 * _CHI2_995)


def _hair(light: FloatMap, px_per_mm: float) -> Mask:
    """Thin dark lines much darker than a skin line can be: a black top-hat above 0.35 log units."""
    size = 2 * max(1, round(0.35 * px_per_mm)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    hat = cv2.morphologyEx(light, cv2.MORPH_BLACKHAT, kernel)
    return hat > 0.35


def pixel_noise(pixels: Pixels) -> FloatMap:
    """Magnitude of the diagonal Haar detail of log luminance on a sparse lattice of 2 x 2 quads.

    Args:
        pixels: (h, w, 3) uint8 sRGB at the photo's own scale, before any resampling.

    Returns:
        (h // 8, w // 8) float32, 1.4826 |HH|: its median over a region is the SD of the pixel noise
        there, in natural-log units. Fine skin detail counts in only where the photo resolves it.
    """
    height, width = pixels.shape[0] // _QUAD_STEP * _QUAD_STEP, pixels.shape[1] // _QUAD_STEP * _QUAD_STEP
    a, b, c, d = (
        _log_luminance(pixels[row:height:_QUAD_STEP, column:width:_QUAD_STEP])
        for row in (3, 4)
        for column in (3, 4)
    )
    return np.abs(a - b - c + d) * np.float32(0.5 * 1.4826)


def _log_luminance(pixels: Pixels) -> FloatMap:
    return cv2.transform(log_light(linear_light(pixels)), _LUMINANCE)


def working_noise(pixels: Pixels, where: FloatMap, scale: float) -> FloatMap:
    """SD of each working pixel's noise: it is the mean of 1 / scale^2 pixels of the photo around `where`.

    Looked up at every fourth pixel either way, and good for the 4 x 4 from there on: medians are read of it.
    """
    height, width = where.shape[:2]
    every = noise_at(pixel_noise(pixels), np.ascontiguousarray(where[::4, ::4])) * np.float32(scale)
    return cv2.resize(every, None, fx=4, fy=4, interpolation=cv2.INTER_NEAREST)[:height, :width]


def noise_at(lattice: FloatMap, where: FloatMap) -> FloatMap:
    """`pixel_noise` looked up at photo positions `where` (h, w, 2)."""
    to_lattice = np.array([[1, 0, -3.5], [0, 1, -3.5]]) / _QUAD_STEP
    at = cv2.transform(where, to_lattice)
    return cv2.remap(lattice, at, None, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
