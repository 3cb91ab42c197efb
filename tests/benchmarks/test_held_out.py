"""The held-out generator is skin, is another skin than the phantom's, and knows where its pixels look."""

from __future__ import annotations

import math
import tomllib

import numpy as np
import pytest

from analysis.phantom.disturbance import NEUTRAL, Disturbance
from analysis.phantom.optics import SkinModel
from analysis.phantom.scene import NO_DOSE, Dose
from analysis.phantom.spectra import ILLUMINANTS, WAVELENGTHS_NM, lab
from analysis.records import Pixels
from benchmarks.skindro.development import Development
from benchmarks.skindro.displacement import follow, registration_error
from benchmarks.skindro.generator import TONES
from benchmarks.skindro.held_out import HeldOut, HeldOutSite
from benchmarks.skindro.held_out_camera import weights_of
from benchmarks.skindro.held_out_optics import CALM_BLOOD, LayeredSkin
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def skin() -> LayeredSkin:
    return LayeredSkin.of(np.random.default_rng(5))


@pytest.fixture(scope="module")
def site() -> HeldOutSite:
    return HeldOut().site(3, "III")


def patch(pixels: Pixels, left_mm: float) -> np.ndarray:
    """Mean colour of 20 mm in the middle of a patch that begins at `left_mm`, at 10 px/mm."""
    start = round(10 * (left_mm + 10))
    return pixels[150:350, start : start + 200].reshape(-1, 3).mean(0)


def test_more_pigment_returns_less_light_where_it_absorbs(skin: LayeredSkin) -> None:
    pale, brown = skin.reflectance(np.array([0.01, 0.1]), CALM_BLOOD)
    assert (brown < pale).all()
    calm, red = skin.reflectance(0.02, np.array([CALM_BLOOD, 2 * CALM_BLOOD]))
    loss = np.log(calm / red)
    assert (loss > 0).all()
    green, far_red = loss[WAVELENGTHS_NM == 550][0], loss[WAVELENGTHS_NM == 690][0]
    assert green > 4 * far_red  # haemoglobin hardly absorbs beyond 650 nm


def test_no_light_is_made(skin: LayeredSkin) -> None:
    spectra = skin.reflectance(np.linspace(0, 0.9, 7)[:, None], np.linspace(0, 0.1, 5)[None])
    assert spectra.min() > 0
    assert spectra.max() < 1


@pytest.mark.parametrize("tone", TONES)
def test_each_tone_has_its_typology_angle(skin: LayeredSkin, tone: str) -> None:
    melanin = skin.melanin_for_ita(TONES[tone])
    lightness, _, b = lab(skin.reflectance(melanin, CALM_BLOOD), ILLUMINANTS["D65"])
    assert math.degrees(math.atan2(lightness - 50, b)) == pytest.approx(TONES[tone], abs=1.0)


def test_the_table_says_what_the_model_says(skin: LayeredSkin) -> None:
    fraction = np.full((1, 1), 0.043, np.float32)
    blood = np.full((1, 1), 0.017, np.float32)
    from_table = skin.linear_rgb(fraction, blood, "alpha", "D50")[0, 0]
    direct = skin.reflectance(0.043, 0.017) @ weights_of("alpha", "D50")
    # Blood is 0.017 as a float32: what is left is the table's interpolation.
    assert from_table == pytest.approx(direct, rel=2e-3)


@pytest.mark.parametrize("camera", ["alpha", "beta"])
def test_white_is_white_in_daylight(camera: str) -> None:
    assert np.ones(31) @ weights_of(camera, "D65") == pytest.approx([1, 1, 1])


def test_its_optics_are_not_those_of_the_phantom(skin: LayeredSkin) -> None:
    """A step of blood, seen by one camera: its direction in density differs by more than people do in G1."""
    weights = weights_of("alpha", "D65")

    def direction(model: LayeredSkin | SkinModel, melanin: float, blood: float) -> np.ndarray:
        light = np.log(model.reflectance(melanin, np.array([blood, 0.7 * blood])) @ weights)
        step = light[1] - light[0]
        return step / np.linalg.norm(step)

    ours = direction(skin, skin.melanin_for_ita(40.0), CALM_BLOOD)
    phantoms = [direction(SkinModel(oxygenation=s), 0.03, 0.007) for s in (0.5, 0.7, 0.9)]
    among_them = min(float(phantoms[0] @ other) for other in phantoms)
    assert max(float(ours @ other) for other in phantoms) < among_them


