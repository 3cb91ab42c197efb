"""One pair of photos: laid onto each other, masked alike, sharpened alike, gated and measured.

A `Subject` is a photo with what was found in it. `measure_pair` gives, per metric and region, the raw
change of the region itself; references, noise and verdicts are `analysis.compare`'s.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from analysis import chromophores, quality, register
from analysis.bands import MaskedBlur, blocks, srgb_code
from analysis.card_pair import UNASKED, PairCard, pair_card
from analysis.errors import NotRegistered
from analysis.metrics import registry
from analysis.pair_gates import MIN_PIXELS, TEXTURE_FROM_PX_PER_MM, median_colour, pair_gates
from analysis.records import (
    AlignmentSummary,
    FaceMesh,
    FloatMap,
    Gate,
    Grid,
    Mask,
    Metric,
    Parameters,
    Region,
    SkinMaps,
    Subject,
)
from analysis.regions import feature_polygons, rasterise
from analysis.sharpness import match_sharpness
from analysis.uncertainty import seed_of, within_photo_se

MARGIN_MM, DRAWN_MARGIN_MM = 6.0, 15.0
"""Around the regions. A body site has no brows and lips: hair and edges further out show its sharpness."""
FEATURE_MARGIN_MM = 2.0
BLOCK_MM = 4.0
COLOUR_ERROR_MM, TEXTURE_ERROR_MM = 1.0, 0.4
MIN_AREA_MM2 = 60.0
SCALE_TOLERANCE = 0.995
"""A scale is not known better than half a percent."""
MIN_SHARE = 0.4
"""Of a region's skin in the baseline, how much must be seen in both photos."""

# Landmarks that neither a smile nor a raised brow moves much: canthi, nasion, nose bridge and base.
STABLE_LANDMARKS = (33, 133, 362, 263, 168, 6, 197, 195, 2, 98, 327)


@dataclass(frozen=True, slots=True)
class RawChange:
    """The change of one metric in one region before any reference is taken off."""

    baseline: float
    difference: float
    companion: float
    """Change of the second estimator; NaN where the metric has none."""
    standard_error: float
    n_pixels: int
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PairResult:
    """Everything one pair gives."""

    grid: Grid
    baseline: SkinMaps
    follow_up: SkinMaps
    baseline_linear: FloatMap
    follow_up_linear: FloatMap
    areas: Mapping[str, Mask]
    raw: Mapping[tuple[str, str], RawChange]
    gates: tuple[Gate, ...]
    alignment: AlignmentSummary
    expression: Mapping[str, float]
    """Region -> how far its landmarks moved, in % of the distance between the outer eye corners."""
    tone_deg: float
    """Individual typology angle of the baseline skin."""
    card: PairCard = UNASKED
    """`follow_up` and its linear light are already mapped by it."""


def working_grid(subject: Subject, regions: Sequence[Region], px_per_mm: float) -> Grid:
    """The crop of the baseline that holds the regions (and a face's features) plus a margin."""
    outlines = [region.polygon for region in regions]
    if subject.mesh is not None:
        outlines += feature_polygons(subject.mesh)
    points = np.concatenate(outlines)
    height, width = subject.photo.pixels.shape[:2]
    margin = (MARGIN_MM if subject.mesh is not None else DRAWN_MARGIN_MM) * subject.px_per_mm
    left, top = np.floor(np.maximum(points.min(0) - margin, 0))
    right, bottom = np.ceil(np.minimum(points.max(0) + margin, (width, height)))
    scale = min(1.0, px_per_mm / subject.px_per_mm)
    return Grid(
        left=float(left),
        top=float(top),
        scale=scale,
        width=max(16, round((right - left) * scale)),
        height=max(16, round((bottom - top) * scale)),
        px_per_mm=subject.px_per_mm * scale,
    )


