"""What pairs share is the same as if each were made alone."""

from __future__ import annotations

from dataclasses import replace
from unittest import mock

import cv2
import numpy as np
import pytest

from analysis import features, subjects
from analysis.decode import decode
from analysis.phantom.camera import CAMERAS
from analysis.phantom.disturbance import NEUTRAL, draw
from analysis.phantom.scene import NO_DOSE, Dose, Site, SyntheticPhoto
from benchmarks.skindro import observing, work
from benchmarks.skindro.development import Development
from benchmarks.skindro.generator import SyntheticSite
from benchmarks.skindro.held_out import HeldOut
from benchmarks.skindro.jobs import DEFAULT, Job
from benchmarks.skindro.nuisances import NUISANCES
from benchmarks.skindro.observing import observe
from benchmarks.skindro.variants import signed

JOB = Job("G2", "III", 0, "zero", 0, 1, DEFAULT)


@pytest.fixture(scope="module")
def site() -> SyntheticSite:
    return HeldOut().site(5, "III")


@pytest.fixture(scope="module")
def photos(site: SyntheticSite) -> tuple[SyntheticPhoto, SyntheticPhoto]:
    rng = np.random.default_rng(2)
    return site.photo(NO_DOSE, draw("moderate", rng), 1), site.photo(NO_DOSE, draw("moderate", rng), 2)


@pytest.mark.parametrize("card", [False, True])
def test_what_a_site_keeps_does_not_show_in_its_photos(card: bool) -> None:
    camera = sorted(CAMERAS)[12 % len(CAMERAS)]
    kept, fresh = Development().site(12, "V", card=card), Site.of(12, "V", camera=camera, card=card)
    rng = np.random.default_rng(4)
    for shot, dose in enumerate((NO_DOSE, Dose(haemoglobin=-0.3, melanin=0.2, relief=0.8), NO_DOSE)):
        disturbance = draw("moderate", rng)
        assert kept.photo(dose, disturbance, shot).jpeg == fresh.photo(dose, disturbance, shot).jpeg


def test_modes_share_a_first_guess_and_nothing_is_changed_by_it(
    photos: tuple[SyntheticPhoto, SyntheticPhoto],
) -> None:
    before, after = photos
    with mock.patch.object(observing, "_guesses", observing.Kept(1)):
        with mock.patch.object(observing, "_by_features", wraps=features.by_features) as guess:
            shared = [observe(JOB, "zero", before, after.jpeg, mode=mode) for mode in "BC"]
        assert guess.call_count == 1
    with (
        mock.patch.object(observing, "_guesses", observing.Kept(0)),
        mock.patch.object(observing, "_features", observing.Kept(0)),
    ):
        alone = [observe(JOB, "zero", before, after.jpeg, mode=mode) for mode in "BC"]
    assert repr(shared) == repr(alone)  # NaN is not equal to itself


def test_features_of_a_baseline_are_looked_for_once(
    site: SyntheticSite, photos: tuple[SyntheticPhoto, SyntheticPhoto]
) -> None:
    before, after = photos
    with (
        mock.patch.object(observing, "_features", observing.Kept(3)),
        mock.patch.object(observing, "_sift", side_effect=cv2.SIFT.create) as sift,
    ):
        observe(JOB, "zero", before, after.jpeg)
        assert sift.call_count == 2
        observe(JOB, "zero", before, site.photo(NO_DOSE, NEUTRAL, 3).jpeg)
        assert sift.call_count == 3


def test_what_a_process_did_before_does_not_show(photos: tuple[SyntheticPhoto, SyntheticPhoto]) -> None:
    before, after = photos
    seen = []
    for seed in (3, 4):
        cv2.setRNGSeed(seed)
        with mock.patch.object(observing, "_guesses", observing.Kept(0)):
            seen.append(observe(JOB, "zero", before, after.jpeg))
    assert repr(seen[0]) == repr(seen[1])


def test_outside_an_observation_the_pipeline_is_itself(photos: tuple[SyntheticPhoto, SyntheticPhoto]) -> None:
    own = features.by_features, subjects.read_card, cv2.SIFT
    observe(JOB, "zero", photos[0], photos[1].jpeg, mode="C")
    assert (features.by_features, subjects.read_card, cv2.SIFT) == own


@pytest.mark.parametrize("generator", [Development(), HeldOut()], ids=["G1", "G2"])
def test_another_camera_sees_the_same_skin_in_other_colours(generator: Development | HeldOut) -> None:
    one = generator.site(6, "IV")
    other = one.by_another_camera()
    assert other.camera != one.camera
    assert (other.positions_mm(NEUTRAL, 1) == one.positions_mm(NEUTRAL, 1)).all()
    seen = [
        taker.photo(NO_DOSE, NEUTRAL, 1).pixels[100:400, 100:400].reshape(-1, 3) for taker in (one, other)
    ]
    ratio = seen[1].mean(0) / seen[0].mean(0)
    assert np.abs(ratio / ratio[1] - 1).max() > 0.005
    assert np.corrcoef(seen[0][:, 1], seen[1][:, 1])[0, 1] > 0.8


def test_a_signed_photo_names_its_camera_and_is_the_same_picture(
    photos: tuple[SyntheticPhoto, SyntheticPhoto],
) -> None:
    photo = decode(signed(photos[0], "beta"))
    assert (photo.facts.camera_make, photo.facts.camera_model) == ("SkinDRO", "beta")
    assert (photo.pixels == decode(photos[0].jpeg).pixels).all()


def test_the_check_of_cameras_sees_the_other_camera() -> None:
    assert NUISANCES["other camera"].other_camera
    only = {name: NUISANCES[name] for name in ("gloss", "other camera")}
    with mock.patch.object(work, "NUISANCES", only):
        seen = {one.label: one for one in work.run(replace(JOB, task="gates"))}
    assert "camera" in seen["other camera"].warned
    assert "camera" not in seen["gloss"].warned
