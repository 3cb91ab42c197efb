"""One region of a photo or a pair: whether it can be read, its value, and how far that varies within it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.bands import blocks, bounding_box
from analysis.light_field import LEVEL, Plane, plane, rest
from analysis.records import SCALE_TOLERANCE, Mask, Measurement, Metric, Parameters, SkinMaps
from analysis.uncertainty import within_photo_se

MIN_PIXELS = 400
"""Fewer pixels of a region say nothing."""
MIN_AREA_MM2 = 60.0
MIN_SHARE = 0.4
"""Of a region's skin in the baseline, how much must be seen in both photos."""
BLOCK_MM = 4.0


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
    plane: Plane = LEVEL
    """Of the change; `LEVEL` where the light does not bear on it."""
    companion_error: float = math.nan
    companion_plane: Plane = LEVEL


def region_changes(
    metrics: Mapping[str, Metric],
    region: Mask,
    in_baseline: int,
    first: SkinMaps,
    second: SkinMaps,
    native: float,
    seed: int,
    parameters: Parameters,
) -> dict[str, RawChange]:
    """Every metric's change in one region of a pair.

    Args:
        metrics: name -> metric.
        region: the region's skin that both photos show.
        in_baseline: pixels of its skin in the baseline alone.
        first: maps of the baseline.
        second: maps of the follow-up, on the same skin.
        native: px/mm of the coarser photo.
        seed: of the resampling, from the photos.
        parameters: of the method.
    """
    n = int(np.count_nonzero(region))
    tiles = tiles_of(region, first.px_per_mm)
    windows = [(first.window(tile), second.window(tile), region[tile]) for tile in tiles]
    weights = np.array([np.count_nonzero(mask) for *_, mask in windows])
    at_mm = middles_px(tiles) / first.px_per_mm
    box = bounding_box(region)
    a, b, mask = first.window(box), second.window(box), region[box]
    block = _numbered(tiles, region)[box]

    def error_of(per_block: NDArray[np.float64], *, leans: bool) -> tuple[Plane, float]:
        """The plane of a change where it may lean, and the standard error of what the plane leaves."""
        level = plane(per_block, weights, at_mm) if leans else LEVEL
        # What leans is the light's, and counted as such.
        left = rest(per_block, at_mm, level)
        return level, within_photo_se(left, weights, seed, parameters.bootstrap_resamples)

    out = {}
    for metric in metrics.values():
        why = _unreadable(metric, n, first.px_per_mm, native)
        if n < MIN_SHARE * in_baseline:
            why = "too_little_skin"
        if why is None and metric.unreadable is not None:
            why = metric.unreadable(a, b, mask)
        if why is not None:
            out[metric.name] = _nothing(n, why)
            continue
        if metric.in_pair is not None:
            before, after, per_block = metric.in_pair(a, b, mask, block, len(tiles))
            change = after - before
        else:
            before, change = _change(metric, a, b, mask)
            per_block = np.array([_change(metric, *window)[1] for window in windows], np.float64)
        of_light = metric.relative and metric.family == "colour"
        level, spread = error_of(per_block, leans=of_light)
        if metric.unrepeated is not None:
            spread = math.hypot(spread, metric.unrepeated(a, b, mask))
        if not all(math.isfinite(value) for value in (before, change, spread)):
            out[metric.name] = _nothing(n, "too_little_skin")
            continue
        companion = companion_error = math.nan
        companion_level = LEVEL
        if metric.agrees_with is not None:
            companion = metric.agrees_with(a, b, mask)
            per_block = np.array([metric.agrees_with(*window) for window in windows], np.float64)
            companion_level, companion_error = error_of(per_block, leans=of_light)
        out[metric.name] = RawChange(
            before, change, companion, spread, n, (), level, companion_error, companion_level
        )
    return out


def region_levels(
    metrics: Mapping[str, Metric],
    name: str,
    region: Mask,
    maps: SkinMaps,
    native: float,
    seed: int,
    with_levels: bool,
    parameters: Parameters,
) -> dict[str, Measurement]:
    """Every metric's value in one region of one photo; levels only where there is a reference for them."""
    n = int(np.count_nonzero(region))
    tiles = tiles_of(region, maps.px_per_mm)
    windows = [(maps.window(tile), region[tile]) for tile in tiles]
    weights = np.array([np.count_nonzero(mask) for _, mask in windows])
    box = bounding_box(region)
    whole, mask = maps.window(box), region[box]
    out = {}
    for metric in metrics.values():
        value = spread = math.nan
        why = _unreadable(metric, n, maps.px_per_mm, native)
        if why is None and metric.relative and not with_levels:
            why = "no_reference"
        if why is None:
            value = _level(metric, whole, mask)
            per_block = np.array([_level(metric, part, inside) for part, inside in windows], np.float64)
            spread = within_photo_se(per_block, weights, seed, parameters.bootstrap_resamples)
            why = None if math.isfinite(value) else "too_little_skin"
        flags = () if why is None else (why,)
        out[metric.name] = Measurement(
            metric.name, metric.version, name, value, metric.unit, spread, n, flags
        )
    return out


def _unreadable(metric: Metric, n_pixels: int, px_per_mm: float, native: float) -> str | None:
    """The flag of what keeps a metric from being read in a region of so many pixels; None if nothing."""
    if n_pixels < MIN_PIXELS or n_pixels / px_per_mm**2 < MIN_AREA_MM2:
        return "too_little_skin"
    if native < metric.needs_px_per_mm * SCALE_TOLERANCE:
        return "low_resolution"
    return None


def tiles_of(region: Mask, px_per_mm: float) -> list[tuple[slice, slice]]:
    """The blocks of a region whose spread is its error within a photo."""
    return list(blocks(region, max(4, round(BLOCK_MM * px_per_mm))))


def _numbered(tiles: Sequence[tuple[slice, slice]], region: Mask) -> NDArray[np.int16]:
    """(h, w) number of the tile that each pixel lies in, -1 for none."""
    out = np.full(region.shape, -1, np.int16)
    for number, tile in enumerate(tiles):
        out[tile] = number
    return out


def middles_px(tiles: Sequence[tuple[slice, slice]]) -> NDArray[np.float64]:
    """(n, 2) row and column of each tile's middle, px."""
    ends = [(rows.start + rows.stop, columns.start + columns.stop) for rows, columns in tiles]
    return np.array(ends, np.float64).reshape(-1, 2) / 2


def _change(metric: Metric, baseline: SkinMaps, follow_up: SkinMaps, region: Mask) -> tuple[float, float]:
    """The baseline, and follow-up minus baseline over the same pixels, at the sites found on the baseline."""
    sites = metric.find_sites(baseline, region) if metric.find_sites is not None else None
    before = metric.estimate(baseline, region, sites)
    if metric.difference is not None:
        return before, metric.difference(baseline, follow_up, region)
    return before, metric.estimate(follow_up, region, sites) - before


def _level(metric: Metric, maps: SkinMaps, region: Mask) -> float:
    """The value of one photo by itself."""
    sites = metric.find_sites(maps, region) if metric.find_sites is not None else None
    return metric.estimate(maps, region, sites)


def _nothing(n_pixels: int, flag: str) -> RawChange:
    return RawChange(math.nan, math.nan, math.nan, math.nan, n_pixels, (flag,))
