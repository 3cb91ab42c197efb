"""The slope of a course against simulated people: it holds the truth, and unchanged skin has none."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from analysis.records import Change, LeftOut, SessionComparison, Slope
from analysis.trend import slope, trends

SE = 1.0
"""Of a difference between two sessions: baseline and follow-up bring half of the variance each."""
OWN = SE / math.sqrt(2)
NAN = math.nan
RUNS = 300


def simulated(n: int, per_30_days: float, seed: int, runs: int = RUNS) -> list[Slope]:
    """Courses of n follow-ups a month apart, with noise as the records state it."""
    generator = np.random.default_rng(seed)
    days = 30 * np.arange(1, n + 1)
    found = []
    for _ in range(runs):
        sessions = generator.normal(0, OWN, n + 1)
        y = per_30_days * days / 30 + sessions[1:] - sessions[0]
        line = slope(list(days), list(y), [OWN] * n)
        assert line is not None
        found.append(line)
    return found


@pytest.mark.parametrize("n", [5, 8, 12])
def test_the_interval_holds_the_true_slope(n: int) -> None:
    found = simulated(n, -0.7, seed=n)
    assert np.mean([low <= -0.7 <= high for low, high in (one.ci95 for one in found)]) >= 0.95
    assert np.median([one.per_30_days for one in found]) == pytest.approx(-0.7, abs=0.1)


@pytest.mark.parametrize("n", [5, 8, 12])
def test_unchanged_skin_seldom_has_a_trend_even_among_nine_regions(n: int) -> None:
    found = simulated(n, 0.0, seed=100 + n, runs=2 * RUNS)
    rate = np.mean([one.verdict != "no_measurable_change" for one in found])
    assert rate <= 0.05 / 9, "nine regions are looked at side by side"


def test_a_course_that_goes_on_changing_is_found() -> None:
    found = simulated(12, -0.5, seed=7, runs=100)
    assert np.mean([one.verdict == "measurable_decrease" for one in found]) > 0.8
    assert not [one for one in found if one.verdict == "measurable_increase"]


def test_noise_is_in_the_interval_even_where_the_points_lie_on_a_line() -> None:
    days, values = [30, 60, 90, 120, 150], [-0.1, -0.2, -0.3, -0.4, -0.5]
    sure, unsure = slope(days, values, [0.001] * 5), slope(days, values, [0.5] * 5)
    assert sure is not None
    assert unsure is not None
    assert sure.verdict == "measurable_decrease"
    assert unsure.verdict == "no_measurable_change"
    assert sure.per_30_days == unsure.per_30_days == pytest.approx(-0.1)
    assert slope(days, values, [0.5] * 5) == unsure, "the same course, the same interval"


def test_one_odd_session_does_not_decide() -> None:
    days = [30, 60, 90, 120, 150, 180]
    odd = [-0.5, -1.0, 40.0, -2.0, -2.5, -3.0]
    line = slope(days, odd, [0.1] * 6)
    assert line is not None
    assert line.per_30_days == pytest.approx(stats.theilslopes(odd, days)[0] * 30)
    assert line.per_30_days == pytest.approx(-0.5, abs=0.15)


def test_the_line_goes_through_its_interval_from_first_to_last_day() -> None:
    line = slope([10, 40, 70, 100, 130], [0.2, 1.1, 1.9, 3.2, 4.0], [0.3] * 5)
    assert line is not None
    assert [point.day for point in line.line] == [10, 40, 70, 100, 130]
    assert all(point.low < point.value < point.high for point in line.line)
    steps = np.diff([point.value for point in line.line])
    assert steps == pytest.approx(np.full(4, line.per_30_days))


# --- courses --------------------------------------------------------------------------------------------


def session(difference: float, shots: tuple[int, int] = (1, 1), half: float = 0.2) -> SessionComparison:
    change = Change(
        "redness", "colour", "treated", "reference", "H", 1.0, 1 + difference, difference,
        (difference - half, difference + half), 1.5, "no_measurable_change", None,
        standard_error=half / 1.96,
    )  # fmt: skip
    ids = [tuple(f"{side}{n}" for n in range(count)) for side, count in zip("bf", shots, strict=True)]
    return SessionComparison(ids[0], ids[1], "A", True, (), (), None, (change,))


def course(*differences: float) -> list[tuple[int, SessionComparison]]:
    return [(30 * (number + 1), session(value)) for number, value in enumerate(differences)]


def test_four_sessions_give_no_slope_and_five_do() -> None:
    assert trends(course(-1, -2, -3, -4))[0].slope is None
    (trend,) = trends(course(-1, -2, -3, -4, -5))
    assert trend.slope is not None
    assert trend.slope.per_30_days == pytest.approx(-1.0)
    assert trend.slope.verdict == "measurable_decrease"
    assert trend.slope.n_points == 5


def test_a_slope_is_of_sessions_against_one_reference() -> None:
    def against(reference: str, value: float) -> SessionComparison:
        made = session(value)
        return replace(made, changes=tuple(replace(one, reference=reference) for one in made.changes))

    # Against a card the whole face fell; later sessions, without it, cannot see that.
    mixed = [(30 * n, against("card", -5.0)) for n in (1, 2, 3)]
    mixed += [(30 * n, against("rest_of_face", 0.0)) for n in (4, 5)]
    (trend,) = trends(mixed)
    assert trend.slope is None
    assert trend.reference == "card"
    assert "mixed_references" in trend.flags
    assert [point.reference for point in trend.points] == ["card"] * 3 + ["rest_of_face"] * 2
    more = [(30 * n, against("rest_of_face", -float(n))) for n in (6, 7, 8)]
    (trend,) = trends([*mixed, *more])
    assert trend.reference == "rest_of_face"
    assert trend.slope is not None
    assert trend.slope.n_points == 5
    alike = [(day, against("card", -1.0)) for day, _ in mixed]
    (trend,) = trends(alike)
    assert trend.slope is not None
    assert "mixed_references" not in trend.flags


def test_sessions_in_which_parts_of_a_face_disagree_carry_no_slope() -> None:
    def filtered(value: float) -> SessionComparison:
        made = session(value)
        return replace(made, changes=tuple(replace(o, flags=("regions_disagree",)) for o in made.changes))

    steady = [(30 * n, session(0.0)) for n in (1, 2, 3, 4, 5)]
    last = [(30 * n, filtered(-30.0)) for n in (6, 7, 8)]
    (trend,) = trends([*steady, *last])
    assert trend.slope is not None
    assert trend.slope.n_points == 5
    assert trend.slope.per_30_days == 0
    assert "regions_disagree" in trend.flags
    assert len(trend.points) == 8


def test_healing_does_not_decide_what_a_slope_is_against() -> None:
    def against(reference: str, day: int) -> tuple[int, SessionComparison]:
        made = session(0.0)
        return day, replace(made, changes=tuple(replace(one, reference=reference) for one in made.changes))

    course_ = [
        *(against("card", day) for day in (1, 2, 3)),
        *(against("rest_of_face", day) for day in (60, 90)),
    ]
    (trend,) = trends(course_, apart={1, 2, 3})
    assert trend.reference == "rest_of_face"


def test_shots_that_took_no_part_make_no_session_surer() -> None:
    def width(lost: tuple[str, ...]) -> float:
        sessions = [(30 * n, session(0.0, (2, 3), half=1.0)) for n in range(1, 6)]
        sessions = [
            (day, replace(one, left_out=tuple(LeftOut(name, "not_registered", "") for name in lost)))
            for day, one in sessions
        ]
        (trend,) = trends(sessions)
        assert trend.slope is not None
        return float(np.diff(trend.slope.ci95)[0])

    ids = session(0.0, (2, 3)).photo_ids
    assert width(ids[1:]) > 1.05 * width(())


def test_sessions_without_a_number_in_healing_or_on_one_day_do_not_count() -> None:
    five = course(-1, -2, -3, -4, -5)
    assert trends([*five[:4], (150, session(math.nan))])[0].slope is None
    assert trends(five, apart={60})[0].slope is None
    assert len(trends(five, apart={60})[0].points) == 5
    assert trends([*five[:4], (120, session(-4.2))])[0].slope is None
    more = trends([*five, (157, session(30.0))], apart={157})[0].slope
    assert more == trends(five)[0].slope


def test_a_single_shot_brings_more_of_the_noise_than_a_well_known_baseline() -> None:
    def width(shots: tuple[int, int]) -> float:
        (trend,) = trends([(30 * n, session(0.0, shots, half=1.0)) for n in range(1, 6)])
        assert trend.slope is not None
        low, high = trend.slope.ci95
        return high - low

    # Of one SE: half of its variance at equal shots, 2 / 3.2 of it against a baseline of five.
    assert width((5, 1)) / width((1, 1)) == pytest.approx(math.sqrt((2 / 3.2) / 0.5), rel=0.01)
    assert width((3, 3)) == width((1, 1))


def session_comparison(difference: float, verdict: str = "no_measurable_change") -> SessionComparison:
    change = Change(
        "redness", "colour", "treated", "reference", "H", 1.0, 1 + difference, difference,
        (difference - 1, difference + 1), NAN if math.isnan(difference) else 1.5,
        verdict, None, ("single_shot",),  # type: ignore[arg-type]  # tests hand in words
    )  # fmt: skip
    return SessionComparison(("a",), ("b",), "A", True, (), (), None, (change,))


def test_a_trend_is_every_session_against_the_baseline() -> None:
    found = trends(
        [(60, session_comparison(-3.0, "measurable_decrease")), (7, session_comparison(2.0)),
         (30, session_comparison(NAN, "not_comparable"))]
    )  # fmt: skip
    (trend,) = found
    assert (trend.metric, trend.region, trend.unit) == ("redness", "treated", "H")
    assert [point.day for point in trend.points] == [7, 30, 60]
    assert trend.points[2].difference == -3
    assert trend.points[1].verdict == "not_comparable"
    assert trend.mdc95 == 1.5
    assert trend.flags == ("single_shot",)
    assert math.isnan(trends([(1, session_comparison(NAN))])[0].mdc95)
    assert trends([]) == ()
