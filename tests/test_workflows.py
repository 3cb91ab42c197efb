"""The workflows on real photos of generated skin, measured by the real worker pool."""

from __future__ import annotations

import io
import json
import logging
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image

from analysis.errors import ModelsMissing, SessionOrder
from analysis.records import RegionPlan
from analysis.regions import parse_regions
from dermatrend import workflows
from dermatrend.records import LOCAL_ACTOR, Course, InvalidInput, Treatment
from dermatrend.settings import Settings
from dermatrend.storage.errors import NotFound, StoreUnavailable
from dermatrend.storage.verify import verify
from dermatrend.workers import WorkerPool
from dermatrend.workflows import Upload, Workspace
from dermatrend.workflows.photos import analysis_key
from tests.e2e.skin import REGIONS, photo
from tests.storage.making import analysis_of, sha256

ACTOR = LOCAL_ACTOR
PLAN = parse_regions(REGIONS)
NAME = "Wilhelmina Canaryname"
BASELINE = (photo("2026-01-10"), photo("2026-01-10", shot=1))
LATER = (photo("2026-02-14", redness=0.06, shot=2),)


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerPool]:
    with WorkerPool(Settings(data_dir=tmp_path_factory.mktemp("pool"))) as made:
        yield made


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, pool: WorkerPool) -> tuple[Path, Course]:
    """A store with a course, its baseline and one follow-up, compared once for all tests."""
    folder = tmp_path_factory.mktemp("prepared") / "data"
    with opened_with(folder, pool) as ws:
        course = begin(ws)
        uploads = [Upload(f"{number}.jpg", data) for number, data in enumerate(BASELINE)]
        workflows.add_session(ws, ACTOR, course.id, uploads, treatment=Treatment(needle_depth_mm=1.0))
        receipt = workflows.add_session(ws, ACTOR, course.id, [Upload("later.jpg", LATER[0])])
        assert receipt.comparison is not None, receipt.comparison_error
    return folder, course


@contextmanager
def opened_with(folder: Path, pool: WorkerPool) -> Iterator[Workspace]:
    with Workspace.open(Settings(data_dir=folder)) as opened:
        opened._pool = pool
        try:
            yield opened
        finally:
            opened._pool = None  # shared by the module: not this workspace's to close


def begin(ws: Workspace) -> Course:
    person = workflows.create_person(ws, ACTOR, NAME)
    return workflows.create_course(ws, ACTOR, person.id, "Left forearm", PLAN, ["uneven tone"])


@pytest.fixture
def ws(request: pytest.FixtureRequest, tmp_path: Path, pool: WorkerPool) -> Iterator[Workspace]:
    if "followed" in request.fixturenames:
        shutil.copytree(request.getfixturevalue("prepared")[0], tmp_path / "data")
    with opened_with(tmp_path / "data", pool) as opened:
        yield opened


@pytest.fixture
def course(ws: Workspace) -> Course:
    return begin(ws)


@pytest.fixture
def followed(ws: Workspace, prepared: tuple[Path, Course]) -> Course:
    """The course with its baseline and one follow-up, in a store of the test's own."""
    return prepared[1]


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rows(ws: Workspace, course: Course) -> dict[str, int]:
    return ws.repository.counts(ACTOR, course.person_id)


class NoMeasuring:
    """Stands where the pool is, and fails the test that wants something measured again."""

    def __getattr__(self, name: str) -> object:
        pytest.fail(f"{name}: this was measured before")


# adding


def test_good_photos_are_kept_and_bad_ones_come_back_with_the_reason(ws: Workspace, course: Course) -> None:
    said: list[float] = []
    receipt = workflows.add_session(
        ws,
        ACTOR,
        course.id,
        [
            Upload("one.jpg", BASELINE[0]),
            Upload("notes.jpg", b"not a photo at all"),
            Upload("two.jpg", BASELINE[1]),
            Upload("empty.png", b""),
            Upload("cut.jpg", BASELINE[0][:5000]),
        ],
        skin_state="clean",
        note="by the window",
        progress=lambda share, words: said.append(share),
    )
    assert [item.name for item in receipt.accepted] == ["one.jpg", "two.jpg"]
    assert {item.name: (item.error or {})["code"] for item in receipt.refused} == {
        "notes.jpg": "unsupported_format",
        "empty.png": "empty_file",
        "cut.jpg": "damaged_photo",
    }
    for item in receipt.refused:
        assert item.error is not None
        assert all(item.error[part] for part in ("what", "expected", "got", "advice")), item
    session = receipt.session
    assert session is not None
    assert (session.taken_on, session.taken_on_source, session.skin_state) == (
        "2026-01-10",
        "exif_original",
        "clean",
    )
    assert [p.id for p in session.photos] == [sha256(data) for data in BASELINE]
    assert said == sorted(said)
    assert said[-1] == 1.0
    # The regions are drawn on the first photo: the second one's own numbers would be of other skin.
    assert receipt.accepted[0].analysis is not None
    assert receipt.accepted[0].analysis.measurements
    assert receipt.accepted[1].analysis is not None
    assert receipt.accepted[1].analysis.measurements == ()
    assert verify(ws.repository, ws.photos) == []


