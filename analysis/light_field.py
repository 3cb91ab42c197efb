"""How differently the light's change fell on two places of skin, told by the skin itself.

Between two photos a lamp moves, a window brightens, a cheek turns: over a few centimetres the change of the
light is about a plane. Within each region it shows as a slope of the change, and what that slope makes of
the way from one region to the other is what the light may have put between their levels. Zero-sum indices are
blind to the strength of light, not to its colour; red light alone is blind to neither.

What the slopes of both places say is taken off a change, as far as it explains it: light may explain a change
away and never makes one. What one of them says alone, or chance may have made, widens the band.

Limits: light that steps between two regions and is even within each cannot be told from a change of skin. A
treatment whose effect leans across its region widens its own band; one that fades through both regions, as
redness that spreads into the reference, is taken for light. Whether one surface goes on between two drawn
regions is not known: a cheek and a nose that are drawn by hand are taken for one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCKS_ALIKE = 2.0
"""Neighbouring blocks of skin repeat each other: how many times more a slope errs than it would if they were
independent. From slopes on faces that nobody treated, minutes apart, which hold what light changed as well:
`python -m benchmarks.uneven_light`."""
MOST_OVER_FAINTER = 2.0
"""How many times what the fainter of two slopes says is taken off at most (docs/decisions/0030)."""
_LEAST_FREE = 5
"""Degrees of freedom below which what a plane leaves says too little of its error."""
_RANK = 1e-6
"""Blocks that lie in a row to this share of its length tell nothing across it."""

Square = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Plane:
    """The change of a level in one region, as a plane."""

    centre_mm: tuple[float, float] = (0.0, 0.0)
    """Row and column of the region's middle on the common grid."""
    slope: tuple[float, float] = (0.0, 0.0)
    """Of the change, per mm down and per mm to the right."""
    covariance: Square = ((0.0, 0.0), (0.0, 0.0))
    """Of the slope, from what the plane leaves of independent blocks; NaN where it leaves too little."""


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
    weights = weights / weights.sum()
    centre = weights @ at_mm
    away, root = at_mm - centre, np.sqrt(weights)
    inverse = np.linalg.pinv(away * root[:, None], rcond=_RANK)
    # As in the bootstrap, a torn block is not light: first its change is pulled in, then what a plane leaves.
    fitted = np.zeros_like(changes)
    for _ in range(2):
        left = changes - fitted
        kept = fitted + np.clip(left, *np.percentile(left, (5, 95)))
        slope = inverse @ (root * (kept - weights @ kept))
        fitted = away @ slope
    free = changes.size - 1 - int(np.linalg.matrix_rank(away, rtol=_RANK))
    left = kept - weights @ kept - fitted
    per_block = float(weights @ left**2) * changes.size / free if free >= _LEAST_FREE else math.nan
    by_block = inverse * root
    spread = per_block * (by_block @ by_block.T)
    return Plane(
        (float(centre[0]), float(centre[1])),
        (float(slope[0]), float(slope[1])),
        ((float(spread[0, 0]), float(spread[0, 1])), (float(spread[1, 0]), float(spread[1, 1]))),
    )


def rest(changes: NDArray[np.floating], at_mm: NDArray[np.floating], of: Plane) -> NDArray[np.floating]:
    """What a plane leaves of the change in the blocks it was fitted to, for the spread within a photo.

    A plane takes two degrees of freedom with it, one from blocks in a row: what is left is enlarged so that
    its standard deviation is again that of the blocks. Of three blocks it leaves nothing, so they stay.
    """
    good = np.isfinite(changes)
    n, away = int(np.count_nonzero(good)), at_mm - of.centre_mm
    free = n - 1 - int(np.linalg.matrix_rank(away[good], rtol=_RANK)) if n > 3 and of is not LEVEL else 0
    if free < 1:
        return changes
    left = changes - away @ of.slope
    middle = np.nanmean(left)
    return np.asarray(middle + (left - middle) * math.sqrt((n - 1) / free))


