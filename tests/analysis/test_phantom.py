"""The synthetic skin against published values and against its own stated truth."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from analysis.phantom import spectra
from analysis.phantom.camera import CAMERAS, Rendering, encode_srgb, render, spectral_weights
from analysis.phantom.disturbance import NEUTRAL, Disturbance, draw
from analysis.phantom.optics import TONE_ITA_DEG, TYPICAL_BLOOD, SkinModel, random_skin
from analysis.phantom.scene import NO_DOSE, Dose, Site, pair
from analysis.phantom.texture import gloss, micro_relief, pores, shade, skin_texture, smooth_noise


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def site() -> Site:
    return Site.of(11, "III", patch_mm=14.0, varied_optics=False)


def density(rgb: np.ndarray) -> np.ndarray:
    return -np.log10(rgb)


# Spectra


def at(table: np.ndarray, nm: int) -> float:
    return float(table[(nm - 400) // 10])


def test_haemoglobin_has_its_known_bands() -> None:
    # Oxyhaemoglobin: two peaks about 542 and 577 nm with a valley at 560; reduced: one peak about 555.
    oxy, reduced = spectra.HBO2_EXTINCTION, spectra.HB_EXTINCTION
    assert at(oxy, 540) > 1.5 * at(oxy, 560) < at(oxy, 580)
    between = [at(reduced, nm) for nm in range(520, 600, 10)]
    assert int(np.argmax(between)) in (3, 4)
    # Soret bands: 415 nm oxygenated, 433 nm reduced; and red blood is red.
    assert int(np.argmax(oxy)) == 2
    assert int(np.argmax(reduced)) == 3
    assert at(reduced, 660) > 8 * at(oxy, 660)
    # The curves cross near 500 and 585 nm (isosbestic points).
    assert at(oxy, 500) == pytest.approx(at(reduced, 500), rel=0.01)


def test_daylight_matches_the_published_table_and_white_point() -> None:
    d65 = spectra.ILLUMINANTS["D65"]
    tabulated = {400: 82.7549, 450: 117.008, 500: 109.354, 560: 100.0, 600: 90.0062, 700: 71.6091}
    for nm, value in tabulated.items():
        assert at(d65, nm) == pytest.approx(value, rel=2e-3)
    white = spectra.xyz(np.ones(31), d65)
    assert white[0] / white.sum() == pytest.approx(0.3127, abs=4e-4)
    assert white[1] / white.sum() == pytest.approx(0.3290, abs=6e-4)
    with pytest.raises(ValueError, match="4000 to 25000"):
        spectra.daylight(2000.0)
    assert spectra.daylight(9000.0)[0] > d65[0]


def test_illuminant_a_is_the_published_one() -> None:
    lamp = spectra.ILLUMINANTS["A"]
    # CIE 015 table: 14.71 at 400 nm, 129.04 at 600 nm, 198.26 at 700 nm.
    for nm, value in {400: 14.71, 600: 129.04, 700: 198.26}.items():
        assert at(lamp, nm) == pytest.approx(value, rel=2e-3)


def test_lab_of_white_and_grey() -> None:
    d65 = spectra.ILLUMINANTS["D65"]
    grey = spectra.lab(np.stack([np.ones(31), np.full(31, 0.184)]), d65)
    assert grey[0] == pytest.approx([100, 0, 0], abs=1e-9)
    assert grey[1] == pytest.approx([50, 0, 0], abs=0.1)
    assert spectra.ita_deg(np.array([60.0, 5.0, 10.0])) == pytest.approx(45.0)


# Optics


def test_tone_classes_are_met_and_look_like_skin() -> None:
    skin = SkinModel()
    for tone, ita in TONE_ITA_DEG.items():
        melanin = skin.melanin_for_ita(ita)
        lab = spectra.lab(skin.reflectance(melanin, TYPICAL_BLOOD), spectra.ILLUMINANTS["D65"])
        assert spectra.ita_deg(lab) == pytest.approx(ita, abs=0.7), tone
        assert (lab > [28, 4, 12]).all(), tone
        assert (lab < [76, 22, 35]).all(), tone


def test_pigments_darken_where_they_absorb() -> None:
    skin = SkinModel()
    plain = skin.reflectance(0.05, 0.007)
    redder, browner = skin.reflectance(0.05, 0.014), skin.reflectance(0.06, 0.007)
    assert (redder < plain).all()
    assert (browner < plain).all()
    loss = np.log(plain / redder)
    assert at(loss, 540) > 5 * at(loss, 650)
    # Melanin falls off smoothly: its density is a power law of the wavelength, apart from the surface term.
    slope = np.diff(np.log(np.log((plain - skin.surface) / (browner - skin.surface))))
    assert slope / np.diff(np.log(spectra.WAVELENGTHS_NM)) == pytest.approx(np.full(30, -3.33), abs=0.01)


def test_the_table_agrees_with_the_model() -> None:
    skin = random_skin(rng(5))
    melanin = rng(1).uniform(0.0, 0.5, (20, 20)).astype(np.float32)
    blood = rng(2).uniform(0.001, 0.05, (20, 20)).astype(np.float32)
    exact = skin.reflectance(melanin, blood) @ spectral_weights("phone", "D50")
    quick = skin.linear_rgb(melanin, blood, "phone", "D50")
    assert quick.shape == (20, 20, 3)
    assert quick.dtype == np.float32
    assert np.abs(density(quick) - density(exact)).max() < 1e-3


def test_the_population_stays_within_its_limits() -> None:
    people = [random_skin(rng(seed)) for seed in range(50)]
    assert all(0.5 <= one.oxygenation <= 0.9 and 40 <= one.epidermis_um <= 90 for one in people)
    assert all(2.8 <= one.melanin_exponent <= 3.6 and 0.7 <= one.scattering <= 1.3 for one in people)


# Camera


@pytest.mark.parametrize("camera", sorted(CAMERAS))
def test_a_white_balanced_camera_keeps_grey_grey(camera: str) -> None:
    for light in spectra.ILLUMINANTS:
        assert np.full(31, 0.3) @ spectral_weights(camera, light) == pytest.approx([0.3] * 3)
    peaks = spectra.WAVELENGTHS_NM[np.argmax(CAMERAS[camera].sensitivities(), axis=0)]
    assert peaks[0] > peaks[1] > peaks[2]


def test_cameras_agree_on_skin_within_their_kind() -> None:
    skin = SkinModel().reflectance(0.04, 0.007)
    seen = np.array([skin @ spectral_weights(camera, "D65") for camera in CAMERAS])
    assert np.ptp(seen, axis=0).max() < 0.06


def test_encoding_is_srgb() -> None:
    # IEC 61966-2-1: 0.2140 linear is code 127.5, the toe is linear.
    assert encode_srgb(np.array([0.2140, 0.001, 0.0, 2.0], np.float32)) == pytest.approx(
        [0.5, 0.01292, 0.0, 1.0], abs=2e-4
    )


def test_rendering_does_what_it_says() -> None:
    flat = np.full((40, 40, 3), 0.216, np.float32)
    plain = Rendering(blur_px=0, noise_dn=0)
    grey = int(render(flat, plain, rng())[0, 0, 0])
    assert grey == round(255 * (1.055 * 0.216 ** (1 / 2.4) - 0.055))
    assert render(flat, replace(plain, gain_ev=1.0), rng())[0, 0, 0] > grey
    warm = render(flat, replace(plain, white_balance=(0.1, -0.1)), rng())[0, 0]
    assert warm[0] > warm[1] > warm[2]
    noisy = render(flat, replace(plain, noise_dn=2.0), rng()).astype(float)
    assert noisy.std() == pytest.approx(2.0, rel=0.15)
    darker = render(flat, replace(plain, gamma=1.2), rng())[0, 0, 0]
    assert darker < grey
    edge = flat.copy()
    edge[:, 20:] = 0.5
    sharp = render(edge, replace(plain, sharpening=0.8), rng())
    soft = render(edge, replace(plain, blur_px=1.5), rng())
    assert np.ptp(sharp.astype(float)) > np.ptp(render(edge, plain, rng()).astype(float))
    assert np.diff(soft[20, :, 0].astype(float)).max() < np.diff(sharp[20, :, 0].astype(float)).max()
    curved = render(flat * 0.2, replace(plain, s_curve=0.4), rng())[0, 0, 0]
    assert curved < render(flat * 0.2, plain, rng())[0, 0, 0]


# Texture


def test_flat_skin_returns_flat_light() -> None:
    flat = np.zeros((50, 50), np.float32)
    assert shade(flat, 20) == pytest.approx(np.ones((50, 50)), abs=1e-6)
    assert gloss(flat, 20) == pytest.approx(np.ones((50, 50)), abs=1e-6)


def test_shading_is_a_slope_towards_the_lamp() -> None:
    # A plane that rises to the right by 0.1: Lambert by hand, lamp from the right at 45 degrees.
    x = np.arange(200, dtype=np.float32) / 20
    ramp = np.repeat(0.1 * x[None, :], 60, axis=0)
    cosine = (-0.1 * np.cos(np.pi / 4) + np.sin(np.pi / 4)) / np.sqrt(1.01) / np.sin(np.pi / 4)
    assert shade(ramp, 20, azimuth_deg=0.0)[30, 100] == pytest.approx(0.45 + 0.55 * cosine, abs=1e-3)
    assert shade(ramp, 20, azimuth_deg=180.0)[30, 100] > 1.0


def test_shading_follows_relief_and_falls_under_a_frontal_lamp() -> None:
    height = micro_relief((200, 200), 20, rng(3))
    full, half = shade(height, 20).std(), shade(0.5 * height, 20).std()
    assert half / full == pytest.approx(0.5, abs=0.05)
    assert shade(height, 20, elevation_deg=75.0).std() < 0.7 * full


def test_pores_are_pits_of_the_stated_size_and_number() -> None:
    depth = pores((400, 400), 20, 40, rng(4))
    assert depth.min() >= 0
    assert 0.02 < depth.max() < 0.15
    assert 0.002 < (depth > 0.01).mean() < 0.05


def test_smooth_noise_has_unit_spread_and_its_scale() -> None:
    field = smooth_noise((300, 300), 12.0, rng(6))
    assert float(field.mean()) == pytest.approx(0, abs=1e-4)
    assert float(field.std()) == pytest.approx(1, abs=1e-3)
    # White noise under a Gaussian s correlates as exp(-d^2 / 4 s^2).
    lag = 12
    correlation = float((field[:, :-lag] * field[:, lag:]).mean())
    assert correlation == pytest.approx(np.exp(-(lag**2) / (4 * 12.0**2)), abs=0.1)


def test_same_seed_same_skin() -> None:
    one, two = (skin_texture((6, 6), 20, rng(9)) for _ in range(2))
    for name in ("height_mm", "spots", "melanin_unevenness", "blood"):
        assert np.array_equal(getattr(one, name), getattr(two, name))


# Scene


def inside(photo, region: int) -> np.ndarray:
    x, y = photo.regions[region].polygon.T
    return photo.pixels[int(y.min()) + 2 : int(y.max()) - 1, int(x.min()) + 2 : int(x.max()) - 1]


def linear(pixels: np.ndarray) -> np.ndarray:
    code = pixels / 255
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)


def test_a_photo_is_repeatable_and_carries_its_truth(site: Site) -> None:
    one, two = site.photo(shot_seed=3), site.photo(shot_seed=3)
    assert one.jpeg == two.jpeg
    assert np.array_equal(one.pixels, two.pixels)
    assert not np.array_equal(one.pixels, site.photo(shot_seed=4).pixels)
    assert one.px_per_mm == 10.0
    assert one.dose == NO_DOSE
    decoded = np.asarray(Image.open(io.BytesIO(one.jpeg)))
    assert decoded.shape == one.pixels.shape
    assert np.abs(decoded.astype(float) - one.pixels).mean() < 3
    treated, reference = one.regions
    assert (treated.role, reference.role) == ("treated", "reference")
    side = (site.patch_mm - 3.0) * one.px_per_mm
    assert np.ptp(treated.polygon, axis=0) == pytest.approx([side, side], abs=2)


def test_a_dose_changes_the_treated_patch_alone(site: Site) -> None:
    quiet = replace(NEUTRAL, noise_dn=0.0)
    before, after = site.photo(NO_DOSE, quiet), site.photo(Dose(haemoglobin=-0.3), quiet)
    assert np.abs(inside(before, 1).astype(float) - inside(after, 1)).max() <= 1
    change = density(linear(inside(after, 0))).mean((0, 1)) - density(linear(inside(before, 0))).mean((0, 1))
    # Expected from the spectral model at the site's own mean pigments.
    blood = site.blood * float(site.texture.blood.mean())
    weights = spectral_weights(site.camera, "D65")
    expected = density(site.skin.reflectance(site.melanin, 0.7 * blood) @ weights) - density(
        site.skin.reflectance(site.melanin, blood) @ weights
    )
    assert change == pytest.approx(expected, rel=0.12, abs=0.003)
    assert change[1] < 0
    assert abs(change[1]) > 2 * abs(change[0])


def test_relief_and_spot_doses_take_out_contrast(site: Site) -> None:
    quiet = replace(NEUTRAL, noise_dn=0.0)
    before = inside(site.photo(NO_DOSE, quiet), 0).astype(float)
    smooth = inside(site.photo(Dose(relief=0.2), quiet), 0).astype(float)
    clear = inside(site.photo(Dose(spots=0.0), quiet), 0).astype(float)

    def grain(picture: np.ndarray) -> float:
        return float(np.diff(picture[..., 1], axis=1).std())

    assert grain(smooth) < 0.6 * grain(before)
    assert clear[..., 2].std() < before[..., 2].std()
    lighter = inside(site.photo(Dose(melanin=-0.3), quiet), 0).astype(float)
    assert (lighter.mean((0, 1)) > before.mean((0, 1))).all()


def test_geometry_moves_the_regions_with_the_skin(site: Site) -> None:
    turned = replace(NEUTRAL, px_per_mm=12.0, yaw_deg=5.0, shift_mm=(1.0, -1.0), warp_mm=0.3)
    moved = site.photo(NO_DOSE, turned)
    still = site.photo(NO_DOSE, NEUTRAL)
    assert moved.pixels.shape[1] == pytest.approx(still.pixels.shape[1] * 1.2, abs=2)
    width = np.ptp(moved.regions[0].polygon[:, 0]) / 12.0
    assert width == pytest.approx((site.patch_mm - 3) * np.cos(np.radians(5)), rel=0.06)
    a, b = inside(still, 0).mean((0, 1)), inside(moved, 0).mean((0, 1))
    assert a == pytest.approx(b, abs=2.5)


@pytest.mark.parametrize("level", ["mild", "moderate", "severe"])
def test_disturbances_keep_to_their_level(level: str) -> None:
    draws = [draw(level, rng(seed)) for seed in range(40)]  # type: ignore[arg-type]  # a literal by name
    top = {"mild": 0.25, "moderate": 0.5, "severe": 1.0}[level]
    assert max(abs(one.gain_ev) for one in draws) <= top
    assert max(abs(one.gain_ev) for one in draws) > 0.7 * top
    assert all(one.blur_px >= 0.5 and one.px_per_mm > 4 for one in draws)
    assert len({one.illuminant for one in draws}) >= 2


def test_a_pair_differs_in_disturbance_and_dose_only() -> None:
    made = pair(21, "V", Dose(relief=0.8), "mild", patch_mm=10.0)
    assert made.baseline.dose == NO_DOSE
    assert made.follow_up.dose == Dose(relief=0.8)
    assert made.baseline.disturbance != made.follow_up.disturbance
    assert isinstance(made.baseline.disturbance, Disturbance)


def test_an_unknown_tone_is_named() -> None:
    with pytest.raises(ValueError, match="I-II, III, IV, V, VI"):
        Site.of(1, "purple")