def measure_pair(
    anchor: Subject, other: Subject, regions: Sequence[Region], parameters: Parameters
) -> PairResult:
    """Register, mask, match and measure one pair.

    Args:
        anchor: the baseline photo that the regions belong to.
        other: any other photo of the same skin. Its `px_per_mm` is not used: the scale is locked to
            the baseline's by the registration.

    Raises:
        NotRegistered: the two photos do not show the same patch of skin.
    """
    homography = np.eye(3)
    if anchor.mesh is not None and other.mesh is not None:
        ratio = _scale_ratio(anchor.mesh, other.mesh)
    else:
        homography = register.by_features(anchor.photo.pixels, other.photo.pixels, anchor.px_per_mm)
        ratio = _homography_scale(homography, regions)
    native = min(anchor.px_per_mm, anchor.px_per_mm * ratio)
    grid = working_grid(anchor, regions, min(native, parameters.max_px_per_mm))

    positions = register.grid_positions(grid)
    base_source = register.reduced(anchor.photo.pixels, grid.scale, positions)
    base = register.sample(base_source, positions)
    if anchor.mesh is not None and other.mesh is not None:
        guess = register.by_landmarks(anchor.mesh, other.mesh, grid)
    else:
        guess = register.by_homography(homography, grid)
    source = register.reduced(other.photo.pixels, min(1.0, grid.scale / ratio), guess)
    aligned = register.refine(base, source, guess, grid.px_per_mm)
    if anchor.mesh is None:
        # A body site has no landmarks to begin from: the better of two views of its detail is taken.
        green = register.refine(base, source, guess, grid.px_per_mm, "green")
        if np.median(green.error_mm) < np.median(aligned.error_mm):
            aligned = green
    moved = register.sample(source, aligned.where)

    areas = {region.name: rasterise(region.polygon, grid) for region in regions}
    seen = register.inside(aligned.where, other.photo.pixels)
    # Colour maps are smooth at 0.5 mm and survive a millimetre of misplacement; texture does not.
    steady = aligned.error_mm < (COLOUR_ERROR_MM if native < TEXTURE_FROM_PX_PER_MM else TEXTURE_ERROR_MM)
    features = feature_mask(anchor.mesh, grid)
    base_skin = chromophores.skin_mask(base, list(areas.values()), grid.px_per_mm) & ~features
    moved_skin = chromophores.skin_mask(moved, list(areas.values()), grid.px_per_mm) & ~features
    valid = base_skin & moved_skin & seen & steady
    everywhere = np.logical_or.reduce(list(areas.values()))
    alignment = _alignment_summary(aligned, everywhere, base_skin, valid)
    correlation = float(np.median(aligned.similarity[valid])) if valid.any() else 0.0
    _check_same_skin(alignment, correlation)

    base_noise = chromophores.noise_at(chromophores.pixel_noise(anchor.photo.pixels), positions)
    moved_noise = chromophores.noise_at(chromophores.pixel_noise(other.photo.pixels), aligned.where)
    base_noise *= np.float32(grid.scale)  # the mean of 1 / scale^2 pixels
    moved_noise *= np.float32(source.scale)
    edges = ~(base_skin | moved_skin) & seen & steady
    # Glare and shadow are judged on the light as it was taken, everything else on the light as mapped.
    card = pair_card(anchor, other)
    taken = moved
    if card.fit is not None:
        moved = card.fit.apply(moved)
    base, moved, mismatch, edge_mm = match_sharpness(base, moved, edges, grid.px_per_mm)

    average = MaskedBlur(valid)
    first = chromophores.skin_maps(base, average, base_noise, grid.px_per_mm)
    second = chromophores.skin_maps(moved, average, moved_noise, grid.px_per_mm)
    gates = pair_gates(
        anchor, other, areas, first, second, base, moved, alignment, correlation, mismatch, edge_mm,
        native, None if card.fit is None else taken,
    )  # fmt: skip
    seed = seed_of(anchor.photo) ^ seed_of(other.photo)
    tone_deg = typology_angle(median_colour(base, valid)) if valid.any() else math.nan
    raw = {}
    metrics = registry()
    for name, area in areas.items():
        in_baseline = int(np.count_nonzero(area & base_skin))
        raw.update(
            _region_changes(metrics, name, area & valid, in_baseline, first, second, native, seed, parameters)
        )
    return PairResult(
        grid, first, second, base, moved, areas, raw, gates + card.gates, alignment,
        _expression(anchor, other, regions), tone_deg, card,
    )  # fmt: skip


