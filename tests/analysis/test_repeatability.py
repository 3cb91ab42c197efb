"""Repeat shots: what they say of the noise, what they do to a band, and which studies are refused."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy import stats

from analysis import pipeline, relative
from analysis.compare import judge
from analysis.constants import NU0, PRIOR_SD, TONE_FACTOR
from analysis.decode import decode
from analysis.errors import DamagedPhoto, RepeatabilityError, ShotsDiffer, StudyMismatch, TooFewShots
from analysis.metrics import registry
from analysis.phantom.disturbance import NEUTRAL
from analysis.phantom.scene import NO_DOSE
from analysis.records import Change, LeftOut, Parameters
from analysis.repeatability import (
    OwnNoise,
    Repeatability,
    bands,
    check_fits,
    pooled,
    study,
)
from analysis.repeatability_document import from_text, study_sha256, to_document
from tests.analysis.patches import plan_of, shot, site
from tests.analysis.raw_pairs import BODY, body, face, pair, refusal, whole_face

IDS = tuple(f"{n:064x}" for n in range(8))
PARAMETERS = Parameters()


def studied(values: list[float], *, with_anchor: bool = True, **options: Any) -> Repeatability:
    """Shots whose redness in the treated patch differs from the anchor's by so much."""
    pairs = [pair(body(value), **options) for value in values]
    n = len(values) + with_anchor
    return study(pairs, IDS[:n], BODY, PARAMETERS, on_face=False, with_anchor=with_anchor)


def of(found: Repeatability, metric: str = "redness", region: str = "treated") -> OwnNoise:
    (item,) = [n for n in found.noise if (n.metric, n.region) == (metric, region)]
    return item


def with_study(own: Repeatability | None, *changes: float) -> Change:
    follow_ups = [pair(body(value)) for value in changes]
    found, _ = judge((), follow_ups, BODY, PARAMETERS, on_face=False, own_noise=own)
    return next(c for c in found if (c.metric, c.region) == ("redness", "treated"))


# --- the study ------------------------------------------------------------------------------------------


def test_the_sd_is_that_of_the_shots() -> None:
    noise = of(studied([1.0, -0.4, 2.2]))
    values = [0.0, 1.0, -0.4, 2.2]
    assert noise.sd == pytest.approx(np.std(values, ddof=1))
    assert (noise.df, noise.reference, noise.unit) == (3, "reference", "H")
    assert noise.mdc95 == pytest.approx(stats.t.ppf(0.975, 3) * math.sqrt(2) * np.std(values, ddof=1))


def test_an_older_photo_that_the_regions_lie_on_drops_out() -> None:
    near = of(studied([1.0, -0.4, 2.2], with_anchor=False))
    far = of(studied([9.0, 7.6, 10.2], with_anchor=False))
    assert near.df == 2
    assert near.contrasts == pytest.approx(far.contrasts)
    assert far.sd == pytest.approx(np.std([1.0, -0.4, 2.2], ddof=1))


def test_a_refused_shot_gives_its_family_no_contrast() -> None:
    pairs = [pair(body(1.0)), pair(body(50.0), gates=(refusal("colour_cast", "colour"),)), pair(body(2.0))]
    found = study(pairs, IDS[:4], BODY, PARAMETERS, on_face=False, with_anchor=True)
    assert of(found).df == 2
    assert of(found).sd == pytest.approx(np.std([0.0, 1.0, 2.0], ddof=1))
    assert of(found, "texture_medium").df == 3


def test_what_no_shot_could_measure_has_no_noise() -> None:
    found = studied([math.nan, math.nan])
    assert not [n for n in found.noise if n.metric == "redness"]
    assert found.contrasts("redness", "treated", "reference") == ()
    assert {n.region for n in found.noise} == {"treated"}
    assert math.isnan(OwnNoise("redness", "treated", None, "H", ()).sd)


def test_studies_are_pooled_within_their_own_day() -> None:
    first, second = studied([1.0, 2.0]), replace(studied([9.0, 7.0]), photo_ids=IDS[4:7])
    both = pooled([first, second])
    assert both is not None
    assert of(both).contrasts == of(first).contrasts + of(second).contrasts
    assert both.photo_ids == IDS[:3] + IDS[4:7]
    assert pooled([]) is None
    assert pooled([first]) == first


