"""Light that changes along the skin: what its slope makes of two levels, and what it does to a band."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import pipeline
from analysis.light_field import LEVEL, Plane, between, plane, rest
from analysis.linear import srgb_code
from analysis.records import Change, Region, RegionPlan
from tests.analysis.patches import encoded

AT = np.stack(np.meshgrid(np.arange(0.0, 30, 5), np.arange(0.0, 30, 5)), -1).reshape(-1, 2)


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(-10, 10))
def test_a_plane_is_found_again(down: float, right: float, level: float) -> None:
    changes = level + down * AT[:, 0] + right * AT[:, 1]
    found = plane(changes, np.ones(len(AT)), AT)
    # The extreme blocks are pulled in, so a steep plane comes out a little flatter.
    assert found.slope[0] == pytest.approx(down, abs=0.12 * max(abs(down), abs(right)) + 1e-9)
    assert found.slope[1] == pytest.approx(right, abs=0.12 * max(abs(down), abs(right)) + 1e-9)


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


def test_reference_on_both_sides_cancels_an_even_slope_and_no_hump() -> None:
    even = [Plane((0, 0), (0, 0.1)), Plane((0, 40), (0, 0.1))]
    assert between(Plane((0, 20), (0, 0.1)), even, TWO) == pytest.approx(0)
    assert between(Plane((0, 20), (0, 0.1)), even[:1], ONE) == pytest.approx(2.0)
    # A lamp over the treated skin: it falls off to both sides, and the middle is level.
    hump = [Plane((0, 0), (0, 0.4)), Plane((0, 40), (0, -0.4))]
    assert between(Plane((0, 20), (0, 0.0)), hump, TWO) == pytest.approx(8 / math.sqrt(2))


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


def compared(second: np.ndarray) -> dict[str, Change]:
    boxes = {"treated": (20, 300), "reference": (340, 620)}
    regions = tuple(
        Region(role, role, np.array([[a, 20], [b, 20], [b, 300], [a, 300]], np.float32))  # type: ignore[arg-type]
        for role, (a, b) in boxes.items()
    )
    files = [encoded(pixels(light)) for light in (skin(1), second)]
    result = pipeline.compare(
        files[:1], files[1:], finder=None, plan=RegionPlan(drawn=regions, px_per_mm=8.0), with_views=False
    )
    return {change.metric: change for change in result.changes}


def test_light_of_two_colours_widens_the_band_and_is_no_change() -> None:
    across = np.linspace(-1, 1, 640)[None, :, None]
    still = compared(skin(1))
    tinted = compared(skin(1) * np.exp(across * np.array([0.03, 0.0, -0.02])))
    assert abs(tinted["redness"].difference) > still["redness"].mdc95, "or there is nothing to explain"
    assert tinted["redness"].mdc95 > 2 * still["redness"].mdc95
    assert tinted["redness"].verdict == tinted["pigment"].verdict == "no_measurable_change"


def test_a_treatment_that_ends_at_its_region_is_not_taken_for_light() -> None:
    redder = skin(1)
    redder[:, :320] *= np.exp(-0.05 * np.array([0.25, 1.0, 0.84]))
    still, moved = compared(skin(1)), compared(redder)
    assert moved["redness"].verdict == "measurable_increase"
    assert moved["redness"].mdc95 < 1.5 * still["redness"].mdc95
