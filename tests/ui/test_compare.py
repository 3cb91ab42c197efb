"""What the page of two sessions says where a session has several shots."""

from __future__ import annotations

from dataclasses import replace

import pytest
import streamlit as st

from analysis.records import LeftOut, SessionComparison
from dermatrend.report import phrases
from dermatrend.ui.screens import compare
from dermatrend.workflows import StoredComparison
from tests import factories


def said(monkeypatch: pytest.MonkeyPatch, comparison: SessionComparison) -> str:
    pieces: list[str] = []
    monkeypatch.setattr(st, "html", pieces.append)
    first, later = factories.session("2026-01-10"), factories.session("2026-04-20")
    compare._head(StoredComparison(later.id, comparison, {}, 100, 60), first, later)
    return " ".join(pieces)


@pytest.mark.parametrize(("before", "after", "told"), [(1, 1, False), (1, 2, True), (2, 1, True)])
def test_several_shots_are_explained_where_there_are_several(
    monkeypatch: pytest.MonkeyPatch, before: int, after: int, told: bool
) -> None:
    sessions = (
        factories.session("2026-01-10", shots=before),
        factories.session("2026-04-20", shots=after),
    )
    found = factories.comparison(*sessions)
    assert (phrases.SEVERAL_SHOTS in said(monkeypatch, found)) is told
    nothing = replace(found, changes=())
    assert phrases.SEVERAL_SHOTS not in said(monkeypatch, nothing)


def test_a_shot_that_took_no_part_is_none_of_several(monkeypatch: pytest.MonkeyPatch) -> None:
    first, later = factories.session("2026-01-10", shots=1), factories.session("2026-04-20", shots=2)
    left_out = [LeftOut(later.photos[1].id, "no_face", "No face was found.")]
    found = factories.comparison(first, later, left_out=left_out)
    assert phrases.SEVERAL_SHOTS not in said(monkeypatch, found)
