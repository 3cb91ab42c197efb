"""The face without its fine skin: the enlarged portrait with strands, eyes and sharp outlines.

What is drawn here never changes between sessions. `skin` says where the phantom skin of `face` goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.samples import portrait
from benchmarks.samples.eyes import brows_and_lashes, with_eye
from benchmarks.samples.hair import with_hair
from benchmarks.samples.portrait import ZOOM, curve, filled, to_master

Array = NDArray[np.float32]

_SEED = 40_911


@dataclass(frozen=True, slots=True)
class Plate:
    """The face before its fine skin is laid on."""

    light: Array
    """(h, w, 3) linear light, white 1."""
    skin: Array
    """(h, w) 0 to 1: where there is bare skin."""
    hair: Array
    """(h, w) 0 to 1."""
    person: Array
    """(h, w) 0 to 1: everything that is not the wall."""


@cache
def face_plate() -> Plate:
    """The plate, drawn once a run (about 20 s)."""
    rng = np.random.default_rng(_SEED)
    smooth = portrait.enlarged(smoothing=True)
    sharp = portrait.narrowed_edges(portrait.enlarged(smoothing=False), passes=2)
    face = _face_mask(sharp)
    smooth, sharp = (_plain_forehead(image, face) for image in (smooth, sharp))
    hair = _hair_mask(sharp, face)
    lips = filled(to_master(portrait.LIPS), 5)
    openings = [filled(to_master(eye), 1.2) for eye in portrait.EYES]
    nostrils = sum((filled(to_master(n), 5) for n in portrait.NOSTRILS), np.zeros_like(face))

    crisp = np.maximum(lips, np.clip(sum(cv2.dilate(o, np.ones((45, 61))) for o in openings), 0, 1))
    crisp = cv2.GaussianBlur(np.clip(crisp, 0, 1), (0, 0), 12)
    outline = cv2.GaussianBlur(
        (np.abs(cv2.GaussianBlur(face, (0, 0), 10) - 0.5) < 0.32).astype(np.float32), (0, 0), 6
    )
    crisp = np.maximum.reduce(
        [(0.75 - 0.1 * cv2.GaussianBlur(lips, (0, 0), 8)) * crisp, outline, nostrils * 0.6]
    )[..., None]
    picture = smooth * (1 - crisp) + sharp * crisp
    picture = _background(picture, np.clip(face + hair, 0, 1), rng)
    picture = with_hair(picture, sharp, hair, face, rng)
    picture = _teeth_and_lips(picture, lips, rng)
    for index in (0, 1):
        x, y, _ = portrait.IRISES[index]
        window = np.s_[
            int((y - 11) * ZOOM) : int((y + 11) * ZOOM), int((x - 16) * ZOOM) : int((x + 16) * ZOOM)
        ]
        picture[window] = with_eye(picture, index, openings[index], rng, window)
    cover = brows_and_lashes(picture.shape[:2], rng)
    for mask, colour, strength in cover:
        picture = picture * (1 - strength * mask[..., None]) + strength * mask[..., None] * np.array(
            colour, np.float32
        )

    hidden = [lips, hair, *openings, nostrils, *(mask for mask, _, _ in cover)]
    skin = face * np.clip(1 - np.maximum.reduce(hidden), 0, 1)
    encoded = np.clip(picture, 0, 1)
    light = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    cloth = filled(np.vstack([curve(portrait.NECKLINE, 300), to_master([(140, 150), (-10, 150)])]), 2)
    person = np.maximum(np.clip(face + hair, 0, 1), cloth)
    return Plate((0.86 * light).astype(np.float32), skin.astype(np.float32), hair, person.astype(np.float32))


def _face_mask(sharp: Array) -> Array:
    """Face, ears and neck: inside the drawn outline, moved to the nearest real edge by colour."""
    drawn = filled(to_master(portrait.FACE), 0)
    inside = cv2.erode(drawn, np.ones((31, 31))) > 0.5
    near = (cv2.dilate(drawn, np.ones((31, 31))) > 0.5) & ~inside
    # Above the brows the hairline is ours, not the portrait's.
    near[: 30 * ZOOM] = False
    inside[: 30 * ZOOM] = drawn[: 30 * ZOOM] > 0.5
    red, green, blue = (sharp[..., band] for band in range(3))
    # Skin is bright and redder than green; hair is dark, background is bluish, cloth is black.
    skinlike = ((0.3 * red + 0.6 * green + 0.1 * blue) > 0.5) & (red - blue > 0.12) & (red - green > 0.075)
    mask = (inside | (near & skinlike)).astype(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (15, 15)))
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (25, 25)))
    # An outline of skin is smooth: no steps where the colours of two neighbours were alike.
    smooth = (cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 13) > 0.5).astype(np.float32)
    return cv2.GaussianBlur(smooth, (0, 0), 2.0)


def _plain_forehead(image: Array, face: Array) -> Array:
    """Where the fringe was lifted the portrait has few pixels to show: only their slow colour is kept."""
    rows = np.arange(face.shape[0], dtype=np.float32)[:, None] / ZOOM
    columns = np.arange(face.shape[1], dtype=np.float32) / ZOOM
    here, still = (
        np.interp(columns, portrait.HAIRLINE["x"], portrait.HAIRLINE[key])[None, :]
        for key in ("here", "still")
    )
    inside = (rows > here - 3) & (rows < still + 0.5)
    share = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 14) * face
    bare = cv2.erode((face > 0.9).astype(np.uint8), np.ones((41, 41), np.uint8)).astype(np.float32)
    bare *= image.mean(axis=2) > 0.54
    slow = np.zeros_like(image)
    # Wide first, then narrower wherever there is enough skin around.
    for sigma in (160, 55):
        weight = cv2.GaussianBlur(bare, (0, 0), sigma)[..., None]
        near = cv2.GaussianBlur(image * bare[..., None], (0, 0), sigma) / np.maximum(weight, 1e-3)
        trust = np.clip(weight / 0.25, 0, 1) if sigma < 100 else 1.0
        slow = slow * (1 - trust) + near * trust
    return image * (1 - share[..., None]) + slow * share[..., None]


def _hair_mask(sharp: Array, face: Array) -> Array:
    """Hair: outside the face, above the neck, neither the pale background nor the collar."""
    red, blue = sharp[..., 0], sharp[..., 2]
    grey = sharp.mean(axis=2)
    wall = (grey > 0.5) & (red - blue < 0.07)
    above = np.zeros_like(face, bool)
    above[: round(74 * ZOOM)] = True
    mask = (above & ~wall & (face < 0.5)).astype(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((25, 25), np.uint8))
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((31, 31), np.uint8))
    # Slits between hair and face belong to the hair: no wall shows through them.
    person = cv2.morphologyEx(
        mask | (face > 0.5).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((61, 61), np.uint8)
    )
    mask |= (person > 0) & above & (face < 0.5)
    mask = cv2.dilate(mask, np.ones((9, 9), np.uint8))
    return cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 3.0) * (1 - face)


def _background(picture: Array, person: Array, rng: np.random.Generator) -> Array:
    """A plain studio wall behind the head and a dark knitted shirt over the neck."""
    height, width = person.shape
    grid_y, grid_x = np.mgrid[0:height, 0:width].astype(np.float32)
    wall = (
        np.array([0.70, 0.69, 0.69], np.float32)
        * (1.05 - 0.14 * grid_x / width - 0.08 * grid_y / height)[..., None]
    )
    line = curve(portrait.NECKLINE, 300)
    region = np.zeros(person.shape, np.uint8)
    outline = np.vstack([line, [[width + 99, height + 99], [-99, height + 99]]])
    cv2.fillPoly(region, [np.round(outline * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    cloth = cv2.GaussianBlur(region.astype(np.float32) / 255, (0, 0), 1.5)
    from_edge = cv2.distanceTransform(region, cv2.DIST_L2, 5)
    # A ribbed band along the neckline, then plain knit.
    rib = np.where(
        from_edge < 110,
        0.10 * np.sin(from_edge * 0.0 + grid_x * 0.42),
        0.05 * np.sin(grid_x * 0.8) * np.sin(grid_y * 0.5),
    )
    seam = -0.35 * np.exp(-0.5 * ((from_edge - 112) / 4) ** 2)
    folds = cv2.GaussianBlur(rng.standard_normal((height // 4, width // 4)).astype(np.float32), (0, 0), 18)
    folds = cv2.resize(folds / folds.std(), (width, height), interpolation=cv2.INTER_CUBIC)
    shade = np.clip(0.75 + from_edge / 60, 0, 1)
    fabric = np.array([0.20, 0.22, 0.26], np.float32) * ((1 + rib + seam + 0.10 * folds) * shade)[..., None]
    picture = picture * person[..., None] + wall * (1 - person[..., None])
    cast = cv2.GaussianBlur(region.astype(np.float32) / 255, (0, 0), 14)
    picture = picture * (1 - 0.35 * np.clip(cast * 2, 0, 1) * person)[..., None]
    return picture * (1 - cloth[..., None]) + fabric * cloth[..., None]


def _teeth_and_lips(picture: Array, lips: Array, rng: np.random.Generator) -> Array:
    """Fine folds across the lips; the teeth keep the portrait's own outlines."""
    shape = lips.shape
    folds = cv2.GaussianBlur(rng.standard_normal(shape).astype(np.float32), (0, 0), sigmaX=2.2, sigmaY=18)
    folds /= folds.std()
    red = np.clip((picture[..., 0] - picture[..., 1] - 0.10) / 0.08, 0, 1) * lips
    red = cv2.GaussianBlur(red, (0, 0), 3)[..., None]
    grain = cv2.GaussianBlur(rng.standard_normal(shape).astype(np.float32), (0, 0), 1.2)[..., None] * 1.5
    return picture * (1 + red * (0.014 * folds[..., None] + 0.02 * grain))
