"""The face without its fine skin: the enlarged portrait with strands, eyes and sharp outlines.

What is drawn here never changes between sessions. `skin` says where the phantom skin of `face` goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.samples import portrait, strands
from benchmarks.samples.portrait import ZOOM, Points, curve, filled, to_master

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
    lips: Array
    """(h, w) 0 to 1."""


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
    outline = cv2.GaussianBlur((np.abs(cv2.GaussianBlur(face, (0, 0), 10) - 0.5) < 0.32).astype(np.float32), (0, 0), 6)
    crisp = np.maximum.reduce([0.75 * crisp, outline, nostrils * 0.6])[..., None]
    picture = smooth * (1 - crisp) + sharp * crisp
    picture = _background(picture, np.clip(face + hair, 0, 1), rng)
    picture = _hair_strands(picture, sharp, hair, face, rng)
    picture = _teeth_and_lips(picture, lips, rng)
    for index in (0, 1):
        x, y, _ = portrait.IRISES[index]
        window = np.s_[int((y - 11) * ZOOM) : int((y + 11) * ZOOM), int((x - 16) * ZOOM) : int((x + 16) * ZOOM)]
        picture[window] = _eye(picture, index, openings[index], rng, window)
    cover = _brows_and_lashes(picture.shape[:2], rng)
    for mask, colour, strength in cover:
        picture = picture * (1 - strength * mask[..., None]) + strength * mask[..., None] * np.float32(colour)

    hidden = [lips, hair, *openings, nostrils, *(mask for mask, _, _ in cover)]
    skin = face * np.clip(1 - np.maximum.reduce(hidden), 0, 1)
    encoded = np.clip(picture, 0, 1)
    light = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return Plate(light.astype(np.float32), skin.astype(np.float32), hair, lips)


def _face_mask(sharp: Array) -> Array:
    """Face, ears and neck: inside the drawn outline, moved to the nearest real edge by colour."""
    drawn = filled(to_master(portrait.FACE), 0)
    inside = cv2.erode(drawn, np.ones((31, 31))) > 0.5
    near = (cv2.dilate(drawn, np.ones((31, 31))) > 0.5) & ~inside
    red, green, blue = (sharp[..., band] for band in range(3))
    # Skin is bright and redder than green; hair is dark, background is bluish, cloth is black.
    skinlike = ((0.3 * red + 0.6 * green + 0.1 * blue) > 0.5) & (red - blue > 0.12) & (red - green > 0.075)
    mask = (inside | (near & skinlike)).astype(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (15, 15)))
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (25, 25)))
    return cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 2.0)


def _plain_forehead(image: Array, face: Array) -> Array:
    """Where the fringe was lifted the portrait has few pixels to show: only their slow colour is kept."""
    rows = np.arange(face.shape[0], dtype=np.float32)[:, None] / ZOOM
    columns = np.arange(face.shape[1], dtype=np.float32) / ZOOM
    here, still = (np.interp(columns, portrait.HAIRLINE["x"], portrait.HAIRLINE[key])[None, :] for key in ("here", "still"))
    inside = (rows > here - 3) & (rows < still + 0.5)
    share = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 14) * face
    bare = cv2.erode((face > 0.9).astype(np.uint8), np.ones((61, 61), np.uint8)).astype(np.float32)
    bare *= image.mean(axis=2) > 0.66
    slow = cv2.GaussianBlur(image * bare[..., None], (0, 0), 55) / np.maximum(cv2.GaussianBlur(bare, (0, 0), 55), 0.01)[..., None]
    return image * (1 - share[..., None]) + slow * share[..., None]


def _hair_mask(sharp: Array, face: Array) -> Array:
    """Hair: outside the face, above the neck, neither the pale background nor the collar."""
    height, width = face.shape
    red, green, blue = (sharp[..., band] for band in range(3))
    grey = sharp.mean(axis=2)
    colour = (red - blue > 0.06) & (grey < 0.80)
    dark = grey < 0.25
    above = np.zeros_like(face, bool)
    above[: round(72 * ZOOM)] = True
    mask = ((colour | dark) & above & (face < 0.5)).astype(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((25, 25), np.uint8))
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((31, 31), np.uint8))
    # Slits between hair and face belong to the hair: no wall shows through them.
    person = cv2.morphologyEx(mask | (face > 0.5).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((41, 41), np.uint8))
    mask |= (person > 0) & above & (face < 0.5)
    mask = cv2.dilate(mask, np.ones((9, 9), np.uint8))
    return cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 3.0) * (1 - face)


def _background(picture: Array, person: Array, rng: np.random.Generator) -> Array:
    """A plain studio wall behind the head and a dark knitted shirt over the neck."""
    height, width = person.shape
    grid_y, grid_x = np.mgrid[0:height, 0:width].astype(np.float32)
    wall = np.array([0.70, 0.69, 0.69], np.float32) * (1.05 - 0.14 * grid_x / width - 0.08 * grid_y / height)[..., None]
    line = curve(portrait.NECKLINE, 300)
    region = np.zeros(person.shape, np.uint8)
    outline = np.vstack([line, [[width + 99, height + 99], [-99, height + 99]]])
    cv2.fillPoly(region, [np.round(outline * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    cloth = cv2.GaussianBlur(region.astype(np.float32) / 255, (0, 0), 1.5)
    from_edge = cv2.distanceTransform(region, cv2.DIST_L2, 5)
    # A ribbed band along the neckline, then plain knit.
    rib = np.where(from_edge < 110, 0.10 * np.sin(from_edge * 0.0 + grid_x * 0.42), 0.05 * np.sin(grid_x * 0.8) * np.sin(grid_y * 0.5))
    seam = -0.35 * np.exp(-0.5 * ((from_edge - 112) / 4) ** 2)
    folds = cv2.GaussianBlur(rng.standard_normal((height // 4, width // 4)).astype(np.float32), (0, 0), 18)
    folds = cv2.resize(folds / folds.std(), (width, height), interpolation=cv2.INTER_CUBIC)
    shade = np.clip(0.75 + from_edge / 60, 0, 1)
    fabric = np.array([0.20, 0.22, 0.26], np.float32) * ((1 + rib + seam + 0.10 * folds) * shade)[..., None]
    picture = picture * person[..., None] + wall * (1 - person[..., None])
    cast = cv2.GaussianBlur(region.astype(np.float32) / 255, (0, 0), 14)
    picture = picture * (1 - 0.35 * np.clip(cast * 2, 0, 1) * person)[..., None]
    return picture * (1 - cloth[..., None]) + fabric * cloth[..., None]


def _flow(picture: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Directions of the hair: the drawn flow, bent a little towards the lines the portrait shows."""
    height, width = picture.shape[:2]
    step = 7
    grid_y, grid_x = np.mgrid[0:height:step, 0:width:step].astype(np.float32)
    twice_x, twice_y = np.zeros_like(grid_x), np.zeros_like(grid_x)
    for x, y, dx, dy in portrait.HAIR_FLOW:
        near = 1 / (((grid_x - x * ZOOM) ** 2 + (grid_y - y * ZOOM) ** 2) / (6 * ZOOM) ** 2 + 0.15) ** 1.6
        angle = 2 * np.arctan2(dy, dx)
        twice_x += near * np.cos(angle)
        twice_y += near * np.sin(angle)
    drawn = 0.5 * np.arctan2(twice_y, twice_x)
    seen_x, seen_y = strands.orientation(cv2.GaussianBlur(picture, (0, 0), 5), 26)
    seen = np.arctan2(seen_y, seen_x)[::step, ::step]
    apart = (seen - drawn + np.pi / 2) % np.pi - np.pi / 2
    bend = cv2.GaussianBlur(np.clip(apart, -0.6, 0.6).astype(np.float32), (0, 0), 5) * 0.5
    wave = cv2.GaussianBlur(rng.standard_normal(drawn.shape).astype(np.float32), (0, 0), 9)
    angle = drawn + bend + 0.13 * wave / wave.std()
    size = (width, height)
    along_x = cv2.resize(np.cos(2 * angle).astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    along_y = cv2.resize(np.sin(2 * angle).astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    turn = 0.5 * np.arctan2(along_y, along_x)
    return np.cos(turn).astype(np.float32), np.sin(turn).astype(np.float32)


def _hair_strands(picture: Array, sharp: Array, hair: Array, face: Array, rng: np.random.Generator) -> Array:
    """Hair drawn out along its own direction at several widths, and single hairs over its edge."""
    along_x, along_y = _flow(picture, rng)
    shape = hair.shape
    layers = []
    for sigma in (0.0, 1.3, 3.5, 9.0):
        noise = rng.standard_normal(shape).astype(np.float32)
        layers.append(cv2.GaussianBlur(noise, (0, 0), sigma) if sigma else noise)
    drawn_out = strands.streaks(np.stack(layers, axis=2), along_x, along_y, 300)
    log_gain = drawn_out @ np.array([0.11, 0.10, 0.09, 0.10], np.float32)
    mixed = 0.5 * picture + 0.5 * sharp
    outside = cv2.GaussianBlur(mixed * hair[..., None], (0, 0), 18) / np.maximum(cv2.GaussianBlur(hair, (0, 0), 18), 0.02)[..., None]
    mixed = mixed * hair[..., None] + outside * (1 - hair[..., None])
    combed = strands.averaged(mixed, along_x, along_y, 90)
    # A little of brown and grey: the portrait's print turned it green.
    grey = combed.mean(axis=2, keepdims=True)
    combed = grey + (combed - grey) * np.array([0.85, 0.5, 0.8], np.float32)
    combed = combed * np.exp(log_gain)[..., None]
    mask = hair[..., None]
    # Hair throws a soft shadow on the skin beside it.
    picture = picture * (1 - 0.22 * cv2.GaussianBlur(hair, (0, 0), 22) * face)[..., None]
    picture = picture * (1 - mask) + combed * mask

    edge = ((hair > 0.35) & (hair < 0.95)).astype(np.uint8)
    rows, columns = np.nonzero(edge)
    lights, darks = [], []
    grow_x = cv2.Sobel(cv2.GaussianBlur(hair, (0, 0), 15), cv2.CV_32F, 1, 0)
    grow_y = cv2.Sobel(cv2.GaussianBlur(hair, (0, 0), 15), cv2.CV_32F, 0, 1)
    for pick in rng.choice(rows.size, 1500, replace=False):
        y, x = int(rows[pick]), int(columns[pick])
        direction = np.array([along_x[y, x], along_y[y, x]])
        out = -np.array([grow_x[y, x], grow_y[y, x]])
        out /= max(float(np.hypot(*out)), 1e-6)
        if direction[1] < 0:
            direction = -direction
        if direction @ out < -0.15:
            continue
        length = float(rng.gamma(3.0, 26.0))
        start = np.array([x, y], np.float64) - direction * length * float(rng.uniform(0.45, 0.8)) - out * 6
        lean = direction + 0.10 * out
        stroke = strands.bent(start, float(np.arctan2(lean[1], lean[0]) + rng.normal(0, 0.06)), length, float(rng.normal(0, 0.2)))
        (darks if rng.uniform() < 0.5 else lights).append((stroke, float(rng.uniform(0.6, 1.1)), float(rng.uniform(0.25, 0.7))))
    dark = strands.drawn(shape, darks)[..., None]
    light = strands.drawn(shape, lights)[..., None]
    under = cv2.GaussianBlur(picture * mask, (0, 0), 12) / np.maximum(cv2.GaussianBlur(hair, (0, 0), 12), 0.02)[..., None]
    picture = picture * (1 - dark) + np.clip(under * 0.8, 0, 0.5) * dark
    return picture * (1 - 0.7 * light) + np.clip(under * 1.2, 0, 0.7) * 0.7 * light


def _teeth_and_lips(picture: Array, lips: Array, rng: np.random.Generator) -> Array:
    """Fine folds across the lips; the teeth keep the portrait's own outlines."""
    shape = lips.shape
    folds = cv2.GaussianBlur(rng.standard_normal(shape).astype(np.float32), (0, 0), sigmaX=2.2, sigmaY=18)
    folds /= folds.std()
    red = np.clip((picture[..., 0] - picture[..., 1] - 0.10) / 0.08, 0, 1) * lips
    red = cv2.GaussianBlur(red, (0, 0), 3)[..., None]
    grain = cv2.GaussianBlur(rng.standard_normal(shape).astype(np.float32), (0, 0), 1.2)[..., None] * 1.5
    return picture * (1 + red * (0.014 * folds[..., None] + 0.02 * grain))


def _eye(picture: Array, index: int, opening: Array, rng: np.random.Generator, window: tuple[slice, slice]) -> Array:
    """One eye's window: iris with fibres, pupil, reflections of the lamp and the shadow of the upper lid."""
    corner_xy = np.array([window[1].start, window[0].start], np.float32)
    base = picture[window]
    opening = opening[window]
    height, width = opening.shape
    grid_y, grid_x = np.mgrid[0:height, 0:width].astype(np.float32)
    x0, y0, radius = (v * ZOOM for v in portrait.IRISES[index])
    x0, y0 = x0 - corner_xy[0], y0 - corner_xy[1]
    dx, dy = grid_x - x0, grid_y - y0
    distance = np.hypot(dx, dy) / radius
    angle = np.arctan2(dy, dx)

    corner = np.clip(np.abs(dx) / (radius * 2.5), 0, 1)
    white = np.array([0.79, 0.745, 0.725], np.float32) * (1.0 - 0.30 * corner**2)[..., None]
    veins = strands.streaks(rng.standard_normal(opening.shape).astype(np.float32), np.cos(0.5 * np.sin(dx / 25)), np.sin(0.5 * np.sin(dx / 25)), 50)
    white = white - (np.clip(veins - 1.9, 0, 0.8) * corner)[..., None] * np.array([0.03, 0.16, 0.14], np.float32)
    white = white + np.clip(corner - 0.66, 0, 0.5)[..., None] * np.array([0.12, -0.55, -0.50], np.float32)
    white = 0.72 * white + 0.28 * base

    turns = rng.uniform(0, 2 * np.pi, 120)
    rays = rng.integers(20, 190, 120)
    wobble = rng.uniform(0.5, 2.5, 120)
    fibre = np.zeros_like(distance)
    for turn, ray, sway in zip(turns, rays, wobble):
        fibre += np.cos(ray * angle + turn + sway * np.sin(3 * distance + turn)) / np.sqrt(60)
    collarette = np.exp(-0.5 * ((distance - 0.55 - 0.03 * np.sin(7 * angle + turns[0])) / 0.09) ** 2)
    level = 0.205 + 0.026 * fibre + 0.045 * collarette + 0.075 * (dy / radius) + 0.03 * (dx / radius)
    iris = level[..., None] * np.array([1.18, 0.83, 0.55], np.float32)
    iris = iris * (1 - 0.55 * _step(distance, 0.92, 0.05))[..., None]
    pupil = (1 - _step(distance, 0.37, 0.018))[..., None]
    iris = iris * (1 - pupil) + pupil * np.float32(0.045)
    inside = (1 - _step(distance, 1.0, 0.028))[..., None]
    eye = white * (1 - inside) + iris * inside

    lid = np.zeros(opening.shape, np.float32)
    upper = portrait.EYES[index][: portrait.UPPER_LID_POINTS[index]]
    cv2.polylines(lid, [_fixed(curve(upper, 80) - corner_xy)], False, 1.0, 30, cv2.LINE_AA, 4)
    lid = cv2.GaussianBlur(np.roll(lid, 9, axis=0), (0, 0), 9)[..., None]
    eye = eye * (1 - 0.62 * lid)
    for cx, cy, size in portrait.CATCHLIGHTS[index]:
        spot = np.hypot((grid_x - cx * ZOOM + corner_xy[0]) / 0.9, grid_y - cy * ZOOM + corner_xy[1]) / (size * ZOOM)
        glint = (1 - _step(spot, 1.0, 0.15))[..., None] * (0.85 if size > 0.35 else 0.28)
        eye = eye * (1 - glint) + glint * np.float32(0.92)
    mask = cv2.GaussianBlur(opening, (0, 0), 1.5)[..., None]
    out = base * (1 - mask) + eye * mask
    lower = np.zeros(opening.shape, np.float32)
    edge = (*portrait.EYES[index][portrait.UPPER_LID_POINTS[index] - 1 :], portrait.EYES[index][0])
    cv2.polylines(lower, [_fixed(curve(edge, 80) - corner_xy + np.float32([0, 3]))], False, 1.0, 6, cv2.LINE_AA, 4)
    rim = cv2.GaussianBlur(lower, (0, 0), 2.0)[..., None]
    return out * (1 - 0.4 * rim) + 0.4 * rim * np.array([0.80, 0.60, 0.55], np.float32)


def _step(value: Array, at: float, width: float) -> Array:
    return (1 / (1 + np.exp(-np.clip((value - at) / width, -40, 40)))).astype(np.float32)


def _fixed(points: Array) -> NDArray[np.int32]:
    return np.round(points * 16).astype(np.int32)


def _brows_and_lashes(shape: tuple[int, int], rng: np.random.Generator) -> list[tuple[Array, tuple[float, float, float], float]]:
    """Masks of strands, each with its colour (sRGB 0-1) and strength."""
    brow, lash, line = [], [], []
    for index, points in enumerate(portrait.BROWS):
        path = curve(points, 200)
        outward = -1.0 if index == 0 else 1.0
        for _ in range(520):
            t = float(rng.beta(1.1, 1.1))
            at = int(t * 199)
            tangent = path[min(at + 4, 199)] - path[max(at - 4, 0)]
            heading = float(np.arctan2(tangent[1], tangent[0]))
            across = float(np.clip(rng.normal(0, 0.5), -1.1, 1.1))
            start = path[at] + np.array([0.0, across * 9.0 * (1 - 0.6 * t)], np.float32)
            # Hairs rise a little at the nose end and lie along the brow further out.
            rise = outward * (-0.5 * (1 - t) ** 2 - 0.12 + 0.18 * across)
            length = float(rng.uniform(20, 44)) * (1 - 0.3 * t)
            bend = outward * float(rng.uniform(0.0, 0.3))
            brow.append((strands.bent(start, heading + rise, length, bend), float(rng.uniform(0.7, 1.2)), float(rng.uniform(0.25, 0.75))))
    for index, eye in enumerate(portrait.EYES):
        count = portrait.UPPER_LID_POINTS[index]
        upper = curve(eye[:count], 160)
        lower = curve((*eye[count - 1 :], eye[0]), 160)
        outer_first = index == 0
        outer = -1.0 if outer_first else 1.0
        centre = upper.mean(axis=0)
        for number, (a, b) in enumerate(zip(upper[:-1], upper[1:])):
            share = number / 158 if outer_first else 1 - number / 158
            line.append((np.stack([a, b]), 2.0 + 6.0 * (1 - share), 0.25 + 0.7 * (1 - share)))
        for _ in range(110):
            t = float(rng.beta(1.0, 1.5))
            at = int((t if outer_first else 1 - t) * 159)
            root = upper[at] + rng.normal(0, 1.5, 2)
            side = float((root[0] - centre[0]) / 140)
            tilt = float(np.clip(side * 0.85 + outer * 0.30, -1.3, 1.3))
            length = float(rng.uniform(15, 36)) * (0.5 + 0.5 * (1 - t))
            heading = -np.pi / 2 + 1.25 * tilt + float(rng.normal(0, 0.12))
            lash.append((strands.bent(root, heading, length, -0.7 * float(np.sign(tilt))), float(rng.uniform(1.0, 1.7)), float(rng.uniform(0.4, 0.85))))
        for _ in range(46):
            t = float(rng.uniform(0.1, 0.95))
            root = lower[int(t * 159)] + np.array([0, 4.0]) + rng.normal(0, 0.8, 2)
            side = float((root[0] - centre[0]) / 140)
            heading = np.pi / 2 - float(np.clip(side * 0.9, -1.2, 1.2)) + float(rng.normal(0, 0.2))
            lash.append((strands.bent(root, heading, float(rng.uniform(7, 15)), float(rng.normal(0, 0.3))), float(rng.uniform(0.6, 0.9)), float(rng.uniform(0.15, 0.4))))
    crease = [
        (np.stack([a, b]), 3.0, 0.8) for points in portrait.CREASES for path in [curve(points, 120)] for a, b in zip(path[:-1], path[1:])
    ]
    return [
        (cv2.GaussianBlur(strands.drawn(shape, crease), (0, 0), 4.0), (0.40, 0.26, 0.19), 0.5),
        (cv2.GaussianBlur(strands.drawn(shape, line), (0, 0), 1.6), (0.15, 0.10, 0.08), 0.8),
        (cv2.GaussianBlur(strands.drawn(shape, lash), (0, 0), 0.5), (0.13, 0.095, 0.08), 0.85),
        (cv2.GaussianBlur(strands.drawn(shape, brow), (0, 0), 0.5), (0.34, 0.235, 0.16), 0.8),
    ]
