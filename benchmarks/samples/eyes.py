"""Eyes, lashes and brows of the face, drawn at the portrait's own places."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.samples import portrait, strands
from benchmarks.samples.portrait import ZOOM, curve
from benchmarks.samples.strands import Stroke

Array = NDArray[np.float32]


def with_eye(
    picture: Array, index: int, opening: Array, rng: np.random.Generator, window: tuple[slice, slice]
) -> Array:
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
    veins = strands.streaks(
        rng.standard_normal(opening.shape).astype(np.float32),
        np.cos(0.5 * np.sin(dx / 25)),
        np.sin(0.5 * np.sin(dx / 25)),
        50,
    )
    white = white - (np.clip(veins - 1.9, 0, 0.8) * corner)[..., None] * np.array(
        [0.03, 0.16, 0.14], np.float32
    )
    white = white + np.clip(corner - 0.66, 0, 0.5)[..., None] * np.array([0.12, -0.55, -0.50], np.float32)
    white = 0.72 * white + 0.28 * base

    turns = rng.uniform(0, 2 * np.pi, 120)
    rays = rng.integers(20, 190, 120)
    wobble = rng.uniform(0.5, 2.5, 120)
    fibre = np.zeros_like(distance)
    for turn, ray, sway in zip(turns, rays, wobble, strict=True):
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
        spot = np.hypot((grid_x - cx * ZOOM + corner_xy[0]) / 0.9, grid_y - cy * ZOOM + corner_xy[1]) / (
            size * ZOOM
        )
        glint = (1 - _step(spot, 1.0, 0.15))[..., None] * (0.85 if size > 0.35 else 0.28)
        eye = eye * (1 - glint) + glint * np.float32(0.92)
    mask = cv2.GaussianBlur(opening, (0, 0), 1.5)[..., None]
    out = base * (1 - mask) + eye * mask
    lower = np.zeros(opening.shape, np.float32)
    edge = (*portrait.EYES[index][portrait.UPPER_LID_POINTS[index] - 1 :], portrait.EYES[index][0])
    cv2.polylines(
        lower,
        [_fixed(curve(edge, 80) - corner_xy + np.array([0, 3], np.float32))],
        False,
        1.0,
        6,
        cv2.LINE_AA,
        4,
    )
    rim = cv2.GaussianBlur(lower, (0, 0), 2.0)[..., None]
    return out * (1 - 0.4 * rim) + 0.4 * rim * np.array([0.80, 0.60, 0.55], np.float32)


def _step(value: Array, at: float, width: float) -> Array:
    return (1 / (1 + np.exp(-np.clip((value - at) / width, -40, 40)))).astype(np.float32)


def _fixed(points: Array) -> NDArray[np.int32]:
    return np.round(points * 16).astype(np.int32)


def brows_and_lashes(
    shape: tuple[int, int], rng: np.random.Generator
) -> list[tuple[Array, tuple[float, float, float], float]]:
    """Masks of strands, each with its colour (sRGB 0-1) and strength."""
    brow: list[Stroke] = []
    lash: list[Stroke] = []
    line: list[Stroke] = []
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
            brow.append(
                (
                    strands.bent(start, heading + rise, length, bend),
                    float(rng.uniform(0.7, 1.2)),
                    float(rng.uniform(0.25, 0.75)),
                )
            )
    for index, eye in enumerate(portrait.EYES):
        count = portrait.UPPER_LID_POINTS[index]
        upper = curve(eye[:count], 160)
        lower = curve((*eye[count - 1 :], eye[0]), 160)
        outer_first = index == 0
        outer = -1.0 if outer_first else 1.0
        centre = upper.mean(axis=0)
        for number, (a, b) in enumerate(pairwise(upper)):
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
            lash.append(
                (
                    strands.bent(root, heading, length, -0.7 * float(np.sign(tilt))),
                    float(rng.uniform(1.0, 1.7)),
                    float(rng.uniform(0.4, 0.85)),
                )
            )
        for _ in range(46):
            t = float(rng.uniform(0.1, 0.95))
            root = lower[int(t * 159)] + np.array([0, 4.0]) + rng.normal(0, 0.8, 2)
            side = float((root[0] - centre[0]) / 140)
            heading = np.pi / 2 - float(np.clip(side * 0.9, -1.2, 1.2)) + float(rng.normal(0, 0.2))
            lash.append(
                (
                    strands.bent(root, heading, float(rng.uniform(7, 15)), float(rng.normal(0, 0.3))),
                    float(rng.uniform(0.6, 0.9)),
                    float(rng.uniform(0.15, 0.4)),
                )
            )
    crease = [
        (np.stack([a, b]), 3.0, 0.8)
        for points in portrait.CREASES
        for path in [curve(points, 120)]
        for a, b in pairwise(path)
    ]
    return [
        (cv2.GaussianBlur(strands.drawn(shape, crease), (0, 0), 4.0), (0.40, 0.26, 0.19), 0.5),
        (cv2.GaussianBlur(strands.drawn(shape, line), (0, 0), 1.6), (0.15, 0.10, 0.08), 0.8),
        (cv2.GaussianBlur(strands.drawn(shape, lash), (0, 0), 0.5), (0.13, 0.095, 0.08), 0.85),
        (cv2.GaussianBlur(strands.drawn(shape, brow), (0, 0), 0.5), (0.34, 0.235, 0.16), 0.8),
    ]
