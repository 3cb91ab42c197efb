"""sRGB pixels to linear light and back, by tables: what every index of the skin is computed from.

Linear light is float32 in (0, 1], never 0, so that its log exists.

Source: IEC 61966-2-1 (sRGB).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatMap, Pixels


def _srgb_to_linear_table() -> FloatMap:
    """IEC 61966-2-1 decoding of 8-bit values, floored at half a code value so that a log exists."""
    code = np.arange(256, dtype=np.float64) / 255
    linear = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    linear[0] = 0.5 / 255 / 12.92
    return linear.astype(np.float32)


_LINEAR = _srgb_to_linear_table()


def linear_light(srgb: Pixels) -> FloatMap:
    """Linear light of sRGB pixels, any shape, uint8 in, float32 in (0, 1] out.

    >>> float(linear_light(np.array([[255]], np.uint8))[0, 0])
    1.0
    """
    return cv2.LUT(np.ascontiguousarray(srgb), _LINEAR).astype(np.float32, copy=False)


_LINEAR_16 = np.round(_LINEAR * 65535).astype(np.uint16)
_STRIP_ROWS = 64
"""So many rows of a photo at a time stay in the processor's cache."""


def reduced_light(srgb: Pixels, scale: float) -> FloatMap:
    """Linear light of sRGB pixels (h, w, 3), averaged over area to `scale` below 1, float32.

    By exact halves as far as they go, the first in 16 bits: that takes a third of the time, and its rounding
    is at most 0.5 % of the darkest code that counts as read, before averaging.

    >>> reduced_light(np.full((8, 8, 3), 128, np.uint8), 0.25).shape
    (2, 2, 3)
    """
    if scale > 0.5:
        return by_area(linear_light(srgb), scale)
    light = np.multiply(_half_light(srgb), np.float32(1 / 65535), dtype=np.float32)
    rest = 2 * scale
    while rest <= 0.5:
        light, rest = by_area(light, 0.5), 2 * rest
    return by_area(light, rest) if rest < 1 else light


def _half_light(srgb: Pixels) -> NDArray[np.uint16]:
    """Linear light at half the scale, 1 as 65535; an odd last row or column is left out."""
    height, width = srgb.shape[0] // 2, srgb.shape[1] // 2
    out = np.empty((height, width, 3), np.uint16)
    for top in range(0, height, _STRIP_ROWS // 2):
        strip = out[top : top + _STRIP_ROWS // 2]
        light = cv2.LUT(srgb[2 * top : 2 * (top + len(strip)), : 2 * width], _LINEAR_16)
        cv2.resize(light, (width, len(strip)), dst=strip, interpolation=cv2.INTER_AREA)
    return out


def by_area(image: FloatMap, scale: float) -> FloatMap:
    """The image averaged over area to exactly one scale in both directions.

    A size in whole pixels would round each direction on its own and shift the far edge by half a pixel.
    """
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def srgb_code(linear: FloatMap) -> FloatMap:
    """The inverse of `linear_light`: linear light in [0, 1] to sRGB in [0, 1], float32."""
    linear = np.clip(linear, 0, 1)
    upper = 1.055 * np.power(np.maximum(linear, 0.0031308), 1 / 2.4) - 0.055
    return np.where(linear <= 0.0031308, 12.92 * linear, upper).astype(np.float32)


_STEPS = 8191
_PIXEL = np.round(255 * srgb_code(np.linspace(0, 1, _STEPS + 1))).astype(np.uint8)


def srgb_pixels(linear: FloatMap) -> Pixels:
    """Linear light as 8-bit sRGB, by a table of 8192 steps: every code has at least two of them."""
    return _PIXEL[(np.clip(linear, 0, 1) * _STEPS + 0.5).astype(np.uint16)]


def darkest_channel(image: FloatMap) -> FloatMap:
    """Per pixel the smallest of the three channels; numpy takes ten times as long over the last axis."""
    red, green, blue = cv2.split(image)
    return cv2.min(cv2.min(red, green), blue)


def log_light(linear: FloatMap) -> FloatMap:
    """Natural log of linear light, float32; zero or negative light becomes half a code value."""
    # np.maximum, not cv2.max: that takes a number for the first channel only.
    light = np.maximum(linear, _LINEAR[0])
    return cv2.log(light, light)
