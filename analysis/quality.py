"""Gates: what a photo or a pair must fulfil, per family of metrics, with value, limit and advice.

A gate refuses a family, not the photo, unless no family is left. None looks at how light the skin is, for
dark skin is not under-exposure: `exposure` asks whether its brightest channel holds a signal at all. Limits
are published practice, set again where the real pairs of the benchmark's real arm asked for it
(docs/decisions).
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from analysis.records import SCALE_TOLERANCE, Gate, Grade, State


class Limit(NamedTuple):
    """Above `warn` the band is widened, above `refuse` the family is not compared."""

    warn: float
    refuse: float
    unit: str
    what: str
    advice: str


LIMITS: dict[tuple[str, str], Limit] = {
    ("resolution", "colour"): Limit(
        -3.0, -1.2, "px/mm", "pixels per millimetre",
        "Come closer or use the main lens at full size",
    ),
    ("resolution", "texture"): Limit(
        -8.0, -4.0, "px/mm", "pixels per millimetre",
        "Fine texture needs at least 8 px/mm: come closer or use the main lens at full size",
    ),
    # Of single photos: in a pair clipped skin is left out of both, and a region may keep too little.
    ("clipping", "colour"): Limit(
        0.005, 0.2, "", "share of skin that is clipped or black",
        "Avoid direct sun and flash; tap the skin to set the exposure",
    ),
    ("clipping", "texture"): Limit(
        0.01, 0.05, "", "share of skin that is clipped or black",
        "Avoid direct sun and flash; tap the skin to set the exposure",
    ),
    ("saturation", "colour"): Limit(
        -0.10, -0.03, "", "colour of the skin, log of red over blue",
        "Use a colour photo; switch filters off and let the camera set the white balance",
    ),
    ("exposure", "colour"): Limit(
        -45, -25, "", "brightest channel of the skin, of 255",
        "Add light: nothing is left to measure in a photo this dark",
    ),
    ("exposure", "texture"): Limit(
        -45, -25, "", "brightest channel of the skin, of 255",
        "Add light: nothing is left to measure in a photo this dark",
    ),
    ("noise", "colour"): Limit(
        0.15, 0.40, "", "pixel noise, natural-log units",
        "Add light: a brighter room keeps the camera from amplifying noise",
    ),
    ("noise", "texture"): Limit(
        0.04, 0.10, "", "pixel noise, natural-log units",
        "Add light: a brighter room keeps the camera from amplifying noise",
    ),
    ("noise_ratio", "texture"): Limit(
        1.5, 4.0, "", "ratio of the two photos' noise",
        "Use the same light in both sessions",
    ),
    ("jpeg_quality", "texture"): Limit(
        -85, -80, "", "JPEG quality",
        "Send the original file: messengers compress it again",
    ),
    ("blur", "texture"): Limit(
        0.12, 0.20, "mm", "width of the sharpest edges",
        "Hold the camera still and tap to focus on the skin",
    ),
    ("blur_match", "texture"): Limit(
        0.05, 0.12, "", "mismatch of sharpness after matching",
        "Use the same camera at the same distance, in focus",
    ),
    ("light_asymmetry", "colour"): Limit(
        0.15, 0.5, "", "change of the light across the skin, natural-log units",
        "Use the same even light from the front in every session",
    ),
    ("light_asymmetry", "texture"): Limit(
        0.15, 0.5, "", "change of the light across the skin, natural-log units",
        "Use the same even light from the front in every session",
    ),
    ("light_direction", "texture"): Limit(
        10, 20, "deg", "change of where the light comes from",
        "Stand in the same place and face the same light in every session",
    ),
    ("retouching", "colour"): Limit(
        0.5, 1.5, "", "edited (1) or retouched (2), by the program named in the file",
        "Use the photo as the camera wrote it, with beauty filters off",
    ),
    ("retouching", "texture"): Limit(
        0.5, 1.5, "", "edited (1) or retouched (2), by the program named in the file",
        "Use the photo as the camera wrote it, with beauty filters off",
    ),
    ("pose", "colour"): Limit(
        10, 25, "deg", "turn of the head from the front", "Look straight into the camera",
    ),
    ("pose", "texture"): Limit(
        10, 25, "deg", "turn of the head from the front", "Look straight into the camera",
    ),
    ("pose_change", "colour"): Limit(
        5, 15, "deg", "turn of the head between the sessions", "Hold the head as in the baseline",
    ),
    ("pose_change", "texture"): Limit(
        5, 10, "deg", "turn of the head between the sessions", "Hold the head as in the baseline",
    ),
    ("perspective", "colour"): Limit(
        0.025, 0.08, "", "change of the face's width beside the eyes', natural-log units",
        "Take every photo from the same distance, best an arm's length and a half",
    ),
    ("perspective", "texture"): Limit(
        0.025, 0.08, "", "change of the face's width beside the eyes', natural-log units",
        "Take every photo from the same distance, best an arm's length and a half",
    ),
    ("colour_cast", "colour"): Limit(
        0.10, 0.25, "", "change of the light's colour, natural-log units",
        "Use the same light; switch the camera's colour filters off",
    ),
    ("card_fit", "colour"): Limit(
        2.0, 3.0, "", "mean error of the colour card on left-out patches, CIEDE2000",
        "Hold the card in the light of the skin and in its plane, without glare or shadow on it",
    ),
    ("card_worst", "colour"): Limit(
        4.5, 6.0, "", "error of the card's worst left-out patch, CIEDE2000",
        "Keep the card clean, all patches visible, without glare or shadow on it",
    ),
    ("card_gradient", "colour"): Limit(
        0.07, 0.10, "", "change of the light over the colour card, between the photos",
        "Lay the card in the same place and the same even light in every session",
    ),
    ("card_clipped", "colour"): Limit(
        0.25, 0.5, "", "patches of the colour card that are clipped",
        "Make the photo a little darker: tap on the white patch to set the exposure",
    ),
    # Reference skin beside the drawn region has the same light: a cast takes both along (docs/validation).
    ("colour_cast_drawn", "colour"): Limit(
        0.25, 0.5, "", "change of the light's colour, natural-log units",
        "Use the same light; switch the camera's colour filters off",
    ),
    # Drawn regions only; warned from what benchmarks/warning_limits.py says.
    ("exposure_change", "colour"): Limit(
        0.98, math.inf, "EV", "change of how brightly untreated skin is exposed",
        "Use the same light and tap the same skin to set the exposure",
    ),
    ("exposure_change", "texture"): Limit(
        0.98, math.inf, "EV", "change of how brightly untreated skin is exposed",
        "Use the same light and tap the same skin to set the exposure",
    ),
    ("deformation", "all"): Limit(
        0.94, math.inf, "mm", "skin stretched or bent between the photos",
        "Hold the body, and the camera in front of it, as in the baseline; press on nothing",
    ),
    ("sharpness_change", "texture"): Limit(
        0.3, math.inf, "", "change of the steepness of edges, natural-log units",
        "Use the same camera at the same distance, in focus, with sharpening off",
    ),
    # Refused from where filters that smooth skin make false changes: benchmarks/beauty_filters.py.
    ("relief_change", "texture"): Limit(
        36, 60, "%", "change of how strongly relief shows on reference skin",
        "Keep the lamp where it was, and the skin dry and matt; switch beauty filters off",
    ),
    # Of one region: it alone is left out, or has a wider band.
    ("expression", "all"): Limit(
        2.0, 4.0, "%", "movement of the region's landmarks, share of the span of the eyes",
        "Keep a resting face with the mouth closed, as in the baseline",
    ),
    ("camera", "colour"): Limit(
        0.5, math.inf, "", "another camera, lens or software",
        "Use the same phone and lens in every session",
    ),
    ("camera", "texture"): Limit(
        0.5, math.inf, "", "another camera, lens or software",
        "Use the same phone and lens in every session",
    ),
    ("overlap", "all"): Limit(
        -0.8, -0.4, "", "share of the baseline's skin seen in both",
        "Show the same area: hair back, nothing in front of the skin",
    ),
    ("registration", "all"): Limit(
        0.4, 0.75, "mm", "error of laying the photos onto each other",
        "Check that both show the same skin, sharp and from about the same direction",
    ),
    ("alignment", "all"): Limit(
        -0.3, -0.15, "", "correlation of the two photos' skin detail",
        "Check that both show the same skin, sharp and from about the same direction",
    ),
}  # fmt: skip
"""(gate, family) -> limits. Negative limits bound from below: the value must be above their magnitude."""

CARD_CHECKS = frozenset({"card_fit", "card_worst", "card_gradient", "card_clipped"})
"""They decide whether the colour card is used, not whether colour is compared: photos without a card are."""


def gate(name: str, family: Literal["colour", "texture", "all"], value: float) -> Gate:
    """Judge one value. NaN, a value that could not be had, is a warning: it cannot speak for the photo.

    >>> gate("blur", "texture", 0.08).state
    'ok'
    >>> gate("jpeg_quality", "texture", 60).state
    'refuse'
    """
    limit = LIMITS[name, family]
    sign = -1.0 if limit.warn < 0 else 1.0
    badness = sign * (value / SCALE_TOLERANCE if name == "resolution" else value)
    state: State = "ok"
    if badness > limit.refuse:
        state = "refuse"
    elif badness > limit.warn or math.isnan(value):
        state = "warn"
    shown = limit.refuse if state == "refuse" else limit.warn
    advice = "" if state == "ok" else limit.advice
    return Gate(name, family, float(value), abs(shown), state, advice, limit.unit)


def refused(gates: tuple[Gate, ...], family: str) -> tuple[Gate, ...]:
    """The gates that refuse a family."""
    return tuple(
        g for g in gates if g.state == "refuse" and g.family in (family, "all") and g.name not in CARD_CHECKS
    )


def warned(gates: tuple[Gate, ...], family: str) -> tuple[Gate, ...]:
    """The gates that widen a family's band."""
    return tuple(g for g in _in_force(gates) if g.state == "warn" and g.family in (family, "all"))


