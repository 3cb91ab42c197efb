"""Where the light comes from, on a face whose mesh knows which way its skin looks.

Relief shows by shading: light from the side doubles it, light from the front hides it. So a change of the
light's direction looks like a change of texture, and no reference skin takes that off where it is turned
another way. Log luminance over the mesh's normals gives the direction:

    ln L = c + t . (n_x, n_y)        first order around a face that looks at the camera

with t the sideways part of the light over its frontal part, ambient light included: (t_x, t_y, 1) points
to where the light seems to come from.

Limits: the mesh's depth is the net's, not measured; skin of uneven colour adds an error that is the same in
both photos of a pair. Says nothing about how hard the light is.

Source: Basri and Jacobs 2003, IEEE PAMI 25:218, doi 10.1109/TPAMI.2003.1177153 (shading of a matte surface
is of low order in its normals).
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from analysis.bands import MaskedBlur
from analysis.records import FaceMesh, FloatMap, Grid, Mask

_AROUND_MM = 2.0
"""Luminance is the mean over about this much skin: larger than a pore, smaller than a cheek."""
_LEAST_SHARE = 0.3
"""Of that much around a landmark, how much must be skin that can be read."""
_LEAST_POINTS = 60
_FRONTAL = 0.5
"""Skin that looks away by more than 60 degrees is left out: there the first order does not hold."""


def normals(mesh: FaceMesh) -> FloatMap:
    """(468, 3) unit normals of the mesh: x right, y down, z towards the camera.

    >>> flat = np.column_stack([np.random.default_rng(0).random((468, 2)), np.zeros(468)])
    >>> mesh = FaceMesh(flat.astype(np.float32), 1, 0, 0, 0, 1, "iris", 1, np.ones((1, 1), bool))
    >>> bool((normals(mesh)[:, 2] > 0.999).all())
    True
    """
    from scipy.spatial import Delaunay  # only a comparison of faces needs it

    points = mesh.points.astype(np.float64)
    triangles = Delaunay(points[:, :2]).simplices
    a, b, c = (points[triangles[:, corner]] for corner in range(3))
    across = np.cross(b - a, c - a)
    across *= np.where(across[:, 2] > 0, 1, -1)[:, None]
    across[:, :2] *= -1  # the net's depth grows away from the camera
    total = np.zeros_like(points)
    for corner in range(3):
        np.add.at(total, triangles[:, corner], across)
    return (total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)).astype(np.float32)


def direction_change_deg(mesh: FaceMesh, grid: Grid, base: FloatMap, moved: FloatMap, skin: Mask) -> float:
    """Angle between where the light of two registered photos seems to come from; NaN with too little skin.

    Args:
        mesh: of the baseline.
        grid: the working grid.
        base: (h, w, 3) linear light of the baseline on it.
        moved: the other photo, laid onto it.
        skin: (h, w) valid in both.
    """
    at = np.round(grid.to_grid(mesh.points)).astype(int)
    inside = ((at >= 0) & (at < (grid.width, grid.height))).all(1)
    towards = normals(mesh)
    chosen = np.flatnonzero(inside & (towards[:, 2] > _FRONTAL))
    around, sigma = MaskedBlur(skin), _AROUND_MM * grid.px_per_mm
    chosen = chosen[around.share(sigma)[at[chosen, 1], at[chosen, 0]] > _LEAST_SHARE]
    if chosen.size < _LEAST_POINTS:
        return math.nan
    ways = []
    for image in (base, moved):
        light = around(cv2.transform(image, np.full((1, 3), 1 / 3, np.float32)), sigma)
        ways.append(_sideways(np.log(light[at[chosen, 1], at[chosen, 0]] + 1e-4), towards[chosen, :2]))
    first, second = (np.append(way, 1.0) / math.hypot(*way, 1.0) for way in ways)
    return math.degrees(math.acos(min(1.0, float(first @ second))))


def _sideways(log_light: FloatMap, towards: FloatMap) -> FloatMap:
    """(2,) slope of log luminance over the normals, least absolute residuals by reweighting."""
    design = np.column_stack([towards, np.ones(len(towards))])
    weights = np.ones(len(towards))
    for _ in range(5):
        solution, *_ = np.linalg.lstsq(design * weights[:, None], log_light * weights, rcond=None)
        residual = np.abs(log_light - design @ solution)
        weights = 1 / np.sqrt(np.maximum(residual, 0.02))
    return solution[:2]
