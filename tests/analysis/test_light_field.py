"""Light that changes along the skin: what its slope makes of two levels, and what it does to a band."""

from __future__ import annotations

import math
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import pipeline
from analysis.constants import HAEMOGLOBIN_DIRECTION
from analysis.light_field import BLOCKS_ALIKE, LEVEL, Light, Plane, between, carried, of_session, plane, rest
from analysis.linear import srgb_code
from analysis.records import Change, Region, RegionPlan
from tests.analysis.patches import encoded

AT = np.stack(np.meshgrid(np.arange(0.0, 30, 5), np.arange(0.0, 30, 5)), -1).reshape(-1, 2)


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(-10, 10))
def test_a_plane_is_found_again(down: float, right: float, level: float) -> None:
    changes = level + down * AT[:, 0] + right * AT[:, 1]
    found = plane(changes, np.ones(len(AT)), AT)
    # The extreme blocks are pulled in, so a steep plane comes out a little flatter.
    assert found.slope[0] == pytest.approx(down, abs=0.03 * max(abs(down), abs(right)) + 1e-9)
    assert found.slope[1] == pytest.approx(right, abs=0.03 * max(abs(down), abs(right)) + 1e-9)


def test_a_torn_block_is_no_slope() -> None:
    changes = np.zeros(len(AT))
    changes[0] = 50.0
    assert np.hypot(*plane(changes, np.ones(len(AT)), AT).slope) < 0.01


def test_too_few_blocks_have_no_slope() -> None:
    assert plane(np.array([0.0, 1.0, math.nan]), np.ones(3), AT[:3]) == LEVEL


def test_a_narrow_region_tells_only_along_itself() -> None:
    along = AT[AT[:, 0] == 0]
    found = plane(along[:, 1] * 0.2, np.ones(len(along)), along)
    assert found.slope[0] == pytest.approx(0, abs=1e-9)


ONE, TWO = np.ones(1), np.array([0.5, 0.5])
PLACE, BESIDE = (0.0, 20.0), (0.0, 60.0)
DOUBT = ((1e-4, 0.0), (0.0, 1e-4))
"""Of a slope whose error by chance is 0.01 per mm."""


def test_reference_on_both_sides_cancels_an_even_slope_and_no_hump() -> None:
    even = [Plane((0, 0), (0, 0.1)), Plane((0, 40), (0, 0.1))]
    assert between(Plane((0, 20), (0, 0.1)), even, TWO) == Light()
    assert between(Plane((0, 20), (0, 0.1)), even[:1], ONE).said == pytest.approx(2.0)
    # A lamp over the treated skin: it falls off to both sides, and the middle is level. A slope that all
    # share, along the way or across it, changes nothing of that.
    for shared in ((0.0, 0.0), (0.1, 0.0), (0.0, 0.03)):
        hump = [Plane((0, at), (shared[0], shared[1] + lean)) for at, lean in ((0, 0.4), (40, -0.4))]
        light = between(Plane((0, 20), shared), hump, TWO)
        assert light.said == 0
        assert light.standard_error(0.0) == pytest.approx(8 / math.sqrt(2))


def test_references_that_differ_say_less() -> None:
    place = Plane((0, 40), (0, -0.15))
    alike = [Plane((0, 20), (0, -0.15)), Plane((0, 0), (0, -0.15))]
    torn = [Plane((0, 20), (0, -0.3)), Plane((0, 0), (0, 0.0))]
    assert between(place, alike, TWO).said == pytest.approx(-4.5)
    assert between(place, alike, TWO).standard_error(-4.5) == pytest.approx(0)
    assert between(place, torn, TWO).said == 0


def test_references_that_err_by_chance_do_so_each_by_its_weight() -> None:
    place = Plane((0, 60), (0, -0.3))
    two = [Plane((0, at), (0, -0.3), DOUBT) for at in (0, 20)]
    light = between(place, two, TWO)
    # 60 and 40 mm at 0.01 per mm, each counting half; of the mean with an exact reading half of that.
    assert light.variance == pytest.approx(BLOCKS_ALIKE**2 * (0.6**2 + 0.4**2) / 4 / 4)
    assert light.said == pytest.approx(-15 + light.variance / 15)


def test_a_slope_of_one_place_alone_is_no_light() -> None:
    alone = between(Plane(PLACE, (0, 0.1)), [Plane(BESIDE)], ONE)
    # Nor where both lean across the way, or the other one does alone.
    across = between(Plane(PLACE, (0.2, 0.1)), [Plane(BESIDE, (0.2, 0.0))], ONE)
    theirs = between(Plane(PLACE), [Plane(BESIDE, (0, 0.1))], ONE)
    for light in (alone, across, theirs):
        assert light.said == 0
        assert light.standard_error(0.0) == pytest.approx(4 / math.sqrt(2))
    much_weaker = between(Plane(PLACE, (0, 0.5)), [Plane(BESIDE, (0, 0.05))], ONE)
    assert much_weaker.said == pytest.approx(-4.0), "at most twice what the weaker one says"


