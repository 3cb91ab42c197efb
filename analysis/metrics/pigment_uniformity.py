"""Evenness of pigment: the robust spread of M within a region.

1.4826 * MAD of M after 0.5 mm smoothing, in M: larger is less even. Needs no reference, because a
constant cast does not change a spread; a colour gradient across the region does, and widens the band.

Source: level and variation of a melanin map as separate endpoints, Matts et al. 2007, J Am Acad
Dermatol 57:977, doi 10.1016/j.jaad.2007.07.040.
"""

from __future__ import annotations

from analysis.bands import pattern_error, robust_sd, smoothed
from analysis.records import Mask, Metric, SkinMaps


def estimate(maps: SkinMaps, region: Mask, sites: object = None) -> float:
    """Robust SD of smoothed M over the region."""
    return robust_sd(smoothed(maps, "melanin", region))


def unrepeated(baseline: SkinMaps, follow_up: SkinMaps, region: Mask) -> float:
    """Standard error from what does not repeat, from a gradient of the light and from rounded colours."""
    return pattern_error(baseline, follow_up, "melanin", region)


METRIC = Metric(
    name="pigment_uniformity",
    label="Unevenness of pigment",
    unit="M",
    better="lower",
    family="colour",
    version=1,
    needs_px_per_mm=1.2,
    reference="Matts 2007 (doi 10.1016/j.jaad.2007.07.040)",
    estimate=estimate,
    unrepeated=unrepeated,
    order=40,
    summary="How patchy pigment is within the region; larger is less even.",
)
