"""The constants are what the script derives, within what another draw of the population would give."""

from __future__ import annotations

import math
from types import MappingProxyType

import numpy as np
import pytest

from analysis import constants
from analysis.constants import CARD_SD, PRIOR_SD
from analysis.phantom.optics import TONE_ITA_DEG
from benchmarks import derive
from benchmarks.derivation_noise import (
    body_sd,
    cast_gain_sd,
    noise_table,
    prior_sd,
    tone_factors,
    widened_by_cast,
)
from benchmarks.derivation_response import (
    Crossing,
    Response,
    detection_factor,
    one_person,
    relief_leaks,
    response_gain,
    response_table,
)
from benchmarks.derivation_weights import (
    Weights,
    cross_talk,
    cross_talk_table,
    derive_weights,
    indices,
    population,
)
from benchmarks.derived_constants import text_of
from benchmarks.untreated_pairs import Finding, Outcome, one_card_pair, one_pair


@pytest.fixture(scope="module")
def groups():
    return population(60, derive.WEIGHTS_SEED + 1)


@pytest.fixture(scope="module")
def fresh(groups) -> Weights:
    return derive_weights(groups)


def test_stored_weights_are_derived_again_from_other_people(fresh: Weights) -> None:
    stored = constants.WEIGHTS
    assert np.array(stored["haemoglobin"]) / 100 == pytest.approx(fresh.haemoglobin, abs=0.03)
    assert np.array(stored["melanin"]) / 100 == pytest.approx(fresh.melanin, abs=0.12)
    assert stored["shading"] == pytest.approx(fresh.shading, abs=0.06)
    assert pytest.approx(fresh.haemoglobin_direction, abs=0.08) == constants.HAEMOGLOBIN_DIRECTION
    assert pytest.approx(fresh.melanin_direction, abs=0.05) == constants.MELANIN_DIRECTION


def test_the_rows_are_blind_to_what_they_should_be() -> None:
    rows = constants.WEIGHTS
    assert sum(rows["haemoglobin"]) == pytest.approx(0, abs=1e-9)
    assert sum(rows["melanin"]) == pytest.approx(0, abs=1e-9)
    assert sum(rows["shading"]) == pytest.approx(1, abs=0.002)
    assert rows["haemoglobin"][1] == rows["melanin"][2] == 100
    blood, melanin = np.array(constants.HAEMOGLOBIN_DIRECTION), np.array(constants.MELANIN_DIRECTION)
    assert abs(blood @ rows["shading"]) < 0.1
    assert abs(melanin @ rows["shading"]) < 0.1
    assert abs(melanin @ rows["haemoglobin"]) < 0.05 * abs(blood @ rows["haemoglobin"])


def test_cross_talk_beats_the_naive_indices(groups, fresh: Weights) -> None:
    for tone in ("I-II", "III", "IV"):
        blood = indices(fresh)["haemoglobin"]
        ours = cross_talk(blood["H, these weights"], groups[tone])[0]
        assert ours <= 0.10
        assert ours * 3 < cross_talk(blood["erythema index, log R/G"], groups[tone])[0]
    pigment = indices(fresh)["melanin"]
    for tone in ("III", "IV"):
        assert cross_talk(pigment["M, these weights"], groups[tone], "melanin")[0] <= 0.30
        assert cross_talk(pigment["L*"], groups[tone], "melanin")[0] > 0.8
    text = cross_talk_table(fresh, groups)
    assert "a*" in text
    assert "ITA" in text
    assert len(text.splitlines()) == 13


def test_the_file_reads_back_as_what_was_written(tmp_path) -> None:
    now = derive.stored()
    assert now is not None
    assert now.weights.haemoglobin == pytest.approx(np.array(constants.WEIGHTS["haemoglobin"]) / 100)
    # The committed file is exactly what the script writes for these values.
    assert text_of(now) == derive.CONSTANTS_FILE.read_text(encoding="utf-8")
    derive.write(now, tmp_path / "constants.py")
    assert (tmp_path / "constants.py").read_text(encoding="utf-8") == text_of(now)
    assert not list(tmp_path.glob("*.tmp"))


def test_priors_are_plain_positive_numbers() -> None:
    assert isinstance(constants.PRIOR_SD, MappingProxyType)
    for places in constants.PRIOR_SD.values():
        assert places["body"] > 0
        assert all(isinstance(value, float) for value in places.values())
    assert constants.PRIOR_SD["redness"]["forehead"] == 0.75


def test_the_prior_is_scaled_until_its_intervals_hold() -> None:
    # Differences of SD 2 under intervals made of a prior of 1 alone: the prior must double.
    rng = np.random.default_rng(3)
    half = 2.086
    seen = [Finding(float(value), half, False) for value in rng.normal(0, 2, 4000)]
    assert prior_sd(seen, 1.0) == pytest.approx(2.0, rel=0.05)
    # Without an entry in use there is nothing to scale: the RMS itself.
    new = [Finding(one.difference, float("nan"), False) for one in seen]
    assert prior_sd(new, float("nan")) == pytest.approx(2.0, rel=0.05)
    refused = [Finding(float("nan"), half, True)] * 500
    assert prior_sd([*seen, *refused], 1.0) == prior_sd(seen, 1.0)
    assert np.isnan(prior_sd(refused, 1.0))