def test_light_explains_a_change_away_and_never_makes_one() -> None:
    light = between(Plane(PLACE, (0, 0.1), DOUBT), [Plane(BESIDE, (0, 0.1), DOUBT)], ONE)
    assert -4 < light.said < -3.8
    assert light.taken_off(-9.0) == light.said
    assert light.taken_off(-1.0) == -1.0
    assert light.taken_off(0.0) == light.taken_off(2.0) == 0
    assert light.standard_error(0.0) == pytest.approx(4), "chance is in what the slopes say"
    assert light.standard_error(-1.0) > 3
    assert light.standard_error(light.said) < 0.8


def test_what_chance_explains_stays_in_the_band() -> None:
    def of(slope: float) -> Light:
        return between(Plane(PLACE, (0, slope), DOUBT), [Plane(BESIDE, (0, slope), DOUBT)], ONE)

    faint, clear = of(0.013), of(0.2)
    assert faint.said == 0
    assert faint.standard_error(0.0) == pytest.approx(0.52)
    assert clear.said == pytest.approx(-8.0, rel=0.02)
    assert 0.4 < clear.standard_error(clear.said) < 1


def test_of_too_few_blocks_on_another_surface_or_beside_a_card_nothing_is_taken_off() -> None:
    few = plane(AT[:4, 1] * 0.1, np.ones(4), AT[[0, 1, 6, 7]])
    assert np.isnan(few.covariance).all()
    unknown = Plane(PLACE, (0, 0.1), few.covariance)
    beside = [Plane(BESIDE, (0, 0.1))]
    for light in (
        between(unknown, beside, ONE),
        between(Plane(PLACE, (0, 0.1)), beside, ONE, one_surface=False),
        carried(Plane(PLACE, (0, 0.1)), BESIDE),
    ):
        assert light.said == 0
        assert light.standard_error(0.0) == pytest.approx(4)


def test_a_row_of_blocks_anywhere_tells_only_along_itself() -> None:
    for row in np.linspace(0.3, 211.7, 60):
        at = np.stack([np.full(8, row), np.arange(8) * 4.1 + row], 1)
        found = plane(0.2 * at[:, 1] + np.sin(at[:, 1]), np.ones(8), at)
        assert abs(found.slope[0]) < 1e-9
        assert found.covariance[0][0] < 1e-9


def test_the_light_of_a_session_is_that_of_its_shots() -> None:
    one = Light(-4.0, -4.0, -4.0, 0.1)
    assert of_session([], [one]) == of_session([], [one, one]) == one
    assert of_session([one], [one]) == Light(-2.0, -2.0, -2.0, pytest.approx(0.125))


def test_the_error_of_a_slope_is_that_of_the_blocks() -> None:
    rng = np.random.default_rng(3)
    found = [plane(rng.normal(0, 1, len(AT)), np.ones(len(AT)), AT) for _ in range(2000)]
    slopes, stated = np.array([one.slope for one in found]), np.array([one.covariance for one in found])
    assert stated[:, 0, 0].mean() == pytest.approx(slopes[:, 0].var(), rel=0.15)
    assert abs(stated[:, 0, 1]).max() < 1e-9
    part = rng.uniform(0.3, 1, len(AT))  # of each block that is skin; how much it errs depends little on it
    found = [plane(rng.normal(0, 1, len(AT)), part, AT) for _ in range(2000)]
    slopes, stated = np.array([one.slope for one in found]), np.array([one.covariance for one in found])
    assert stated[:, 0, 0].mean() == pytest.approx(slopes[:, 0].var(), rel=0.25)


@pytest.mark.parametrize(("rows", "columns"), [(2, 2), (2, 3), (1, 5), (4, 4)])
def test_what_a_plane_leaves_has_the_spread_of_the_blocks(rows: int, columns: int) -> None:
    at = np.stack(np.meshgrid(np.arange(columns) * 4.0, np.arange(rows) * 4.0), -1).reshape(-1, 2)
    chance = np.random.default_rng(4)
    variances = []
    for _ in range(3000):
        noise = chance.normal(0, 1, len(at))
        # The fit itself pulls extremes in; here the plain least squares is what is asked about.
        variances.append(
            np.var(
                rest(noise + 0.3 * at[:, 1], at, plane(noise + 0.3 * at[:, 1], np.ones(len(at)), at)), ddof=1
            )
        )
    assert np.mean(variances) == pytest.approx(1.0, abs=0.25)


def test_three_blocks_stay_as_they_are() -> None:
    changes = np.array([0.0, 1.0, 3.0])
    assert rest(changes, AT[:3], plane(changes, np.ones(3), AT[:3])).tolist() == changes.tolist()


def skin(seed: int) -> np.ndarray:
    """(h, w, 3) linear light of two patches of skin beside each other, 8 px/mm."""
    rng = np.random.default_rng(seed)
    detail = rng.normal(0, 0.02, (320, 640, 1)) + rng.normal(0, 0.004, (320, 640, 3))
    return np.array([0.45, 0.28, 0.20]) * np.exp(detail)


def pixels(light: np.ndarray) -> np.ndarray:
    return np.rint(255 * srgb_code(light.astype(np.float32))).astype(np.uint8)


