"""How light falls on the held-out generator's skin: a lamp as wide as a window, a fill from across, open sky.

Each lamp wraps round the relief (half-Lambert), hollows are darkened at two scales, and light leaves the skin
further from where it entered the redder it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from analysis.records import FloatMap

_WRAP = 0.25
_KEY, _FILL, _SKY = 0.52, 0.13, 0.35
"""Shares of the lamp, of the fill opposite to it, and of light from everywhere, on flat skin."""
_SCATTER_MM = (0.09, 0.055, 0.040)
"""Sigma of the spread under the surface for red, green and blue."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What every lamp meets: slopes, hollows, and the slopes of the film on the skin, which is smoother."""

    dx: FloatMap
    dy: FloatMap
    norm: FloatMap
    """1 / length of (slopes, 1)."""
    open_sky: FloatMap
    """1 on flat skin, less in hollows."""
    film_dx: FloatMap
    film_dy: FloatMap
    px_per_mm: float

    @classmethod
    def of(cls, height_mm: FloatMap, px_per_mm: float) -> Ground:
        """Of heights in mm, (h, w) float32. Made once for many photos."""
        dx, dy = _slopes(height_mm, px_per_mm)
        dark = np.zeros_like(height_mm)
        for sigma_mm, strength in ((0.15, 3.0), (0.6, 2.0)):
            mean = cv2.GaussianBlur(height_mm, (0, 0), sigma_mm * px_per_mm)
            dark += strength * np.maximum(mean - height_mm, 0.0)
        smooth = cv2.GaussianBlur(height_mm, (0, 0), 0.12 * px_per_mm)
        return cls(
            dx, dy, 1.0 / np.sqrt(1.0 + dx * dx + dy * dy), 1.0 - np.tanh(dark),
            *_slopes(smooth, px_per_mm), px_per_mm,
        )  # fmt: skip

    def shading(self, azimuth_deg: float, elevation_deg: float) -> FloatMap:
        """(h, w, 3) light returned by matt relief, flat skin 1."""
        lit = np.empty_like(self.open_sky)
        for rows in _strips(lit):
            key = self._wrapped(rows, azimuth_deg, elevation_deg)
            fill = self._wrapped(rows, azimuth_deg + 180.0, 60.0)
            lit[rows] = (_KEY * key + _FILL * fill + _SKY) * self.open_sky[rows]
        spread = [cv2.GaussianBlur(lit, (0, 0), sigma * self.px_per_mm) for sigma in _SCATTER_MM]
        return np.asarray(cv2.merge(spread), np.float32)

    def shine(self, azimuth_deg: float, elevation_deg: float) -> FloatMap:
        """(h, w) mirror-like light, mean 1: a broad Gaussian lobe about the lamp's mirror image."""
        x, y, z = _lamp(azimuth_deg, elevation_deg)
        wanted_x, wanted_y = -x / (z + 1.0), -y / (z + 1.0)
        lobe = np.empty_like(self.film_dx)
        for rows in _strips(lobe):
            off = np.square(self.film_dx[rows] - wanted_x) + np.square(self.film_dy[rows] - wanted_y)
            lobe[rows] = np.exp(off * (-0.5 / 0.35**2))
        return np.asarray(lobe / max(float(lobe.mean()), 1e-6), np.float32)

    def _wrapped(self, rows: slice, azimuth_deg: float, elevation_deg: float) -> FloatMap:
        x, y, z = _lamp(azimuth_deg, elevation_deg)
        cosine = (z - x * self.dx[rows] - y * self.dy[rows]) * self.norm[rows]
        return np.asarray(np.maximum(cosine + _WRAP, 0.0) / (z + _WRAP), np.float32)


def _lamp(azimuth_deg: float, elevation_deg: float) -> tuple[float, float, float]:
    """Unit vector to the lamp: x right, y down, z to the camera."""
    azimuth, elevation = math.radians(azimuth_deg), math.radians(elevation_deg)
    flat = math.cos(elevation)
    return flat * math.cos(azimuth), -flat * math.sin(azimuth), math.sin(elevation)


def _strips(image: FloatMap) -> Iterator[slice]:
    """A few rows at a time: what is computed from them stays in the processor's cache."""
    return (slice(top, top + 16) for top in range(0, image.shape[0], 16))


def _slopes(height_mm: FloatMap, px_per_mm: float) -> tuple[FloatMap, FloatMap]:
    scale = px_per_mm / 8.0
    return (
        cv2.Sobel(height_mm, cv2.CV_32F, 1, 0, ksize=3, scale=scale),
        cv2.Sobel(height_mm, cv2.CV_32F, 0, 1, ksize=3, scale=scale),
    )
