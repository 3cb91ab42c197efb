"""Programs that retouch skin, by the name they leave in a photo's software field.

A filter that smooths skin is no blur: hair and eyes stay sharp, so nothing in the picture gives it away for
sure. A name does. A photo without one may still be filtered.
"""

from __future__ import annotations

import re

from analysis.records import CaptureFacts

RETOUCHING = (
    "airbrush", "b612", "beautycam", "beautyplus", "faceapp", "facetune", "faceu", "meitu", "meitupic",
    "perfect365", "picsart", "portraitpro", "remini", "snapchat", "snow", "sodacam", "ulike", "youcam",
)  # fmt: skip
"""They smooth or recolour skin by default."""
EDITORS = ("darktable", "gimp", "lightroom", "photoshop", "pixelmator", "snapseed", "vsco")
"""They may have changed colour and sharpness, or only cropped."""


def retouched(facts: CaptureFacts) -> float:
    """2 for a program that retouches skin, 1 for an editor, 0 for neither or nothing said.

    >>> retouched(CaptureFacts(software="BeautyPlus 7.1"))
    2.0
    >>> retouched(CaptureFacts(software="Adobe Photoshop 25.1 (Windows)"))
    1.0
    >>> retouched(CaptureFacts(software="17.5.1"))
    0.0
    """
    words = set(re.findall(r"[a-z0-9]+", (facts.software or "").lower()))
    if words & set(RETOUCHING):
        return 2.0
    return 1.0 if words & set(EDITORS) else 0.0
