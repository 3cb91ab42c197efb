"""Hair, brows and lashes: strands along a direction, drawn at three times the size and averaged down."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
FINER = 3
Stroke = tuple[Array, float, float]
"""Points (n, 2), width in px at the root, strength 0 to 1."""


def orientation(image: Array, sigma: float) -> tuple[Array, Array]:
    """Unit vectors along the lines of an image (structure tensor averaged over `sigma` px)."""
    grey = image.mean(axis=2)
    slope_x = cv2.Sobel(cv2.GaussianBlur(grey, (0, 0), sigma / 3), cv2.CV_32F, 1, 0)
    slope_y = cv2.Sobel(cv2.GaussianBlur(grey, (0, 0), sigma / 3), cv2.CV_32F, 0, 1)
    xx = cv2.GaussianBlur(slope_x * slope_x, (0, 0), sigma)
    yy = cv2.GaussianBlur(slope_y * slope_y, (0, 0), sigma)
    xy = cv2.GaussianBlur(slope_x * slope_y, (0, 0), sigma)
    angle = 0.5 * np.arctan2(2 * xy, xx - yy) + np.pi / 2
    return np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)


def streaks(noise: Array, along_x: Array, along_y: Array, length_px: int) -> Array:
    """Noise (h, w) or (h, w, up to 4) drawn out along a direction field: mean 0, standard deviation 1."""
    total = averaged(noise, along_x, along_y, length_px)
    total = total - cv2.GaussianBlur(total, (0, 0), 20)
    return (total / np.maximum(total.std(axis=(0, 1)), 1e-6)).astype(np.float32)


def averaged(image: Array, along_x: Array, along_y: Array, length_px: int, step: float = 3.0) -> Array:
    """The mean of an image along a direction field, over `length_px` (line integral convolution)."""
    height, width = image.shape[:2]
    grid_y, grid_x = np.mgrid[0:height, 0:width].astype(np.float32)
    steps = int(length_px / step / 2)
    total = image.copy()
    for sign in (1.0, -1.0):
        x, y = grid_x.copy(), grid_y.copy()
        last_x, last_y = sign * along_x, sign * along_y
        for _ in range(steps):
            x += step * last_x
            y += step * last_y
            total += cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
            column = np.clip(x, 0, width - 1).astype(np.int32)
            row = np.clip(y, 0, height - 1).astype(np.int32)
            flat = row * width + column
            here_x, here_y = along_x.ravel()[flat], along_y.ravel()[flat]
            # A direction has no sign: go on the way one came.
            turn = np.where(here_x * last_x + here_y * last_y < 0, np.float32(-1), np.float32(1))
            last_x, last_y = here_x * turn, here_y * turn
    return (total / (2 * steps + 1)).astype(np.float32)


def drawn(shape: tuple[int, int], strokes: Iterable[Stroke]) -> Array:
    """Strokes as a soft mask, 0 to 1; each tapers to a tip."""
    height, width = shape
    canvas = np.zeros((height * FINER, width * FINER), np.uint8)
    for points, thickness, strength in strokes:
        fine = np.round((points + 0.5) * FINER * 16).astype(np.int32)
        count = len(fine) - 1
        layer_value = int(255 * strength)
        for index in range(count):
            taper = 1.0 - 0.85 * index / count
            cv2.line(
                canvas,
                tuple(int(v) for v in fine[index]),
                tuple(int(v) for v in fine[index + 1]),
                layer_value,
                max(1, round(thickness * FINER * taper)),
                cv2.LINE_AA,
                4,
            )
    return cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def bent(start: Array, angle: float, length: float, bend: float, count: int = 9) -> Array:
    """A strand that starts at a point in a direction (radians, y down) and turns by `bend` along its way."""
    along = np.linspace(0, 1, count)
    heading = angle + bend * along
    steps = np.stack([np.cos(heading), np.sin(heading)], axis=1) * (length / (count - 1))
    path = np.vstack([np.zeros((1, 2)), np.cumsum(steps[:-1], axis=0)])
    return (start + path).astype(np.float32)
