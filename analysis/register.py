"""A follow-up laid onto its baseline, with the error of doing so.

Landmarks (a face) or features (a body site, analysis/features.py) bring the follow-up to within about a
millimetre; dense optical flow does the rest; flow there and back must agree. The flow is smoothed at 1 mm so
that it can follow the skin but not absorb a change of it. What cannot be registered is refused.

Source: DIS flow, Kroeger et al. 2016, ECCV, doi 10.1007/978-3-319-46493-0_29.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from analysis.bands import blur
from analysis.chromophores import relief_of
from analysis.linear import by_area, darkest_channel, linear_light, reduced_light
from analysis.parallel import both
from analysis.records import FaceMesh, FloatMap, Grid, Mask, Pixels

_FLOW_PX_PER_MM = 4.0
"""Flow runs at this scale at most: 0.25 px there is 0.06 mm, and twice as fine costs four times as much."""
_SMOOTH_FLOW_MM = 1.0
_STEP_MM = 4.0
_LANDMARK_SMOOTHING_MM = 7.0


@dataclass(frozen=True, slots=True)
class Source:
    """A part of a photo reduced, in linear light, to about the working scale: what a warp samples from."""

    linear: FloatMap
    scale: float
    """Pixels of `linear` per pixel of the photo, at most 1."""
    left: int = 0
    top: int = 0
    """Where the part begins, in pixels of the photo."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where each working pixel lies in the follow-up photo, and how far that can be trusted."""

    where: FloatMap
    """(h, w, 2) x and y in pixels of the follow-up photo."""
    error_mm: FloatMap
    """(h, w) forward-backward error."""
    similarity: FloatMap
    """(h, w) local correlation of the two reliefs, -1 to 1."""


def reduced(pixels: Pixels, scale: float, around: FloatMap | None = None) -> Source:
    """A photo in linear light, reduced by area to `scale` (never enlarged).

    Args:
        pixels: (h, w, 3) uint8 sRGB.
        scale: pixels wanted per photo pixel.
        around: (h, w, 2) photo positions that will be sampled; the rest of the photo is left out.
    """
    height, width = pixels.shape[:2]
    left, top, right, bottom = 0, 0, width, height
    if around is not None:
        margin = 16 / min(scale, 1.0)
        x, y = around[..., 0], around[..., 1]
        left, right = (int(np.clip(v, 0, width)) for v in (x.min() - margin, x.max() + margin))
        top, bottom = (int(np.clip(v, 0, height)) for v in (y.min() - margin, y.max() + margin))
        if right - left < 2 or bottom - top < 2:
            left, top, right, bottom = 0, 0, width, height
    part = pixels[top:bottom, left:right]
    if scale >= 0.999:
        return Source(linear_light(part), 1.0, left, top)
    scale = _at_least_a_pixel(part, scale)
    return Source(reduced_light(part, scale), scale, left, top)


def on_grid(pixels: Pixels, grid: Grid) -> FloatMap:
    """The photo that the grid belongs to, in linear light on the grid: (h, w, 3) float32.

    The same as sampling at `grid_positions`, without interpolating: a grid is a crop, reduced by area.
    """
    left, top = round(grid.left), round(grid.top)
    right, bottom = left + math.ceil(grid.width / grid.scale), top + math.ceil(grid.height / grid.scale)
    part = pixels[top:bottom, left:right]
    return _fitted(linear_light(part) if grid.scale == 1 else reduced_light(part, grid.scale), grid)


def coarser(light: FloatMap, fine: Grid, grid: Grid) -> FloatMap:
    """What `on_grid` gave for a fine grid, for the same crop on a coarser one."""
    return _fitted(by_area(light, grid.scale / fine.scale), grid)


def _fitted(part: FloatMap, grid: Grid) -> FloatMap:
    part = part[: grid.height, : grid.width]
    below, beside = grid.height - part.shape[0], grid.width - part.shape[1]
    if below or beside:  # less than a pixel that rounding put beyond the photo's edge
        part = cv2.copyMakeBorder(part, 0, below, 0, beside, cv2.BORDER_REPLICATE)
    return np.ascontiguousarray(part)


def sample(source: Source, where: FloatMap) -> FloatMap:
    """The source at photo positions `where` (h, w, 2); outside the photo 0."""
    to_source = _scaled(source.scale, source.left, source.top)
    return cv2.remap(
        source.linear, cv2.transform(where, to_source), None, cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_CONSTANT, borderValue=0,
    )  # fmt: skip


