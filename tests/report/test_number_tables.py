"""The number tables of the PDF: what each number is relative to, and whether its change would be seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dermatrend.report.content import report_content
from dermatrend.report.number_tables import number_tables
from dermatrend.report.pdf import render_pdf
from tests import factories
from tests.pdf_text import pdf_text, squeeze
from tests.report import mixed

CARD, FACE = "relative to the colour card", "relative to the rest of the face"


def content_of(history: factories.History) -> dict[str, Any]:
    return report_content(
        "A", history.course, history.sessions, history.comparisons, software_version="0.1.0"
    )


def test_one_reference_is_said_once() -> None:
    (table,) = number_tables(content_of(factories.history(regions=("nose",), metrics=("redness",))))
    assert table["references"] == "the rest of the face"
    assert {column["against"] for column in table["columns"]} == {""}
    assert not [words for row in table["rows"] for cell in row["cells"] for words in cell["remarks"]]


def test_mixed_references_stand_over_their_columns() -> None:
    history = mixed.history()
    first, further = number_tables(content_of(history))
    assert first["references"] == ""
    assert [column["against"] for column in first["columns"]] == [FACE, FACE, CARD, FACE]
    assert further["references"] == "the rest of the face"
    text = pdf_text(render_pdf(content_of(history)))
    assert squeeze(f"Day {mixed.ODD_DAY} {CARD}") in text
    assert squeeze("the rest of the face; the colour card") not in text


def test_mixed_references_within_a_column_stand_in_its_cells() -> None:
    history = factories.history(
        dates=("2026-01-10", "2026-06-09"), refused=(), regions=("nose", "chin"), metrics=("redness",)
    )
    (only,) = history.comparisons
    nose, chin = only.comparison.changes
    changed = replace(only.comparison, changes=(nose, replace(chin, reference="card")))
    content = content_of(replace(history, comparisons=(replace(only, comparison=changed),)))
    (table,) = number_tables(content)
    assert (table["references"], table["columns"][0]["against"]) == ("", "")
    said = {row["region"]: row["cells"][0]["remarks"] for row in table["rows"]}
    assert said == {"Nose": [FACE], "Chin": [CARD]}
    assert squeeze(f"within noise {CARD}") in pdf_text(render_pdf(content))


def test_a_session_without_a_number_says_nothing_of_references() -> None:
    history = mixed.history()
    gone = tuple(
        replace(one, difference=float("nan"), verdict="not_comparable", reference=None)
        for one in history.comparisons[0].comparison.changes
    )
    first = history.comparisons[0]
    without = replace(first, comparison=replace(first.comparison, changes=gone))
    table, _ = number_tables(content_of(replace(history, comparisons=(without, *history.comparisons[1:]))))
    assert [column["against"] for column in table["columns"]] == ["", FACE, CARD, FACE]


def test_a_change_says_whether_it_would_be_seen_also_in_print() -> None:
    for dates, day in ((("2026-01-10", "2026-06-09"), 0), (mixed.DATES[:4], 2)):
        history = factories.history(dates=dates, refused=(), regions=("left_cheek",), metrics=("redness",))
        (table,) = number_tables(content_of(history))
        cell = table["rows"][0]["cells"][day]
        assert (cell["verdict"], cell["remarks"]) == ("decrease", ["likely to be seen"])
        text = pdf_text(render_pdf(content_of(history)))
        assert squeeze("likely to be seen") in text
        assert squeeze("what half of people notice on facial skin, 0.99 in a* of CIELAB") in text
