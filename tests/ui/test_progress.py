"""The page of a course over time, drawn by Streamlit's own harness."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from analysis.flags import FLAGS
from dermatrend.records import days_between
from dermatrend.ui import choose
from dermatrend.ui.screens import progress
from dermatrend.workflows import Progress, Repeats, StoredComparison
from tests import factories
from tests.report import mixed

LONG = FLAGS["mixed_references"].long


def page() -> None:
    from dermatrend.ui.screens import progress

    progress.draw()


def draw(monkeypatch: pytest.MonkeyPatch, history: factories.History) -> AppTest:
    start = history.sessions[0].taken_on
    compared = tuple(
        StoredComparison(item.session_id, item.comparison, {}, days_between(start, one.taken_on), None)
        for one, item in zip(history.sessions[1:], history.comparisons, strict=True)
    )
    made = Progress(history.course, history.sessions, compared, history.trends, Repeats((), None, ()))
    monkeypatch.setattr(choose, "person_and_course", lambda: (history.person, history.course))
    monkeypatch.setattr(choose, "sessions_of", lambda _course, **_: list(history.sessions))
    monkeypatch.setattr(progress, "tracked", lambda _course: made)
    return AppTest.from_function(page, default_timeout=60).run()


def text(test: AppTest) -> str:
    return " ".join(str(element.proto) for element in test.main)


def test_a_session_against_another_reference_is_said_under_the_chart_and_in_the_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    test = draw(monkeypatch, mixed.history())
    assert not test.exception
    said = text(test)
    assert said.count(LONG) == 1
    assert said.count("the colour card <small>not on the line of the others</small>") == 1
    assert "the rest of the face</td>" in said


def test_a_course_against_one_reference_speaks_of_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = factories.history(refused=(), regions=("left_cheek",), metrics=("redness",))
    said = text(draw(monkeypatch, plain))
    assert LONG not in said
    assert "not on the line" not in said
