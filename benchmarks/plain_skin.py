"""A third drawing of skin: colours in RGB by hand, a height map, a phone's picture of it.

It shares no code, optics, camera or texture with the two generators of SkinDRO-1, and is as plain as a
drawing of skin can be: no spectra, no hair, no paper, no edge, whole pictures of bare skin. No constant is
derived on it. `benchmarks.plain_pairs` compares its photos.

Colours are linear sRGB until the camera, optical densities -log10 of them; lengths are in px, 10 to the mm.

Limits: pigment and blood move optical density along one direction each, the same in every skin and under
every lamp; light is a lamp and a constant ambient part; no gloss, no second camera.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from PIL import Image

from analysis.records import FloatMap, Region

PX_PER_MM = 10.0
WIDTH, HEIGHT = 1120, 560
MARGIN = 80
"""Skin drawn beyond each edge, in px, for a camera that does not stand still."""
TREATED, REFERENCE = (120, 80, 520, 480), (600, 80, 1000, 480)
"""Left, top, right, bottom of the two patches, in px of the baseline."""


@dataclass(frozen=True, slots=True)
class Tone:
    """The colour of one kind of skin, and how much light pigment and blood take from it."""

    colour: tuple[float, float, float]
    """Linear sRGB at an exposure of 1."""
    melanin: float
    """Optical density of green that the pigment has."""
    blood: float
    exposure: float = 1.0
    """What a camera adds for dark skin."""


TONES = {
    "I-II": Tone((0.72, 0.50, 0.40), 0.05, 0.10),
    "III": Tone((0.55, 0.33, 0.22), 0.14, 0.09),
    "IV": Tone((0.42, 0.23, 0.13), 0.25, 0.08),
    "V": Tone((0.24, 0.12, 0.065), 0.45, 0.07, 1.35),
    "VI": Tone((0.10, 0.05, 0.03), 0.80, 0.05, 2.2),
}
MELANIN_DIRECTION = np.array([0.55, 1.0, 1.55], np.float32)
BLOOD_DIRECTION = np.array([0.25, 1.0, 0.72], np.float32)
"""Change of optical density of R, G, B for one of green."""

SOFTENED = 0.6
"""Share of a slope that shows: light spreads beneath the surface."""


@dataclass(frozen=True, slots=True)
class Dose:
    """What was done to the treated patch; 1 leaves it as it is."""

    relief: float = 1.0
    blood: float = 1.0
    melanin: float = 1.0
    spots: float = 1.0


@dataclass(frozen=True, slots=True)
class Skin:
    """One person's skin, all (h, w) float32: height in mm, the rest as a multiple of the tone's own."""

    height: FloatMap
    blood: FloatMap
    melanin: FloatMap
    spots: FloatMap


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: light, camera, file."""

    azimuth: float
    elevation: float
    gradient: tuple[float, float, float, float, float, float]
    """Light of two colours: R, G, B along the width, then along the height, as shares."""
    gain: float
    balance: tuple[float, float, float]
    gamma: float
    blur_px: float
    noise: float
    quality: int
    turn_deg: float
    scale: float
    shift: tuple[float, float]
    seed: int


def draw_skin(rng: np.random.Generator) -> Skin:
    """Furrows, pores, roughness of five sizes; blotches of blood; pigment that is uneven and has spots."""
    shape = (HEIGHT + 2 * MARGIN, WIDTH + 2 * MARGIN)
    height = np.zeros(shape, np.float32)
    for sigma, depth in ((1.0, 0.010), (1.8, 0.016), (3.5, 0.03), (7.0, 0.05), (12.0, 0.06)):
        height += depth * _rough(rng, shape, sigma)
    count = int(0.4 * shape[0] * shape[1] / PX_PER_MM**2)
    pores = np.zeros(shape, np.float32)
    pores[rng.integers(0, shape[0], count), rng.integers(0, shape[1], count)] = rng.uniform(0.5, 1.5, count)
    pores = cv2.GaussianBlur(pores, (0, 0), 1.3)
    height -= 0.16 * pores / pores.max()
    furrows = cv2.GaussianBlur(rng.standard_normal(shape, np.float32), (0, 0), sigmaX=14, sigmaY=2.2)
    height -= 0.06 * np.exp(-((furrows / furrows.std() / 0.25) ** 2))

    spots = np.zeros(shape, np.float32)
    for _ in range(60):
        centre = int(rng.integers(0, shape[1])), int(rng.integers(0, shape[0]))
        cv2.circle(spots, centre, int(rng.integers(3, 14)), float(rng.uniform(0.1, 0.5)), -1)
    return Skin(
        height,
        blood=1 + 0.12 * _rough(rng, shape, 30) + 0.08 * _rough(rng, shape, 9),
        melanin=1 + 0.08 * _rough(rng, shape, 25) + 0.05 * _rough(rng, shape, 6),
        spots=cv2.GaussianBlur(spots, (0, 0), 2),
    )


