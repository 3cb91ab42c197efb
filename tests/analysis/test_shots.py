"""Sessions of several shots: their mean, their spread, and which of them decides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.card_pair import UNASKED
from analysis.compare import judge
from analysis.light_field import Plane
from analysis.pairs import PairResult
from analysis.quality import gate, grade
from analysis.records import Change, Parameters
from analysis.session_gates import families, refusal_reasons, session_gates
from tests.analysis.raw_pairs import (
    BODY,
    NAN,
    body,
    judged,
    pair,
    refusal,
)


def test_uneven_light_is_in_the_band_of_every_shot() -> None:
    def session(shots: int, slope: float) -> float:
        found = pair(body(0.0))
        planes = {
            "treated": Plane((20.0, 20.0), (0.0, slope)),
            "reference": Plane((20.0, 60.0), (0.0, -slope)),
        }
        leaning = {key: replace(value, plane=planes[key[1]]) for key, value in found.raw.items()}
        return judged(*[replace(found, raw=leaning)] * shots)["treated"].mdc95

    assert session(1, 0.1) > 4 * session(1, 0.0)
    # A baseline shot in light that leans counts as well.
    found = pair(body(0.0))
    planes = {"treated": Plane((20.0, 20.0), (0.0, 0.1)), "reference": Plane((20.0, 60.0), (0.0, -0.1))}
    leaning = replace(found, raw={k: replace(v, plane=planes[k[1]]) for k, v in found.raw.items()})
    assert (
        judged(found, repeats=(leaning,))["treated"].mdc95
        > 2 * judged(found, repeats=(found,))["treated"].mdc95
    )
    # The light of a sitting is one: more shots of it take nothing off what it did.
    assert session(4, 0.1) > 0.9 * session(1, 0.1)


def test_a_session_is_the_mean_of_its_shots() -> None:
    found = judged(pair(body(5.0)), pair(body(7.0)), repeats=(pair(body(2.0)),))["treated"]
    # Baseline shots are at 0 (the anchor itself) and 2.
    assert found.difference == pytest.approx((5 + 7) / 2 - (0 + 2) / 2)
    assert "single_shot" not in found.flags


def test_steady_repeats_narrow_and_unsteady_ones_widen() -> None:
    one = judged(pair(body(0.0)))["treated"].mdc95
    steady = judged(pair(body(0.0)), pair(body(0.0)), repeats=(pair(body(0.0)),))["treated"].mdc95
    wild = judged(pair(body(9.0)), pair(body(-9.0)), repeats=(pair(body(8.0)),))["treated"].mdc95
    assert steady < one < wild


def test_a_refused_shot_takes_no_part() -> None:
    spoiled = pair(body(50.0), gates=(refusal("colour_cast", "colour"),))
    found = judged(spoiled, pair(body(0.2)))["treated"]
    assert found.difference == pytest.approx(0.2)
    both, gates = judge((), [spoiled, pair(body(0.2))], BODY, Parameters(), on_face=False)
    assert families(gates, both) == ("colour", "texture")
    assert grade(gates, ("colour", "texture")) == "A"


def test_a_session_refused_by_different_checks_is_refused() -> None:
    # Neither shot can be used for texture, each for its own reason: no mixture of the two is a good one.
    first = pair(body(0.0), gates=(refusal("blur", "texture"), gate("noise", "texture", 0.0)))
    second = pair(body(0.0), gates=(gate("blur", "texture", 0.0), refusal("noise", "texture")))
    changes, gates = judge((), [first, second], BODY, Parameters(), on_face=False)
    assert {c.verdict for c in changes if c.family == "texture"} == {"not_comparable"}
    assert families(gates, changes) == ("colour",)
    assert grade(gates, ("colour", "texture")) == "C"
    assert refusal_reasons(gates)


def test_each_family_takes_its_best_shot() -> None:
    sharp = pair(body(0.0), gates=(gate("blur", "texture", 0.0), refusal("colour_cast", "colour")))
    even = pair(body(0.0), gates=(refusal("blur", "texture"), gate("colour_cast", "colour", 0.0)))
    changes, gates = judge((), [sharp, even], BODY, Parameters(), on_face=False)
    assert families(gates, changes) == ("colour", "texture")
    assert grade(gates, ("colour", "texture")) == "A"


def test_the_worse_of_two_files_is_what_a_check_says() -> None:
    two = (gate("jpeg_quality", "texture", 99), gate("jpeg_quality", "texture", 70))
    _, gates = judge((), [pair(body(0.0), gates=two)], BODY, Parameters(), on_face=False)
    assert [g.value for g in gates] == [70]


def test_a_family_without_numbers_was_not_compared() -> None:
    changes, gates = judge((), [pair(body(NAN, NAN))], BODY, Parameters(), on_face=False)
    assert families(gates, changes) == ("colour", "texture"), "the other metrics of its family have numbers"
    empty = [replace(c, difference=NAN) for c in changes]
    assert families(gates, empty) == ()
    assert refusal_reasons((refusal("blur", "texture"), refusal("blur", "texture"))) == refusal_reasons(
        (refusal("blur", "texture"),)
    )


def lit(change: float, slope: float, companion: float | None = None) -> PairResult:
    """A pair whose treated region moved by so much, in light that leans by `slope` per mm in both regions."""
    found = pair(body(change))
    at = {"treated": (20.0, 20.0), "reference": (20.0, 60.0)}
    planes = {name: Plane(middle, (0.0, slope)) for name, middle in at.items()}
    raw = {}
    for key, value in found.raw.items():
        second = value.companion if companion is None else companion * (key[1] == "treated")
        its = planes[key[1]]
        raw[key] = replace(value, plane=its, companion_plane=its, companion=second)
    return replace(found, raw=raw)


def test_light_is_taken_off_the_session_and_not_off_each_shot() -> None:
    # Slopes of -0.1 put 4 more on the treated side.
    assert judged(lit(4.5, -0.1), lit(3.5, -0.1))["treated"].difference == pytest.approx(0.0)
    # One shot under and one over what nothing changed: nothing is made of it.
    assert judged(lit(1.0, -0.025), lit(-1.0, -0.025))["treated"].difference == 0
    # A baseline shot in light that leans, a follow-up in even light: 0 is what the session shows, and stays.
    leaning = judged(lit(-1.0, 0.0), repeats=(lit(-2.0, 0.05),))["treated"]
    assert leaning.difference == 0
    assert leaning.verdict == "no_measurable_change"


def test_the_second_estimator_is_freed_of_light_too() -> None:
    # 4 of light and 0.5 of skin, of which the second estimator sees the light and -0.5.
    assert "estimators_disagree" in judged(lit(6.0, -0.1, companion=3.5))["treated"].flags
    agreeing = judged(lit(6.0, -0.1, companion=5.0))["treated"]
    assert agreeing.difference == pytest.approx(2.0)
    assert agreeing.verdict == "measurable_increase"
    assert "light_taken_off" in agreeing.flags


def test_shots_that_light_explains_are_no_quiet_repeats() -> None:
    steady = judged(lit(0.0, 0.0), lit(0.0, 0.0))["treated"].mdc95
    loud = judged(lit(3.0, 0.0), lit(-3.0, 0.0))["treated"].mdc95
    # Light that would explain each away: their spread without it is what counts.
    assert judged(lit(3.0, -0.075), lit(3.0, -0.075))["treated"].mdc95 == pytest.approx(steady, rel=0.01)
    assert judged(lit(6.0, -0.075), lit(0.0, -0.075))["treated"].mdc95 == pytest.approx(loud, rel=0.01)


def test_what_is_said_to_be_found_is_found_along_with_the_light_and_against_it() -> None:
    planes = {"treated": Plane((20.0, 20.0), (0.0, 0.03)), "reference": Plane((20.0, 60.0), (0.0, 0.03))}
    light = -1.2

    def shown(change: float) -> Change:
        found = pair(body(light + change))
        leaning = {key: replace(value, plane=planes[key[1]]) for key, value in found.raw.items()}
        return judged(replace(found, raw=leaning))["treated"]

    untreated = shown(0.0)
    assert "light_taken_off" in untreated.flags
    assert untreated.difference == pytest.approx(0.0)
    enough = 1.01 * untreated.detectable80
    assert shown(-enough).verdict == "measurable_decrease"
    assert shown(enough).verdict == "measurable_increase"
    # What noise alone asks for would be found along with the light, and lost against it.
    noise = 1.45 * untreated.mdc95
    assert shown(-noise).verdict == "measurable_decrease"
    assert shown(noise).verdict == "no_measurable_change"
    assert untreated.detectable80 > noise


def test_the_scale_told_is_that_of_the_follow_up() -> None:
    fine, coarse = (pair(body(0.0), gates=(gate("resolution", "texture", scale),)) for scale in (10.0, 3.6))
    (told,) = session_gates([coarse], [fine])
    assert (told.value, told.state) == (3.6, "refuse")
    (told,) = session_gates([coarse, fine])
    assert told.value == 10.0, "each metric takes the shots that resolve it"


def test_the_card_told_is_that_of_the_follow_up() -> None:
    card = replace(UNASKED, fit=object())
    refused_ = pair(body(0.0), gates=(refusal("card_gradient", "colour"),))
    good = replace(pair(body(0.0), gates=(gate("card_gradient", "colour", 0.01),)), card=card)
    assert [one.state for one in session_gates([refused_], [good])] == ["refuse"]
    assert [one.state for one in session_gates([refused_, good])] == ["ok"]


def test_a_check_of_one_shot_closes_no_family_that_another_shot_opens() -> None:
    covered = pair(body(0.0), gates=(refusal("overlap", "all"),))
    yellow = pair(
        body(0.0),
        gates=(
            gate("overlap", "all", 0.95),
            refusal("colour_cast_drawn", "colour"),
            refusal("noise", "colour"),
        ),
    )
    for order in ([covered, yellow], [yellow, covered]):
        changes, gates = judge((), order, BODY, Parameters(), on_face=False)
        assert families(gates, changes) == ("texture",)
        assert {one.name for one in gates if one.state == "refuse"} == {"colour_cast_drawn", "noise"}


def test_what_no_picture_shows_is_not_said_to_be_too_small_to_see() -> None:
    read = pair(body(30.0))
    unread = pair(body(NAN))
    hidden = replace(unread, areas={name: ~area for name, area in unread.areas.items()})
    assert judged(read)["treated"].visible is True
    found = judged(hidden, read)["treated"]
    assert found.verdict == "measurable_increase"
    assert found.visible is None
