"""The straight line on synthetic skin with known truth."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from scipy import stats

from analysis import errors
from analysis.compare import judge
from analysis.constants import HAEMOGLOBIN_DIRECTION, NU0, RESPONSE_GAIN, WEIGHTS
from analysis.decode import decode
from analysis.flags import FLAGS
from analysis.linear import linear_light, srgb_pixels
from analysis.metrics import registry
from analysis.phantom.disturbance import Disturbance
from analysis.phantom.scene import NO_DOSE, Dose, Site, SyntheticPhoto
from analysis.pipeline import analyse, compare, repeatability
from analysis.records import Parameters, RegionPlan, as_json
from analysis.uncertainty import limits
from tests.analysis.patches import (
    MOVED,
    again,
    change_of,
    compared,
    encoded,
    is_empty,
    plan_of,
    shot,
    verdicts,
)

VERDICTS = {
    "not_comparable", "not_measurable", "no_measurable_change", "measurable_increase", "measurable_decrease",
}  # fmt: skip
EXPORTS = {
    # name: unit, family, better, needs a reference
    "redness": ("H", "colour", "lower", True),
    "redness_uniformity": ("H", "colour", "lower", False),
    "pigment": ("M", "colour", None, True),
    "pigment_uniformity": ("M", "colour", "lower", False),
    "texture_pore": ("%", "texture", "lower", True),
    "texture_medium": ("%", "texture", "lower", True),
    "texture_coarse": ("%", "texture", "lower", True),
}
BASE = NO_DOSE
SHIFTED = Disturbance(shift_mm=(0.4, 0.2))


# --- what a comparison holds ----------------------------------------------------------------------


def test_the_seven_metrics_are_there_as_exported(baseline: SyntheticPhoto) -> None:
    found = compared(baseline, again(shift_mm=(0.4, 0.2)))
    treated = {c.metric: c for c in found.changes if c.region == "treated"}
    assert {c.region for c in found.changes} == {"treated"}, "a reference is not judged against itself"
    for name, (unit, family, better, relative) in EXPORTS.items():
        definition = registry()[name]
        assert (definition.unit, definition.family, definition.better) == (unit, family, better)
        change = treated[name]
        assert (change.unit, change.family) == (unit, family)
        assert change.reference == ("reference" if relative else None)
        assert change.verdict in VERDICTS
        assert change.n_pixels > 1000


def test_a_difference_is_follow_up_minus_baseline(baseline: SyntheticPhoto) -> None:
    for change in compared(baseline, again(gain_ev=-0.2)).changes:
        assert change.difference == pytest.approx(change.follow_up - change.baseline)
        low, high = change.ci95
        assert low < change.difference < high
        # One region is judged: interval and band are the same but for the gain.
        se = change.mdc95 / float(stats.t.ppf(0.975, NU0))
        gain = RESPONSE_GAIN.get(change.metric, (1.0, 1.0))
        assert change.ci95 == pytest.approx(limits(change.difference, se, NU0, 1, 0.05, gain)[0])


@pytest.mark.parametrize("tone", ["III", "V", "VI"])
def test_less_melanin_is_a_fall_of_pigment_in_every_tone(tone: str) -> None:
    site = Site.of(seed=77, tone=tone)
    photos = site.photo(), site.photo(Dose(melanin=-0.3), shot_seed=1)
    found = compared(*photos)
    assert verdicts(found)["pigment"] == "measurable_decrease"
    assert found.views
    by_red = {"pigment_by_red" in change.flags for change in found.changes if change.metric == "pigment"}
    assert by_red == {"pigment" not in found.views.maps}, "no map of M where the level is read from red"
    assert tone != "VI" or by_red == {True}


def test_a_comparison_says_what_made_it(baseline: SyntheticPhoto) -> None:
    follow_up = again(gain_ev=-0.2)
    found = compared(baseline, follow_up)
    assert found.baseline_ids == (decode(baseline.jpeg).sha256,)
    assert found.photo_ids == (decode(follow_up.jpeg).sha256,)
    assert found.parameters_sha256 == Parameters().sha256()
    assert found.method_version
    assert found.alignment
    assert found.alignment.overlap > 0.9
    assert found.alignment.residual_mm < 0.1
    assert found.grade == "A"
    assert found.comparable
    assert found.reasons == found.left_out == ()


def test_json_has_no_nan_and_flags_are_known(baseline: SyntheticPhoto) -> None:
    cast, coarse = again(white_balance=(0.3, -0.7)), again(px_per_mm=3.0)
    for follow_up in (again(gain_ev=-0.2), cast, coarse, shot(seed=6)):
        found = compared(baseline, follow_up)
        text = json.dumps(as_json(found), allow_nan=False)
        assert "views" not in json.loads(text)
        assert {flag for c in found.changes for flag in c.flags} <= set(FLAGS)
        for change in found.changes:
            assert change.verdict in VERDICTS
            without = change.verdict in ("not_comparable", "not_measurable")
            numbers = (change.baseline, change.follow_up, change.difference, *change.ci95, change.mdc95)
            assert is_empty(change) if without else all(math.isfinite(number) for number in numbers)
            assert change.flags or not without, "what could not be measured says why"


def test_same_inputs_same_outputs(baseline: SyntheticPhoto) -> None:
    follow_up = again(shift_mm=(0.4, 0.2))
    first, second = (as_json(compared(baseline, follow_up)) for _ in range(2))
    assert first == second


def test_parameters_count(baseline: SyntheticPhoto) -> None:
    coarse = Parameters(max_px_per_mm=4.0)
    found = compare(
        [baseline.jpeg], [again(gain_ev=-0.2).jpeg], finder=None, plan=plan_of(baseline), parameters=coarse
    )
    assert found.parameters_sha256 == coarse.sha256() != Parameters().sha256()
    assert found.views
    assert found.views.px_per_mm == 4


# --- what changed is found, what did not is not ---------------------------------------------------


@pytest.mark.parametrize(
    ("dose", "metric", "verdict"),
    [
        (Dose(haemoglobin=1.0), "redness", "measurable_increase"),
        (Dose(haemoglobin=-0.6), "redness", "measurable_decrease"),
        (Dose(melanin=0.6), "pigment", "measurable_increase"),
        (Dose(melanin=-0.4), "pigment", "measurable_decrease"),
        (Dose(relief=0.5), "texture_medium", "measurable_decrease"),
        (Dose(relief=1.8), "texture_medium", "measurable_increase"),
        (Dose(relief=0.5), "texture_coarse", "measurable_decrease"),
    ],
)
def test_a_large_dose_is_found_with_its_sign(
    baseline: SyntheticPhoto, dose: Dose, metric: str, verdict: str
) -> None:
    found = verdicts(compared(baseline, shot(dose, SHIFTED, 1)))
    assert found[metric] == verdict
    other = {"redness": "texture_medium", "pigment": "texture_medium"}.get(metric, "redness")
    assert found[other] == "no_measurable_change"


def test_a_colour_dose_has_its_size(baseline: SyntheticPhoto) -> None:
    # The optical model itself says what the dose does to the mean colour of the treated patch.
    dose = Dose(haemoglobin=0.8)
    after = shot(dose, SHIFTED, 1)
    measured = change_of(compared(baseline, after), "redness").difference
    level = [index_of(photo, 0) - index_of(photo, 1) for photo in (baseline, after)]
    assert measured == pytest.approx(level[1] - level[0], rel=0.1)
    assert measured > 2


def index_of(photo: SyntheticPhoto, region: int) -> float:
    """H of the mean light in the middle of a region, by hand."""
    left, top = photo.regions[region].polygon.min(0).astype(int) + 10
    right, bottom = photo.regions[region].polygon.max(0).astype(int) - 10
    light = linear_light(photo.pixels[top:bottom, left:right]).reshape(-1, 3).mean(0)
    return float(-np.log10(light) @ WEIGHTS["haemoglobin"])


@pytest.mark.parametrize(
    "disturbance",
    [
        {"gain_ev": -0.5},
        {"gain_ev": 0.3},
        {"white_balance": (0.05, -0.04)},
        {"jpeg_quality": 92},
        {"px_per_mm": 12.0},
        {"shift_mm": (1.5, -1.0)},
        {"yaw_deg": 4.0},
        {"warp_mm": 0.5},
        {"blur_px": 0.9},
        {"noise_dn": 1.2},
    ],
    ids=lambda one: next(iter(one)),
)
def test_a_disturbed_photo_is_no_change(baseline: SyntheticPhoto, disturbance: dict[str, Any]) -> None:
    found = compared(baseline, again(**disturbance))
    assert found.comparable
    wrong = {name for name, verdict in verdicts(found).items() if verdict in MOVED}
    assert not wrong


def test_a_change_of_both_patches_is_none(baseline: SyntheticPhoto) -> None:
    # More blood everywhere: relative to the reference nothing changed, although its own level did.
    redder = linear_light(baseline.pixels) * 10 ** -(0.03 * np.array(HAEMOGLOBIN_DIRECTION, np.float32))
    photo = encoded(srgb_pixels(redder))
    plan = plan_of(baseline)
    found = compare([encoded(baseline.pixels)], [photo], finder=None, plan=plan)
    assert abs(change_of(found, "redness").difference) < 0.1
    assert change_of(found, "redness").verdict == "no_measurable_change"
    alone = RegionPlan(drawn=plan.drawn[:1], px_per_mm=plan.px_per_mm)
    without = change_of(compare([encoded(baseline.pixels)], [photo], finder=None, plan=alone), "redness")
    assert without.flags == ("no_reference",)


def test_a_crop_is_no_change(baseline: SyntheticPhoto) -> None:
    follow_up = again(gain_ev=-0.1).pixels[25:-5, 31:-11]
    found = compare([encoded(baseline.pixels)], [encoded(follow_up)], finder=None, plan=plan_of(baseline))
    assert not {name for name, verdict in verdicts(found).items() if verdict in MOVED}
    assert verdicts(found)["redness"] == "no_measurable_change"


# --- what cannot be measured or compared ----------------------------------------------------------


def test_without_a_reference_levels_are_not_measurable_and_patterns_are(baseline: SyntheticPhoto) -> None:
    plan = RegionPlan(drawn=baseline.regions[:1], px_per_mm=baseline.px_per_mm)
    found = compare([baseline.jpeg], [again(gain_ev=-0.2).jpeg], finder=None, plan=plan)
    for change in found.changes:
        assert change.reference is None
        if EXPORTS[change.metric][3]:
            assert change.verdict == "not_measurable"
            assert change.flags == ("no_reference",)
            assert is_empty(change)
        else:
            assert change.verdict == "no_measurable_change"
            assert math.isfinite(change.difference)


def test_a_refused_family_is_not_comparable_and_has_no_numbers(baseline: SyntheticPhoto) -> None:
    found = compared(baseline, again(white_balance=(0.3, -0.7)))
    assert found.grade == "C"
    assert found.comparable
    assert found.reasons
    for change in found.changes:
        if change.family == "colour":
            assert change.verdict == "not_comparable"
            assert change.flags == ("gate_refused",)
            assert is_empty(change)
            assert as_json(change)["difference"] is None
        else:
            assert change.verdict == "no_measurable_change"
    gate = next(g for g in found.gates if g.name == "colour_cast_drawn")
    assert gate.state == "refuse"
    assert gate.value > gate.limit
    assert any(gate.advice in reason for reason in found.reasons)


def test_a_blurred_photo_is_refused_for_texture_only(baseline: SyntheticPhoto) -> None:
    found = compared(baseline, again(blur_px=4.0))
    assert verdicts(found)["texture_medium"] == "not_comparable"
    assert verdicts(found)["redness"] == "no_measurable_change"


def test_low_resolution_is_not_measurable(baseline: SyntheticPhoto) -> None:
    found = compared(baseline, again(px_per_mm=6.0))
    for change in found.changes:
        needs = registry()[change.metric].needs_px_per_mm
        if needs > 6:
            assert change.verdict == "not_measurable"
            assert "low_resolution" in change.flags
            assert is_empty(change)
        else:
            assert change.verdict == "no_measurable_change"


def test_other_skin_is_left_out_with_its_reason(baseline: SyntheticPhoto) -> None:
    other = shot(seed=6)
    found = compared(baseline, other)
    assert found.grade == "not_comparable"
    assert not found.comparable
    assert found.changes == ()
    (left,) = found.left_out
    assert left.code == "not_registered"
    assert left.photo_id == decode(other.jpeg).sha256
    assert found.reasons == (left.reason,)


def test_a_baseline_that_cannot_be_used_is_an_error(baseline: SyntheticPhoto) -> None:
    good = again(gain_ev=-0.2).jpeg
    with pytest.raises(errors.EmptyFile):
        compare([b""], [good], finder=None, plan=plan_of(baseline))
    with pytest.raises(errors.UnsupportedFormat):
        compare([b"no photo at all" * 9], [good], finder=None, plan=plan_of(baseline))


def test_a_follow_up_that_cannot_be_used_is_left_out(baseline: SyntheticPhoto) -> None:
    good = again(gain_ev=-0.2).jpeg
    plan = plan_of(baseline)
    nothing = compare([baseline.jpeg], [good[:2000]], finder=None, plan=plan)
    assert nothing.grade == "not_comparable"
    assert [item.code for item in nothing.left_out] == ["damaged_photo"]
    assert nothing.reasons
    # Drawn regions are pixels of the first photo: on another they would be other skin.
    with pytest.raises(errors.EmptyFile):
        compare([b"", baseline.jpeg], [good], finder=None, plan=plan)
    one = compare([baseline.jpeg, b""], [b"", good], finder=None, plan=plan)
    assert [item.code for item in one.left_out] == ["empty_file", "empty_file"]
    assert one.grade == "A"
    assert as_json(one.changes) == as_json(compare([baseline.jpeg], [good], finder=None, plan=plan).changes)


def test_regions_have_to_fit_the_first_baseline(baseline: SyntheticPhoto) -> None:
    plan = plan_of(baseline)
    outside = replace(plan, drawn=(replace(plan.drawn[0], polygon=plan.drawn[0].polygon + 4000),))
    for call in (analyse_one, compare_with_itself):
        with pytest.raises(errors.RegionsError, match="leaves the baseline photo"):
            call(baseline.jpeg, outside)
        with pytest.raises(errors.RegionsError, match="need a scale"):
            call(baseline.jpeg, replace(plan, px_per_mm=None))
        with pytest.raises(errors.ModelsMissing, match="models fetch"):
            call(baseline.jpeg, RegionPlan())


def analyse_one(data: bytes, plan: RegionPlan) -> object:
    return analyse(data, finder=None, plan=plan)


def compare_with_itself(data: bytes, plan: RegionPlan) -> object:
    return compare([data], [data], finder=None, plan=plan)


# --- dates ----------------------------------------------------------------------------------------


def dated(photo: SyntheticPhoto, when: str) -> bytes:
    """The photo with the time a camera writes."""
    facts = Image.Exif()
    facts.get_ifd(0x8769)[0x9003] = when
    return encoded(photo.pixels, "PNG", exif=facts.tobytes())


def test_a_follow_up_older_than_its_baseline_is_refused(baseline: SyntheticPhoto) -> None:
    follow_up, plan = again(gain_ev=-0.2), plan_of(baseline)
    first, second = dated(baseline, "2026:05:02 08:00:00"), dated(follow_up, "2026:05:01 23:59:00")
    with pytest.raises(errors.SessionOrder) as caught:
        compare([first], [second], finder=None, plan=plan)
    assert "2026-05-02" in caught.value.expected
    assert caught.value.got == "2026-05-01"
    assert caught.value.advice
    earlier_that_day = dated(follow_up, "2026:05:02 01:00:00")
    assert compare([first], [earlier_that_day], finder=None, plan=plan).comparable
    # The date that a person gives wins over the camera's.
    corrected = {decode(second).sha256: "2026-05-09"}
    assert compare([first], [second], finder=None, plan=plan, captured_at=corrected).comparable


def test_a_date_of_the_last_edit_puts_nothing_in_order(baseline: SyntheticPhoto) -> None:
    facts = Image.Exif()
    facts[0x0132] = "2026:07:01 10:00:00"
    edited = encoded(baseline.pixels, "PNG", exif=facts.tobytes())
    assert decode(edited).facts.captured_at_source == "file"
    follow_up = dated(again(gain_ev=-0.2), "2026:05:01 08:00:00")
    assert compare([edited], [follow_up], finder=None, plan=plan_of(baseline)).comparable


# --- several shots --------------------------------------------------------------------------------


def test_two_shots_a_session_narrow_the_limit(baseline: SyntheticPhoto) -> None:
    later = again(gain_ev=-0.2)
    one = compared(baseline, later)
    two = compared([baseline, shot(BASE, SHIFTED, 2)], [later, shot(BASE, SHIFTED, 3)])
    for name in ("redness", "pigment", "texture_medium"):
        assert change_of(two, name).mdc95 < change_of(one, name).mdc95
        assert "single_shot" in change_of(one, name).flags
        assert "single_shot" not in change_of(two, name).flags
    assert len(two.baseline_ids) == len(two.photo_ids) == 2


def test_one_bad_shot_does_not_spoil_a_session(baseline: SyntheticPhoto) -> None:
    good, bad = again(gain_ev=-0.2), again(white_balance=(0.3, -0.7))
    both, alone = compared(baseline, [bad, good]), compared(baseline, good)
    assert both.grade == "A"
    assert change_of(both, "redness").difference == pytest.approx(change_of(alone, "redness").difference)
    assert len(both.photo_ids) == 2
    # Pictures and alignment are of a shot whose colours are compared.
    assert both.views
    assert set(both.views.maps) == {"redness", "pigment", "relief"}
    assert both.alignment == alone.alignment


def test_the_checks_told_are_the_worst_of_the_shots_used(baseline: SyntheticPhoto) -> None:
    good, yellow = again(gain_ev=-0.2), again(white_balance=(0.1, -0.3))
    warned, clean = compared(baseline, [good, yellow]), compared(baseline, good)
    assert clean.grade == "A"
    assert warned.grade == "B"
    (cast,) = [gate for gate in warned.gates if gate.name == "colour_cast_drawn"]
    assert cast.state == "warn"
    assert "gate_warning" in change_of(warned, "redness").flags
    # So does a shot of the baseline.
    before = compared([baseline, yellow], good)
    assert before.grade == "B"
    assert "gate_warning" in change_of(before, "redness").flags


@pytest.mark.parametrize("code", [0, 255])
def test_skin_that_is_all_clipped_or_black_is_not_taken_for_other_skin(
    baseline: SyntheticPhoto, code: int
) -> None:
    lost = baseline.pixels.copy()
    for region in baseline.regions:
        cv2.fillPoly(lost, [np.rint(region.polygon).astype(np.int32)], (code,) * 3)
    photo = encoded(lost, "PNG")
    found = compare([photo], [baseline.jpeg], finder=None, plan=plan_of(baseline))
    assert [item.code for item in found.left_out] == ["not_readable"]
    assert "in the baseline photo" in found.reasons[0]
    assert not compare([baseline.jpeg], [photo], finder=None, plan=plan_of(baseline)).comparable


def test_drawn_regions_may_be_called_as_a_faces(baseline: SyntheticPhoto) -> None:
    treated, reference = baseline.regions
    for names in (("left_cheek", "forehead"), ("right_cheek", "left_cheek")):
        drawn = (replace(treated, name=names[0]), replace(reference, name=names[1]))
        plan = RegionPlan(drawn=drawn, px_per_mm=baseline.px_per_mm)
        found = compare([baseline.jpeg], [again(gain_ev=-0.2).jpeg], finder=None, plan=plan)
        assert change_of(found, "redness", names[0]).reference == names[1]
        assert any(gate.name == "light_asymmetry" for gate in found.gates)


def test_maps_are_kept_of_one_shot_alone(baseline: SyntheticPhoto, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def spy(repeats: Any, follow_ups: Any, *rest: Any, **named: Any) -> Any:
        seen.extend([repeats, follow_ups])
        return judge(repeats, follow_ups, *rest, **named)

    monkeypatch.setattr("analysis.pipeline.judge", spy)
    later = [again(gain_ev=-0.2), shot(BASE, SHIFTED, 2), shot(BASE, SHIFTED, 3)]
    compared([baseline, shot(BASE, SHIFTED, 4), shot(BASE, SHIFTED, 5)], later)
    for pairs in seen:
        assert sum(pair.baseline_linear.size > 0 for pair in pairs) == 1
        held = sum(pair.baseline.relief.size + pair.follow_up.relief.size for pair in pairs)
        assert held == 2 * max(pair.baseline.relief.size for pair in pairs)


# --- pictures -------------------------------------------------------------------------------------


def test_views_are_one_crop_with_maps_in_units(baseline: SyntheticPhoto) -> None:
    dose = Dose(haemoglobin=1.0)
    found = compared(baseline, shot(dose, SHIFTED, 1))
    views = found.views
    assert views
    assert views.baseline.shape == views.follow_up.shape == (*views.valid.shape, 3)
    assert views.baseline.dtype == np.uint8
    assert set(views.maps) == {"redness", "pigment", "relief"} == set(views.local_limit)
    treated, reference = (inside(region.polygon, views.valid) for region in views.regions)
    first, second = views.maps["redness"]
    assert np.median((second - first)[reference]) == pytest.approx(0, abs=0.2)
    change = change_of(found, "redness")
    assert np.median((second - first)[treated]) == pytest.approx(change.difference, rel=0.15)
    assert views.local_limit["redness"] >= change.mdc95
    skin = views.baseline[treated].astype(int).mean(0)
    assert skin[0] > skin[1] > skin[2], "skin is red before green before blue"


def inside(polygon: np.ndarray, valid: np.ndarray) -> np.ndarray:
    canvas = np.zeros(valid.shape, np.uint8)
    cv2.fillPoly(canvas, [np.rint(polygon).astype(np.int32)], 1)
    return (canvas > 0) & valid


def test_a_refused_family_has_no_map(baseline: SyntheticPhoto) -> None:
    views = compared(baseline, again(white_balance=(0.3, -0.7))).views
    assert views
    assert set(views.maps) == {"relief"}
    alone = RegionPlan(drawn=baseline.regions[:1], px_per_mm=baseline.px_per_mm)
    unjudged = compare([baseline.jpeg], [again(gain_ev=-0.2).jpeg], finder=None, plan=alone).views
    assert unjudged
    assert math.isnan(unjudged.local_limit["redness"])


def test_a_picture_saved_again_is_no_second_shot(baseline: SyntheticPhoto) -> None:
    again = encoded(shot(number=1).pixels, "PNG"), encoded(shot(number=1).pixels, "TIFF")
    once, twice = (
        compare([baseline.jpeg], list(files), finder=None, plan=plan_of(baseline))
        for files in (again[:1], again)
    )
    assert [item.code for item in twice.left_out] == ["same_picture"]
    assert repr(twice.changes) == repr(once.changes)
    with pytest.raises(errors.TooFewShots, match="already"):
        repeatability([baseline.jpeg, *again], finder=None, plan=plan_of(baseline))


def test_a_picture_saved_again_is_no_second_shot_of_the_baseline_either(baseline: SyntheticPhoto) -> None:
    files = [baseline.jpeg, encoded(decode(baseline.jpeg).pixels, "PNG")]
    found = compare(files, [shot(number=1).jpeg], finder=None, plan=plan_of(baseline))
    assert [item.code for item in found.left_out] == ["same_picture"]
    assert len(found.baseline_ids) == 1


def test_a_session_with_a_picture_of_the_baseline_says_so(baseline: SyntheticPhoto) -> None:
    saved_again = encoded(decode(baseline.jpeg).pixels, "PNG")
    for session in ([baseline.jpeg], [saved_again], [shot(number=1).jpeg, baseline.jpeg]):
        found = compare([baseline.jpeg], session, finder=None, plan=plan_of(baseline))
        remarked = {change.metric for change in found.changes if "picture_of_baseline" in change.flags}
        assert remarked == {one.metric for one in found.changes if math.isfinite(one.difference)} != set()
    taken_anew = compare([baseline.jpeg], [shot(number=1).jpeg], finder=None, plan=plan_of(baseline))
    assert not any("picture_of_baseline" in change.flags for change in taken_anew.changes)
