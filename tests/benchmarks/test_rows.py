"""Rows on made-up observations: what they must come to is worked out here by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import pytest

from analysis.phantom.scene import NO_DOSE, Dose
from benchmarks.skindro.dosing import dose_for
from benchmarks.skindro.records import METRICS, TEXTURE, Observation, Reading, Result
from benchmarks.skindro.rows import (
    cross_talk,
    files,
    gates,
    linearity,
    repeatability,
    sensitivity,
    verdicts,
)
from benchmarks.skindro.statistics import upper_bound
from benchmarks.skindro.table import results_of


def pair(
    kind: str, difference: float, *, mdc: float = 2.0, dose: Dose = NO_DOSE, **facts: object
) -> Observation:
    """A pair in which every metric moved by `difference`."""
    verdict = "no_measurable_change"
    if abs(difference) > mdc:
        verdict = "measurable_increase" if difference > 0 else "measurable_decrease"
    if math.isnan(difference):
        verdict = "not_measurable"
    one = Reading(difference, mdc, difference - mdc, difference + mdc, verdict)
    base: dict[str, object] = {"generator": "G2", "tone": "III", "site": 0, "mode": "B"}
    return Observation(
        **(base | {"kind": kind, "dose": dose, "readings": dict.fromkeys(METRICS, one)} | facts)
    )  # type: ignore[arg-type]  # made up by name


def line(results: list[Result], row: str, test: str, **where: str) -> Result:
    """The one line of this row whose test is, or else contains, these words."""
    here = [one for one in results if one.row == row and all(getattr(one, k) == v for k, v in where.items())]
    (found,) = [one for one in here if one.test == test] or [one for one in here if test in one.test]
    return found


STILL = [pair("zero", value, naive={"EI": 10 * value}) for value in (1.0, -1.0, 1.0, -1.0, 0.0)]  # SD 1


def test_the_invariance_ratio_is_median_response_over_noise() -> None:
    dosed = [
        pair("dosed", value, dose=Dose(haemoglobin=-0.3), label="haemoglobin", naive={"EI": 5.0})
        for value in (-6.0, -5.0, -1.0)
    ]
    results = sensitivity.results([*STILL, *dosed])
    ours = line(results, "2", "invariance ratio of redness")
    assert ours.value == pytest.approx(5.0)
    assert ours.passed is True
    assert ours.naive["EI"] == pytest.approx(0.5)
    assert ours.counts.measured == 8
    assert line(results, "naive", "redness over").value == pytest.approx(10.0)


def test_an_answer_in_the_wrong_direction_fails_however_strong() -> None:
    dosed = [pair("dosed", 9.0, dose=Dose(haemoglobin=-0.3), label="haemoglobin")] * 3
    assert line(sensitivity.results([*STILL, *dosed]), "2", "redness").passed is False


def test_refused_pairs_are_counted_and_pass_nothing() -> None:
    refused = pair("zero", math.nan, refused="not_registered", readings={})
    results = verdicts.results([*STILL, *[refused] * 5])
    share = line(results, "measured", "redness")
    assert (share.value, share.passed) == (0.5, False)
    rate = line(results, "8", "false changes of redness", generator="G2", tone="I-IV")
    assert (rate.counts.measured, rate.counts.refused) == (5, 5)
    assert rate.passed is None  # five pairs can show nothing about 5 %


def test_the_false_rate_needs_its_bound_too() -> None:
    assert upper_bound(0, 50) == pytest.approx(1 - 0.05 ** (1 / 50))
    assert verdicts.false_rate_passes(12, 300) is True
    assert verdicts.false_rate_passes(15, 300) is False  # 5.0 %, but up to 7.6 %
    wrong = [pair("zero", 3.0)] * 10 + [pair("zero", 0.0)] * 190
    results = verdicts.results(wrong)
    assert line(results, "8", "false changes of pigment", generator="G2", tone="I-IV").value == 0.05
    assert line(results, "8", "any metric", generator="G2", tone="I-IV").passed is True


def test_coverage_counts_intervals_that_hold_the_truth() -> None:
    truth = dict.fromkeys(METRICS, -4.0)
    pairs = [pair("dosed", d, truth=truth) for d in (-4.5, -2.5, -1.5, -7.0)]  # +-2: two hold -4
    assert verdicts.coverage(pairs, "redness") == (0.5, 4)
    assert verdicts.coverage([pair("dosed", math.nan, truth=truth)], "redness")[1] == 0


def test_power_needs_the_right_direction() -> None:
    truth = {"redness": -2.9}
    pairs = [pair("power", d, truth=truth, label="redness", level="limit") for d in (-3.0, -3.0, -1.0, 3.0)]
    pairs += [pair("power", -3.0, truth=truth, label="redness", level="stated")]
    results = verdicts.results(pairs)
    assert line(results, "9", "power at 1.45 stated MDC, redness", tone="I-IV").value == 0.5
    assert line(results, "9", "said to be found in 80 %, redness", tone="I-IV").value == 1.0


def grid(axis: str, answers: Mapping[float, float], site: int = 0) -> list[Observation]:
    out = []
    for amount, value in answers.items():
        dose = Dose(**{axis: amount})
        out.append(pair("grid", value, dose=dose, label=axis, site=site))
    return out


def test_linearity_fails_for_a_curve_and_passes_for_a_line() -> None:
    straight = grid("haemoglobin", {-0.5: -5.0, -0.3: -3.0, 0.3: 3.0, 0.5: 5.0})
    assert line(linearity.results(straight), "5", "redness").passed is True
    curved = grid("haemoglobin", {-0.5: -1.0, -0.3: -0.8, 0.3: 3.0, 0.5: 7.0})
    assert line(linearity.results(curved), "5", "redness").passed is False
    other = grid("haemoglobin", {-0.5: -2.0, -0.3: -1.2, 0.3: 1.2, 0.5: 2.0}, site=1)
    uneven = line(linearity.results([*straight, *other]), "5", "redness")  # slopes 10 and 4
    assert uneven.passed is False


def test_too_few_doses_judge_nothing_and_refused_ones_fail() -> None:
    short = grid("haemoglobin", {-0.5: -5.0, -0.3: -3.0, 0.3: 3.0})
    assert line(linearity.results(short), "5", "redness").passed is None
    refused = grid("haemoglobin", dict.fromkeys((-0.5, -0.3, 0.3, 0.5), math.nan))
    assert line(linearity.results(refused), "5", "redness").passed is False


def test_people_whose_light_differs_are_not_held_against_the_method() -> None:
    doses = (-0.5, -0.3, 0.3, 0.5)
    people = [
        replace(one, extra={"redness": light * one.dose.haemoglobin})
        for site, slope, light in ((0, 10.0, 8.0), (1, 4.0, 3.2))
        for one in grid("haemoglobin", {dose: slope * dose for dose in doses}, site=site)
    ]
    seen = line(linearity.results(people), "5", "redness")
    assert seen.passed is True
    assert "slope CV 61%, 61% of the light's own" in seen.note
    uneven = [replace(one, extra={"redness": 5 * one.dose.haemoglobin}) for one in people]
    assert line(linearity.results(uneven), "5", "redness").passed is False


def test_order_is_right_though_equal_doses_tie_and_wrong_when_upside_down() -> None:
    doses = {-0.5: (-6.0, -5.5), -0.3: (-4.0, -3.1), 0.3: (2.0, 3.0)}

    def seen(sign: float) -> Result:
        pairs = [pair("dosed", sign * value, dose=Dose(haemoglobin=dose), label="haemoglobin")
                 for dose, values in doses.items() for value in values]  # fmt: skip
        return line(linearity.results(pairs), "6", "redness")

    assert (seen(1.0).value, seen(1.0).passed) == (pytest.approx(1.0), True)
    assert (seen(-1.0).value, seen(-1.0).passed) == (pytest.approx(-1.0), False)


def test_texture_is_linear_in_the_ratio_it_stands_for() -> None:
    answers = {factor: 100 * math.log(factor) for factor in (0.5, 0.7, 0.9, 1.25)}
    assert line(linearity.results(grid("relief", answers)), "5", "pore").value == pytest.approx(1.0)


def test_cross_talk_is_the_wrong_answer_over_the_right_one() -> None:
    seen = [*grid("haemoglobin", {-0.3: -4.0}), *grid("melanin", {-0.15: 0.6})]
    results = cross_talk.results(seen)
    leak = line(results, "7", "redness <- melanin")
    assert leak.value == pytest.approx(0.15)
    assert leak.passed is False
    more = {"haemoglobin": (-0.3, -4.0), "melanin": (-0.15, 0.2)}
    for site in (1, 2):  # people of whom nothing else is measured count as much
        seen += [
            pair("leak", value, dose=Dose(**{axis: amount}), label=axis, site=site)
            for axis, (amount, value) in more.items()
        ]
    assert line(cross_talk.results(seen), "7", "redness <- melanin").value == pytest.approx(0.05)


def test_repeatability_is_of_one_shot() -> None:
    pairs = [pair("repeat", value) for value in (0.2, -0.2, 0.2, -0.2, 0.0)]  # SD 0.2, of one shot 0.141
    assert line(repeatability.results(pairs), "1", "redness").value == pytest.approx(0.2 / math.sqrt(2))


def test_only_a_check_of_a_touched_family_is_a_flag() -> None:
    blurred = {"label": "blur", "level": "severe"}
    silent = pair("nuisance", 0.0, **blurred | {"states": {"colour": "refuse", "texture": "ok"}})
    loud = pair("nuisance", 0.0, **blurred | {"states": {"colour": "ok", "texture": "warn"}})
    assert [gates.is_flagged(one) for one in (silent, loud)] == [False, True]


def test_what_no_check_saw_and_what_it_called_changed_are_told_apart() -> None:
    blurred = {"label": "blur", "level": "severe"}
    silent, loud = ({"states": {"colour": "ok", "texture": state}} for state in ("ok", "warn"))
    pairs = [
        pair("nuisance", 9.0, **blurred | silent),
        pair("nuisance", 9.0, **blurred | loud),
        pair("nuisance", 0.0, **blurred | silent),
        pair("nuisance", 0.0, **blurred | silent),
    ]
    results = gates.results(pairs)
    assert line(results, "11", "severe blur flagged").value == 0.25
    unseen = line(results, "11", "severe blur unflagged and falsely changed")
    assert unseen.value == 0.25
    assert unseen.note.startswith("1 false changes (redness in III, ")
    whole = line(results, "11", "severe single nuisance unflagged and falsely changed")
    assert (whole.value, whole.passed) == (0.25, False)
    assert line(gates.results(pairs[1:]), "11", "severe single nuisance unflagged").passed is True


def test_a_shift_of_a_file_is_judged_and_one_of_the_jpeg_itself_is_told() -> None:
    found = files.results([
        pair("file", 0.4, label="Display P3"),
        pair("file", -0.7, label="Display P3", tone="VI"),
        pair("file", 3.0, label="lossless to 4:2:0"),
    ])  # fmt: skip
    texture = line(found, "15", "Display P3: largest shift of texture")
    assert (texture.value, texture.passed) == (0.7, True)
    assert texture.note == "texture_coarse in VI, texture_medium in VI, texture_pore in VI"
    assert line(found, "15", "Display P3: largest shift of redness").passed is False
    jpeg = line(found, "15", "lossless to 4:2:0: largest shift of texture")
    assert (jpeg.value, jpeg.passed) == (3.0, None)


def test_mode_c_must_never_give_a_level() -> None:
    honest = pair("zero", math.nan, mode="C")
    assert line(gates.results([honest]), "12", "colour level").passed is True
    assert line(gates.results([honest, pair("zero", 0.1, mode="C")]), "12", "colour level").passed is False


def test_the_wanted_dose_is_read_between_the_grids() -> None:
    seen = {("haemoglobin", one.dose.haemoglobin): one
            for one in grid("haemoglobin", {-0.5: -6.0, -0.3: -3.0, 0.3: 3.0})}  # fmt: skip
    assert dose_for("haemoglobin", "redness", -4.5, seen) == pytest.approx(-0.4)
    assert dose_for("haemoglobin", "redness", -1.5, seen) == pytest.approx(-0.15)
    assert math.isnan(dose_for("haemoglobin", "redness", -7.0, seen))


def test_the_table_names_what_is_not_run() -> None:
    notes = {(one.row, one.note) for one in results_of(STILL)}
    assert ("14", "with the concerns") in notes
    assert any(row == "2-4" and "not run" in note for row, note in notes)
    assert {one.test for one in results_of(STILL) if one.row == "4"} >= {"wrinkle depth"} | {
        f"invariance ratio of {metric}, relief x 0.8" for metric in TEXTURE
    }