def test_the_gain_of_patterns_is_found_beside_their_noise() -> None:
    generator = np.random.default_rng(5)
    levels, casts = generator.uniform(0.5, 4, 400), generator.uniform(0, 0.5, 400)
    change = generator.normal(0, np.hypot(0.1, 0.8 * casts * levels))
    pairs = [
        Outcome("III", {"redness_uniformity": Finding(float(moved), 0.5, False, float(level), float(cast))})
        for moved, level, cast in zip(change, levels, casts, strict=True)
    ]
    found = cast_gain_sd(pairs)
    assert found == {"redness_uniformity": pytest.approx(0.8, abs=0.1)}
    assert cast_gain_sd(pairs[:5]) == {}, "too few pairs say nothing"
    # Stated with that gain as well, intervals hold what they left out.
    wide = widened_by_cast(pairs, found)[7].findings["redness_uniformity"]
    gain = 2.086 * found["redness_uniformity"] * casts[7] * levels[7]
    assert wide.ci_half_width == pytest.approx(np.hypot(0.5, gain), rel=1e-3)


def test_a_tone_has_its_own_noise_drawn_towards_that_of_all() -> None:
    generator = np.random.default_rng(6)
    spread = {"I-II": 1.0, "VI": 3.0}
    pairs = [
        Outcome(tone, {"texture_pore": Finding(float(moved), 4.0, False)})
        for tone, sd in spread.items()
        for moved in generator.normal(0, sd, 60)
    ]
    factors = tone_factors(pairs)["texture_pore"]
    pooled = np.sqrt((1 + 9) / 2)
    for tone, sd in spread.items():
        expected = np.sqrt((60 * (sd / pooled) ** 2 + 20) / 80)
        assert factors[tone] == pytest.approx(expected, rel=0.15)
    assert factors["III"] == 1, "a tone without pairs is as all are"


def test_the_noise_table_counts_what_was_measured() -> None:
    outcomes = [Outcome("III", {"redness": Finding(0.3, 1.0, number % 2 == 0)}) for number in range(30)]
    outcomes += [Outcome("VI", {}), Outcome("V", {"redness": Finding(1.5, 1.0, False)})]
    text = noise_table(outcomes, {"redness": 0.5})
    assert "31/32" in text
    assert "1/16" in text
    assert set(body_sd(outcomes, {"redness": 0.5})) == {"redness"}


def test_one_untreated_pair_goes_through_the_pipeline() -> None:
    outcome = one_pair((7_900_000, "III"), patch_mm=16.0)
    assert outcome.tone == "III"
    assert abs(outcome.findings["redness"].difference) < 4 * PRIOR_SD["redness"]["body"]


def test_a_pair_with_a_card_is_measured_against_skin_and_against_the_card() -> None:
    outcomes = one_card_pair((7_900_000, "III"), patch_mm=16.0)
    assert set(outcomes) == {"body_card", "card"}
    assert set(outcomes["card"].findings) == {"redness", "pigment"}
    # Patterns need no card and are read with one; M carries none where skin comes out dark.
    assert {"redness", "pigment", "redness_uniformity"} <= set(outcomes["body_card"].findings)
    skin, card = (outcomes[place].findings["redness"].difference for place in ("body_card", "card"))
    assert abs(skin) < 4 * CARD_SD["body_card"]["redness"]
    assert abs(card) < 4 * CARD_SD["card"]["redness"]
    assert skin != card


def test_where_the_prior_grows_the_differences_are_its_floor() -> None:
    # Most of the stated error lies within the photo: scaling the prior alone would state too little.
    seen = [Finding(sign * 4.0, 6.0, False) for sign in (1.0, -1.0)] * 20
    assert prior_sd(seen, 0.9) == pytest.approx(4.0)


