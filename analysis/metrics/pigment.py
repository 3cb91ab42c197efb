"""Pigment: the melanin index M relative to a reference in the same photo.

M = 100 * (w . OD) with zero-sum weights, dominated by blue minus green: where melanin absorbs most and
haemoglobin least differently. Neither direction is better: that depends on what was treated.

In drawn skin of classes V and VI it is 100 * OD of red instead: there blue light hardly comes back. Elsewhere
in drawn skin red is the second estimator: a change of M whose red goes the other way is not told from a
change of blood, and where M finds none though red moved, M is not believed (analysis/agreement.py).

Limits: pigment is the weaker measurement in RGB. On very light skin residual redness leaks into it; on a face
of class VI it is not measured. The cross-talk is printed by benchmarks/derive.py.

Source: Tsumura et al. 1999, J Opt Soc Am A 16:2169, doi 10.1364/JOSAA.16.002169 (three-vector model).
"""

from __future__ import annotations

import math

from analysis.bands import smoothed, smoothed_change, trimmed_mean
from analysis.records import Mask, Metric, SkinMaps


def estimate(maps: SkinMaps, region: Mask, sites: object = None) -> float:
    """Trimmed mean of M over the region; the caller subtracts the reference's."""
    return trimmed_mean(smoothed(maps, "pigment", region))


def difference(baseline: SkinMaps, follow_up: SkinMaps, region: Mask) -> float:
    """Trimmed mean of the pixelwise change of M: steadier than the change of two levels."""
    return trimmed_mean(smoothed_change(baseline, follow_up, "pigment", region))


def companion(baseline: SkinMaps, follow_up: SkinMaps, region: Mask) -> float:
    """The same of optical density in red; NaN on a face, where shading would decide it."""
    if "red" not in baseline.smooth:
        return math.nan
    return trimmed_mean(smoothed_change(baseline, follow_up, "red", region))


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
    agrees_with=companion,
    order=30,
    summary="How much brown the skin shows beside its reference; 1 M is 0.01 of optical density.",
)
