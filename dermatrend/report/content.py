"""report.json: the one maker of everything a report says; the PDF, and later other formats, render it.

The content is plain JSON: no NaN (null instead), no time but those handed in, so that the same inputs
give the same bytes. Its schema is shipped beside this file as `report.schema.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any, Final, Protocol

from analysis.flags import FLAGS
from analysis.metrics import registry
from analysis.records import (
    METHOD_VERSION,
    Change,
    Gate,
    Parameters,
    PhotoAnalysis,
    SessionComparison,
    Trend,
    as_json,
)
from dermatrend.records import Course, Session, days_between
from dermatrend.report import labels, left_out, summary
from dermatrend.report.charts import describe
from dermatrend.report.phases import phase_of
from dermatrend.report.progress_layers import MIXED_REFERENCES, stands_apart
from dermatrend.report.session_content import session_content, since_treatment

SCHEMA_ID: Final = "urn:dermatrend:schema:report:1"
SCHEMA_VERSION: Final = "1.3.0"
"""Semantic: fields are only added within a major version."""

SHOWN_PICTURES: Final = ("baseline", "follow_up")
"""The aligned crops that a report shows; maps stay in the app, where they have their colour bar."""


@dataclass(frozen=True, slots=True)
class RepeatShots:
    """A study of repeat shots that entered the bands."""

    taken_on: str | None
    """Local date; None where it is not known."""
    photo_ids: tuple[str, ...]


class ComparedSession(Protocol):
    """A follow-up session with its comparison, as the store keeps it."""

    @property
    def session_id(self) -> str:
        """Which session this is."""

    @property
    def comparison(self) -> SessionComparison:
        """The session against the baseline."""

    @property
    def pictures(self) -> Mapping[str, str]:
        """View name ("baseline", "follow_up", ...) -> key of the picture."""


def report_content(
    person_label: str,
    course: Course,
    sessions: Sequence[Session],
    comparisons: Sequence[ComparedSession],
    trends: Sequence[Trend] = (),
    *,
    software_version: str,
    analyses: Mapping[str, PhotoAnalysis] | None = None,
    parameters: Parameters | None = None,
    session_ids: Sequence[str] | None = None,
    regions: Sequence[str] | None = None,
    metrics: Sequence[str] | None = None,
    studies: Sequence[RepeatShots] = (),
    created_at: str | None = None,
    language: str = "en",
) -> dict[str, Any]:
    """Everything a report says, as plain JSON types.

    Args:
        person_label: who, in the words of the person who keeps the record.
        course: the course reported on.
        sessions: all sessions of the course, the baseline first; the others are told by date.
        comparisons: one per follow-up session that was compared, in any order.
        trends: the changes of the course by metric and region.
        software_version: of Dermatrend.
        analyses: photo id -> what was measured in that photo alone.
        parameters: the method's parameters; the defaults where none are given.
        session_ids: follow-up sessions to show; all of them where None. Others are named as not shown.
        regions: regions to show, likewise.
        metrics: metrics to show, likewise.
        studies: the person's own repeat shots that entered the bands.
        created_at: printed if given; no clock is read here.
        language: "en" is the one there is.

    Returns:
        The content of report.json; `schema()` describes it.

    Raises:
        ValueError: without a session, or with a language that is not there.
    """
    if not sessions:
        raise ValueError("a report needs at least the baseline session; got none: add photos first")
    if language != "en":
        raise ValueError(f"a report can be written in: en; got {language!r}")
    # The first stays first: without a recorded date its day is a guess, and it was still named the baseline.
    sessions = [sessions[0], *sorted(sessions[1:], key=lambda one: one.taken_on)]
    start = sessions[0].taken_on
    treatment_days = [days_between(start, one.taken_on) for one in sessions if one.treatment]
    wanted = {one.id for one in sessions[1:]} if session_ids is None else set(session_ids)
    shown = [one for one in sessions[1:] if one.id in wanted]
    by_session = {item.session_id: item for item in comparisons}
    settings = parameters or Parameters()

    def keep(one: Change | Trend) -> bool:
        return (regions is None or one.region in regions) and (metrics is None or one.metric in metrics)

    compared = [
        _comparison(by_session[one.id], days_between(start, one.taken_on), treatment_days, keep)
        for one in shown
        if one.id in by_session
    ]
    content: dict[str, Any] = {
        "$schema": SCHEMA_ID,
        "schema_version": SCHEMA_VERSION,
        "language": language,
        "title": course.title or "Skin photo comparison",
        "created_at": created_at,
        "software": {"name": "dermatrend", "version": software_version},
        "method": {
            "version": METHOD_VERSION,
            "parameters": as_json(settings),
            "parameters_sha256": settings.sha256(),
        },
        "subject": {"label": person_label},
        "course": {
            "id": course.id,
            "title": course.title,
            "concerns": list(course.concerns),
            "plan": as_json(course.plan),
            "treatment_days": treatment_days,
        },
        "sessions": [
            session_content(one, index, start, treatment_days, analyses or {}, one in shown or index == 0)
            for index, one in enumerate(sessions)
        ],
        "comparisons": compared,
        "trends": [
            _trend(one, treatment_days, {days_between(start, s.taken_on) for s in shown})
            for one in _in_order(trends)
            if keep(one)
        ],
        "repeatability": [
            {"taken_on": one.taken_on, "shots": len(one.photo_ids), "photo_ids": list(one.photo_ids)}
            for one in studies
        ],
        "selection": {
            "regions": None if regions is None else list(regions),
            "metrics": None if metrics is None else list(metrics),
            "sessions_not_shown": [one.taken_on for one in sessions[1:] if one not in shown],
        },
    }
    content["left_out"] = left_out.entries(content)
    content["labels"] = _labels(content)
    content["flags"] = {name: FLAGS[name]._asdict() for name in _flags_used(content) if name in FLAGS}
    content["summary"] = summary.sentences(content)
    content["how_to_read"] = list(summary.HOW_TO_READ)
    content["how_the_band_was_made"] = summary.band_sentences(content)
    content["wording"] = labels.WORDING
    return content


def report_json(content: Mapping[str, Any]) -> bytes:
    """The content as UTF-8 JSON: the same content, the same bytes."""
    return (json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode()


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of report.json, as shipped.

    >>> schema()["$id"] == SCHEMA_ID
    True
    """
    text = resources.files("dermatrend.report").joinpath("report.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _gate(gate: Gate) -> dict[str, Any]:
    made: dict[str, Any] = as_json(gate)
    return made


def _comparison(item: ComparedSession, day: int, treatment_days: Sequence[int], keep: Any) -> dict[str, Any]:
    found = item.comparison
    changes = [one for one in found.changes if keep(one)]
    return {
        "session_id": item.session_id,
        "day": day,
        "days_since_treatment": since_treatment(day, treatment_days),
        "baseline_ids": list(found.baseline_ids),
        "photo_ids": list(found.photo_ids),
        "grade": found.grade,
        "grade_text": labels.GRADES[found.grade],
        "comparable": found.comparable,
        "reasons": list(found.reasons),
        "method_version": found.method_version,
        "parameters_sha256": found.parameters_sha256,
        "own_repeat_shots": found.own_repeat_shots,
        "alignment": as_json(found.alignment),
        "gates": [_gate(gate) for gate in found.gates],
        "changes": [
            as_json(one)
            | {
                "text": labels.with_band(one.difference, one.mdc95, one.unit),
                "phase": phase_of(day, treatment_days, one.family),
            }
            for one in _in_order(changes)
        ],
        "left_out": as_json(found.left_out),
        "pictures": {name: item.pictures[name] for name in SHOWN_PICTURES if name in item.pictures},
    }


def _trend(trend: Trend, treatment_days: Sequence[int], days: set[int]) -> dict[str, Any]:
    family = _family(trend.metric)
    kept = replace(trend, points=tuple(point for point in trend.points if point.day in days))
    if not any(stands_apart(kept, point) for point in kept.points):
        # The sessions that the flag is about are not shown.
        kept = replace(kept, flags=tuple(flag for flag in kept.flags if flag != MIXED_REFERENCES))
    made: dict[str, Any] = as_json(kept)
    return made | {"family": family, "text": describe(kept, treatment_days, family)}


def _family(metric: str) -> str:
    definition = registry().get(metric)
    return definition.family if definition else "colour"


def _in_order(items: Iterable[Any]) -> list[Any]:
    """By the registry's order of metrics, then in the order of regions people know."""
    metric_order = {name: at for at, name in enumerate(registry())}
    region_order = {name: at for at, name in enumerate(labels.REGIONS)}
    return sorted(
        items,
        key=lambda one: (metric_order.get(one.metric, 99), one.metric, region_order.get(one.region, 99)),
    )


def _labels(content: Mapping[str, Any]) -> dict[str, Any]:
    changes = [one for item in content["comparisons"] for one in item["changes"]]
    rows = [*changes, *content["trends"]]
    metrics = {}
    for name, metric in registry().items():
        if any(one["metric"] == name for one in rows):
            metrics[name] = {
                "label": metric.label,
                "unit": metric.unit,
                "summary": metric.summary,
                "better": metric.better,
                "family": metric.family,
                "version": metric.version,
                "needs_px_per_mm": metric.needs_px_per_mm,
                "reference": metric.reference,
            }
    gates = [gate for item in content["comparisons"] for gate in item["gates"]]
    gates += [gate for one in content["sessions"] for photo in one["photos"] for gate in photo["gates"]]
    return {
        "metrics": metrics,
        "regions": {name: labels.region_label(name) for name in dict.fromkeys(one["region"] for one in rows)},
        "gates": {name: labels.gate_label(name) for name in dict.fromkeys(gate["name"] for gate in gates)},
        "verdicts": dict(labels.VERDICTS),
        "grades": dict(labels.GRADES),
        "phases": dict(labels.PHASES),
    }


def _flags_used(content: Mapping[str, Any]) -> list[str]:
    used: dict[str, None] = {}
    for item in content["comparisons"]:
        for one in item["changes"]:
            used |= dict.fromkeys(one["flags"])
    for one in content["trends"]:
        used |= dict.fromkeys(one["flags"])
    for session in content["sessions"]:
        for photo in session["photos"]:
            used |= dict.fromkeys(photo["flags"])
            for value in photo["measurements"]:
                used |= dict.fromkeys(value["flags"])
    return list(used)
