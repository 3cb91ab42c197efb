"""The tables of numbers and checks: what stands beside a number, and words where a value is a code."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import streamlit as st

from analysis import quality
from analysis.records import Change
from dermatrend.ui import numbers, style
from tests import factories


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The HTML that a piece would put into the page."""
    pieces: list[str] = []
    monkeypatch.setattr(st, "html", pieces.append)
    return pieces


def change(region: str = "left_cheek", *, visible: bool | None = True, metric: str = "redness") -> Change:
    return replace(
        factories.change(metric, region, 150), visible=visible, verdict="measurable_decrease", flags=()
    )


@pytest.mark.parametrize(
    ("visible", "words"), [(True, "likely to be seen"), (False, "likely too small to see")]
)
def test_under_a_verdict_stands_whether_the_change_would_be_seen(
    drawn: list[str], visible: bool, words: str
) -> None:
    numbers.changes_table([change(visible=visible)], with_region=True)
    assert f"<div>measurable decrease <small>{words}</small></div>" in drawn[0]
    (line,) = numbers.measured([change(visible=visible)])
    assert f"measurable decrease, {words}: left cheek" in line


def test_where_nobody_knows_nothing_is_said(drawn: list[str]) -> None:
    unknown = change(visible=None, metric="texture_medium")
    numbers.changes_table([unknown], with_region=True)
    numbers.band_explained([unknown], 0)
    assert "<small>" not in drawn[0]
    assert not [piece for piece in drawn if "0.99" in piece]
    assert "likely" not in numbers.measured([unknown])[0]


def test_regions_that_differ_in_it_have_a_line_each() -> None:
    lines = numbers.measured([change("nose"), change("chin", visible=False), change("forehead")])
    assert [re.findall(r"nose|chin|forehead", line) for line in lines] == [["nose", "forehead"], ["chin"]]


def test_it_is_explained_where_the_numbers_are(drawn: list[str]) -> None:
    numbers.band_explained([change()], 0)
    (said,) = [piece for piece in drawn if "mean colour of the region" in piece]
    assert "0.99 in a*" in said
    assert "1.5 CIELAB units" in said


def test_a_remark_in_a_cell_is_text(drawn: list[str]) -> None:
    style.table(["A"], [[style.with_remark("<b>", "<i>")], [style.with_remark("plain", "")]], caption="c")
    assert "<div>&lt;b&gt; <small>&lt;i&gt;</small></div>" in drawn[0]
    assert ">plain</td>" in drawn[0]


def test_checks_with_a_code_are_said_in_words_without_a_limit(drawn: list[str]) -> None:
    gates = (quality.gate("camera", "colour", 1), quality.gate("retouching", "texture", 2))
    numbers.gates_table(gates)
    numbers.gate_notes(gates)
    table, *notes = drawn
    for words in ("another camera, lens or software", "retouched"):
        assert words in table
        assert [note for note in notes if words in note]
    assert not re.search(r"[012]\.[05]", table)
    assert not [note for note in notes if "Limit" in note]


def test_own_shots_are_named_for_the_bands_that_hold_them(drawn: list[str]) -> None:
    on_card = replace(change(), reference="card")
    numbers.band_explained([on_card], 4)
    numbers.band_explained([replace(on_card, flags=("own_noise",))], 4)
    said = [piece for piece in drawn if "repeat shots" in piece]
    assert "in none of these bands" in said[0]
    assert "Band from your own repeat shots (4)." in said[1]