def test_without_one_good_photo_there_is_no_session(ws: Workspace, course: Course) -> None:
    before = files(ws.photos.root), rows(ws, course)
    receipt = workflows.add_session(ws, ACTOR, course.id, [Upload("a.jpg", b"no"), Upload("b.jpg", b"")])
    assert receipt.session is None
    assert receipt.accepted == ()
    assert len(receipt.refused) == 2
    assert (files(ws.photos.root), rows(ws, course)) == before


def test_the_same_photo_twice_is_stored_once_and_said_so(ws: Workspace, course: Course) -> None:
    twice = [Upload("a.jpg", BASELINE[0]), Upload("copy of a.jpg", BASELINE[0])]
    receipt = workflows.add_session(ws, ACTOR, course.id, twice)
    assert [item.already_there for item in receipt.accepted] == [False, True]
    assert [item.name for item in receipt.accepted] == ["a.jpg", "copy of a.jpg"]
    assert receipt.session is not None
    assert len(receipt.session.photos) == 1


def test_adding_again_completes_what_was_interrupted(ws: Workspace, course: Course) -> None:
    first = workflows.add_session(ws, ACTOR, course.id, [Upload("a.jpg", BASELINE[0])])
    again = workflows.add_session(
        ws, ACTOR, course.id, [Upload("a.jpg", BASELINE[0]), Upload("b.jpg", BASELINE[1])]
    )
    assert first.session is not None
    assert again.session is not None
    assert again.session.id == first.session.id
    assert [item.already_there for item in again.accepted] == [True, False]
    assert len(workflows.sessions(ws, ACTOR, course.id)) == 1


def test_a_photo_of_another_day_of_the_course_is_refused(ws: Workspace, course: Course) -> None:
    workflows.add_session(ws, ACTOR, course.id, [Upload("a.jpg", BASELINE[0])])
    receipt = workflows.add_session(
        ws, ACTOR, course.id, [Upload("a.jpg", BASELINE[0])], taken_on="2026-03-01"
    )
    assert receipt.session is None
    assert receipt.refused[0].error is not None
    assert receipt.refused[0].error["code"] == "already_stored"
    assert len(workflows.sessions(ws, ACTOR, course.id)) == 1


@pytest.mark.parametrize("given", [None, "2025-12-31"])
def test_a_follow_up_older_than_the_baseline_is_refused_and_nothing_stored(
    ws: Workspace, course: Course, given: str | None
) -> None:
    workflows.add_session(ws, ACTOR, course.id, [Upload("b.jpg", LATER[0])])
    before = files(ws.photos.root), rows(ws, course)
    with pytest.raises(SessionOrder) as caught:
        workflows.add_session(ws, ACTOR, course.id, [Upload("a.jpg", BASELINE[0])], taken_on=given)
    assert "older than the baseline" in caught.value.what
    assert "2026-02-14" in caught.value.expected
    assert caught.value.got == (given or "2026-01-10")
    assert caught.value.advice
    assert (files(ws.photos.root), rows(ws, course)) == before


def test_a_date_that_a_person_gives_wins_over_a_wrong_clock(ws: Workspace, course: Course) -> None:
    first = workflows.add_session(ws, ACTOR, course.id, [Upload("b.jpg", LATER[0])])
    receipt = workflows.add_session(
        ws, ACTOR, course.id, [Upload("a.jpg", BASELINE[0])], taken_on="2026-03-20"
    )
    assert first.session is not None
    assert receipt.session is not None
    assert (receipt.session.taken_on, receipt.session.taken_on_source) == ("2026-03-20", "user")
    # The measuring goes by the corrected date too: the photo's own would be before the baseline.
    assert receipt.comparison_error is None
    assert receipt.comparison is not None
    assert receipt.comparison.day == 34


