"""Whether a measured change is one that people would see, a separate question from whether it is real.

Source: facial skin, 50 % perceptibility: 0.99 a*, 1.15 b*, 1.50 CIELAB units (University of Athens
thesis uoadl:2990267; values as cited there).
"""

from __future__ import annotations

import cv2
import numpy as np

from analysis.constants import HAEMOGLOBIN_DIRECTION, MELANIN_DIRECTION, WEIGHTS, Triple
from analysis.linear import srgb_code
from analysis.records import FloatMap

RED: Triple = (100.0, 0.0, 0.0)
"""Weights over optical densities of what pigment is read by in dark drawn skin."""
PERCEPTIBLE_A = 0.99
PERCEPTIBLE_DE = 1.50


def is_visible(metric: str, difference: float, linear_rgb: FloatMap, *, by_red: bool = False) -> bool | None:
    """Whether a change of a level would be seen on skin of this colour; None where that is not known.

    Args:
        metric: "redness" and "pigment" have an answer.
        difference: in H or M.
        linear_rgb: (3,) linear light of the baseline skin.
        by_red: whether pigment was read from red: its difference is then 100 times an optical density of red.

    >>> brown = np.array([0.2, 0.1, 0.06], np.float32)
    >>> is_visible("pigment", 2.0, brown), is_visible("pigment", 2.0, brown, by_red=True)
    (False, True)
    """
    if metric == "redness":
        moved = _moved(WEIGHTS["haemoglobin"], HAEMOGLOBIN_DIRECTION, difference, linear_rgb)
        return bool(abs(moved[1]) >= PERCEPTIBLE_A)
    if metric == "pigment":
        row = RED if by_red else WEIGHTS["melanin"]
        moved = _moved(row, MELANIN_DIRECTION, difference, linear_rgb)
        return bool(np.linalg.norm(moved) >= PERCEPTIBLE_DE)
    return None


def _moved(row: Triple, direction: Triple, amount: float, linear_rgb: FloatMap) -> FloatMap:
    """Change of CIELAB when a chromophore moves its own index, of these weights, by `amount`."""
    vector = np.array(direction)
    density = vector * amount / float(np.dot(row, vector))
    both = np.array([linear_rgb, linear_rgb * 10**-density], np.float32)
    lab = cv2.cvtColor(srgb_code(both).reshape(1, 2, 3), cv2.COLOR_RGB2Lab)[0]
    return np.asarray(lab[1] - lab[0])
