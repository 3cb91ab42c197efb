"""A colour card from the photos of a session to the numbers of a report, measured by the real worker pool."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from analysis.errors import CardError
from dermatrend import workflows
from dermatrend.access import Denied
from dermatrend.records import LOCAL_ACTOR, Actor, Course
from dermatrend.settings import Settings
from dermatrend.storage.errors import NotFound
from dermatrend.workers import WorkerPool
from dermatrend.workflows import SessionReceipt, StoredComparison, Upload, Workspace
from dermatrend.workflows.comparing import comparison_key
from dermatrend.workflows.photos import analysis_key
from tests import card_photos

ACTOR = LOCAL_ACTOR
PLAN = card_photos.plan()


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerPool]:
    with WorkerPool(Settings(data_dir=tmp_path_factory.mktemp("pool"))) as made:
        yield made


@pytest.fixture
def ws(tmp_path: Path, pool: WorkerPool) -> Iterator[Workspace]:
    with Workspace.open(Settings(data_dir=tmp_path / "data")) as opened:
        opened._pool = pool
        yield opened
        opened._pool = None  # shared by the module: not this workspace's to close


@pytest.fixture
def course(ws: Workspace) -> Course:
    person = workflows.create_person(ws, ACTOR, "A. Person")
    return workflows.create_course(ws, ACTOR, person.id, "Left forearm", PLAN)


def add(
    ws: Workspace, course: Course, day: str, data: bytes, with_card: bool | None = None
) -> SessionReceipt:
    return workflows.add_session(
        ws, ACTOR, course.id, [Upload("a.jpg", data)], taken_on=day, with_card=with_card, compare=False
    )


def follow_up(ws: Workspace, course: Course) -> StoredComparison:
    later = workflows.sessions(ws, ACTOR, course.id)[1]
    return workflows.compare_sessions(ws, ACTOR, course.id, later.id)


def redness(found: StoredComparison) -> tuple[str | None, str]:
    (change,) = (one for one in found.comparison.changes if one.metric == "redness")
    return change.reference, change.verdict


def photo_ids(ws: Workspace, course: Course) -> list[str]:
    return [photo.id for one in workflows.sessions(ws, ACTOR, course.id) for photo in one.photos]


def test_cards_that_are_found_are_kept_and_make_the_level_relative_to_them(
    ws: Workspace, course: Course
) -> None:
    add(ws, course, "2026-01-10", card_photos.photo(), with_card=True)
    assert ws.repository.course(ACTOR, course.id).with_card
    receipt = add(ws, course, "2026-02-10", card_photos.photo(1, card_photos.OTHER_LIGHT))
    assert not receipt.accepted[0].card_missing
    for session in workflows.sessions(ws, ACTOR, course.id):
        (photo,) = session.photos
        assert photo.card_corners is not None
        found, truth = np.array(photo.card_corners), np.array(card_photos.corners())
        distances = np.linalg.norm(found[:, None] - truth, axis=2)
        assert distances.min(axis=0).max() < 6  # px, of a card 190 px high
    assert redness(follow_up(ws, course)) == ("card", "no_measurable_change")

    # The stored analysis holds the reading: from there it comes into the report.
    content = json.loads(workflows.export_report(ws, ACTOR, course.id).json)
    cards = [photo["card"] for session in content["sessions"] for photo in session["photos"]]
    assert [card["kind"] for card in cards] == ["colorchecker", "colorchecker"]
    reading = workflows.card_reading(ws, ACTOR, course.id, photo_ids(ws, course)[0])
    assert reading is not None
    assert cards[0]["fit_mean"] == pytest.approx(reading.fit_mean)
    assert 0 < reading.fit_mean < 3


def test_a_card_that_is_not_there_is_missed_and_the_photo_kept(ws: Workspace, course: Course) -> None:
    receipt = add(ws, course, "2026-01-10", card_photos.photo(card=False), with_card=True)
    (photo,) = receipt.accepted
    assert photo.card_missing
    assert photo.analysis is not None
    assert photo.analysis.card is None
    (stored,) = receipt.session.photos if receipt.session else ()
    assert stored.card_corners is None
    # What is stored under the key of a photo without a card does not speak of one.
    assert "card_not_found" not in workflows.photo_analysis(ws, ACTOR, course.id, stored.id).flags


def test_nobody_looks_for_a_card_that_nobody_spoke_of(ws: Workspace, course: Course) -> None:
    receipt = add(ws, course, "2026-01-10", card_photos.photo())
    assert receipt.session is not None
    assert receipt.session.photos[0].card_corners is None
    assert not receipt.accepted[0].card_missing
    assert not ws.repository.course(ACTOR, course.id).with_card


def test_marked_by_hand_looked_for_again_and_given_up(ws: Workspace, course: Course) -> None:
    add(ws, course, "2026-01-10", card_photos.photo())
    add(ws, course, "2026-02-10", card_photos.photo(1))
    before = follow_up(ws, course)
    assert redness(before)[1] == "not_measurable"

    first, second = photo_ids(ws, course)
    # In any order, and a little beside the mark: two pixels, as a finger does.
    rough = [[x + 2, y - 2] for x, y in reversed(card_photos.corners())]
    reading = workflows.read_card(ws, ACTOR, course.id, first, rough)
    assert (reading.kind, reading.found) == ("colorchecker", "corners")
    assert workflows.read_card(ws, ACTOR, course.id, second).found == "automatic"
    kept = workflows.card_reading(ws, ACTOR, course.id, first)
    assert kept is not None
    assert kept.fit_mean == pytest.approx(reading.fit_mean, abs=0.05)
    with_card = follow_up(ws, course)
    assert redness(with_card)[0] == "card"

    with pytest.raises(CardError, match="No colour card lies within these corners"):
        workflows.read_card(ws, ACTOR, course.id, first, [[50, 50], [200, 50], [200, 150], [50, 150]])
    with pytest.raises(CardError, match="four points"):
        workflows.read_card(ws, ACTOR, course.id, first, [[1, 2], [3, float("nan")], [5, 6], [7, 8]])
    assert redness(follow_up(ws, course))[0] == "card"  # what was there stays

    for photo_id in (first, second):
        workflows.forget_card(ws, ACTOR, course.id, photo_id)
    assert workflows.card_reading(ws, ACTOR, course.id, first) is None
    # The comparison without a card was kept under its own key.
    again = follow_up(ws, course)
    assert again.pictures == before.pictures != with_card.pictures
    assert redness(again) == redness(before)


def test_only_who_may_edit_marks_and_only_in_the_own_course(ws: Workspace, course: Course) -> None:
    add(ws, course, "2026-01-10", card_photos.photo(card=False))
    (photo_id,) = photo_ids(ws, course)
    viewer = Actor("v", "viewer")
    with pytest.raises(Denied):
        workflows.read_card(ws, viewer, course.id, photo_id)
    with pytest.raises(Denied):
        workflows.forget_card(ws, viewer, course.id, photo_id)
    with pytest.raises(NotFound):
        workflows.read_card(ws, ACTOR, course.id, "0" * 64)
    with pytest.raises(CardError, match="No colour card was found"):
        workflows.read_card(ws, ACTOR, course.id, photo_id)


def test_results_without_a_card_keep_their_key_and_a_card_makes_another() -> None:
    here, there = (
        ((1.0, 2.0), (3.0, 2.0), (3.0, 4.0), (1.0, 4.0)),
        ((1.5, 2.0), (3.0, 2.0), (3.0, 4.0), (1.0, 4.0)),
    )
    keys = [
        comparison_key(["a"], ["b"], PLAN, None, cards) for cards in (None, {}, {"a": here}, {"a": there})
    ]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
    assert len({analysis_key("a", PLAN, corners=one) for one in (None, here, there)}) == 3


def test_the_bar_of_a_comparison_moves_with_the_photos(ws: Workspace, course: Course) -> None:
    uploads = [Upload(f"{shot}.jpg", card_photos.photo(shot, card=False)) for shot in range(4)]
    for day, photos in (("2026-01-10", uploads[:2]), ("2026-02-10", uploads[2:])):
        workflows.add_session(ws, ACTOR, course.id, photos, taken_on=day, compare=False)
    later = workflows.sessions(ws, ACTOR, course.id)[1]
    said: list[tuple[float, str]] = []

    def say(share: float, words: str) -> None:
        said.append((share, words))

    workflows.compare_sessions(ws, ACTOR, course.id, later.id, progress=say)
    shares = [share for share, _ in said]
    assert shares == sorted(shares)
    # Four photos, of which the last one begins the comparing; then the pictures, then the end.
    assert [words.split()[0] for _, words in said] == ["Reading"] * 3 + ["Laying", "Drawing", "Done"]
    assert len(set(shares)) == len(shares)
