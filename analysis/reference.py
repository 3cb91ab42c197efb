"""What is taken off a region's change so that it means something: reference skin, or a colour card.

Either comes with an error of its own, and with what light that changed differently there made, or may have.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from analysis.card_pair import PairCard, card_level
from analysis.constants import NU0
from analysis.light_field import EVEN, Light, between, carried
from analysis.records import FALSE_CHANGE_RATE, Grid, Metric
from analysis.region_values import RawChange

FEWEST_PARTS = 3
"""Of two the spread says next to nothing."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What is taken off a region's change, and the error that comes with it."""

    level: float
    difference: float
    companion: float
    standard_error: float = 0.0
    companion_error: float = 0.0
    light: Light = EVEN
    """What light put between the region and it; `difference` still holds that."""
    companion_light: Light = EVEN
    disagreement: float = 0.0
    """The least that the whole error is: what other parts of a face disagree by."""


NOTHING_TAKEN_OFF = Reference(0.0, 0.0, 0.0)


def drawn_reference(
    value: RawChange, references: Sequence[RawChange], *, on_face: bool = False
) -> Reference | None:
    """The mean of the reference skin by pixels; None where none of it could be read.

    On a face no slope of the light goes on from a cheek to a nose or a forehead (docs/decisions/0030).
    """
    members = [one for one in references if math.isfinite(one.difference)]
    if not members:
        return None
    weights = np.array([one.n_pixels for one in members], np.float64)
    weights /= weights.sum()

    def mean(field: str) -> float:
        return float(weights @ [getattr(one, field) for one in members])

    def spread(field: str) -> float:
        return math.sqrt(float(weights**2 @ [getattr(one, field) ** 2 for one in members]))

    def light(field: str) -> Light:
        planes = [getattr(one, field) for one in members]
        return between(getattr(value, field), planes, weights, one_surface=not on_face)

    return Reference(
        mean("baseline"),
        mean("difference"),
        mean("companion"),
        spread("standard_error"),
        spread("companion_error"),
        light("plane"),
        light("companion_plane"),
    )


def disagreement(
    parts: Sequence[Sequence[float]],
    share: float,
    judged: int,
    false_change_rate: float = FALSE_CHANGE_RATE,
) -> float:
    """Standard error of one part of a face against its reference, from how far other parts disagree.

    Skin that was not treated changes alike, or the pair cannot tell a treated part's change from what light
    or a beauty filter does to one part and not to another (docs/decisions/0031). Against what has `share` of
    the variance s^2 of one part's change, a part's difference has s^2 (1 + share).

    Args:
        parts: changes of the regions of each untreated part, before anything is taken off: twins are one
            part, and may disagree too. Fewer than three parts say nothing: 0.
        share: pi / 2k for the median of k parts, 1 / n for the mean of n named references.
        judged: how many regions are judged together, each of which may be the odd one.
        false_change_rate: in how many comparisons one may be, all regions together.

    >>> round(disagreement([[-2.0], [2.0], [-1.0, -3.0], [3.0, 1.0]], 0.0, judged=1), 1)
    3.7
    >>> disagreement([[7.0], [7.0], [7.0, 7.0]], 0.0, judged=1)
    0.0
    """
    k = len(parts)
    if k < FEWEST_PARTS:
        return 0.0
    middle = np.mean([np.mean(part) for part in parts])
    variance = sum(float(np.mean((np.asarray(part) - middle) ** 2)) for part in parts) / (k - 1)
    # A spread of few values is itself uncertain: as many times wider as a t quantile says.
    certainty = 1 - false_change_rate / 2 / judged
    few = float(stdtrit(k - 1, certainty) / stdtrit(NU0, certainty))
    return few * math.sqrt(variance * (1 + share))


def card_reference(
    metric: Metric, value: RawChange, card: PairCard, grid: Grid, by_red: bool | None
) -> Reference:
    """The card's grey, whose lights it makes alike by itself; on the way to it the region's slope goes on."""
    across, down = (float(mm) for mm in (grid.to_grid(card.corners) / grid.px_per_mm).mean(0))
    light, companion_light = (carried(own, (down, across)) for own in (value.plane, value.companion_plane))
    level = card_level(metric, card, grid.px_per_mm, by_red)
    return Reference(level, 0.0, 0.0, light=light, companion_light=companion_light)
