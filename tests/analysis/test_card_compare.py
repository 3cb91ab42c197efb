"""A colour card in both photos: lights made alike, a reference, and refusals that say so."""

from __future__ import annotations

import dataclasses
import math
from functools import cache

import numpy as np
import pytest

from analysis.compare import prior_sd
from analysis.constants import CARD_SD, CAST_GAIN_SD, PRIOR_SD
from analysis.errors import RegionsError
from analysis.phantom.disturbance import NEUTRAL, Disturbance
from analysis.phantom.scene import NO_DOSE, Dose, Site, SyntheticPhoto
from analysis.pipeline import analyse, compare
from analysis.records import RegionPlan, SessionComparison
from analysis.regions import parse_regions
from tests.analysis.patches import change_of, encoded

OTHER_LIGHT = dataclasses.replace(NEUTRAL, white_balance=(0.14, -0.12), gain_ev=0.2, gamma=1.05)


@cache
def site(card: bool = True) -> Site:
    return Site.of(11, "III", patch_mm=16.0, varied_optics=False, master_px_per_mm=14.0, card=card)


@cache
def shot(
    dose: Dose = NO_DOSE, disturbance: Disturbance = NEUTRAL, number: int = 0, card: bool = True
) -> SyntheticPhoto:
    return site(card).photo(dose, disturbance, shot_seed=number)


def plan(reference: bool = True, px_per_mm: float | None = 10.0) -> RegionPlan:
    regions = shot().regions
    return RegionPlan(drawn=regions if reference else regions[:1], px_per_mm=px_per_mm)


def compared(follow_up: SyntheticPhoto, where: RegionPlan, with_card: bool = True) -> SessionComparison:
    return compare([shot().jpeg], [follow_up.jpeg], finder=None, plan=where, with_card=with_card)


def states(result: SessionComparison) -> dict[str, str]:
    return {gate.name: gate.state for gate in result.gates if gate.family == "colour"}


def test_without_reference_skin_a_level_is_relative_to_the_card() -> None:
    less_blood = Dose(haemoglobin=-0.4)
    quiet = compared(shot(NO_DOSE, OTHER_LIGHT, 1), plan(reference=False))
    treated = compared(shot(less_blood, OTHER_LIGHT, 1), plan(reference=False))
    # What the dose is worth: against untreated skin in the same light.
    truth = change_of(compared(shot(less_blood, NEUTRAL, 1), plan(), with_card=False), "redness").difference
    still, found = change_of(quiet, "redness"), change_of(treated, "redness")
    assert still.reference == found.reference == "card"
    assert "card_corrected" in found.flags
    assert abs(still.difference) < 0.6
    assert found.difference - still.difference == pytest.approx(truth, abs=0.15 * abs(truth))
    assert change_of(treated, "pigment").reference == "card"
    # The relief of skin has nothing to do with a card.
    texture = change_of(treated, "texture_medium")
    assert texture.reference is None
    assert "no_reference" in texture.flags
    without = change_of(compared(shot(less_blood, OTHER_LIGHT, 1), plan(reference=False), False), "redness")
    assert without.verdict == "not_measurable"
    assert without.flags == ("no_reference",)


def test_reference_skin_stays_the_reference() -> None:
    result = compared(shot(NO_DOSE, OTHER_LIGHT, 1), plan())
    change = change_of(result, "redness")
    assert change.reference == "reference"
    assert "card_corrected" in change.flags
    # The card makes the lights alike: less of the cast is left than without.
    casts = [
        next(gate.value for gate in one.gates if gate.name == "colour_cast_drawn")
        for one in (result, compared(shot(NO_DOSE, OTHER_LIGHT, 1), plan(), False))
    ]
    assert casts[0] < casts[1] / 2


def test_a_strong_cast_is_refused_without_a_card_and_not_with_one() -> None:
    cast = dataclasses.replace(NEUTRAL, white_balance=(0.35, -0.55))
    without = compared(shot(NO_DOSE, cast, 1), plan(), with_card=False)
    assert states(without)["colour_cast_drawn"] == "refuse"
    assert change_of(without, "redness").verdict == "not_comparable"
    with_card = compared(shot(NO_DOSE, cast, 1), plan())
    assert states(with_card)["colour_cast_drawn"] == "ok"
    assert change_of(with_card, "redness").verdict == "no_measurable_change"


