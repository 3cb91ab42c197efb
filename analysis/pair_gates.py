"""The checks of one registered pair: their values, from what registration and measuring found."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import cv2
import numpy as np

from analysis import quality
from analysis.bands import median, thinned
from analysis.chromophores import clipped_share
from analysis.editing import retouched
from analysis.light import direction_change_deg
from analysis.linear import srgb_code
from analysis.metrics import registry
from analysis.records import (
    FAMILIES,
    SCALE_TOLERANCE,
    AlignmentSummary,
    FaceMesh,
    FloatMap,
    Gate,
    Grid,
    Mask,
    Photo,
    SkinMaps,
    Subject,
)
from analysis.region_values import MIN_PIXELS, RawChange

TEXTURE_FROM_PX_PER_MM = 4.0 * SCALE_TOLERANCE
"""Below it no texture band is resolved."""


def pair_gates(
    anchor: Subject,
    other: Subject,
    grid: Grid,
    areas: Mapping[str, Mask],
    first: SkinMaps,
    second: SkinMaps,
    base: FloatMap,
    moved: FloatMap,
    alignment: AlignmentSummary,
    correlation: float,
    mismatch: float,
    edge_mm: tuple[float, float],
    native: float,
    colours: Sequence[FloatMap],
    taken: FloatMap | None = None,
) -> tuple[Gate, ...]:
    """Every check of one registered pair.

    Args:
        anchor: the baseline photo.
        other: the other photo.
        grid: the working grid.
        areas: region -> mask on it.
        first: maps of the baseline.
        second: maps of the other photo, on the same skin.
        base: (h, w, 3) linear light of the baseline.
        moved: the same of the other photo, laid onto it.
        alignment: how well.
        correlation: median correlation of the two reliefs.
        mismatch: of sharpness after matching; NaN where there was no edge to go by.
        edge_mm: width of the edges in either photo.
        native: px/mm of the coarser photo.
        colours: median colour of the skin in either photo as taken; none where they share no skin.
        taken: `moved` before a colour card mapped its light; None where no card is used.
    """
    valid = first.valid
    gates = [
        quality.gate("resolution", "colour", native),
        quality.gate("resolution", "texture", native),
        quality.gate("overlap", "all", alignment.overlap),
        quality.gate("registration", "all", alignment.residual_mm),
        quality.gate("alignment", "all", correlation),
    ]
    if not colours:
        return tuple(gates)
    cast = colour_cast(colours[0], colours[1] if taken is None else median_colour(moved, valid))
    gate = quality.gate("colour_cast" if anchor.mesh is not None else "colour_cast_drawn", "colour", cast)
    if taken is not None:
        # The card has made the lights alike: what is left may be the skin's own change and refuses nothing.
        gate = replace(gate, state="ok" if gate.state == "ok" else "warn")
    gates.append(gate)
    gates.append(quality.gate("saturation", "colour", min(saturation(colour) for colour in colours)))
    brightness = min(brightest_code(colour) for colour in colours)
    gates.append(quality.gate("exposure", "colour", brightness))

    noise = [median(thinned(maps.noise, valid, 4)) for maps in (first, second)]
    gates.append(quality.gate("noise", "colour", max(noise)))
    asymmetry = _asymmetry(areas, first, second)
    turn, pose_change, perspective = _poses(anchor, other)
    changed_camera = other_camera(anchor.photo, other.photo)
    edited = max(retouched(photo.facts) for photo in (anchor.photo, other.photo))
    for family in FAMILIES:
        if family == "texture" and native < TEXTURE_FROM_PX_PER_MM:
            continue  # no texture is measured, so nothing can spoil it
        if math.isfinite(asymmetry):
            gates.append(quality.gate("light_asymmetry", family, asymmetry))
        if math.isfinite(turn):
            gates.append(quality.gate("pose", family, turn))
            gates.append(quality.gate("pose_change", family, pose_change))
            gates.append(quality.gate("perspective", family, perspective))
        if changed_camera:
            gates.append(quality.gate("camera", family, 1))
        if edited:
            gates.append(quality.gate("retouching", family, edited))
    if native < TEXTURE_FROM_PX_PER_MM:
        return tuple(gates)

    if anchor.mesh is not None:
        turned = direction_change_deg(anchor.mesh, grid, base, moved, valid)
        gates.append(quality.gate("light_direction", "texture", turned))
    everywhere = np.logical_or.reduce(list(areas.values()))
    seen = everywhere & (cv2.extractChannel(moved, 1) > 0)
    lost = max(clipped_share(image, seen) for image in (base, moved if taken is None else taken))
    gates.append(quality.gate("clipping", "texture", lost))
    gates.append(quality.gate("exposure", "texture", brightness))
    gates.append(quality.gate("noise", "texture", max(noise)))
    floor = 0.006  # what rounding to 8 bits does to luminance at code 80: below it, quantisation decides
    gates.append(quality.gate("noise_ratio", "texture", max(*noise, floor) / max(min(noise), floor)))
    qualities = [p.jpeg_quality for p in (anchor.photo, other.photo) if p.jpeg_quality is not None]
    gates += [quality.gate("jpeg_quality", "texture", value) for value in qualities]
    # Without an edge that is not skin nobody can say how sharp the photos are: NaN, which warns.
    gates.append(quality.gate("blur", "texture", max(edge_mm)))
    if math.isfinite(mismatch):
        gates.append(quality.gate("blur_match", "texture", mismatch))
    return tuple(gates)


def relief_gate(raw: Mapping[tuple[str, str], RawChange], references: Sequence[str]) -> tuple[Gate, ...]:
    """Whether reference skin, drawn or named on a face, shows relief equally strongly in both photos.

    Args:
        raw: (metric, region) -> change before any reference is taken off.
        references: names of the reference regions.
    """
    changed = relief_change(raw, references)
    return (quality.gate("relief_change", "texture", changed),) if math.isfinite(changed) else ()


def relief_change(raw: Mapping[tuple[str, str], RawChange], references: Sequence[str]) -> float:
    """Largest change, in %, of any texture of reference skin; NaN where none was read.

    Skin that was not treated keeps its relief: what changes is how light, gloss and camera show it.
    """
    textures = [name for name, metric in registry().items() if metric.family == "texture"]
    changes = [abs(raw[name, region].difference) for name in textures for region in references]
    return max((change for change in changes if math.isfinite(change)), default=math.nan)


def median_colour(linear: FloatMap, valid: Mask) -> FloatMap:
    """(3,) median linear light of the skin, from every fourth pixel either way."""
    skin = thinned(linear, valid, 4)
    if skin.size == 0:
        skin = linear[valid]
    return np.maximum([median(skin[:, channel]) for channel in range(3)], 1e-4).astype(np.float32)


def colour_cast(baseline: FloatMap, follow_up: FloatMap) -> float:
    """Largest change of log red or log blue over green between two (3,) colours of the same skin."""
    return float(np.max(np.abs(_chroma(follow_up) - _chroma(baseline))))


def saturation(colour: FloatMap) -> float:
    """Natural log of red over blue: 0 for grey, 0.2 and more for skin of any tone."""
    return float(np.log(colour[0] / colour[2]))


def brightest_code(colour: FloatMap) -> float:
    """8-bit value of the brightest channel: about signal, not about tone."""
    return float(255 * srgb_code(colour).max())


def _poses(anchor: Subject, other: Subject) -> tuple[float, float, float]:
    """Turn of the head that is turned more, change of turn, change of perspective; NaN without a face."""
    if anchor.mesh is None or other.mesh is None:
        return math.nan, math.nan, math.nan
    turn = max(max(abs(mesh.yaw_deg), abs(mesh.pitch_deg)) for mesh in (anchor.mesh, other.mesh))
    change = max(
        abs(other.mesh.yaw_deg - anchor.mesh.yaw_deg), abs(other.mesh.pitch_deg - anchor.mesh.pitch_deg)
    )
    return turn, change, abs(math.log(_width_to_eyes(other.mesh) / _width_to_eyes(anchor.mesh)))


def _width_to_eyes(mesh: FaceMesh) -> float:
    """Width of the face over the span of the eyes: a near camera sees less of what lies further back."""
    right, left, outer_right, outer_left = mesh.points[[234, 454, 33, 263], :2]
    return float(np.hypot(*(right - left)) / np.hypot(*(outer_right - outer_left)))


def _chroma(colour: FloatMap) -> FloatMap:
    log = np.log(colour)
    return np.array([log[0] - log[1], log[2] - log[1]], np.float32)


def _asymmetry(areas: Mapping[str, Mask], first: SkinMaps, second: SkinMaps) -> float:
    """Change of the light between the two cheeks of a face, or the largest between two drawn regions.

    NaN where fewer than two can be read.
    """
    cheeks = ("left_cheek", "right_cheek")
    names = cheeks if set(cheeks) <= set(areas) else tuple(areas)
    skins = [areas[name] & first.valid for name in names]
    changes = [
        median(thinned(second.relief, skin, 4) - thinned(first.relief, skin, 4))
        for skin in skins
        if np.count_nonzero(skin) >= MIN_PIXELS
    ]
    return max(changes) - min(changes) if len(changes) > 1 else math.nan


def other_camera(first: Photo, second: Photo) -> bool:
    """Another camera, lens, zoom or camera software; what a file does not say is taken as the same."""
    a, b = first.facts, second.facts
    said = ("camera_make", "camera_model", "lens", "software", "focal_length_mm")
    pairs = [(getattr(a, name), getattr(b, name)) for name in said]
    return any(x != y for x, y in pairs if x is not None and y is not None)
