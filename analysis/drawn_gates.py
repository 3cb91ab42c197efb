"""What else changed between two photos of drawn regions: checks that warn, and refuse nothing.

A face has its mesh to tell pose and light by; drawn regions have the skin itself, and reference skin, which
was not treated. What lies beyond a limit is unlike ordinary photos, at most one in twenty of them, so its
band is widened; it was not found to mislead, so nothing is refused (docs/validation/warnings.md).

Limits: they say nothing of a tone curve, of white balance or of light of two colours, whose traces on skin
are no larger than what ordinary photos differ by.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from analysis import quality
from analysis.bands import median, thinned
from analysis.records import FloatMap, Gate, Mask

_APART_MM = 2.0
"""Positions are compared so far apart: registration smooths them over a millimetre."""
_LEAST_POINTS = 12


def drawn_gates(
    base: FloatMap,
    moved: FloatMap,
    taken: FloatMap,
    where: FloatMap,
    valid: Mask,
    areas: Mapping[str, Mask],
    px_per_mm: float,
    sharper: float,
    references: Sequence[str],
    *,
    with_texture: bool,
) -> tuple[Gate, ...]:
    """The checks of one registered pair of drawn regions.

    Args:
        base: (h, w, 3) linear light of the baseline.
        moved: the same of the other photo, laid onto it.
        taken: `moved` before a colour card mapped it, which relief is read from.
        where: (h, w, 2) positions in the other photo, px.
        valid: (h, w) skin seen in both.
        areas: region -> (h, w) mask.
        px_per_mm: of the grid.
        sharper: natural log of how much steeper the other photo's edges are; NaN without edges.
        references: names of the reference regions.
        with_texture: whether any texture is resolved.
    """
    if not valid.any():
        return ()
    # A treatment may well make skin lighter: reference skin tells exposure, where there is any.
    untreated = np.logical_or.reduce([np.zeros_like(valid), *(areas[name] & valid for name in references)])
    told_by = untreated if untreated.any() else valid
    gates = [
        quality.gate("deformation", "all", deformation_mm(where, valid, px_per_mm)),
        quality.gate("exposure_change", "colour", exposure_change(base, moved, told_by)),
    ]
    if not with_texture:
        return tuple(gates)
    gates.append(quality.gate("exposure_change", "texture", exposure_change(base, taken, told_by)))
    if math.isfinite(sharper):  # without edges `blur` already warns
        gates.append(quality.gate("sharpness_change", "texture", abs(sharper)))
    return tuple(gates)


def exposure_change(base: FloatMap, moved: FloatMap, skin: Mask) -> float:
    """How many stops brighter or darker this skin is, from the median of green: sensor, lamp and lens in one.

    >>> light = np.full((8, 8, 3), 0.2, np.float32)
    >>> round(exposure_change(light, light / 2, np.ones((8, 8), bool)), 3)
    1.0
    """
    step = 4 if skin[::4, ::4].any() else 1
    levels = [max(median(thinned(image[..., 1], skin, step)), 1e-4) for image in (base, moved)]
    return abs(math.log2(levels[1] / levels[0]))


def deformation_mm(where: FloatMap, valid: Mask, px_per_mm: float) -> float:
    """RMS of how far skin lies from where one affine map of all of it would put it, in mm of the baseline.

    A camera that moves, turns or stands farther off is an affine map of flat skin, nearly; skin that is
    stretched, bent or pressed is none. NaN with too little skin.

    Args:
        where: (h, w, 2) positions in the other photo, px.
        valid: (h, w) skin seen in both.
        px_per_mm: of the baseline's grid.
    """
    step = max(1, round(_APART_MM * px_per_mm))
    rows, columns = np.nonzero(valid[::step, ::step])
    if rows.size < _LEAST_POINTS:
        return math.nan
    there = where[::step, ::step][rows, columns].astype(np.float64)
    here = np.column_stack([columns, rows]) * (step / px_per_mm)
    design = np.column_stack([here, np.ones(rows.size)])
    affine, *_ = np.linalg.lstsq(design, there, rcond=None)
    px_per_mm_there = math.sqrt(abs(float(np.linalg.det(affine[:2]))))
    if px_per_mm_there == 0:
        return math.nan
    residual = there - design @ affine
    return math.sqrt(float((residual**2).sum(1).mean())) / px_per_mm_there