def scene(second: np.ndarray) -> tuple[tuple[Region, ...], list[bytes]]:
    """Regions, and the files of untouched skin and of another photo of it."""
    boxes = {"treated": (20, 300), "reference": (340, 620)}
    regions = tuple(
        Region(role, role, np.array([[a, 20], [b, 20], [b, 300], [a, 300]], np.float32))  # type: ignore[arg-type]
        for role, (a, b) in boxes.items()
    )
    return regions, [encoded(pixels(light)) for light in (skin(1), second)]


def compared(second: np.ndarray) -> dict[str, Change]:
    regions, files = scene(second)
    result = pipeline.compare(
        files[:1], files[1:], finder=None, plan=RegionPlan(drawn=regions, px_per_mm=8.0), with_views=False
    )
    return {change.metric: change for change in result.changes}


ACROSS = np.linspace(-1, 1, 640)[None, :, None]
TWO_COLOURS = np.array([0.03, 0.0, -0.02])


def test_light_of_two_colours_is_taken_off() -> None:
    tint = np.exp(ACROSS * TWO_COLOURS)
    still, tinted = compared(skin(1)), compared(skin(1) * tint)
    with mock.patch("analysis.light_field.BLOCKS_ALIKE", 1e9):
        left = compared(skin(1) * tint)
    assert abs(left["redness"].difference) > still["redness"].mdc95, "or there is nothing to explain"
    assert left["redness"].verdict == left["pigment"].verdict == "no_measurable_change"
    assert left["redness"].mdc95 > 2 * still["redness"].mdc95
    for metric in ("redness", "pigment"):
        assert abs(tinted[metric].difference) < 0.2 * abs(left[metric].difference)
        assert tinted[metric].mdc95 < 0.6 * left[metric].mdc95
        assert "light_taken_off" in tinted[metric].flags
        assert "light_taken_off" not in left[metric].flags + still[metric].flags


def test_a_true_change_keeps_its_number_in_light_of_two_colours() -> None:
    darker = skin(1)
    darker[:, :320] *= np.exp(-0.03 * np.array(HAEMOGLOBIN_DIRECTION))
    alone = compared(darker)["redness"]
    lit = compared(darker * np.exp(-ACROSS * np.array([-0.04, 0.0, 0.12])))["redness"]
    assert alone.verdict == lit.verdict == "measurable_increase"
    assert lit.difference == pytest.approx(alone.difference, rel=0.15)


def test_slopes_that_do_not_go_on_make_no_change() -> None:
    # Two limbs side by side: each leans the same way, and between them nothing has changed.
    each = np.where(ACROSS < 0, 2 * ACROSS + 1, 2 * ACROSS - 1)
    for tint in (TWO_COLOURS, np.array([0.0, 0.05, 0.0]), np.array([-0.02, 0.0, -0.05])):
        found = compared(skin(1) * np.exp(each * tint))
        assert found["redness"].verdict == "no_measurable_change"
        assert found["pigment"].verdict in ("no_measurable_change", "not_measurable")
        assert abs(found["redness"].difference) < 0.1


def test_the_change_map_agrees_with_the_number() -> None:
    regions, files = scene(skin(1) * np.exp(ACROSS * TWO_COLOURS))
    plan = RegionPlan(drawn=regions, px_per_mm=8.0)
    result = pipeline.compare(files[:1], files[1:], finder=None, plan=plan)
    assert result.views is not None
    for metric in ("redness", "pigment"):
        first, second = result.views.maps[metric]
        treated = np.zeros_like(result.views.valid)
        box = next(r for r in result.views.regions if r.role == "treated").polygon.astype(int)
        treated[box[0, 1] : box[2, 1], box[0, 0] : box[1, 0]] = True
        middle = float(np.median((second - first)[treated & result.views.valid]))
        number = next(change.difference for change in result.changes if change.metric == metric)
        assert middle == pytest.approx(number, abs=0.15)
        assert abs(middle) < result.views.local_limit[metric]


def test_a_treatment_that_leans_is_not_taken_for_light() -> None:
    redder = skin(1)
    lean = np.linspace(0, 1, 320)[None, :, None]
    redder[:, :320] *= np.exp(-0.06 * lean * np.array(HAEMOGLOBIN_DIRECTION))
    half = skin(1)
    half[:, :320] *= np.exp(-0.03 * np.array(HAEMOGLOBIN_DIRECTION))
    leaning, even = compared(redder), compared(half)
    assert leaning["redness"].difference == pytest.approx(even["redness"].difference, rel=0.1)
    assert leaning["redness"].mdc95 > even["redness"].mdc95


def test_a_treatment_that_ends_at_its_region_is_not_taken_for_light() -> None:
    redder = skin(1)
    redder[:, :320] *= np.exp(-0.05 * np.array(HAEMOGLOBIN_DIRECTION))
    still, moved = compared(skin(1)), compared(redder)
    assert moved["redness"].verdict == "measurable_increase"
    assert moved["redness"].mdc95 < 1.5 * still["redness"].mdc95
