"""How far redness and pigment move when only the other one changes, for a skin tone as a photo shows it.

Limits: the table is of synthetic people (benchmarks/derive.py), and in the darkest class of one model. A
photo shows a tone only as well as it is exposed.
"""

from __future__ import annotations

import numpy as np

from analysis.constants import LEAK, TONE_LIMITS_DEG

EXPOSURE_DEG = 20.0
"""Half a stop more light lifts L* of brown skin by about 6 to 9, and its typology angle by about as many
degrees as this: a tone is taken for this much darker wherever that leaks more."""
_CENTRES_DEG = (-35.0, 5.0, 25.0, 40.0, 55.0)
"""Of the classes VI to I-II, for the table's values."""


def leak(metric: str, tone_deg: float) -> float:
    """Movement per unit of the other index, one standard deviation.

    Args:
        metric: a row of `constants.LEAK`.
        tone_deg: typology angle of the skin in the baseline photo; NaN is taken for the worst.

    >>> leak("redness_by_red", 50.0) < leak("redness_by_red", 0.0) < leak("redness_by_red", -40.0)
    True
    """
    values = LEAK[metric][::-1]
    if np.isnan(tone_deg):
        return max(values)
    return float(max(np.interp((tone_deg, tone_deg - EXPOSURE_DEG), _CENTRES_DEG, values)))


def darkest(metric: str) -> float:
    """The leak of the darkest class, for skin that may be darker than it looks."""
    return LEAK[metric][len(TONE_LIMITS_DEG)]
