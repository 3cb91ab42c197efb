"""How light falls on the held-out generator's skin: a lamp as wide as a window, a fill from across, open sky.

Each lamp wraps round the relief (half-Lambert), hollows are darkened at two scales, and light leaves the skin
further from where it entered the redder it is.
"""

from __future__ import annotations

import cv2
import numpy as np

from analysis.records import FloatMap

_WRAP = 0.25
_KEY, _FILL, _SKY = 0.52, 0.13, 0.35
"""Shares of the lamp, of the fill opposite to it, and of light from everywhere, on flat skin."""
_SCATTER_MM = (0.09, 0.055, 0.040)
"""Sigma of the spread under the surface for red, green and blue."""


def shading(height_mm: FloatMap, px_per_mm: float, azimuth_deg: float, elevation_deg: float) -> FloatMap:
    """(h, w, 3) light returned by matt relief, flat skin 1."""
    dx, dy = _slopes(height_mm, px_per_mm)
    norm = 1.0 / np.sqrt(1.0 + dx * dx + dy * dy)
    key = _wrapped(dx, dy, norm, azimuth_deg, elevation_deg)
    fill = _wrapped(dx, dy, norm, azimuth_deg + 180.0, 60.0)
    dark = np.zeros_like(height_mm)
    for sigma_mm, strength in ((0.15, 3.0), (0.6, 2.0)):
        mean = cv2.GaussianBlur(height_mm, (0, 0), sigma_mm * px_per_mm)
        dark += strength * np.maximum(mean - height_mm, 0.0)
    lit = (_KEY * key + _FILL * fill + _SKY) * (1.0 - np.tanh(dark))
    spread = [cv2.GaussianBlur(lit, (0, 0), sigma * px_per_mm) for sigma in _SCATTER_MM]
    return np.asarray(cv2.merge(spread), np.float32)


def shine(height_mm: FloatMap, px_per_mm: float, azimuth_deg: float, elevation_deg: float) -> FloatMap:
    """(h, w) mirror-like light, mean 1: a broad Gaussian lobe about the lamp's mirror image."""
    smooth = cv2.GaussianBlur(height_mm, (0, 0), 0.12 * px_per_mm)
    dx, dy = _slopes(smooth, px_per_mm)
    azimuth, elevation = np.radians(azimuth_deg), np.radians(elevation_deg)
    half = np.array([np.cos(elevation) * np.cos(azimuth), -np.cos(elevation) * np.sin(azimuth),
                     1.0 + np.sin(elevation)])  # fmt: skip
    wanted = -half[:2] / half[2]
    off = np.square(dx - wanted[0]) + np.square(dy - wanted[1])
    lobe = np.exp(-off / (2 * 0.35**2))
    return np.asarray(lobe / max(float(lobe.mean()), 1e-6), np.float32)


def _wrapped(
    dx: FloatMap, dy: FloatMap, norm: FloatMap, azimuth_deg: float, elevation_deg: float
) -> FloatMap:
    azimuth, elevation = np.radians(azimuth_deg), np.radians(elevation_deg)
    x, y, z = np.cos(elevation) * np.cos(azimuth), -np.cos(elevation) * np.sin(azimuth), np.sin(elevation)
    cosine = (z - np.float32(x) * dx - np.float32(y) * dy) * norm
    return np.asarray(np.maximum(cosine + _WRAP, 0.0) / (z + _WRAP), np.float32)


def _slopes(height_mm: FloatMap, px_per_mm: float) -> tuple[FloatMap, FloatMap]:
    scale = px_per_mm / 8.0
    return (
        cv2.Sobel(height_mm, cv2.CV_32F, 1, 0, ksize=3, scale=scale),
        cv2.Sobel(height_mm, cv2.CV_32F, 0, 1, ksize=3, scale=scale),
    )
