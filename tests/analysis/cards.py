"""Photos of a colour card alone: the ColorChecker of the phantom on a grey table, as a camera renders it."""

from __future__ import annotations

import cv2
import numpy as np

from analysis.decode import decode
from analysis.linear import srgb_code
from analysis.phantom.camera import spectral_weights
from analysis.phantom.colorchecker import COLORCHECKER_REFLECTANCE, FILLED, lay_card
from analysis.records import FloatMap, Photo
from tests.analysis.patches import encoded

PITCH_PX = 40.0
LEFT_PX, TOP_PX = 180.0, 130.0


def card_light(camera: str = "phone", illuminant: str = "D65", exposure: float = 0.7) -> FloatMap:
    """(500, 520, 3) linear light of an upright card on a grey table."""
    light = np.full((500, 520, 3), 0.25 * exposure, np.float32)
    lay_card(light, 1.0, (LEFT_PX, TOP_PX), PITCH_PX, camera, illuminant, exposure)
    return light


def truth(camera: str = "phone", illuminant: str = "D65", exposure: float = 0.7) -> FloatMap:
    """(24, 3) what its patches are."""
    seen = COLORCHECKER_REFLECTANCE @ spectral_weights(camera, illuminant)
    return exposure * np.clip(seen, 0, None).reshape(24, 3)


def corners() -> FloatMap:
    """(4, 2) outer corners of its corner patches, from the dark skin patch along its row."""
    left, top = LEFT_PX + PITCH_PX / 3, TOP_PX + PITCH_PX / 3
    right, bottom = left + (3 + FILLED) * PITCH_PX, top + (5 + FILLED) * PITCH_PX
    return np.array([[left, bottom], [left, top], [right, top], [right, bottom]], np.float32) - 0.5


def turned(light: FloatMap, degrees: float) -> tuple[FloatMap, FloatMap]:
    """The picture turned about its middle, and the (2, 3) matrix that did it."""
    height, width = light.shape[:2]
    side = int(np.hypot(height, width)) + 2
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    matrix[:, 2] += (side - width) / 2, (side - height) / 2
    border = light[0, 0].tolist()
    return cv2.warpAffine(light, matrix, (side, side), flags=cv2.INTER_CUBIC, borderValue=border), matrix


def photo_of(
    light: FloatMap,
    gain: float = 1.0,
    white_balance: tuple[float, float, float] = (1.0, 1.0, 1.0),
    gamma: float = 1.0,
    noise: float = 0.004,
) -> Photo:
    """A photo of linear light: gain and white balance on light, gamma on the encoded picture."""
    rng = np.random.default_rng(1)
    code = srgb_code(light * gain * np.float32(white_balance)) ** gamma
    code += noise * rng.standard_normal(code.shape)
    return decode(encoded(np.clip(np.rint(255 * code), 0, 255).astype(np.uint8)))
