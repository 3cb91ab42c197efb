"""The few statistics the rows are made of. NaN where there is too little to say."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from scipy import stats

FEWEST = 4
"""Values below which no spread is stated."""


def finite(values: Iterable[float]) -> list[float]:
    """Those that are numbers."""
    return [value for value in values if math.isfinite(value)]


def median(values: Iterable[float]) -> float:
    """Median of the finite values.

    >>> median([1.0, float("nan"), 3.0])
    2.0
    """
    good = finite(values)
    return float(np.median(good)) if good else math.nan


def spread(values: Iterable[float]) -> float:
    """Standard deviation (n - 1) of the finite values."""
    good = finite(values)
    return float(np.std(good, ddof=1)) if len(good) >= FEWEST else math.nan


def invariance_ratio(responses: Iterable[float], zero_change: Iterable[float], offset: float = 0.0) -> float:
    """|median response to a dose - offset| over the SD of paired differences when nothing changed.

    `offset` is what the estimator shows without a dose, for one that cannot be negative.

    >>> invariance_ratio([-3.9, -4.0, -4.4], [1.0, -1.0, 1.0, -1.0, 0.0])
    4.0
    """
    noise = spread(zero_change)
    return abs(median(responses) - offset) / noise if noise > 0 else math.nan


def upper_bound(events: int, n: int, confidence: float = 0.95) -> float:
    """One-sided upper Clopper-Pearson bound of a rate (Clopper and Pearson 1934, Biometrika 26:404).

    >>> round(upper_bound(0, 50), 4)        # 1 - 0.05 ** (1 / 50)
    0.0582
    """
    if n == 0:
        return math.nan
    return 1.0 if events >= n else float(stats.beta.ppf(confidence, events + 1, n - events))


def lower_bound(events: int, n: int, confidence: float = 0.95) -> float:
    """One-sided lower Clopper-Pearson bound of a rate.

    >>> round(lower_bound(50, 50), 4)       # 0.05 ** (1 / 50)
    0.9418
    """
    if n == 0:
        return math.nan
    return 0.0 if events <= 0 else float(stats.beta.ppf(1 - confidence, events, n - events + 1))


def chance_louder(values: Iterable[float], others: Iterable[float]) -> float:
    """One-sided p of the rank test (Mann and Whitney) that `values` are larger than `others` by chance.

    By ranks, because a single outlier must not decide. NaN for too few.

    >>> round(chance_louder([5.0, 6.0, 7.0, 8.0], [1.0, 2.0, 3.0, 4.0]), 4)    # 1 of 70 arrangements
    0.0143
    """
    one, two = finite(values), finite(others)
    if min(len(one), len(two)) < FEWEST:
        return math.nan
    return float(stats.mannwhitneyu(one, two, alternative="greater").pvalue)


def chance_of_shares(events: Sequence[int], totals: Sequence[int]) -> float:
    """p of the chi-square test that several groups have one rate; NaN where nothing or everything happened.

    >>> chance_of_shares([10, 0], [20, 20]) < 0.01
    True
    """
    table = np.array([(k, n - k) for k, n in zip(events, totals, strict=True) if n > 0]).T
    if table.size < 4 or (table.sum(1) == 0).any():
        return math.nan
    return float(stats.chi2_contingency(table).pvalue)


def order(doses: Sequence[float], answers: Sequence[float]) -> float:
    """Spearman's rho of answers to doses, over the rho of answers in perfect order; NaN where none varies.

    Equal doses tie and their answers need not, so that even perfect order gives less than 1.

    >>> round(order([1, 1, 2, 2, 3, 3], [0.1, 0.2, 0.5, 0.4, 0.8, 0.9]), 6)
    1.0
    >>> round(order([0, 0, 2, 2, 3, 3], [0.0, 0.0, 0.5, 0.4, 0.8, 0.9]), 6)
    1.0
    >>> round(order([0, 1, 2, 3, 4, 5], [0.0, 0.0, 0.0, 0.0, 0.0, 1.0]), 2)     # what ties there is no order
    0.65
    """
    pairs = [(a, b) for a, b in zip(doses, answers, strict=True) if math.isfinite(a) and math.isfinite(b)]
    if len(pairs) < FEWEST:
        return math.nan
    a, b = np.array(pairs).T
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return math.nan
    _, in_order = np.unique(np.column_stack([a, b]), axis=0, return_inverse=True)
    perfect = stats.spearmanr(a, in_order.ravel()).statistic
    return float(stats.spearmanr(a, b).statistic / perfect)


def straightness(doses: Sequence[float], responses: Sequence[float]) -> tuple[float, float, float]:
    """R^2 of a straight line, |quadratic term| at the largest dose over the range, and the line's slope.

    >>> r2, bend, slope = straightness([-1, 0, 1, 2], [-2, 0, 2, 4])
    >>> round(r2, 6), round(bend, 6), round(slope, 6)
    (1.0, 0.0, 2.0)
    """
    pairs = [(d, r) for d, r in zip(doses, responses, strict=True) if math.isfinite(r)]
    if len(pairs) < FEWEST:
        return math.nan, math.nan, math.nan
    x, y = np.array(pairs, np.float64).T
    slope, level = np.polyfit(x, y, 1)
    residual = y - (slope * x + level)
    total = float(np.square(y - y.mean()).sum())
    bend = float(np.polyfit(x, y, 2)[0])
    reach = float(np.abs(x).max())
    height = float(np.ptp(y))
    if total == 0 or height == 0:
        return math.nan, math.nan, float(slope)
    return 1 - float(np.square(residual).sum()) / total, abs(bend) * reach**2 / height, float(slope)