def severity(g: Gate) -> tuple[int, float]:
    """How badly a check stands, greater is worse; a value that could not be had is the worst of its state."""
    sign = -1.0 if LIMITS[g.name, g.family].warn < 0 else 1.0
    state = {"ok": 0, "warn": 1, "refuse": 2}[g.state]
    return state, math.inf if math.isnan(g.value) else sign * g.value


def _in_force(gates: tuple[Gate, ...]) -> tuple[Gate, ...]:
    """All gates, but for those of a colour card that is not used: the numbers are as without it."""
    unused = any(g.state == "refuse" and g.name in CARD_CHECKS for g in gates)
    return tuple(g for g in gates if not (unused and g.name in CARD_CHECKS))


def grade(gates: tuple[Gate, ...], families: tuple[str, ...]) -> Grade:
    """A all ok; B a warning; C some family refused; otherwise not comparable."""
    closed = [family for family in families if refused(gates, family)]
    if len(closed) == len(families):
        return "not_comparable"
    if closed:
        return "C"
    return "A" if all(g.state == "ok" for g in gates) else "B"


def reason(g: Gate) -> str:
    """Why a gate refused, as one sentence for people."""
    if g.name == "retouching":  # its value stands for a word
        return f"The file names a program that retouches skin. {g.advice}."
    limit = LIMITS[g.name, g.family]
    unit = f" {g.unit}" if g.unit else ""
    side = "at least" if limit.warn < 0 else "at most"
    what = limit.what[0].upper() + limit.what[1:]
    return f"{what} is {_apart(g.value, g.limit)}{unit}, {side} {g.limit:g}{unit} is accepted. {g.advice}."


def _apart(value: float, limit: float) -> str:
    """Two significant digits, or as many more as show that the value is not the limit.

    >>> _apart(0.31, 0.2), _apart(0.2004, 0.2), _apart(0.2, 0.2), _apart(211.7, 60)
    ('0.31', '0.2004', '0.2', '212')
    """
    whole = len(f"{abs(value):.0f}") if math.isfinite(value) else 1
    texts = (f"{value:.{digits}g}" for digits in range(max(2, whole), 8))
    return next((text for text in texts if float(text) != limit), f"{value:.2g}")
