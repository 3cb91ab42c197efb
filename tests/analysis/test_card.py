"""A colour card is read from photos as it is, in any position, and nothing else is taken for one."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest

from analysis.card import MOST_ERROR, as_published, fit_cards, grey_light, layout_of, read_card
from analysis.card_fit import fit_patches
from analysis.card_layouts import colorchecker, printed
from analysis.card_light import light_gradient
from analysis.decode import decode
from analysis.errors import AnalysisError, CardError
from analysis.lab import delta_e, lab_of_linear
from analysis.linear import srgb_code
from analysis.phantom.camera import CAMERAS, colorimetric_weights
from analysis.phantom.colorchecker import COLORCHECKER_REFLECTANCE
from tests.analysis import cards
from tests.analysis.patches import encoded


def test_published_colours_are_those_of_the_measured_spectra() -> None:
    # Two independent sources, charts from before and after 2014: a swapped patch would differ by tens.
    rendered = np.clip(COLORCHECKER_REFLECTANCE.reshape(24, 31) @ colorimetric_weights(), 0, 1)
    distance = delta_e(rendered, colorchecker().published)
    assert distance.max() < 4
    assert distance.mean() < 1.5


def test_lab_and_its_distance() -> None:
    # CIELAB of the sRGB primaries under D65 (Lindbloom's calculator).
    lab = lab_of_linear(np.eye(3))
    assert lab[0] == pytest.approx([53.24, 80.09, 67.20], abs=0.05)
    assert lab[2] == pytest.approx([32.30, 79.19, -107.86], abs=0.05)
    grey = np.array([0.2, 0.2, 0.2])
    assert delta_e(grey, grey * 1.02) < 1 < delta_e(grey, grey * (1.1, 1, 1))


@pytest.mark.parametrize("degrees", [0, 33, 90, 180, 250])
def test_a_card_is_read_in_every_position(degrees: float) -> None:
    light, matrix = cards.turned(cards.card_light(), degrees)
    reading = read_card(cards.photo_of(light))
    assert reading.kind == "colorchecker"
    assert reading.found == "automatic"
    assert not any(reading.clipped)
    wanted = cards.truth()
    bright = wanted > 0.01
    assert reading.linear[bright] == pytest.approx(wanted[bright], rel=0.04)
    there = cv2.transform(cards.corners()[:, None], matrix)[:, 0]
    # Found by its patches' middles; corners assume a frame between that of the large and the small sheet.
    assert np.abs(reading.corners - there).max() < 0.15 * cards.PITCH_PX
    assert np.isnan(reading.px_per_mm)
    assert reading.flags == ("card_scale_unknown",)


@pytest.mark.parametrize(
    ("gain", "white_balance", "gamma"),
    [(0.5, (1, 1, 1), 1.0), (1.0, (1.25, 1, 0.75), 1.0), (1.0, (1, 1, 1), 1.15), (0.8, (0.9, 1, 1.2), 0.9)],
)
def test_a_card_is_known_again_whatever_the_camera_did(gain, white_balance, gamma) -> None:
    reading = read_card(cards.photo_of(cards.card_light(), gain, white_balance, gamma))
    assert reading.fit_mean < 3
    # The session's light is brought back to that of the plain photo.
    plain = read_card(cards.photo_of(cards.card_light()))
    fit = fit_cards(reading, plain)
    assert fit.mean_error < 1.5
    mapped = fit.apply(reading.linear.reshape(4, 6, 3)).reshape(24, 3)
    assert delta_e(mapped, plain.linear).mean() < 1
    assert delta_e(reading.linear, plain.linear).mean() > 3


def test_corners_by_hand_may_come_in_any_order() -> None:
    photo = cards.photo_of(cards.card_light())
    wanted = cards.corners()
    for order in ((0, 1, 2, 3), (2, 0, 3, 1), (3, 2, 1, 0), (1, 3, 2, 0)):
        reading = read_card(photo, wanted[list(order)])
        assert reading.found == "corners"
        assert reading.corners == pytest.approx(wanted, abs=0.5)
        assert reading.fit_mean < 3


def test_a_mirrored_card_is_read_from_its_corners() -> None:
    light = np.ascontiguousarray(cards.card_light()[:, ::-1])
    mirrored = cards.corners() * (-1, 1) + (light.shape[1] - 1, 0)
    reading = read_card(cards.photo_of(light), mirrored)
    assert reading.corners == pytest.approx(mirrored, abs=0.5)


@pytest.mark.parametrize(
    ("corners", "says"),
    [
        (np.zeros((3, 2)), "shape"),
        (np.full((4, 2), np.nan), "shape"),
        (np.array([[0, 0], [100, 100], [200, 200], [300, 300]]), "no convex outline"),
        (np.array([[0, 0], [9, 0], [9, 9], [0, 9]]), "an area of"),
        (np.array([[0, 0], [150, 0], [150, 110], [0, 110]]), "within these corners"),
    ],
)
def test_corners_that_are_none_are_refused(corners, says) -> None:
    with pytest.raises(CardError, match=says):
        read_card(cards.photo_of(cards.card_light()), corners)


def test_other_coloured_squares_are_no_card() -> None:
    rng = np.random.default_rng(4)
    light = cards.card_light()
    left, top = cards.corners().min(0).astype(int)
    for row, column in itertools.product(range(6), range(4)):
        x, y = left + int(column * cards.PITCH_PX) + 1, top + int(row * cards.PITCH_PX) + 1
        light[y : y + 35, x : x + 35] = rng.uniform(0.05, 0.7, 3)
    with pytest.raises(CardError, match="No colour card was found"):
        read_card(cards.photo_of(light))
    with pytest.raises(CardError, match="No colour card lies within"):
        read_card(cards.photo_of(light), cards.corners())


def test_the_limit_of_a_card_lies_far_from_random_colours() -> None:
    rng = np.random.default_rng(8)
    layout = colorchecker()
    best = np.inf
    for _ in range(150):
        colours = rng.uniform(0.02, 0.9, (24, 3))
        # The hardest case: a true ramp of greys, without which hardly any random set has a fit at all.
        colours[18:] = layout.published[18:]
        best = min(best, fit_patches(colours, layout.published, layout.greys).mean_error)
    assert best > 1.3 * MOST_ERROR


def test_a_clipped_patch_is_told() -> None:
    reading = read_card(cards.photo_of(cards.card_light(exposure=1.05)))
    assert [layout_of(reading).names[k] for k in np.flatnonzero(reading.clipped)] == ["white"]


@pytest.mark.parametrize("camera", CAMERAS)
def test_the_light_over_a_card_is_measured(camera: str) -> None:
    layout = colorchecker()
    where = layout.centres()
    even = cards.truth(camera)
    for gradient, angle in itertools.product((0.0, 0.1, 0.3), (0.3, 1.9)):
        along = where @ (np.cos(angle), np.sin(angle))
        along = (along - along.mean()) / np.ptp(along)
        shaded = (even * np.exp(gradient * along)[:, None] * (1.1, 0.6, 0.5)) ** 1.1
        # Against the same card in another photo of the same camera, and against what is published.
        assert light_gradient(shaded, even, where) == pytest.approx(1.1 * gradient, abs=0.03)
        assert light_gradient(shaded, layout.published, where) == pytest.approx(1.1 * gradient, abs=0.1)
    assert np.isnan(light_gradient(even[:8], even[:8], where[:8]))


def test_the_small_sheet_gives_a_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.phantom.colorchecker.FILLED", 0.8)
    light = np.full((500, 520, 3), 0.2, np.float32)
    from analysis.phantom.colorchecker import lay_card

    lay_card(light, 1.0, (180.0, 130.0), 45.0, "phone", "D65", 0.7)
    reading = read_card(cards.photo_of(light))
    assert reading.px_per_mm == pytest.approx(45 / 14.9, rel=0.02)


def test_grey_is_that_between_white_and_black() -> None:
    reading = read_card(cards.photo_of(cards.card_light()))
    wanted = np.exp(np.log(cards.truth()[19:23]).mean(axis=0))
    assert grey_light(reading) == pytest.approx(wanted, rel=0.03)


def test_two_kinds_of_card_are_not_compared() -> None:
    reading = read_card(cards.photo_of(cards.card_light()))
    flat = srgb_code(printed().published.reshape(3, 8, 3))
    picture = cv2.resize(flat, (480, 180), interpolation=cv2.INTER_NEAREST)
    other = read_card(
        decode(encoded((255 * picture).astype(np.uint8))), np.array([[0, 0], [479, 0], [479, 179], [0, 179]])
    )
    assert other.kind == "printed"
    with pytest.raises(CardError, match="different colour cards"):
        fit_cards(reading, other)


REAL = {
    "card_calibrite_passport.png": (None, 158 / 50),
    "card_classic.png": (None, None),
    "card_colorchecker_classic_mini.jpg": (None, 191 / 50),
    "card_tilted_color_card.jpg": ([[326, 100], [63, 96], [312, 497], [50, 487]], 228 / 50),
}
"""Corners where the card is not found by itself, and px/mm by the 50 mm of the ruler printed on the card."""


@pytest.mark.parametrize("name", REAL)
def test_real_cards(photos: Path, name: str) -> None:
    photo = decode((photos / "cards" / name).read_bytes())
    corners, scale = REAL[name]
    if corners is not None:
        with pytest.raises(CardError, match="No colour card was found"):
            read_card(photo)
    reading = read_card(photo, None if corners is None else np.array(corners))
    print(
        f"{name}: {reading.found}, CIEDE2000 {reading.fit_mean:.1f} mean, {reading.fit_worst:.1f} worst, "
        f"light {reading.gradient:.0%}, {sum(reading.clipped)} clipped, {reading.px_per_mm:.2f} px/mm"
    )
    assert reading.kind == "colorchecker"
    assert reading.fit_mean < 7
    if scale is None:
        assert np.isnan(reading.px_per_mm)
    else:
        assert reading.px_per_mm == pytest.approx(scale, rel=0.03)


@pytest.mark.parametrize("folder", ["faces", "files"])
def test_no_card_is_seen_where_there_is_none(photos: Path, folder: str) -> None:
    looked = 0
    for path in sorted((photos / folder).iterdir()):
        try:
            photo = decode(path.read_bytes())
        except AnalysisError:
            continue  # no photo at all
        looked += 1
        with pytest.raises(CardError):
            read_card(photo)
    assert looked >= 10


def test_a_colour_beside_a_card_is_as_published_whatever_the_exposure() -> None:
    skin, cast = np.array([0.31, 0.19, 0.12], np.float32), np.array([0.75, 1.0, 0.65], np.float32)
    for exposure in (0.35, 0.7):
        taken = exposure * cast
        reading = read_card(cards.photo_of(cards.card_light(exposure=exposure) * cast))
        # The phantom's card is a measured one, up to 4 CIEDE2000 off the published values.
        assert delta_e(as_published(skin * taken, reading)[None], skin[None])[0] < 2
        assert delta_e(as_published(skin * taken, reading)[None], (skin * taken)[None])[0] > 10
    assert as_published(skin * taken, None) == pytest.approx(skin * taken)
    on_paper = dataclasses.replace(reading, kind="printed")
    assert as_published(skin * taken, on_paper) == pytest.approx(skin * taken)


def test_greys_that_look_alike_leave_a_colour_as_it_was_taken() -> None:
    reading = read_card(cards.photo_of(cards.card_light()))
    flat = dataclasses.replace(reading, linear=np.full_like(reading.linear, 0.4))
    assert as_published(np.full(3, 0.2, np.float32), flat) == pytest.approx(np.full(3, 0.2))
