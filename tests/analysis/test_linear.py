"""Linear light reduced by exact halves says the same as reduced in one step."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from analysis.linear import by_area, linear_light, reduced_light


@pytest.mark.parametrize("scale", [0.9, 0.5, 0.4037, 0.25, 0.21])
def test_an_even_surface_keeps_its_light(scale: float) -> None:
    for code in (6, 60, 200):
        light = reduced_light(np.full((150, 203, 3), code, np.uint8), scale)
        assert light.dtype == np.float32
        assert light == pytest.approx(float(linear_light(np.array([[code]], np.uint8))[0, 0]), rel=0.005)


@pytest.mark.parametrize("scale", [0.5, 0.25])
def test_halves_average_light_not_codes(scale: float) -> None:
    pixels = np.random.default_rng(0).integers(6, 256, (96, 130, 3), dtype=np.uint8)
    found, exact = reduced_light(pixels, scale), by_area(linear_light(pixels), scale)
    height, width = found.shape[:2]
    assert found == pytest.approx(exact[:height, :width], rel=2e-3)


@pytest.mark.parametrize("scale", [0.7, 0.4037, 0.21])
def test_a_spot_stays_where_it_was(scale: float) -> None:
    at = np.array([141.0, 83.0])  # x, y
    y, x = np.mgrid[:301, :403]
    spot = 40 + 200 * np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / (2 * 12.0**2))
    light = reduced_light(np.repeat(np.rint(spot).astype(np.uint8)[..., None], 3, 2), scale)[..., 1]
    weight = np.clip(light - 0.1, 0, None)
    moments = cv2.moments(weight.astype(np.float64))
    centre = np.array([moments["m10"], moments["m01"]]) / moments["m00"]
    assert centre == pytest.approx((at + 0.5) * scale - 0.5, abs=0.02)
