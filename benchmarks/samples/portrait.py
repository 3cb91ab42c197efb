"""The portrait that the face course starts from, enlarged, and where its features lie.

Base: NASA's portrait of Eileen Collins, in the public domain, as scikit-image carries it
(`skimage.data.astronaut`). The face is about 90 px wide there, so one pixel of the source is about
1.5 mm of skin: it gives colour, shading and the outlines, and everything finer is made here.

All coordinates of features are in source pixels relative to `ORIGIN`, x to the right and y down.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.interpolate import CubicSpline
from skimage.data import astronaut

Array = NDArray[np.float32]
_astronaut: Callable[[], NDArray[np.uint8]] = astronaut  # scikit-image ships no types
Points = Sequence[tuple[float, float]]

ORIGIN = (160, 58)
SIZE = (130, 138)
ZOOM = 14
"""Master pixels per source pixel: about 9.5 px/mm by the iris."""

FACE: Points = (
    (26, 15.5), (25, 27), (23.3, 36), (21.2, 46), (20.2, 57), (19.2, 62.5), (18.3, 60.5), (13, 59.3),
    (10.4, 60.2), (12.2, 66),
    (15.8, 72), (20, 74.2), (22, 74), (22.3, 78.2), (23.4, 86), (25.2, 91), (25.9, 96), (26.3, 117),
    (28.7, 122.2),
    (35.4, 126.5), (51.3, 129), (74.5, 132.8), (85.5, 130.2), (91.6, 127.7), (94, 122.2), (95, 116),
    (96, 113.6),
    (97.8, 102.6), (103.9, 90.4), (107.3, 79.4), (113, 78.2), (120.4, 70.3), (113.6, 72), (110, 68.4),
    (111.2, 57.4),
    (111.5, 51.4), (110, 41.5), (108.2, 32), (105, 22.5), (98, 16), (90, 11.8), (80, 9.2), (70, 8),
    (60, 7.4), (50, 7.6), (40, 9), (33, 11.4), (28.5, 13.8),
)  # fmt: skip
HAIRLINE = {
    "x": (0.0, 26.0, 33.0, 40.0, 48.0, 55.0, 68.0, 78.0, 85.5, 95.3, 105.0, 130.0),
    "portrait": (20.0, 20.0, 20.1, 21.4, 25.2, 24.8, 21.4, 23.0, 26.2, 28.7, 32.0, 33.0),
    "here": (15.5, 15.5, 11.4, 9.0, 7.8, 7.4, 7.9, 8.9, 10.4, 14.2, 22.5, 23.5),
    "still": (28.5, 28.5, 28.5, 28.8, 29.0, 29.0, 29.0, 29.5, 31.0, 33.5, 36.0, 38.0),
}
"""The fringe is lifted, because a forehead under hair cannot be measured: at x, the hairline's y in the
portrait, its y here, and the y below which nothing moves."""
EYES: tuple[Points, Points] = (
    ((32.8, 44.1), (35, 42.8), (37, 41.6), (39, 40.6), (41, 40.1), (43.5, 39.9), (46, 40.3), (48, 41.2),
    (50, 42.8),
     (52, 44.5), (53.8, 46.1), (52.3, 46.2), (50, 46.2), (47, 46.5), (44, 46.6), (41, 46.0), (38.5, 45.2),
     (36, 44.6), (34, 44.3)),
    ((76.6, 47.7), (78.5, 46.4), (81, 44.7), (83, 43.4), (85, 42.6), (87, 42.3), (89, 42.5), (91, 43.2),
    (93, 44.2),
     (95, 45.3), (97, 46.4), (98.4, 47.1), (96.5, 47.6), (94, 48.1), (91, 48.5), (88, 48.8), (85, 48.7),
     (82, 48.3), (79.5, 48.1), (77.5, 48.1)),
)  # fmt: skip
"""The lid openings: upper lid from the first to the outer or inner corner, then back along the lower."""
UPPER_LID_POINTS = (11, 12)
IRISES = ((43.75, 43.1, 3.95), (86.85, 45.25, 3.95))
"""Centre x, y and radius."""
CATCHLIGHTS = (((43.0, 42.3, 0.42), (46.4, 43.7, 0.3)), ((85.6, 44.7, 0.42), (88.9, 46.0, 0.3)))
HAIR_FLOW: tuple[tuple[float, float, float, float], ...] = (
    (35, 0, 1, 0.3),
    (50, 0, 1, 0.28),
    (65, 1, 1, 0.26),
    (80, 2, 1, 0.4),
    (92, 5, 0.85, 0.6),
    (100, 12, 0.7, 0.85),
    (20, 2, -0.45, 0.9),
    (12, 8, -0.5, 0.8),
    (22, 18, -0.15, 1),
    (24, 35, -0.12, 1),
    (15, 35, -0.3, 1),
    (5, 30, -0.4, 0.9),
    (12, 50, 0.25, 1),
    (20, 50, 0.05, 1),
    (4, 45, 0.4, 0.9),
    (18, 60, 0.2, 1),
    (108, 28, 0.3, 1),
    (113, 45, 0.12, 1),
    (112, 60, 0, 1),
    (118, 60, -0.35, 0.9),
    (114, 70, -0.3, 1),
    (125, 50, -0.35, 1),
    (118, 25, 0.4, 0.85),
    (125, 20, 0.4, 0.85),
    (110, 10, 0.7, 0.7),
    (100, -2, 1, 0.45),
    (125, 2, 0.6, 0.8),
    (29, 8, 0.35, 0.8),
    (38, 5, 0.9, 0.45),
    (48, 5, 0.95, 0.32),
    (60, 5, 0.96, 0.28),
    (75, 6, 0.93, 0.4),
    (88, 9, 0.85, 0.55),
)
"""Where the hair runs: x, y, and a direction."""
CREASES: tuple[Points, Points] = (
    (
        (30.8, 43),
        (33, 40.8),
        (36, 38.8),
        (39, 38),
        (42, 37.7),
        (46, 37.9),
        (50, 39.3),
        (53, 41.4),
        (55.5, 43.8),
    ),
    ((75, 45), (77, 43), (80, 41.2), (83, 40.3), (86, 40.2), (90, 40.5), (94, 41.8), (97, 44), (100, 46.8)),
)
NECKLINE: Points = (
    (-6, 116), (6, 112), (16, 108), (24, 102.5), (25.8, 107), (28.5, 114), (34, 120), (42, 124),
    (54, 126.8), (66, 128.4), (76, 128.4),
    (85, 126), (91, 121), (94.5, 114), (96.5, 106.5), (104, 111), (115, 116), (136, 123),
)  # fmt: skip
BROWS: tuple[Points, Points] = (
    ((52.8, 33.9), (49, 32.7), (45, 31.6), (41, 30.8), (37.5, 30.2), (34, 31.1), (30.2, 32.7)),
    ((78.5, 35.4), (83, 34.7), (88, 34.2), (93, 34), (97, 34.2), (100, 35.7), (102.8, 38)),
)
"""Centre lines, from the nose outwards."""
LIPS: Points = (
    (42.5, 81), (46, 81.4), (51, 81.7), (56, 80.9), (60, 80.7), (63, 81.6), (66, 81), (70, 81), (75, 82),
    (80, 82.7), (84.5, 82.6),
    (82, 85.5), (78, 90), (74, 94), (69, 96.8), (63, 97.6), (57, 97), (52, 95), (48, 91), (45, 86.5),
)  # fmt: skip
NOSTRILS: tuple[Points, Points] = (
    ((54, 72.2), (57, 71.6), (60, 72.6), (59.5, 74), (57, 74.2), (54.5, 73.6)),
    ((69, 73.2), (71.5, 72.2), (74.5, 72.3), (75, 73.8), (72.5, 74.6), (70, 74.6)),
)


def master_shape() -> tuple[int, int]:
    """Height and width of the enlarged portrait, in master pixels."""
    return SIZE[1] * ZOOM, SIZE[0] * ZOOM


def to_master(points: Points) -> Array:
    """Source coordinates as master pixels."""
    return np.asarray(points, np.float32) * ZOOM


def curve(points: Points, count: int) -> Array:
    """A smooth curve through source points, as `count` master points."""
    knots = to_master(points).astype(np.float64)
    length = np.r_[0.0, np.cumsum(np.hypot(*np.diff(knots, axis=0).T))]
    return CubicSpline(length, knots)(np.linspace(0, length[-1], count)).astype(np.float32)


def filled(points: Array, feather_px: float = 1.0) -> Array:
    """A polygon of master points as a soft mask, 0 to 1."""
    mask = np.zeros(master_shape(), np.uint8)
    cv2.fillPoly(mask, [np.round(points * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    soft: Array = np.asarray(mask.astype(np.float32) / 255, np.float32)
    return cv2.GaussianBlur(soft, (0, 0), feather_px) if feather_px > 0 else soft


def enlarged(smoothing: bool) -> Array:
    """The portrait at master size, sRGB 0 to 1, by quintic splines; with `smoothing` without its grain."""
    picture = np.asarray(_astronaut(), np.float32) / 255
    if smoothing:
        picture = cv2.bilateralFilter(picture, 7, 0.07, 1.6)
    height, width = master_shape()
    y = (np.arange(height) + 0.5) / ZOOM - 0.5 + ORIGIN[1]
    x = (np.arange(width) + 0.5) / ZOOM - 0.5 + ORIGIN[0]
    grid_y, grid_x = np.meshgrid(y, x, indexing="ij")
    grid_y = ORIGIN[1] + _lifted(grid_y - ORIGIN[1], x - ORIGIN[0])
    planes = [
        ndimage.map_coordinates(picture[..., band], [grid_y, grid_x], order=5, mode="nearest")
        for band in range(3)
    ]
    return np.stack(planes, axis=2).astype(np.float32)


def _lifted(y: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where in the portrait each row of each column looks, so that the fringe sits higher."""
    knots = HAIRLINE["x"]
    there, here, still = (
        ndimage.gaussian_filter1d(np.interp(x, knots, HAIRLINE[key]), 2 * ZOOM)
        for key in ("portrait", "here", "still")
    )
    stretched = still - (still - y) * (still - there) / (still - here)
    lifted = np.where(y < here, y + there - here, np.where(y < still, stretched, y))
    return np.asarray(ndimage.gaussian_filter1d(lifted, 1.2 * ZOOM, axis=0))


def narrowed_edges(image: Array, passes: int, sigma: float = 4.0, depth: float = 6.0) -> Array:
    """Edges made steep by moving pixels towards them: nothing overshoots, nothing new appears."""
    height, width = image.shape[:2]
    grid_y, grid_x = np.mgrid[0:height, 0:width].astype(np.float32)
    for _ in range(passes):
        soft = cv2.GaussianBlur(image, (0, 0), sigma / 2)
        slope_x = cv2.Sobel(soft, cv2.CV_32F, 1, 0) / 8
        slope_y = cv2.Sobel(soft, cv2.CV_32F, 0, 1) / 8
        edge = np.sqrt((slope_x**2 + slope_y**2).max(axis=2))
        edge = cv2.GaussianBlur(np.minimum(edge, 0.03), (0, 0), sigma)
        move_x = cv2.Sobel(edge, cv2.CV_32F, 1, 0) * (depth * 125)
        move_y = cv2.Sobel(edge, cv2.CV_32F, 0, 1) * (depth * 125)
        image = cv2.remap(
            image, grid_x - move_x, grid_y - move_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
    return image
