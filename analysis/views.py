"""A measured pair -> the two photos and their maps on one grid, for pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from analysis import quality
from analysis.bands import FLATTENING_SIGMA_MM, MaskedBlur, robust_sd, trimmed_mean
from analysis.card_pair import grey_maps
from analysis.linear import srgb_pixels
from analysis.metrics import registry
from analysis.pairs import PairResult
from analysis.records import AlignedViews, Change, FloatMap, Pixels, Region, SkinMaps
from analysis.regions import CARD
from analysis.relative import measured, relative_changes

_LOCAL_MM = 1.0
"""Maps are shown smoothed at this scale: below it, pixel noise and registration error rule."""

_OUTSIDE_GREY = 226

_MAPS = {
    "redness": ("haemoglobin", "colour"),
    "pigment": ("melanin", "colour"),
    "relief": ("relief", "texture"),
}


def aligned_views(
    pair: PairResult,
    regions: Sequence[Region],
    changes: Sequence[Change],
    *,
    on_face: bool,
) -> AlignedViews:
    """Crops and maps of one pair; a map of a refused family, or of what is not measured so, is left out."""
    maps, limits = {}, {}
    average = MaskedBlur(pair.baseline.valid)
    for name, (channel, family) in _MAPS.items():
        if quality.refused(pair.gates, family) or not pair.baseline.valid.any():
            continue
        against_card = any(change.metric == name and change.reference == CARD for change in changes)
        if against_card and pair.card.fit is None:
            continue  # another shot of the session has the card that the numbers stand on
        smooth = pair.baseline.smooth
        if channel == "melanin" and smooth["pigment"] is not smooth["melanin"]:
            continue  # dark drawn skin's pigment is not read from M: its map would contradict the number
        first, second = (_local(maps_, channel, average) for maps_ in (pair.baseline, pair.follow_up))
        levels = _reference_levels(pair, regions, first, second)
        if against_card:
            zero = np.float32(np.median(getattr(grey_maps(pair.card, pair.grid.px_per_mm), channel)))
            levels = (zero, zero)
        first, second = first - levels[0], second - levels[1]
        if family == "colour" and not on_face:  # on a face nothing is taken off
            _take_light_off(second, name, pair, regions, changes)
        maps[name] = (first, second)
        limits[name] = _local_limit(pair, name, second - first, changes)
    polygons = tuple(
        Region(region.name, region.role, pair.grid.to_grid(region.polygon)) for region in regions
    )
    return AlignedViews(
        baseline=srgb_pixels(pair.baseline_linear),
        follow_up=_with_plain_outside(srgb_pixels(pair.follow_up_linear)),
        valid=pair.baseline.valid,
        maps=maps,
        local_limit=limits,
        px_per_mm=pair.grid.px_per_mm,
        regions=polygons,
    )


def _with_plain_outside(pixels: Pixels) -> Pixels:
    """What the follow-up photo does not show, in a plain light grey instead of black."""
    outside = (pixels[..., 0] == 0) & (pixels[..., 1] == 0) & (pixels[..., 2] == 0)
    pixels[outside] = _OUTSIDE_GREY
    return pixels


def _local(maps: SkinMaps, channel: str, average: MaskedBlur) -> FloatMap:
    sigma = _LOCAL_MM * maps.px_per_mm
    if channel == "relief":
        flat = maps.relief - average(maps.relief, FLATTENING_SIGMA_MM * maps.px_per_mm)
        return 100 * average(flat, sigma / 2)
    image = maps.haemoglobin if channel == "haemoglobin" else maps.melanin
    return average(image, sigma)


def _reference_levels(
    pair: PairResult, regions: Sequence[Region], first: FloatMap, second: FloatMap
) -> tuple[np.float32, np.float32]:
    """Both levels are taken over the same skin, so that the change map's zero is the reference's."""
    names = [r.name for r in regions if r.role == "reference"] or [
        r.name for r in regions if r.role != "treated"
    ]
    skin = pair.baseline.valid
    chosen = np.logical_or.reduce([pair.areas[name] for name in names]) & skin if names else skin
    if not chosen.any():
        chosen = skin
    level = np.float32(trimmed_mean(first[chosen]))
    return level, level + np.float32(trimmed_mean((second - first)[chosen]))


def _take_light_off(
    level: FloatMap, name: str, pair: PairResult, regions: Sequence[Region], changes: Sequence[Change]
) -> None:
    """Shift each treated region by what uneven light made of its number in this pair, as the number is.

    The map steps at its edge by so much. Where regions overlap the smaller one's is taken.
    """
    reference = next((change.reference for change in changes if change.metric == name), None)
    found = relative_changes(registry()[name], pair, regions, on_face=False, reference=reference)
    shift = np.zeros_like(level)
    for region in sorted(regions, key=lambda one: -np.count_nonzero(pair.areas[one.name])):
        value = found[region.name]
        if region.role != "reference" and measured(value):
            shift[pair.areas[region.name]] = value.light.taken_off(value.difference)
    level -= shift


def _local_limit(pair: PairResult, name: str, change: FloatMap, changes: Sequence[Change]) -> float:
    """The region's own limit and what single spots scatter (99 %), taken as independent."""
    mdc = [c.mdc95 for c in changes if c.metric == name and math.isfinite(c.mdc95)]
    if name != "relief" and not mdc:
        return math.nan
    residuals = []
    for area in pair.areas.values():
        values = change[area & pair.baseline.valid]
        if values.size > 50:
            residuals.append(values - np.median(values))
    if not residuals:
        return math.nan
    scatter = 2.58 * robust_sd(np.concatenate(residuals))
    return float(np.hypot(np.median(mdc) if mdc else 0.0, scatter))
