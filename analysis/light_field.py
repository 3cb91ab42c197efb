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

    def off(self, at_mm: NDArray[np.floating]) -> NDArray[np.floating]:
        """How far the plane lies above its middle at (n, 2) places."""
        return np.asarray((at_mm - self.centre_mm) @ self.slope)


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


def mean_plane(planes: Sequence[Plane], weights: NDArray[np.floating]) -> Plane:
    """The plane of several regions taken as one; `weights` sum to 1."""
    centre = weights @ np.array([one.centre_mm for one in planes])
    slope = weights @ np.array([one.slope for one in planes])
    return Plane((float(centre[0]), float(centre[1])), (float(slope[0]), float(slope[1])))


def between(first: Plane, second: Plane) -> float:
    """Standard error of the difference of two regions' levels, from light that changed along their slopes.

    Each slope, carried from one middle to the other, says what the light would have made; the two are taken
    as two readings of one error. Skin's own unevenness makes some slope by chance and is not taken off: on
    real skin that left too little (docs/decisions/0024).

    >>> a, b = Plane((0.0, 0.0), (0.0, 0.1)), Plane((0.0, 40.0), (0.0, 0.1))
    >>> round(between(a, b), 3)
    4.0
    """
    way = np.subtract(second.centre_mm, first.centre_mm)
    return math.sqrt((float(way @ first.slope) ** 2 + float(way @ second.slope) ** 2) / 2)
