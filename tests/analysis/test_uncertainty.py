"""The statistics against scipy's distributions and against simulated people who did not change."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.bands import blocks
from analysis.uncertainty import (
    detectable_change,
    limits,
    posterior_sd,
    repeat_contrasts,
    session_variance,
    shot_factor,
    verdict,
    within_photo_se,
)

SD = 0.8
DF = 20.0


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


# --- limits and verdicts ----------------------------------------------------------------------------


@given(
    difference=st.floats(-50, 50), se=st.floats(0.01, 10), df=st.floats(2, 200), regions=st.integers(1, 20),
    rate=st.floats(0.001, 0.2),
)  # fmt: skip
def test_limits_are_the_t_quantiles(
    difference: float, se: float, df: float, regions: int, rate: float
) -> None:
    ci95, mdc95 = limits(difference, se, df, regions, rate)
    half = stats.t.ppf(0.975, df) * se
    assert ci95 == pytest.approx((difference - half, difference + half))
    assert mdc95 == pytest.approx(stats.t.ppf(1 - rate / 2 / regions, df) * se)


def test_the_band_and_the_limit_of_one_region_are_one() -> None:
    ci95, mdc95 = limits(3.0, 0.7, DF, 1, 0.05)
    assert ci95[1] - 3.0 == pytest.approx(mdc95)
    assert limits(3.0, 0.7, DF, 9, 0.05)[1] > mdc95
    assert limits(3.0, 0.7, DF, 0, 0.05)[1] == mdc95


def test_the_interval_holds_the_truth_95_times_in_100() -> None:
    # The prior's SD is itself an estimate of DF degrees of freedom, as the t distribution supposes.
    generator = rng(1)
    true_change, n = 1.3, 20_000
    measured = generator.normal(true_change, SD, n)
    known_sd = SD * np.sqrt(generator.chisquare(DF, n) / DF)
    held = [
        low <= true_change <= high
        for value, sd in zip(measured, known_sd, strict=True)
        for low, high in [limits(value, sd, DF, 1, 0.05)[0]]
    ]
    assert np.mean(held) == pytest.approx(0.95, abs=0.006)


@given(
    difference=st.floats(-50, 50), se=st.floats(0.01, 10), low=st.floats(0.05, 1), high=st.floats(1, 4),
)  # fmt: skip
def test_a_gain_moves_no_verdict_and_its_interval_holds_the_one_without(
    difference: float, se: float, low: float, high: float
) -> None:
    plain, mdc95 = limits(difference, se, DF, 1, 0.05)
    ci95, same = limits(difference, se, DF, 1, 0.05, (low, high))
    assert same == mdc95
    assert ci95[0] <= plain[0] + 1e-9
    assert ci95[1] >= plain[1] - 1e-9
    assert (ci95[0] <= 0 <= ci95[1]) == (plain[0] <= 0 <= plain[1]) or abs(difference) == pytest.approx(mdc95)


def test_the_interval_holds_a_truth_that_shows_too_strongly() -> None:
    generator = rng(3)
    true_change, n = -4.0, 20_000
    gain = np.exp(generator.normal(np.log(1.2), 0.2, n))  # 95 % between 0.81 and 1.78
    measured = generator.normal(true_change * gain, 0.3, n)

    def held(of: tuple[float, float]) -> float:
        ends = [limits(value, 0.3, 1e6, 1, 0.05, of)[0] for value in measured]
        return float(np.mean([low <= true_change <= high for low, high in ends]))

    assert held((1.0, 1.0)) < 0.6
    assert 0.95 < held((0.81, 1.78)) < 0.99


@pytest.mark.parametrize("regions", [1, 3, 9])
def test_nine_unchanged_regions_give_a_change_in_one_course_of_twenty_at_most(regions: int) -> None:
    generator = rng(2)
    n = 6000
    measured = generator.normal(0, SD, (n, regions))
    sd = SD * np.sqrt(generator.chisquare(DF, (n, regions)) / DF)
    limit = limits(0.0, 1.0, DF, regions, 0.05)[1]
    any_change = (np.abs(measured) > limit * sd).any(1)
    assert any_change.mean() == pytest.approx(0.05, abs=0.01)


@given(st.floats(allow_nan=True, allow_infinity=True), st.floats(allow_nan=True, allow_infinity=True))
def test_a_verdict_never_guesses(difference: float, mdc95: float) -> None:
    found = verdict(difference, mdc95)
    if not (math.isfinite(difference) and math.isfinite(mdc95)):
        assert found == "not_measurable"
    elif abs(difference) <= mdc95:
        assert found == "no_measurable_change"
    else:
        assert found == ("measurable_increase" if difference > 0 else "measurable_decrease")


# --- repeats and shots ------------------------------------------------------------------------------


@pytest.mark.parametrize("shots", [(1, 1), (2, 1), (2, 2), (5, 3)])
def test_shots_narrow_as_simulated_sessions_do(shots: tuple[int, int]) -> None:
    # A session's own SD, and a shot's, each half of what one shot shows; their difference over many pairs.
    generator = rng(3)
    n, session_sd, shot_sd = 40_000, SD / 2, SD / 2
    means = [generator.normal(0, session_sd, n) + generator.normal(0, shot_sd, (m, n)).mean(0) for m in shots]
    assert shot_factor(*shots) * SD**2 == pytest.approx(np.var(means[1] - means[0]), rel=0.03)


def test_more_shots_narrow_but_never_below_the_sessions_own_part() -> None:
    factors = [shot_factor(m, m) for m in range(1, 30)]
    assert factors == sorted(factors, reverse=True)
    assert factors[0] == 1
    assert factors[-1] > 0.5


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=6))
def test_contrasts_carry_the_whole_variance_of_the_shots(values: list[float]) -> None:
    # Helmert: the squares of k - 1 contrasts of variance 2 sw^2 sum to twice the sum of squares.
    found = repeat_contrasts(values)
    assert len(found) == len(values) - 1
    about_the_mean = sum((value - sum(values) / len(values)) ** 2 for value in values)
    assert sum(value**2 for value in found) == pytest.approx(2 * about_the_mean, abs=1e-9)


def test_own_repeats_move_the_prior_the_right_way() -> None:
    shot_difference = SD / math.sqrt(2)  # what repeats of the prior's own noise look like
    same, df = posterior_sd(SD, DF, [shot_difference] * 4)
    assert same == pytest.approx(SD)
    assert df == DF + 4
    assert posterior_sd(SD, DF, [0.1 * shot_difference] * 4)[0] < SD
    assert posterior_sd(SD, DF, [5 * shot_difference])[0] > 1.3 * SD
    assert posterior_sd(SD, DF, []) == (SD, DF)
    assert posterior_sd(SD, DF, [math.nan]) == (SD, DF)


def test_many_own_repeats_outweigh_the_prior() -> None:
    own_sd = 2 * SD
    repeats = list(rng(4).normal(0, own_sd / math.sqrt(2), 4000))
    assert posterior_sd(SD, DF, repeats)[0] == pytest.approx(own_sd, rel=0.03)


def false_changes(between: float, within: float, n_repeats: int, n: int = 4000) -> float:
    """How often unchanged skin is called changed, for a person whose shots differ by these two SDs."""
    generator = rng(8)
    wrong = 0
    for _ in range(n):
        repeats = generator.normal(0, math.sqrt(2) * within, n_repeats)
        difference = generator.normal(0, math.sqrt(2 * (between**2 + within**2)))
        variance, df = session_variance(SD, DF, repeats, 1, 1)
        wrong += abs(difference) > limits(0.0, math.sqrt(variance), df, 1, 0.05)[1]
    return wrong / n


def test_without_repeats_a_session_has_the_variance_of_its_shots() -> None:
    for shots in ((1, 1), (3, 2)):
        variance, df = session_variance(SD, DF, [], *shots)
        assert (variance, df) == pytest.approx((SD**2 * shot_factor(*shots), DF))


@given(
    repeats=st.lists(st.floats(-9, 9), max_size=30), before=st.integers(1, 40), after=st.integers(1, 40)
)  # fmt: skip
def test_no_repeats_however_quiet_take_away_what_differs_between_days(
    repeats: list[float], before: int, after: int
) -> None:
    variance, df = session_variance(SD, DF, repeats, before, after)
    assert variance >= SD**2 / 2 - 1e-12
    assert DF - 1e-9 <= df <= DF + len(repeats) + 1e-9
    assert variance >= session_variance(SD, DF, repeats, 999, 999)[0] - 1e-12


def test_a_person_with_still_shots_and_changing_days_is_not_promised_too_much() -> None:
    # All of the noise is between days: repeats of one sitting see nothing of it.
    quiet_sd = posterior_sd(SD, DF, [0.0] * 40)[0]
    assert false_changes(SD / 2, 0.0, 40) < 0.05
    generator = rng(9)
    alone = abs(generator.normal(0, SD / math.sqrt(2), 4000)) > stats.t.ppf(0.975, DF + 40) * quiet_sd
    assert alone.mean() > 0.06, "narrowing both parts would promise too much"


def test_a_person_with_restless_shots_is_found_out_by_repeats() -> None:
    within = 1.5 * SD / 2
    # 12 repeats against a prior worth 20: most of the way from 10 % back to 5 %.
    assert false_changes(SD / 2, within, 0) > 0.085
    assert false_changes(SD / 2, within, 12) < 0.065


def test_a_detectable_change_is_found_in_four_of_five_cases() -> None:
    generator = rng(10)
    n = 20_000
    for regions in (1, 9):
        limit = limits(0.0, 1.0, DF, regions, 0.05)[1]
        change = detectable_change(limit, 1.0, DF)
        known_sd = np.sqrt(generator.chisquare(DF, n) / DF)
        found = generator.normal(change, 1.0, n) > limit * known_sd
        assert found.mean() == pytest.approx(0.8, abs=0.03)
        half = generator.normal(limit, 1.0, n) > limit * known_sd
        assert half.mean() == pytest.approx(0.5, abs=0.03)


# --- within a photo ---------------------------------------------------------------------------------


def test_the_bootstrap_finds_the_standard_error_of_a_mean() -> None:
    found = [within_photo_se(rng(seed).normal(0, 2.0, 16), np.full(16, 900), seed, 400) for seed in range(60)]
    # The ends are pulled in at 5 %, so it may stay a little under sd / sqrt(n), never over it.
    assert 0.75 * 2.0 / 4 < np.mean(found) < 1.02 * 2.0 / 4


@pytest.mark.parametrize("sigma_px", [1, 3, 8])
def test_blocks_hold_what_neighbouring_pixels_share(sigma_px: int) -> None:
    """30 mm of skin at 8 px/mm whose pixels are alike over up to a millimetre, and a mean that is truly 0."""
    covered, naive, runs = 0, 0, 100
    for seed in range(runs):
        noise = rng(seed).normal(size=(400, 400)).astype(np.float32)
        field = cv2.GaussianBlur(noise, (0, 0), sigma_px)[80:320, 80:320]
        parts = [field[tile] for tile in blocks(np.ones(field.shape, bool), 32)]
        means, sizes = np.array([part.mean() for part in parts]), np.array([part.size for part in parts])
        covered += abs(field.mean()) <= 1.96 * within_photo_se(means, sizes, seed, 500)
        naive += abs(field.mean()) <= 1.96 * field.std() / math.sqrt(field.size)
    assert covered / runs >= 0.8
    assert naive / runs < 0.6


def test_the_bootstrap_repeats_for_one_seed() -> None:
    blocks, weights = rng(5).normal(0, 1, 12), np.arange(1, 13) * 100
    first = within_photo_se(blocks, weights, 7, 500)
    assert first == within_photo_se(blocks, weights, 7, 500)
    assert first != within_photo_se(blocks, weights, 8, 500)
    assert first == pytest.approx(within_photo_se(blocks, weights, 8, 500), rel=0.2)


def test_one_torn_block_does_not_decide() -> None:
    blocks = rng(6).normal(0, 1, 40)
    torn = blocks.copy()
    torn[3] = 500.0
    weights = np.full(40, 100)
    assert within_photo_se(torn, weights, 1, 500) < 1.5 * within_photo_se(blocks, weights, 1, 500)


def test_too_few_blocks_say_nothing() -> None:
    nan = math.nan
    assert math.isnan(within_photo_se(np.array([1.0, 2.0]), np.array([9, 9]), 1, 100))
    assert math.isnan(within_photo_se(np.array([1.0, 2.0, nan, nan]), np.full(4, 9), 1, 100))
    assert math.isnan(within_photo_se(np.array([1.0, 2.0, 3.0]), np.array([9, 0, 9]), 1, 100))
    assert within_photo_se(np.array([1.0, 2.0, 3.0, nan]), np.full(4, 9), 1, 100) > 0
