"""Physical changes painted into real photos, and the disturbances of ordinary photography.

Source of the forms: SkinDRO-1's real arm. A colour change is a change of optical density,
OD' = OD + dose * v * mask; a relief change scales the band-passed shading and leaves the rest.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence

import cv2
import numpy as np
from PIL import Image

from analysis.bands import blur
from analysis.chromophores import relief_of
from analysis.linear import linear_light, log_light, srgb_pixels
from analysis.records import Pixels

ERYTHEMA = (0.55, 1.94, 1.48)
"""Optical density of R, G, B per unit of a rise in redness (SkinDRO-1, R3)."""


def add_density(pixels: Pixels, mask: np.ndarray, vector: Sequence[float], dose: float) -> Pixels:
    """Add `dose * vector` of optical density under a soft mask (0 to 1)."""
    factor = 10 ** -(dose * np.asarray(vector, np.float32) * mask[..., None])
    return srgb_pixels(linear_light(pixels) * factor)


def dose_for_a(pixels: Pixels, mask: np.ndarray, vector: Sequence[float], rise: float) -> float:
    """The dose that raises the mean a* under the full mask by `rise`."""
    skin = mask > 0.99
    before = _mean_a(pixels, skin)
    low, high = 0.0, 1.0
    for _ in range(24):
        middle = (low + high) / 2
        if _mean_a(add_density(pixels, mask, vector, middle), skin) - before < rise:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _mean_a(pixels: Pixels, skin: np.ndarray) -> float:
    lab = cv2.cvtColor(pixels[skin].reshape(-1, 1, 3).astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    return float(lab[..., 1].mean())


def soft_mask(polygons: Sequence[np.ndarray], shape: tuple[int, ...], feather_px: float) -> np.ndarray:
    """1 within the polygons, falling to 0 over about `feather_px` outside them."""
    canvas = np.zeros(shape[:2], np.uint8)
    for polygon in polygons:
        cv2.fillPoly(canvas, [np.round(polygon).astype(np.int32)], 255)
    size = 2 * max(1, round(1.5 * feather_px)) + 1
    grown = cv2.dilate(canvas, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    return (
        np.maximum(cv2.GaussianBlur(grown, (0, 0), max(0.5, feather_px / 2)), canvas).astype(np.float32) / 255
    )


def scale_relief(pixels: Pixels, mask: np.ndarray, factor: float, px_per_mm: float) -> Pixels:
    """Scale the relief finer than 1.5 mm under a mask: S' = S_low + factor (S - S_low)."""
    linear = linear_light(pixels)
    relief = relief_of(linear)
    detail = relief - blur(relief, 1.5 * px_per_mm)
    return srgb_pixels(linear * np.exp((factor - 1) * detail * mask)[..., None])


def density(pixels: Pixels) -> np.ndarray:
    """Optical density of 8-bit sRGB."""
    return log_light(linear_light(pixels)) * np.float32(-1 / np.log(10))


def _gain(red: float, green: float, blue: float) -> Callable[[Pixels], Pixels]:
    return lambda pixels: srgb_pixels(linear_light(pixels) * np.array([red, green, blue], np.float32))


def _crop(pixels: Pixels) -> Pixels:
    """12 % of the picture cut away, more on one side."""
    height, width = pixels.shape[:2]
    return pixels[round(0.03 * height) : round(0.97 * height), round(0.08 * width) : round(0.96 * width)]


def _half(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    return cv2.resize(pixels, (width // 2, height // 2), interpolation=cv2.INTER_AREA)


DISTURBANCES: Mapping[str, Callable[[Pixels], Pixels]] = {
    "exposure -1/3 EV": _gain(*(3 * [2 ** (-1 / 3)])),
    "exposure +1/3 EV": _gain(*(3 * [2 ** (1 / 3)])),
    "white balance +8 %": _gain(1.08, 1.0, 1 / 1.08),
    "white balance -8 %": _gain(1 / 1.08, 1.0, 1.08),
    "12 % crop": _crop,
    "JPEG 75": lambda pixels: pixels,
    "half size": _half,
}
"""The disturbances of R4. "JPEG 75" acts at `file_bytes`."""


def file_bytes(pixels: Pixels, disturbance: str = "") -> bytes:
    """The picture as a file: lossless, or JPEG 75 where that is the disturbance."""
    out = io.BytesIO()
    if disturbance == "JPEG 75":
        Image.fromarray(pixels).save(out, "JPEG", quality=75)
    else:
        Image.fromarray(pixels).save(out, "PNG", compress_level=1)
    return out.getvalue()
