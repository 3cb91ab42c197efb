"""Facts are corrected, sessions removed, people erased; nothing is left and no log carries a name."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import SessionOrder
from dermatrend import workflows
from dermatrend.records import Course, InvalidInput
from dermatrend.storage.errors import NotFound, StoreUnavailable
from dermatrend.storage.verify import verify
from dermatrend.workers import WorkerPool
from dermatrend.workflows import Upload, Workspace
from tests.storage.making import sha256
from tests.workflows.making import ACTOR, BASELINE, LATER, NAME, PLAN, files


def test_facts_are_corrected_within_the_order_of_the_course(ws: Workspace, followed: Course) -> None:
    baseline, later = workflows.sessions(ws, ACTOR, followed.id)
    facts = {"treatment": None, "skin_state": None, "note": ""}
    with pytest.raises(SessionOrder, match="older than the baseline"):
        workflows.edit_session(ws, ACTOR, later.id, taken_on="2026-01-09", **facts)  # type: ignore[arg-type]  # all fit
    with pytest.raises(SessionOrder, match="behind a later session"):
        workflows.edit_session(ws, ACTOR, baseline.id, taken_on="2026-02-15", **facts)  # type: ignore[arg-type]  # all fit
    same = workflows.edit_session(ws, ACTOR, later.id, taken_on="2026-02-14", **facts)  # type: ignore[arg-type]  # all fit
    assert same.taken_on_source == "exif_original"
    moved = workflows.edit_session(ws, ACTOR, later.id, taken_on="2026-02-20", **facts)  # type: ignore[arg-type]  # all fit
    assert (moved.taken_on, moved.taken_on_source) == ("2026-02-20", "user")
    assert workflows.compare_sessions(ws, ACTOR, followed.id, later.id).day == 41


def test_a_session_entered_by_mistake_is_removed_with_its_photos(ws: Workspace, followed: Course) -> None:
    baseline, later = workflows.sessions(ws, ACTOR, followed.id)
    with pytest.raises(InvalidInput, match="baseline"):
        workflows.remove_session(ws, ACTOR, baseline.id)
    workflows.remove_session(ws, ACTOR, later.id)
    assert workflows.sessions(ws, ACTOR, followed.id) == [baseline]
    assert ws.photos.originals(followed.person_id) == {sha256(data) for data in BASELINE}
    assert verify(ws.repository, ws.photos) == []


def test_people_and_courses_can_be_renamed(ws: Workspace, course: Course) -> None:
    with pytest.raises(InvalidInput, match="name is empty"):
        workflows.create_person(ws, ACTOR, " \u202e\n ")
    renamed = workflows.rename_person(ws, ACTOR, course.person_id, "  P 17 \n")
    assert (renamed.label, workflows.person(ws, ACTOR, course.person_id)) == ("P 17", renamed)
    changed = workflows.change_course(ws, ACTOR, course.id, title="Arm", concerns=["a", "a", ""])
    assert (changed.title, changed.concerns) == ("Arm", ("a",))
    assert repr(workflows.courses(ws, ACTOR, course.person_id)) == repr([changed])


def test_erasing_leaves_nothing(ws: Workspace, followed: Course, tmp_path: Path) -> None:
    (ws.settings.data_dir / "backups").mkdir()
    (ws.settings.data_dir / "backups" / "dermatrend-0000-x.sqlite3").write_bytes(NAME.encode())
    planned = workflows.erase_person(ws, ACTOR, followed.person_id, dry_run=True)
    assert planned.rows["photos"] == 3
    assert planned.files > 3
    assert planned.backups == 1
    assert workflows.people(ws, ACTOR)
    started = time.monotonic()
    done = workflows.erase_person(ws, ACTOR, followed.person_id)
    assert time.monotonic() - started < 5
    assert done == replace(planned, dry_run=False)
    assert workflows.people(ws, ACTOR) == []
    for path, content in files(tmp_path).items():
        for trace in (NAME.encode(), BASELINE[0][:64], b"Left forearm", sha256(LATER[0]).encode()):
            assert trace not in content, path.name
    with pytest.raises(NotFound):
        workflows.erase_person(ws, ACTOR, followed.person_id)


class ErasesMeanwhile:
    """A pool in whose jobs someone erases the person: what a second window can do."""

    def __init__(self, ws: Workspace, pool: WorkerPool, person_id: str) -> None:
        self._ws, self._pool, self._person_id = ws, pool, person_id

    def __getattr__(self, name: str) -> Callable[..., object]:
        def job(*arguments: Any, **named: Any) -> object:
            result = getattr(self._pool, name)(*arguments, **named)
            workflows.erase_person(self._ws, ACTOR, self._person_id)
            return result

        return job


def test_someone_erased_while_photos_are_looked_at_leaves_nothing(ws: Workspace, course: Course) -> None:
    ws._pool = ErasesMeanwhile(ws, ws.pool, course.person_id)  # type: ignore[assignment]  # acts as the pool
    receipt = workflows.add_session(ws, ACTOR, course.id, [Upload("a.jpg", BASELINE[0])])
    assert receipt.session is None
    assert (receipt.refused[0].error or {})["code"] == "not_found"
    assert [path.name for path in files(ws.photos.root)] == ["STORE"]


def test_someone_erased_while_sessions_are_compared_leaves_nothing(ws: Workspace, followed: Course) -> None:
    later = workflows.sessions(ws, ACTOR, followed.id)[1]
    workflows.change_course(ws, ACTOR, followed.id, plan=replace(PLAN, drawn=PLAN.drawn[:1]))
    ws._pool = ErasesMeanwhile(ws, ws.pool, followed.person_id)  # type: ignore[assignment]  # acts as the pool
    with pytest.raises(NotFound):
        workflows.compare_sessions(ws, ACTOR, followed.id, later.id)
    assert [path.name for path in files(ws.photos.root)] == ["STORE"]


def test_no_log_carries_a_name(ws: Workspace, course: Course, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    workflows.add_session(ws, ACTOR, course.id, [Upload(f"{NAME}.jpg", BASELINE[0])], note=NAME)
    workflows.erase_person(ws, ACTOR, course.person_id)
    assert "Canaryname" not in caplog.text


def test_without_its_folder_the_store_is_only_read(ws: Workspace, followed: Course, pool: WorkerPool) -> None:
    ws.photos.root.rename(ws.photos.root.with_name("away"))
    with Workspace.open(ws.settings, pool=pool) as opened:
        assert len(workflows.sessions(opened, ACTOR, followed.id)) == 2
        for change in (
            lambda: workflows.create_person(opened, ACTOR, "B"),
            lambda: workflows.add_session(opened, ACTOR, followed.id, [Upload("a.jpg", BASELINE[0])]),
            lambda: workflows.erase_person(opened, ACTOR, followed.person_id),
            lambda: workflows.photo_view(opened, ACTOR, sha256(BASELINE[0])),
        ):
            with pytest.raises(StoreUnavailable):
                change()
        opened._pool = None
