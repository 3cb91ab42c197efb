"""Sentences with numbers, said the same on every page and in print.

Single words and short phrases are in `dermatrend.report.labels`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from analysis.card import MOST_ERROR
from analysis.records import CardReading, Change, SessionComparison, Slope
from analysis.visibility import PERCEPTIBLE_A, PERCEPTIBLE_DE
from dermatrend.report import labels

VISIBILITY: Final = (
    "Likely to be seen, or too small to see: whether the mean colour of the region moved by what half of "
    f"people notice on facial skin, {PERCEPTIBLE_A:g} in a* of CIELAB for redness and {PERCEPTIBLE_DE:g} "
    "CIELAB units for pigment. Of patterns and texture no such limit is known."
)
"""What `labels.visibility_words` are about."""

SEVERAL_SHOTS: Final = (
    "Of several shots the numbers are the mean of those that can be used. The pictures, the maps and the "
    "alignment are of one of them; each quality check is told of the worst one used, pixels per mm of the "
    "finest."
)

CARD_EXCEPTION: Final = (
    "Redness and pigment that a comparison reads against a colour card keep their bands: the shots are "
    "studied without a card."
)
"""Which bands a person's own repeat shots never enter."""

_OWN_NOISE: Final = "own_noise"
_NOT_IN: Final = (
    "shots are studied without a colour card, and enter only what they measure themselves against the same "
    "reference"
)


def card_lines(card: CardReading) -> list[tuple[str, str]]:
    """What was read of a colour card, as named lines: how well it fits, and what stands against it."""
    clipped = sum(card.clipped)
    counted = "1 patch" if clipped == 1 else f"{clipped} patches"
    mean, worst = (labels.number(value, decimals=1) for value in (card.fit_mean, card.fit_worst))
    fit = (
        f"Its patches are {mean} CIEDE2000 from the published colours on average, the worst {worst}; "
        f"it is taken for a card up to {MOST_ERROR:g} on average"
    )
    scale = "Cards of this kind come in several sizes, so it gives none"
    if math.isfinite(card.px_per_mm):
        scale = labels.number(card.px_per_mm, "px/mm")
    return [
        ("Fit", fit),
        (
            "Clipped",
            f"{counted}: comparisons will not use it. Take a darker photo" if clipped else "",
        ),
        ("Scale", scale),
        ("Next", "It is used in a comparison where both photos show the same card and both pass its checks"),
    ]


def slope_sentence(slope: Slope, unit: str) -> str:
    """A slope with its interval, in words.

    >>> slope_sentence(Slope(-1.02, (-1.31, -0.7), "measurable_decrease", 6, ()), "H")
    'Over 6 sessions: −1.0 H per 30 days (−1.3 to −0.7 with at least 95 % confidence), measurable decrease.'
    """
    decimals = 1 if max(abs(end) for end in slope.ci95) >= 0.95 else 2
    low, high = (labels.number(end, signed=True, decimals=decimals) for end in slope.ci95)
    speed = labels.number(slope.per_30_days, unit, signed=True, decimals=decimals)
    verdict = labels.VERDICTS[slope.verdict].replace("change", "trend")
    interval = f"{low} to {high} with at least 95 % confidence"
    return f"Over {slope.n_points} sessions: {speed} per 30 days ({interval}), {verdict}."


def power_sentence(found: Iterable[tuple[float | None, float | None]]) -> str:
    """What bands find, from pairs of (band, smallest change found in 80 % of cases); empty without a number.

    >>> power_sentence([(2.0, 2.8), (1.0, 1.3), (None, None)]).split("cases ")[1]
    'is 1.30 to 1.40 times its band, where it is known.'
    """
    shares = [power / band for band, power in found if band and power and math.isfinite(power / band)]
    if not shares:
        return ""
    low, high = (labels.number(share, decimals=2) for share in (min(shares), max(shares)))
    return (
        "A true change as large as its band is found in about half of the cases. The smallest change that "
        f"would be found in 80 % of cases is {low if low == high else f'{low} to {high}'} times its band, "
        "where it is known."
    )


def several_shots_sentence(comparison: SessionComparison | Mapping[str, Any]) -> str:
    """What is of which shot; empty where each session has a single one that took part.

    Args:
        comparison: the record, or what the report's content says of it.
    """
    lost = {labels.told(one, "photo_id") for one in labels.told(comparison, "left_out")}
    sessions = (set(labels.told(comparison, ids)) - lost for ids in ("baseline_ids", "photo_ids"))
    several = bool(labels.told(comparison, "changes")) and any(len(shots) > 1 for shots in sessions)
    return SEVERAL_SHOTS if several else ""


def own_shots_sentence(changes: Iterable[Change | Mapping[str, Any]], shots: int) -> str:
    """Whose shots are in the bands of these changes; empty without a study or a number.

    Args:
        changes: the records, or what the report's content says of them.
        shots: how many shots were studied.
    """
    judged = [one for one in changes if labels.told(one, "verdict") not in labels.WITHOUT_NUMBER]
    if not shots or not judged:
        return ""
    without = bands_without_shots(judged)
    if not without:
        return f"Band from your own repeat shots ({shots})."
    if not any(_OWN_NOISE in labels.told(one, "flags") for one in judged):
        return f"Your own repeat shots ({shots}) are in none of these bands: {_NOT_IN}."
    return f"Band from your own repeat shots ({shots}). {without}"


def bands_without_shots(changes: Iterable[Change | Mapping[str, Any]]) -> str:
    """Which metrics have a band that holds no repeat shots, and why; empty where every band holds them.

    >>> redness = {"metric": "redness", "verdict": "no_measurable_change", "flags": ["card_corrected"]}
    >>> bands_without_shots([redness]).partition(";")[0]
    'They are not in every band of Redness'
    """
    without = dict.fromkeys(
        labels.metric_label(labels.told(one, "metric"))
        for one in changes
        if labels.told(one, "verdict") not in labels.WITHOUT_NUMBER
        and _OWN_NOISE not in labels.told(one, "flags")
    )
    return f"They are not in every band of {labels.listed(list(without))}; {_NOT_IN}." if without else ""
