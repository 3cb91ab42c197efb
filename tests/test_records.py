"""Facts that people type are checked once, with a message that helps."""

from __future__ import annotations

import math
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dermatrend.records import (
    InvalidInput,
    Treatment,
    clean_text,
    days_between,
    parse_date,
    parse_skin_state,
)


@pytest.mark.parametrize("depth", [0.2, 0.25, 0.5, 1.5, 3.5, None])
def test_a_depth_that_is_used_is_accepted(depth: float | None) -> None:
    assert Treatment(needle_depth_mm=depth).needle_depth_mm == depth


@pytest.mark.parametrize("depth", [0.0, 0.19, 3.51, 500.0, -1.0, math.nan, math.inf])
def test_a_depth_that_cannot_be_says_so(depth: float) -> None:
    with pytest.raises(InvalidInput) as caught:
        Treatment(needle_depth_mm=depth)
    error = caught.value
    assert "needle depth" in error.what
    assert "0.2 to 3.5 mm" in error.expected
    assert error.got == f"{depth:g} mm"
    assert error.advice


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ({"passes": 0}, "passes"),
        ({"passes": 101}, "passes"),
        ({"led": "green"}, "light"),
        ({"kind": "laser"}, "treatment"),
    ],
)
def test_other_impossible_facts_are_named(facts: dict[str, object], word: str) -> None:
    with pytest.raises(InvalidInput, match=word):
        Treatment(**facts)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize("text", ["2026-01-10", "2026-01-10T23:59:59+13:00", " 2026-01-10 "])
def test_a_date_is_the_local_calendar_date(text: str) -> None:
    assert parse_date(text) == "2026-01-10"


@pytest.mark.parametrize("text", ["", "10.01.2026", "2026-02-30", "soon", "2026", "9999-01-01", "1899-12-31"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="date"):
        parse_date(text)


def test_days_are_differences_of_calendar_dates() -> None:
    assert days_between("2026-03-28", "2026-03-30") == 2  # a night with a clock change lies between
    assert days_between("2024-02-28", "2024-03-01") == 2
    assert days_between("2026-01-10", "2026-01-09") == -1


def test_the_state_of_the_skin() -> None:
    assert [parse_skin_state(value) for value in (None, "", "clean", "make-up", "exercised")] == [
        None,
        None,
        "clean",
        "make-up",
        "exercised",
    ]
    with pytest.raises(InvalidInput, match="skin"):
        parse_skin_state("burnt")


@given(st.text(st.characters(), max_size=300), st.integers(1, 250))
def test_a_label_can_be_stored_and_shown_anywhere(value: str, limit: int) -> None:
    label = clean_text(value, limit)
    label.encode()  # no half characters
    assert len(label) <= limit
    assert "\x00" not in label
    assert not any(unicodedata.bidirectional(char) in ("RLO", "LRO", "RLE", "LRE") for char in label)
    assert clean_text(label, limit) == label


@pytest.mark.parametrize(
    "text",
    ["Ana-Lucía O'Brien", "李小龍", "a & b <c>", "#1 *x* _y_", "👩\u200d🔬 line\nnext", "می\u200cخواهم"],
)
def test_what_people_write_stays_as_they_wrote_it(text: str) -> None:
    assert clean_text(text, 200) == text
