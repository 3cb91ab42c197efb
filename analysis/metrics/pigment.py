"""Pigment: the melanin index M relative to a reference in the same photo.

M = 100 * (w . OD) with zero-sum weights, dominated by blue minus green: where melanin absorbs most and
haemoglobin least differently. Neither direction is better: that depends on what was treated.

Limits: pigment is the weaker measurement in RGB. On very light skin residual redness leaks into it,
in very dark skin the blue channel carries little signal. The cross-talk is printed by
benchmarks/derive.py.

Source: Tsumura et al. 1999, J Opt Soc Am A 16:2169, doi 10.1364/JOSAA.16.002169 (three-vector model).
"""

from __future__ import annotations

from analysis.bands import median, smoothed, smoothed_change
from analysis.records import Mask, Metric, SkinMaps


def estimate(maps: SkinMaps, region: Mask, sites: object = None) -> float:
    """Median M over the region; the caller subtracts the reference's."""
    return median(smoothed(maps, "melanin", region))


def difference(baseline: SkinMaps, follow_up: SkinMaps, region: Mask) -> float:
    """Median of the pixelwise change of M: steadier than the change of two medians."""
    return median(smoothed_change(baseline, follow_up, "melanin", region))


METRIC = Metric(
    name="pigment",
    label="Pigment",
    unit="M",
    better=None,
    family="colour",
    version=1,
    needs_px_per_mm=1.2,
    reference="Tsumura 1999 (doi 10.1364/JOSAA.16.002169)",
    estimate=estimate,
    relative=True,
    leaks_from="redness",
    difference=difference,
    order=30,
    summary="How much brown the skin shows beside its reference; 1 M is 0.01 of optical density.",
)
