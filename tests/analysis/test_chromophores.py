"""H, M and S of light, and which pixels count as skin."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import chromophores
from analysis.bands import MaskedBlur
from analysis.constants import HAEMOGLOBIN_DIRECTION, MELANIN_DIRECTION, WEIGHTS
from analysis.linear import linear_light
from analysis.records import FloatMap, Mask, SkinMaps
from tests.analysis.patches import shot

PX_PER_MM = 10.0
SKIN = np.array([0.42, 0.22, 0.14], np.float32)
"""Linear light of an ordinary forearm."""


def maps_of(linear: FloatMap, mask: Mask | None = None) -> SkinMaps:
    everywhere = np.ones(linear.shape[:2], bool) if mask is None else mask
    noise = np.zeros(linear.shape[:2], np.float32)
    return chromophores.skin_maps(linear, MaskedBlur(everywhere), noise, PX_PER_MM)


def picture(shape: tuple[int, int] = (160, 200), seed: int = 0) -> FloatMap:
    """Skin with a little texture of its own."""
    texture = np.random.default_rng(seed).normal(0, 0.02, shape).astype(np.float32)
    return (SKIN * np.exp(texture)[..., None]).astype(np.float32)


def middle(shape: tuple[int, int]) -> Mask:
    mask = np.zeros(shape, bool)
    mask[20:-20, 20:-20] = True
    return mask


# --- the indices ----------------------------------------------------------------------------------


@settings(max_examples=25)
@given(st.floats(0.4, 2.0))
def test_exposure_and_shading_leave_pigments_alone(factor: float) -> None:
    linear = picture((24, 24))
    shading = np.linspace(factor, 1, 24, dtype=np.float32)[None, :, None]
    plain, shaded = maps_of(linear), maps_of(linear * shading)
    # 0.02: what float32 leaves of a hundredth of H.
    assert shaded.haemoglobin == pytest.approx(plain.haemoglobin, abs=0.02)
    assert shaded.melanin == pytest.approx(plain.melanin, abs=0.02)
    assert shaded.companion == pytest.approx(plain.companion, abs=0.02)


def test_relief_takes_all_of_a_change_of_light() -> None:
    linear = picture()
    brighter = maps_of(linear * np.float32(1.2)).relief - maps_of(linear).relief
    # Natural-log units, bright positive. The row sums to 1 within the rounding of the constants.
    assert brighter == pytest.approx(np.full(brighter.shape, np.log(1.2)), rel=0.01)


def test_the_companion_is_the_erythema_index() -> None:
    linear = picture()
    expected = 100 * np.log10(linear[..., 0].astype(np.float64) / linear[..., 1])
    assert maps_of(linear).companion == pytest.approx(expected, abs=2e-3)


def test_h_and_m_are_their_weights_over_the_optical_densities() -> None:
    linear = picture()
    density = -np.log10(linear.astype(np.float64))
    found = maps_of(linear)
    assert found.haemoglobin == pytest.approx(density @ WEIGHTS["haemoglobin"], abs=5e-3)
    assert found.melanin == pytest.approx(density @ WEIGHTS["melanin"], abs=5e-3)


@pytest.mark.parametrize(
    ("direction", "answers", "silent"),
    [(HAEMOGLOBIN_DIRECTION, "haemoglobin", "melanin"), (MELANIN_DIRECTION, "melanin", "haemoglobin")],
)
def test_each_index_answers_to_its_own_pigment(
    direction: tuple[float, float, float], answers: str, silent: str
) -> None:
    before = picture()
    after = before * (10 ** -(0.05 * np.array(direction))).astype(np.float32)
    first, second = maps_of(before), maps_of(after)
    moved = {name: float(np.mean(getattr(second, name) - getattr(first, name))) for name in (answers, silent)}
    assert moved[answers] > 1
    assert abs(moved[silent]) < 0.3 * moved[answers]


def test_smoothed_maps_know_only_valid_skin() -> None:
    linear = picture()
    mask = middle(linear.shape[:2])
    spoiled = np.where(mask[..., None], linear, np.float32(0.9))
    for name, smooth in maps_of(linear, mask).smooth.items():
        assert (smooth[mask] == maps_of(spoiled, mask).smooth[name][mask]).all()


def test_a_window_is_the_same_maps_on_a_rectangle() -> None:
    whole = maps_of(picture())
    part = whole.window((slice(10, 40), slice(20, 70)))
    assert part.px_per_mm == whole.px_per_mm
    assert (part.haemoglobin == whole.haemoglobin[10:40, 20:70]).all()
    assert all((part.bands[name] == whole.bands[name][10:40, 20:70]).all() for name in whole.bands)
    assert np.shares_memory(part.relief, whole.relief)


# --- which pixels are skin ------------------------------------------------------------------------


def spoiled(kind: str, px_per_mm: float) -> tuple[FloatMap, Mask]:
    """Skin with one thing on it that is not skin, 4 mm wide, and where that thing is."""
    linear = picture((240, 240)).copy()
    thing = np.zeros((240, 240), bool)
    if kind == "hair":
        line = np.zeros((240, 240), np.uint8)
        cv2.line(line, (60, 40), (180, 200), 1, 2)
        thing = line > 0
        linear[thing] = (0.03, 0.02, 0.014)
        return linear, thing
    side = round(4 * px_per_mm)
    thing[100 : 100 + side, 110 : 110 + side] = True
    linear[thing] = {
        "glare": SKIN + np.float32(0.25),
        "clipped": (1.0, 0.5, 0.4),
        "black": (0.0005, 0.0004, 0.0003),
        "green paint": (0.14, 0.42, 0.22),
        "grey paper": (0.3, 0.3, 0.3),
        "deep shadow": SKIN * np.float32(0.4),
    }[kind]
    return linear, thing


@pytest.mark.parametrize("px_per_mm", [3.0, 8.0])
@pytest.mark.parametrize("kind", ["glare", "clipped", "black", "green paint", "grey paper", "deep shadow"])
def test_what_is_not_skin_is_left_out(kind: str, px_per_mm: float) -> None:
    linear, thing = spoiled(kind, px_per_mm)
    area = middle((240, 240))
    mask = chromophores.skin_mask(linear, [area], px_per_mm)
    assert not (mask & thing).any()
    assert mask[area & ~thing].mean() > 0.9


def test_a_hair_is_left_out() -> None:
    linear, thing = spoiled("hair", 8.0)
    area = middle((240, 240))
    mask = chromophores.skin_mask(linear, [area], 8.0)
    assert (mask & thing).sum() < 0.02 * thing.sum()
    assert mask[area].mean() > 0.85


@pytest.mark.parametrize("tone", ["I-II", "III", "IV", "V", "VI"])
def test_skin_of_every_tone_is_skin(tone: str) -> None:
    photo = shot(tone=tone)
    linear = linear_light(photo.pixels)
    for region in photo.regions:
        canvas = np.zeros(linear.shape[:2], np.uint8)
        cv2.fillPoly(canvas, [np.rint(region.polygon).astype(np.int32)], 1)
        kept = chromophores.skin_mask(linear, [canvas > 0], photo.px_per_mm)[canvas > 0]
        assert kept.mean() > 0.85


def test_redder_spots_stay_skin() -> None:
    linear = picture((240, 240))
    redder = linear.copy()
    redder[100:130, 110:140] *= (10 ** -(0.05 * np.array(HAEMOGLOBIN_DIRECTION))).astype(np.float32)
    area = middle((240, 240))
    assert chromophores.skin_mask(redder, [area], 8.0)[area].mean() > 0.97


@given(
    left=st.integers(0, 60), top=st.integers(0, 60), wide=st.integers(1, 60), tall=st.integers(1, 60),
    seed=st.integers(0, 5),
)  # fmt: skip
def test_a_mask_never_leaves_its_areas(left: int, top: int, wide: int, tall: int, seed: int) -> None:
    linear = picture((90, 100), seed)
    area = np.zeros((90, 100), bool)
    area[top : top + tall, left : left + wide] = True
    mask = chromophores.skin_mask(linear, [area], 6.0)
    assert mask.dtype == bool
    assert not (mask & ~area).any()


def test_no_area_gives_no_skin() -> None:
    linear = picture((60, 60))
    nothing = np.zeros((60, 60), bool)
    assert not chromophores.skin_mask(linear, [nothing], 3.0).any()
    speck = nothing.copy()
    speck[30:33, 30:33] = True
    assert not chromophores.skin_mask(linear, [speck], 3.0).any(), "too few pixels to know a colour"


# --- pixel noise ----------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [60, 120, 200])
@pytest.mark.parametrize("sd", [1.0, 2.0, 4.0])
def test_pixel_noise_finds_the_sd_of_white_noise(code: int, sd: float) -> None:
    noise = np.random.default_rng(0).normal(0, sd, (480, 640, 3))
    pixels = np.clip(np.rint(code + noise), 0, 255).astype(np.uint8)
    expected = (np.log(linear_light(pixels)) @ [0.299, 0.587, 0.114]).std()
    assert np.median(chromophores.pixel_noise(pixels)) == pytest.approx(expected, rel=0.15)


def test_pixel_noise_does_not_see_slow_shading() -> None:
    ramp = np.tile(np.linspace(90, 180, 640), (480, 1))[..., None].repeat(3, 2)
    assert np.median(chromophores.pixel_noise(np.rint(ramp).astype(np.uint8))) < 0.004


def test_noise_is_looked_up_where_it_was_seen() -> None:
    lattice = np.arange(6 * 8, dtype=np.float32).reshape(6, 8)
    # Quad (row, column) of the lattice covers photo pixels 8 row + 3 .. 4, centred at 8 row + 3.5.
    where = np.array([[[8 * 2 + 3.5, 8 * 4 + 3.5], [8 * 7 + 3.5, 3.5], [-50.0, 9000.0]]], np.float32)
    assert chromophores.noise_at(lattice, where)[0].tolist() == [4 * 8 + 2, 7, 5 * 8]


# --- spots ----------------------------------------------------------------------------------------


def test_texture_is_read_beside_spots() -> None:
    """A spot in either photo is left out of both; even skin is kept."""
    generator = np.random.default_rng(4)
    skin = np.full((400, 400, 3), (0.42, 0.28, 0.20), np.float32)
    skin *= np.exp(generator.normal(0, 0.01, skin.shape)).astype(np.float32)
    y, x = np.mgrid[:400, :400]
    spots = [np.hypot(x - at, y - 200) < 20 for at in (100, 300)]
    photos = []
    for spot in spots:
        photo = skin.copy()
        photo[spot] *= np.float32([0.85, 0.75, 0.6])
        photos.append(maps_of(photo))
    everywhere = np.ones((400, 400), bool)
    plain = chromophores.outside_spots(photos, MaskedBlur(everywhere))
    assert not plain[spots[0] | spots[1]].any()
    assert plain.mean() > 0.9
    alone = chromophores.outside_spots([maps_of(skin)], MaskedBlur(everywhere))
    assert alone.mean() > 0.85, "noise is no spot"
