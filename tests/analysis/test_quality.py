"""Gates: three states, in one direction each, with a value, a limit and something to do about it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.quality import LIMITS, gate, grade, reason, refused, severity, warned
from analysis.records import Gate

FAMILIES = ("colour", "texture")
every_limit = pytest.mark.parametrize(("name", "family"), list(LIMITS), ids="-".join)


def one(state: str, family: str, name: str = "blur") -> Gate:
    return Gate(name, family, 1.0, 1.0, state)  # type: ignore[arg-type]  # tests hand in words


@every_limit
def test_a_limit_warns_before_it_refuses_and_says_what_to_do(name: str, family: str) -> None:
    limit = LIMITS[name, family]
    assert family in ("colour", "texture", "all")
    assert limit.warn < limit.refuse
    assert limit.what
    assert limit.advice
    assert not limit.advice.endswith(".")


@every_limit
def test_states_follow_the_value_in_one_direction(name: str, family: str) -> None:
    limit = LIMITS[name, family]
    sign = -1 if limit.warn < 0 else 1
    steps = [limit.warn - 0.1 * abs(limit.warn), limit.warn]
    if math.isfinite(limit.refuse):
        steps += [(limit.warn + limit.refuse) / 2, limit.refuse + 0.01 * abs(limit.refuse)]
    found = [gate(name, family, sign * step) for step in steps]  # type: ignore[arg-type]  # keys of the table
    assert [g.state for g in found] == ["ok", "ok", "warn", "refuse"][: len(steps)]
    for g in found:
        assert g.unit == limit.unit
        assert g.limit == abs(limit.refuse if g.state == "refuse" else limit.warn)
        assert bool(g.advice) == (g.state != "ok")


@every_limit
def test_a_value_that_could_not_be_had_is_a_warning(name: str, family: str) -> None:
    assert gate(name, family, math.nan).state == "warn"  # type: ignore[arg-type]  # keys of the table


@given(st.sampled_from(list(LIMITS)), st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_better_value_is_never_judged_worse(key: tuple[str, str], a: float, b: float) -> None:
    rank = {"ok": 0, "warn": 1, "refuse": 2}
    low, high = sorted((a, b))
    states = [rank[gate(*key, value).state] for value in (low, high)]  # type: ignore[arg-type]  # its own key
    assert states == sorted(states, reverse=LIMITS[key].warn < 0)


@every_limit
def test_a_reason_is_a_sentence_with_its_figures(name: str, family: str) -> None:
    limit = LIMITS[name, family]
    if not math.isfinite(limit.refuse):
        return
    bad = gate(name, family, 0.5 * -limit.refuse if limit.warn < 0 else 2 * limit.refuse)  # type: ignore[arg-type]  # words
    text = reason(bad)
    assert text[0].isupper()
    assert text.endswith(f"{limit.advice}.")
    if name == "retouching":
        assert "retouches skin" in text
        return
    assert f"{bad.limit:g}" in text
    digits = max(2, len(f"{bad.value:.0f}"))
    assert f"{bad.value:.{digits}g}" in text
    assert ("at least" if limit.warn < 0 else "at most") in text


def test_a_gate_counts_for_its_family_or_for_all() -> None:
    gates = (one("refuse", "texture"), one("warn", "colour"), one("warn", "all", "overlap"))
    assert [g.family for g in refused(gates, "texture")] == ["texture"]
    assert refused(gates, "colour") == ()
    assert {g.name for g in warned(gates, "colour")} == {"blur", "overlap"}
    assert {g.name for g in warned(gates, "texture")} == {"overlap"}
    assert refused((one("refuse", "all"),), "colour")


def test_a_card_that_is_refused_widens_no_band() -> None:
    slow, bad = one("warn", "colour", "card_fit"), one("refuse", "colour", "card_gradient")
    assert warned((slow,), "colour") == (slow,)
    assert warned((slow, bad), "colour") == ()
    assert grade((slow, bad), FAMILIES) == "B", "not all checks passed"


def test_a_scale_is_not_known_better_than_half_a_percent() -> None:
    assert gate("resolution", "texture", 3.99).state == gate("resolution", "texture", 4.0).state == "warn"
    assert gate("resolution", "texture", 3.97).state == "refuse"


def test_the_worse_of_two_values_is_told_whichever_way_it_is_bound() -> None:
    assert severity(gate("blur", "texture", 0.1)) > severity(gate("blur", "texture", 0.08))
    assert severity(gate("overlap", "all", 0.85)) > severity(gate("overlap", "all", 0.95))
    assert severity(gate("blur", "texture", math.nan)) > severity(gate("blur", "texture", 0.15))
    assert severity(gate("blur", "texture", 0.3)) > severity(gate("blur", "texture", math.nan))


@pytest.mark.parametrize(
    ("gates", "expected"),
    [
        ((one("ok", "colour"), one("ok", "texture")), "A"),
        ((one("ok", "colour"), one("warn", "texture")), "B"),
        ((one("warn", "colour"), one("refuse", "texture")), "C"),
        ((one("refuse", "colour"), one("refuse", "texture")), "not_comparable"),
        ((one("refuse", "all"),), "not_comparable"),
        ((), "A"),
    ],
)
def test_the_grade(gates: tuple[Gate, ...], expected: str) -> None:
    assert grade(gates, FAMILIES) == expected