def test_each_step_keeps_what_the_other_derived(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[derive.Constants] = []
    now = derive.stored()
    assert now is not None
    monkeypatch.setattr(derive, "write", written.append)
    monkeypatch.setattr(derive, "PEOPLE_PER_TONE", 6)
    outcome = Outcome("III", {"redness": Finding(0.3, 1.9, False)})
    even = Outcome("III", {"redness": Finding(0.1, 1.9, False)})
    monkeypatch.setattr(
        derive, "zero_change", lambda pairs, even_light=False: [even if even_light else outcome] * pairs
    )
    with_card = {"body_card": [outcome], "card": [outcome]}
    monkeypatch.setattr(
        derive,
        "zero_change_with_card",
        lambda pairs, gains: {place: found * pairs for place, found in with_card.items()},
    )
    assert derive.main(["--weights"]) == 0
    assert written[-1].body_sd == now.body_sd
    assert derive.main(["--noise", "--pairs", "30"]) == 0
    assert written[-1].weights == now.weights
    assert written[-1].body_sd["redness"] != now.body_sd["redness"]
    assert written[-1].body_sd["pigment"] == now.body_sd["pigment"]
    assert written[-1].level_sd["redness"] == 0.1
    assert written[-1].level_sd["pigment"] == now.level_sd["pigment"]
    assert written[-1].card_sd == now.card_sd
    assert derive.main(["--card-noise", "--pairs", "30"]) == 0
    assert written[-1].body_sd == now.body_sd
    assert written[-1].card_sd["card"]["redness"] != now.card_sd["card"]["redness"]
    assert written[-1].card_sd["card"]["pigment"] == now.card_sd["card"]["pigment"]
    assert "30 untreated pairs" in written[-1].card_provenance
    seen = [Response("III", "redness", -3.0, -3.0 * (1 + k / 100), 0.6, 0.9) for k in range(-20, 81)]
    crossed = [Crossing(tone, "texture_pore", -6.0, -3.0) for tone in TONE_ITA_DEG] * 4
    monkeypatch.setattr(derive, "responses", lambda people: (seen, crossed))
    assert derive.main(["--response", "--pairs", "7"]) == 0
    assert written[-1].response_gain["redness"] == (0.82, 1.8)
    assert written[-1].response_gain["pigment"] == now.response_gain["pigment"]
    assert written[-1].detection_factor.keys() == now.detection_factor.keys()
    assert written[-1].detection_factor["pigment"] == now.detection_factor["pigment"]
    assert set(written[-1].leaks["texture_pore"].values()) == {2.0}
    assert written[-1].leaks["redness"] == now.leaks["redness"]
    assert written[-1].body_sd == now.body_sd
    assert "7 people" in written[-1].response_provenance


def test_changes_too_small_to_find_say_nothing_of_the_gain() -> None:
    strong = [Response("III", "pigment", -4.0, -4.0)] * 20
    faint = [Response("VI", "pigment", -0.1, 3.0)] * 20
    assert response_gain([*strong, *faint], {"pigment": 0.4}) == {"pigment": (1.0, 1.0)}
    assert response_gain(strong[1:], {"pigment": 0.4}) == {}
    assert "1 to 1" in response_table([*strong, *faint], dict.fromkeys(constants.PHANTOM_SD, 0.4))


def test_a_change_must_be_larger_where_light_weakens_it_or_it_widens_its_own_limit() -> None:
    def factor(gain: float, dosed_limit: float) -> float:
        people = [Response("III", "pigment", -3.0, -3.0 * gain, 0.8, dosed_limit)] * 20
        return detection_factor(people, {"pigment": 0.4})["pigment"]

    assert factor(1.0, 0.8) == 1.0
    assert factor(1.5, 0.8) == 1.0, "never less than noise alone asks for"
    assert factor(0.5, 0.8) == 2.0
    assert factor(1.0, 1.2) > 1.0
    assert detection_factor([Response("III", "pigment", -3.0, -3.0)] * 20, {"pigment": 0.4}) == {}


def test_texture_that_blood_moves_is_a_leak_of_its_tone() -> None:
    seen = [Crossing("III", "texture_pore", moved, -4.0) for moved in (4.0, -4.0)] * 2
    faint = [Crossing("VI", "texture_pore", 9.0, 0.1)] * 9
    assert relief_leaks([*seen, *faint], 0.3)["texture_pore"]["III"] == 1.0
    assert relief_leaks([*seen, *faint], 0.3)["texture_pore"]["VI"] == 1.0, "no redness, no leak"
    assert relief_leaks(seen[:3], 0.3) == {}


def test_one_dosed_person_goes_through_the_pipeline() -> None:
    answers, crossings = one_person((7_900_000, "III"), patch_mm=16.0)
    found = {one.metric: one for one in answers}
    assert found["redness"].true < -1.5
    assert 0.5 < found["redness"].shown / found["redness"].true < 2.5
    assert found["texture_medium"].true < -20
    assert all(math.isfinite(one.limit) and math.isfinite(one.dosed_limit) for one in answers)
    assert {one.metric for one in crossings} >= {"texture_pore", "texture_medium"}
    assert all(abs(one.moved) < 10 and one.redness < -1 for one in crossings)


def test_other_colour_metrics_on_a_face_keep_the_ratio_of_redness() -> None:
    prior, phantom = constants.PRIOR_SD, constants.PHANTOM_SD
    ratio = prior["redness"]["cheeks"] / phantom["redness"]
    assert prior["pigment"]["cheeks"] / phantom["pigment"] == pytest.approx(ratio, rel=0.01)
    assert set(prior["texture_medium"]) == {"body"}


def test_a_level_in_drawn_skin_has_the_noise_of_even_light() -> None:
    # What light of two colours does is each pair's own: it is in the phantom's SD and not in the prior.
    for metric, sd in constants.PHANTOM_EVEN_LIGHT_SD.items():
        assert constants.PRIOR_SD[metric]["body"] == sd
        assert constants.PHANTOM_SD[metric] > sd


def test_the_even_pair_differs_from_the_other_by_its_light_alone() -> None:
    job = (7_900_100, "IV")
    plain, even = one_pair(job, patch_mm=16.0), one_pair(job, patch_mm=16.0, even_light=True)
    assert set(plain.findings) == set(even.findings)
    assert plain.findings["redness"].difference != even.findings["redness"].difference
