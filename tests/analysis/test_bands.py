"""The shared array maths against formulas and implementations of other hands."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import scipy.ndimage
import scipy.stats
import skimage.color
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from analysis.bands import (
    TEXTURE_BANDS_MM,
    TRIMMED,
    MaskedBlur,
    band_noise_gain,
    blocks,
    blur,
    clipped,
    median,
    pattern_error,
    robust_sd,
    texture_bands,
    trimmed_mean,
)
from analysis.linear import linear_light, log_light, srgb_code, srgb_pixels
from analysis.records import FloatMap, Mask, SkinMaps
from tests.analysis.patches import relief_maps

CODES = np.arange(256, dtype=np.uint8)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def white(shape: tuple[int, int], seed: int = 0) -> FloatMap:
    return rng(seed).standard_normal(shape).astype(np.float32)


# --- light and its encoding ---------------------------------------------------------------------


def test_linear_light_is_the_standards_formula() -> None:
    # IEC 61966-2-1, written out; and scikit-image, whose XYZ of a grey is its linear light times the white.
    for code in range(1, 256):
        u = code / 255
        expected = u / 12.92 if u <= 0.04045 else ((u + 0.055) / 1.055) ** 2.4
        assert linear_light(np.array([[code]], np.uint8))[0, 0] == pytest.approx(expected, rel=1e-6)
    grey = np.repeat(CODES[:, None, None], 3, axis=2)
    luminance = skimage.color.rgb2xyz(grey)[..., 1]
    assert linear_light(grey)[1:, :, 1] == pytest.approx(luminance[1:], rel=1e-5)


def test_black_keeps_a_logarithm() -> None:
    least = linear_light(np.zeros((1, 1), np.uint8))[0, 0]
    assert 0 < least < linear_light(np.ones((1, 1), np.uint8))[0, 0]
    assert np.isfinite(log_light(np.zeros((2, 2, 3), np.float32))).all()
    below = log_light(np.full((1, 1, 3), -1.0, np.float32))
    assert below[0, 0] == pytest.approx(np.full(3, np.log(least)), abs=1e-5)


def test_every_code_survives_the_way_to_light_and_back() -> None:
    assert (srgb_pixels(linear_light(CODES[None]))[0] == CODES).all()
    assert np.rint(255 * srgb_code(linear_light(CODES[None])))[0] == pytest.approx(CODES)


def test_light_beyond_the_range_is_clipped() -> None:
    assert srgb_pixels(np.array([-1.0, 0.0, 1.0, 7.0], np.float32)).tolist() == [0, 0, 255, 255]
    assert srgb_code(np.array([-1.0, 7.0], np.float32)) == pytest.approx([0, 1])


def test_light_becomes_its_natural_logarithm() -> None:
    light = np.array([[[0.1, 0.01, 1.0]]], np.float32)
    assert log_light(light)[0, 0] == pytest.approx(np.log([0.1, 0.01, 1.0]), abs=1e-5)


# --- blurring -----------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(240, 320), (251, 333)])
@pytest.mark.parametrize("sigma", [1.0, 4.0, 7.9, 8.0, 12.0, 16.0, 24.0, 40.0, 64.0])
def test_blur_is_within_half_a_percent_of_a_direct_gaussian(shape: tuple[int, int], sigma: float) -> None:
    # A slope over the whole picture, so that an error at the borders shows, and noise.
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    picture = (0.5 + x / 640 + y / 1600 + 0.1 * white(shape)).astype(np.float32)
    direct = scipy.ndimage.gaussian_filter(picture.astype(np.float64), sigma, mode="mirror", truncate=5)
    assert np.abs(blur(picture, sigma) - direct).max() < 0.005 * direct.mean()


def test_blur_keeps_mass_and_width() -> None:
    for sigma in (2.0, 8.0, 20.0):
        point = np.zeros((256, 256), np.float32)
        point[128, 128] = 1
        spread = blur(point, sigma)
        x = np.arange(256) - 128.0
        profile = spread.sum(0)
        centre = (profile * x).sum()
        assert spread.sum() == pytest.approx(1, abs=1e-3)
        assert math.sqrt((profile * (x - centre) ** 2).sum()) == pytest.approx(sigma, rel=0.01)


def test_a_blur_too_small_to_matter_is_none() -> None:
    picture = white((20, 20))
    assert blur(picture, 0.2) is picture


@given(seed=st.integers(0, 1000), sigma=st.sampled_from([1.0, 3.0, 9.0]))
def test_a_masked_mean_never_sees_what_is_masked_out(seed: int, sigma: float) -> None:
    mask = rng(seed).random((40, 56)) < 0.7
    image = white((40, 56), seed)
    spoiled = np.where(mask, image, np.float32(1e6) * white((40, 56), seed + 1))
    average = MaskedBlur(mask)
    assert (average(image, sigma) == average(spoiled, sigma)).all()


def test_a_masked_mean_of_a_constant_is_the_constant() -> None:
    mask = np.zeros((120, 160), bool)
    mask[20:80, 30:140] = True
    for sigma in (2.0, 10.0):
        mean = MaskedBlur(mask)(np.full(mask.shape, 3.0, np.float32), sigma)
        assert mean[mask] == pytest.approx(np.full(mask.sum(), 3.0), rel=1e-5)
        far = np.zeros_like(mask)
        far[119, 159] = True
        assert 0 <= mean[far][0] <= 3.0001


# --- texture bands ------------------------------------------------------------------------------


@pytest.mark.parametrize(("inner", "outer"), [(0.96, 2.0), (2.0, 4.0), (4.0, 9.6)])
def test_noise_gain_is_what_white_noise_shows(inner: float, outer: float) -> None:
    noise = white((600, 600), 1)
    shown = float((blur(noise, inner) - blur(noise, outer)).std())
    assert band_noise_gain(inner, outer) == pytest.approx(shown, rel=0.03)


def test_a_wave_appears_in_its_own_band() -> None:
    # A wave of wavelength L through a Gaussian keeps exp(-2 (pi sigma / L)^2) of its height.
    px_per_mm = 8.0
    for name, (inner, outer) in TEXTURE_BANDS_MM.items():
        length_mm = math.pi * (inner + outer)
        x = np.arange(480) / px_per_mm
        relief = np.tile(0.1 * np.sin(2 * np.pi * x / length_mm), (480, 1)).astype(np.float32)
        kept = [math.exp(-2 * (math.pi * sigma / length_mm) ** 2) for sigma in (inner, outer)]
        found = texture_bands(relief, MaskedBlur(np.ones(relief.shape, bool)), px_per_mm)
        inside = found[name][80:-80, 80:-80]
        assert inside.std() == pytest.approx(0.1 / math.sqrt(2) * (kept[0] - kept[1]), rel=0.03), name


def test_a_band_the_grid_does_not_resolve_is_left_out() -> None:
    relief = white((64, 64))
    solid = MaskedBlur(np.ones(relief.shape, bool))
    assert set(texture_bands(relief, solid, 8.0)) == set(TEXTURE_BANDS_MM)
    assert "pore" not in texture_bands(relief, solid, 4.0)
    assert texture_bands(relief, solid, 1.0) == {}


def test_bands_are_zero_outside_the_mask() -> None:
    mask = np.zeros((80, 80), bool)
    mask[10:60, 10:60] = True
    for band in texture_bands(white((80, 80)), MaskedBlur(mask), 8.0).values():
        assert (band[~mask] == 0).all()
        assert band[mask].std() > 0


# --- order statistics ---------------------------------------------------------------------------

floats = arrays.arrays(
    np.float32, st.integers(1, 200), elements=st.floats(-1e3, 1e3, width=32, allow_subnormal=False)
)


@given(floats)
def test_the_median_is_numpys(values: FloatMap) -> None:
    assert median(values) == pytest.approx(float(np.median(values.astype(np.float64))), rel=1e-6, abs=1e-6)


def test_the_median_of_nothing_is_nan() -> None:
    assert math.isnan(median(np.array([], np.float32)))


@given(floats)
def test_the_trimmed_mean_is_scipys(values: FloatMap) -> None:
    expected = float(scipy.stats.trim_mean(values.astype(np.float64), TRIMMED))
    assert trimmed_mean(values) == pytest.approx(expected, rel=1e-6, abs=1e-4)


def test_the_trimmed_mean_of_nothing_is_nan() -> None:
    assert math.isnan(trimmed_mean(np.array([], np.float32)))


def test_a_lock_of_hair_moves_a_level_by_little_and_spots_by_their_share() -> None:
    skin = white((100, 100)).ravel()
    hair, spots = skin.copy(), skin.copy()
    hair[:500] += 60.0
    assert trimmed_mean(hair) - trimmed_mean(skin) == pytest.approx(0.0, abs=0.15)
    spots[:3000] -= 3.0
    # Three in a hundred would be 0.9; a median moves by 0.5.
    assert trimmed_mean(spots) - trimmed_mean(skin) == pytest.approx(-0.9, abs=0.15)


@given(floats, st.sampled_from([0.0, 0.005, 0.02, 0.1, 0.4]))
def test_clipping_pulls_the_ends_in(values: FloatMap, share: float) -> None:
    ends = int(share * (len(values) - 1))
    ordered = np.sort(values)
    expected = np.clip(values, ordered[ends], ordered[len(values) - 1 - ends])
    assert (clipped(values, share) == expected).all()


def test_robust_sd_of_a_normal_sample_is_its_sd() -> None:
    values = rng(5).normal(3.0, 2.0, 40_000)
    assert robust_sd(values) == pytest.approx(2.0, rel=0.03)
    spoiled = np.concatenate([values, np.full(2000, 1e6)])
    assert robust_sd(spoiled) == pytest.approx(2.0, rel=0.1)
    assert math.isnan(robust_sd(np.array([1.0, 2.0])))


# --- what a pair's pattern does not repeat --------------------------------------------------------


def unrepeated(first: FloatMap, second: FloatMap, region: Mask) -> float:
    def read(pattern: FloatMap) -> SkinMaps:
        return replace(relief_maps(pattern, px_per_mm=4.0), smooth={"haemoglobin": pattern})

    return pattern_error(read(first), read(second), "haemoglobin", region)


def test_a_pattern_that_fades_in_place_is_no_error() -> None:
    pattern = blur(white((120, 120), 7), 3.0)
    everywhere = np.ones(pattern.shape, bool)
    spread = robust_sd(pattern.ravel())
    assert unrepeated(pattern, pattern, everywhere) == pytest.approx(0, abs=0.02 * spread)
    assert unrepeated(pattern, 0.6 * pattern, everywhere) < 0.1 * spread


def test_a_pattern_that_does_not_repeat_is_all_error() -> None:
    first, second = blur(white((120, 120), 7), 3.0), blur(white((120, 120), 8), 3.0)
    everywhere = np.ones(first.shape, bool)
    assert unrepeated(first, second, everywhere) > 0.7 * robust_sd(first.ravel())


def test_a_gradient_of_light_is_error() -> None:
    pattern = blur(white((120, 120), 7), 3.0)
    slope = np.tile(np.linspace(-1, 1, 120, dtype=np.float32), (120, 1))
    everywhere = np.ones(pattern.shape, bool)
    assert unrepeated(pattern, pattern + slope, everywhere) >= 0.9 * slope.std()
    assert math.isnan(unrepeated(pattern, pattern, ~everywhere))


def test_a_jump_of_the_median_between_rounded_values_is_error() -> None:
    """Colour rounded block by block, as a JPEG does: a slightly steeper tone curve, and the median jumps."""
    skin = blur(white((40, 40), 7), 3.0)
    skin /= robust_sd(skin.ravel())
    everywhere = np.ones((320, 320), bool)

    def photographed(contrast: float) -> FloatMap:
        rounded = np.round(contrast * skin / 0.5) * np.float32(0.5)
        return np.kron(rounded, np.ones((8, 8), np.float32))

    first, beyond = photographed(1.0), []
    for contrast in np.arange(0.8, 1.21, 0.05):
        second = photographed(contrast)
        change = robust_sd(second.ravel()) - robust_sd(first.ravel())
        beyond.append(abs(change - (contrast - 1)))
        assert unrepeated(first, second, everywhere) > 0.8 * beyond[-1] - 0.05
    assert max(beyond) > 0.5  # of a pattern of spread 1


# --- blocks ---------------------------------------------------------------------------------------


@given(st.integers(0, 500), st.integers(4, 20))
def test_blocks_are_disjoint_square_and_mostly_mask(seed: int, side: int) -> None:
    mask = np.zeros((60, 80), bool)
    generator = rng(seed)
    top, left = generator.integers(0, 40, 2)
    mask[top : top + generator.integers(1, 40), left : left + generator.integers(1, 40)] = True
    seen = np.zeros(mask.shape, int)
    for window in blocks(mask, side):
        seen[window] += 1
        assert window[0].stop - window[0].start == window[1].stop - window[1].start >= side
        assert np.count_nonzero(mask[window]) >= 0.3 * (window[0].stop - window[0].start) ** 2
    assert seen.max() <= 1
    assert list(blocks(np.zeros((20, 20), bool), side)) == []
