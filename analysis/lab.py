"""CIELAB of linear sRGB, and how different two colours look.

cv2's conversion clips at 0 and 1; the colours of a card lie outside sRGB now and then.
"""

from __future__ import annotations

import numpy as np

from analysis.records import FloatMap

_TO_XYZ = np.array([
    [0.4124564, 0.3575761, 0.1804375],
    [0.2126729, 0.7151522, 0.0721750],
    [0.0193339, 0.1191920, 0.9503041],
])  # fmt: skip
"""IEC 61966-2-1."""
_WHITE = _TO_XYZ.sum(axis=1)

LUMINANCE = _TO_XYZ[1]
"""Weights of linear red, green and blue in luminance."""


def lab_of_linear(linear: FloatMap) -> FloatMap:
    """CIELAB (D65) of linear sRGB, (..., 3) float64; values outside 0-1 are converted like any other.

    >>> lab_of_linear(np.array([1.0, 1.0, 1.0])).round(3).tolist()
    [100.0, 0.0, 0.0]
    """
    ratio = np.asarray(linear, np.float64) @ _TO_XYZ.T / _WHITE
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def delta_e(first: FloatMap, second: FloatMap) -> FloatMap:
    """CIEDE2000 between linear sRGB colours, (..., 3) and (..., 3) -> (...).

    Source: Sharma, Wu, Dalal 2005, Color Res Appl 30:21, doi 10.1002/col.20070.

    >>> float(delta_e(np.full(3, 0.2), np.full(3, 0.2)))
    0.0
    """
    import skimage.color  # takes a second

    labs = lab_of_linear(first), lab_of_linear(second)
    return np.asarray(skimage.color.deltaE_ciede2000(*labs))  # type: ignore[no-untyped-call]
