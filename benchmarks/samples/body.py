"""The body site of the body course: a scar on a forearm beside untreated skin, wholly synthetic.

The scar is a healed cut: a redder, slightly sunken line with the dots of its stitches. A strip of paper
with a millimetre scale lies at the lower edge, as people put a ruler into such photos.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from analysis.phantom import texture
from analysis.phantom.optics import TYPICAL_BLOOD, SkinModel
from analysis.phantom.scene import NO_DOSE, Dose
from benchmarks.samples import strands
from benchmarks.samples.light import BASELINE_LIGHT, Light

Array = NDArray[np.float32]

PX_PER_MM = 9.5
CAMERA = "phone"
SIZE_MM = (112.0, 150.0)
"""Height and width of the master; the frame is smaller by the margin on every side."""
MARGIN_MM = 8.0
SCAR_MM = ((36, 22), (40, 34), (39.5, 47), (43, 60), (44.5, 74))
"""Its course on the master."""
TREATED_MM = ((30.5, 19), (43, 19), (47, 44), (51.5, 77), (38.5, 77), (34.5, 50))
REFERENCE_MM = ((84, 20), (112, 20), (112, 78), (84, 78))
_DOSED_MM = ((24, 12), (50, 12), (54, 44), (58.5, 84), (31.5, 84), (28, 50))
_PAPER_MM = 94.0

_SEED = 5_113
_SKIN = SkinModel(oxygenation=0.74, epidermis_um=72.0, melanin_exponent=3.45, scattering=0.95)
_ITA_DEG = 34.0


@dataclass(frozen=True, slots=True)
class BodySkin:
    """The skin of the site, on the master's grid."""

    texture: texture.Texture
    scar: Array
    """(h, w) 0 to 1."""
    treated: Array
    """(h, w) 0 to 1: how much of the dose arrives."""
    depth_mm: Array
    melanin: float


@cache
def body_skin() -> BodySkin:
    """The one site, drawn once a run."""
    rng = np.random.default_rng(_SEED)
    shape = (round(SIZE_MM[0] * PX_PER_MM), round(SIZE_MM[1] * PX_PER_MM))
    area_cm2 = SIZE_MM[0] * SIZE_MM[1] / 100
    scar = _scar(shape, rng)
    height = 0.95 * texture.micro_relief(shape, PX_PER_MM, rng) * (1 - 0.55 * scar)
    height -= texture.pores(shape, PX_PER_MM, round(16 * area_cm2), rng) * 0.6 * (1 - scar)
    height -= _skin_lines(shape, rng) * (1 - 0.8 * scar)
    # The scar: sunken, with a raised rim and knots of its own.
    rim = cv2.GaussianBlur(scar, (0, 0), 1.1 * PX_PER_MM) - cv2.GaussianBlur(scar, (0, 0), 0.5 * PX_PER_MM)
    knots = texture.smooth_noise(shape, 0.55 * PX_PER_MM, rng) * scar
    height += 0.45 * rim + 0.035 * knots - 0.05 * scar
    fine, broad = (texture.smooth_noise(shape, PX_PER_MM * sigma, rng) for sigma in (0.4, 3.0))
    blood = np.exp(0.12 * fine + 0.14 * broad) * (1 + 1.3 * cv2.GaussianBlur(scar, (0, 0), 0.5 * PX_PER_MM))
    blood = blood * (1 + 0.55 * cv2.GaussianBlur(scar, (0, 0), 3 * PX_PER_MM) / 0.4)
    skin = texture.Texture(
        height_mm=height.astype(np.float32),
        spots=texture.discs(shape, PX_PER_MM, round(1.2 * area_cm2), (0.6, 2.8), (0.3, 1.2), rng),
        melanin_unevenness=(
            np.exp(0.07 * texture.smooth_noise(shape, PX_PER_MM * 2.5, rng)) * (1 - 0.25 * scar)
        ).astype(np.float32),
        blood=blood.astype(np.float32),
        px_per_mm=PX_PER_MM,
    )
    treated = cv2.GaussianBlur(_filled(shape, _DOSED_MM), (0, 0), 1.5 * PX_PER_MM)
    across = (np.arange(shape[1], dtype=np.float32) / shape[1] - 0.5) * 2
    depth = np.broadcast_to(38.0 * np.sqrt(1 - (0.62 * across) ** 2)[None, :], shape)
    return BodySkin(
        skin, scar, treated, np.ascontiguousarray(depth, np.float32), _SKIN.melanin_for_ita(_ITA_DEG)
    )


