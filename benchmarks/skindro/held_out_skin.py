"""Surface and pigment maps of the held-out generator: a net of furrows, conical pores, folds, vessels.

Maps are float32 (h, w), heights in mm. Where the phantom filters noise, this draws cells: the ground relief
is a net of polygonal furrows on two scales (as replicas of skin show them) over faint bumps. Depths are
parametrised so that bands of 0.12-1.2 mm shade by 0.5-2 % RMS.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from analysis.records import FloatMap


@dataclass(frozen=True, slots=True)
class Surface:
    """One place of skin."""

    height_mm: FloatMap
    spots: FloatMap
    """0 outside spots of melanin, up to 1 in them."""
    melanin: FloatMap
    """Factor on the person's level, about 1."""
    blood: FloatMap
    """Factor on the person's level, about 1."""


def surface(shape: tuple[int, int], px_per_mm: float, rng: np.random.Generator) -> Surface:
    """A place of skin of `shape` pixels."""
    area_cm2 = shape[0] * shape[1] / px_per_mm**2 / 100.0
    roughness = float(rng.uniform(0.8, 1.3))
    height = -0.030 * furrows(shape, px_per_mm, float(rng.uniform(0.9, 1.3)), 0.10, rng)
    height -= 0.016 * furrows(shape, px_per_mm, float(rng.uniform(0.4, 0.55)), 0.06, rng)
    height += 0.010 * bumps(shape, px_per_mm, (0.3, 0.7, 1.6), rng)
    height -= pits(shape, px_per_mm, round(float(rng.uniform(25.0, 55.0)) * area_cm2), rng)
    height -= folds(shape, px_per_mm, rng)
    blotch = bumps(shape, px_per_mm, (0.5, 1.5, 4.0), rng)
    blood = np.exp(0.16 * blotch) + 0.5 * vessels(shape, px_per_mm, round(0.6 * area_cm2), rng)
    return Surface(
        height_mm=(roughness * height).astype(np.float32),
        spots=islands(shape, px_per_mm, float(rng.uniform(0.02, 0.06)), rng),
        melanin=np.exp(0.06 * bumps(shape, px_per_mm, (1.5, 5.0), rng)).astype(np.float32),
        blood=blood.astype(np.float32),
    )


def furrows(
    shape: tuple[int, int], px_per_mm: float, cell_mm: float, width_mm: float, rng: np.random.Generator
) -> FloatMap:
    """0-1, 1 in the middle of the furrows between cells of about `cell_mm`: a Voronoi net."""
    step = cell_mm * px_per_mm
    rows, columns = np.meshgrid(
        np.arange(-1.0, shape[0] / step + 1), np.arange(-1.0, shape[1] / step + 1), indexing="ij"
    )
    jitter = rng.uniform(-0.42, 0.42, (2, *rows.shape))
    y, x = ((rows + jitter[0]) * step).astype(int), ((columns + jitter[1]) * step).astype(int)
    inside = (y >= 0) & (y < shape[0]) & (x >= 0) & (x < shape[1])
    seeds = np.full(shape, 255, np.uint8)
    seeds[y[inside], x[inside]] = 0
    _, cell = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    edge = np.zeros(shape, bool)
    edge[:, 1:] |= cell[:, 1:] != cell[:, :-1]
    edge[1:] |= cell[1:] != cell[:-1]
    distance = cv2.distanceTransform((~edge).astype(np.uint8), cv2.DIST_L2, 5)
    profile = np.exp(-distance / (width_mm * px_per_mm)).astype(np.float32)
    depth = np.clip(1.0 + 0.35 * bumps(shape, px_per_mm, (1.0,), rng), 0.2, 2.0)
    return np.asarray(cv2.GaussianBlur(profile, (0, 0), 0.03 * px_per_mm) * depth, np.float32)


