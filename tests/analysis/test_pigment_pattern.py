"""The pair shows whether coarse relief is relief or the skin's pigment pattern."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from analysis.bands import blur
from analysis.metrics import registry
from analysis.pigment_pattern import MOST_SHARE, share_of_pigment
from analysis.records import FloatMap, SkinMaps

SIZE, PX_PER_MM = 240, 8.0


def pattern(seed: int, sigma_mm: float = 0.7) -> FloatMap:
    noise = np.random.default_rng(seed).normal(0, 1, (SIZE, SIZE)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), sigma_mm * PX_PER_MM)
    return np.asarray(smooth / smooth.std(), np.float32)


def maps(relief: FloatMap, melanin: FloatMap, haemoglobin: FloatMap) -> SkinMaps:
    everywhere = np.ones((SIZE, SIZE), bool)
    smooth = {"haemoglobin": blur(haemoglobin, 4), "melanin": blur(melanin, 4)}
    return SkinMaps(
        haemoglobin, melanin, haemoglobin, relief, smooth, {"coarse": blur(relief, 4) - blur(relief, 9.6)},
        np.zeros((SIZE, SIZE), np.float32), everywhere, PX_PER_MM, everywhere,
    )  # fmt: skip


@pytest.mark.parametrize(("of_pigment", "low", "high"), [(0.0, 0.0, 0.1), (0.5, 0.3, 0.6), (1.0, 0.8, 1.0)])
def test_the_share_is_that_of_the_variance(of_pigment: float, low: float, high: float) -> None:
    melanin, blood, relief = pattern(1), pattern(2), pattern(3)
    seen = np.sqrt(of_pigment) * melanin + np.sqrt(1 - of_pigment) * relief
    pair = [maps(np.asarray(seen, np.float32), melanin, blood) for _ in range(2)]
    everywhere = np.ones((SIZE, SIZE), bool)
    assert low <= share_of_pigment(*pair, everywhere) <= high
    verdict = registry()["texture_coarse"].unreadable
    assert verdict is not None
    assert (verdict(*pair, everywhere) == "pigment_in_relief") == (of_pigment > MOST_SHARE)


def test_noise_that_one_photo_shares_with_itself_counts_for_nothing() -> None:
    relief, noises = pattern(3), [pattern(seed, 0.5) for seed in (4, 5)]
    # Relief and pigment of one photo hold the same noise, with opposite signs; the other photo has its own.
    pair = [maps(relief + noise, -noise, pattern(9)) for noise in noises]
    assert share_of_pigment(*pair, np.ones((SIZE, SIZE), bool)) < 0.15


def test_what_cannot_be_judged_is_not_refused() -> None:
    one = maps(pattern(1), pattern(1), pattern(2))
    speck = np.zeros((SIZE, SIZE), bool)
    speck[:12, :12] = True
    assert np.isnan(share_of_pigment(one, one, speck))
    assert np.isnan(share_of_pigment(replace(one, bands={}), one, speck))
    verdict = registry()["texture_coarse"].unreadable
    assert verdict is not None
    assert verdict(one, one, speck) is None
