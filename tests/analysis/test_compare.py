"""The judgement: references, noise, shots, verdicts and gates, on raw changes made by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from analysis import relative
from analysis.compare import families, judge, refusal_reasons
from analysis.constants import CAST_GAIN_SD, DETECTION_FACTOR, NU0, PRIOR_SD, RESPONSE_GAIN, TONE_FACTOR
from analysis.flags import FLAGS
from analysis.light_field import Plane
from analysis.metrics import registry
from analysis.pairs import PairResult
from analysis.quality import LIMITS, gate, grade
from analysis.records import (
    AlignmentSummary,
    Change,
    Gate,
    Grid,
    Parameters,
    Region,
    SessionComparison,
    SkinMaps,
)
from analysis.region_values import RawChange
from analysis.regions import FACE_REGIONS, FACE_UNITS
from analysis.relative import prior_sd, weighted_median
from analysis.trend import trends
from analysis.uncertainty import limits
from analysis.visibility import is_visible

NAN = math.nan
EVERYWHERE = np.ones((4, 4), bool)
FLAT = np.zeros((4, 4), np.float32)
MAPS = SkinMaps(FLAT, FLAT, FLAT, FLAT, {}, {}, FLAT, EVERYWHERE, 8.0, EVERYWHERE)
SKIN = np.full((4, 4, 3), (0.42, 0.22, 0.14), np.float32)
SQUARE = np.array([[0, 0], [3, 0], [3, 3], [0, 3]], np.float32)


def regions(**roles: str) -> tuple[Region, ...]:
    return tuple(Region(name, role, SQUARE) for name, role in roles.items())  # type: ignore[arg-type]  # words


BODY = regions(treated="treated", reference="reference")


def face(treated: tuple[str, ...] = ()) -> tuple[Region, ...]:
    return regions(**{name: "treated" if name in treated else "none" for name in FACE_REGIONS})


def pair(
    changes: Mapping[str, float],
    metric: str = "redness",
    *,
    gates: tuple[Gate, ...] = (),
    expression: Mapping[str, float] | None = None,
    tone_deg: float = 50.0,
    companion: float | None = None,
    standard_error: float = 0.0,
    pixels: Mapping[str, int] | None = None,
    others: Mapping[str, Mapping[str, float]] | None = None,
) -> PairResult:
    """A pair in which `metric` changed by so much in each region, and no other metric did."""
    raw = {}
    for name in registry():
        for region, change in changes.items():
            moved = change if name == metric else (others or {}).get(name, {}).get(region, 0.0)
            n = (pixels or {}).get(region, 5000)
            second = moved if companion is None else companion
            raw[name, region] = RawChange(10.0, moved, second, standard_error, n)
    return PairResult(
        Grid(0, 0, 1, 4, 4, 8.0), MAPS, MAPS, SKIN, SKIN, dict.fromkeys(changes, EVERYWHERE), raw, gates,
        AlignmentSummary(0.01, 0.02, 1.0, 1.0), expression or {}, tone_deg,
    )  # fmt: skip


def judged(
    *pairs: PairResult,
    where: tuple[Region, ...] = BODY,
    repeats: tuple[PairResult, ...] = (),
    metric: str = "redness",
) -> dict[str, Change]:
    on_face = all(region.name in FACE_UNITS for region in where)
    changes, _ = judge(repeats, pairs, where, Parameters(), on_face=on_face)
    assert {flag for change in changes for flag in change.flags} <= set(FLAGS)
    return {change.region: change for change in changes if change.metric == metric}


def body(change: float, reference: float = 0.0) -> dict[str, float]:
    return {"treated": change, "reference": reference}


def whole_face(**moved: float) -> dict[str, float]:
    return {name: moved.get(name, 0.0) for name in FACE_REGIONS}


def warning(name: str, family: str) -> Gate:
    limit = LIMITS[name, family]
    sign = -1 if limit.warn < 0 else 1
    refuse = limit.refuse if math.isfinite(limit.refuse) else limit.warn + 1
    return gate(name, family, sign * (limit.warn + refuse) / 2)  # type: ignore[arg-type]  # keys of the table


def refusal(name: str, family: str) -> Gate:
    limit = LIMITS[name, family]
    return gate(name, family, abs(limit.refuse) * (0.5 if limit.warn < 0 else 2))  # type: ignore[arg-type]  # words


# --- the limit ------------------------------------------------------------------------------------


def test_the_limit_is_the_prior_and_the_photo_together() -> None:
    found = judged(pair(body(0.1), standard_error=0.3))["treated"]
    prior = PRIOR_SD["redness"]["body"] * TONE_FACTOR["redness"][0]
    # Treated and reference each bring their own error within the photo.
    se = math.sqrt(prior**2 + 0.3**2 + 0.3**2)
    assert found.mdc95 == pytest.approx(stats.t.ppf(0.975, NU0) * se)
    assert found.ci95 == limits(0.1, se, NU0, 1, 0.05, RESPONSE_GAIN["redness"])[0]
    assert found.flags == ("single_shot",)


def test_drawn_skin_has_the_noise_of_its_tone_and_a_face_its_own() -> None:
    wide = [
        judged(pair(body(0.0), "texture_pore", tone_deg=tone), metric="texture_pore")["treated"].mdc95
        for tone in (50.0, -40.0)
    ]
    factors = TONE_FACTOR["texture_pore"]
    assert wide[1] / wide[0] == pytest.approx(factors[4] / factors[0])
    light, dark = (prior_sd("pigment", "forehead", True, tone_deg=tone) for tone in (50.0, -40.0))
    assert light == dark == PRIOR_SD["pigment"]["forehead"]


def test_unevenness_under_another_light_needs_more_the_stronger_the_pattern() -> None:
    name = "redness_uniformity"
    plain = pair(body(0.0), name)
    tinted = replace(plain, cast=0.2)
    before = judged(plain, metric=name)["treated"]
    after = judged(tinted, metric=name)["treated"]
    extra = stats.t.ppf(0.975, NU0) * CAST_GAIN_SD[name] * 0.2 * before.baseline
    assert after.mdc95 == pytest.approx(math.hypot(before.mdc95, extra))
    assert after.difference == before.difference


@pytest.mark.parametrize("name", list(registry()))
def test_a_change_beyond_its_limit_is_measurable(name: str) -> None:
    limit = judged(pair(body(0.0), name), metric=name)["treated"].mdc95
    for share, expected in (
        (0.98, "no_measurable_change"), (1.02, "measurable_increase"), (-1.02, "measurable_decrease"),
    ):  # fmt: skip
        found = judged(pair(body(share * limit), name), metric=name)["treated"]
        assert found.verdict == expected
        assert found.difference == pytest.approx(share * limit)
        assert found.follow_up - found.baseline == pytest.approx(found.difference)
        assert (found.visible is None) or expected != "no_measurable_change"


def test_more_regions_need_a_larger_change() -> None:
    few = judged(pair(body(0.0)))["treated"].mdc95
    arms = regions(a="treated", b="treated", c="treated", reference="reference")
    many = judged(pair({"a": 0, "b": 0, "c": 0, "reference": 0}), where=arms)
    assert set(many) == {"a", "b", "c"}
    expected = few * stats.t.ppf(1 - 0.025 / 3, NU0) / stats.t.ppf(0.975, NU0)
    assert many["a"].mdc95 == pytest.approx(expected)


def test_unchanged_skin_seldom_looks_changed() -> None:
    generator = np.random.default_rng(7)
    sd = PRIOR_SD["redness"]["body"] / math.sqrt(2)
    n = 400
    wrong = sum(
        judged(pair(body(*generator.normal(0, sd, 2))))["treated"].verdict != "no_measurable_change"
        for _ in range(n)
    )
    assert wrong / n < 0.08


def test_a_metric_without_measured_noise_claims_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relative, "PRIOR_SD", {k: v for k, v in PRIOR_SD.items() if k != "redness"})
    assert math.isnan(prior_sd("redness", "treated", False))
    found = judged(pair(body(9.0)))["treated"]
    assert found.verdict == "not_measurable"
    assert math.isnan(found.mdc95)


# --- references -------------------------------------------------------------------------------------


def test_the_reference_is_taken_off() -> None:
    found = judged(pair(body(7.0, 7.0)))["treated"]
    assert found.difference == 0
    assert found.baseline == 0
    assert found.reference == "reference"
    assert found.verdict == "no_measurable_change"


def test_several_references_count_by_their_pixels() -> None:
    where = regions(treated="treated", inner="reference", outer="reference")
    found = judged(
        pair({"treated": 0, "inner": 4, "outer": 0}, pixels={"inner": 9000, "outer": 3000}), where=where
    )["treated"]
    assert found.difference == pytest.approx(-3)
    assert found.reference == "inner+outer"


def test_a_reference_that_is_not_there_leaves_no_level() -> None:
    alone = judged(pair({"treated": 5.0}), where=BODY[:1])["treated"]
    assert alone.verdict == "not_measurable"
    assert alone.reference is None
    assert "no_reference" in alone.flags
    assert math.isnan(alone.difference)
    lost = judged(pair(body(5.0, NAN)))["treated"]
    assert "no_reference" in lost.flags
    pattern = judged(
        pair({"treated": 9.0}, "redness_uniformity"), where=BODY[:1], metric="redness_uniformity"
    )
    assert pattern["treated"].difference == 9.0


def test_both_cheeks_redden_and_no_other_region() -> None:
    found = judged(pair(whole_face(left_cheek=5.0, right_cheek=5.0)), where=face())
    for name, change in found.items():
        assert change.reference == "rest_of_face"
        assert "rest_of_face" in change.flags
        assert change.difference == pytest.approx(5.0 if name.endswith("_cheek") else 0.0, abs=0.5)
        assert (change.verdict == "measurable_increase") == name.endswith("_cheek")


def test_a_change_of_the_whole_face_cannot_be_seen() -> None:
    found = judged(pair(dict.fromkeys(FACE_REGIONS, 6.0)), where=face())
    assert all(change.difference == pytest.approx(0) for change in found.values())


def test_treated_regions_are_no_reference() -> None:
    treated = ("forehead", "left_cheek", "right_cheek", "nose")
    found = judged(pair(whole_face(**dict.fromkeys(treated, 6.0))), where=face(treated))
    for name in treated:
        assert found[name].difference == pytest.approx(6.0)
    assert found["chin"].verdict == "not_measurable", "three other units are too few"


def test_more_than_half_a_face_treated_leaves_patterns_only() -> None:
    treated = ("forehead", "left_cheek", "nose", "chin")
    found = judged(pair(whole_face()), where=face(treated))
    assert {change.reference for change in found.values()} == {None}
    assert all(change.flags == ("no_reference",) for change in found.values())


def test_too_few_units_are_no_rest_of_a_face() -> None:
    seen = {name: (0.0 if FACE_UNITS[name] in ("forehead", "nose", "chin", "cheeks", "cheek") else NAN)
            for name in FACE_REGIONS}  # fmt: skip
    found = judged(pair(seen), where=face())
    assert "no_reference" in found["forehead"].flags


def test_the_weighted_median_stands_between_its_neighbours() -> None:
    values = np.array([3.0, 1.0, 2.0, 50.0])
    assert weighted_median(values, np.array([1, 1, 1, 0.01])) == pytest.approx(2.0, abs=0.02)
    assert weighted_median(values, np.array([1, 100, 1, 1])) == pytest.approx(1.0, abs=0.1)
    assert math.isnan(weighted_median(np.array([1.0, NAN]), np.ones(2)))


# --- warnings, expression, tone -----------------------------------------------------------------------


def test_a_warned_check_widens_its_family_only() -> None:
    plain = judged(pair(body(0.0)))["treated"]
    once = judged(pair(body(0.0), gates=(warning("noise", "colour"),)))["treated"]
    twice = judged(pair(body(0.0), gates=(warning("noise", "colour"), warning("camera", "colour"))))[
        "treated"
    ]
    assert plain.mdc95 < once.mdc95 < twice.mdc95
    assert "gate_warning" in once.flags
    assert "gate_warning" not in plain.flags
    other = judged(pair(body(0.0), gates=(warning("noise", "texture"),)))["treated"]
    assert other.mdc95 == plain.mdc95


def test_coarse_pixels_do_not_widen_twice() -> None:
    warned = judged(pair(body(0.0), gates=(warning("resolution", "colour"),)))["treated"]
    assert warned.mdc95 == judged(pair(body(0.0)))["treated"].mdc95


def test_a_smile_takes_the_regions_it_moved() -> None:
    smile = {"left_cheek": 9.0, "right_cheek": 2.5, "forehead": 9.0}
    found = judged(pair(whole_face(), expression=smile), where=face())
    assert found["left_cheek"].verdict == "not_comparable"
    assert found["left_cheek"].flags == ("expression",)
    assert math.isnan(found["left_cheek"].difference)
    assert found["right_cheek"].verdict == "no_measurable_change"
    assert "expression" in found["right_cheek"].flags
    assert found["right_cheek"].mdc95 > found["left_periorbital"].mdc95 * 0.5
    assert found["forehead"].verdict == "no_measurable_change"


def test_deeper_tones_get_a_wider_limit_and_say_so() -> None:
    limits = []
    for tone in (50.0, 0.0, -60.0):
        found = judged(pair(body(0.0), tone_deg=tone))["treated"]
        limits.append(found.mdc95)
        assert ("exploratory_tone" in found.flags) == (tone < 10)
    assert limits == sorted(limits)
    assert limits[0] < limits[1] < limits[2]


def test_two_estimators_have_to_agree() -> None:
    found = judged(pair(body(9.0), companion=0.0))["treated"]
    assert found.verdict == "not_measurable"
    assert "estimators_disagree" in found.flags
    assert math.isnan(found.difference), "a number that could mislead is not shown"
    assert math.isnan(found.mdc95)
    small = judged(pair(body(0.01), companion=0.0))["treated"]
    assert small.verdict == "no_measurable_change", "nothing to disagree about"


def red_too(found: PairResult, red: float) -> PairResult:
    """The same pair, in whose treated region red light moved by so much."""
    raw = {
        (metric, region): replace(value, companion=red * (region == "treated"), companion_error=0.2)
        if metric == "pigment"
        else value
        for (metric, region), value in found.raw.items()
    }
    return replace(found, raw=raw)


def test_pigment_that_red_sees_and_m_does_not_has_no_number() -> None:
    def seen(tone_deg: float, red: float, pigment: float = 0.3) -> Change:
        found = red_too(pair(body(pigment), "pigment", tone_deg=tone_deg), red)
        return judged(found, metric="pigment")["treated"]

    unseen = seen(30.0, -6.0)
    assert unseen.verdict == "not_measurable"
    assert "red_disagrees" in unseen.flags
    assert math.isnan(unseen.difference)
    assert seen(30.0, 0.2).verdict == "no_measurable_change"
    assert seen(30.0, 3.0, 3.0).verdict == "measurable_increase", "both see it"
    assert seen(30.0, 9.0, 3.0).verdict == "measurable_increase", "how much more red saw is another matter"
    assert "red_disagrees" not in seen(0.0, -6.0).flags, "there red is what is read"


def test_redness_doubts_itself_where_red_moved_unexplained() -> None:
    def limit(red: float) -> float:
        return judged(red_too(pair(body(0.0), "pigment"), red))["treated"].mdc95

    assert limit(-6.0) > 3 * limit(0.0)


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


def test_pigment_of_the_darkest_skin_is_read_from_red_or_not_at_all() -> None:
    drawn = judged(pair(body(9.0), "pigment", tone_deg=-40.0), metric="pigment")["treated"]
    assert drawn.verdict == "measurable_increase"
    assert "pigment_by_red" in drawn.flags
    light = judged(pair(body(9.0), "pigment", tone_deg=40.0), metric="pigment")["treated"]
    assert "pigment_by_red" not in light.flags
    on_face = judged(pair(whole_face(chin=9.0), "pigment", tone_deg=-40.0), where=face(), metric="pigment")[
        "chin"
    ]
    assert on_face.verdict == "not_measurable"
    assert math.isnan(on_face.difference)
    assert on_face.flags == ("dark_pigment",)
    pattern = judged(pair(body(9.0), "pigment_uniformity", tone_deg=-40.0), metric="pigment_uniformity")
    assert pattern["treated"].flags == ("dark_pigment",)


def test_a_change_of_redness_lends_pigment_uncertainty() -> None:
    calm = judged(pair(body(0.0), "pigment"), metric="pigment")["treated"]
    flushed = judged(pair(body(0.0), "pigment", others={"redness": {"treated": 6.0}}), metric="pigment")[
        "treated"
    ]
    assert flushed.mdc95 > 1.05 * calm.mdc95


# --- shots ----------------------------------------------------------------------------------------------


def test_a_change_of_redness_lends_texture_uncertainty_and_colour_that_changed_is_told() -> None:
    def medium(texture: float, redness: float) -> Change:
        others = {"redness": body(redness)}
        return judged(pair(body(texture), "texture_medium", others=others), metric="texture_medium")[
            "treated"
        ]

    still, reddened = medium(-20.0, 0.0), medium(-20.0, -6.0)
    assert reddened.mdc95 > 1.2 * still.mdc95
    assert reddened.verdict == still.verdict == "measurable_decrease"
    assert "colour_changed_too" in reddened.flags
    assert "colour_changed_too" not in still.flags
    assert "colour_changed_too" not in medium(0.0, -6.0).flags, "nothing is said of texture there"
    blind = refusal("saturation", "colour")
    alone = judged(pair(body(-20.0), "texture_medium", gates=(blind,)), metric="texture_medium")["treated"]
    assert "colour_unknown" in alone.flags
    assert "colour_unknown" not in still.flags


def test_relief_that_was_fitted_says_so_whichever_shot_it_was() -> None:
    plain = pair(body(-20.0), "texture_medium")
    fitted = replace(plain, baseline=replace(MAPS, relief_fitted=True))
    for shots in ((plain, fitted), (fitted, plain)):
        assert "relief_fitted" in judged(*shots, metric="texture_medium")["treated"].flags
    assert "relief_fitted" not in judged(plain, metric="texture_medium")["treated"].flags
    assert "relief_fitted" not in judged(fitted, metric="redness")["treated"].flags


def test_what_would_be_found_is_as_much_larger_as_light_asks_for() -> None:
    assert DETECTION_FACTOR["texture_medium"] > 1
    found = judged(pair(body(0.1), "texture_medium"), metric="texture_medium")["treated"]
    alone = found.mdc95 * (1 + stats.t.ppf(0.8, NU0) / stats.t.ppf(0.975, NU0))
    assert found.detectable80 == pytest.approx(DETECTION_FACTOR["texture_medium"] * alone)
    assert found.standard_error == pytest.approx(found.mdc95 / stats.t.ppf(0.975, NU0))
    unknown = judged(pair(body(0.1), "redness_uniformity"), metric="redness_uniformity")["treated"]
    assert math.isnan(unknown.detectable80), "of unevenness it is not known"
    assert math.isfinite(unknown.mdc95)


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


# --- visibility -------------------------------------------------------------------------------------------


def test_people_see_large_changes_of_level_only() -> None:
    light = np.array([0.42, 0.22, 0.14], np.float32)
    assert is_visible("redness", 0.05, light) is False
    assert is_visible("redness", 8.0, light) is True
    assert is_visible("redness", -8.0, light) is True
    assert is_visible("pigment", 0.05, light) is False
    assert is_visible("pigment", 20.0, light) is True
    assert is_visible("texture_medium", 90.0, light) is None


# --- a course ---------------------------------------------------------------------------------------------


def session_comparison(difference: float, verdict: str = "no_measurable_change") -> SessionComparison:
    change = Change(
        "redness", "colour", "treated", "reference", "H", 1.0, 1 + difference, difference,
        (difference - 1, difference + 1), NAN if math.isnan(difference) else 1.5,
        verdict, None, ("single_shot",),  # type: ignore[arg-type]  # tests hand in words
    )  # fmt: skip
    return SessionComparison(("a",), ("b",), "A", True, (), (), None, (change,))


def test_a_trend_is_every_session_against_the_baseline() -> None:
    found = trends(
        [(60, session_comparison(-3.0, "measurable_decrease")), (7, session_comparison(2.0)),
         (30, session_comparison(NAN, "not_comparable"))]
    )  # fmt: skip
    (trend,) = found
    assert (trend.metric, trend.region, trend.unit) == ("redness", "treated", "H")
    assert [point.day for point in trend.points] == [7, 30, 60]
    assert trend.points[2].difference == -3
    assert trend.points[1].verdict == "not_comparable"
    assert trend.mdc95 == 1.5
    assert trend.flags == ("single_shot",)
    assert math.isnan(trends([(1, session_comparison(NAN))])[0].mdc95)
    assert trends([]) == ()