def draw_shot(rng: np.random.Generator, *, moved: bool) -> Shot:
    """What differs from picture to picture of a phone that is held with some care.

    Args:
        rng: chance.
        moved: whether the camera stands elsewhere than at the baseline.
    """
    red, blue = np.exp(rng.normal(0, 0.05, 2))
    turn, larger = rng.uniform(-2, 2), rng.uniform(0.94, 1.06)
    across, down = rng.uniform(-15, 15, 2)
    return Shot(
        azimuth=math.radians(30 + rng.uniform(-8, 8)),
        elevation=math.radians(50 + rng.uniform(-8, 8)),
        gradient=tuple(rng.normal(0, 0.01, 6)),
        gain=float(2 ** rng.uniform(-0.4, 0.3)),
        balance=(float(red), 1.0, float(blue)),
        gamma=float(rng.uniform(0.92, 1.08)),
        blur_px=float(rng.uniform(0.5, 0.9)),
        noise=float(rng.uniform(0.7, 2.0)),
        quality=int(rng.integers(85, 96)),
        turn_deg=float(turn) if moved else 0.0,
        scale=float(larger) if moved else 1.0,
        shift=(float(across), float(down)) if moved else (0.0, 0.0),
        seed=int(rng.integers(1 << 30)),
    )


def photograph(skin: Skin, tone: Tone, shot: Shot, dose: Dose | None = None) -> bytes:
    """A JPEG of WIDTH by HEIGHT px.

    >>> rng = np.random.default_rng(1)
    >>> photograph(draw_skin(rng), TONES["III"], draw_shot(rng, moved=False))[:2] == b"\\xff\\xd8"
    True
    """
    light = _lit(skin, shot, dose or Dose()) * _reflected(skin, tone, dose or Dose())
    light = cv2.GaussianBlur(light, (0, 0), shot.blur_px)
    light *= np.float32(shot.gain * tone.exposure) * np.asarray(shot.balance, np.float32)
    linear = np.clip(light, 0, 1) ** np.float32(shot.gamma)
    codes = 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    rows, columns = skin.height.shape
    camera = cv2.getRotationMatrix2D((columns / 2, rows / 2), shot.turn_deg, shot.scale)
    camera[:, 2] += np.asarray(shot.shift) - MARGIN
    seen = cv2.warpAffine(codes.astype(np.float32), camera, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC)
    seen += np.random.default_rng(shot.seed).normal(0, shot.noise, seen.shape).astype(np.float32)
    file = io.BytesIO()
    Image.fromarray(np.clip(np.round(seen), 0, 255).astype(np.uint8)).save(file, "JPEG", quality=shot.quality)
    return file.getvalue()


def drawn_regions() -> tuple[Region, Region]:
    """The treated patch and the one beside it, as somebody draws them on the baseline."""
    return _patch("treated", TREATED), _patch("reference", REFERENCE)


def _reflected(skin: Skin, tone: Tone, dose: Dose) -> FloatMap:
    """(h, w, 3) what skin gives back of the light."""
    here = _treated_softly()
    pigment = tone.melanin * (skin.melanin * (1 + (dose.melanin - 1) * here) - 1)
    pigment += tone.melanin * skin.spots * (1 + (dose.spots - 1) * here)
    blood = tone.blood * (skin.blood * (1 + (dose.blood - 1) * here) - 1)
    density = pigment[..., None] * MELANIN_DIRECTION + blood[..., None] * BLOOD_DIRECTION
    return np.asarray(tone.colour, np.float32) * np.float32(10) ** -density


def _lit(skin: Skin, shot: Shot, dose: Dose) -> FloatMap:
    """(h, w, 3) the light that falls: ambient and a lamp, nearer on one side, of two colours."""
    height = skin.height * (1 + (dose.relief - 1) * _treated_softly())
    steepness = SOFTENED * PX_PER_MM
    right = steepness * cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = steepness * cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=1 / 8)
    x, y = (math.cos(shot.elevation) * turn(shot.azimuth) for turn in (math.cos, math.sin))
    z = math.sin(shot.elevation)
    cosine = np.clip((z - x * right - y * down) / np.sqrt(1 + right**2 + down**2), 0, None)
    rows, columns = height.shape
    across, along = np.meshgrid(
        np.linspace(-0.5, 0.5, columns, dtype=np.float32), np.linspace(-0.5, 0.5, rows, dtype=np.float32)
    )
    near = 1 + 0.25 * (across * x + along * y)
    shares = np.asarray(shot.gradient, np.float32)
    colours = 1 + across[..., None] * shares[:3] + along[..., None] * shares[3:]
    return ((0.4 + 0.6 * cosine / z) * near)[..., None] * colours


def _treated_softly() -> FloatMap:
    """1 on the treated patch and a millimetre around it, 0 elsewhere, with a soft edge."""
    left, top, right, bottom = TREATED
    here = np.zeros((HEIGHT + 2 * MARGIN, WIDTH + 2 * MARGIN), np.float32)
    here[top + MARGIN - 10 : bottom + MARGIN + 10, left + MARGIN - 10 : right + MARGIN + 10] = 1
    return cv2.GaussianBlur(here, (0, 0), 4)


def _patch(role: Literal["treated", "reference"], corners: tuple[int, int, int, int]) -> Region:
    left, top, right, bottom = corners
    return Region(
        role, role, np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)
    )


def _rough(rng: np.random.Generator, shape: tuple[int, int], sigma: float) -> FloatMap:
    """Smooth chance of SD 1."""
    field = cv2.GaussianBlur(rng.standard_normal(shape, np.float32), (0, 0), sigma)
    return field / field.std()
