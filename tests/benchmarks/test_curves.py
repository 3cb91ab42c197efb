"""Curves of the limits on made-up pairs: what they must come to is worked out here by hand."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from analysis import quality
from analysis.quality import LIMITS
from benchmarks import gate_curves
from benchmarks.skindro import curves, gate_page, runner, work
from benchmarks.skindro.jobs import plan
from benchmarks.skindro.observing import nothing_refused
from benchmarks.skindro.records import GateValue, Observation
from tests.benchmarks.test_rows import pair

RESULTS = runner.RESULTS.with_name("gates.json")
CAST = LIMITS["colour_cast", "colour"]


def seen(value: float, difference: float, **facts: object) -> Observation:
    """A pair with this colour cast, in which every metric moved by `difference` and 2 is the band."""
    gates = (GateValue("colour_cast", "colour", value, ""), GateValue("noise_ratio", "texture", 1.0, ""))
    return pair("unlimited", difference, gates=gates, **facts)


def check_of(pairs: Sequence[Observation], name: str = "colour_cast") -> dict[str, object]:
    (found,) = [c for c in curves.document(pairs, "tiny", "1")["checks"] if c["check"] == name]
    return found


BEYOND, WITHIN = CAST.refuse + 0.1, CAST.warn / 2
QUIET = [seen(WITHIN, sign * 1.0) for sign in (1, -1) * 20]


def test_a_limit_beyond_which_pairs_change_falsely_is_upheld() -> None:
    found = check_of([*QUIET, *[seen(BEYOND, 3.0)] * 6, *[seen(BEYOND, 0.5)] * 6])
    assert found["says"] == "upheld"
    assert (found["within"]["pairs"], found["within"]["false"]) == (40, 0)
    assert (found["beyond"]["pairs"], found["beyond"]["false"]) == (12, 6)


def test_a_limit_beyond_which_pairs_are_as_good_is_idle() -> None:
    found = check_of([*QUIET, *[seen(BEYOND, sign * 1.0) for sign in (1, -1) * 15]])
    assert found["says"] == "idle"
    assert found["louder"] == pytest.approx(1.0)


def test_larger_differences_within_the_wider_band_are_covered() -> None:
    found = check_of([*QUIET, *[seen(BEYOND, sign * 1.9) for sign in (1, -1) * 15]])
    assert found["beyond"]["false"] == 0
    assert found["says"] == "covered"
    assert found["louder"] == pytest.approx(1.9)


def test_many_false_changes_that_may_be_chance_need_larger_differences_too() -> None:
    """2 of 20 is above 8 %, and its lower bound is not."""
    for other, says in ((1.5, "upheld"), (0.5, "undecided")):
        beyond = [seen(BEYOND, 3.0)] * 2 + [seen(BEYOND, sign * other) for sign in (1, -1) * 9]
        assert check_of([*QUIET, *beyond])["says"] == says


def test_one_outlier_makes_no_check_louder() -> None:
    beyond = [seen(BEYOND, 40.0)] + [seen(BEYOND, sign * 0.9) for sign in (1, -1) * 15]
    assert check_of([*QUIET, *beyond])["says"] == "idle"


def test_a_limit_that_lets_false_changes_pass_with_a_warning_is_too_loose() -> None:
    warned = (CAST.warn + CAST.refuse) / 2
    assert check_of([*QUIET, *[seen(warned, 3.0)] * 5, *[seen(warned, 0.1)] * 5])["says"] == "too loose"


@pytest.mark.parametrize(("n", "says"), [(0, "not reached"), (9, "too few"), (12, "undecided")])
def test_few_pairs_say_little(n: int, says: str) -> None:
    assert check_of([*QUIET, *[seen(BEYOND, (-1) ** k) for k in range(n)]])["says"] == says


def test_moving_the_limit_out_measures_more() -> None:
    pairs = [seen(value / 100, 3.0 if value > 60 else 1.0 * (-1) ** value) for value in range(1, 101)]
    curve = check_of(pairs)["curve"]
    shares = {step["limit"]: (step["measured"], step["false"]) for step in curve}
    assert shares[CAST.refuse] == (0.25, 0)
    assert shares[0.81] == (0.81, 21)
    assert [step["limit"] for step in curve if step["now"]] == [CAST.refuse]


def test_a_limit_from_below_is_read_the_other_way_round() -> None:
    limit = LIMITS["jpeg_quality", "texture"]
    assert curves.badness(70, limit) > limit.refuse > curves.badness(88, limit)


def test_what_others_refuse_is_not_this_checks_alone() -> None:
    dark = replace(
        seen(BEYOND, 1.0), gates=(*seen(BEYOND, 1.0).gates, GateValue("exposure", "colour", 1, ""))
    )
    found = check_of([*QUIET, *[seen(BEYOND, 1.0)] * 3, dark])
    assert (found["beyond"]["pairs"], found["alone"]["pairs"]) == (4, 3)


def test_a_value_that_could_not_be_had_refuses_nothing() -> None:
    found = check_of([*QUIET, seen(math.nan, 1.0)])
    assert (found["without_value"], found["within"]["pairs"]) == (1, 41)


def test_refusals_are_counted_by_tone() -> None:
    found = check_of([*[seen(BEYOND, 1.0, tone="VI")] * 12, *[seen(WITHIN, 1.0, tone="I-II")] * 12])
    assert found["refused_by_tone"]["VI"] == found["asked_by_tone"]["VI"] == 12
    assert found["refused_by_tone"]["I-II"] == 0
    assert found["tones_differ_p"] < gate_page.MOST_P


def test_pairs_that_were_not_registered_are_counted_apart() -> None:
    lost = pair("unlimited", math.nan, refused="not_registered", readings={}, tone="V")
    document = curves.document([*QUIET, lost], "tiny", "1")
    assert document["pairs"] == 41
    assert document["not_registered"]["V"] == 1
    assert check_of([*QUIET, lost])["within"]["pairs"] == 40


def test_nothing_is_refused_within_and_all_is_as_before_after() -> None:
    before = dict(LIMITS)
    bad = (quality.gate("jpeg_quality", "texture", 60), quality.gate("blur", "texture", 0.01))
    with nothing_refused():
        assert quality.refused(bad, "texture") == ()
        assert quality.warned(bad, "texture") == bad[:1]
        assert quality.warned(bad, "colour") == ()
        assert quality.gate("jpeg_quality", "texture", 60).state == "refuse"
        assert quality.gate("registration", "all", 9.0).state == "warn"
    assert before == LIMITS
    assert quality.refused(bad, "texture") == bad[:1]
    assert quality.warned(bad, "texture") == ()


def test_the_page_is_that_of_the_committed_curves() -> None:
    document = json.loads(RESULTS.read_text("utf-8"))
    page = runner.PAGE / "gates.md"
    assert page.read_text("utf-8") == gate_page.text(document), (
        "docs/validation/gates.md is old; run: python -m benchmarks.gate_curves"
    )
    stated = {(c["check"], c["family"]): (c["warn"], c["refuse"]) for c in document["checks"]}
    for (name, family), limits in stated.items():
        now = LIMITS.get((name, family)) or LIMITS[name, "all"]
        assert limits == (abs(now.warn), abs(now.refuse)), f"the limit of {name} moved since the curves"


def test_the_figure_draws(tmp_path: Path) -> None:
    gate_page.write(curves.document([*QUIET, *[seen(BEYOND, 3.0)] * 6], "tiny", "1"), tmp_path)
    assert "colour_cast, colour" in (tmp_path / "gates.svg").read_text("utf-8")


def test_a_pair_that_the_checks_would_refuse_is_measured_here() -> None:
    job = next(one for one in plan(gate_curves.USUAL) if one.task == "unlimited" and one.tone == "III")
    found = [one for one in work.run(job) if not one.refused]
    over = [
        one
        for one in found
        if any(curves.badness(g.value, LIMITS[g.name, g.family]) > LIMITS[g.name, g.family].refuse
               for g in one.gates)
    ]  # fmt: skip
    assert over, "no pair of this job is beyond any limit: take another"
    assert all(any(reading.measured for reading in one.readings.values()) for one in over)
    assert any(gate.state == "refuse" for one in over for gate in one.gates)