def test_pigment_read_from_red_says_nothing_of_pigment_by_m() -> None:
    light, dark = (
        study(
            [pair(body(change), "pigment", tone_deg=tone) for change in (0.5, -0.5)],
            ids, BODY, PARAMETERS, on_face=False, with_anchor=True,
        )
        for tone, ids in ((50.0, IDS[:3]), (-40.0, IDS[3:6]))
    )  # fmt: skip
    assert (of(light, "pigment").by_red, of(dark, "pigment").by_red) == (False, True)
    assert of(light).by_red is None, "redness is read alike in all skin"
    both = pooled([light, dark])
    assert both is not None
    assert len([one for one in both.noise if one.metric == "pigment"]) == 2
    assert both.contrasts("pigment", "treated", "reference", by_red=True) == of(dark, "pigment").contrasts

    def flags(own: Repeatability, tone: float) -> tuple[str, ...]:
        follow_up = pair({"treated": 0.3, "reference": 0.0}, "pigment", tone_deg=tone)
        found, _ = judge((), [follow_up], BODY, PARAMETERS, on_face=False, own_noise=own)
        return next(c for c in found if (c.metric, c.region) == ("pigment", "treated")).flags

    assert "own_noise" in flags(light, 50.0)
    assert "own_noise" not in flags(light, -40.0)
    assert "own_noise" in flags(dark, -40.0)
    undated = replace(light, noise=tuple(replace(one, by_red=None) for one in light.noise))
    assert "own_noise" in flags(undated, -40.0), "a study of an older version does not say how it was read"


# --- the band -------------------------------------------------------------------------------------------


def test_the_band_is_the_prior_and_the_repeats_together() -> None:
    values = [1.5, -0.9, 2.4]
    found = with_study(studied(values), 0.1)
    prior = PRIOR_SD["redness"]["body"] * TONE_FACTOR["redness"][0]
    squares = 2 * np.var([0.0, *values], ddof=1) * 3  # three contrasts, each of variance 2 sw^2
    variance = (NU0 * prior**2 + 2 * squares) / (NU0 + 3)
    assert variance > prior**2, "loud shots: both parts of the variance rise"
    df = (0.5 / math.sqrt(NU0) + 0.5 / math.sqrt(NU0 + 3)) ** -2
    expected = stats.t.ppf(0.975, df) * math.sqrt(variance)
    assert found.mdc95 == pytest.approx(expected)
    assert "own_noise" in found.flags
    assert found.detectable80 == pytest.approx(expected + stats.t.ppf(0.8, df) * math.sqrt(variance))


def test_loud_repeats_widen_quiet_ones_narrow_and_none_go_below_the_days() -> None:
    plain = with_study(None, 0.1)
    assert "own_noise" not in plain.flags
    assert with_study(studied([6.0, -6.0, 3.0]), 0.1).mdc95 > plain.mdc95
    quiet = with_study(studied([0.0, 0.0, 0.0]), 0.1).mdc95
    assert quiet < plain.mdc95
    noise = OwnNoise("redness", "treated", "reference", "H", (0.0,) * 5000)
    silent = with_study(replace(studied([0.0, 0.0]), noise=(noise,)), 0.1).mdc95
    between = stats.t.ppf(0.975, NU0) * PRIOR_SD["redness"]["body"] * TONE_FACTOR["redness"][0] / math.sqrt(2)
    assert between <= silent < quiet
    assert silent == pytest.approx(between, rel=0.01)


def test_a_study_against_another_reference_is_passed_over() -> None:
    own = studied([1.0, 2.0, 3.0])
    other = replace(own, noise=tuple(replace(n, reference="elsewhere") for n in own.noise))
    assert with_study(other, 0.1) == with_study(None, 0.1)


def test_bands_are_those_of_a_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relative, "TONE_FACTOR", {})  # a study says nothing of the tone
    own = studied([1.5, -0.9, 2.4])
    (band,) = [b for b in bands(own, PARAMETERS) if b.noise.metric == "redness"]
    assert band.mdc95 == pytest.approx(with_study(own, 0.1).mdc95)
    assert band.default_mdc95 == pytest.approx(with_study(None, 0.1).mdc95)


