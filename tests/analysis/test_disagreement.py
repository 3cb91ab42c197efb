"""Texture of a part of a face changed only by more than untreated parts differ by among each other."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from scipy.special import stdtrit

from analysis import relative
from analysis.constants import NU0
from analysis.landmarks import FaceFinder
from analysis.pair_gates import relief_gate
from analysis.pipeline import compare
from analysis.records import CHANGED, Change, Region, RegionPlan, SessionComparison
from analysis.reference import disagreement
from analysis.regions import FACE_REGIONS, FACE_UNITS
from tests.analysis.patches import encoded, plan_of, shot
from tests.analysis.raw_pairs import NAN, face, judged, pair, regions, warning, whole_face

MEDIUM = "texture_medium"
SMOOTHED = {"forehead": -40.0, "glabella": -30.0, "nose": 20.0, "perioral": -15.0, "chin": 8.0}
"""What a filter did to a real face: every part by another amount."""


def on_face(changes: dict[str, float], where: tuple[Region, ...] | None = None) -> dict[str, Change]:
    return judged(pair(changes, MEDIUM), where=where or face(), metric=MEDIUM)


@pytest.mark.parametrize("k", [4, 6])
@pytest.mark.parametrize("share", ["median", "one named"])
@pytest.mark.parametrize("judged", [1, 9])
def test_as_many_lie_beyond_it_as_a_normal_error_has(k: int, share: str, judged: int) -> None:
    # Parts that all differ by one spread, one of them against the rest, judged by the t of the prior.
    rng = np.random.default_rng(4)
    parts, one = rng.normal(0, 3.0, (8000, k)), rng.normal(0, 3.0, 8000)
    against = np.median(parts, axis=1) if share == "median" else parts[:, 0]
    of = 0.5 * math.pi / k if share == "median" else 1.0
    errors = np.array([disagreement([[part] for part in row], of, judged) for row in parts])
    beyond = np.mean(np.abs(one - against) > stdtrit(NU0, 1 - 0.025 / judged) * errors)
    # The named one is a part as well, and widens the spread where it is odd: fewer, never more.
    least = 0.4 if judged == 1 else 0.2
    assert least * 0.05 / judged < beyond < 1.4 * 0.05 / judged


def test_who_agrees_or_is_alone_adds_nothing() -> None:
    assert disagreement([[-9.0]] * 6, 0.3, 9) == 0
    assert disagreement([[-9.0], [9.0]], 0.3, 9) == 0, "two say next to nothing"
    assert disagreement([[-9.0, 9.0], [0.0], [0.0], [0.0]], 0.3, 1) > 3, "twins of opposite sign disagree"


def test_where_untreated_parts_disagree_no_part_changed() -> None:
    found = on_face(whole_face(**SMOOTHED))
    assert not any(change.verdict in CHANGED for change in found.values())
    assert all("regions_disagree" in change.flags for change in found.values())
    assert found["forehead"].mdc95 > 3 * on_face(whole_face())["forehead"].mdc95


def test_one_part_that_changed_is_found_and_widens_the_others_alone() -> None:
    steady = on_face(whole_face())
    found = on_face(whole_face(left_cheek=-25.0, right_cheek=-25.0))
    for name, change in found.items():
        if FACE_UNITS[name] == "cheeks":
            assert change.verdict == "measurable_decrease"
            assert change.mdc95 == pytest.approx(steady[name].mdc95)
            assert "regions_disagree" not in change.flags
        else:
            assert change.verdict == "no_measurable_change"
            assert change.mdc95 > steady[name].mdc95


def test_parts_that_were_treated_or_moved_do_not_count() -> None:
    treated = ("forehead", "nose")
    found = on_face(whole_face(forehead=-30.0, nose=25.0), face(treated))
    assert {name for name, change in found.items() if change.verdict in CHANGED} == set(treated)
    smile = pair(whole_face(perioral=-40.0, chin=30.0), MEDIUM, expression={"perioral": 9.0, "chin": 9.0})
    found = judged(smile, where=face(), metric=MEDIUM)
    assert "regions_disagree" not in found["forehead"].flags


@pytest.mark.parametrize("named", ["forehead", "right_cheek"])
def test_a_named_reference_is_doubted_where_other_parts_disagree_with_it(named: str) -> None:
    roles = dict.fromkeys(FACE_REGIONS, "none") | {named: "reference", "left_cheek": "treated"}
    cheek = on_face(whole_face(**{named: -30.0}), regions(**roles))["left_cheek"]
    assert cheek.difference == pytest.approx(30.0)
    assert cheek.verdict == "no_measurable_change"
    assert "regions_disagree" in cheek.flags


def test_light_from_the_side_is_no_change() -> None:
    sides = {
        f"{side}_{part}": sign * 25.0
        for side, sign in (("left", -1), ("right", 1))
        for part in ("cheek", "periorbital")
    }
    assert not any(change.verdict in CHANGED for change in on_face(whole_face(**sides)).values())


def test_more_shots_of_one_filter_lessen_nothing() -> None:
    shot = pair(whole_face(**SMOOTHED), MEDIUM)
    one, four = (judged(*[shot] * n, where=face(), metric=MEDIUM)["forehead"] for n in (1, 4))
    assert four.mdc95 == pytest.approx(one.mdc95, rel=0.1)
    assert four.verdict == "no_measurable_change"
    good = pair(whole_face(), MEDIUM)
    mixed = judged(shot, good, good, good, where=face(), metric=MEDIUM)["forehead"]
    assert mixed.mdc95 < 0.6 * one.mdc95
    assert mixed.verdict == "no_measurable_change"


def test_a_smoothed_repeat_of_the_baseline_is_said() -> None:
    shot = pair(whole_face(**SMOOTHED), MEDIUM)
    found = judged(pair(whole_face(), MEDIUM), repeats=(shot,), where=face(), metric=MEDIUM)["chin"]
    assert "regions_disagree" in found.flags


def test_a_warning_widens_what_was_expected_and_not_what_was_seen() -> None:
    doubtful = pair(whole_face(**SMOOTHED), MEDIUM, gates=(warning("blur", "texture"),))
    warned = judged(doubtful, where=face(), metric=MEDIUM)["forehead"]
    assert warned.mdc95 == pytest.approx(on_face(whole_face(**SMOOTHED))["forehead"].mdc95)


def test_colour_holds_it_in_its_prior() -> None:
    found = judged(pair(whole_face(forehead=2.0, nose=-2.0)), where=face())
    assert not any("regions_disagree" in change.flags for change in found.values())


def test_what_cannot_be_read_is_no_part() -> None:
    unread = dict.fromkeys(("nose", "perioral", "chin"), NAN)
    found = on_face(whole_face(**unread))["left_cheek"]
    assert "no_reference" in found.flags
    assert math.isnan(found.difference)


def test_a_smoothed_real_face_shows_no_change_of_texture(
    photos: Path, finder: FaceFinder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Image.open(photos / "faces" / "series_lisa_zoom_15cm.jpg") as image:
        picture = np.asarray(image.convert("RGB").resize([3 * side // 2 for side in image.size]))
    # As beauty modes smooth: edges stay, skin goes flat.
    smoothed = np.asarray(cv2.bilateralFilter(picture, 0, 30, 8))

    def compared() -> SessionComparison:
        before, after = encoded(picture), encoded(smoothed)
        return compare([before], [after], finder=finder, plan=RegionPlan(), with_views=False)

    found = compared()
    texture = [one for one in found.changes if one.family == "texture" and math.isfinite(one.difference)]
    assert len(texture) > 9
    assert not any(one.verdict in CHANGED for one in found.changes)
    monkeypatch.setattr(relative, "disagreement", lambda *_: 0.0)
    assert any(one.verdict in CHANGED for one in compared().changes), "or this photo proves nothing"


@pytest.mark.parametrize("smooth", [True, False])
def test_smoothed_reference_skin_refuses_texture(smooth: bool) -> None:
    photo = shot()
    later = np.asarray(cv2.bilateralFilter(photo.pixels, 0, 40, 12)) if smooth else photo.pixels
    found = compare(
        [encoded(photo.pixels)], [encoded(later)], finder=None, plan=plan_of(photo), with_views=False
    )
    (gate,) = [gate for gate in found.gates if gate.name == "relief_change"]
    assert gate.state == ("refuse" if smooth else "ok")
    assert {one.name for one in found.gates if one.state == "refuse"} == (
        {"relief_change"} if smooth else set()
    )
    numbers = [one for one in found.changes if one.family == "texture" and math.isfinite(one.difference)]
    assert bool(numbers) != smooth


def test_a_reference_named_on_a_face_is_checked_as_drawn_skin_is() -> None:
    raw = pair(whole_face(forehead=-70.0), MEDIUM).raw
    assert not relief_gate(raw, [])
    (found,) = relief_gate(raw, ["forehead"])
    assert (found.name, found.value, found.state) == ("relief_change", 70.0, "refuse")
