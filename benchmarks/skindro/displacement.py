"""Registration against a known displacement, from landmarks that are each off by 1 mm.

Two disturbed photos of one person; every pixel knows where on the skin it looks. Landmarks every 8 mm, as
dense as a face's, are put on the baseline exactly and on the follow-up with an error of 1 mm RMS. The error
is how far on the skin a baseline pixel and the follow-up pixel it was sent to lie apart.
"""

from __future__ import annotations

import cv2
import numpy as np

from analysis import register
from analysis.decode import decode
from analysis.phantom.disturbance import draw
from analysis.phantom.scene import NO_DOSE
from analysis.records import FaceMesh, FloatMap, Subject
from analysis.regions import rasterise
from analysis.working_grid import working_grid
from benchmarks.skindro.generator import SyntheticSite

LANDMARK_ERROR_MM = 1.0
LANDMARK_SPACING_MM = 8.0
CONSISTENT_MM = 0.2


def registration_error(site: SyntheticSite, rng: np.random.Generator, shot: int) -> dict[str, float]:
    """Median and 95th percentile of the error in mm, and the share of area that agrees there and back."""
    first, second = draw("moderate", rng), draw("moderate", rng)
    before, after = site.photo(NO_DOSE, first, shot), site.photo(NO_DOSE, second, shot + 1)
    here, there = site.positions_mm(first, shot), site.positions_mm(second, shot + 1)
    anchor = Subject(decode(before.jpeg), None, before.px_per_mm)
    other = decode(after.jpeg)
    grid = working_grid(anchor, before.regions, min(8.0, before.px_per_mm, after.px_per_mm))

    positions = register.grid_positions(grid)
    base = register.on_grid(anchor.photo.pixels, grid)
    landmarks = _landmarks(here, before.px_per_mm)
    found = follow(landmarks, here, there, after.px_per_mm)
    found += rng.normal(0, LANDMARK_ERROR_MM / np.sqrt(2) * after.px_per_mm, found.shape)
    guess = register.by_landmarks(_mesh(landmarks), _mesh(found), grid)
    source = register.reduced(other.pixels, min(1.0, grid.px_per_mm / after.px_per_mm), guess)
    aligned = register.refine(base, source, guess, grid.px_per_mm)

    inside = np.logical_or.reduce([rasterise(region.polygon, grid) for region in before.regions])
    inside &= register.inside(aligned.where, other.pixels)
    apart = np.linalg.norm(_read(there, aligned.where) - _read(here, positions), axis=-1)[inside]
    begun = cv2.resize(guess, (grid.width, grid.height), interpolation=cv2.INTER_LINEAR)
    start = np.linalg.norm(_read(there, begun) - _read(here, positions), axis=-1)[inside]
    return {
        "start_median_mm": float(np.median(start)),
        "median_mm": float(np.median(apart)),
        "p95_mm": float(np.percentile(apart, 95)),
        "consistent": float(np.mean(aligned.error_mm[inside] < CONSISTENT_MM)),
    }


def follow(points: FloatMap, here: FloatMap, there: FloatMap, px_per_mm: float) -> FloatMap:
    """(n, 2) pixels of the follow-up that look at the same skin as the baseline's pixels `points`.

    Fixed-point search: the follow-up's map is nearly a scaling by its px/mm, so each step shrinks the error.
    """
    target = _read(here, points.reshape(-1, 1, 2)).reshape(-1, 2)
    middle = np.array([there.shape[1] / 2, there.shape[0] / 2], np.float32)
    at = middle + (target - there[there.shape[0] // 2, there.shape[1] // 2]) * px_per_mm
    for _ in range(25):
        at = at + (target - _read(there, at.reshape(-1, 1, 2)).reshape(-1, 2)) * px_per_mm
    return np.asarray(at, np.float32)


def _landmarks(here: FloatMap, px_per_mm: float) -> FloatMap:
    """Pixels of the baseline on a lattice that keeps 4 mm from its border."""
    margin, step = 4.0 * px_per_mm, LANDMARK_SPACING_MM * px_per_mm
    u, v = np.meshgrid(
        np.arange(margin, here.shape[1] - margin, step), np.arange(margin, here.shape[0] - margin, step)
    )
    return np.column_stack([u.ravel(), v.ravel()]).astype(np.float32)


def _mesh(points: FloatMap) -> FaceMesh:
    flat = np.column_stack([points, np.zeros(len(points))]).astype(np.float32)
    return FaceMesh(flat, 1.0, 0.0, 0.0, 0.0, 1.0, "iris", float("nan"))


def _read(field: FloatMap, at: FloatMap) -> FloatMap:
    """A (h, w, 2) field at pixels (..., 2), extended by its own slope beyond the border."""
    height, width = field.shape[:2]
    at = np.asarray(at, np.float32)
    low = np.clip(at, 0, np.array([width - 1, height - 1], np.float32))
    value = cv2.remap(field, low[..., 0], low[..., 1], cv2.INTER_LINEAR)
    slope = (field[-1, -1] - field[0, 0]) / np.array([width - 1, height - 1], np.float32)
    return np.asarray(value + (at - low) * slope, np.float32)
