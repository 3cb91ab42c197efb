"""Light on a scene: where the lamp stands, and how a moved or mixed light changes a picture slowly."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

AMBIENT = 0.5
"""Share of the light that comes from everywhere."""


@dataclass(frozen=True, slots=True)
class Light:
    """One lamp and the room around it. The default is the light of the baseline."""

    azimuth_deg: float = 125.0
    """Counter-clockwise from the right of the picture."""
    elevation_deg: float = 52.0
    """Above the plane of the picture; 90 is from the camera."""
    ambient: float = AMBIENT
    second_colour: tuple[float, float] = (0.0, 0.0)
    """ln of red and of blue against green of the light from the left, fading towards the right."""

    def over(self, depth_mm: Array, px_per_mm: float) -> Array:
        """(h, w, 3) factor on a picture taken in the default light. Depth (h, w) in mm."""
        slope_x = cv2.Sobel(depth_mm, cv2.CV_32F, 1, 0, scale=px_per_mm / 8)
        slope_y = cv2.Sobel(depth_mm, cv2.CV_32F, 0, 1, scale=px_per_mm / 8)
        length = np.sqrt(1 + slope_x**2 + slope_y**2)
        factor = np.ones_like(depth_mm)
        start = BASELINE_LIGHT
        if (self.azimuth_deg, self.elevation_deg, self.ambient) != (
            start.azimuth_deg,
            start.elevation_deg,
            start.ambient,
        ):
            factor = self._fall(slope_x, slope_y, length) / start._fall(slope_x, slope_y, length)
            factor = cv2.GaussianBlur(factor, (0, 0), 2.5 * px_per_mm)
        width = depth_mm.shape[1]
        ramp = np.linspace(1, 0, width, dtype=np.float32)[None, :, None]
        tint = np.exp(ramp * np.array([self.second_colour[0], 0.0, self.second_colour[1]], np.float32))
        return (factor[..., None] * tint).astype(np.float32)

    def _fall(self, slope_x: Array, slope_y: Array, length: Array) -> Array:
        azimuth, elevation = np.radians(self.azimuth_deg), np.radians(self.elevation_deg)
        lamp = (np.cos(elevation) * np.cos(azimuth), -np.cos(elevation) * np.sin(azimuth), np.sin(elevation))
        # The surface normal is (-dz/dx, -dz/dy, 1) with z towards the camera.
        facing = np.maximum((-slope_x * lamp[0] - slope_y * lamp[1] + lamp[2]) / length, 0)
        return (self.ambient + (1 - self.ambient) * facing).astype(np.float32)


BASELINE_LIGHT = Light()
