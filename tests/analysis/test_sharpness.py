"""A known blur is found on edges that are not skin, and matched; skin itself never decides."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from analysis.linear import linear_light
from analysis.records import FloatMap, Mask
from analysis.sharpness import edge_width_mm, match_sharpness
from tests.analysis.patches import shot

PX_PER_MM = 10.0


def blurred(linear: FloatMap, sigma: float) -> FloatMap:
    """As defocus does it: on light, before any logarithm."""
    return cv2.GaussianBlur(linear, (0, 0), sigma) if sigma else linear


def scene() -> tuple[FloatMap, Mask]:
    """A phantom photo and the strip of hair and paper below its patches."""
    photo = shot()
    linear = linear_light(photo.pixels)
    edges = np.zeros(linear.shape[:2], bool)
    edges[225:-4, 4:-4] = True
    return linear, edges


@pytest.mark.parametrize("sigma", [0.6, 0.9, 1.3])
@pytest.mark.parametrize("which", ["first", "second"])
def test_a_known_blur_is_matched(sigma: float, which: str) -> None:
    linear, edges = scene()
    soft = blurred(linear, sigma)
    pair = (soft, linear) if which == "first" else (linear, soft)
    first, second, mismatch, widths, sharper = match_sharpness(*pair, edges, PX_PER_MM)
    assert mismatch < 0.05
    # The blurred photo is left as it is and the other one comes to it, on skin too.
    kept, moved = (first, second) if which == "first" else (second, first)
    assert kept is soft
    skin = (slice(60, 200), slice(60, 200))
    assert np.std(moved[skin]) == pytest.approx(np.std(soft[skin]), rel=0.03)
    assert (sharper > 0.1) if which == "first" else (sharper < -0.1)
    soft_width, sharp_width = widths if which == "first" else widths[::-1]
    assert soft_width >= sharp_width
    assert soft_width > sharp_width or sigma < 0.9, "0 where it is sharper than can be told"


def test_photos_that_are_equally_sharp_are_left_alone() -> None:
    linear, edges = scene()
    first, second, mismatch, widths, sharper = match_sharpness(linear, linear.copy(), edges, PX_PER_MM)
    assert mismatch < 0.01
    assert sharper == 0
    assert first is linear
    assert (second == linear).all()
    assert widths[0] == pytest.approx(widths[1])


def test_the_border_of_a_photo_is_no_edge() -> None:
    # The second photo is cut off: outside of it the view is black.
    linear, edges = scene()
    cut = linear.copy()
    cut[-30:] = 0
    cut[:, :40] = 0
    edges[-28:] = edges[:, :42] = False
    _, _, mismatch, widths, _ = match_sharpness(linear, cut, edges, PX_PER_MM)
    assert mismatch < 0.02
    assert widths[0] == pytest.approx(widths[1])


def test_without_edges_nothing_is_touched() -> None:
    linear, edges = scene()
    soft = blurred(linear, 1.0)
    for nothing in (np.zeros_like(edges), _a_corner(edges)):
        first, second, mismatch, widths, sharper = match_sharpness(linear, soft, nothing, PX_PER_MM)
        assert first is linear
        assert second is soft
        assert math.isnan(mismatch)
        assert math.isnan(sharper)
        assert all(math.isnan(width) for width in widths)
        assert math.isnan(edge_width_mm(linear, nothing, PX_PER_MM))


@pytest.mark.parametrize("top", [12, 100, 190])
@pytest.mark.parametrize("left", [12, 210, 320])
def test_edges_are_found_wherever_they_are(top: int, left: int) -> None:
    # 232 x 376 px: no multiple of a tile in either direction.
    canvas = np.full((232, 376), 0.3, np.float32)
    canvas[top : top + 26, left : left + 40 : 8] = 0.05
    canvas[top : top + 26, left + 1 : left + 40 : 8] = 0.05
    linear = blurred(np.repeat(canvas[..., None], 3, 2), 0.6)
    assert math.isfinite(edge_width_mm(linear, np.ones(canvas.shape, bool), PX_PER_MM))


def _a_corner(edges: Mask) -> Mask:
    corner = np.zeros_like(edges)
    corner[:20, :20] = True
    return corner


@pytest.mark.parametrize("sigma_px", [0.8, 1.2, 1.8])
def test_the_width_of_a_known_edge_is_found(sigma_px: float) -> None:
    # Bars far apart, as different as hair and skin, blurred by a known Gaussian.
    bars = np.where((np.arange(400) // 40) % 2, 0.4, 0.05).astype(np.float32)
    linear = blurred(np.repeat(np.tile(bars, (300, 1))[..., None], 3, 2), sigma_px)
    everywhere = np.ones(linear.shape[:2], bool)
    assert edge_width_mm(linear, everywhere, PX_PER_MM) == pytest.approx(sigma_px / PX_PER_MM, rel=0.25)


def test_a_wider_blur_is_a_wider_edge() -> None:
    linear, edges = scene()
    widths = [edge_width_mm(blurred(linear, sigma), edges, PX_PER_MM) for sigma in (0.0, 0.8, 1.4, 2.0)]
    assert widths == sorted(widths)
    assert widths[0] < widths[-1]
