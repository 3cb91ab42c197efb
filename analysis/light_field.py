"""How differently the light's change fell on two places of skin, told by the skin itself.

Between two photos a lamp moves, a window brightens, a cheek turns: over a few centimetres the change of the
light is about a plane. Within each region it shows as a slope of the change, and what that slope makes of
the way from one region to the other is what the light may have put between their levels. Zero-sum indices are
blind to the strength of light, not to its colour; red light alone is blind to neither.

Limits: light that steps between two regions and is even within each cannot be told from a change of skin. A
treatment whose effect leans across its region widens its own band.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Plane:
    """The change of a level in one region, as a plane."""

    centre_mm: tuple[float, float] = (0.0, 0.0)
    """Row and column of the region's middle on the common grid."""
    slope: tuple[float, float] = (0.0, 0.0)
    """Of the change, per mm down and per mm to the right."""


LEVEL = Plane()
"""Of what has no slope."""


def plane(changes: NDArray[np.floating], weights: NDArray[np.floating], at_mm: NDArray[np.floating]) -> Plane:
    """The weighted least-squares plane of the change in the blocks of a region.

    Args:
        changes: (n,) change in each block; blocks without a number are left out.
        weights: (n,) pixels of each block.
        at_mm: (n, 2) row and column of each block's middle.

    >>> at = np.array([[0, 0], [0, 10], [10, 0], [10, 10]])
    >>> found = plane(np.array([0.0, 1.0, 0.0, 1.0]), np.ones(4), at)
    >>> found.centre_mm, [round(float(s), 3) for s in found.slope]
    ((5.0, 5.0), [0.0, 0.1])
    """
    good = np.isfinite(changes) & (weights > 0)
    if np.count_nonzero(good) < 3:
        return LEVEL
    changes, weights, at_mm = changes[good], weights[good].astype(np.float64), at_mm[good]
    # As in the bootstrap: a torn block is not light.
    changes = np.clip(changes, *np.percentile(changes, (5, 95)))
    weights = weights / weights.sum()
    centre = weights @ at_mm
    away = (at_mm - centre) * np.sqrt(weights)[:, None]
    slope = np.linalg.pinv(away) @ (np.sqrt(weights) * (changes - weights @ changes))
    return Plane((float(centre[0]), float(centre[1])), (float(slope[0]), float(slope[1])))


def rest(changes: NDArray[np.floating], at_mm: NDArray[np.floating], of: Plane) -> NDArray[np.floating]:
    """What a plane leaves of the change in the blocks it was fitted to, for the spread within a photo.

    A plane takes two degrees of freedom with it, one from blocks in a row: what is left is enlarged so that
    its standard deviation is again that of the blocks. Of three blocks it leaves nothing, so they stay.
    """
    good = np.isfinite(changes)
    n, away = int(np.count_nonzero(good)), at_mm - of.centre_mm
    free = n - 1 - int(np.linalg.matrix_rank(away[good])) if n > 3 and of is not LEVEL else 0
    if free < 1:
        return changes
    left = changes - away @ of.slope
    middle = np.nanmean(left)
    return np.asarray(middle + (left - middle) * math.sqrt((n - 1) / free))


def between(place: Plane, references: Sequence[Plane], weights: NDArray[np.floating]) -> float:
    """Standard error of a level against reference skin, from light that changed along the slopes of both.

    Each slope, carried from one middle to the other, says what the light would have made; that of the place
    and that of the references are two readings of one error. Every reference is carried over its own way: an
    even slope cancels between two sides, a hump of light does not. Skin's own unevenness makes some slope by
    chance and is not taken off: on real skin that left too little (docs/decisions/0024).

    Args:
        place: the region that is judged.
        references: what it is set against.
        weights: of the references; their sum is 1.

    >>> a, b = Plane((0.0, 0.0), (0.0, 0.1)), Plane((0.0, 40.0), (0.0, 0.1))
    >>> round(between(a, [b], np.ones(1)), 3)
    4.0
    """
    ways = np.array([one.centre_mm for one in references]) - place.centre_mm
    slopes = np.array([one.slope for one in references])
    own = float(weights @ ways @ place.slope)
    theirs = float(weights @ (ways * slopes).sum(1))
    return math.sqrt((own**2 + theirs**2) / 2)
