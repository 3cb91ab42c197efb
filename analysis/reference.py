"""What is taken off a region's change so that it means something: reference skin, or a colour card.

Either comes with an error of its own, and with what light that changed differently there made, or may have.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from analysis.card_pair import PairCard, card_level
from analysis.constants import NU0
from analysis.light_field import EVEN, Light, between, carried
from analysis.records import Grid, Metric
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
    flags: tuple[str, ...] = ()


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


def disagreeing(reference: Reference, changes: NDArray[np.floating], known: float) -> Reference:
    """The same reference with the error by which parts of a face disagree with each other.

    Skin that was not treated changes alike, or the pair cannot tell a treated part's change from what light
    or a beauty filter does to one part and not to another (docs/decisions/0031). Parts whose changes have the
    spread s differ from the median of k others by s sqrt(1 + pi / 2k).

    Args:
        reference: what a region is set against.
        changes: (k,) of the untreated parts, before anything is taken off; fewer than three say nothing.
        known: the standard error that is counted already.
    """
    k = changes.size
    if k < FEWEST_PARTS:
        return reference
    # A spread of few values is itself uncertain: as many times wider as a t quantile says.
    few = float(stdtrit(k - 1, 0.975) / stdtrit(NU0, 0.975))
    found = few * math.sqrt(float(np.var(changes, ddof=1)) * (1 + 0.5 * math.pi / k))
    if found <= known:
        return reference
    beyond = math.sqrt(found**2 - known**2)
    flags = ("regions_disagree",) if beyond > known else ()
    return replace(reference, standard_error=math.hypot(reference.standard_error, beyond), flags=flags)


def card_reference(
    metric: Metric, value: RawChange, card: PairCard, grid: Grid, by_red: bool | None
) -> Reference:
    """The card's grey, whose lights it makes alike by itself; on the way to it the region's slope goes on."""
    across, down = (float(mm) for mm in (grid.to_grid(card.corners) / grid.px_per_mm).mean(0))
    light, companion_light = (carried(own, (down, across)) for own in (value.plane, value.companion_plane))
    level = card_level(metric, card, grid.px_per_mm, by_red)
    return Reference(level, 0.0, 0.0, light=light, companion_light=companion_light)