def _check_same_skin(alignment: AlignmentSummary, correlation: float) -> None:
    """Two people's faces can be warped onto each other; there and back they do not agree."""
    most = quality.LIMITS["registration", "all"].refuse
    least = -quality.LIMITS["alignment", "all"].refuse
    if alignment.residual_mm <= most and correlation >= least:
        return
    raise NotRegistered(
        "The two photos could not be laid onto each other",
        expected=f"the same skin within {most:g} mm and skin detail that agrees (at least {least:g})",
        got=f"{alignment.residual_mm:.2f} mm and {correlation:.2f}",
        advice="Check that both show the same person and skin, sharp and from about the same direction",
    )


def _region_changes(
    metrics: Mapping[str, Metric],
    name: str,
    region: Mask,
    in_baseline: int,
    first: SkinMaps,
    second: SkinMaps,
    native: float,
    seed: int,
    parameters: Parameters,
) -> dict[tuple[str, str], RawChange]:
    n = int(np.count_nonzero(region))
    enough = n >= MIN_PIXELS and n / first.px_per_mm**2 >= MIN_AREA_MM2 and n >= MIN_SHARE * in_baseline
    tiles = list(blocks(region, max(4, round(BLOCK_MM * first.px_per_mm)))) if enough else []
    windows = [(first.window(tile), second.window(tile), region[tile]) for tile in tiles]
    weights = np.array([np.count_nonzero(mask) for *_, mask in windows])
    box = bounding_box(region)
    a, b, mask = first.window(box), second.window(box), region[box]
    out = {}
    for metric in metrics.values():
        nothing = RawChange(math.nan, math.nan, math.nan, math.nan, n)
        if not enough:
            out[metric.name, name] = _flagged(nothing, "too_little_skin")
            continue
        if native < metric.needs_px_per_mm * SCALE_TOLERANCE:
            out[metric.name, name] = _flagged(nothing, "low_resolution")
            continue
        change = difference(metric, a, b, mask)
        per_block = np.array([difference(metric, *window) for window in windows], np.float64)
        spread = within_photo_se(per_block, weights, seed, parameters.bootstrap_resamples)
        if metric.unrepeated is not None:
            spread = math.hypot(spread, metric.unrepeated(a, b, mask))
        companion = metric.agrees_with(a, b, mask) if metric.agrees_with else math.nan
        value = RawChange(level(metric, a, mask), change, companion, spread, n)
        usable = math.isfinite(change) and math.isfinite(spread)
        out[metric.name, name] = value if usable else _flagged(nothing, "too_little_skin")
    return out


def bounding_box(region: Mask) -> tuple[slice, slice]:
    """The smallest rectangle that holds a mask; an empty one for an empty mask."""
    rows, columns = np.flatnonzero(region.any(1)), np.flatnonzero(region.any(0))
    if rows.size == 0:
        return slice(0, 0), slice(0, 0)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def difference(metric: Metric, baseline: SkinMaps, follow_up: SkinMaps, region: Mask) -> float:
    """Follow-up minus baseline over the same pixels, and at the sites that were found on the baseline."""
    if metric.difference is not None:
        return metric.difference(baseline, follow_up, region)
    sites = metric.find_sites(baseline, region) if metric.find_sites is not None else None
    return metric.estimate(follow_up, region, sites) - metric.estimate(baseline, region, sites)


def level(metric: Metric, maps: SkinMaps, region: Mask) -> float:
    """The value of one photo by itself."""
    sites = metric.find_sites(maps, region) if metric.find_sites is not None else None
    return metric.estimate(maps, region, sites)


def _flagged(change: RawChange, flag: str) -> RawChange:
    return RawChange(
        change.baseline, change.difference, change.companion, change.standard_error, change.n_pixels, (flag,)
    )


