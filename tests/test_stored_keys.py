"""What a stored result is kept under: another method, another result."""

from __future__ import annotations

import importlib

import pytest

from analysis import constants, quality
from dermatrend.workflows import method


@pytest.mark.parametrize(("name", "value"), [("NU0", 19.0), ("RESPONSE_GAIN", {"redness": (0.9, 2.3)})])
def test_a_constant_derived_anew_makes_every_result_anew(
    monkeypatch: pytest.MonkeyPatch, name: str, value: object
) -> None:
    before = method.METHOD
    monkeypatch.setattr(constants, name, value)
    assert before != importlib.reload(method).METHOD
    monkeypatch.undo()
    assert before == importlib.reload(method).METHOD


def test_a_limit_set_anew_does_too(monkeypatch: pytest.MonkeyPatch) -> None:
    before, key = method.METHOD, ("relief_change", "texture")
    monkeypatch.setitem(quality.LIMITS, key, quality.LIMITS[key]._replace(refuse=59))
    assert before != importlib.reload(method).METHOD
    monkeypatch.undo()
    assert before == importlib.reload(method).METHOD
