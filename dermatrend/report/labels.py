"""The one table of words for people: metrics, regions, verdicts, grades, gates, phases.

Names in records are stable strings; people read these. A metric's own label, unit and sentence come from
its definition in `analysis.metrics`, so a new metric needs no entry here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from analysis.card import MOST_ERROR
from analysis.metrics import registry
from analysis.records import CardReading, Slope

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

GRADES: Final[dict[str, str]] = {
    "A": "A: all quality checks passed.",
    "B": "B: comparable; a quality check gave a warning, so bands are wider than usual.",
    "C": "C: comparable in part; a quality check refused some measurements.",
    "not_comparable": "Not comparable: no number is shown for this session.",
}

GATES: Final[dict[str, str]] = {
    "resolution": "Pixels per mm",
    "clipping": "Clipped or black skin",
    "noise": "Image noise",
    "noise_ratio": "Noise, follow-up against baseline",
    "jpeg_quality": "JPEG quality",
    "blur": "Focus",
    "blur_match": "Focus alike in both photos",
    "light_asymmetry": "Light, left against right",
    "light_direction": "Direction of the light",
    "light_mix": "Lamps of different colours",
    "retouching": "Edited or retouched",
    "colour_cast": "Colour of the light",
    "colour_cast_drawn": "Colour of the light",
    "pose": "Turn of the head",
    "pose_change": "Turn of the head, against baseline",
    "perspective": "Distance to the camera",
    "camera": "Camera, lens and software",
    "card_fit": "Colour card, mean error",
    "card_worst": "Colour card, worst patch",
    "card_gradient": "Light over the colour card",
    "card_clipped": "Colour card, clipped patches",
    "overlap": "Skin seen in both photos",
    "alignment": "Alignment",
    "expression": "Expression",
}
"""A gate that is not here is shown by its own name, as words."""

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


def card_lines(card: CardReading) -> list[tuple[str, str]]:
    """What was read of a colour card, as named lines: how well it fits, and what stands against it."""
    clipped = sum(card.clipped)
    counted = "1 patch" if clipped == 1 else f"{clipped} patches"
    mean, worst = (number(value, decimals=1) for value in (card.fit_mean, card.fit_worst))
    fit = (
        f"Its patches are {mean} CIEDE2000 from the published colours on average, the worst {worst}; "
        f"it is taken for a card up to {MOST_ERROR:g} on average"
    )
    scale = "Cards of this kind come in several sizes, so it gives none"
    if math.isfinite(card.px_per_mm):
        scale = number(card.px_per_mm, "px/mm")
    return [
        ("Fit", fit),
        (
            "Clipped",
            f"{counted}: comparisons will not use it. Take a darker photo" if clipped else "",
        ),
        ("Scale", scale),
        ("Next", "It is used in a comparison where both photos show the same card and both pass its checks"),
    ]


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


def families_of(gates: Sequence[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], str]]:
    """Each check once, with the families it was made for: the same finding often decides two of them.

    >>> blur = {"name": "pose", "family": "colour", "value": 3.0, "limit": 5.0, "state": "ok"}
    >>> families_of([blur, blur | {"family": "texture"}])[0][1]
    'colour and texture'
    """
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for gate in gates:
        groups.setdefault((gate["name"], gate["state"], gate["value"], gate["limit"]), []).append(gate)
    return [
        (found[0], listed(list(dict.fromkeys(FAMILIES[gate["family"]] for gate in found))))
        for found in groups.values()
    ]


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


def with_band(difference: float | None, band: float | None, unit: str) -> str:
    """A difference with the band inside which it would not be a change.

    >>> with_band(-4.12, 1.61, "H"), with_band(-2.23, 2.18, "H"), with_band(0.3, None, "H")
    ('−4.1 ± 1.6 H', '−2.23 ± 2.18 H', '–')
    """
    if difference is None or band is None or not (math.isfinite(difference) and math.isfinite(band)):
        return "–"
    decimals = 1 if band >= 0.95 else 2
    # Rounding may not hide on which side of its band a difference lies.
    while decimals < 4 and round(abs(difference), decimals) == round(band, decimals):
        decimals += 1
    return f"{number(difference, signed=True, decimals=decimals)} ± {number(band, unit, decimals=decimals)}"


def slope_sentence(slope: Slope, unit: str) -> str:
    """A slope with its interval, in words.

    >>> slope_sentence(Slope(-1.02, (-1.31, -0.7), "measurable_decrease", 6, ()), "H")
    'Over 6 sessions: −1.0 H per 30 days (95 % interval −1.3 to −0.7), measurable decrease.'
    """
    decimals = 1 if max(abs(end) for end in slope.ci95) >= 0.95 else 2
    low, high = (number(end, signed=True, decimals=decimals) for end in slope.ci95)
    verdict = VERDICTS[slope.verdict].replace("change", "trend")
    return (
        f"Over {slope.n_points} sessions: {number(slope.per_30_days, unit, signed=True, decimals=decimals)} "
        f"per 30 days (95 % interval {low} to {high}), {verdict}."
    )


def power_sentence(found: Iterable[tuple[float | None, float | None]]) -> str:
    """What bands find, from pairs of (band, smallest change found in 80 % of cases); empty without a number.

    >>> power_sentence([(2.0, 2.8), (1.0, 1.3), (None, None)]).split("cases ")[1]
    'is 1.30 to 1.40 times its band, where it is known.'
    """
    shares = [power / band for band, power in found if band and power and math.isfinite(power / band)]
    if not shares:
        return ""
    low, high = (number(share, decimals=2) for share in (min(shares), max(shares)))
    return (
        "A true change as large as its band is found in about half of the cases. The smallest change that "
        f"would be found in 80 % of cases is {low if low == high else f'{low} to {high}'} times its band, "
        "where it is known."
    )


def too_coarse(metric: str, px_per_mm: float | None) -> str:
    """Why a metric could not be measured at this scale, with what it needs.

    >>> too_coarse("texture_pore", 3.31)
    '3.3 px/mm, needs 8'
    """
    needs = f"needs {registry()[metric].needs_px_per_mm:g}"
    return needs + " px/mm" if px_per_mm is None else f"{px_per_mm:.1f} px/mm, {needs}"
