"""Pictures of a comparison: one size and crop, colours that mean what the bar says, nothing hidden inside."""

from __future__ import annotations

import io
import math

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from analysis.records import AlignedViews
from dermatrend.pictures import (
    BAR_STOPS,
    MAX_SIDE,
    ColourBar,
    Picture,
    _change_colours,
    _level_colours,
    _round_step,
    encode_photo,
    encode_views,
)

HEIGHT, WIDTH = 90, 120
LIMIT = 2.0


def views(height: int = HEIGHT, width: int = WIDTH, limit: float = LIMIT) -> AlignedViews:
    """Redness 0 on the left, 10 in the middle third of the follow-up, -6 on its right; a hole of hair."""
    before = np.zeros((height, width), np.float32)
    after = before.copy()
    after[:, width // 3 : 2 * width // 3] = 10
    after[:, 2 * width // 3 :] = -6
    valid = np.ones((height, width), bool)
    valid[: height // 3] = False
    pixels = np.full((height, width, 3), (200, 150, 130), np.uint8)
    return AlignedViews(
        baseline=pixels,
        follow_up=pixels,
        valid=valid,
        maps={"redness": (before, after)},
        local_limit={"redness": limit},
        px_per_mm=8.0,
        regions=(),
    )


def opened(picture: Picture) -> Image.Image:
    image = Image.open(io.BytesIO(picture.data))
    image.load()
    assert image.size == (picture.width, picture.height)
    assert Image.MIME[image.format or ""] == picture.media_type
    return image


def rgba(picture: Picture) -> NDArray[np.uint8]:
    return np.asarray(opened(picture).convert("RGBA"))


def bar_of(picture: Picture) -> ColourBar:
    assert picture.colour_bar is not None
    return picture.colour_bar


def shown_value(picture: Picture, y: int, x: int) -> float:
    """The value that a reader takes from the bar for the colour at this place."""
    bar = bar_of(picture)
    stops = np.array([[int(stop[i : i + 2], 16) for i in (1, 3, 5)] for stop in bar.colours], float)
    steps = np.linspace(0, BAR_STOPS - 1, 1001)
    colours = np.stack([np.interp(steps, range(BAR_STOPS), stops[:, c]) for c in range(3)], -1)
    best = np.abs(colours - rgba(picture)[y, x, :3]).sum(1).argmin()
    return bar.low + (bar.high - bar.low) * best / 1000


def test_all_pictures_have_their_names_and_one_size() -> None:
    pictures = encode_views(views())
    assert list(pictures) == [
        "baseline",
        "follow_up",
        "redness_baseline",
        "redness_follow_up",
        "redness_change",
    ]
    assert {picture.name for picture in pictures.values()} == set(pictures)
    assert {opened(picture).size for picture in pictures.values()} == {(WIDTH, HEIGHT)}


def test_large_crops_are_reduced_together() -> None:
    pictures = encode_views(views(1500, 4000))
    assert {opened(picture).size for picture in pictures.values()} == {(MAX_SIDE, 600)}


@pytest.mark.parametrize(("place", "true"), [(20, 0.0), (60, 10.0), (100, -6.0)])
def test_colours_mean_what_the_bar_says(place: int, true: float) -> None:
    pictures = encode_views(views())
    found = shown_value(pictures["redness_follow_up"], 60, place)
    bar = bar_of(pictures["redness_follow_up"])
    assert bar.unit == "H"
    assert abs(found - true) <= 0.02 * (bar.high - bar.low)
    if true:
        assert abs(shown_value(pictures["redness_change"], 60, place) - true) <= 0.5


def test_both_sessions_share_one_scale() -> None:
    pictures = encode_views(views())
    assert bar_of(pictures["redness_baseline"]) == bar_of(pictures["redness_follow_up"])
    change = bar_of(pictures["redness_change"])
    assert change.low == -change.high
    assert change.hidden_within == LIMIT
    assert len(change.colours) == BAR_STOPS


def test_what_is_not_valid_skin_is_transparent() -> None:
    pictures = encode_views(views())
    for name in ("redness_baseline", "redness_follow_up", "redness_change"):
        assert (rgba(pictures[name])[: HEIGHT // 3, :, 3] == 0).all()
    assert (rgba(pictures["redness_follow_up"])[HEIGHT // 3 :, :, 3] == 255).all()


def test_nan_is_transparent() -> None:
    given = views()
    given.maps["redness"][1][50, 50] = np.nan
    pictures = encode_views(given)
    assert rgba(pictures["redness_follow_up"])[50, 50, 3] == 0
    assert rgba(pictures["redness_change"])[50, 50, 3] == 0


def test_changes_within_the_limit_are_not_drawn() -> None:
    change = rgba(encode_views(views())["redness_change"])[HEIGHT // 3 :]
    assert (change[:, : WIDTH // 3, 3] == 0).all()
    assert (change[:, WIDTH // 3 :, 3] == 255).all()
    nothing = rgba(encode_views(views(limit=11.0))["redness_change"])
    assert (nothing[..., 3] == 0).all()


def test_without_a_known_limit_there_is_no_change_map() -> None:
    assert "redness_change" not in encode_views(views(limit=math.nan))


def test_a_map_without_any_valid_skin_is_empty_and_no_error() -> None:
    given = views()
    given.valid[:] = False
    pictures = encode_views(given)
    assert (rgba(pictures["redness_change"])[..., 3] == 0).all()
    assert bar_of(pictures["redness_baseline"]).high > bar_of(pictures["redness_baseline"]).low


def test_a_constant_map_has_a_scale() -> None:
    given = views()
    given.maps["redness"][1][:] = 0
    bar = bar_of(encode_views(given)["redness_baseline"])
    assert bar.high > bar.low


def lightness(colours: NDArray[np.uint8]) -> NDArray[np.float64]:
    lab = cv2.cvtColor(colours[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return lab[0, :, 0].astype(np.float64)


def test_levels_get_lighter_step_by_step() -> None:
    steps = np.diff(lightness(_level_colours())[::8])
    assert (steps > 0).all()
    assert steps.max() < 3 * steps.mean()


def test_changes_are_symmetric_in_lightness_and_even() -> None:
    shades = lightness(_change_colours())
    assert len(shades) % 2 == 1  # an exact middle: zero has its own colour
    assert np.abs(shades - shades[::-1]).max() < 4
    middle = len(shades) // 2
    assert shades.argmax() == pytest.approx(middle, abs=1)
    steps = np.diff(shades[: middle + 1 : 8])
    assert steps.min() > 0.5 * steps.mean()


def as_seen_without_green_cones(colours: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Deuteranopia by Viénot, Brettel & Mollon 1999 (doi 10.1002/(SICI)1520-6378(199908)24:4)."""
    linear = (colours / 255.0) ** 2.2
    return linear @ np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]).T


def test_rise_and_fall_look_different_to_colour_blind_eyes() -> None:
    seen = as_seen_without_green_cones(_change_colours())
    falls, rises = seen[40], seen[-40]
    assert np.abs(falls - rises).max() > 0.25


def test_neither_end_of_the_change_scale_is_red_or_green() -> None:
    for colour in (_change_colours()[0], _change_colours()[-1]):
        lab = cv2.cvtColor((colour[None, None] / np.float32(255)).astype(np.float32), cv2.COLOR_RGB2LAB)[0, 0]
        hue = math.degrees(math.atan2(lab[2], lab[1])) % 360
        assert 45 < hue < 75 or 250 < hue < 300  # orange-brown or blue


@pytest.mark.parametrize(("span", "step"), [(10, 1), (25, 5), (0.3, 0.05), (7, 1), (16, 2)])
def test_scales_end_on_round_numbers(span: float, step: float) -> None:
    assert _round_step(span) == pytest.approx(step)


def test_photos_carry_no_metadata_and_are_not_enlarged() -> None:
    picture = encode_photo(np.full((30, 60, 3), 128, np.uint8), 1000)
    assert (picture.width, picture.height) == (60, 30)
    image = opened(picture)
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert b"Exif" not in picture.data


def test_colours_survive_encoding() -> None:
    pixels = np.full((64, 64, 3), (190, 120, 100), np.uint8)
    pixels[:, 32:] = (120, 90, 190)
    found = np.asarray(opened(encode_photo(pixels, 1000)), int)
    assert np.abs(found - pixels).max() <= 4


@pytest.mark.parametrize("max_px", [0, -5])
def test_an_impossible_size_is_refused(max_px: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        encode_photo(np.zeros((4, 4, 3), np.uint8), max_px)


def test_a_sliver_keeps_a_pixel() -> None:
    assert encode_photo(np.zeros((1, 500, 3), np.uint8), 100).height == 1