def test_a_card_does_not_take_the_cast_out_of_the_band_of_a_pattern() -> None:
    cast = dataclasses.replace(NEUTRAL, white_balance=(0.35, -0.55))
    still, moved = (
        change_of(compared(shot(NO_DOSE, light, 1), plan()), "redness_uniformity")
        for light in (NEUTRAL, cast)
    )
    assert "card_corrected" in moved.flags
    # A cast of 0.55 on this pattern is worth its gain, whatever is left of it on the mean.
    added = math.sqrt(moved.mdc95**2 - still.mdc95**2)
    assert added > 2.086 * 0.8 * CAST_GAIN_SD["redness_uniformity"] * 0.55 * moved.baseline


def test_a_clipped_card_is_refused_and_the_next_rung_is_taken() -> None:
    bright = shot(NO_DOSE, dataclasses.replace(NEUTRAL, gain_ev=1.1), 1)
    result = compared(bright, plan())
    assert states(result)["card_clipped"] == "refuse"
    change = change_of(result, "redness")
    assert change.reference == "reference"
    assert "card_refused" in change.flags
    assert "card_corrected" not in change.flags
    assert math.isfinite(change.difference)
    assert result.comparable
    assert result.grade != "A"
    assert not any("card" in reason.lower() for reason in result.reasons)
    assert "card_refused" not in change_of(result, "texture_medium").flags
    alone = change_of(compared(bright, plan(reference=False)), "redness")
    assert alone.verdict == "not_measurable"
    assert {"no_reference", "card_refused"} <= set(alone.flags)


def test_a_shot_without_its_card_costs_the_session_nothing() -> None:
    covered = shot(NO_DOSE, OTHER_LIGHT, 1).pixels.copy()
    edge = max(float(region.polygon[:, 0].max()) for region in shot().regions)
    covered[:, round(edge) + 10 :] = 200  # the card lies to the right of the skin
    good = shot(NO_DOSE, OTHER_LIGHT, 2).jpeg
    for order in ([encoded(covered, "PNG"), good], [good, encoded(covered, "PNG")]):
        result = compare([shot().jpeg], order, finder=None, plan=plan(reference=False), with_card=True)
        change = change_of(result, "redness")
        assert change.reference == "card"
        assert math.isfinite(change.difference)
        assert result.views is not None
        assert "redness" in result.views.maps
        alone = compare([shot().jpeg], [good], finder=None, plan=plan(reference=False), with_card=True)
        assert change.difference == pytest.approx(change_of(alone, "redness").difference)


def test_a_card_that_is_not_there_is_said() -> None:
    result = compare(
        [shot(card=False).jpeg], [shot(number=1, card=False).jpeg],
        finder=None, plan=RegionPlan(shot(card=False).regions, 10.0), with_card=True,
    )  # fmt: skip
    assert "card_not_found" in change_of(result, "redness").flags
    assert "card_not_found" not in change_of(result, "texture_medium").flags
    alone = analyse(
        shot(card=False).jpeg,
        finder=None,
        plan=RegionPlan(shot(card=False).regions, 10.0),
        with_card=True,
    )
    assert alone.card is None
    assert "card_not_found" in alone.flags


def test_without_asking_nothing_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.subjects.read_card", lambda *_: pytest.fail("a card was looked for"))
    result = compared(shot(NO_DOSE, NEUTRAL, 1), plan(), with_card=False)
    assert not any(flag.startswith("card") for change in result.changes for flag in change.flags)
    assert not any(gate.name.startswith("card") for gate in result.gates)


def test_texture_is_of_the_light_as_taken_whatever_the_card_maps() -> None:
    other = shot(NO_DOSE, OTHER_LIGHT, 1)
    with_card, without = (compared(other, plan(), with_card=asked) for asked in (True, False))
    for metric in ("texture_pore", "texture_medium"):
        one, two = change_of(with_card, metric), change_of(without, metric)
        assert one.difference == pytest.approx(two.difference, abs=0.3)
        assert not any(flag.startswith("card") for flag in one.flags)
    assert change_of(with_card, "redness").difference != change_of(without, "redness").difference


