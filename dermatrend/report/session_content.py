"""What report.json says of a session and its photos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from analysis.records import CaptureFacts, CardReading, PhotoAnalysis, as_json
from dermatrend.records import Session, StoredPhoto, days_between
from dermatrend.report.phases import phase_of

CAPTURE_FACTS: Final = (
    "captured_at",
    "captured_at_source",
    "camera_make",
    "camera_model",
    "lens",
    "software",
    "exposure_s",
    "f_number",
    "iso",
    "focal_length_mm",
    "white_balance",
    "flash",
)
"""What a report may say about how a photo was taken. Position, serial numbers and names are not here."""


def session_content(
    one: Session,
    index: int,
    start: str,
    treatment_days: Sequence[int],
    analyses: Mapping[str, PhotoAnalysis],
    shown: bool,
) -> dict[str, Any]:
    """One session and its photos as plain JSON types.

    Args:
        one: the session.
        index: its place among the sessions by date.
        start: date of the baseline.
        treatment_days: days since the baseline on which a treatment took place.
        analyses: photo id -> what was measured in that photo alone.
        shown: whether the report shows it.
    """
    day = days_between(start, one.taken_on)
    return {
        "id": one.id,
        "index": index,
        "taken_on": one.taken_on,
        "taken_on_source": one.taken_on_source,
        "day": day,
        "days_since_treatment": since_treatment(day, treatment_days),
        "phase": "baseline" if index == 0 else phase_of(day, treatment_days, "colour"),
        "shown": shown,
        "treatment": as_json(one.treatment),
        "skin_state": one.skin_state,
        "note": one.note,
        "photos": [_photo(photo, analyses.get(photo.id)) for photo in one.photos],
    }


def since_treatment(day: int, treatment_days: Sequence[int]) -> int | None:
    """Days since the latest treatment before that day; None before the first."""
    # Photos of a treatment day are taken before the treatment: that one does not count.
    before = [at for at in treatment_days if at < day]
    return day - max(before) if before else None


def _photo(photo: StoredPhoto, analysis: PhotoAnalysis | None) -> dict[str, Any]:
    made: dict[str, Any] = {
        "photo_id": photo.id,
        "format": photo.format,
        "width": photo.width,
        "height": photo.height,
        "facts": _facts(photo.facts),
        "colour_profile": None,
        "px_per_mm": None,
        "px_per_mm_source": None,
        "pose_deg": None,
        "usable": None,
        "gates": [],
        "measurements": [],
        "flags": [],
    }
    if analysis is not None:
        made |= {name: as_json(getattr(analysis, name)) for name in list(made)[5:]}
    return made | {"card": _card(None if analysis is None else analysis.card)}


def _card(card: CardReading | None) -> dict[str, Any] | None:
    """What was read of a photo's colour card; its patches stay in the record."""
    if card is None:
        return None
    return {
        "kind": card.kind,
        "fit_mean": as_json(card.fit_mean),
        "fit_worst": as_json(card.fit_worst),
        "clipped_patches": sum(card.clipped),
        "corners": as_json(card.corners),
    }


def _facts(facts: CaptureFacts) -> dict[str, Any]:
    return {name: as_json(getattr(facts, name)) for name in CAPTURE_FACTS}