@dataclass(frozen=True, slots=True)
class Light:
    """What slopes say that light put between a place and what it is set against, in the level's unit.

    >>> both_lean = Light(own=-4.0, theirs=-4.0, said=-4.0)
    >>> [both_lean.taken_off(seen) for seen in (-9.0, -1.0, 2.0)]
    [-4.0, -1.0, 0.0]
    """

    own: float = 0.0
    """The slope of the place, carried to it from the other's middle."""
    theirs: float = 0.0
    """The slope of what it is set against, carried over the same way."""
    said: float = 0.0
    """What both say."""
    variance: float = 0.0
    """Of `said`, by chance."""

    def taken_off(self, seen: float) -> float:
        """How much of a change is the light's: never more than all of it, and nothing of the other sign."""
        return float(np.clip(self.said, min(seen, 0.0), max(seen, 0.0)))

    def standard_error(self, taken_off: float) -> float:
        """What the two slopes leave unexplained when so much was taken off."""
        left = ((self.own - taken_off) ** 2 + (self.theirs - taken_off) ** 2) / 2
        return math.sqrt(left + (self.variance * taken_off / self.said if self.said else 0.0))

    def hides(self, taken_off: float) -> tuple[tuple[float, float], tuple[float, float]]:
        """How much of a true change is lost, and the standard error of light then, with it and against it.

        A change that goes along with the light loses what the light could explain and did not. One that goes
        against it cancels what was taken off, and nothing can be taken off any more.

        >>> both_lean = Light(own=-4.0, theirs=-4.0, said=-4.0)
        >>> both_lean.hides(taken_off=-4.0)
        ((0.0, 0.0), (4.0, 4.0))
        """
        along = abs(self.said - taken_off), self.standard_error(self.said)
        return along, (abs(taken_off), self.standard_error(0.0))


EVEN = Light()


def between(
    place: Plane, references: Sequence[Plane], weights: NDArray[np.floating], *, one_surface: bool = True
) -> Light:
    """What light that changed along the slopes of both put between a place and its reference skin.

    Each slope, carried from one middle to the other, says what the light would have made; that of the place
    and that of the references are two readings of one number. Where both say the same sign, it is their mean,
    drawn towards 0 by as much of its square as chance explains, and at most twice what the fainter says:
    where one leans alone, as the effect of a treatment may, there is nothing. Every reference is carried over
    its own way: an even slope cancels between two sides, a hump of light does not, and references whose
    slopes differ say that much less.

    Args:
        place: the region that is judged.
        references: what it is set against.
        weights: of the references; their sum is 1.
        one_surface: whether a slope goes on from one to the other; where not, nothing is taken off.

    >>> a, b = Plane((0.0, 0.0), (0.0, 0.1)), Plane((0.0, 40.0), (0.0, 0.1))
    >>> between(a, [b], np.ones(1)).said                             # both lean: 4 less where the place is
    -4.0
    >>> between(a, [Plane((0.0, 40.0))], np.ones(1)).said            # the place alone leans
    0.0
    """
    ways = place.centre_mm - np.array([one.centre_mm for one in references])
    slopes, errors = (np.array([getattr(one, key) for one in references]) for key in ("slope", "covariance"))
    way = weights @ ways
    own, theirs = float(way @ place.slope), float(weights @ (ways * slopes).sum(1))
    chance = float(way @ np.array(place.covariance) @ way)
    chance += float(weights**2 @ np.einsum("ri,rij,rj->r", ways, errors, ways))
    among = float(weights @ (ways * (slopes - weights @ slopes)).sum(1) ** 2)
    variance = chance * (BLOCKS_ALIKE / 2) ** 2 + among
    mean, fainter = (own + theirs) / 2, min(abs(own), abs(theirs))
    if not one_surface or own * theirs <= 0 or not variance < mean**2:  # NaN, of too few blocks, is no less
        return Light(own, theirs)
    said = min(abs(mean) - variance / abs(mean), MOST_OVER_FAINTER * fainter)
    return Light(own, theirs, math.copysign(said, mean), variance)


def carried(place: Plane, to_mm: tuple[float, float]) -> Light:
    """The same beside something that has no slope of its own, a colour card: nothing is taken off.

    >>> carried(Plane((0.0, 0.0), (0.0, 0.1)), (0.0, 40.0)).standard_error(0.0)
    4.0
    """
    reading = float((np.array(place.centre_mm) - to_mm) @ place.slope)
    return Light(reading, reading)


def of_session(earlier: Sequence[Light], later: Sequence[Light]) -> Light:
    """Between the means of two sessions, from every shot's against the baseline's first, which has none.

    More shots of one sitting do not lessen what chance makes of its light.
    """
    n = 1 + len(earlier)

    def mean(what: str) -> float:
        before, after = (sum(getattr(one, what) for one in shots) for shots in (earlier, later))
        return float(after / len(later) - before / n)

    variance = max(one.variance for one in later) + sum(one.variance for one in earlier) / n**2
    return Light(mean("own"), mean("theirs"), mean("said"), variance)
