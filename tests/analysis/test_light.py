"""Where the light comes from, on a made-up head whose shading is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.light import direction_change_deg, normals
from analysis.records import FaceMesh, FloatMap, Grid

SIDE = 400
GRID = Grid(left=0.0, top=0.0, scale=1.0, width=SIDE, height=SIDE, px_per_mm=3.0)
SKIN = np.ones((SIDE, SIDE), bool)


def ball() -> tuple[FaceMesh, FloatMap]:
    """A mesh of 468 points on the front of a ball, and the ball's own normals on the grid."""
    generator = np.random.default_rng(3)
    radius, middle = 220.0, SIDE / 2
    plane = generator.uniform(20, SIDE - 20, (468, 2))
    away = plane - middle
    depth = -np.sqrt(np.maximum(radius**2 * 1.7 - (away**2).sum(1), 1.0))
    points = np.column_stack([plane, depth]).astype(np.float32)
    mesh = FaceMesh(points, 1.0, 0.0, 0.0, 0.0, 3.0, "iris", 35.0)
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    towards = np.dstack([x - middle, y - middle]) / (radius * math.sqrt(1.7))
    return mesh, np.dstack([towards, np.sqrt(np.maximum(0, 1 - (towards**2).sum(-1)))])


MESH, TOWARDS = ball()


def lit(sideways: float, downwards: float, albedo: FloatMap | float = 0.4) -> FloatMap:
    """The ball under a light whose logarithm goes with the normal."""
    light = albedo * np.exp(sideways * TOWARDS[..., 0] + downwards * TOWARDS[..., 1])
    return np.repeat(light[..., None], 3, axis=2).astype(np.float32)


def test_a_mesh_knows_which_way_its_skin_looks() -> None:
    found = normals(MESH)
    at = np.round(MESH.points[:, :2]).astype(int)
    inner = np.hypot(*(MESH.points[:, :2] - SIDE / 2).T) < 140
    apart = np.degrees(np.arccos(np.clip((found * TOWARDS[at[:, 1], at[:, 0]]).sum(1), -1, 1)))
    assert np.median(apart[inner]) < 5


@pytest.mark.parametrize(("sideways", "downwards"), [(0.0, 0.0), (0.3, 0.0), (0.0, -0.3), (-0.4, 0.2)])
def test_the_angle_is_that_between_the_two_lights(sideways: float, downwards: float) -> None:
    expected = math.degrees(math.atan(math.hypot(sideways, downwards)))
    found = direction_change_deg(MESH, GRID, lit(0, 0), lit(sideways, downwards), SKIN)
    assert found == pytest.approx(expected, abs=1.5)


def test_exposure_and_uneven_skin_are_no_change_of_light() -> None:
    spots = (0.4 + 0.1 * np.random.default_rng(1).random((SIDE, SIDE))).astype(np.float32)
    same = direction_change_deg(MESH, GRID, lit(0.2, 0, spots), 1.5 * lit(0.2, 0, spots), SKIN)
    assert same == pytest.approx(0, abs=0.5)


def test_too_little_skin_says_nothing() -> None:
    assert math.isnan(direction_change_deg(MESH, GRID, lit(0, 0), lit(0.3, 0), np.zeros_like(SKIN)))