def test_corners_by_hand_are_used_for_their_photo_alone() -> None:
    import hashlib

    found = analyse(shot().jpeg, finder=None, plan=plan(), with_card=True).card
    other = shot(NO_DOSE, OTHER_LIGHT, 1)
    theirs = analyse(
        other.jpeg, finder=None, plan=RegionPlan(other.regions, other.px_per_mm), with_card=True
    ).card
    assert found is not None
    assert theirs is not None
    ids = [hashlib.sha256(one.jpeg).hexdigest() for one in (shot(), other)]
    corners = {ids[0]: found.corners, ids[1]: theirs.corners[::-1]}
    result = compare([shot().jpeg], [other.jpeg], finder=None, plan=plan(), card_corners=corners)
    assert "card_corrected" in change_of(result, "redness").flags
    half = compare(
        [shot().jpeg], [other.jpeg], finder=None, plan=plan(), card_corners={ids[0]: found.corners}
    )
    assert "card_not_found" in change_of(half, "redness").flags


def test_the_card_gives_the_scale_where_none_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RegionsError, match="need a scale"):
        analyse(shot().jpeg, finder=None, plan=plan(px_per_mm=None), with_card=True)
    # The phantom's card is no size that is sold: it is given one here.
    monkeypatch.setattr("analysis.card._scale", lambda *_: (9.5, ()))
    found = analyse(shot().jpeg, finder=None, plan=plan(px_per_mm=None), with_card=True)
    assert found.px_per_mm == 9.5
    assert found.px_per_mm_source == "card"
    result = compared(shot(NO_DOSE, NEUTRAL, 1), plan(px_per_mm=None))
    assert result.comparable
    text = '{"regions": [{"name": "a", "polygon": [[0, 0], [90, 0], [90, 90]]}]}'
    assert parse_regions(text, scale_needed=False).px_per_mm is None
    with pytest.raises(RegionsError, match="px_per_mm"):
        parse_regions(text)


def test_noise_has_places_of_its_own() -> None:
    for metric in ("redness", "pigment"):
        own = PRIOR_SD[metric]
        assert prior_sd(metric, "treated", False, "card", True) == own["card"]
        assert prior_sd(metric, "treated", False, "reference", True) == own["body_card"]
        assert prior_sd(metric, "treated", False, "reference", False) == own["body"]
        on_face = prior_sd(metric, "chin", True, "card", True)
        assert on_face == pytest.approx(math.hypot(own["card"], own["chin"]))
        assert CARD_SD["card"][metric] > CARD_SD["body_card"][metric]
    # Against the card nothing else has been measured yet: no band, no number.
    assert math.isnan(prior_sd("redness_uniformity", "treated", False, "card", True))


def test_the_phantom_without_a_card_is_as_ever() -> None:
    plain = Site.of(5, "III", patch_mm=16.0, varied_optics=False, master_px_per_mm=14.0)
    again = Site.of(5, "III", patch_mm=16.0, varied_optics=False, master_px_per_mm=14.0, card=False)
    assert plain.photo().jpeg == again.photo().jpeg
    wide = Site.of(5, "III", patch_mm=16.0, varied_optics=False, master_px_per_mm=14.0, card=True).photo()
    assert wide.pixels.shape[0] == plain.photo().pixels.shape[0]
    assert wide.pixels.shape[1] > plain.photo().pixels.shape[1]
    assert np.array_equal(wide.regions[0].polygon, plain.photo().regions[0].polygon)


@pytest.mark.parametrize("tone", ["III", "V"])
def test_the_tone_of_skin_beside_a_card_does_not_follow_the_exposure(tone: str) -> None:
    beside = Site.of(12, tone, patch_mm=16.0, varied_optics=False, master_px_per_mm=14.0, card=True)

    def read(exposure: float, *, with_card: bool = True, card_in_both: bool = True) -> set[str]:
        light = dataclasses.replace(NEUTRAL, gain_ev=exposure)
        taken = beside.photo(NO_DOSE, light, shot_seed=3)
        skin_ends = round(float(taken.regions[1].polygon[:, 0].max())) + 10
        later = taken.jpeg if card_in_both else encoded(taken.pixels[:, :skin_ends], "PNG")
        where = RegionPlan(taken.regions, taken.px_per_mm)
        result = compare([taken.jpeg], [later], finder=None, plan=where, with_card=with_card)
        flags = set(change_of(result, "pigment").flags) | set(change_of(result, "redness").flags)
        return {"pigment_by_red", "exploratory_tone"} & flags

    dark = {"pigment_by_red", "exploratory_tone"} if tone == "V" else set()
    assert read(-0.7) == read(0.2) == dark
    assert read(-0.7, card_in_both=False) == dark, "a course keeps its tone where a later photo shows no card"
    if tone == "III":
        assert read(-0.7, with_card=False) != dark, "as exposed, skin of class III looks darker than it is"
