"""When M is believed, and what redness may hold of pigment that M does not see."""

from __future__ import annotations

import math

import pytest

from analysis.agreement import Judged, opposite, red_left_over
from analysis.constants import LEAK, RED_PER_M, TONE_LIMITS_DEG
from analysis.leak import leak, unexplained_red

HOW = Judged(20.0, 1, 0.05)


@pytest.mark.parametrize(
    ("pigment", "red", "red_error", "contradicted"),
    [
        (0.0, 0.0, 0.3, False),
        (-0.5, -0.5 * RED_PER_M[0], 0.3, False),
        (0.5, -6.0, 0.3, True),  # M saw nothing of it
        (-0.3, -3.5, 0.3, True),
        (-0.3, -3.5, 3.0, False),  # the light fell otherwise: red tells nothing
        (0.0, math.nan, math.nan, False),
    ],
)
def test_red_contradicts_what_m_does_not_follow(
    pigment: float, red: float, red_error: float, contradicted: bool
) -> None:
    assert red_left_over(pigment, 0.3, red, red_error, HOW) is contradicted


def test_two_estimators_that_part_are_opposite() -> None:
    assert opposite(2.0, -0.1)
    assert opposite(2.0, 0.0)
    assert not opposite(-2.0, -1.0)


def test_red_that_light_or_blood_explains_is_no_unseen_pigment() -> None:
    assert unexplained_red(0.0, -4.0, 0.2, 0.0) > 3
    assert unexplained_red(0.0, -4.0, 2.5, 0.0) == 0
    assert unexplained_red(0.0, -1.5, 0.2, -3.0) == 0
    assert unexplained_red(0.0, math.nan, 0.2, 0.0) == 0


def test_a_tone_is_taken_for_darker_where_that_leaks_more() -> None:
    table = LEAK["redness_by_red"]
    assert leak("redness_by_red", 60.0) == pytest.approx(table[0], abs=0.01)
    assert table[3] < leak("redness_by_red", 5.0) < table[4]
    assert leak("redness_by_red", -60.0) == table[4]
    # Where lighter skin leaks more, a tone is not taken for darker.
    assert leak("pigment", 55.0) == LEAK["pigment"][0]
    assert leak("pigment", math.nan) == max(LEAK["pigment"])
    assert len(table) == len(TONE_LIMITS_DEG) + 1
