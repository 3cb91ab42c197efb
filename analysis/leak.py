"""How far redness, pigment and texture move when only something else does, by skin tone as a pair reads it.

Limits: the table is of synthetic people (benchmarks/derive.py), and in the darkest class of one model.
Without a colour card a photo shows a tone only as well as it is exposed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.constants import LEAK, RED_PER_M, TONE_CENTRES_DEG
from analysis.records import Metric

EXPOSURE_DEG = 20.0
"""Half a stop more light lifts L* of brown skin by about 6 to 9, and its typology angle by about as many
degrees as this: a tone is taken for this much darker wherever that leaks more."""


def leak(metric: str, tone_deg: float) -> float:
    """Movement per unit of the other index, one standard deviation.

    Args:
        metric: a row of `constants.LEAK`.
        tone_deg: typology angle of the baseline's skin (`PairResult.tone_deg`); NaN is taken for the worst.

    >>> leak("redness_by_red", 50.0) < leak("redness_by_red", 0.0) < leak("redness_by_red", -40.0)
    True
    """
    values, centres = LEAK[metric][::-1], TONE_CENTRES_DEG[::-1]  # np.interp wants them rising
    if np.isnan(tone_deg):
        return max(values)
    return float(max(np.interp((tone_deg, tone_deg - EXPOSURE_DEG), centres, values)))


@dataclass(frozen=True, slots=True)
class OtherPigment:
    """The session's change of the index that leaks into this one."""

    difference: float = 0.0
    companion: float = math.nan
    companion_error: float = math.nan


def unexplained_red(pigment: float, red: float, red_error: float, blood: float) -> float:
    """How far red moved beyond what a change of M, blood and its own error explain; 0 if not at all.

    It is what pigment that M does not see would look like. Blood and the error explain twice their standard
    deviation: the leak is an RMS over people, and some have more of it.

    >>> unexplained_red(pigment=-0.5, red=-4.0, red_error=0.3, blood=-0.5) > 2
    True
    >>> unexplained_red(pigment=-2.0, red=-1.5, red_error=0.3, blood=0.0)
    0.0
    """
    left = abs(red - RED_PER_M[0] * pigment) - 2 * (red_error + max(LEAK["pigment_by_red"]) * abs(blood))
    return max(0.0, left) if math.isfinite(left) else 0.0


def leaked(
    metric: Metric, tone_deg: float, by_red: bool | None, other: OtherPigment, difference: float
) -> float:
    """What of the other pigment's change may look like this metric's, one standard deviation.

    Args:
        metric: redness, pigment or texture; others take nothing.
        tone_deg: typology angle of the baseline's skin (`PairResult.tone_deg`).
        by_red: whether pigment is read from red; None on a face.
        other: change of the other index.
        difference: change of this one.
    """
    if metric.leaks_from is None:
        return 0.0
    row = f"{metric.name}_by_red"
    seen = leak(row if by_red and row in LEAK else metric.name, tone_deg) * abs(other.difference)
    if metric.name != "redness" or by_red is not False:
        return seen
    # Red that M does not explain may be pigment of skin that is darker than it looks: there H answers to it.
    unseen = unexplained_red(other.difference, other.companion, other.companion_error, difference)
    return math.hypot(seen, LEAK["redness_by_red"][-1] * unseen)
