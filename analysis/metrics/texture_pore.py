"""Fine texture: relief between 0.12-0.25 mm (Gaussian sigma), against the same band of reference skin.

100 * ln(A / A_ref), with A the noise-free RMS of the band-passed shading map in log units: a ratio of
optical roughness in %, so that exposure, tone curve and most of a change of light cancel.

Limits: a photo shows shading, not depth; never read it as micrometres. A lamp that moves changes all
relief at once, which the reference removes only in part. Blur and smoothing filters look like smooth
skin: the blur gates and untreated skin decide. Needs 8 px/mm.

Source: band-pass roughness as in ISO 25178-3 scale-limited surfaces, applied to shading; ranking of
bands and nuisances by the phantom in benchmarks/.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.records import Mask, Metric, SkinMaps
from analysis.roughness import roughness, roughness_in_pair


def estimate(maps: SkinMaps, region: Mask, sites: object = None) -> float:
    """100 ln of the band's RMS over the region; the caller subtracts the reference's."""
    return roughness(maps, region, "pore")


def in_pair(
    baseline: SkinMaps, follow_up: SkinMaps, region: Mask, block: NDArray[np.integer], n: int
) -> tuple[float, float, NDArray[np.floating]]:
    """Both photos' values and the changes of blocks, with no more noise taken off than the pair allows."""
    return roughness_in_pair(baseline, follow_up, region, "pore", block, n)


METRIC = Metric(
    name="texture_pore",
    label="Fine texture",
    unit="%",
    better="lower",
    family="texture",
    version=1,
    needs_px_per_mm=8,
    reference="Band-limited RMS of shading (scale-limited surfaces, ISO 25178-3)",
    estimate=estimate,
    relative=True,
    in_pair=in_pair,
    leaks_from="redness",
    order=50,
    summary="Strength of pores and fine relief beside the reference skin, as a ratio in %.",
)
