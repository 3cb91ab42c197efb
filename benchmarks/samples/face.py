"""The face of the face course: the plate with phantom skin, doses of a treatment, and light.

A dose is physics: relative blood and melanin, a factor on the relief, a factor on spots. The skin model
turns pigments into colour; the relief is lit as the face is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.phantom import texture
from analysis.phantom.optics import TYPICAL_BLOOD, SkinModel
from analysis.phantom.scene import NO_DOSE, Dose
from benchmarks.samples.light import BASELINE_LIGHT, Light
from benchmarks.samples.plate import Plate, face_plate
from benchmarks.samples.portrait import ZOOM, Points, filled, to_master

Array = NDArray[np.float32]

PX_PER_MM = 9.5
"""Of the master, by an iris of 11.7 mm."""
CAMERA = "dslr"
FRAME = (12, 1, 119, 131)
"""What the camera shows when nothing moves, in source pixels: left, top, right, bottom."""
MIDDLE = (65.0, 66.0)
"""The middle of the face, about which the head turns."""

TREATED: tuple[Points, ...] = (
    (
        (15, 53),
        (27, 54),
        (46, 55.5),
        (49, 60),
        (45.5, 66),
        (40, 73),
        (36.5, 79),
        (35, 88),
        (24, 90),
        (14, 76),
    ),
    ((120, 57), (107, 59), (82, 59), (78, 63), (80, 69), (86, 76), (91, 83), (93, 92), (104, 92), (118, 80)),
)
"""Both cheeks, with a margin around the regions measured."""

_SEED = 7_301
_SKIN = SkinModel(oxygenation=0.66, epidermis_um=66.0, melanin_exponent=3.2, scattering=1.08)
_ITA_DEG = 44.0


@dataclass(frozen=True, slots=True)
class FaceSkin:
    """The fine skin of the face, on the master's grid."""

    plate: Plate
    texture: texture.Texture
    treated: Array
    """(h, w) 0 to 1: how much of the dose arrives."""
    flush: Array
    """(h, w) 0 to 1: the cheeks of this person are redder and browner than the rest."""
    highlight: Array
    """(h, w) 0 to 1: where the skin shines."""
    depth_mm: Array
    """(h, w) towards the camera, 0 at the rim of the face."""
    melanin: float
    blood: float = field(default=TYPICAL_BLOOD)


@cache
def face_skin() -> FaceSkin:
    """The one face, drawn once a run."""
    plate = face_plate()
    shape = plate.skin.shape
    rng = np.random.default_rng(_SEED)
    area_cm2 = shape[0] * shape[1] / (10 * PX_PER_MM) ** 2
    oily = _oiliness(shape)
    height = 0.85 * texture.micro_relief(shape, PX_PER_MM, rng)
    height -= texture.pores(shape, PX_PER_MM, round(34 * area_cm2), rng) * (0.55 + 0.75 * oily)
    fine, broad = (texture.smooth_noise(shape, PX_PER_MM * sigma, rng) for sigma in (0.45, 3.2))
    blood = np.exp(0.11 * fine + 0.13 * broad)
    blood += 0.55 * texture.discs(shape, PX_PER_MM, round(0.25 * area_cm2), (0.7, 2.0), (0.3, 0.9), rng)
    skin = texture.Texture(
        height_mm=height.astype(np.float32),
        spots=texture.discs(shape, PX_PER_MM, round(3.0 * area_cm2), (0.5, 3.0), (0.2, 1.0), rng),
        melanin_unevenness=np.exp(0.06 * texture.smooth_noise(shape, PX_PER_MM * 2.5, rng)).astype(
            np.float32
        ),
        blood=blood.astype(np.float32),
        px_per_mm=PX_PER_MM,
    )
    treated = np.clip(sum(filled(to_master(p), 2.5 * PX_PER_MM) for p in TREATED), 0, 1).astype(np.float32)
    grey = cv2.GaussianBlur(plate.light.mean(axis=2), (0, 0), 6)
    around = cv2.GaussianBlur(grey, (0, 0), 12 * PX_PER_MM)
    highlight = np.clip((grey - around) / 0.18, 0, 1) * plate.skin
    melanin = _SKIN.melanin_for_ita(_ITA_DEG)
    flush = cv2.GaussianBlur(treated, (0, 0), 4 * PX_PER_MM)
    return FaceSkin(plate, skin, treated, flush, highlight.astype(np.float32), _depth(shape), melanin)


def face_light(dose: Dose = NO_DOSE, light: Light = BASELINE_LIGHT) -> Array:
    """The face as light: (h, w, 3) linear sRGB, white 1, seen straight on."""
    face = face_skin()
    skin, share = face.texture, face.treated
    spots = 1 + 1.2 * skin.spots * (1 + (dose.spots - 1) * share)
    melanin = (
        face.melanin * (1 + 0.25 * face.flush) * skin.melanin_unevenness * spots * (1 + dose.melanin * share)
    )
    blood = face.blood * (1 + 0.5 * face.flush) * skin.blood * (1 + dose.haemoglobin * share)
    level = _SKIN.linear_rgb(
        np.full((1, 1), face.melanin, np.float32), np.full((1, 1), face.blood, np.float32), CAMERA
    )
    colour = _SKIN.linear_rgb(melanin.astype(np.float32), blood.astype(np.float32), CAMERA) / level
    height = skin.height_mm * (1 + (dose.relief - 1) * share)
    relief = texture.shade(height, PX_PER_MM, light.azimuth_deg, light.elevation_deg)
    relief = relief / np.float32(cv2.mean(relief)[0])
    shine = (
        0.30 * face.highlight * (texture.gloss(height, PX_PER_MM, light.azimuth_deg, light.elevation_deg) - 1)
    )
    on_skin = colour * (relief + 0.25 * np.clip(shine, -0.8, 1.5))[..., None]
    picture = face.plate.light * (1 + face.plate.skin[..., None] * (on_skin - 1))
    fall = light.over(face.depth_mm, PX_PER_MM)
    wall = fall.mean(axis=(0, 1), keepdims=True)
    person = face.plate.person[..., None]
    return picture * (fall * person + wall * (1 - person))


def _oiliness(shape: tuple[int, int]) -> Array:
    """0 to 1: pores are wider on the nose, the inner cheeks and the chin."""
    grid_y, grid_x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32) / ZOOM
    out = np.zeros(shape, np.float32)
    for x, y, wide, tall in (
        (63, 66, 9, 12),
        (45, 64, 10, 9),
        (84, 67, 10, 9),
        (62, 104, 13, 8),
        (64, 24, 22, 9),
    ):
        out += np.exp(-0.5 * (((grid_x - x) / wide) ** 2 + ((grid_y - y) / tall) ** 2))
    return np.clip(out, 0, 1)


def _depth(shape: tuple[int, int]) -> Array:
    """A head as a smooth half ellipsoid with a nose: enough for slow light and small turns."""
    grid_y, grid_x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32) / ZOOM
    across = (grid_x - MIDDLE[0]) / 56
    along = (grid_y - MIDDLE[1]) / 78
    inside = np.clip(1 - across**2 - along**2, 0.02, 1)
    head = 82.0 * np.sqrt(inside)
    nose = 20.0 * np.exp(-0.5 * (((grid_x - 63.5) / 6.0) ** 2 + ((grid_y - 64) / 10.0) ** 2))
    chin = 5.0 * np.exp(-0.5 * (((grid_x - 62) / 14.0) ** 2 + ((grid_y - 103) / 8.0) ** 2))
    return cv2.GaussianBlur((head + nose + chin).astype(np.float32), (0, 0), 3.0 * PX_PER_MM)
