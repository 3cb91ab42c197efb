"""Sessions are added: what is kept, what comes back with its reason, what is refused."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image

from analysis.errors import SessionOrder
from dermatrend import workflows
from dermatrend.records import Course, InvalidInput
from dermatrend.storage.verify import verify
from dermatrend.workflows import Upload, Workspace
from dermatrend.workflows.photos import analysis_key
from tests.storage.making import analysis_of, sha256
from tests.workflows.making import ACTOR, BASELINE, LATER, NoMeasuring, files, rows


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
