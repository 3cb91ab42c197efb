"""Relief that changed on skin nobody treated is found, and a smoothed face shows no change of texture."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from analysis.face_gates import face_gates, relief_change
from analysis.pipeline import compare
from analysis.records import CHANGED, Pixels, Region, RegionPlan, SessionComparison
from analysis.region_values import RawChange
from tests.analysis.patches import encoded, plan_of, shot
from tests.analysis.portrait import KnownFace, portrait

TEXTURES = ("texture_pore", "texture_medium", "texture_coarse")
UNTREATED = ("forehead", "nose", "chin")


def raw(**differences: tuple[float, float, float]) -> dict[tuple[str, str], RawChange]:
    """Changes of the three textures by region."""
    return {
        (metric, region): RawChange(1.0, value, math.nan, 0.5, 1000)
        for region, values in differences.items()
        for metric, value in zip(TEXTURES, values, strict=True)
    }


def smoothed(picture: Pixels) -> Pixels:
    """As beauty modes smooth: edges stay, skin goes flat."""
    return np.asarray(cv2.bilateralFilter(picture, 0, 40, 12), np.uint8)


def test_the_middle_region_of_the_texture_that_changed_most_decides() -> None:
    nan = math.nan
    seen = raw(forehead=(-4.0, -9.0, nan), nose=(-6.0, -12.0, nan), chin=(60.0, -11.0, nan))
    assert relief_change(seen, UNTREATED) == 11.0
    assert relief_change(seen, ["forehead"]) == 9.0
    assert math.isnan(relief_change(raw(nose=(nan, nan, nan)), ["nose"]))
    assert math.isnan(relief_change({}, []))


def test_treated_skin_may_change() -> None:
    seen = raw(forehead=(-1.0, 2.0, 0.5), left_cheek=(-40.0, -40.0, -40.0))
    corners = np.zeros((4, 2), np.float32)
    regions = [Region("forehead", "none", corners), Region("left_cheek", "treated", corners)]
    (gate,) = face_gates(seen, regions)
    assert (gate.name, gate.value, gate.state) == ("relief_change_face", 2.0, "ok")
    regions[1] = Region("left_cheek", "none", corners)
    (gate,) = face_gates(seen, regions)
    assert (gate.value, gate.state) == (20.5, "refuse")


def of_face(follow_up: Pixels) -> SessionComparison:
    """The portrait and another picture of it, where coarse texture is resolved."""
    photos = [encoded(portrait(5.0))], [encoded(follow_up)]
    return compare(*photos, finder=KnownFace(), plan=RegionPlan(), with_views=False)


def test_a_smoothed_face_has_no_texture() -> None:
    found = of_face(smoothed(portrait(5.0)))
    (gate,) = [gate for gate in found.gates if gate.name == "relief_change_face"]
    assert gate.state == "refuse"
    assert any("not treated" in why and "beauty filters" in why for why in found.reasons)
    texture = [change for change in found.changes if change.family == "texture"]
    assert texture
    assert {change.verdict for change in texture} == {"not_comparable"}
    assert not any(change.verdict in CHANGED for change in found.changes)


def test_a_face_in_less_light_keeps_its_texture() -> None:
    found = of_face((portrait(5.0) * 0.9).astype(np.uint8))
    (gate,) = [gate for gate in found.gates if gate.name == "relief_change_face"]
    assert gate.state == "ok"


@pytest.mark.parametrize(("follow_up", "state"), [(smoothed, "refuse"), (np.copy, "ok")])
def test_smoothed_skin_beside_smoothed_reference_skin_has_no_texture(
    follow_up: Callable[[Pixels], Pixels], state: str
) -> None:
    photo = shot()
    later = encoded(follow_up(photo.pixels))
    found = compare([encoded(photo.pixels)], [later], finder=None, plan=plan_of(photo), with_views=False)
    (gate,) = [gate for gate in found.gates if gate.name == "relief_change"]
    assert gate.state == state
