"""What is stored comes back, in order, once, and only to those it may reach: on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest
import sqlalchemy as sa

from analysis.records import Region, RegionPlan, SessionComparison
from analysis.repeatability import Repeatability
from dermatrend.records import LOCAL_ACTOR, Actor, Course, Role, Treatment
from dermatrend.storage.documents import dumps
from dermatrend.storage.errors import AlreadyStored, NotFound
from dermatrend.storage.results import StoredPicture
from dermatrend.storage.schema import comparisons, photos, study_results
from dermatrend.storage.verify import verify
from dermatrend.workflows import Workspace
from tests.storage.making import analysis_of, begin, keep, keep_study, result_of, sha256

ACTOR = LOCAL_ACTOR
COMPARISON = SessionComparison(("a",), ("b",), "A", True, (), (), None, ())


def test_people_are_listed_by_label_whatever_its_case(workspace: Workspace) -> None:
    for label in ("carla", "Bo", "anna", "Ähm"):
        workspace.repository.add_person(ACTOR, label, "a note")
    assert [p.label for p in workspace.repository.people(ACTOR)] == ["anna", "Bo", "carla", "Ähm"]


def test_a_course_comes_back_with_its_plan(workspace: Workspace) -> None:
    person, _ = begin(workspace, ACTOR)
    polygon = np.array([[0.5, 1.25], [30.0, 1.0], [30.0, 20.1]], np.float32)
    region = Region("scar", "treated", polygon)
    plan = RegionPlan((region,), 9.5, (), ())
    made = workspace.repository.add_course(ACTOR, Course("", person.id, "Scar", plan, ("acne scars",)))
    found = workspace.repository.course(ACTOR, made.id)
    assert dumps(found) == dumps(made)
    assert found.plan.drawn[0].polygon.dtype == "float32"
    assert not found.plan.drawn[0].polygon.flags.writeable


def test_sessions_are_ordered_by_date_and_photos_as_they_came(workspace: Workspace) -> None:
    _, course = begin(workspace, ACTOR)
    keep(workspace, ACTOR, course, b"later", taken_on="2026-03-01")
    first = keep(workspace, ACTOR, course, b"z", b"a", b"m", taken_on="2026-01-10")
    found = workspace.repository.sessions(ACTOR, course.id)
    assert [s.taken_on for s in found] == ["2026-01-10", "2026-03-01"]
    assert [p.id for p in found[0].photos] == [sha256(b"z"), sha256(b"a"), sha256(b"m")]
    assert found[0] == first


def test_where_a_card_lies_comes_back_and_goes_with_its_person(workspace: Workspace) -> None:
    person, course = begin(workspace, ACTOR)
    keep(workspace, ACTOR, course, b"a", b"b")
    corners = ((1.5, 2.0), (30.25, 2.0), (30.0, 20.0), (1.0, 20.0))
    workspace.repository.put_card_corners(ACTOR, course.id, sha256(b"b"), corners)
    workspace.repository.remember_card(ACTOR, course.id, True)

    (session,) = workspace.repository.sessions(ACTOR, course.id)
    assert [photo.card_corners for photo in session.photos] == [None, corners]
    assert workspace.repository.courses(ACTOR, person.id)[0].with_card
    stranger = Actor("x", "owner", clinic_id="another")
    for actor, photo in ((ACTOR, "0" * 64), (stranger, sha256(b"b"))):
        with pytest.raises(NotFound):
            workspace.repository.put_card_corners(actor, course.id, photo, None)
    workspace.repository.put_card_corners(ACTOR, course.id, sha256(b"b"), None)
    assert workspace.repository.photo(ACTOR, sha256(b"b"))[1].card_corners is None

    workspace.repository.put_card_corners(ACTOR, course.id, sha256(b"b"), corners)
    workspace.repository.erase_person(ACTOR, person.id)
    with workspace.repository.engine.connect() as connection:
        assert connection.execute(sa.select(photos.c.card_corners)).all() == []


def test_a_photo_is_stored_once_in_a_session_and_in_one_session_of_a_course(workspace: Workspace) -> None:
    person, course = begin(workspace, ACTOR)
    session = keep(workspace, ACTOR, course, b"same")
    assert not workspace.repository.add_photo(ACTOR, session, session.photos[0])
    other = replace(session, id="0" * 32, taken_on="2026-02-01")
    with pytest.raises(AlreadyStored, match="2026-01-10"):
        workspace.repository.add_photo(ACTOR, other, session.photos[0])
    second = workspace.repository.add_course(ACTOR, Course("", person.id, "Right arm"))
    keep(workspace, ACTOR, second, b"same")
    assert len(workspace.repository.sessions(ACTOR, course.id)) == 1
    assert verify(workspace.repository, workspace.photos) == []


def test_the_facts_of_a_session_can_be_corrected(workspace: Workspace) -> None:
    _, course = begin(workspace, ACTOR)
    session = keep(workspace, ACTOR, course, b"x")
    changed = workspace.repository.change_session(
        ACTOR,
        session.id,
        taken_on="2026-01-11",
        taken_on_source="user",
        treatment=Treatment(needle_depth_mm=0.5, led="blue", products="water"),
        skin_state="exercised",
        note="after a run",
    )
    assert changed.treatment == Treatment(needle_depth_mm=0.5, led="blue", products="water")
    assert (changed.taken_on, changed.skin_state, changed.photos) == (
        "2026-01-11",
        "exercised",
        session.photos,
    )


def test_a_result_is_found_under_its_key_and_replaced_by_the_same_key(workspace: Workspace) -> None:
    person, _ = begin(workspace, ACTOR)
    repository, key = workspace.repository, "k" * 64
    assert repository.comparison(ACTOR, person.id, key) is None
    repository.put_comparison(
        ACTOR, person.id, key, COMPARISON, [StoredPicture("1" * 32, "baseline", "image/jpeg", 4, 3)]
    )
    again = replace(COMPARISON, grade="B")
    repository.put_comparison(
        ACTOR, person.id, key, again, [StoredPicture("2" * 32, "baseline", "image/jpeg", 4, 3)]
    )
    assert repository.comparison(ACTOR, person.id, key) == again
    assert [p.id for p in repository.pictures(ACTOR, person.id, key)] == ["2" * 32]
    repository.put_analysis(ACTOR, person.id, key, analysis_of(b"1"))
    repository.put_analysis(ACTOR, person.id, key, analysis_of(b"2"))
    assert repository.analysis(ACTOR, person.id, key) == analysis_of(b"2")


def test_a_result_that_another_version_wrote_differently_is_made_again(workspace: Workspace) -> None:
    person, _ = begin(workspace, ACTOR)
    workspace.repository.put_comparison(ACTOR, person.id, "key", COMPARISON, [])
    for document in ('{"grade": "A"}', '{"score": 5}'):
        with workspace.repository.engine.begin() as connection:
            connection.execute(comparisons.update().values(document=document))
        assert workspace.repository.comparison(ACTOR, person.id, "key") is None


def test_a_study_comes_back_with_its_shots_and_its_result(workspace: Workspace) -> None:
    person, course = begin(workspace, ACTOR)
    study = keep_study(workspace, ACTOR, course, b"r1", b"r2", b"r3")
    repository = workspace.repository
    assert repository.studies(ACTOR, course.id) == [study]
    assert [photo.id for photo in study.photos] == [sha256(data) for data in (b"r1", b"r2", b"r3")]
    assert repository.study_result(ACTOR, study.id, "k") == result_of(study)
    assert repository.study_result(ACTOR, study.id, "other") is None
    again = replace(result_of(study), on_face=True)
    repository.put_study_result(ACTOR, study.id, "new", again)
    assert repository.study_result(ACTOR, study.id, "new") == again
    assert repository.study_result(ACTOR, study.id, "k") is None
    with repository.engine.begin() as connection:
        connection.execute(study_results.update().values(document='{"score": 5}'))
    assert repository.study_result(ACTOR, study.id, "new") is None
    assert verify(repository, workspace.photos) == []
    assert repository.names_photo(person.id, sha256(b"r1"))
    repository.remove_study(ACTOR, study.id)
    assert repository.studies(ACTOR, course.id) == []
    assert not repository.names_photo(person.id, sha256(b"r1"))
    assert repository.counts(ACTOR, person.id)["study_results"] == 0


def test_a_shot_counts_once_in_a_course(workspace: Workspace) -> None:
    person, course = begin(workspace, ACTOR)
    keep(workspace, ACTOR, course, b"one")
    keep_study(workspace, ACTOR, course, b"r1", b"r2", b"r3")
    before = workspace.repository.counts(ACTOR, person.id)
    for shots in ((b"one", b"r5", b"r6"), (b"r3", b"r5", b"r6")):
        with pytest.raises(AlreadyStored, match="One of these shots"):
            keep_study(workspace, ACTOR, course, *shots)
    with pytest.raises(AlreadyStored, match="repeatability study"):
        keep(workspace, ACTOR, course, b"r1", taken_on="2026-03-03")
    assert workspace.repository.counts(ACTOR, person.id) == before
    second = workspace.repository.add_course(ACTOR, Course("", person.id, "Right arm"))
    keep_study(workspace, ACTOR, second, b"one", b"r1", b"r2")


def test_erasing_takes_everything_and_leaves_a_stone_without_a_name(workspace: Workspace) -> None:
    person, course = begin(workspace, ACTOR, "Rosalind Uniquename")
    keep(workspace, ACTOR, course, b"one", b"two")
    keep_study(workspace, ACTOR, course, b"r1", b"r2", b"r3")
    bystander, other = begin(workspace, ACTOR, "Other")
    keep(workspace, ACTOR, other, b"one")
    counts = workspace.repository.erase_person(ACTOR, person.id)
    assert counts == {
        "courses": 1,
        "sessions": 1,
        "photos": 2,
        "analyses": 2,
        "comparisons": 0,
        "pictures": 0,
        "studies": 1,
        "study_photos": 3,
        "study_results": 1,
    }
    assert workspace.repository.erasures_to_finish() == [person.id]
    with pytest.raises(NotFound):
        workspace.repository.person(ACTOR, person.id)
    workspace.photos.erase(person.id)
    workspace.repository.finish_erasure(person.id)
    assert workspace.repository.people(ACTOR) == [bystander]
    assert verify(workspace.repository, workspace.photos) == []
    assert workspace.photos.originals(bystander.id) == {sha256(b"one")}


def test_two_threads_adding_the_same_photo_store_it_once(workspace: Workspace) -> None:
    _, course = begin(workspace, ACTOR)
    session = keep(workspace, ACTOR, course, b"first")
    photo = replace(session.photos[0], id=sha256(b"second"))

    def add(_: int) -> bool:
        with workspace.photos.adding(course.person_id, b"second"):
            return workspace.repository.add_photo(ACTOR, session, photo)

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(add, range(6)))
    assert answers.count(True) == 1
    assert len(workspace.repository.session(ACTOR, session.id).photos) == 2


Call = Callable[[Workspace, Actor, dict[str, str]], Any]
CALLS: dict[str, Call] = {
    "person": lambda ws, actor, ids: ws.repository.person(actor, ids["person"]),
    "change_person": lambda ws, actor, ids: ws.repository.change_person(
        actor, ids["person"], label="x", note=""
    ),
    "add_course": lambda ws, actor, ids: ws.repository.add_course(actor, Course("", ids["person"], "x")),
    "courses": lambda ws, actor, ids: ws.repository.courses(actor, ids["person"]),
    "course": lambda ws, actor, ids: ws.repository.course(actor, ids["course"]),
    "change_course": lambda ws, actor, ids: ws.repository.change_course(
        actor, ids["course"], title="x", plan=RegionPlan(), concerns=()
    ),
    "sessions": lambda ws, actor, ids: ws.repository.sessions(actor, ids["course"]),
    "session": lambda ws, actor, ids: ws.repository.session(actor, ids["session"]),
    "add_photo": lambda ws, actor, ids: keep(
        ws, actor, Course(ids["course"], ids["person"], "x"), b"new", taken_on="2026-02-02"
    ),
    "change_session": lambda ws, actor, ids: ws.repository.change_session(
        actor,
        ids["session"],
        taken_on="2026-01-10",
        taken_on_source="user",
        treatment=None,
        skin_state=None,
        note="",
    ),
    "photo": lambda ws, actor, ids: ws.repository.photo(actor, ids["photo"]),
    "put_analysis": lambda ws, actor, ids: ws.repository.put_analysis(
        actor, ids["person"], "n", analysis_of(b"x")
    ),
    "put_comparison": lambda ws, actor, ids: ws.repository.put_comparison(
        actor, ids["person"], "n", COMPARISON, []
    ),
    "picture": lambda ws, actor, ids: ws.repository.picture(actor, ids["picture"]),
    "counts": lambda ws, actor, ids: ws.repository.counts(actor, ids["person"]),
    "add_study": lambda ws, actor, ids: keep_study(
        ws, actor, Course(ids["course"], ids["person"], "x"), b"n1", b"n2", b"n3"
    ),
    "studies": lambda ws, actor, ids: ws.repository.studies(actor, ids["course"]),
    "study": lambda ws, actor, ids: ws.repository.study(actor, ids["study"]),
    "put_study_result": lambda ws, actor, ids: ws.repository.put_study_result(
        actor, ids["study"], "k", Repeatability((), False, ())
    ),
    "remove_study": lambda ws, actor, ids: ws.repository.remove_study(actor, ids["study"]),
    "remove_session": lambda ws, actor, ids: ws.repository.remove_session(actor, ids["session"]),
    "erase_person": lambda ws, actor, ids: ws.repository.erase_person(actor, ids["person"]),
}


def test_nobody_reaches_beyond_clinic_and_person(workspace: Workspace) -> None:
    person, course = begin(workspace, ACTOR)
    session = keep(workspace, ACTOR, course, b"photo")
    picture = StoredPicture("a" * 32, "baseline", "image/jpeg", 4, 3)
    workspace.repository.put_comparison(ACTOR, person.id, "key", COMPARISON, [picture])
    other, _ = begin(workspace, ACTOR, "Other")
    ids = {
        "person": person.id,
        "course": course.id,
        "session": session.id,
        "photo": sha256(b"photo"),
        "picture": picture.id,
        "study": keep_study(workspace, ACTOR, course, b"r1", b"r2", b"r3").id,
    }
    before = workspace.repository.counts(ACTOR, person.id)
    strangers = [Actor("s", role, "elsewhere", person.id) for role in get_args(Role)]
    strangers += [Actor("s", "person", person_id=other.id), Actor("s", "person")]
    for stranger in strangers:
        for call in CALLS.values():
            with pytest.raises(NotFound):
                call(workspace, stranger, ids)
        assert workspace.repository.analysis(stranger, person.id, sha256(b"photo")) is None
        assert workspace.repository.comparison(stranger, person.id, "key") is None
        assert workspace.repository.study_result(stranger, ids["study"], "k") is None
        assert workspace.repository.pictures(stranger, person.id, "key") == []
        assert person not in workspace.repository.people(stranger)
    assert workspace.repository.counts(ACTOR, person.id) == before
    assert workspace.repository.person(ACTOR, person.id) == person
    # The same calls work within reach, for the clinic and for the person: it was the scope that refused.
    for call in CALLS.values():
        call(workspace, Actor("p", "person", person_id=person.id), ids)
