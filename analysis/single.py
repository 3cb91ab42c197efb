"""What one photo can be measured for, before there is anything to compare it with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from analysis import chromophores, quality, register, tone
from analysis.bands import MaskedBlur, median, thinned
from analysis.card import as_published
from analysis.chromophores import MASK_PX_PER_MM
from analysis.editing import retouched
from analysis.metrics import registry
from analysis.pair_gates import TEXTURE_FROM_PX_PER_MM, brightest_code, median_colour, saturation
from analysis.parallel import both
from analysis.records import (
    FAMILIES,
    FloatMap,
    Gate,
    Mask,
    Measurement,
    Parameters,
    PhotoAnalysis,
    Region,
    SkinMaps,
    Subject,
)
from analysis.region_values import region_levels
from analysis.regions import rasterise
from analysis.sharpness import edge_width_mm
from analysis.uncertainty import seed_of
from analysis.working_grid import feature_mask, working_grid


def analyse_subject(subject: Subject, regions: Sequence[Region], parameters: Parameters) -> PhotoAnalysis:
    """Gates and stand-alone measurements of one photo.

    A level is given relative to drawn reference skin, where there is any; on a face it is left to the
    comparison, because the rest of a face says nothing about a level.
    """
    photo = subject.photo
    references = [r.name for r in regions if r.role == "reference"]
    fine = working_grid(subject, regions, min(subject.px_per_mm, parameters.max_px_per_mm))
    # Relief is a level: without reference skin it would not be shown, and colour is read on a coarser grid.
    grid = fine if references else working_grid(subject, regions, min(fine.px_per_mm, MASK_PX_PER_MM))
    areas = {region.name: rasterise(region.polygon, grid) for region in regions}
    light, noise = both(
        lambda: register.on_grid(photo.pixels, fine),
        lambda: chromophores.working_noise(photo.pixels, register.grid_positions(grid), fine.scale),
    )
    linear = light if grid == fine else register.coarser(light, fine, grid)
    lost = _resized(chromophores.at_limit(light), linear)
    skin, features = both(
        lambda: chromophores.skin_mask(linear, list(areas.values()), grid.px_per_mm, lost),
        lambda: feature_mask(subject.mesh, grid),
    )
    valid = skin & ~features
    metrics = registry()
    average = MaskedBlur(valid)
    tone_deg = math.nan
    if valid.any():
        tone_deg = tone.ita_deg(as_published(median_colour(linear, valid), subject.card))
    by_red = tone.pigment_by_red(tone_deg, on_face=subject.mesh is not None)
    maps, edge_mm = both(
        lambda: chromophores.skin_maps(
            linear, average, noise, grid.px_per_mm, with_bands=bool(references), by_red=by_red
        ),
        lambda: edge_width_mm(light, ~_resized(valid, light), fine.px_per_mm),
    )
    if maps.bands:
        maps = replace(maps, plain=chromophores.outside_spots([maps], average))
    everywhere = _resized(np.logical_or.reduce(list(areas.values())), light)
    gates = _gates(subject, maps, linear, chromophores.clipped_share(light, everywhere), edge_mm)
    seed = seed_of(photo)
    levels = {
        name: region_levels(
            metrics, name, area & valid, maps, subject.px_per_mm, seed, bool(references), parameters
        )
        for name, area in areas.items()
    }
    measurements = []
    for metric in metrics.values():
        for name in areas:
            value = levels[name][metric.name]
            if metric.relative and references:
                value = _against(value, [levels[r][metric.name] for r in references if r != name])
            if quality.refused(gates, metric.family) and math.isfinite(value.value):
                value = _without(value, "gate_refused")
            measurements.append(value)
    usable: dict[str, bool] = {
        family: not quality.refused(gates, family)
        and any(math.isfinite(m.value) for m in measurements if metrics[m.metric].family == family)
        for family in FAMILIES
    }
    # A level needs the pair, so a face is usable for colour as soon as its skin can be read.
    if subject.mesh is not None:
        usable["texture"] = usable["texture"] or (
            not quality.refused(gates, "texture") and subject.px_per_mm >= TEXTURE_FROM_PX_PER_MM
        )
    mesh = subject.mesh
    flags = subject.flags
    if tone_deg < tone.BROWN_DEG:
        flags = (*flags, "exploratory_tone")
    return PhotoAnalysis(
        photo_id=photo.sha256,
        width=photo.pixels.shape[1],
        height=photo.pixels.shape[0],
        format=photo.format,
        colour_profile=photo.colour_profile,
        facts=photo.facts,
        px_per_mm=subject.px_per_mm,
        px_per_mm_source=subject.scale_source,
        pose_deg=(mesh.yaw_deg, mesh.pitch_deg, mesh.roll_deg) if mesh is not None else None,
        regions=tuple(regions),
        gates=gates,
        measurements=tuple(measurements),
        usable=usable,
        flags=flags,
        card=subject.card,
    )


def _resized(mask: Mask, like: FloatMap) -> Mask:
    """A mask at the size of an image; made smaller, what any of its pixels says."""
    if mask.shape == like.shape[:2]:
        return mask
    smaller = mask.size > like.shape[0] * like.shape[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_NEAREST
    return cv2.resize(255 * mask.view(np.uint8), like.shape[1::-1], interpolation=how) > 0


def _against(value: Measurement, references: Sequence[Measurement]) -> Measurement:
    """A level minus the mean of the reference skin's."""
    usable = [reference for reference in references if math.isfinite(reference.value)]
    if not math.isfinite(value.value):
        return value
    if not usable:
        return _without(value, "no_reference")
    level = sum(reference.value for reference in usable) / len(usable)
    spread = math.sqrt(sum(reference.standard_error**2 for reference in usable)) / len(usable)
    return Measurement(
        value.metric, value.version, value.region, value.value - level, value.unit,
        math.hypot(value.standard_error, spread), value.n_pixels,
    )  # fmt: skip


