"""The tone of skin, as its individual typology angle in degrees, and what is decided by it.

    ITA = atan2(L* - 50, b*)                    Chardon, Cretois, Hourseau 1991, Int J Cosmet Sci 13:191

Limits: a photo without a colour card shows the tone 40 degrees too light or too dark (docs/decisions/0034).
"""

from __future__ import annotations

import math

import cv2

from analysis.constants import TONE_LIMITS_DEG
from analysis.linear import srgb_code
from analysis.records import FloatMap

BROWN_DEG = 10.0
"""Typology angle under which colour photographs see less redness: Guinot et al. 2007, Skin Res Technol,
doi 10.1111/j.1600-0846.2007.00212.x."""
DARK_DEG = -30.0
"""Typology angle under which they see little of it."""
BROWN_FACTOR = 1.25
"""How much wider a band of redness is below the one, and again below the other."""


def ita_deg(colour: FloatMap) -> float:
    """Individual typology angle in degrees of a (3,) linear sRGB colour.

    >>> import numpy as np
    >>> round(ita_deg(np.array([0.45, 0.31, 0.23], np.float32)))
    46
    """
    lab = cv2.cvtColor(srgb_code(colour).reshape(1, 1, 3), cv2.COLOR_RGB2Lab)[0, 0]
    return math.degrees(math.atan2(float(lab[0]) - 50, float(lab[2])))


def tone_class(tone_deg: float) -> int:
    """0 to 4 for the classes I-II, III, IV, V and VI.

    >>> [tone_class(angle) for angle in (55, 40, 25, 5, -35)]
    [0, 1, 2, 3, 4]
    """
    return sum(tone_deg < limit for limit in TONE_LIMITS_DEG)


def pigment_by_red(tone_deg: float, *, on_face: bool) -> bool | None:
    """Whether pigment of skin of this typology angle is read from its optical density in red; None on a face.

    In skin of classes V and VI blue light hardly comes back, and what M takes for melanin is noise and
    clipping: in VI it answers with the wrong sign (docs/validation). Red sees melanin there, and blood less
    than anywhere else; but also shading, so it needs reference skin beside it: on a face shading decides.
    """
    return None if on_face else tone_deg < TONE_LIMITS_DEG[2]


def read_by_red(metric: str, tone_deg: float, *, on_face: bool) -> bool | None:
    """Whether this metric is read from red in such skin; None of metrics that are read alike in all skin.

    >>> [read_by_red(metric, 5.0, on_face=False) for metric in ("pigment", "redness")]
    [True, None]
    """
    return pigment_by_red(tone_deg, on_face=on_face) if metric == "pigment" else None


def hides_pigment(tone_deg: float) -> bool:
    """Whether M carries no pigment in skin of this typology angle: that of class VI."""
    return tone_deg < TONE_LIMITS_DEG[3]


def redness_factor(tone_deg: float) -> float:
    """How much wider than in lighter skin the band of redness is.

    >>> [redness_factor(angle) for angle in (40, 0, -40)]
    [1.0, 1.25, 1.5625]
    """
    return BROWN_FACTOR ** ((tone_deg < BROWN_DEG) + (tone_deg < DARK_DEG))
