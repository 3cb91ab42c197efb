"""The judgement: limits, warnings, skin tone, second estimators and remarks, on raw changes made by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from analysis import relative
from analysis.constants import CAST_GAIN_SD, DETECTION_FACTOR, NU0, PRIOR_SD, RESPONSE_GAIN, TONE_FACTOR
from analysis.metrics import registry
from analysis.records import (
    Change,
)
from analysis.relative import prior_sd
from analysis.uncertainty import limits, session_variance
from tests.analysis.raw_pairs import (
    MAPS,
    body,
    face,
    judged,
    pair,
    red_too,
    refusal,
    regions,
    warning,
    whole_face,
)


def test_the_limit_is_the_prior_and_the_photo_together() -> None:
    found = judged(pair(body(0.1), standard_error=0.3))["treated"]
    prior = PRIOR_SD["redness"]["body"] * TONE_FACTOR["redness"][0]
    # Treated and reference each bring their own error within the photo.
    variance, df = session_variance(prior, NU0, [], 1, 1)
    assert variance == pytest.approx(prior**2)
    se = math.sqrt(variance + 0.3**2 + 0.3**2)
    assert found.mdc95 == pytest.approx(stats.t.ppf(0.975, NU0) * se)
    assert found.ci95 == limits(0.1, se, df, 1, 0.05, RESPONSE_GAIN["redness"])[0]
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
        assert "gate_warning" not in found.flags  # no check warned
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