def bumps(
    shape: tuple[int, int], px_per_mm: float, scales_mm: tuple[float, ...], rng: np.random.Generator
) -> FloatMap:
    """Value noise: random heights on lattices of the given spacings, cubic between them; mean 0, SD 1."""
    total = np.zeros(shape, np.float32)
    for spacing in scales_mm:
        size = tuple(max(4, int(np.ceil(side / (spacing * px_per_mm))) + 3) for side in shape)
        lattice = rng.uniform(-1.0, 1.0, size).astype(np.float32)
        u = np.arange(shape[1], dtype=np.float32) / np.float32(spacing * px_per_mm) + 1
        v = np.arange(shape[0], dtype=np.float32) / np.float32(spacing * px_per_mm) + 1
        at_x, at_y = np.meshgrid(u, v)
        total += cv2.remap(lattice, at_x, at_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return np.asarray((total - total.mean()) / total.std(), np.float32)


def pits(shape: tuple[int, int], px_per_mm: float, count: int, rng: np.random.Generator) -> FloatMap:
    """Pores in mm of depth: cones with a rounded rim, 0.15-0.4 mm across, log-normal."""
    depth = np.zeros(shape, np.float32)
    for _ in range(count):
        across = float(np.clip(np.exp(rng.normal(np.log(0.25), 0.3)), 0.15, 0.40)) * px_per_mm
        x, y = float(rng.uniform(0, shape[1])), float(rng.uniform(0, shape[0]))
        deep = float(rng.uniform(0.03, 0.08)) * across / (0.3 * px_per_mm)
        reach = int(np.ceil(1.6 * across)) + 1
        left, top = max(0, int(x) - reach), max(0, int(y) - reach)
        right, bottom = min(shape[1], int(x) + reach), min(shape[0], int(y) + reach)
        if left >= right or top >= bottom:
            continue
        u = np.arange(left, right, dtype=np.float32)[None] - x
        v = np.arange(top, bottom, dtype=np.float32)[:, None] - y
        r = np.hypot(u, v) / (0.5 * across)
        depth[top:bottom, left:right] += deep / (1.0 + r**3)
    return depth


def folds(shape: tuple[int, int], px_per_mm: float, rng: np.random.Generator) -> FloatMap:
    """Fine lines in mm of depth: a family of wavy lines of one direction that fade in and out."""
    angle = float(rng.uniform(-0.5, 0.5))
    u, v = np.meshgrid(np.arange(shape[1], dtype=np.float32), np.arange(shape[0], dtype=np.float32))
    across = (-u * np.sin(angle) + v * np.cos(angle)) / px_per_mm
    across += 0.9 * bumps(shape, px_per_mm, (7.0,), rng)
    spacing = float(rng.uniform(7.0, 11.0))
    nearest = np.abs(across / spacing - np.rint(across / spacing)) * spacing
    width = float(rng.uniform(0.2, 0.6)) / 2
    there = np.clip(bumps(shape, px_per_mm, (6.0,), rng) - 0.2, 0.0, 1.0)
    return np.asarray(0.06 * there * np.maximum(0.0, 1.0 - nearest / width), np.float32)


def islands(shape: tuple[int, int], px_per_mm: float, share: float, rng: np.random.Generator) -> FloatMap:
    """Spots that cover about `share` of the skin: the tops of a random landscape, soft at the shore."""
    land = bumps(shape, px_per_mm, (1.2, 2.5), rng)
    shore = float(np.quantile(land[::4, ::4], 1 - share))
    return np.asarray(np.clip((land - shore) / 0.5, 0.0, 1.0), np.float32)


def vessels(shape: tuple[int, int], px_per_mm: float, count: int, rng: np.random.Generator) -> FloatMap:
    """Thin winding red lines, 0.1-0.25 mm wide, 0-1."""
    canvas = np.zeros(shape, np.float32)
    for _ in range(count):
        steps = int(rng.integers(15, 40))
        turn = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, 0.35, steps))
        path = np.cumsum(np.stack([np.cos(turn), np.sin(turn)], axis=1) * 0.15 * px_per_mm, axis=0)
        path += np.array([rng.uniform(0, shape[1]), rng.uniform(0, shape[0])])
        points = np.rint(path * 16).astype(np.int32).reshape(-1, 1, 2)
        thick = max(1, round(float(rng.uniform(0.10, 0.25)) * px_per_mm))
        cv2.polylines(canvas, [points], False, 1.0, thick, cv2.LINE_AA, shift=4)
    return np.asarray(cv2.GaussianBlur(canvas, (0, 0), 0.08 * px_per_mm), np.float32)
