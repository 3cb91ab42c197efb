"""The colour card on the pages: asked for, missed, marked by numbers, and told in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analysis.errors import CardError
from analysis.records import CardReading
from dermatrend import workflows
from dermatrend.report import phrases
from dermatrend.ui import components, jobs, state
from dermatrend.workflows import PhotoReceipt, SessionReceipt
from tests import factories

CORNERS = ((480.0, 20.0), (604.0, 20.0), (604.0, 208.0), (480.0, 208.0))
SESSION = factories.session("2026-01-09", shots=1)
PHOTO = replace(SESSION.photos[0], width=666, height=290)
READING = factories.card_reading(CORNERS)


def marking() -> None:
    import streamlit as st

    from dermatrend.ui import cards

    cards.mark("test", "c-0001", st.session_state["photo"])


def receipt() -> None:
    import streamlit as st

    from dermatrend.ui import receipts

    photo = st.session_state["photo"]
    receipts.draw(st.session_state["receipt"], {}, {photo.id: photo})


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the pages asked of the workflows; jobs are done at once."""
    calls: list[Any] = []
    done: dict[str, Any] = {}

    def start(name: str, work: Callable[[Any], Any]) -> None:
        try:
            done[name] = (work(lambda _share, _words: None), None)
        except CardError as error:
            done[name] = (None, error)

    def read_card(
        _ws: object, _actor: object, _course: str, photo_id: str, corners: Any = None
    ) -> CardReading:
        calls.append(("read", photo_id, corners))
        if corners is not None and corners[0][0] == 1.0:
            raise CardError("No colour card lies within these corners", advice="Mark the outer corners")
        return READING

    monkeypatch.setattr(state, "workspace", lambda: None)
    monkeypatch.setattr(jobs, "start", start)
    monkeypatch.setattr(jobs, "collect", lambda name: done.pop(name, None))
    monkeypatch.setattr(workflows, "read_card", read_card)
    monkeypatch.setattr(workflows, "forget_card", lambda *arguments: calls.append(("forget", arguments[-1])))
    monkeypatch.setattr(workflows, "card_reading", lambda *_: READING)
    return calls


def run(page: Callable[[], None], **kept: Any) -> AppTest:
    test = AppTest.from_function(page, default_timeout=60)
    for name, value in kept.items():
        test.session_state[name] = value
    return test.run()


def text(test: AppTest) -> str:
    assert not test.exception
    return " ".join(str(element.proto) for element in test.main)


def type_corners(test: AppTest, corners: tuple[tuple[float, float], ...]) -> AppTest:
    toggle = next(one for one in test.toggle if one.label == "Type the corners as numbers")
    test = toggle.set_value(True).run()
    boxes = {box.label: box for box in test.number_input}
    for number, (x, y) in enumerate(corners, 1):
        boxes[f"Corner {number}, from the left"].set_value(x)
        boxes[f"Corner {number}, from the top"].set_value(y)
    return next(button for button in test.button if button.label == "Use these numbers").click().run()


def test_a_photo_without_a_card_says_so(asked: list[Any]) -> None:
    assert "measured without one" in text(run(marking, photo=PHOTO))
    assert asked == []


def test_corners_typed_as_numbers_are_read(asked: list[Any]) -> None:
    type_corners(run(marking, photo=PHOTO), CORNERS)
    ((what, photo_id, corners),) = asked
    assert (what, photo_id) == ("read", PHOTO.id)
    assert tuple(corners) == CORNERS


def test_corners_without_a_card_are_refused_with_what_to_do(asked: list[Any]) -> None:
    said = text(type_corners(run(marking, photo=PHOTO), ((1.0, 1.0), *CORNERS[1:])))
    assert "Not used: No colour card lies within these corners" in said
    assert "Mark the outer corners" in said


def test_a_reading_is_told_in_words_with_both_errors(asked: list[Any]) -> None:
    said = text(run(marking, photo=replace(PHOTO, card_corners=CORNERS)))
    for words in (
        "Card accepted: ColorChecker of 24 patches",
        "1.2 CIEDE2000",
        "the worst 4.6",
        "several sizes",
    ):
        assert words in said, words
    clipped = replace(READING, clipped=(True, *READING.clipped[1:]), px_per_mm=9.87)
    lines = dict(phrases.card_lines(clipped))
    assert lines["Clipped"].startswith("1 patch:")
    assert lines["Scale"] == "9.9 px/mm"


@pytest.mark.parametrize(
    ("action", "call"),
    [
        ("use", ("read", PHOTO.id, CORNERS)),
        ("look", ("read", PHOTO.id, None)),
        ("none", ("forget", PHOTO.id)),
    ],
)
def test_what_the_buttons_under_the_picture_do(
    asked: list[Any], monkeypatch: pytest.MonkeyPatch, action: str, call: tuple[Any, ...]
) -> None:
    presses = [(action, CORNERS)]
    monkeypatch.setattr(components, "card_marking", lambda **_: presses.pop() if presses else None)
    assert not run(marking, photo=PHOTO).exception
    assert asked == [call]


def test_a_card_that_was_missed_is_said_beside_its_photo(asked: list[Any]) -> None:
    missed = PhotoReceipt(
        "one.jpg", PHOTO.id, factories.analysis(PHOTO), None, {"colour": True}, (), card_missing=True
    )
    made = SessionReceipt(SESSION, (missed,), ())
    test = run(receipt, photo=PHOTO, receipt=made)
    said = text(test)
    assert "No colour card was found in this photo" in said
    assert "without glare" in said
    assert "Pull" not in said
    (toggle,) = (one for one in test.toggle if one.label == "Mark the card in this photo")
    assert "measured without one" in text(toggle.set_value(True).run())
    # Marked since: nothing is missed any more.
    marked = replace(PHOTO, card_corners=CORNERS)
    assert "No colour card was found" not in text(run(receipt, photo=marked, receipt=made))
    found = replace(missed, card_missing=False, analysis=replace(factories.analysis(PHOTO), card=READING))
    said = text(run(receipt, photo=marked, receipt=SessionReceipt(SESSION, (found,), ())))
    assert "ColorChecker of 24 patches, 1.2 CIEDE2000" in said
