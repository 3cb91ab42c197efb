"""What changed between two photos of drawn regions is found, with its size, and only there."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from analysis.drawn_gates import deformation_mm, drawn_gates, exposure_change
from analysis.pair_gates import relief_change
from analysis.phantom.disturbance import NEUTRAL, Disturbance
from analysis.phantom.scene import NO_DOSE
from analysis.pipeline import compare
from analysis.quality import LIMITS
from analysis.records import FloatMap, RegionPlan
from analysis.region_values import RawChange
from tests.analysis.patches import compared, encoded, shot
from tests.analysis.portrait import KnownFace, portrait

CHECKS = ("exposure_change", "deformation", "sharpness_change", "relief_change")
PX_PER_MM = 8.0
SIZE = (320, 480)
SKIN = np.ones(SIZE, bool)


def positions(scale: float = 1.0, turn: float = 0.0) -> FloatMap:
    """Where every pixel lies in a photo that is larger and turned."""
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float32)
    at = scale * np.exp(1j * turn) * (columns + 1j * rows) + (30 - 12j)
    return np.dstack([at.real, at.imag]).astype(np.float32)


@pytest.mark.parametrize(("scale", "turn"), [(1.0, 0.0), (1.7, 0.4), (0.6, -1.2)])
def test_a_wave_in_the_skin_is_found_in_mm_however_the_camera_stands(scale: float, turn: float) -> None:
    # Three and two whole waves across and down: an affine map cannot follow them, and their mean is 0.
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    wave = np.sin(2 * np.pi * 3 * columns / SIZE[1]) * np.sin(2 * np.pi * 2 * rows / SIZE[0])
    amplitude_mm = 1.5
    along = np.array([np.cos(turn), np.sin(turn)])
    moved = positions(scale, turn) + (scale * PX_PER_MM * amplitude_mm * wave)[..., None] * along
    found = deformation_mm(moved.astype(np.float32), SKIN, PX_PER_MM)
    assert found == pytest.approx(amplitude_mm / 2, rel=0.03)  # RMS of a product of sines is a half
    assert deformation_mm(positions(scale, turn), SKIN, PX_PER_MM) < 1e-3


def test_only_skin_counts_and_too_little_of_it_says_nothing() -> None:
    where = positions()
    where[:, 240:, 0] += 40
    left = SKIN.copy()
    left[:, 240:] = False
    assert deformation_mm(where, left, PX_PER_MM) < 1e-3
    assert deformation_mm(where, SKIN, PX_PER_MM) > 0.5
    few = np.zeros(SIZE, bool)
    few[:20, :20] = True
    assert math.isnan(deformation_mm(where, few, PX_PER_MM))


@pytest.mark.parametrize("factor", [0.25, 1.0, 2.0])
def test_exposure_is_in_stops(factor: float) -> None:
    light = np.random.default_rng(3).uniform(0.1, 0.4, (*SIZE, 3)).astype(np.float32)
    assert exposure_change(light, light * np.float32(factor), SKIN) == pytest.approx(
        abs(math.log2(factor)), abs=1e-3
    )
    sparse = np.zeros(SIZE, bool)
    sparse[1, 1] = True  # on no pixel of the lattice that is looked at first
    assert exposure_change(light, light * np.float32(factor), sparse) == pytest.approx(
        abs(math.log2(factor)), abs=1e-3
    )


@pytest.mark.parametrize(("references", "stops"), [(["arm"], 0.0), ([], 2.0)])
def test_skin_that_a_treatment_made_lighter_is_no_exposure(references: list[str], stops: float) -> None:
    light = np.full((*SIZE, 3), 0.1, np.float32)
    lighter = light.copy()
    lighter[:, :400] *= 4
    arm = np.zeros(SIZE, bool)
    arm[:, 420:] = True
    areas = {"treated": ~arm, "arm": arm}
    gates = drawn_gates(
        light, lighter, lighter, positions(), SKIN, areas, PX_PER_MM, 0.0, references, with_texture=False
    )
    (found,) = [gate.value for gate in gates if gate.name == "exposure_change"]
    assert found == pytest.approx(stops, abs=1e-3)


def test_texture_is_warned_of_an_exposure_that_a_card_took_off() -> None:
    light = np.full((*SIZE, 3), 0.1, np.float32)
    gates = drawn_gates(light, light, 4 * light, positions(), SKIN, {}, PX_PER_MM, 0.0, [], with_texture=True)
    seen = {gate.family: gate.value for gate in gates if gate.name == "exposure_change"}
    assert seen == {"colour": pytest.approx(0.0), "texture": pytest.approx(2.0)}


def test_relief_is_judged_on_reference_skin_alone() -> None:
    def raw(difference: float) -> RawChange:
        return RawChange(1.0, difference, math.nan, 0.5, 1000)

    names = ("texture_pore", "texture_medium", "texture_coarse")
    seen = {(name, "treated"): raw(-80.0) for name in names}
    seen |= {(names[0], "arm"): raw(4.0), (names[1], "arm"): raw(-7.0), (names[2], "arm"): raw(math.nan)}
    assert relief_change(seen, ["arm"]) == 7.0
    assert math.isnan(relief_change(seen, []))


def test_without_common_skin_there_is_nothing_to_judge() -> None:
    light = np.full((*SIZE, 3), 0.2, np.float32)
    nothing = np.zeros(SIZE, bool)
    assert not drawn_gates(
        light, light, light, positions(), nothing, {}, PX_PER_MM, 0.0, [], with_texture=True
    )


@pytest.mark.parametrize(
    ("disturbance", "named"),
    [
        (NEUTRAL, set()),
        (replace(NEUTRAL, gain_ev=-1.0), {"exposure_change"}),
        (replace(NEUTRAL, blur_px=1.6), {"sharpness_change"}),
        (replace(NEUTRAL, elevation_deg=25.0), {"relief_change"}),
        (replace(NEUTRAL, warp_mm=1.6), {"deformation"}),
    ],
    ids=["nothing", "exposure", "blur", "lamp", "stretched"],
)
def test_each_check_sees_its_own(disturbance: Disturbance, named: set[str]) -> None:
    found = compared(shot(), shot(NO_DOSE, disturbance, 7))
    seen = {gate.name: gate for gate in found.gates if gate.name in CHECKS}
    assert set(seen) == set(CHECKS)
    # A patch of 16 mm holds less than a wave of the warp: its own check comes near the limit, no other does.
    near = {name for name, gate in seen.items() if gate.value > 0.7 * LIMITS[name, gate.family].warn}
    assert near == named
    assert all(gate.state != "refuse" for gate in seen.values())


def test_a_warning_widens_the_band_of_its_family() -> None:
    usual = compared(shot(), shot(number=7)).changes
    darker = compared(shot(), shot(NO_DOSE, replace(NEUTRAL, gain_ev=-1.0), 7)).changes
    for one, other in zip(usual, darker, strict=True):
        assert other.mdc95 > 1.2 * one.mdc95
        assert "gate_warning" in other.flags


def test_all_but_relief_refuse_nothing_whatever_the_value() -> None:
    refusing = {name for (name, _), limit in LIMITS.items() if name in CHECKS and math.isfinite(limit.refuse)}
    assert refusing == {"relief_change"}


def test_a_face_is_not_judged_by_them() -> None:
    photo = encoded(portrait())
    found = compare([photo], [photo], finder=KnownFace(), plan=RegionPlan())
    assert found.gates
    assert not {gate.name for gate in found.gates} & set(CHECKS)