def test_the_same_arguments_give_the_same_bytes(site: HeldOutSite) -> None:
    again = HeldOut().site(3, "III")
    assert site.photo(shot_seed=4).jpeg == again.photo(shot_seed=4).jpeg
    assert site.photo(shot_seed=4).jpeg != site.photo(shot_seed=5).jpeg


def test_a_dose_acts_on_the_treated_patch_alone(site: HeldOutSite) -> None:
    before, after = site.photo(), site.photo(Dose(haemoglobin=-0.5))
    treated = patch(after.pixels, 5) - patch(before.pixels, 5)
    assert treated[1] > 3  # less blood, more green
    assert patch(after.pixels, 50) == pytest.approx(patch(before.pixels, 50), abs=0.05)


def test_relief_is_what_a_dose_of_relief_changes(site: HeldOutSite) -> None:
    def roughness(dose: Dose) -> float:
        green = np.log(site.photo(dose).pixels[150:350, 150:350, 1].astype(float))
        return float(np.diff(green, axis=1).std())

    assert roughness(Dose(relief=0.5)) < 0.85 * roughness(NO_DOSE)


@pytest.mark.parametrize("generator", [Development(), HeldOut()], ids=["G1", "G2"])
def test_regions_lie_where_positions_say(generator: Development | HeldOut) -> None:
    disturbance = Disturbance(yaw_deg=4.0, shift_mm=(1.0, -0.5), warp_mm=0.6, px_per_mm=9.0)
    one = generator.site(11, "IV")
    where = one.positions_mm(disturbance, shot_seed=7)
    photo = one.photo(NO_DOSE, disturbance, shot_seed=7)
    assert where.shape[:2] == photo.pixels.shape[:2]
    low, high = 6.5, 43.5  # 5 mm of margin, 40 mm of patch, 1.5 mm inside it
    for region, offset in zip(photo.regions, (0.0, 45.0), strict=True):
        seen = np.array([where[round(float(y)), round(float(x))] for x, y in region.polygon])
        wanted = [[low + offset, low], [high + offset, low], [high + offset, high], [low + offset, high]]
        assert np.abs(seen - wanted).max() < 0.25


def test_a_pixel_is_followed_to_the_other_photo(site: HeldOutSite) -> None:
    here = site.positions_mm(NEUTRAL, 0)
    there = site.positions_mm(Disturbance(yaw_deg=5.0, shift_mm=(1.2, 0.4), warp_mm=0.8, px_per_mm=12.0), 1)
    points = np.array([[100.0, 80.0], [500.0, 300.0], [850.0, 420.0]], np.float32)
    found = np.rint(follow(points, here, there, 12.0)).astype(int)
    for (x, y), (u, v) in zip(points.astype(int), found, strict=True):
        assert np.hypot(*(there[v, u] - here[y, x])) < 0.09  # within the rounding to a whole pixel of 1/12 mm


def test_registration_is_judged_by_where_pixels_look(site: HeldOutSite) -> None:
    found = registration_error(site, np.random.default_rng(8), 40)
    assert found["start_median_mm"] > 0.2  # landmarks are a millimetre off each
    assert found["median_mm"] < 0.5 * found["start_median_mm"]
    assert found["median_mm"] < found["p95_mm"] < 1.0
    assert 0.5 < found["consistent"] <= 1.0


def test_the_linter_keeps_it_held_out() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    held_out = {
        f"benchmarks.skindro.{path.stem}" for path in (ROOT / "benchmarks/skindro").glob("held_out*.py")
    }
    assert len(held_out) == 5
    forbidding = [
        contract for contract in contracts
        if contract["type"] == "forbidden" and held_out <= set(contract["forbidden_modules"])
    ]  # fmt: skip
    (contract,) = forbidding
    deriving = {f"benchmarks.{path.stem}" for path in (ROOT / "benchmarks").glob("deriv*.py")}
    assert {"analysis", "dermatrend"} | deriving <= set(contract["source_modules"])
