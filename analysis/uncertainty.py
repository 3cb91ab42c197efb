"""Repeatability, minimal detectable change, intervals and the verdict.

SE_diff^2 = the pair's own^2 + 2 sb^2 + sw^2 (1/m0 + 1/m1), where sw is the SD between shots of a session,
sb the SD between sessions that more shots cannot reduce, and m the number of shots. With no repeats of
a user's own, sb = sw, so a prior SD s of a one-shot to one-shot difference gives sw^2 = s^2 / 4.

mdc95 = t(1 - 0.025 / m) SE_diff with m the number of regions judged together. A true change as large as mdc95
is found about half of the time; f (mdc95 + t(0.8) SE_diff) is found in 80 % of cases, f for what light does
to how strongly it shows.

Light and camera also decide how strongly a change shows: for 95 % of people, tones pooled, between the
gains g and G. So ci95 holds every true change x for which |difference - x| <= sqrt((t(0.975) SE_diff)^2 +
(c x)^2). c is G - 1 between 0 and the difference, where x would have shown larger than it is, and 1 - g
everywhere else; neither is below 0. 0 is in ci95 exactly where |difference| <= t(0.975) SE_diff, whatever
the gain.

Source: Raunig et al. 2015, Stat Methods Med Res 24:27 (repeatability coefficient); Fieller 1954, J R Stat Soc
B 16:175 (an interval whose error grows with the quantity); t quantiles instead of 1.96 because a prior of 20
degrees of freedom is not certainty.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from analysis.records import Photo, Verdict

POWER = 0.8
"""Share of cases in which a change that is called detectable is found."""


def shot_factor(shots_baseline: int, shots_follow_up: int) -> float:
    """Variance of a session difference, as a multiple of the one-shot to one-shot variance.

    >>> shot_factor(1, 1)
    1.0
    >>> shot_factor(2, 2)
    0.75
    """
    return (2 + 1 / shots_baseline + 1 / shots_follow_up) / 4


def posterior_sd(prior_sd: float, prior_df: float, repeats: Sequence[float]) -> tuple[float, float]:
    """Prior SD of a one-shot difference updated by a user's own repeat differences.

    Args:
        prior_sd: SD of the difference of two shots at zero change.
        prior_df: how many degrees of freedom that prior is worth.
        repeats: differences between shots of one session, one per extra shot. They know only sw, so
            each stands for half of the variance, as in the prior (sb = sw).

    Returns:
        The posterior SD and its degrees of freedom. Own repeats may widen the band at once, and
        narrow it as they accumulate.
    """
    own = [value for value in repeats if math.isfinite(value)]
    if not own:
        return prior_sd, prior_df
    # A repeat difference has variance 2 sw^2; the one-shot session difference has 2 sb^2 + 2 sw^2 = 4 sw^2.
    total = prior_df * prior_sd**2 + 2 * sum(value**2 for value in own)
    df = prior_df + len(own)
    return math.sqrt(total / df), df


def session_variance(
    prior_sd: float, prior_df: float, repeats: Sequence[float], shots_baseline: int, shots_follow_up: int
) -> tuple[float, float]:
    """Variance of the difference of two sessions at zero change, and its degrees of freedom.

    Repeats loud enough to raise the posterior above the prior raise both parts of the variance, sb with
    sw. Quiet ones lower sw alone: shots of one sitting cannot show that lamp, distance and skin are the
    same on another day, so 2 sb^2 stays what the prior says, however many of them there are.

    Args:
        prior_sd: SD of the difference of two shots at zero change.
        prior_df: how many degrees of freedom that prior is worth.
        repeats: differences between shots of one sitting, each of variance 2 sw^2.
        shots_baseline: how many shots the baseline's mean is of.
        shots_follow_up: likewise.

    Returns:
        The variance, and the degrees of freedom of a sum whose parts err together: the relative error of
        a variance with nu degrees is sqrt(2 / nu), and the two parts' errors are added, the worst case.

    >>> session_variance(0.8, 20, [], 1, 1)
    (0.64..., 20.0...)
    >>> session_variance(0.8, 20, [0.0] * 1000, 1, 1)[0] > 0.64 / 2
    True
    """
    sd, df = posterior_sd(prior_sd, prior_df, repeats)
    between = max(prior_sd, sd) ** 2 / 2
    variance = sd**2 * shot_factor(shots_baseline, shots_follow_up) + between - sd**2 / 2
    share = between / variance
    return variance, (share / math.sqrt(prior_df) + (1 - share) / math.sqrt(df)) ** -2


def repeat_contrasts(values: Sequence[float]) -> list[float]:
    """Independent differences between the shots of one session, each of variance 2 sw^2.

    >>> repeat_contrasts([1.0, 3.0])
    [2.0]
    """
    return [(values[k] - sum(values[:k]) / k) * math.sqrt(2 * k / (k + 1)) for k in range(1, len(values))]


def seed_of(photo: Photo) -> int:
    """A seed from the upright pixels: one picture gives one result, however its file is turned."""
    return zlib.crc32(photo.pixels[::16, ::16].tobytes())


def within_photo_se(changes: NDArray[np.floating], weights: NDArray[np.floating], seed: int, n: int) -> float:
    """Block-bootstrap SE of a weighted mean over spatial blocks; NaN for fewer than 3 blocks.

    Args:
        changes: the change in each block.
        weights: its number of pixels.
        seed: from the photos (`seed_of`), so that results repeat.
        n: number of resamples.
    """
    good = np.isfinite(changes) & (weights > 0)
    changes, weights = changes[good], weights[good].astype(np.float64)
    if changes.size < 3:
        return math.nan
    # A focal change is signal, a torn block is not: the mean is taken of winsorised blocks.
    low, high = np.percentile(changes, (5, 95))
    changes = np.clip(changes, low, high)
    picks = _resamples(seed, changes.size, n)
    means = (changes[picks] * weights[picks]).sum(1) / weights[picks].sum(1)
    return float(means.std(ddof=1))


@lru_cache(maxsize=64)
def _resamples(seed: int, size: int, n: int) -> NDArray[np.integer]:
    """(n, size) indices drawn with replacement; the metrics and regions of one pair share them."""
    return np.random.default_rng(seed).integers(0, size, (n, size))


def limits(
    difference: float,
    se: float,
    df: float,
    regions_judged: int,
    rate: float,
    gain: tuple[float, float] = (1.0, 1.0),
) -> tuple[tuple[float, float], float]:
    """ci95 and mdc95 of a difference with standard error `se` and `df` degrees of freedom.

    Args:
        difference: what was measured.
        se: its standard error at no change.
        df: degrees of freedom of that.
        regions_judged: how many are judged together.
        rate: of false changes among them that is allowed.
        gain: the least and the most at which a true change shows; above 0.

    >>> [round(end, 2) for end in limits(-4.0, 0.5, 20, 1, 0.05)[0]]
    [-5.04, -2.96]
    >>> [round(end, 2) for end in limits(-4.0, 0.5, 20, 1, 0.05, gain=(0.9, 1.8))[0]]
    [-5.16, -2.05]
    """
    noise = float(stdtrit(df, 0.975)) * se
    mdc = float(stdtrit(df, 1 - rate / 2 / max(1, regions_judged))) * se
    size = abs(difference)
    # The roots of k x^2 - 2 d x + d^2 - noise^2 with k = 1 - c^2; the near one in the form that holds for
    # every k. Between 0 and the difference a change would have shown larger, beyond either smaller.
    smaller, larger = 1 - (1 - min(1.0, gain[0])) ** 2, 1 - (max(1.0, gain[1]) - 1) ** 2
    rest = size**2 - noise**2
    far = (size + math.sqrt(size**2 - smaller * rest)) / smaller
    total = size + math.sqrt(size**2 - (larger if rest > 0 else smaller) * rest)
    near = rest / total if total != 0 else 0.0
    low, high = (near, far) if difference > 0 else (-far, -near)
    return (low, high), mdc


def detectable_change(mdc95: float, se: float, df: float, factor: float = 1.0) -> float:
    """The smallest true change that is found in 80 % of cases, for the limit `mdc95`.

    Args:
        mdc95: the limit of an untreated pair.
        se: its standard error.
        df: degrees of freedom of that.
        factor: how much larger a change must be because light also decides how strongly it shows, and because
            a change widens its own limit: `analysis.constants.DETECTION_FACTOR`.

    Source: the sample size formula (t(alpha) + t(power)) SE, e.g. Julious 2004, Stat Med 23:1921.

    >>> round(detectable_change(2.086, 1.0, 20) / 2.086, 2)
    1.41
    """
    return factor * (mdc95 + float(stdtrit(df, POWER)) * se)


def verdict(difference: float, mdc95: float) -> Verdict:
    """Measurable if and only if the difference is larger than the minimal detectable change.

    >>> verdict(-3.0, 2.2)
    'measurable_decrease'
    """
    if not (math.isfinite(difference) and math.isfinite(mdc95)):
        return "not_measurable"
    if abs(difference) <= mdc95:
        return "no_measurable_change"
    return "measurable_increase" if difference > 0 else "measurable_decrease"