def test_a_face_has_its_own_prior_and_its_regions_are_judged_together() -> None:
    generator = np.random.default_rng(1)
    where = face()
    pairs = [
        pair(dict(zip(whole_face(), generator.normal(0, 0.5, 9), strict=True))) for _ in range(3)
    ]  # fmt: skip
    own = study(pairs, IDS[:4], where, PARAMETERS, on_face=True, with_anchor=True)
    found = {b.noise.region: b for b in bands(own, PARAMETERS) if b.noise.metric == "redness"}
    assert len(found) == 9
    expected = stats.t.ppf(1 - 0.025 / 9, NU0) * PRIOR_SD["redness"]["forehead"]
    assert found["forehead"].default_mdc95 == pytest.approx(expected)
    assert found["forehead"].noise.reference == "rest_of_face"


# --- which studies fit ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "got"),
    [
        ({"method_version": "0.0.1"}, "method 0.0.1"),
        ({"parameters_sha256": "f" * 64}, "parameters ffffffffffff"),
        ({"on_face": True}, "regions of a face: treated"),
        ({"noise": (OwnNoise("redness", "nose", None, "H", (1.0,)),)}, "drawn regions: nose"),
        ({"noise": ()}, "drawn regions: none"),
    ],
)
def test_a_study_of_something_else_is_refused(changed: dict[str, Any], got: str) -> None:
    own = studied([1.0, 2.0])
    check_fits(own, BODY, PARAMETERS, on_face=False)
    with pytest.raises(StudyMismatch) as caught:
        check_fits(replace(own, **changed), BODY, PARAMETERS, on_face=False)
    assert caught.value.got == got
    assert caught.value.expected
    assert caught.value.advice


def test_shots_are_not_counted_twice() -> None:
    own = studied([1.0, 2.0])
    check_fits(own, BODY, PARAMETERS, on_face=False, sessions=[[IDS[0]], [IDS[5]]])
    with pytest.raises(StudyMismatch, match="in the repeatability study too"):
        check_fits(own, BODY, PARAMETERS, on_face=False, sessions=[[IDS[5]], [IDS[0], IDS[2]]])


# --- the document ---------------------------------------------------------------------------------------

values = st.floats(-1e5, 1e5)
rows = st.lists(
    st.tuples(
        st.sampled_from(list(registry())),
        st.text(min_size=1, max_size=20),
        st.none() | st.text(max_size=20),
        st.lists(values, min_size=1, max_size=7),
    ),
    unique_by=lambda row: row[:3],
    max_size=6,
)


@given(rows=rows, on_face=st.booleans())
def test_a_document_comes_back_as_it_was(rows: list[Any], on_face: bool) -> None:
    noise = tuple(
        OwnNoise(metric, region, reference, registry()[metric].unit, tuple(contrasts))
        for metric, region, reference, contrasts in rows
    )
    left_out = (LeftOut(IDS[7], "no_face", "No face was found."),)
    own = Repeatability(IDS, on_face, noise, left_out, parameters_sha256="a" * 64)
    again = from_text(json.dumps(to_document(own)))
    assert again == own
    assert study_sha256(again) == study_sha256(own)


@pytest.mark.parametrize(
    ("path", "value", "got"),
    [
        (["kind"], "another", "kind"),
        (["schema_version"], "2.0", "schema_version"),
        (["photo_ids"], list(IDS[:2]), "photo_ids"),
        (["photo_ids"], [IDS[0]] * 3, "photo_ids"),
        (["photo_ids", 0], "../etc/passwd", "photo_ids/0"),
        (["on_face"], 1, "on_face"),
        (["noise", 0, "contrasts"], [], "noise/0/contrasts"),
        (["noise", 0, "contrasts"], ["1.0"], "noise/0/contrasts/0"),
        (["noise", 0, "contrasts"], [1e300], "noise/0/contrasts/0"),
        (["noise", 0, "contrasts"], [0.1] * 3, "3 contrasts of 3 shots"),
        (["noise", 0, "unit"], "%", "measured in"),
        (["noise"], None, "noise"),
    ],
)
def test_a_document_that_was_changed_is_refused_by_place(path: list[Any], value: Any, got: str) -> None:
    document = to_document(studied([1.0, 2.0]))
    spot = document
    for part in path[:-1]:
        spot = spot[part]
    spot[path[-1]] = value
    with pytest.raises(RepeatabilityError) as caught:
        from_text(json.dumps(document))
    assert got in caught.value.got
    assert caught.value.advice


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"a": NaN}', "[" * 100_000])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(RepeatabilityError, match="not a repeatability study"):
        from_text(text)


