"""Whether the two estimators of one change agree.

A change of redness counts only where a plain ratio of red to green moves the same way, a change of M only
where red light does. And M may miss pigment that red sees: a camera brightens dark skin until it looks like
lighter skin, whose blue light M would read. So where M finds no change and red has moved beyond what M, blood
and the light explain, pigment has no number.

Limits: light that changed tells red nothing; then M stands alone, as it did before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from analysis.constants import RED_PER_M
from analysis.uncertainty import limits


@dataclass(frozen=True, slots=True)
class Judged:
    """How a limit of this change is made: the same for red as for M."""

    df: float
    regions: int
    rate: float

    def limit(self, se: float) -> float:
        """The change beyond which this standard error is no explanation."""
        return limits(0.0, se, self.df, self.regions, self.rate)[1]


def opposite(difference: float, companion: float) -> bool:
    """Whether a second estimator of a change went the other way, or nowhere."""
    return companion * difference <= 0


def red_left_over(difference: float, se: float, red: float, red_se: float, judged: Judged) -> bool:
    """Whether red light moved further than M, which found no change, explains.

    Args:
        difference: change of M, within its band.
        se: its standard error.
        red: change of 100 OD of red; NaN where it is not read.
        red_se: its standard error: noise, light that fell otherwise, and blood.
        judged: the limit's making.

    >>> red_left_over(0.5, 0.4, -6.0, 0.6, Judged(20.0, 1, 0.05))
    True
    >>> red_left_over(-0.8, 0.4, -0.6, 0.6, Judged(20.0, 1, 0.05))
    False
    """
    per_m, spread = RED_PER_M
    return abs(red - per_m * difference) > judged.limit(math.hypot(red_se, per_m * se, spread * difference))
