"""Weights fitted to a pair: where they replace the fixed ones, and what they let through."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.bands import blur
from analysis.constants import MELANIN_DIRECTION
from analysis.records import FloatMap, Mask
from analysis.relief_weights import FIXED, relief_weights

SHAPE = (240, 240)
PX_PER_MM = 8.0
DARK_DEG = -10.0
EVERYWHERE: Mask = np.ones(SHAPE, bool)
KNOWN = np.array(MELANIN_DIRECTION)
"""The direction in which the fixed weights expect melanin to darken R, G and B."""
UNKNOWN = np.array([1.0, 0.7, 0.1])
"""One that they let through."""


def photos(
    pigment: FloatMap | np.ndarray, *, noise: tuple[float, float, float] = (0.01, 0.01, 0.01)
) -> list[FloatMap]:
    """Two photos of one patch: faint fine relief, strong spots of a pigment, noise per channel."""
    rng = np.random.default_rng(5)
    relief = 0.05 * blur(rng.standard_normal(SHAPE).astype(np.float32), 3.0)
    spots = blur(rng.standard_normal(SHAPE).astype(np.float32), 14.0)
    spots *= 0.1 / spots.std()
    log = np.log(0.3) + relief[..., None] - spots[..., None] * np.asarray(pigment)
    return [np.exp(log + rng.standard_normal((*SHAPE, 3)) * noise).astype(np.float32) for _ in range(2)]


def test_a_pigment_that_the_fixed_weights_know_is_left_to_them() -> None:
    assert relief_weights(*photos(KNOWN, noise=(0.1, 0.1, 0.1)), EVERYWHERE, PX_PER_MM, DARK_DEG) is FIXED


def test_skin_that_looks_light_keeps_them() -> None:
    assert relief_weights(*photos(UNKNOWN), EVERYWHERE, PX_PER_MM, 40.0) is FIXED
    assert relief_weights(*photos(UNKNOWN), EVERYWHERE, PX_PER_MM, float("nan")) is FIXED


def test_a_pattern_that_is_relief_keeps_them() -> None:
    assert relief_weights(*photos(np.ones(3)), EVERYWHERE, PX_PER_MM, DARK_DEG) is FIXED


def test_a_pigment_that_they_let_through_is_taken_out_and_relief_is_not() -> None:
    row = relief_weights(*photos(UNKNOWN), EVERYWHERE, PX_PER_MM, DARK_DEG)
    assert row is not FIXED
    assert float(row.sum()) == pytest.approx(1.0, abs=1e-5), "relief comes through whole"
    assert abs(row[0] @ UNKNOWN) < 0.3 * abs(FIXED[0] @ UNKNOWN)


def test_a_noisy_channel_counts_for_less() -> None:
    quiet, loud = (
        relief_weights(*photos(UNKNOWN, noise=noise), EVERYWHERE, PX_PER_MM, DARK_DEG)
        for noise in ((0.01, 0.01, 0.01), (0.01, 0.01, 0.3))
    )
    assert abs(loud[0, 2]) < abs(quiet[0, 2])


def test_either_photo_may_come_first() -> None:
    first, second = photos(UNKNOWN)
    forth, back = (
        relief_weights(*pair, EVERYWHERE, PX_PER_MM, DARK_DEG) for pair in ((first, second), (second, first))
    )
    assert forth == pytest.approx(back, abs=1e-4)


def test_without_enough_to_tell_by_they_stay_fixed() -> None:
    few = np.zeros(SHAPE, bool)
    few[:20, :20] = True
    assert relief_weights(*photos(UNKNOWN), few, PX_PER_MM, DARK_DEG) is FIXED
    assert relief_weights(*photos(UNKNOWN), EVERYWHERE, 4.0, DARK_DEG) is FIXED, (
        "no band of texture is resolved"
    )
    first, _ = photos(UNKNOWN)
    assert relief_weights(first, first, ~EVERYWHERE, PX_PER_MM, DARK_DEG) is FIXED