def test_a_row_twice_would_count_twice() -> None:
    document = to_document(studied([1.0, 2.0]))
    document["noise"].append(document["noise"][0])
    with pytest.raises(RepeatabilityError, match="not a repeatability study") as caught:
        from_text(json.dumps(document))
    assert "twice" in caught.value.got


# --- from photos ----------------------------------------------------------------------------------------


def shots(*numbers: int) -> list[bytes]:
    return [shot(number=number).jpeg for number in numbers]


def test_shots_of_unchanged_skin_enter_a_comparison() -> None:
    plan = plan_of(shot())
    own = pipeline.repeatability(shots(1, 2, 3), finder=None, plan=plan)
    assert own.n_shots == 3
    assert not own.on_face
    assert of(own).df == 2
    assert 0 < of(own).sd < 1.0
    before, after = shots(0, 4)
    found = pipeline.compare([before], [after], finder=None, plan=plan, with_views=False, own_noise=own)
    assert found.own_repeat_shots == 3
    assert found.own_noise_sha256 == study_sha256(own)
    plain = pipeline.compare([before], [after], finder=None, plan=plan, with_views=False)
    assert (plain.own_repeat_shots, plain.own_noise_sha256) == (0, "")
    for change, other in zip(found.changes, plain.changes, strict=True):
        assert ("own_noise" in change.flags) == math.isfinite(change.difference)
        if math.isfinite(change.difference):
            assert change.difference == other.difference
            assert change.mdc95 != other.mdc95


def test_regions_drawn_on_the_baseline_are_found_in_the_shots() -> None:
    baseline = shot()
    own = pipeline.repeatability(
        shots(1, 2, 3), finder=None, plan=plan_of(baseline), baseline=baseline.jpeg
    )  # fmt: skip
    assert own.n_shots == 3
    assert baseline.jpeg not in own.photo_ids
    assert of(own).df == 2


def test_shots_of_another_hour_are_refused() -> None:
    def dated(number: int, moment: str) -> bytes:
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0x9003] = moment
        out = io.BytesIO()
        Image.fromarray(decode(shot(number=number).jpeg).pixels).save(out, "JPEG", quality=95, exif=exif)
        return out.getvalue()

    early = [dated(n, f"2026:01:10 10:0{n}:00") for n in (1, 2, 3)]
    assert pipeline.repeatability(early, finder=None, plan=plan_of(shot())).n_shots == 3
    with pytest.raises(RepeatabilityError, match="not of one sitting") as caught:
        pipeline.repeatability(
            [*early, dated(4, "2026:01:10 11:02:00")], finder=None, plan=plan_of(shot())
        )  # fmt: skip
    assert caught.value.got.startswith("61 minutes")


def test_what_cannot_be_used_is_left_out_and_two_shots_are_too_few() -> None:
    plan = plan_of(shot())
    good, cut = shots(1, 2, 3), shot(number=5).jpeg[:4000]
    own = pipeline.repeatability([*good, cut], finder=None, plan=plan)
    assert own.n_shots == 3
    assert [item.code for item in own.left_out] == ["damaged_photo"]
    with pytest.raises(TooFewShots) as caught:
        pipeline.repeatability([*good[:2], cut, good[0]], finder=None, plan=plan)
    assert caught.value.got.startswith("2: ")
    with pytest.raises(DamagedPhoto):  # the regions are pixels of that photo
        pipeline.repeatability([cut, *good], finder=None, plan=plan)
    with pytest.raises(TooFewShots):
        pipeline.repeatability([], finder=None, plan=plan)
    other = site(seed=77).photo(NO_DOSE, NEUTRAL, shot_seed=1).jpeg
    with pytest.raises(ShotsDiffer):
        pipeline.repeatability([*good[:2], other], finder=None, plan=plan)
