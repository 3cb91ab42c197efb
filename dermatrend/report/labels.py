"""The one table of words for people: metrics, regions, verdicts, grades, gates, phases.

Whole sentences are in `dermatrend.report.phrases`.

Names in records are stable strings; people read these. A metric's own label, unit and sentence come from
its definition in `analysis.metrics`, so a new metric needs no entry here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from analysis.metrics import registry
from analysis.records import CHANGED, Change, Gate

WORDING: Final = (
    "Measures colour and texture in photographs you supply, for record-keeping and cosmetic appearance "
    "tracking. Not intended to diagnose, monitor, treat, predict or prevent disease, or to guide treatment. "
    "Differences inside the stated band are not changes."
)
"""The sentence that every output carries, word for word."""

REGIONS: Final[dict[str, str]] = {
    "forehead": "Forehead",
    "glabella": "Between the brows",
    "nose": "Nose",
    "left_cheek": "Left cheek",
    "right_cheek": "Right cheek",
    "left_periorbital": "Around the left eye",
    "right_periorbital": "Around the right eye",
    "perioral": "Around the mouth",
    "chin": "Chin",
}

VERDICTS: Final[dict[str, str]] = {
    "measurable_decrease": "measurable decrease",
    "measurable_increase": "measurable increase",
    "no_measurable_change": "no measurable change",
    "not_measurable": "not measurable in these photos",
    "not_comparable": "not comparable",
}

WITHOUT_NUMBER: Final = ("not_comparable", "not_measurable")
"""The verdicts that carry no number."""

GRADES: Final[dict[str, str]] = {
    "A": "A: all quality checks passed.",
    "B": "B: comparable; not every quality check passed. The bands that a warning bears on are wider.",
    "C": "C: comparable in part; a quality check refused some measurements.",
    "not_comparable": "Not comparable: no number is shown for this session.",
}

GATES: Final[dict[str, str]] = {
    "resolution": "Pixels per mm",
    "clipping": "Clipped or black skin",
    "saturation": "Colour in the skin",
    "exposure": "Exposure",
    "exposure_change": "Exposure, against baseline",
    "noise": "Image noise",
    "noise_ratio": "Noise, follow-up against baseline",
    "jpeg_quality": "JPEG quality",
    "blur": "Focus",
    "blur_match": "Focus alike in both photos",
    "sharpness_change": "Sharpness, against baseline",
    "light_asymmetry": "Light across the skin",
    "light_direction": "Direction of the light",
    "retouching": "Edited or retouched",
    "colour_cast": "Colour of the light",
    "colour_cast_drawn": "Colour of the light",
    "relief_change": "Change of relief, reference skin",
    "pose": "Turn of the head",
    "pose_change": "Turn of the head, against baseline",
    "perspective": "Distance to the camera",
    "camera": "Camera, lens and software",
    "card_fit": "Colour card, mean error",
    "card_worst": "Colour card, worst patch",
    "card_gradient": "Light over the colour card",
    "card_clipped": "Colour card, clipped patches",
    "overlap": "Skin seen in both photos",
    "registration": "Skin laid onto skin, middle error",
    "deformation": "Skin stretched or moved",
    "alignment": "Skin detail alike in both photos",
    "expression": "Expression",
}
"""A gate that is not here is shown by its own name, as words."""

GATE_WORDS: Final[dict[str, dict[float, str]]] = {
    "camera": {1: "another camera, lens or software"},
    "retouching": {1: "edited", 2: "retouched"},
}
"""Gates whose value stands for a word, and is no quantity that a limit could be read beside."""

FAMILIES: Final[dict[str, str]] = {"colour": "colour", "texture": "texture", "all": "all measurements"}
STATES: Final[dict[str, str]] = {"ok": "ok", "warn": "warning", "refuse": "refused"}
SKIN_STATES: Final[dict[str, str]] = {
    "clean": "clean skin",
    "make-up": "make-up worn",
    "exercised": "after exercise",
}
PHASES: Final[dict[str, str]] = {
    "baseline": "baseline",
    "untreated": "no treatment recorded before",
    "healing": "healing (0-14 days after treatment)",
    "between": "between healing and outcome",
    "outcome": "outcome (28 days or more after treatment)",
}


def plain(name: str) -> str:
    """A stable name as words, for everything that has no entry of its own.

    >>> plain("scar_left-side")
    'Scar left side'
    """
    words = " ".join(name.replace("_", " ").replace("-", " ").split())
    return words[:1].upper() + words[1:]


def region_label(name: str) -> str:
    """A region's name for people; drawn regions keep their own.

    >>> region_label("left_cheek"), region_label("treated")
    ('Left cheek', 'Treated')
    """
    return REGIONS.get(name) or plain(name)


def from_red(by_red: bool | None) -> str:
    """What is added to a region's name where its pigment was read from red light.

    >>> from_red(True), from_red(None)
    (', from red light', '')
    """
    return ", from red light" if by_red else ""


def in_sentence(region: str) -> str:
    """A region's name inside a sentence; names that people drew keep their capitals.

    >>> in_sentence("left_cheek"), in_sentence("Scar A")
    ('left cheek', 'Scar A')
    """
    label = region_label(region)
    return label[:1].lower() + label[1:] if region in REGIONS or region[:1].islower() else label


def metric_label(name: str) -> str:
    """A metric's label from its definition."""
    metric = registry().get(name)
    return metric.label if metric else plain(name)


