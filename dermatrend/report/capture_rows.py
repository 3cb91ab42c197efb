"""The tables of the PDF that say how the photos were taken, and what was read of the colour cards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dermatrend.report import labels

Content = Mapping[str, Any]


def when_of(session: Content) -> str:
    """The day of a session, as a report names it."""
    return f"day {session['day']}" if session["index"] else "baseline"


def capture_rows(content: Content) -> list[list[str]]:
    """One row per photo: when and with what it was taken, its light, scale, pose and size."""
    rows = []
    for session in content["sessions"]:
        if not session["shown"]:
            continue
        for photo in session["photos"]:
            facts = photo["facts"]
            camera = " ".join(filter(None, (facts["camera_make"], facts["camera_model"])))
            scale = photo["px_per_mm"]
            rows.append(
                [
                    when_of(session),
                    photo["photo_id"][:8],
                    _moment(facts["captured_at"]),
                    "\n".join(filter(None, (camera, facts["lens"]))) or "–",
                    _exposure(facts),
                    _light(facts),
                    "–" if scale is None else labels.number(scale, decimals=1),
                    " / ".join(labels.number(angle, decimals=0) for angle in photo["pose_deg"] or ()) or "–",
                    f"{photo['width']} × {photo['height']} {photo['format']}",
                ]
            )
    return rows


def card_rows(content: Content) -> list[list[str]]:
    """What was read of the colour cards; no row where a photo is measured without one."""
    return [
        [
            when_of(session),
            photo["photo_id"][:8],
            labels.CARD_KINDS[photo["card"]["kind"]],
            labels.number(photo["card"]["fit_mean"], decimals=1),
            labels.number(photo["card"]["fit_worst"], decimals=1),
            str(photo["card"]["clipped_patches"]),
        ]
        for session in content["sessions"]
        if session["shown"]
        for photo in session["photos"]
        if photo.get("card")
    ]


def _moment(text: str | None) -> str:
    return "–" if not text else text[:16].replace("T", " ")


def _exposure(facts: Content) -> str:
    parts = []
    if facts["exposure_s"]:
        seconds = facts["exposure_s"]
        parts.append(f"1/{round(1 / seconds)} s" if seconds < 0.4 else f"{seconds:g} s")
    if facts["f_number"]:
        parts.append(f"f/{facts['f_number']:g}")
    if facts["iso"]:
        parts.append(f"ISO {facts['iso']:g}")
    return " ".join(parts) or "–"


def _light(facts: Content) -> str:
    parts = []
    if facts["white_balance"]:
        parts.append(f"{facts['white_balance']} WB")
    if facts["flash"] is not None:
        parts.append("flash" if facts["flash"] else "no flash")
    return ", ".join(parts) or "–"