def body_light(dose: Dose = NO_DOSE, light: Light = BASELINE_LIGHT) -> Array:
    """The site as light: (h, w, 3) linear sRGB, white 1, seen straight on."""
    site = body_skin()
    skin, share = site.texture, site.treated
    spots = 1 + 1.1 * skin.spots * (1 + (dose.spots - 1) * share)
    melanin = (
        site.melanin * (1 + 0.4 * site.treated) * skin.melanin_unevenness * spots * (1 + dose.melanin * share)
    )
    blood = TYPICAL_BLOOD * 0.9 * skin.blood * (1 + dose.haemoglobin * share)
    colour = _SKIN.linear_rgb(melanin.astype(np.float32), blood.astype(np.float32), CAMERA)
    height = skin.height_mm * (1 + (dose.relief - 1) * share)
    relief = texture.shade(height, PX_PER_MM, light.azimuth_deg, light.elevation_deg)
    relief = relief / np.float32(cv2.mean(relief)[0])
    shine = texture.gloss(height, PX_PER_MM, light.azimuth_deg, light.elevation_deg) - 1
    picture = 1.15 * colour * (relief + 0.035 * np.clip(shine, -0.8, 2.5))[..., None]
    picture = picture * _roundness(site.depth_mm)[..., None]
    picture = _hairs(picture)
    picture = _paper(picture)
    return picture * light.over(site.depth_mm, PX_PER_MM)


def _roundness(depth_mm: Array) -> Array:
    """An arm darkens towards its edges."""
    slope = cv2.Sobel(depth_mm, cv2.CV_32F, 1, 0, scale=PX_PER_MM / 8)
    return (0.62 + 0.38 * (1 - 0.35 * slope) / np.sqrt(1 + slope**2)).astype(np.float32)