def gate_label(name: str) -> str:
    """A quality check's name for people.

    >>> gate_label("blur")
    'Focus'
    """
    return GATES.get(name) or plain(name)


def told(item: object, name: str) -> Any:
    """What a record says, or the same record as the report's content holds it."""
    return item[name] if isinstance(item, Mapping) else getattr(item, name)


def gate_value(gate: Gate | Mapping[str, Any]) -> str:
    """What a quality check found: its value with its unit, or the word that the value stands for.

    >>> gate_value(Gate("pose", "colour", 21.5, 10.0, "warn", unit="deg"))
    '21.5°'
    >>> gate_value(Gate("retouching", "colour", 2.0, 1.5, "refuse"))
    'retouched'
    """
    value = told(gate, "value")
    words = GATE_WORDS.get(told(gate, "name"), {})
    return words.get(value) or number(value, told(gate, "unit"))


def gate_limit(gate: Gate | Mapping[str, Any]) -> str:
    """The limit that decided a check, with its unit; empty where its value is a word.

    >>> gate_limit(Gate("pose", "colour", 21.5, 10.0, "warn", unit="deg"))
    '10.0°'
    >>> gate_limit(Gate("camera", "colour", 1.0, 0.5, "warn"))
    ''
    """
    return "" if told(gate, "name") in GATE_WORDS else number(told(gate, "limit"), told(gate, "unit"))


def visibility_words(change: Change | Mapping[str, Any]) -> str:
    """Whether people would see a change that was measured; empty where that is not known, or nothing changed.

    >>> visibility_words({"verdict": "measurable_decrease", "visible": False})
    'likely too small to see'
    >>> visibility_words({"verdict": "no_measurable_change", "visible": None})
    ''
    """
    visible = told(change, "visible")
    if visible is None or told(change, "verdict") not in CHANGED:
        return ""
    return "likely to be seen" if visible else "likely too small to see"


def listed(words: Sequence[str]) -> str:
    """Words as a list in a sentence.

    >>> listed(["nose"]), listed(["forehead", "nose", "chin"])
    ('nose', 'forehead, nose and chin')
    """
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def reference_phrase(reference: str | None) -> str:
    """What a level is relative to, ready to end a sentence; empty where there is no reference.

    >>> reference_phrase("rest_of_face"), reference_phrase("nose+chin"), reference_phrase(None)
    ('relative to the rest of the face', 'relative to nose and chin', '')
    """
    if reference is None:
        return ""
    fixed = {
        "rest_of_face": "the rest of the face",
        "card": "the colour card",
        "reference": "the reference skin",
    }
    return f"relative to {listed([fixed.get(name) or in_sentence(name) for name in reference.split('+')])}"


