"""The sample courses: what lies in sample_images, and that the program finds there what was put there.

No expected verdict is written down: it follows from the true changes and the bands the program states.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image

from analysis.landmarks import FaceFinder
from analysis.pipeline import compare
from analysis.records import Change, SessionComparison
from benchmarks.samples.__main__ import course_facts
from benchmarks.samples.courses import BODY, COURSES, FACE, SampleCourse, SampleSession
from benchmarks.samples.studio import photo, region_plan
from benchmarks.samples.truth import course_truth
from dermatrend.face_models import load_models, models_present
from dermatrend.settings import load_settings
from tests.conftest import ROOT, skip_or_fail

SAMPLES = ROOT / "sample_images"
MEASURED = [(course, session) for course in COURSES for session in course.sessions[1:]]
AGAIN = "run: uv run python -m benchmarks.samples"


def folder_of(course: SampleCourse) -> Path:
    return SAMPLES / course.name


def shots_of(course: SampleCourse, session: SampleSession) -> list[bytes]:
    return [(folder_of(course) / session.folder / shot.name).read_bytes() for shot in session.shots]


def truth_of(course: SampleCourse, session: SampleSession) -> dict[str, Any]:
    sessions = json.loads((folder_of(course) / "truth.json").read_text("utf-8"))["sessions"]
    return next(item for item in sessions if item["folder"] == session.folder)


@cache
def finder() -> FaceFinder:
    settings = load_settings()
    if not models_present(settings):
        skip_or_fail("the face model is not here; run `dermatrend models fetch`")
    return FaceFinder(load_models(settings))


def compared(course: SampleCourse, session: SampleSession) -> SessionComparison:
    return _compared(course.name, session.folder)


@cache
def _compared(name: str, folder: str) -> SessionComparison:
    course, session = next((c, s) for c, s in MEASURED if (c.name, s.folder) == (name, folder))
    return compare(
        shots_of(course, course.sessions[0]),
        shots_of(course, session),
        finder=finder() if course.kind == "face" else None,
        plan=region_plan(course),
    )


@dataclass(frozen=True)
class Judged:
    """A change the program stated, beside what really happened."""

    change: Change
    truth: float


def judged() -> Iterator[Judged]:
    for course, session in MEASURED:
        truth = truth_of(course, session)["true_change"]
        for change in compared(course, session).changes:
            value = truth.get(change.metric, {}).get(change.region)
            if value is not None and math.isfinite(change.difference):
                yield Judged(change, value)


def every_photo() -> list[Path]:
    return sorted(SAMPLES.glob("*/*/*.jpg"))


def test_the_folder_is_small_and_says_its_licence() -> None:
    files = [path for path in SAMPLES.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 15_000_000
    assert "public domain" in (SAMPLES / "LICENSE").read_text("utf-8")
    assert "Eileen Collins" in (SAMPLES / "README.md").read_text("utf-8")


@pytest.mark.parametrize("course", COURSES, ids=lambda course: course.name)
def test_the_files_are_those_the_course_names(course: SampleCourse) -> None:
    facts = json.loads((folder_of(course) / "course.json").read_text("utf-8"))
    assert facts == json.loads(json.dumps(course_facts(course))), AGAIN
    named = {folder_of(course) / s["folder"] / name for s in facts["sessions"] for name in s["photos"]}
    assert named == {path for path in every_photo() if path.is_relative_to(folder_of(course))}


@pytest.mark.parametrize("path", every_photo(), ids=lambda path: "-".join(path.parts[-3:]))
def test_photos_carry_their_date_and_no_position(path: Path) -> None:
    course = json.loads((path.parents[1] / "course.json").read_text("utf-8"))
    taken_on = next(s["taken_on"] for s in course["sessions"] if s["folder"] == path.parent.name)
    with Image.open(path) as image:
        exif = image.getexif()
        assert not exif.get_ifd(ExifTags.IFD.GPSInfo)
        details = exif.get_ifd(ExifTags.IFD.Exif)
    taken_at = details[ExifTags.Base.DateTimeOriginal]
    assert taken_at.split()[0].replace(":", "-") == taken_on
    assert ExifTags.Base.BodySerialNumber not in details


def test_a_photo_is_drawn_again_as_it_was() -> None:
    session = BODY.sessions[1]
    shot = session.shots[1]
    stored = (folder_of(BODY) / session.folder / shot.name).read_bytes()
    drawn = photo(BODY, session, shot)
    if drawn != stored:  # other versions of the libraries round differently
        before, after = (np.asarray(Image.open(io.BytesIO(data)), np.int16) for data in (stored, drawn))
        assert before.shape == after.shape
        assert np.percentile(np.abs(before - after), 99.5) <= 4, AGAIN


def test_the_stated_truth_is_what_the_method_measures_today() -> None:
    stored = json.loads((folder_of(BODY) / "truth.json").read_text("utf-8"))
    for before, now in zip(stored["sessions"], course_truth(BODY)["sessions"], strict=True):
        for metric, regions in now["true_change"].items():
            for region, value in regions.items():
                tolerance = 0.05 + 0.02 * abs(value)
                assert before["true_change"][metric][region] == pytest.approx(value, abs=tolerance), (
                    f"{AGAIN} --truth-only"
                )


def test_doses_are_named_for_treated_regions_only() -> None:
    for course in COURSES:
        for session in course.sessions:
            assert set(truth_of(course, session)["doses"]) == set(course.treated)


def test_scale_of_the_face_is_that_of_its_iris() -> None:
    from analysis.decode import decode

    for session in FACE.sessions:
        for data in shots_of(FACE, session):
            assert 9.0 <= finder().find(decode(data)).px_per_mm <= 10.5


@pytest.mark.parametrize(
    ("course", "session"), MEASURED, ids=lambda item: getattr(item, "name", None) or item.folder
)
def test_only_the_badly_lit_session_is_refused(course: SampleCourse, session: SampleSession) -> None:
    comparison = compared(course, session)
    assert comparison.comparable is not session.badly_lit
    if session.badly_lit:
        assert comparison.grade == "not_comparable"
        assert any("light" in reason.lower() for reason in comparison.reasons)
    else:
        assert comparison.grade in ("A", "B")


def test_doses_above_the_stated_limit_are_found_with_the_right_sign() -> None:
    above = [item for item in judged() if abs(item.truth) > item.change.mdc95]
    assert len(above) >= 12
    right = [item for item in above if item.change.verdict == verdict_of(item.truth)]
    assert len(right) >= 0.8 * len(above)


def test_no_change_is_stated_with_the_wrong_sign() -> None:
    for item in judged():
        if item.change.verdict.startswith("measurable"):
            assert item.change.verdict == verdict_of(item.truth), item


def test_the_true_value_lies_in_the_interval() -> None:
    inside = [item.change.ci95[0] <= item.truth <= item.change.ci95[1] for item in judged()]
    assert len(inside) >= 60
    assert sum(inside) >= 0.9 * len(inside)


def test_redness_rises_the_day_after_and_ends_below_the_baseline() -> None:
    first, last = FACE.sessions[1], FACE.sessions[-1]
    for session, sign in ((first, 1), (last, -1)):
        assert sign * session.dose.haemoglobin > 0
        for change in compared(FACE, session).changes:
            if change.metric == "redness" and change.region in FACE.treated:
                assert sign * change.difference > 0


def verdict_of(truth: float) -> str:
    return "measurable_increase" if truth > 0 else "measurable_decrease"