def _without(value: Measurement, why: str) -> Measurement:
    return replace(value, value=math.nan, standard_error=math.nan, flags=(why,))


def _gates(
    subject: Subject, maps: SkinMaps, linear: FloatMap, lost: float, edge_mm: float
) -> tuple[Gate, ...]:
    valid = maps.valid
    gates = [
        quality.gate("resolution", "colour", subject.px_per_mm),
        quality.gate("resolution", "texture", subject.px_per_mm),
    ]
    if math.isfinite(lost):
        gates.append(quality.gate("clipping", "colour", lost))
        gates.append(quality.gate("clipping", "texture", lost))
    if valid.any():
        colour = median_colour(linear, valid)
        brightness = brightest_code(colour)
        gates.append(quality.gate("saturation", "colour", saturation(colour)))
        gates.append(quality.gate("exposure", "colour", brightness))
        gates.append(quality.gate("exposure", "texture", brightness))
        noise = median(thinned(maps.noise, valid, 4))
        gates.append(quality.gate("noise", "colour", noise))
        gates.append(quality.gate("noise", "texture", noise))
    if subject.photo.jpeg_quality is not None:
        gates.append(quality.gate("jpeg_quality", "texture", subject.photo.jpeg_quality))
    if subject.card is not None:
        gates.append(quality.gate("card_clipped", "colour", sum(subject.card.clipped)))
    gates.append(quality.gate("blur", "texture", edge_mm))
    if edited := retouched(subject.photo.facts):
        gates.append(quality.gate("retouching", "colour", edited))
        gates.append(quality.gate("retouching", "texture", edited))
    if subject.mesh is not None:
        turn = max(abs(subject.mesh.yaw_deg), abs(subject.mesh.pitch_deg))
        gates.append(quality.gate("pose", "colour", turn))
        gates.append(quality.gate("pose", "texture", turn))
    return tuple(gates)
