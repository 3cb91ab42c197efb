"""Sessions of several shots as one: their change, what light made of it, and the errors that shots share.

Every shot was compared with the baseline's first, whose own change is 0. Light is taken off the session's
change, not off each shot's: what it may explain is limited by what the session shows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis import light_field
from analysis.relative import Relative, measured


@dataclass(frozen=True, slots=True)
class SessionChange:
    """The change of a level between two sessions."""

    difference: float
    """Light taken off; 0 where nothing was measured."""
    light_taken_off: float
    light_error: float
    """Of what light may have made besides; more shots of one light do not lessen it."""
    without_light: float
    """The change less all that the slopes say, also where that makes it larger or turns it: good for its sign
    beside another estimator's."""
    hidden: tuple[tuple[float, float], ...] = ((0.0, 0.0),)
    """How much of a further change the light may hide, and its error then, either way: `Light.hides`."""


def session_change(
    before: Sequence[Relative],
    after: Sequence[Relative],
    estimator: Literal["difference", "companion"] = "difference",
) -> SessionChange:
    """Mean over the follow-up's shots less the mean over the baseline's.

    Args:
        before: the baseline's other shots.
        after: the follow-up's.
        estimator: the metric's own change, or that of its second estimator.
    """
    earlier, later = _measured(before), _measured(after)
    if not later:
        return SessionChange(0.0, 0.0, math.nan, 0.0)
    field = "light" if estimator == "difference" else "companion_light"
    seen = float(
        np.mean([getattr(one, estimator) for one in later])
        - np.mean([0.0, *(getattr(one, estimator) for one in earlier)])
    )
    light = light_field.of_session(
        [getattr(one, field) for one in earlier], [getattr(one, field) for one in later]
    )
    taken = light.taken_off(seen)
    return SessionChange(
        seen - taken, taken, light.standard_error(taken), seen - light.said, light.hides(taken)
    )


def companion_error(before: Sequence[Relative], after: Sequence[Relative], light_error: float) -> float:
    """Standard error of a second estimator's change, which the shots of one sitting share; NaN without shots.

    More shots of the follow-up take nothing off it; the baseline's other shots enter by their share.
    """
    earlier, later = ([one.companion_error for one in _measured(side)] for side in (before, after))
    if not later:
        return math.nan
    return math.hypot(max(later), _of_mean(earlier, 1 + len(earlier)), light_error)


def within_error(before: Sequence[Relative], after: Sequence[Relative]) -> float:
    """Standard error within the photos, of which each shot has its own; at least one of the follow-up."""
    earlier, later = ([one.standard_error for one in _measured(side)] for side in (before, after))
    return math.hypot(_of_mean(later, len(later)), _of_mean(earlier, 1 + len(earlier)))


def disagreement(before: Sequence[Relative], after: Sequence[Relative]) -> float:
    """What parts of a face disagree by between two sessions; at least one shot of the follow-up.

    A filter or a lamp is the same in all shots of a sitting; in one of several it has that shot's share.
    """
    earlier, later = ([one.disagreement for one in _measured(side)] for side in (before, after))
    return math.hypot(sum(later) / len(later), sum(earlier) / (1 + len(earlier)))


def _of_mean(errors: Sequence[float], n: int) -> float:
    """Standard error of the mean of n values, of which those not given have none."""
    return math.sqrt(sum(one**2 for one in errors)) / n


def _measured(shots: Sequence[Relative]) -> list[Relative]:
    return [one for one in shots if measured(one)]