def _scaled(scale: float, left: float, top: float) -> FloatMap:
    """(2, 3): photo pixels to those of a part that begins at (left, top), reduced to `scale`."""
    return np.array([[scale, 0, (0.5 - left) * scale - 0.5], [0, scale, (0.5 - top) * scale - 0.5]])


def grid_positions(grid: Grid) -> FloatMap:
    """Photo positions of every working pixel, (h, w, 2)."""
    at = np.empty((grid.height, grid.width, 2), np.float32)
    at[..., 0] = (np.arange(grid.width) + 0.5) / grid.scale - 0.5 + grid.left
    at[..., 1] = ((np.arange(grid.height) + 0.5) / grid.scale - 0.5 + grid.top)[:, None]
    return at


def flow_lattice(grid: Grid) -> FloatMap:
    """(h, w, 2) where on the grid the pixels lie that flow is computed at."""
    factor = min(1.0, _FLOW_PX_PER_MM / grid.px_per_mm)
    width, height = max(16, round(grid.width * factor)), max(16, round(grid.height * factor))
    u = (np.arange(width, dtype=np.float32) + 0.5) * (grid.width / width) - 0.5
    v = (np.arange(height, dtype=np.float32) + 0.5) * (grid.height / height) - 0.5
    return np.dstack(np.meshgrid(u, v)).astype(np.float32)


