"""What really changed: doses by region, and the product's own metrics on undisturbed renders.

A test derives the expected verdicts from these and from the bands the product states.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from typing import Any

from analysis.landmarks import FaceFinder
from analysis.pipeline import compare
from analysis.records import METHOD_VERSION
from benchmarks.samples.courses import SampleCourse
from benchmarks.samples.studio import region_plan, undisturbed
from dermatrend.face_models import load_models
from dermatrend.settings import load_settings


def course_truth(course: SampleCourse) -> dict[str, Any]:
    """truth.json of one course.

    Raises:
        ModelsMissing: a face course, and the face model has not been fetched.
    """
    plan = region_plan(course)
    finder = _finder() if course.kind == "face" else None
    start = undisturbed(course, course.sessions[0])
    sessions = []
    for session in course.sessions:
        dose = asdict(session.dose)
        sessions.append({
            "folder": session.folder,
            "day": session.day,
            "badly_lit": session.badly_lit,
            "doses": dict.fromkeys(course.treated, dose),
            "true_change": {},
        })  # fmt: skip
        if session is course.sessions[0]:
            continue
        comparison = compare([start], [undisturbed(course, session)], finder=finder, plan=plan)
        changes: dict[str, dict[str, float]] = {}
        for change in comparison.changes:
            changes.setdefault(change.metric, {})[change.region] = change.difference
        sessions[-1]["true_change"] = changes
    return {
        "about": "Doses: haemoglobin and melanin as relative change, relief and spots as factors, of the "
        "treated regions against day 0; all other regions have none. true_change: the product's own metrics "
        "between renders without disturbance, same camera.",
        "method_version": METHOD_VERSION,
        "sessions": sessions,
    }


@cache
def _finder() -> FaceFinder:
    return FaceFinder(load_models(load_settings()))