def _scar(shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """A line 2-4 mm wide with uneven edges, and the marks of five stitches beside it."""
    knots = np.array(SCAR_MM, float) * PX_PER_MM
    along = np.linspace(0, 1, 160)
    at = np.linspace(0, 1, len(knots))
    path = CubicSpline(at, knots)(along)
    mask = np.zeros(shape, np.float32)
    width = (
        1.25 + 0.35 * np.sin(9 * along) + 0.25 * np.cumsum(rng.normal(0, 0.25, along.size)) / 4
    ) * np.sin(np.pi * np.clip(along, 0.02, 0.98)) ** 0.35
    for (x, y), half in zip(path, width, strict=True):
        cv2.circle(
            mask,
            (round(x * 16), round(y * 16)),
            round(max(half, 0.4) * PX_PER_MM * 16),
            1.0,
            -1,
            cv2.LINE_AA,
            4,
        )
    for share in (0.15, 0.33, 0.5, 0.67, 0.85):
        x, y = path[int(share * 159)]
        for side in (-1, 1):
            dot = (x + side * (3.6 + rng.normal(0, 0.15)) * PX_PER_MM, y + side * 0.5 * PX_PER_MM)
            cv2.circle(
                mask,
                (round(dot[0] * 16), round(dot[1] * 16)),
                round(0.45 * PX_PER_MM * 16),
                0.7,
                -1,
                cv2.LINE_AA,
                4,
            )
    wobble = texture.smooth_noise(shape, 0.9 * PX_PER_MM, rng)
    soft = cv2.GaussianBlur(mask, (0, 0), 0.45 * PX_PER_MM)
    return np.clip((soft + 0.06 * wobble * (soft > 0.05) - 0.3) / 0.4, 0, 1).astype(np.float32)


def _skin_lines(shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """The fine diamond pattern of arm skin: two sets of shallow furrows that cross."""
    out = np.zeros(shape, np.float32)
    for angle in (0.55, -0.75, 1.35):
        noise = rng.standard_normal(shape).astype(np.float32)
        noise = cv2.GaussianBlur(noise, (0, 0), 0.10 * PX_PER_MM)
        turn = angle + 0.25 * texture.smooth_noise(shape, 7 * PX_PER_MM, rng)
        lines = strands.streaks(
            noise, np.cos(turn).astype(np.float32), np.sin(turn).astype(np.float32), round(2.6 * PX_PER_MM)
        )
        out += np.clip(lines, 0.2, 2.5) - 0.2
    return (0.020 * out).astype(np.float32)


def _hairs(picture: Array) -> Array:
    """Fine short hairs, as on most forearms."""
    rng = np.random.default_rng(_SEED + 1)
    height, width = picture.shape[:2]
    hairs = []
    for _ in range(130):
        start = np.array([rng.uniform(0, width), rng.uniform(0, height)])
        heading = 1.9 + float(rng.normal(0, 0.3))
        hairs.append(
            (
                strands.bent(start, heading, float(rng.uniform(4, 9)) * PX_PER_MM, float(rng.normal(0, 0.5))),
                float(rng.uniform(0.5, 0.9)),
                float(rng.uniform(0.2, 0.6)),
            )
        )
    cover = strands.drawn((height, width), hairs)[..., None]
    return picture * (1 - cover) + cover * np.array([0.055, 0.036, 0.024], np.float32)


def _paper(picture: Array) -> Array:
    """A paper ruler across the lower edge, with a tick every millimetre."""
    height, width = picture.shape[:2]
    rng = np.random.default_rng(_SEED + 2)
    sheet = np.full((height, width), 0.62, np.float32) * (
        1 + 0.012 * rng.standard_normal((height, width)).astype(np.float32)
    )
    finer = strands.FINER
    ink = np.zeros((height * finer, width * finer), np.uint8)
    top = _PAPER_MM * PX_PER_MM
    for mm in range(2, int(SIZE_MM[1])):
        length = 6.0 if mm % 10 == 0 else 4.2 if mm % 5 == 0 else 2.8
        x = round(mm * PX_PER_MM * finer)
        cv2.line(
            ink,
            (x, round(top * finer)),
            (x, round((top + length * PX_PER_MM * 0.6) * finer)),
            255,
            4,
            cv2.LINE_AA,
        )
        if mm % 10 == 0:
            cv2.putText(
                ink,
                str(mm // 10),
                (x - 26, round((top + 7.4 * PX_PER_MM) * finer)),
                cv2.FONT_HERSHEY_SIMPLEX,
                2.6,
                255,
                5,
                cv2.LINE_AA,
            )
    ink_small = cv2.resize(ink, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    sheet = sheet * (1 - 0.93 * ink_small)
    edge = _filled(
        (height, width), ((-9, _PAPER_MM), (SIZE_MM[1] + 9, _PAPER_MM), (SIZE_MM[1] + 9, 199), (-9, 199))
    )
    shadow = cv2.GaussianBlur(np.roll(edge, -3, axis=0), (0, 0), 5)
    picture = picture * (1 - 0.3 * shadow)[..., None]
    return picture * (1 - edge[..., None]) + (sheet * edge)[..., None] * np.array(
        [1.0, 0.985, 0.95], np.float32
    )


def _filled(shape: tuple[int, int], outline_mm: tuple[tuple[float, float], ...]) -> Array:
    mask = np.zeros(shape, np.uint8)
    points = np.round(np.array(outline_mm, float) * PX_PER_MM * 16).astype(np.int32)
    cv2.fillPoly(mask, [points], 255, cv2.LINE_AA, 4)
    return np.asarray(mask.astype(np.float32) / 255, np.float32)