CARD_KINDS: Final[dict[str, str]] = {
    "colorchecker": "ColorChecker of 24 patches",
    "printed": "printed card",
}


def rung(reference: str | None, *, needs_one: bool) -> str:
    """What a number is relative to, in a few words for a table.

    Args:
        reference: as in the change.
        needs_one: whether the metric is a level, which means nothing by itself.

    >>> rung("card", needs_one=True), rung("rest_of_face", needs_one=True), rung("reference", needs_one=True)
    ('the colour card', 'the rest of the face', 'the reference you drew')
    >>> rung("nose+chin", needs_one=True), rung("inner_arm", needs_one=True)
    ('the untreated nose and chin', 'the reference you drew (inner arm)')
    >>> rung(None, needs_one=False), rung(None, needs_one=True)
    ('none (pattern only)', 'no reference')
    """
    if reference is None:
        return "no reference" if needs_one else "none (pattern only)"
    fixed = {
        "rest_of_face": "the rest of the face",
        "card": "the colour card",
        "reference": "the reference you drew",
    }
    names = reference.split("+")
    if known := fixed.get(reference):
        return known
    where = listed([in_sentence(name) for name in names])
    return f"the untreated {where}" if set(names) <= set(REGIONS) else f"the reference you drew ({where})"


def metric_rung(metric: str, reference: str | None) -> str:
    """As `rung`, for a number of this metric.

    >>> metric_rung("redness", None), metric_rung("redness_uniformity", None)
    ('no reference', 'none (pattern only)')
    """
    definition = registry().get(metric)
    return rung(reference, needs_one=definition is not None and definition.relative)


def number(value: float | None, unit: str = "", *, signed: bool = False, decimals: int | None = None) -> str:
    """A number as people read it: a true minus sign, as many digits as it deserves, its unit.

    >>> number(-4.14, "H", signed=True), number(None), number(0.0431), number(12.04, "%")
    ('−4.1 H', '–', '0.043', '12.0 %')
    """
    if value is None or not math.isfinite(value):
        return "–"
    if decimals is None:
        decimals = 1 if abs(value) >= 1 or value == 0 else 2 if abs(value) >= 0.1 else 3
    text = f"{value:+.{decimals}f}" if signed else f"{value:.{decimals}f}"
    if float(text) == 0:
        text = text.lstrip("+-")
    text = text.replace("-", "−")
    shown = {"1": "", "deg": "°"}.get(unit, unit)
    return f"{text}{shown}" if shown == "°" else f"{text} {shown}" if shown else text


def decimals_of(band: float) -> int:
    """As many as a band of this size asks for.

    >>> decimals_of(1.6), decimals_of(0.58)
    (1, 2)
    """
    return 2 if band < 0.95 else 1


def with_band(difference: float | None, band: float | None, unit: str) -> str:
    """A difference with the band inside which it would not be a change.

    >>> with_band(-4.12, 1.61, "H"), with_band(-2.23, 2.18, "H"), with_band(0.3, None, "H")
    ('−4.1 ± 1.6 H', '−2.23 ± 2.18 H', '–')
    """
    if difference is None or band is None or not (math.isfinite(difference) and math.isfinite(band)):
        return "–"
    decimals = decimals_of(band)
    # Rounding may not hide on which side of its band a difference lies.
    while decimals < 4 and round(abs(difference), decimals) == round(band, decimals):
        decimals += 1
    return f"{number(difference, signed=True, decimals=decimals)} ± {number(band, unit, decimals=decimals)}"


def too_coarse(metric: str, px_per_mm: float | None) -> str:
    """Why a metric could not be measured at this scale, with what it needs.

    >>> too_coarse("texture_pore", 3.31)
    '3.3 px/mm, needs 8'
    """
    needs = f"needs {registry()[metric].needs_px_per_mm:g}"
    return needs + " px/mm" if px_per_mm is None else f"{px_per_mm:.1f} px/mm, {needs}"