def by_landmarks(baseline: FaceMesh, follow_up: FaceMesh, grid: Grid) -> FloatMap:
    """First guess on a face: an affine map of the landmarks plus their smoothed residual.

    Returns:
        Photo positions in the follow-up of each point of `flow_lattice`.
    """
    here = grid.to_grid(baseline.points)
    there = follow_up.points[:, :2]
    design = np.column_stack([here, np.ones(len(here), np.float32)])
    affine, *_ = np.linalg.lstsq(design, there, rcond=None)
    residual = (there - design @ affine).astype(np.float32)

    step = max(1.0, _STEP_MM * grid.px_per_mm)
    columns, rows = int(np.ceil(grid.width / step)) + 1, int(np.ceil(grid.height / step)) + 1
    sigma = _LANDMARK_SMOOTHING_MM * grid.px_per_mm
    near = [
        np.exp(-0.5 * ((nodes[:, None] - where) / sigma) ** 2).astype(np.float32)
        for nodes, where in (
            (np.linspace(0, grid.width - 1, columns), here[:, 0]),
            (np.linspace(0, grid.height - 1, rows), here[:, 1]),
        )
    ]
    # Not NumPy's product: its threads go on spinning beside the work that follows.
    across, down, weight = (
        cv2.gemm(near[1] * part, near[0], 1, None, 0, flags=cv2.GEMM_2_T)
        for part in (residual[:, 0], residual[:, 1], np.float32(1))
    )
    field = cv2.merge([across, down]) / (weight + np.float32(1e-3))[..., None]

    at = flow_lattice(grid)
    to_node = np.array([(columns - 1) / max(1, grid.width - 1), (rows - 1) / max(1, grid.height - 1)])
    node = (at * to_node).astype(np.float32)
    smooth = cv2.remap(field, node, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return cv2.transform(at, affine.T.astype(np.float32)) + smooth


def by_homography(matrix: FloatMap, grid: Grid) -> FloatMap:
    """First guess from a homography between photo pixels, for each point of `flow_lattice`."""
    at = (flow_lattice(grid) + 0.5) / grid.scale - 0.5 + (grid.left, grid.top)
    return cv2.perspectiveTransform(at.astype(np.float32), matrix)


def refine(
    base: FloatMap, source: Source, guess: FloatMap, px_per_mm: float, channel: str = "relief"
) -> Alignment:
    """Dense flow after a first guess, with its forward-backward error.

    Args:
        base: (h, w, 3) linear light of the baseline on the working grid.
        source: the follow-up.
        guess: first guess for each point of `flow_lattice`, photo pixels of the follow-up.
        px_per_mm: of the working grid.
        channel: "relief", or "green" where spots and vessels are the better landmarks.
    """
    height, width = base.shape[:2]
    coarse, size = guess, (guess.shape[1], guess.shape[0])
    scale = px_per_mm * size[0] / width
    base_small = cv2.resize(base, size, interpolation=cv2.INTER_AREA)
    fixed = normalised_detail(base_small, scale, channel)
    step = np.median(np.hypot(*np.moveaxis(np.diff(coarse[::8], axis=1), -1, 0)))
    small = _shrunk(source, 1 / max(step, 1e-6))

    moving = normalised_detail(_filled(sample(small, coarse), base_small), scale, channel)
    forward, backward = both(lambda: _flow(fixed, moving, scale), lambda: _flow(moving, fixed, scale))

    u, v = np.meshgrid(np.arange(size[0], dtype=np.float32), np.arange(size[1], dtype=np.float32))
    to_x, to_y = u + forward[..., 0], v + forward[..., 1]
    back = cv2.remap(backward, to_x, to_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    error = np.hypot(forward[..., 0] + back[..., 0], forward[..., 1] + back[..., 1]) / scale
    refined = cv2.remap(coarse, to_x, to_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    # A border that is replicated says nothing about where the pixel went.
    outside = (to_x < 0) | (to_y < 0) | (to_x > size[0] - 1) | (to_y > size[1] - 1)
    refined[outside] = coarse[outside] + forward[outside] * step
    final = normalised_detail(_filled(sample(small, refined), base_small), scale, channel)
    similarity = _local_correlation(fixed, final, scale)
    back_to_grid = (width, height)
    return Alignment(
        cv2.resize(refined, back_to_grid, interpolation=cv2.INTER_LINEAR),
        cv2.resize(error.astype(np.float32), back_to_grid, interpolation=cv2.INTER_LINEAR),
        cv2.resize(similarity, back_to_grid, interpolation=cv2.INTER_LINEAR),
    )


def inside(where: FloatMap, pixels: Pixels) -> Mask:
    """Which working pixels lie within the follow-up photo, a margin of 6 px left out.

    The margin keeps what a later blur brings in from beyond the edge out of the skin.
    """
    height, width = pixels.shape[:2]
    x, y = where[..., 0], where[..., 1]
    return (x >= 6) & (y >= 6) & (x <= width - 7) & (y <= height - 7)


def _filled(moved: FloatMap, base: FloatMap) -> FloatMap:
    """What lies outside the follow-up photo, taken from the baseline at the follow-up's brightness.

    A black border would be the strongest edge in the picture and drag the flow with it.
    """
    outside = darkest_channel(moved) <= 0
    grow = np.ones((5, 5), np.uint8)
    outside = cv2.dilate(outside.astype(np.uint8), grow) > 0
    if not outside.any() or outside.all():
        return moved
    inner = (~outside).astype(np.uint8)
    there, here = (np.array(cv2.mean(image, mask=inner)[:3]) for image in (moved, base))
    ratio = there / np.maximum(here, 1e-4)
    return cv2.copyTo(base * ratio.astype(np.float32), outside.view(np.uint8), moved)


def _shrunk(source: Source, scale: float) -> Source:
    """`source` reduced to `scale` px per photo px, if that is coarser."""
    if scale >= 0.95 * source.scale:
        return source
    ratio = _at_least_a_pixel(source.linear, scale / source.scale)
    if 0.45 < ratio < 0.5:
        ratio = 0.5  # takes a fifth of the time, and a little finer does no harm
    return Source(by_area(source.linear, ratio), source.scale * ratio, source.left, source.top)


def _at_least_a_pixel(image: FloatMap | Pixels, scale: float) -> float:
    return float(max(scale, 1 / min(image.shape[:2])))


def normalised_detail(linear: FloatMap, px_per_mm: float, channel: str = "relief") -> Pixels:
    """Detail band-passed and locally normalised to 8 bits: blind to exposure, cast and slow shading."""
    if channel == "relief":
        relief = relief_of(linear)
    else:
        relief = cv2.log(np.maximum(linear[..., 1], np.float32(1e-4)))
    detail = blur(relief, max(0.5, 0.2 * px_per_mm)) - blur(relief, 2.5 * px_per_mm)
    detail = np.clip(detail, -0.6, 0.6)
    energy = cv2.sqrt(blur(detail * detail, 3.0 * px_per_mm) + np.float32(0.004**2))
    return np.clip(128 + 42 * detail / energy, 0, 255).astype(np.uint8)


def _flow(first: Pixels, second: Pixels, px_per_mm: float) -> FloatMap:
    """Dense flow, smoothed over a millimetre so that it cannot absorb a change of the skin."""
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(first, second, None)
    steady = cv2.merge([cv2.medianBlur(np.ascontiguousarray(part), 5) for part in cv2.split(flow)])
    return blur(steady, _SMOOTH_FLOW_MM * px_per_mm)


def _local_correlation(first: Pixels, second: Pixels, px_per_mm: float) -> FloatMap:
    a, b = first.astype(np.float32) - 128, second.astype(np.float32) - 128
    sigma = 4.0 * px_per_mm
    product, power_a, power_b = blur(a * b, sigma), blur(a * a, sigma), blur(b * b, sigma)
    return product / cv2.sqrt(power_a * power_b + np.float32(1))
