"""Which part of a course a day belongs to: healing, between, outcome."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

HEALING_DAYS: Final = 14
OUTCOME_DAYS: Final = 28
TEXTURE_DAYS: Final = 90
"""Texture is not judged before this many days after the first treatment: its first significant change is
published for day 90."""


def phase_of(day: int, treatment_days: Sequence[int], family: str) -> str:
    """Which part of a course a follow-up shows: untreated, healing, between or outcome.

    Args:
        day: days since the baseline, by local calendar dates.
        treatment_days: the days of all treatments on the same count.
        family: "colour" or "texture"; texture has no outcome before day 90 after the first treatment.

    >>> phase_of(5, [0], "colour"), phase_of(30, [0], "colour"), phase_of(30, [0], "texture")
    ('healing', 'outcome', 'between')
    """
    before = [at for at in treatment_days if at < day]  # a photo is taken before that day's treatment
    if not before:
        return "untreated"
    if day - max(before) <= HEALING_DAYS:
        return "healing"
    if day - max(before) < OUTCOME_DAYS:
        return "between"
    return "between" if family == "texture" and day - min(before) < TEXTURE_DAYS else "outcome"


def phase_spans(days: Sequence[int], last: float, family: str) -> list[tuple[str, float, float]]:
    """(phase, from day, to day) for every healing and outcome span up to the last day.

    >>> phase_spans([0, 45], 100, "colour")
    [('healing', 0, 14), ('outcome', 28, 45), ('healing', 45, 59), ('outcome', 73, 100)]
    """
    ordered = sorted(set(days))
    spans: list[tuple[str, float, float]] = []
    for at, following in zip(ordered, [*ordered[1:], last], strict=bool(ordered)):
        opens = at + OUTCOME_DAYS
        if family == "texture":
            opens = max(opens, ordered[0] + TEXTURE_DAYS)
        spans.append(("healing", at, min(at + HEALING_DAYS, following)))
        spans.append(("outcome", opens, following))
    return [span for span in spans if span[1] < span[2]]
