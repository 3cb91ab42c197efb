"""Sessions are compared, pictures served and a report made, from real photos by the real worker pool."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from PIL import Image

from analysis.flags import FLAGS
from dermatrend import workflows
from dermatrend.records import Course, InvalidInput
from dermatrend.report.phases import HEALING_DAYS
from dermatrend.storage.errors import NotFound
from dermatrend.workflows import Upload, Workspace
from tests.workflows.making import ACTOR, BASELINE, NAME, PLAN, NoMeasuring, files


def test_a_comparison_is_measured_once(ws: Workspace, followed: Course) -> None:
    baseline, later = workflows.sessions(ws, ACTOR, followed.id)
    made = workflows.compare_sessions(ws, ACTOR, followed.id, later.id)
    assert made.comparison.comparable
    assert made.comparison.baseline_ids == tuple(p.id for p in baseline.photos)
    assert (made.day, made.days_since_treatment) == (35, 35)
    redness = next(c for c in made.comparison.changes if c.metric == "redness" and c.region == "treated")
    assert redness.verdict == "measurable_increase"
    ws._pool, pool = NoMeasuring(), ws._pool  # type: ignore[assignment]  # must not be asked
    try:
        again = workflows.compare_sessions(ws, ACTOR, followed.id, later.id)
        progress = workflows.track_progress(ws, ACTOR, followed.id)
    finally:
        ws._pool = pool
    assert repr(again) == repr(made)
    assert repr(progress.comparisons) == repr((made,))
    assert {trend.metric for trend in progress.trends} >= {"redness", "pigment"}
    assert all(point.day == 35 for trend in progress.trends for point in trend.points)


def test_a_change_says_what_its_day_means(ws: Workspace, followed: Course) -> None:
    later = workflows.sessions(ws, ACTOR, followed.id)[1]

    def flags(taken_on: str, family: str) -> set[str]:
        workflows.edit_session(
            ws, ACTOR, later.id, taken_on=taken_on, treatment=None, skin_state=None, note=""
        )
        changes = workflows.compare_sessions(ws, ACTOR, followed.id, later.id).comparison.changes
        found = {flag for change in changes if change.family == family for flag in change.flags}
        return found & {"recovery_phase", "texture_too_early"}

    assert flags("2026-01-24", "colour") == {"recovery_phase"}
    assert flags("2026-01-24", "texture") == {"recovery_phase", "texture_too_early"}
    assert flags("2026-01-25", "colour") == set()
    assert f"within {HEALING_DAYS} days" in FLAGS["recovery_phase"].long
    assert flags("2026-04-09", "texture") == {"texture_too_early"}
    assert flags("2026-04-10", "texture") == set()


def test_pictures_are_served_and_made_again_when_cleared_away(ws: Workspace, followed: Course) -> None:
    later = workflows.sessions(ws, ACTOR, followed.id)[1]
    made = workflows.compare_sessions(ws, ACTOR, followed.id, later.id)
    assert {"baseline", "follow_up", "redness_change"} <= set(made.pictures)
    for name, picture_id in made.pictures.items():
        media_type, data = workflows.picture(ws, ACTOR, picture_id)
        facts = made.picture_facts[name]
        with Image.open(io.BytesIO(data)) as image:
            assert Image.MIME[str(image.format)] == media_type == facts.media_type
            assert image.size == (facts.width, facts.height)
            assert not image.getexif()
    bar = made.picture_facts["redness_change"].colour_bar
    assert bar is not None
    assert bar.unit == "H"
    before = files(ws.photos.root)
    ws.photos.remove_derived(followed.person_id, made.pictures["redness_change"])
    with pytest.raises(NotFound):
        workflows.picture(ws, ACTOR, made.pictures["redness_change"])
    again = workflows.compare_sessions(ws, ACTOR, followed.id, later.id)
    assert again.pictures == made.pictures
    assert files(ws.photos.root) == before


def test_a_photo_is_shown_without_what_the_camera_noted(ws: Workspace, followed: Course) -> None:
    baseline = workflows.sessions(ws, ACTOR, followed.id)[0]
    assert b"Exif" in BASELINE[0]
    media_type, data = workflows.photo_view(ws, ACTOR, baseline.photos[0].id, 320)
    assert media_type == "image/jpeg"
    assert b"Exif" not in data
    with Image.open(io.BytesIO(data)) as image:
        assert max(image.size) == 320
    with pytest.raises(NotFound):
        workflows.photo_view(ws, ACTOR, "0" * 64)


def test_another_plan_is_measured_anew(ws: Workspace, followed: Course) -> None:
    later = workflows.sessions(ws, ACTOR, followed.id)[1]
    before = workflows.compare_sessions(ws, ACTOR, followed.id, later.id)
    smaller = replace(PLAN, drawn=PLAN.drawn[:1])
    workflows.change_course(ws, ACTOR, followed.id, plan=smaller)
    after = workflows.compare_sessions(ws, ACTOR, followed.id, later.id)
    assert {change.region for change in after.comparison.changes} == {"treated"}
    assert set(after.pictures.values()).isdisjoint(before.pictures.values())
    photo_id = workflows.sessions(ws, ACTOR, followed.id)[0].photos[0].id
    assert {r.name for r in workflows.photo_analysis(ws, ACTOR, followed.id, photo_id).regions} == {"treated"}


def test_the_baseline_is_not_compared_with_itself(ws: Workspace, followed: Course) -> None:
    baseline = workflows.sessions(ws, ACTOR, followed.id)[0]
    for session_id in (baseline.id, "0" * 32):
        with pytest.raises(NotFound):
            workflows.compare_sessions(ws, ACTOR, followed.id, session_id)
    with pytest.raises(NotFound):
        workflows.photo_analysis(ws, ACTOR, followed.id, "0" * 64)


def test_the_report_is_the_same_bytes_twice_and_names_nobody_outside(ws: Workspace, followed: Course) -> None:
    one = workflows.export_report(ws, ACTOR, followed.id)
    two = workflows.export_report(ws, ACTOR, followed.id)
    assert one == two
    assert one.pdf.startswith(b"%PDF")
    content = json.loads(one.json)
    assert content["subject"]["label"] == NAME
    assert len(content["comparisons"]) == 1
    assert one.file_name == f"dermatrend-report-{followed.id[:8]}-2026-02-14"


def test_a_report_of_what_is_not_there_is_refused(ws: Workspace, course: Course) -> None:
    with pytest.raises(InvalidInput, match="nothing to report"):
        workflows.export_report(ws, ACTOR, course.id)
    workflows.add_session(ws, ACTOR, course.id, [Upload("a.jpg", BASELINE[0])])
    with pytest.raises(InvalidInput, match="language"):
        workflows.export_report(ws, ACTOR, course.id, language="xx")
    with pytest.raises(NotFound):
        workflows.export_report(ws, ACTOR, course.id, session_ids=["0" * 32])
    assert json.loads(workflows.export_report(ws, ACTOR, course.id).json)["comparisons"] == []
