"""The report in plain sentences: what was compared, what changed measurably, what did not, what could not.

Every sentence with a number carries its band and unit, and none says whether a change is good.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from analysis.records import CHANGED
from dermatrend.report import labels, phrases

MOST_CHANGES: Final = 8
"""Sentences about single changes in the summary; the tables hold all of them."""

HOW_TO_READ: Final = (
    (
        "A number such as −4.1 ± 1.6 H is the follow-up minus the baseline, with the noise band of these "
        "photos. A difference inside its band cannot be told from the noise of photography: it is within "
        "noise, and it is not a change."
    ),
    (
        "The band is set so that of all regions compared for one metric in skin that did not change, about "
        "1 in 20 reports shows a region outside it. The 95 % interval beside or below a number says "
        "where the true difference lies, for that region taken alone; lamp and sharpness also decide how "
        "strongly a change shows, so it is not even around the number."
    ),
    (
        "Both photos are laid onto each other and measured on the same skin. Hair, glare, and skin seen "
        "in only one of them are left out of both."
    ),
    (
        "H (redness) and M (pigment) are optical densities times 100. Texture is a ratio in %. A level is "
        "always relative to something in the same photo: to untreated skin, a colour card, or the rest of "
        "the face."
    ),
    (
        "Photos of the first 14 days after a treatment show healing and are kept apart. Outcomes are read "
        "from day 28 on, texture from day 90 after the first treatment."
    ),
    (
        "Not comparable: a quality check refused this pair. Not measurable in these photos: the photos do "
        "not hold enough for this metric. Neither says anything about the skin."
    ),
    phrases.VISIBILITY,
)


def sentences(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The summary as a list of {"kind", "text"}: kinds are intro, change, none, left_out, note."""
    sessions = content["sessions"]
    comparisons = content["comparisons"]
    if len(sessions) == 1:
        return [_line("intro", f"One session, {sessions[0]['taken_on']}: there is nothing to compare yet.")]
    lines = [_line("intro", _intro(content))]
    usable = [item for item in comparisons if item["comparable"]]
    if not usable:
        lines.append(_line("none", "No session could be compared, so no number is shown."))
    else:
        latest = headline(usable)
        lines += _changes(latest)
    for item in comparisons:
        if not item["comparable"]:
            reason = " ".join(item["reasons"]) or "A quality check refused it."
            lines.append(_line("left_out", f"Day {item['day']} is not comparable. {reason}"))
    healing = [str(item["day"]) for item in usable if _phase(item, sessions) == "healing"]
    if healing:
        days = "Day " + healing[0] if len(healing) == 1 else "Days " + ", ".join(healing)
        lines.append(_line("note", f"{days}: taken during healing; this shows recovery, not a result."))
    return lines


def band_sentences(content: Mapping[str, Any]) -> list[str]:
    """How the bands of this report came about: what they hold, what they find, whose shots are in them."""
    made_of = (
        "A band holds what is known of photographs of unchanged skin in general, what the shots of each "
        "session differ by, and what the pixels of these photos leave open. Warnings widen it."
    )
    lines = [made_of]
    changes = [one for item in content["comparisons"] for one in item["changes"]]
    lines += filter(None, [phrases.power_sentence((one["mdc95"], one["detectable80"]) for one in changes)])
    studies = content["repeatability"]
    if studies:
        told = [
            f"{one['shots']} shots{' of ' + one['taken_on'] if one['taken_on'] else ''}" for one in studies
        ]
        lines.append(
            f"Repeat shots of this person's own unchanged skin are part of it: {labels.listed(told)}. Taken "
            "minutes apart, they cannot show what differs between days: that part is never made smaller by "
            "them."
        )
        lines += filter(None, [phrases.bands_without_shots(changes)])
    return lines


def headline(usable: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The comparison a summary speaks of: the latest one outside healing, else the latest."""
    judged = [item for item in usable if any(one["phase"] != "healing" for one in item["changes"])]
    return max(judged or usable, key=lambda item: item["day"])


def _line(kind: str, text: str) -> dict[str, Any]:
    return {"kind": kind, "text": text}


def _phase(item: Mapping[str, Any], sessions: Sequence[Mapping[str, Any]]) -> str:
    return next(str(one["phase"]) for one in sessions if one["id"] == item["session_id"])


def _intro(content: Mapping[str, Any]) -> str:
    sessions = content["sessions"]
    shown = [one for one in sessions[1:] if one["shown"]]
    count = f"{len(shown)} follow-up session{'s' if len(shown) != 1 else ''}"
    photos = sum(len(one["photos"]) for one in [sessions[0], *shown])
    text = f"Baseline of {sessions[0]['taken_on']} and {count}, {photos} photos in all."
    usable = [item for item in content["comparisons"] if item["comparable"]]
    if usable:
        item = headline(usable)
        when = f"day {item['day']}"
        if item["days_since_treatment"] is not None:
            n = item["days_since_treatment"]
            when += f", {n} day{'s' if n != 1 else ''} after the last treatment"
        date = next(one["taken_on"] for one in sessions if one["id"] == item["session_id"])
        text += f" What follows speaks of {date} ({when}) against the baseline."
    return text


def _changes(item: Mapping[str, Any]) -> list[dict[str, Any]]:
    changes = item["changes"]
    moved = [one for one in changes if one["verdict"] in CHANGED]
    moved.sort(key=lambda one: -abs(one["difference"] or 0) / (one["mdc95"] or 1))
    lines = [_line("change", change_sentence(one)) for one in moved[:MOST_CHANGES]]
    if len(moved) > MOST_CHANGES:
        lines.append(_line("note", f"{len(moved) - MOST_CHANGES} more measurable changes are in the tables."))
    judged = [one for one in changes if one["verdict"] not in ("not_comparable", "not_measurable")]
    still = [one for one in judged if one["verdict"] == "no_measurable_change"]
    if judged and not moved:
        n = len(judged)
        words = "The one value compared shows" if n == 1 else f"None of the {n} values compared shows"
        end = "no measurable change." if n == 1 else "a measurable change."
        lines.append(_line("none", f"{words} {end}"))
    elif still:
        lines.append(
            _line("none", f"{len(still)} of {len(judged)} values compared show no measurable change.")
        )
    missing = len(changes) - len(judged)
    if missing:
        lines.append(
            _line("left_out", f"{missing} of {len(changes)} values have no number; the reasons are below.")
        )
    return lines


def change_sentence(change: Mapping[str, Any]) -> str:
    """One change in words, with its band and what it is relative to.

    >>> change_sentence({"metric": "redness", "region": "left_cheek", "difference": -4.1, "mdc95": 1.6,
    ...     "unit": "H", "verdict": "measurable_decrease", "reference": "rest_of_face", "flags": []})
    'Redness, left cheek: −4.1 ± 1.6 H, a measurable decrease relative to the rest of the face.'
    """
    head = f"{labels.metric_label(change['metric'])}, {labels.in_sentence(change['region'])}"
    value = labels.with_band(change["difference"], change["mdc95"], change["unit"])
    verdict = labels.VERDICTS[change["verdict"]]
    article = "a " if change["verdict"] in CHANGED else ""
    relative = labels.reference_phrase(change["reference"])
    early = ", before day 90" if "texture_too_early" in change["flags"] else ""
    return f"{head}: {value}, {article}{verdict}{' ' + relative if relative else ''}{early}."
