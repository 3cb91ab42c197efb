"""The strength of relief in a band: free of noise, of specks, and of noise that is not there."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.bands import blur
from analysis.records import FloatMap, Mask, SkinMaps
from analysis.roughness import most_noise, roughness, roughness_in_pair
from tests.analysis.patches import relief_maps

SHAPE = (500, 500)
EVERYWHERE: Mask = np.ones(SHAPE, bool)


BLOCKS = np.repeat(np.arange(2), 250)[:, None] + np.zeros(SHAPE, int)
"""The upper half and the lower half."""


def in_pair(
    first: SkinMaps, second: SkinMaps, region: Mask = EVERYWHERE, band: str = "medium"
) -> list[float]:
    return list(roughness_in_pair(first, second, region, band, BLOCKS, 2)[:2])


def white(seed: int) -> FloatMap:
    return np.random.default_rng(seed).standard_normal(SHAPE).astype(np.float32)


def skin() -> FloatMap:
    """Relief in one band."""
    picture = white(3)
    return 20 * (blur(picture, 2.0) - blur(picture, 4.0))


def test_it_is_free_of_pixel_noise() -> None:
    clean = roughness(relief_maps(skin()), EVERYWHERE, "medium")
    noisy = skin() + 4 * white(4)
    assert roughness(relief_maps(noisy, noise=4.0), EVERYWHERE, "medium") == pytest.approx(clean, abs=3)
    assert roughness(relief_maps(noisy), EVERYWHERE, "medium") > clean + 8


def test_what_is_not_there_is_nan() -> None:
    noise = relief_maps(0.1 * white(0), noise=0.1)
    assert math.isnan(roughness(noise, EVERYWHERE, "pore")), "nothing but noise"
    assert math.isnan(roughness(noise, ~EVERYWHERE, "medium")), "no pixels"
    coarse = relief_maps(noise.relief, px_per_mm=4.0)
    assert math.isnan(roughness(coarse, EVERYWHERE, "pore")), "no band"
    assert all(math.isnan(one) for one in in_pair(coarse, noise, band="pore"))
    assert all(math.isnan(one) for one in in_pair(noise, noise, ~EVERYWHERE))


def test_one_speck_does_not_decide() -> None:
    speck = skin()
    speck[150:153, 150:153] += 30
    assert roughness(relief_maps(speck), EVERYWHERE, "medium") == pytest.approx(
        roughness(relief_maps(skin()), EVERYWHERE, "medium"), abs=5
    )


def test_a_change_is_the_difference_of_the_two_where_the_noise_is_what_it_is_said_to_be() -> None:
    first, second = (
        relief_maps(skin() + 4 * white(4), noise=3.9),
        relief_maps(0.8 * skin() + 4 * white(5), noise=3.9),
    )
    found = in_pair(first, second)
    assert found == pytest.approx([roughness(one, EVERYWHERE, "medium") for one in (first, second)])
    assert found[1] - found[0] == pytest.approx(100 * math.log(0.8), abs=3)


def test_noise_that_does_not_show_between_two_photos_is_not_taken_off() -> None:
    # Each photo is said to hold twice the power of noise that it has.
    first, second = (
        relief_maps(skin() + 4 * white(4), noise=5.7),
        relief_maps(0.8 * skin() + 4 * white(5), noise=5.7),
    )
    apart = roughness(second, EVERYWHERE, "medium") - roughness(first, EVERYWHERE, "medium")
    assert apart < 100 * math.log(0.8) - 8, "what it would be without the other photo"
    found = in_pair(first, second)
    assert found[1] - found[0] == pytest.approx(100 * math.log(0.8), abs=3)
    assert found[0] == pytest.approx(roughness(relief_maps(skin()), EVERYWHERE, "medium"), abs=3)
    # Said to be noise and nothing else, either photo alone has no value; the pair knows better.
    loud = [relief_maps(one.relief, noise=20.0) for one in (first, second)]
    assert math.isnan(roughness(loud[0], EVERYWHERE, "medium"))
    found = in_pair(*loud)
    assert found[1] - found[0] == pytest.approx(100 * math.log(0.8), abs=3)


def test_photos_that_share_nothing_hold_as_much_noise_as_either_can() -> None:
    assert most_noise((1.0, 4.0), (0.5, 0.5), shared=-0.3) == pytest.approx(2.0)
    assert most_noise((1.0, 4.0), (0.5, 0.5), shared=2.0) == pytest.approx(0.0)
    assert most_noise((1.5, 1.0), (1.0, 0.0), shared=1.0) == pytest.approx(0.5)


def test_blocks_change_by_themselves_and_small_ones_say_nothing() -> None:
    smoother = skin()
    smoother[250:] *= 0.8
    photos = relief_maps(skin()), relief_maps(smoother)
    *_, changes = roughness_in_pair(*photos, EVERYWHERE, "medium", BLOCKS, 2)
    assert changes == pytest.approx([0, 100 * math.log(0.8)], abs=1.5)
    corner = np.full(SHAPE, -1)
    corner[:3, :3], corner[250:] = 0, 1
    *_, changes = roughness_in_pair(*photos, EVERYWHERE, "medium", corner, 2)
    assert math.isnan(changes[0])
    assert changes[1] == pytest.approx(100 * math.log(0.8), abs=1.5)
    *_, nothing = roughness_in_pair(*photos, ~EVERYWHERE, "medium", BLOCKS, 2)
    assert len(nothing) == 2
    assert np.isnan(nothing).all()
