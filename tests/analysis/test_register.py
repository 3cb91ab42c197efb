"""A known warp comes back, and what does not belong together is refused."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from analysis import features, register
from analysis.errors import NotRegistered
from analysis.phantom.texture import smooth_noise
from analysis.records import FaceMesh, FloatMap, Grid, Mask, Pixels
from tests.analysis.patches import shot, site
from tests.analysis.portrait import portrait, portrait_mesh, scaled

PX_PER_MM = 10.0
MEDIAN_MM, P95_MM = 0.08, 0.25


def skin(seed: int = 5, patch_mm: float = 16.0) -> tuple[Pixels, Mask]:
    """A phantom photo, and where its regions are."""
    photo = shot(seed=seed) if patch_mm == 16 else site(seed, patch_mm=patch_mm).photo()
    canvas = np.zeros(photo.pixels.shape[:2], np.uint8)
    for region in photo.regions:
        cv2.fillPoly(canvas, [np.rint(region.polygon).astype(np.int32)], 1)
    return photo.pixels, canvas > 0


@dataclass(frozen=True)
class Warped:
    """A follow-up with its truth."""

    pixels: Pixels
    shows: FloatMap
    """(h, w, 2): which pixel of the baseline each pixel of the follow-up shows."""


def warped(
    pixels: Pixels, matrix: FloatMap, size: tuple[int, int], *, non_rigid_mm: float = 0.0, seed: int = 1
) -> Warped:
    """`matrix` takes baseline pixels to follow-up pixels; `size` is the follow-up's height and width."""
    generator = np.random.default_rng(seed)
    v, u = np.mgrid[: size[0], : size[1]].astype(np.float64)
    back = np.linalg.inv(matrix)
    x, y = (back[k, 0] * u + back[k, 1] * v + back[k, 2] for k in (0, 1))
    if non_rigid_mm:
        height = non_rigid_mm * PX_PER_MM / np.sqrt(2)
        x = x + height * smooth_noise(size, 9 * PX_PER_MM, generator)
        y = y + height * smooth_noise(size, 9 * PX_PER_MM, generator)
    shows = np.dstack([x, y]).astype(np.float32)
    moved = cv2.remap(pixels, shows, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    noisy = np.rint(moved + generator.normal(0, 1, moved.shape))
    return Warped(np.clip(noisy, 0, 255).astype(np.uint8), shows)


def similarity(scale: float = 1.0, degrees: float = 0.0, shift: tuple[float, float] = (0, 0)) -> FloatMap:
    turn = scale * np.exp(1j * np.radians(degrees))
    return np.array([[turn.real, -turn.imag, shift[0]], [turn.imag, turn.real, shift[1]], [0, 0, 1]])


def aligned(
    baseline: Pixels, follow_up: Pixels, ratio: float, guess: FloatMap | None = None
) -> tuple[Grid, register.Alignment]:
    """As a pair is aligned: features or a guess, then flow, at 8 px/mm."""
    height, width = baseline.shape[:2]
    scale = 0.8 * min(1.0, ratio)
    grid = Grid(0.0, 0.0, scale, round(width * scale), round(height * scale), PX_PER_MM * scale)
    positions = register.grid_positions(grid)
    base = register.sample(register.reduced(baseline, scale, positions), positions)
    if guess is None:
        guess = register.by_homography(features.by_features(baseline, follow_up, PX_PER_MM), grid)
    source = register.reduced(follow_up, min(1.0, scale / ratio), guess)
    return grid, register.refine(base, source, guess, grid.px_per_mm)


def error_mm(grid: Grid, found: register.Alignment, truth: Warped, where: Mask) -> FloatMap:
    """How far what the found position shows is off: over the given baseline pixels, seen ones only."""
    shown = cv2.remap(truth.shows, found.where, None, cv2.INTER_LINEAR)
    error = np.hypot(*np.moveaxis(shown - register.grid_positions(grid), -1, 0)) / PX_PER_MM
    small = cv2.resize(where.astype(np.uint8), (grid.width, grid.height), interpolation=cv2.INTER_NEAREST)
    return error[(small > 0) & register.inside(found.where, truth.pixels)]


SIMILAR = {
    "the same": (similarity(), (1.0, 1.0)),
    "shifted": (similarity(shift=(17, -9)), (1.0, 1.0)),
    "farther": (similarity(0.8), (0.8, 0.8)),
    "nearer": (similarity(1.25), (1.25, 1.25)),
    "turned": (similarity(degrees=6, shift=(20, -20)), (1.0, 1.0)),
    "half the size": (similarity(0.5), (0.5, 0.5)),
    "an odd size": (similarity(0.777), (0.777, 0.777)),
    "cut off": (similarity(shift=(-120, 0)), (1.0, 0.7)),
}


@pytest.mark.parametrize("kind", SIMILAR)
def test_a_known_similarity_comes_back(kind: str) -> None:
    matrix, (tall, wide) = SIMILAR[kind]
    pixels, regions = skin()
    height, width = pixels.shape[:2]
    truth = warped(pixels, matrix, (round(height * tall), round(width * wide)))
    ratio = float(np.sqrt(np.linalg.det(matrix[:2, :2])))
    grid, found = aligned(pixels, truth.pixels, ratio)
    error = error_mm(grid, found, truth, regions)
    assert np.median(error) <= 0.4 * MEDIAN_MM
    assert np.percentile(error, 95) <= 0.4 * P95_MM
    seen = register.inside(found.where, truth.pixels)
    assert np.median(found.error_mm[seen]) < 0.05
    assert np.median(found.similarity[seen]) > 0.9


@pytest.mark.parametrize("seed", [5, 7])
def test_skin_that_stretched_by_a_millimetre_comes_back(seed: int) -> None:
    pixels, regions = skin(seed, 30.0)
    truth = warped(pixels, similarity(), pixels.shape[:2], non_rigid_mm=1.0, seed=seed)
    grid, found = aligned(pixels, truth.pixels, 1.0)
    error = error_mm(grid, found, truth, regions)
    assert np.median(error) <= MEDIAN_MM
    assert np.percentile(error, 95) <= P95_MM


def test_flow_reports_where_it_cannot_be_trusted() -> None:
    # The right half shows other skin: its forward-backward error or its likeness gives it away.
    pixels, _ = skin()
    other, _ = skin(6)
    half = pixels.copy()
    half[:, 235:] = other[:, 235:]
    grid = Grid(0.0, 0.0, 0.8, 376, 232, 8.0)
    _, found = aligned(pixels, half, 1.0, register.grid_positions(grid))
    same, strange = found.similarity[40:170, 40:140], found.similarity[40:170, 240:340]
    assert np.median(same) > 0.9
    assert np.median(strange) < 0.4


def test_a_change_of_light_does_not_move_the_skin() -> None:
    pixels, regions = skin()
    brighter = np.clip(pixels * np.array([1.15, 1.0, 0.9]), 0, 255).astype(np.uint8)
    truth = warped(brighter, similarity(shift=(5, 3)), pixels.shape[:2])
    grid, found = aligned(pixels, truth.pixels, 1.0)
    assert np.median(error_mm(grid, found, truth, regions)) <= MEDIAN_MM


# --- what is refused ----------------------------------------------------------------------------------


def noise(seed: int) -> Pixels:
    values = np.random.default_rng(seed).normal(128, 20, (290, 470, 3))
    return np.clip(values, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("seed", [6, 7, 8])
def test_another_patch_of_skin_is_refused(seed: int) -> None:
    with pytest.raises(NotRegistered) as caught:
        features.by_features(skin()[0], skin(seed)[0], PX_PER_MM)
    error = caught.value
    assert all((error.what, error.expected, error.got, error.advice))


@pytest.mark.parametrize("kind", ["noise on noise", "skin on noise", "nothing on skin", "mirrored skin"])
def test_pictures_without_common_skin_are_refused(kind: str) -> None:
    pixels, _ = skin()
    pairs = {
        "noise on noise": (noise(0), noise(1)),
        "skin on noise": (pixels, noise(0)),
        "nothing on skin": (np.full_like(pixels, 128), pixels),
        "mirrored skin": (pixels, pixels[:, ::-1]),
    }
    with pytest.raises(NotRegistered):
        features.by_features(*pairs[kind], PX_PER_MM)


# --- a face -------------------------------------------------------------------------------------------


def test_landmarks_bring_a_face_close() -> None:
    mesh = portrait_mesh()
    nearer = scaled(mesh, 1.3)
    grid = Grid(300.0, 150.0, 0.8, 300, 400, mesh.px_per_mm * 0.8)
    guess = register.by_landmarks(mesh, nearer, grid)
    exact = 1.3 * (register.grid_positions(grid) + 0.5) - 0.5
    assert np.abs(guess - exact).max() < 0.05


def test_landmarks_carry_a_smile() -> None:
    # A bump of 2 mm about one mouth corner is followed there and leaves the forehead alone.
    mesh = portrait_mesh()
    centre = mesh.points[291, :2]
    near = np.exp(-((mesh.points[:, :2] - centre) ** 2).sum(1) / (2 * (15 * mesh.px_per_mm) ** 2))
    points = mesh.points.copy()
    points[:, 1] -= (2 * mesh.px_per_mm * near).astype(np.float32)
    smiling = FaceMesh(points, 1.0, 0.0, 0.0, 0.0, mesh.px_per_mm, "iris", 24.0)
    low, high = mesh.points[:, :2].min(0), mesh.points[:, :2].max(0)
    grid = Grid(float(low[0]), float(low[1]), 1.0, *(int(v) for v in high - low), mesh.px_per_mm)
    moved = register.by_landmarks(mesh, smiling, grid) - register.grid_positions(grid)
    at_mouth = moved[tuple(np.rint(grid.to_grid(centre[None])[0]).astype(int)[::-1])]
    forehead = moved[tuple(np.rint(grid.to_grid(mesh.points[10:11])[0] + [0, 5]).astype(int)[::-1])]
    assert at_mouth[1] < -0.7 * mesh.px_per_mm
    assert np.abs(forehead).max() < 0.5 * mesh.px_per_mm


def test_a_face_is_aligned_from_its_landmarks() -> None:
    mesh, pixels = portrait_mesh(), portrait()
    nearer = portrait(1.25 * mesh.px_per_mm)
    low, high = mesh.points[:, :2].min(0), mesh.points[:, :2].max(0)
    grid = Grid(float(low[0]), float(low[1]), 1.0, *(int(v) for v in high - low), mesh.px_per_mm)
    factor = nearer.shape[1] / pixels.shape[1]
    guess = register.by_landmarks(mesh, scaled(mesh, factor), grid)
    positions = register.grid_positions(grid)
    base = register.sample(register.reduced(pixels, 1.0, positions), positions)
    found = register.refine(base, register.reduced(nearer, 1 / factor, guess), guess, grid.px_per_mm)
    exact = factor * (positions + 0.5) - 0.5
    error = np.hypot(*np.moveaxis(found.where - exact, -1, 0)) / (factor * mesh.px_per_mm)
    assert np.median(error) <= MEDIAN_MM


# --- reducing and sampling ------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(240, 320), (241, 323), (97, 501)])
@pytest.mark.parametrize("scale", [1.0, 0.8, 0.513, 0.25])
def test_a_reduced_photo_is_found_where_it_was(shape: tuple[int, int], scale: float) -> None:
    # A smooth slope in both directions: sampling it at any position gives its value there.
    y, x = np.mgrid[: shape[0], : shape[1]]
    codes = np.dstack([60 + 100 * x / shape[1], 60 + 100 * y / shape[0], np.full(shape, 90.0)])
    pixels = np.rint(codes).astype(np.uint8)
    where = np.dstack(np.meshgrid(np.linspace(20, shape[1] - 21, 30), np.linspace(20, shape[0] - 21, 20)))
    found = register.sample(register.reduced(pixels, scale), where.astype(np.float32))
    exact = register.sample(register.reduced(pixels, 1.0), where.astype(np.float32))
    # One step of 8 bits is about 0.005 of light; an offset of half a reduced pixel at the far edge, 0.01.
    assert np.abs(found - exact).max() < 0.006
    assert np.abs(found - exact).mean() < 0.0015


def test_a_part_is_sampled_as_the_whole() -> None:
    pixels, _ = skin()
    where = np.dstack(np.meshgrid(np.arange(150, 260, 1.3), np.arange(80, 160, 1.7))).astype(np.float32)
    whole, part = register.reduced(pixels, 1.0), register.reduced(pixels, 1.0, where)
    assert part.linear.size < whole.linear.size
    assert (register.sample(part, where) == register.sample(whole, where)).all()


def test_outside_the_photo_there_is_nothing() -> None:
    pixels, _ = skin()
    beyond = np.full((3, 3, 2), -500, np.float32)
    assert (register.sample(register.reduced(pixels, 0.5, beyond), beyond) == 0).all()
    assert not register.inside(beyond, pixels).any()
    corners = np.array([[[5.9, 50], [6, 50], [463, 50], [463.1, 50]]], np.float32)
    assert register.inside(corners, pixels).tolist() == [[False, True, True, False]]
