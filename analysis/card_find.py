"""Where a colour card may lie in a photo: candidates only, `analysis.card` verifies each.

A ColorChecker is looked for by OpenCV's mcc detector (Kordecki and Palus 2014, doi
10.1117/1.OE.53.11.113105) on reduced copies of the photo; it also takes other coloured rectangles for a
card. The printed card is found by its four ArUco markers (Garrido-Jurado et al. 2014, doi
10.1016/j.patcog.2014.01.005).
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from analysis.card_layouts import (
    MARKER_IDS,
    MARKER_MM,
    MARKERS_MM,
    CardLayout,
    colorchecker,
    printed,
    printed_to_unit,
)
from analysis.errors import CardError
from analysis.records import FloatMap, Pixels

_MEGAPIXELS = (2.0, 0.7, 0.25)
"""Sizes that are searched: a near card is found in the small copies, a distant one in the large."""
_CARDS_PER_SIZE = 3
_MIN_AREA_PX = 24 * 12.0**2
"""A card smaller than 12 px a patch has no pixels to average."""

Candidate = tuple[CardLayout, FloatMap]
"""A kind of card, and the (3, 3) homography from its unit square to pixels of the photo."""


def candidates(pixels: Pixels) -> Iterator[Candidate]:
    """Places where a card may be, the surest kind first.

    Args:
        pixels: (h, w, 3) uint8 sRGB.
    """
    yield from _printed_cards(pixels)
    height, width = pixels.shape[:2]
    done: set[tuple[int, int]] = set()
    for megapixels in _MEGAPIXELS:
        scale = min(1.0, (1e6 * megapixels / (height * width)) ** 0.5)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        if size in done:
            continue
        done.add(size)
        small = pixels if scale == 1.0 else cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        yield from _colorcheckers(small, scale)


def from_corners(corners: FloatMap) -> Iterator[Candidate]:
    """Every way in which a card of any kind may lie within four corners: turned, and seen in a mirror.

    Args:
        corners: (4, 2) px, the outer corners of the four corner patches, in any order.

    Raises:
        CardError: not four corners of an area.
    """
    corners = np.asarray(corners, np.float32)
    if corners.shape != (4, 2) or not np.isfinite(corners).all():
        raise _bad_corners(f"an array of shape {corners.shape}")
    around = corners - corners.mean(0)
    ring = corners[np.argsort(np.arctan2(around[:, 1], around[:, 0]))]
    if not cv2.isContourConvex(ring.reshape(-1, 1, 2)):
        raise _bad_corners("four points that are no convex outline")
    if cv2.contourArea(ring) < _MIN_AREA_PX:
        raise _bad_corners(f"an area of {cv2.contourArea(ring):.0f} px")
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    for layout in (colorchecker(), printed()):
        for order in (ring, ring[::-1]):
            for turn in range(4):
                there = np.ascontiguousarray(np.roll(order, turn, axis=0))
                yield layout, cv2.getPerspectiveTransform(unit, there)


def _bad_corners(got: str) -> CardError:
    return CardError(
        "The corners of the colour card cannot be used",
        expected=f"four points around the patches, [x, y] in pixels, at least {_MIN_AREA_PX:.0f} px of area",
        got=got,
        advice="Mark the outer corners of the four corner patches",
    )


def _printed_cards(pixels: Pixels) -> Iterator[Candidate]:
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
    settings = cv2.aruco.DetectorParameters()
    settings.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    found, ids, _ = cv2.aruco.ArucoDetector(dictionary, settings).detectMarkers(grey)
    if ids is None:
        return
    numbers = ids.ravel().tolist()
    if any(numbers.count(number) != 1 for number in MARKER_IDS):
        return  # one is hidden, or there are two cards: which one is meant is not guessed
    inside = np.array([[0, 0], [MARKER_MM, 0], [MARKER_MM, MARKER_MM], [0, MARKER_MM]])
    here = np.concatenate([inside + corner for corner in MARKERS_MM])
    there = np.concatenate([found[numbers.index(number)].reshape(4, 2) for number in MARKER_IDS])
    homography, _ = cv2.findHomography(printed_to_unit(here), there.astype(np.float32))
    if homography is not None:
        yield printed(), homography


def _colorcheckers(small: Pixels, scale: float) -> Iterator[Candidate]:
    detector = cv2.mcc.CCheckerDetector.create()
    picture = np.ascontiguousarray(small[..., ::-1])
    if not detector.process(picture, cv2.mcc.MCC24, _CARDS_PER_SIZE):
        return
    layout = colorchecker()
    for checker in detector.getListColorChecker():
        patches = np.asarray(checker.getColorCharts(), np.float32).reshape(-1, 4, 2)
        if len(patches) != len(layout.names):
            continue
        there = (patches.mean(axis=1) + 0.5) / scale - 0.5
        homography, _ = cv2.findHomography(layout.centres(), there)
        if homography is not None:
            yield layout, homography
