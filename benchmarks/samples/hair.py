"""The hair of the face: strands along a drawn flow, in the portrait's own light and shade."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.samples import portrait, strands
from benchmarks.samples.portrait import ZOOM, curve
from benchmarks.samples.strands import Stroke

Array = NDArray[np.float32]


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


def with_hair(picture: Array, sharp: Array, hair: Array, face: Array, rng: np.random.Generator) -> Array:
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
    outside = (
        cv2.GaussianBlur(mixed * hair[..., None], (0, 0), 18)
        / np.maximum(cv2.GaussianBlur(hair, (0, 0), 18), 0.02)[..., None]
    )
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
    lights: list[Stroke] = []
    darks: list[Stroke] = []
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
        stroke = strands.bent(
            start,
            float(np.arctan2(lean[1], lean[0]) + rng.normal(0, 0.06)),
            length,
            float(rng.normal(0, 0.2)),
        )
        (darks if rng.uniform() < 0.5 else lights).append(
            (stroke, float(rng.uniform(0.6, 1.1)), float(rng.uniform(0.25, 0.7)))
        )
    # Short fine hairs along the hairline.
    line = curve((*portrait.FACE[-12:], portrait.FACE[0]), 400)
    for at in rng.integers(0, 399, 420):
        x, y = line[at] + rng.normal(0, 4, 2)
        column, row = int(np.clip(x, 0, shape[1] - 1)), int(np.clip(y, 0, shape[0] - 1))
        heading = float(np.arctan2(along_y[row, column], along_x[row, column]))
        heading = heading if np.sin(heading) > 0 or np.cos(heading) > 0.5 else heading + np.pi
        start = np.array([x - 14 * np.cos(heading), y - 14 * np.sin(heading)])
        stroke = strands.bent(
            start,
            heading + float(rng.normal(0.22, 0.2)),
            float(rng.gamma(3.0, 15.0)),
            float(rng.normal(0.2, 0.3)),
        )
        darks.append((stroke, float(rng.uniform(0.5, 0.9)), float(rng.uniform(0.15, 0.5))))
    dark = strands.drawn(shape, darks)[..., None]
    light = strands.drawn(shape, lights)[..., None]
    under = (
        cv2.GaussianBlur(picture * mask, (0, 0), 12)
        / np.maximum(cv2.GaussianBlur(hair, (0, 0), 12), 0.02)[..., None]
    )
    picture = picture * (1 - dark) + np.clip(under * 0.8, 0, 0.5) * dark
    return picture * (1 - 0.7 * light) + np.clip(under * 1.2, 0, 0.7) * 0.7 * light
