"""Redness: the haemoglobin index H relative to a reference in the same photo.

H = 100 * (w . OD) with zero-sum weights over the optical densities of R, G and B: the density of green
minus a melanin baseline interpolated between red and blue, the three-band analogue of Dawson's
erythema index. Exposure and shading cancel; white balance cancels only against the reference.

Limits: an RGB camera sees less of it the darker the skin (Guinot 2007: weak erythema was found by
spectrophotometry only at ITA >= 40 degrees). A change of the whole face cannot be seen where the
rest of the face is the reference. Not for photos through filters that change hue. Under white LEDs blood
changes H up to twice as much as in daylight (docs/decisions/0025); the interval of a change allows for it.

Source: Dawson et al. 1980, Phys Med Biol 25:695, doi 10.1088/0031-9155/25/4/008; the weights come from
benchmarks/derive.py.
"""

from __future__ import annotations

from analysis.bands import smoothed, smoothed_change, thinned, trimmed_mean
from analysis.records import Mask, Metric, SkinMaps


def estimate(maps: SkinMaps, region: Mask, sites: object = None) -> float:
    """Trimmed mean of H over the region; the caller subtracts the reference's."""
    return trimmed_mean(smoothed(maps, "haemoglobin", region))


def difference(baseline: SkinMaps, follow_up: SkinMaps, region: Mask) -> float:
    """Trimmed mean of the pixelwise change of H: steadier than the change of two levels."""
    return trimmed_mean(smoothed_change(baseline, follow_up, "haemoglobin", region))


def companion(baseline: SkinMaps, follow_up: SkinMaps, region: Mask) -> float:
    """The same of the two-band erythema index; only its sign counts, so it is not smoothed."""
    return trimmed_mean(thinned(follow_up.companion, region, 2) - thinned(baseline.companion, region, 2))


METRIC = Metric(
    name="redness",
    label="Redness",
    unit="H",
    better="lower",
    family="colour",
    version=1,
    needs_px_per_mm=1.2,
    reference="Dawson 1980 (doi 10.1088/0031-9155/25/4/008), in three broad bands",
    estimate=estimate,
    relative=True,
    leaks_from="pigment",
    difference=difference,
    agrees_with=companion,
    order=10,
    summary="How much red the skin shows beside its reference; 1 H is 0.01 of optical density.",
)
