"""The first guess on a body site: features of the skin, matched, and the homography most of them agree on.

Sources: SIFT, Lowe 2004, IJCV 60:91, doi 10.1023/B:VISI.0000029664.99615.94; MAGSAC++ as in OpenCV's USAC.
"""

from __future__ import annotations

import cv2
import numpy as np

from analysis.errors import NotRegistered
from analysis.records import FloatMap, Pixels
from analysis.register import normalised_detail, reduced

_MIN_INLIERS = 12


def by_features(baseline: Pixels, follow_up: Pixels, px_per_mm: float) -> FloatMap:
    """First guess on a body site: a homography from features of the skin and what surrounds it.

    Returns:
        (3, 3) float64, from pixels of the baseline photo to pixels of the follow-up.

    Raises:
        NotRegistered: too few features agree.
    """
    found = 0
    # Relief first: a change of colour cannot mislead it. Where it is too faint, green has spots as well.
    for channel in ("relief", "green"):
        first, scale_a = _feature_image(baseline, px_per_mm, channel)
        second, scale_b = _feature_image(follow_up, px_per_mm, channel)
        matrix, inliers = _homography(first, second, max(2.0, px_per_mm * scale_a))
        found = max(found, inliers)
        if matrix is not None and inliers >= _MIN_INLIERS and _plausible(matrix, first.shape):
            return _centred(1 / scale_b) @ matrix @ _centred(scale_a)
    enough = found >= _MIN_INLIERS
    raise NotRegistered(
        "The two photos could not be laid onto each other",
        expected="a view of the same side, less than four times larger or smaller"
        if enough
        else f"at least {_MIN_INLIERS} matching skin features",
        got="features that agree only on a mirrored, folded or much larger or smaller view"
        if enough
        else f"{found}",
        advice="Check that both show the same patch of skin, sharp and from about the same direction",
    )


def _homography(first: Pixels, second: Pixels, reach_px: float) -> tuple[FloatMap | None, int]:
    """The homography most features agree on within `reach_px`, and how many do."""
    sift = cv2.SIFT.create(nfeatures=4000, contrastThreshold=0.02)
    points_a, described_a = sift.detectAndCompute(first, None)
    points_b, described_b = sift.detectAndCompute(second, None)
    if described_a is None or described_b is None or min(len(points_a), len(points_b)) < 8:
        return None, 0
    cv2.setRNGSeed(0)  # the matcher's trees and the search for a homography draw from it
    matcher = cv2.FlannBasedMatcher({"algorithm": 1, "trees": 4}, {"checks": 64})
    pairs = matcher.knnMatch(described_a, described_b, k=2)
    good = [pair[0] for pair in pairs if len(pair) == 2 and pair[0].distance < 0.85 * pair[1].distance]
    if len(good) < 8:
        return None, 0
    from_a = np.array([points_a[m.queryIdx].pt for m in good], np.float32)
    to_b = np.array([points_b[m.trainIdx].pt for m in good], np.float32)
    matrix, inliers = cv2.findHomography(from_a, to_b, cv2.USAC_MAGSAC, reach_px, maxIters=5000)
    return matrix, int(inliers.sum()) if inliers is not None else 0


def _feature_image(pixels: Pixels, px_per_mm: float, channel: str) -> tuple[Pixels, float]:
    """The photo as normalised detail, at a scale where skin features are a few pixels wide."""
    height, width = pixels.shape[:2]
    scale = min(1.0, 1400 / max(height, width), max(0.25, 6.0 / px_per_mm))
    source = reduced(pixels, scale)
    return normalised_detail(source.linear, px_per_mm * source.scale, channel), source.scale


def _centred(scale: float) -> FloatMap:
    """Scaling that keeps pixel centres: x -> (x + 0.5) scale - 0.5."""
    shift = 0.5 * scale - 0.5
    return np.array([[scale, 0, shift], [0, scale, shift], [0, 0, 1]])


def _plausible(matrix: FloatMap, shape: tuple[int, ...]) -> bool:
    """No mirror image, no fold, no scale beyond 4 in either direction."""
    height, width = shape[:2]
    corners = np.array([[[0, 0]], [[width, 0]], [[width, height]], [[0, height]]], np.float32)
    moved = cv2.perspectiveTransform(corners, matrix).reshape(-1, 2)
    ratio = cv2.contourArea(moved, oriented=True) / cv2.contourArea(corners, oriented=True)
    return bool(cv2.isContourConvex(moved) and 1 / 16 < ratio < 16)