def test_a_photo_without_a_date_asks_for_one(ws: Workspace, course: Course) -> None:
    bare = io.BytesIO()
    Image.open(io.BytesIO(BASELINE[0])).save(bare, "PNG", exif=b"")
    with pytest.raises(InvalidInput, match="do not say when"):
        workflows.add_session(ws, ACTOR, course.id, [Upload("a.png", bare.getvalue())])
    assert rows(ws, course)["sessions"] == 0


def test_impossible_facts_are_refused_before_anything_is_looked_at(ws: Workspace, course: Course) -> None:
    ws._pool = NoMeasuring()  # type: ignore[assignment]  # must not be asked
    good = [Upload("a.jpg", BASELINE[0])]
    for uploads, facts in (
        ([], {}),
        (good * 41, {}),
        (good, {"taken_on": "yesterday"}),
        (good, {"skin_state": "burnt"}),
    ):
        with pytest.raises(InvalidInput):
            workflows.add_session(ws, ACTOR, course.id, uploads, **facts)  # type: ignore[arg-type]  # text all


def test_a_follow_up_of_other_skin_is_kept_and_said_to_be_not_comparable(
    ws: Workspace, course: Course
) -> None:
    workflows.add_session(ws, ACTOR, course.id, [Upload("a.jpg", BASELINE[0])])
    other = io.BytesIO()
    upside_down = Image.open(io.BytesIO(LATER[0])).rotate(180).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    upside_down.save(other, "JPEG", quality=94)
    receipt = workflows.add_session(
        ws, ACTOR, course.id, [Upload("b.jpg", other.getvalue())], taken_on="2026-02-14"
    )
    assert receipt.session is not None
    assert receipt.comparison is not None
    assert not receipt.comparison.comparison.comparable
    assert receipt.comparison.comparison.grade == "not_comparable"
    assert receipt.comparison.comparison.reasons


def test_a_follow_up_smaller_than_the_drawn_regions_is_still_looked_at(ws: Workspace, course: Course) -> None:
    workflows.add_session(ws, ACTOR, course.id, [Upload("a.jpg", BASELINE[0])])
    small = io.BytesIO()
    Image.open(io.BytesIO(LATER[0])).resize((900, 480)).save(small, "JPEG", quality=94)
    receipt = workflows.add_session(
        ws, ACTOR, course.id, [Upload("b.jpg", small.getvalue())], taken_on="2026-02-14"
    )
    assert receipt.refused == ()
    assert receipt.accepted[0].analysis is not None
    assert receipt.accepted[0].analysis.measurements == ()


path_like = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        ["../../x", "/etc/passwd", "a/../../b", "..\\..\\x", "a\x00.jpg", "C:\\x.jpg", "\ud800", " "]
    ),
    st.lists(st.sampled_from(["..", "/", "\\", "originals", "\x00", "~", "photos"]), max_size=8).map("".join),
)


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=path_like)
def test_a_file_name_is_a_label_only(ws: Workspace, tmp_path: Path, name: str) -> None:
    person = workflows.create_person(ws, ACTOR, "A")
    course = workflows.create_course(ws, ACTOR, person.id, "Arm")
    data = b"looked at before"
    ws.repository.put_analysis(ACTOR, person.id, analysis_key(sha256(data), course.plan), analysis_of(data))
    receipt = workflows.add_session(ws, ACTOR, course.id, [Upload(name, data)])
    assert receipt.accepted[0].name
    place = ws.photos.root / person.id / "originals" / sha256(data)
    assert {path for path, content in files(tmp_path).items() if content == data} == {place}
    workflows.erase_person(ws, ACTOR, person.id)
    assert {path.relative_to(tmp_path).parts[0] for path in files(tmp_path)} == {"data"}
    assert {path.name.split(".")[0] for path in files(tmp_path)} == {"dermatrend", "STORE"}


# comparing


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

    assert flags("2026-01-17", "colour") == {"recovery_phase"}
    assert flags("2026-01-17", "texture") == {"recovery_phase", "texture_too_early"}
    assert flags("2026-01-18", "colour") == set()
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


# the report


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


# correcting and removing


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


# the sample courses


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
