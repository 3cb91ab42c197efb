"""What can be told of one photo by itself."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from analysis.metrics import registry
from analysis.phantom.scene import Dose, SyntheticPhoto
from analysis.pipeline import analyse
from analysis.records import RegionPlan, as_json
from tests.analysis.patches import (
    NEED_A_REFERENCE,
    again,
    change_of,
    compared,
    plan_of,
    shot,
)


def test_one_photo_says_what_it_can_be_used_for(baseline: SyntheticPhoto) -> None:
    found = analyse(baseline.jpeg, finder=None, plan=plan_of(baseline), captured_at="2026-05-01")
    assert (found.height, found.width) == baseline.pixels.shape[:2]
    assert found.px_per_mm == baseline.px_per_mm
    assert found.px_per_mm_source == "given"
    assert found.pose_deg is None
    assert found.facts.captured_at == "2026-05-01"
    assert found.facts.captured_at_source == "user"
    assert dict(found.usable) == {"colour": True, "texture": True}
    assert {m.metric for m in found.measurements} == set(registry())
    for m in found.measurements:
        assert m.unit == registry()[m.metric].unit
        assert m.version == registry()[m.metric].version
        if m.region == "treated":
            assert math.isfinite(m.value)
            assert m.standard_error > 0
        elif registry()[m.metric].relative:
            assert m.flags == ("no_reference",)
    json.dumps(as_json(found), allow_nan=False)


def test_one_photo_without_a_reference_has_patterns_only(baseline: SyntheticPhoto) -> None:
    plan = RegionPlan(drawn=baseline.regions[:1], px_per_mm=baseline.px_per_mm)
    for m in analyse(baseline.jpeg, finder=None, plan=plan).measurements:
        assert math.isnan(m.value) == (m.metric in NEED_A_REFERENCE)


def test_one_coarse_photo_is_usable_for_colour_only() -> None:
    photo = again(px_per_mm=3.5)
    found = analyse(photo.jpeg, finder=None, plan=plan_of(photo))
    assert dict(found.usable) == {"colour": True, "texture": False}
    texture = [m for m in found.measurements if registry()[m.metric].family == "texture"]
    assert all("low_resolution" in m.flags for m in texture if m.region == "treated")


def test_a_region_without_skin_measures_nothing(baseline: SyntheticPhoto) -> None:
    paper = np.array([[20, 252], [400, 252], [400, 286], [20, 286]], np.float32)
    tiny = np.array([[60, 60], [80, 60], [80, 80], [60, 80]], np.float32)
    for outline in (paper, tiny):
        plan = replace(plan_of(baseline), drawn=(replace(baseline.regions[0], polygon=outline),))
        found = analyse(baseline.jpeg, finder=None, plan=plan)
        assert all(math.isnan(m.value) and m.flags for m in found.measurements)
        assert not any(found.usable.values())
        why = "too_little_skin" if outline is tiny else "gate_refused"
        assert why in next(m.flags for m in found.measurements if m.metric == "redness_uniformity")


def test_dark_skin_is_measured_and_said_to_be_exploratory(monkeypatch: pytest.MonkeyPatch) -> None:
    dark = shot(tone="VI")
    found = analyse(dark.jpeg, finder=None, plan=plan_of(dark))
    assert found.usable["colour"]
    assert "exploratory_tone" in found.flags
    redder = shot(Dose(haemoglobin=0.2), number=1, tone="VI")
    change = change_of(compared(dark, redder), "redness")
    light = change_of(compared(shot(), shot(Dose(haemoglobin=0.2), number=1)), "redness")
    assert "exploratory_tone" in change.flags
    assert "exploratory_tone" not in light.flags
    monkeypatch.setattr("analysis.tone.BROWN_FACTOR", 1.0)
    assert change.mdc95 > 1.1 * change_of(compared(dark, redder), "redness").mdc95
