"""What is taken off a region's change so that it means something: reference skin, or a colour card.

Either comes with an error of its own, and with what light that changed differently there made, or may have.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.card_pair import PairCard, card_level
from analysis.light_field import EVEN, Light, between, carried
from analysis.records import Grid, Metric
from analysis.region_values import RawChange


@dataclass(frozen=True, slots=True)
class Reference:
    """What is taken off a region's change, and the error that comes with it."""

    level: float
    difference: float
    companion: float
    standard_error: float = 0.0
    light: Light = EVEN
    """What is taken off with it is already in `difference`."""
    companion_error: float = 0.0
    """Of the companion, light included."""


NOTHING_TAKEN_OFF = Reference(0.0, 0.0, 0.0)


def drawn_reference(
    value: RawChange, references: Sequence[RawChange], *, on_face: bool = False
) -> Reference | None:
    """The mean of the reference skin by pixels; None where none of it could be read.

    What the light's slope makes of the way to it is taken off, but not on a face: from a cheek to a nose or
    a forehead no plane goes on (docs/decisions/0030).
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

    # The second estimator stays as it was read: its light is in its error.
    companion_light = between(value.companion_plane, [one.companion_plane for one in members], weights)
    difference = mean("difference")
    seen = 0.0 if on_face else value.difference - difference
    light = between(value.plane, [one.plane for one in members], weights, seen)
    return Reference(
        mean("baseline"),
        difference + light.taken_off,
        mean("companion"),
        spread("standard_error"),
        light,
        math.hypot(spread("companion_error"), companion_light.standard_error),
    )


def card_reference(
    metric: Metric, value: RawChange, card: PairCard, grid: Grid, by_red: bool | None
) -> Reference:
    """The card's grey, whose lights it makes alike by itself; on the way to it the region's slope goes on."""
    across, down = (float(mm) for mm in (grid.to_grid(card.corners) / grid.px_per_mm).mean(0))
    light, companion_light = (carried(own, (down, across)) for own in (value.plane, value.companion_plane))
    level = card_level(metric, card, grid.px_per_mm, by_red)
    return Reference(level, 0.0, 0.0, 0.0, light, companion_light.standard_error)
