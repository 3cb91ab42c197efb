"""The sample courses are loaded once, whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.errors import ModelsMissing
from analysis.records import RegionPlan
from dermatrend import workflows
from dermatrend.records import Treatment
from dermatrend.settings import Settings
from dermatrend.storage.errors import NotFound
from dermatrend.workflows import Upload, Workspace
from tests.e2e.skin import REGIONS
from tests.workflows.making import ACTOR, BASELINE, LATER, NoMeasuring, files, rows


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    """A folder laid out as sample_images, with small photos."""
    place = tmp_path / "samples" / "body"
    for folder, data in (("day-000", BASELINE[0]), ("day-035", LATER[0])):
        (place / folder).mkdir(parents=True)
        (place / folder / "a.jpg").write_bytes(data)
    sessions = [
        {
            "folder": "day-000",
            "taken_on": "2026-01-10",
            "photos": ["a.jpg"],
            "treatment": {"needle_depth_mm": 1.5, "passes": 4},
            "skin_state": "clean",
        },
        {"folder": "day-035", "taken_on": "2026-02-14", "photos": ["a.jpg"], "treatment": None, "note": "x"},
    ]
    facts = {
        "title": "Arm",
        "kind": "body",
        "person": "Sample person",
        "regions": REGIONS,
        "sessions": sessions,
    }
    (place / "course.json").write_text(json.dumps(facts))
    return place.parent


def test_the_sample_course_is_loaded_once(ws: Workspace, samples: Path) -> None:
    (course,) = workflows.load_sample_course(ws, ACTOR, folder=samples)
    baseline, later = workflows.sessions(ws, ACTOR, course.id)
    assert baseline.treatment == Treatment(needle_depth_mm=1.5, passes=4)
    assert (later.taken_on, later.note) == ("2026-02-14", "x")
    before = files(ws.photos.root), rows(ws, course)
    pool, ws._pool = ws._pool, NoMeasuring()  # type: ignore[assignment]  # must not be asked
    (again,) = workflows.load_sample_course(ws, ACTOR, folder=samples)
    ws._pool = pool
    assert again.id == course.id
    assert (files(ws.photos.root), rows(ws, course)) == before
    assert [person.label for person in workflows.people(ws, ACTOR)] == ["Sample person"]


def test_without_the_face_model_no_half_of_the_samples_is_stored(
    ws: Workspace, samples: Path, tmp_path: Path
) -> None:
    (samples / "face").mkdir()
    facts = {"title": "Face", "kind": "face", "treated": ["nose"], "sessions": []}
    (samples / "face" / "course.json").write_text(json.dumps(facts))
    settings, ws.settings = ws.settings, ws.settings.model_copy(update={"models_dir": tmp_path / "none"})
    with pytest.raises(ModelsMissing, match="models fetch"):
        workflows.load_sample_course(ws, ACTOR, folder=samples)
    ws.settings = settings
    assert workflows.people(ws, ACTOR) == []


def test_without_sample_photos_the_message_says_what_to_do(ws: Workspace, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="sample photos"):
        workflows.load_sample_course(ws, ACTOR, folder=tmp_path)


def test_a_face_course_without_the_face_model_stores_nothing(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", models_dir=tmp_path / "none")
    with Workspace.open(settings) as opened:
        person = workflows.create_person(opened, ACTOR, "A")
        face = workflows.create_course(opened, ACTOR, person.id, "Face", RegionPlan())
        with pytest.raises(ModelsMissing):
            workflows.add_session(opened, ACTOR, face.id, [Upload("a.jpg", BASELINE[0])])
        assert opened.repository.counts(ACTOR, person.id)["sessions"] == 0