BROWN_DEG = 10.0
"""Typology angle under which colour photographs see less redness: Guinot et al. 2007, Skin Res Technol,
doi 10.1111/j.1600-0846.2007.00212.x."""


def typology_angle(colour: FloatMap) -> float:
    """Individual typology angle in degrees of a (3,) linear colour, atan2(L* - 50, b*)."""
    lab = cv2.cvtColor(srgb_code(colour).reshape(1, 1, 3), cv2.COLOR_RGB2Lab)[0, 0]
    return math.degrees(math.atan2(float(lab[0]) - 50, float(lab[2])))


def _scale_ratio(first: FaceMesh, second: FaceMesh) -> float:
    """Pixels of the second photo per pixel of the first, on the face."""
    a, b = first.points[list(STABLE_LANDMARKS), :2], second.points[list(STABLE_LANDMARKS), :2]
    return float(np.sqrt(((b - b.mean(0)) ** 2).sum() / ((a - a.mean(0)) ** 2).sum()))


def _homography_scale(matrix: FloatMap, regions: Sequence[Region]) -> float:
    """Local scale of a homography at the middle of the treated regions."""
    middle = np.concatenate([region.polygon for region in regions]).mean(0)
    around = np.array([[0, 0], [1, 0], [0, 1]], np.float64) * 10 + middle
    o, x, y = cv2.perspectiveTransform(around.reshape(-1, 1, 2), matrix).reshape(-1, 2)
    return float(np.sqrt(abs(np.cross(np.append(x - o, 0), np.append(y - o, 0))[2]))) / 10


def feature_mask(mesh: FaceMesh | None, grid: Grid) -> Mask:
    """Eyes, brows and lips with a margin of 2 mm on the working grid."""
    canvas = np.zeros((grid.height, grid.width), np.uint8)
    if mesh is None:
        return canvas.astype(bool)
    for polygon in feature_polygons(mesh):
        canvas |= rasterise(polygon, grid).astype(np.uint8)
    size = 2 * max(1, round(FEATURE_MARGIN_MM * grid.px_per_mm)) + 1
    return cv2.dilate(canvas, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))) > 0


def _alignment_summary(
    aligned: register.Alignment, everywhere: Mask, base_skin: Mask, valid: Mask
) -> AlignmentSummary:
    inside = aligned.error_mm[everywhere & base_skin]
    n = np.count_nonzero(everywhere & base_skin)
    if n == 0:
        return AlignmentSummary(math.nan, math.nan, 0.0, 0.0)
    return AlignmentSummary(
        residual_mm=float(np.median(inside)),
        residual_p95_mm=float(np.percentile(inside, 95)),
        overlap=np.count_nonzero(valid) / n,
        consistent=float(np.mean(inside < 0.2)),
    )


def _expression(anchor: Subject, other: Subject, regions: Sequence[Region]) -> dict[str, float]:
    """How far each region's landmarks moved after a similarity on the stable ones, % of the eye span."""
    if anchor.mesh is None or other.mesh is None:
        return {}
    a, b = anchor.mesh.points[:, :2].astype(np.float64), other.mesh.points[:, :2].astype(np.float64)
    stable = list(STABLE_LANDMARKS)
    centre_a, centre_b = a[stable].mean(0), b[stable].mean(0)
    pa, pb = (a[stable] - centre_a) @ [1, 1j], (b[stable] - centre_b) @ [1, 1j]
    turn = np.vdot(pa, pb) / np.vdot(pa, pa)
    moved = ((a - centre_a) @ [1, 1j]) * turn
    residual = np.abs((b - centre_b) @ [1, 1j] - moved)
    span = np.hypot(*(b[33] - b[263]))
    out = {}
    for region in regions:
        near = np.array(
            [
                cv2.pointPolygonTest(region.polygon.reshape(-1, 1, 2), (float(x), float(y)), True)
                > -2 * anchor.px_per_mm
                for x, y in a
            ]
        )
        out[region.name] = float(100 * residual[near].mean() / span) if near.any() else math.nan
    return out
