"""How evenly a colour card is lit, from the patches alone.

Everything that changes a patch's light is fitted together: the camera's tone curve and colours, the same for
all patches, and a plane of light over the card. The greys of most cards stand in one row, so that a
gradient along it looks like a tone curve to them; the other rows tell the two apart.
"""

from __future__ import annotations

import math

import numpy as np

from analysis.records import FloatMap

_FLOOR = 1e-3
_LEAST_PATCHES = 12
"""Below it the 17 numbers that are fitted say little about light."""


def light_gradient(linear: FloatMap, wanted: FloatMap, centres: FloatMap) -> float:
    """Change of the light from the darkest to the brightest end of the card, as a share of its mean.

    Args:
        linear: (n, 3) linear light of the patches as measured.
        wanted: (n, 3) the same in even light: as published, or in another photo.
        centres: (n, 2) where the patches lie in the card's unit square.

    Returns:
        0.1 for light that differs by 10 % between two ends; NaN for fewer than 12 patches. Against
        published values a camera's own colours leave an error of 0.04 (SD) and 0.05 for light that is even;
        against another photo of the card the bias goes (tests/analysis/test_card.py).
    """
    if len(linear) < _LEAST_PATCHES:
        return math.nan
    from scipy.optimize import least_squares

    where = centres - centres.mean(0)
    measured = np.cbrt(np.maximum(linear, 0).astype(np.float64))
    wanted = np.asarray(wanted, np.float64)

    def expected(free: FloatMap) -> FloatMap:
        tones, mix, slope = free[:9].reshape(3, 3), free[9:15].reshape(3, 2), free[15:]
        matrix = np.column_stack([mix, 1 - mix.sum(axis=1)])  # white stays white
        log = np.log(np.maximum(wanted @ matrix.T, _FLOOR))
        return np.asarray(
            np.exp((tones[0] + tones[1] * log + tones[2] * log**2 + (where @ slope)[:, None]) / 3)
        )

    first = np.concatenate([
        np.log(np.maximum(np.median(linear, axis=0), _FLOOR) / np.maximum(np.median(wanted, axis=0), _FLOOR)),
        np.ones(3), np.zeros(3), [1, 0, 0, 1, 0, 0], np.zeros(2),
    ])  # fmt: skip
    best = least_squares(lambda free: (expected(free) - measured).ravel(), first, method="lm", max_nfev=3000)
    return float(np.ptp(where @ best.x[15:]))
