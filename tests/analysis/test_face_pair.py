"""The straight line on a face with its landmarks given, and on a real one."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from analysis.constants import HAEMOGLOBIN_DIRECTION, WEIGHTS
from analysis.landmarks import FaceFinder
from analysis.linear import linear_light, srgb_pixels
from analysis.metrics import registry
from analysis.pipeline import analyse, compare
from analysis.records import RegionPlan, SessionComparison
from analysis.regions import FACE_REGIONS, face_regions
from tests.analysis.patches import (
    MOVED,
    NEED_A_REFERENCE,
    change_of,
    encoded,
    is_empty,
)
from tests.analysis.portrait import KnownFace, portrait, portrait_mesh


def painted(names: Sequence[str], amount: float) -> bytes:
    """The portrait with more blood in some regions: `amount` of optical density in green."""
    weight = np.zeros(portrait().shape[:2], np.float32)
    for region in face_regions(portrait_mesh()):
        if region.name in names:
            cv2.fillPoly(weight, [np.rint(region.polygon).astype(np.int32)], 1.0)
    weight = cv2.GaussianBlur(cv2.dilate(weight, np.ones((9, 9))), (0, 0), 2.0)
    density = amount * weight[..., None] * np.array(HAEMOGLOBIN_DIRECTION, np.float32)
    return encoded(srgb_pixels(linear_light(portrait()) * 10**-density))


@pytest.fixture(scope="module")
def flushed_cheek() -> SessionComparison:
    return compare(
        [encoded(portrait())], [painted(["left_cheek"], 0.08)], finder=KnownFace(), plan=RegionPlan()
    )


def test_a_face_is_measured_in_its_nine_regions(flushed_cheek: SessionComparison) -> None:
    places = {(c.metric, c.region) for c in flushed_cheek.changes}
    assert places == {(metric, region) for metric in registry() for region in FACE_REGIONS}
    assert flushed_cheek.comparable


def test_one_redder_cheek_is_found_and_no_other_region(flushed_cheek: SessionComparison) -> None:
    expected = 0.08 * float(np.dot(WEIGHTS["haemoglobin"], HAEMOGLOBIN_DIRECTION))
    for region in FACE_REGIONS:
        change = change_of(flushed_cheek, "redness", region)
        assert change.reference == "rest_of_face"
        assert "rest_of_face" in change.flags
        if region == "left_cheek":
            assert change.verdict == "measurable_increase"
            assert change.difference == pytest.approx(expected, rel=0.1)
            assert change.visible is True
        else:
            assert change.verdict == "no_measurable_change"
            assert abs(change.difference) < 0.2


def test_coarse_photos_of_a_face_give_no_texture(flushed_cheek: SessionComparison) -> None:
    texture = [c for c in flushed_cheek.changes if c.family == "texture"]
    assert all(c.verdict in ("not_measurable", "not_comparable") and is_empty(c) for c in texture)
    assert any(g.name == "resolution" and g.state != "ok" for g in flushed_cheek.gates)


def test_a_whole_face_that_was_treated_has_patterns_only() -> None:
    plan = RegionPlan(treated=FACE_REGIONS)
    data = encoded(portrait())
    found = compare([data], [data], finder=KnownFace(), plan=plan)
    for change in found.changes:
        if change.family == "texture":
            continue
        if change.metric in NEED_A_REFERENCE:
            assert change.verdict == "not_measurable"
            assert change.flags == ("no_reference",)
            assert change.reference is None
        else:
            assert change.verdict == "no_measurable_change"


def test_declared_reference_regions_are_used() -> None:
    plan = RegionPlan(treated=("left_cheek",), reference=("forehead", "right_cheek"))
    found = compare([encoded(portrait())], [painted(["left_cheek"], 0.08)], finder=KnownFace(), plan=plan)
    change = change_of(found, "redness", "left_cheek")
    assert change.reference == "forehead+right_cheek"
    assert change.verdict == "measurable_increase"
    assert "forehead" not in {c.region for c in found.changes}


def test_one_portrait_alone() -> None:
    found = analyse(encoded(portrait()), finder=KnownFace(), plan=RegionPlan(treated=("nose",)))
    assert found.px_per_mm_source == "iris"
    assert found.pose_deg
    assert found.usable["colour"]
    assert not found.usable["texture"]
    assert {r.role for r in found.regions if r.name == "nose"} == {"treated"}
    assert all(math.isnan(m.value) for m in found.measurements if registry()[m.metric].relative)
    assert any(math.isfinite(m.value) for m in found.measurements)


def test_a_real_face_sent_through_a_messenger_has_not_changed(photos: Path, finder: FaceFinder) -> None:
    first = (photos / "faces" / "london_002_neutral.jpg").read_bytes()
    pixels = np.asarray(Image.open(io.BytesIO(first)).convert("RGB"))[8:, 12:]
    darker = srgb_pixels(linear_light(pixels) * np.float32(0.85))
    found = compare([first], [encoded(darker, "JPEG", quality=85)], finder=finder, plan=RegionPlan())
    assert found.comparable
    assert len({c.region for c in found.changes if c.family == "colour" and math.isfinite(c.difference)}) >= 7
    assert not [c for c in found.changes if c.verdict in MOVED]
