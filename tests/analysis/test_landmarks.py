"""Finding the face: geometry that follows the picture, and its own refusal for each kind of bad photo.

The portrait that scikit-image carries stands for all; the corpus of real photos follows where it is there.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps
from skimage import data

from analysis import errors
from analysis.face_checks import LEFT_LIDS, RIGHT_LIDS, check_pose, check_skin_light, refuse_unmeasurable
from analysis.face_detection import Detection, Pyramid, Square, square_around, transform_points
from analysis.face_pose import GENERIC_FACE_MM, pose_deg
from analysis.landmarks import FaceFinder
from analysis.records import CaptureFacts, FaceMesh, Photo

Pixels = NDArray[np.uint8]
OUTER = [33, 263]
ENLARGED = 3
"""The portrait has an eye span of 62 px; three times that is the size of a phone portrait."""


def photo(pixels: NDArray[np.generic]) -> Photo:
    held = np.ascontiguousarray(np.clip(pixels, 0, 255), dtype=np.uint8)
    held.setflags(write=False)
    return Photo("0" * 64, held, CaptureFacts(), "PNG", "sRGB")


@pytest.fixture(scope="module")
def portrait() -> Pixels:
    """Head and shoulders, enlarged."""
    pixels = data.astronaut()[:320, 60:400]
    return np.asarray(cv2.resize(pixels, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_CUBIC))


@pytest.fixture(scope="module")
def mesh(finder: FaceFinder, portrait: Pixels) -> FaceMesh:
    return finder.find(photo(portrait))


def apart(points: NDArray[np.floating], others: NDArray[np.floating], mesh: FaceMesh) -> float:
    """Median distance of two sets of points, in percent of the eye span."""
    span = float(np.linalg.norm(np.subtract(*mesh.points[OUTER, :2])))
    return 100 * float(np.median(np.linalg.norm(points[:, :2] - others[:, :2], axis=1))) / span


# --- geometry -----------------------------------------------------------------------------------


def test_a_portrait_is_measured(mesh: FaceMesh, portrait: Pixels) -> None:
    assert mesh.points.shape == (468, 3)
    assert mesh.points.dtype == np.float32
    assert not mesh.points.flags.writeable
    assert mesh.score > 0.9
    assert abs(mesh.yaw_deg) < 10
    # Eyes above nose above chin, and the eye on the left on the left.
    assert mesh.points[33, 0] < mesh.points[263, 0]
    assert mesh.points[33, 1] < mesh.points[1, 1] < mesh.points[152, 1]
    # The nose is nearer than the ears.
    assert mesh.points[1, 2] < mesh.points[[234, 454], 2].min()
    assert mesh.px_per_mm_source == "iris"
    assert mesh.px_per_mm == pytest.approx(mesh.iris_px / 11.7)
    assert mesh.person is not None
    assert mesh.person.shape == (round(256 * portrait.shape[0] / portrait.shape[1]), 256)
    row, column = (mesh.points[1, 1::-1] * max(mesh.person.shape) / max(portrait.shape)).astype(int)
    assert mesh.person[row, column]
    assert not mesh.person[:20, :20].any()


@pytest.mark.parametrize("angle_deg", [-100, -20, 12, 45, 180])
def test_turning_the_picture_changes_roll_alone(
    finder: FaceFinder, portrait: Pixels, mesh: FaceMesh, angle_deg: float
) -> None:
    side = 1400
    middle = [portrait.shape[1] / 2, portrait.shape[0] / 2]
    # cv2 counts angles the other way round.
    matrix = cv2.getRotationMatrix2D(middle, -angle_deg, 1.0)
    matrix[:, 2] += side / 2 - np.array(middle)
    turned = finder.find(photo(cv2.warpAffine(portrait, matrix, (side, side), borderValue=(120, 120, 120))))
    assert math.remainder(turned.roll_deg - mesh.roll_deg - angle_deg, 360) == pytest.approx(0, abs=1.5)
    assert turned.yaw_deg == pytest.approx(mesh.yaw_deg, abs=1.5)
    assert turned.pitch_deg == pytest.approx(mesh.pitch_deg, abs=2)
    assert turned.px_per_mm == pytest.approx(mesh.px_per_mm, rel=0.04)
    assert apart(transform_points(matrix, mesh.points[:, :2]), turned.points, mesh) < 0.8


def test_a_mirrored_picture_has_the_opposite_yaw_and_roll(
    finder: FaceFinder, portrait: Pixels, mesh: FaceMesh
) -> None:
    mirrored = finder.find(photo(portrait[:, ::-1]))
    assert mirrored.yaw_deg == pytest.approx(-mesh.yaw_deg, abs=2)
    assert mirrored.roll_deg == pytest.approx(-mesh.roll_deg, abs=2)
    assert mirrored.pitch_deg == pytest.approx(mesh.pitch_deg, abs=2)
    assert mirrored.px_per_mm == pytest.approx(mesh.px_per_mm, rel=0.04)


@pytest.mark.parametrize("scale", [1 / 3, 0.6, 1.7])
def test_scale_follows_the_size_of_the_picture(
    finder: FaceFinder, portrait: Pixels, mesh: FaceMesh, scale: float
) -> None:
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    scaled = finder.find(photo(cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=how)))
    assert scaled.px_per_mm == pytest.approx(scale * mesh.px_per_mm, rel=0.03)
    assert apart(scaled.points / scale, mesh.points, mesh) < 0.5


def test_points_stay_put_when_crop_light_and_compression_change(finder: FaceFinder, portrait: Pixels) -> None:
    rng = np.random.default_rng(7)
    points = []
    for _ in range(6):
        left, top = rng.integers(0, 90, 2)
        pixels = np.clip(portrait[top:, left:] * rng.uniform(0.8, 1.1), 0, 255).astype(np.uint8)
        _, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(80, 95))])
        found = finder.find(photo(cv2.imdecode(jpeg, cv2.IMREAD_UNCHANGED)))
        points.append(found.points[:, :2] + [left, top])
    spread = np.sqrt(np.var(points, axis=0, ddof=1).mean(axis=1))
    span = float(np.linalg.norm(np.subtract(*points[0][OUTER])))
    # A tenth of a percent of the eye span is a tenth of a millimetre.
    assert np.median(spread) / span < 0.0025


def test_a_small_face_in_a_large_photo_is_found(finder: FaceFinder, portrait: Pixels, mesh: FaceMesh) -> None:
    pixels = np.full((1300, 2000, 3), 110, dtype=np.uint8)
    small = cv2.resize(portrait, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    pixels[800 : 800 + small.shape[0], 1450 : 1450 + small.shape[1]] = small
    found = finder.find(photo(pixels))
    assert apart((found.points[:, :2] - np.array([1450, 800])) / 0.5, mesh.points, mesh) < 0.8


def test_a_blurred_enlargement_is_found(finder: FaceFinder) -> None:
    large = cv2.resize(data.astronaut(), None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)
    found = finder.find(photo(cv2.GaussianBlur(large, (0, 0), 6)))
    assert found.px_per_mm == pytest.approx(8 * 0.7, rel=0.05)


def test_twelve_megapixels_take_no_longer_than_a_few_decodings(finder: FaceFinder, portrait: Pixels) -> None:
    large = photo(cv2.resize(portrait, (3464, 3464), interpolation=cv2.INTER_CUBIC))
    finder.find(large)
    # The time of this process, so that a busy machine does not decide; two threads count twice.
    started = time.process_time()
    finder.find(large)
    assert time.process_time() - started < 1.0


def test_the_generic_face_is_symmetric_and_its_pose_is_read_back() -> None:
    points = np.zeros((468, 3))
    generic = np.array(list(GENERIC_FACE_MM.values()), dtype=float)
    assert generic[:, 0].sum() == 0
    yaw, pitch, roll = (math.radians(angle) for angle in (17.0, -9.0, 31.0))
    about_y = np.array([[math.cos(-yaw), 0, math.sin(-yaw)], [0, 1, 0], [-math.sin(-yaw), 0, math.cos(-yaw)]])
    about_x = np.array(
        [[1, 0, 0], [0, math.cos(pitch), math.sin(pitch)], [0, -math.sin(pitch), math.cos(pitch)]]
    )
    about_z = np.array([[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]])
    points[list(GENERIC_FACE_MM)] = 4.2 * generic @ (about_z @ about_y @ about_x).T + [300, 200, 0]
    assert pose_deg(points.astype(np.float32)) == pytest.approx((17.0, -9.0, 31.0), abs=0.01)


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_crop_and_its_matrix_agree(mirrored: bool) -> None:
    pixels = np.zeros((300, 400, 3), dtype=np.uint8)
    cv2.circle(pixels, (251, 120), 6, (255, 255, 255), -1)
    square = Square(230, 130, 96, 25)
    crop = Pyramid(pixels).crop(square, 192, mirrored)[:, :, 0].astype(float)
    rows, columns = np.indices(crop.shape)
    centre = np.array([[(columns * crop).sum(), (rows * crop).sum()]]) / crop.sum() + 0.5
    assert transform_points(square.to_photo(192, mirrored), centre)[0] == pytest.approx(
        [251.5, 120.5], abs=0.1
    )


# --- refusals -----------------------------------------------------------------------------------


def refusal(finder: FaceFinder, pixels: NDArray[np.generic]) -> errors.SubjectError:
    with pytest.raises(errors.SubjectError) as caught:
        finder.find(photo(pixels))
    error = caught.value
    assert error.what
    assert error.expected
    assert error.got
    assert error.advice
    return error


def noise(rng: np.random.Generator) -> NDArray[np.generic]:
    return rng.integers(0, 255, (500, 700, 3))


def wall(rng: np.random.Generator) -> NDArray[np.generic]:
    return np.full((600, 500, 3), 214) + rng.normal(0, 2, (600, 500, 1))


def skin(rng: np.random.Generator) -> NDArray[np.generic]:
    texture = cv2.GaussianBlur(rng.normal(0, 60, (600, 600)), (0, 0), 4)[..., None]
    return np.array([196, 148, 128]) + texture


@pytest.mark.parametrize("scene", [noise, wall, skin])
def test_no_face(finder: FaceFinder, scene: Callable[[np.random.Generator], NDArray[np.generic]]) -> None:
    assert isinstance(refusal(finder, scene(np.random.default_rng(2))), errors.NoFace)


@pytest.mark.parametrize("shape", [(20, 16, 3), (60, 4000, 3), (1, 1, 3)])
def test_odd_shapes_are_no_face(finder: FaceFinder, shape: tuple[int, int, int]) -> None:
    assert isinstance(refusal(finder, np.zeros(shape)), errors.NoFace)


def test_two_people(finder: FaceFinder, portrait: Pixels) -> None:
    error = refusal(finder, np.concatenate([portrait, portrait[:, ::-1]], axis=1))
    assert isinstance(error, errors.SeveralFaces)
    assert "2 faces" in error.got


def test_a_small_picture_of_a_face_in_the_background_is_no_second_person(
    finder: FaceFinder, portrait: Pixels, mesh: FaceMesh
) -> None:
    pixels = portrait.copy()
    poster = cv2.resize(portrait, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    pixels[: poster.shape[0], : poster.shape[1]] = poster
    assert apart(finder.find(photo(pixels)).points, mesh.points, mesh) < 0.5


@pytest.mark.parametrize(
    ("yaw", "pitch", "words"), [(26, 0, "right"), (-40, 3, "left"), (0, 30, "up"), (5, -26, "down")]
)
def test_turned_beyond_the_limit(yaw: float, pitch: float, words: str) -> None:
    with pytest.raises(errors.FaceTurned, match=words):
        check_pose(yaw, pitch)


def test_within_the_limit_of_pose() -> None:
    check_pose(24, -24)


def test_a_profile_without_a_mesh_is_told_from_a_covered_face() -> None:
    frontal = np.array([[40, 50], [80, 50], [60, 72], [60, 90], [25, 60], [95, 60]], dtype=np.float32)
    profile = frontal.copy()
    profile[2, 0] = 30
    with pytest.raises(errors.FaceCovered):
        refuse_unmeasurable(Detection(0.9, 60, 70, 90, 0, frontal))
    with pytest.raises(errors.FaceTurned):
        refuse_unmeasurable(Detection(0.9, 60, 70, 90, 0, profile))


def test_black_and_white(finder: FaceFinder, portrait: Pixels) -> None:
    grey = cv2.cvtColor(portrait, cv2.COLOR_RGB2GRAY)[..., None].astype(float)
    sepia = 255 * (grey / 255) ** [0.8, 1.0, 1.25] * [1.0, 0.92, 0.78]
    for toned in (np.repeat(grey, 3, axis=2), sepia, 0.6 * sepia, grey * [0.8, 0.9, 1.0]):
        assert isinstance(refusal(finder, toned), errors.NoColour)


def test_too_dark(finder: FaceFinder, portrait: Pixels) -> None:
    assert isinstance(refusal(finder, 0.12 * portrait), errors.TooDark)


def test_half_the_light_is_enough(finder: FaceFinder, portrait: Pixels) -> None:
    finder.find(photo(0.5 * portrait))


def painted(pixels: Pixels, polygons: list[NDArray[np.floating]], colour: tuple[int, int, int]) -> Pixels:
    result = pixels.copy()
    cv2.fillPoly(result, [np.round(polygon).astype(np.int32) for polygon in polygons], colour, cv2.LINE_AA)
    return result


def lens(mesh: FaceMesh, corners: tuple[int, int]) -> NDArray[np.floating]:
    span = float(np.linalg.norm(np.subtract(*mesh.points[OUTER, :2])))
    around = np.linspace(0, 2 * np.pi, 40)
    middle = mesh.points[list(corners), :2].mean(axis=0) + np.array([0, 0.05 * span])
    return middle + span * np.column_stack([0.28 * np.cos(around), 0.22 * np.sin(around)])


@pytest.mark.parametrize("colour", [(18, 18, 22), (60, 35, 20), (150, 170, 190)])
def test_sunglasses(
    finder: FaceFinder, portrait: Pixels, mesh: FaceMesh, colour: tuple[int, int, int]
) -> None:
    lenses = [lens(mesh, (33, 133)), lens(mesh, (263, 362))]
    error = refusal(finder, painted(portrait, lenses, colour))
    assert isinstance(error, errors.FaceCovered)
    assert "eyes" in error.what


def test_a_dark_bar_over_the_eyes(finder: FaceFinder, portrait: Pixels, mesh: FaceMesh) -> None:
    left, right = mesh.points[33, :2] - [25, 0], mesh.points[263, :2] + [25, 0]
    down = np.array([0, 25])
    bar = np.array([left - down, right - down, right + down, left + down])
    assert isinstance(refusal(finder, painted(portrait, [bar], (10, 10, 12))), errors.FaceCovered)


def test_clear_spectacles_are_welcome(finder: FaceFinder, portrait: Pixels, mesh: FaceMesh) -> None:
    outlines = [np.round(lens(mesh, eye)).astype(np.int32) for eye in ((33, 133), (263, 362))]
    finder.find(photo(cv2.polylines(portrait.copy(), outlines, True, (25, 20, 20), 4, cv2.LINE_AA)))


def test_closed_eyes_are_welcome(finder: FaceFinder, portrait: Pixels, mesh: FaceMesh) -> None:
    lids = [mesh.points[list(eye), :2] for eye in (LEFT_LIDS, RIGHT_LIDS)]
    middles = [eye.mean(axis=0) for eye in lids]
    lids = [middle + 1.2 * (eye - middle) for eye, middle in zip(lids, middles, strict=True)]
    row, column = np.round(mesh.points[50, 1::-1]).astype(int)
    skin_colour = np.median(portrait[row - 9 : row + 9, column - 9 : column + 9], axis=(0, 1))
    red, green, blue = (int(0.9 * channel) for channel in skin_colour)
    closed = painted(portrait, lids, (red, green, blue))
    lashes = [np.round(mesh.points[list(eye[:9]), :2]).astype(np.int32) for eye in (LEFT_LIDS, RIGHT_LIDS)]
    finder.find(photo(cv2.polylines(closed, lashes, False, (40, 25, 20), 3, cv2.LINE_AA)))


def test_a_mesh_that_is_less_sure_is_no_second_person(finder: FaceFinder, mesh: FaceMesh) -> None:
    # In this frame the detector also takes the helmet for a larger face, with a mesh score of 0.6.
    pixels = cv2.copyMakeBorder(
        data.astronaut(), 256, 512, 512, 256, cv2.BORDER_CONSTANT, value=(120, 110, 100)
    )
    found = finder.find(photo(pixels))
    crop_origin = np.array([512 + 60, 256])
    assert apart((found.points[:, :2] - crop_origin) * ENLARGED, mesh.points, mesh) < 1.5


@pytest.mark.parametrize("colour", [(120, 170, 210), (225, 228, 230), (25, 25, 28)])
def test_a_mask(finder: FaceFinder, portrait: Pixels, mesh: FaceMesh, colour: tuple[int, int, int]) -> None:
    outline = mesh.points[[234, 117, 6, 346, 454, 288, 379, 152, 150, 58], :2]
    assert isinstance(refusal(finder, painted(portrait, [outline], colour)), errors.FaceCovered)


def test_a_fringe_over_the_forehead_is_not_a_cover(
    finder: FaceFinder, portrait: Pixels, mesh: FaceMesh
) -> None:
    fringe = mesh.points[[54, 70, 107, 336, 300, 284, 10], :2]
    finder.find(photo(painted(portrait, [fringe], (45, 30, 20))))


# --- real photos --------------------------------------------------------------------------------

REASONS = {
    "bad_bw_as_rgb": errors.NoColour,
    "bad_profile_hat": errors.FaceTurned,
    "bad_sunglasses": errors.FaceCovered,
    "bad_two_faces": errors.SeveralFaces,
    "bad_underexposed": errors.TooDark,
    "noface_meadow_fz": errors.NoFace,
}


def read(path: Path) -> Pixels:
    return np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))


def test_every_portrait_is_found(finder: FaceFinder, photos: Path) -> None:
    files = sorted((photos / "faces").iterdir())
    assert len(files) >= 24
    for file in files:
        found = finder.find(photo(read(file)))
        assert found.score > 0.9, file.name
        assert abs(found.yaw_deg) < 25, file.name
        if file.name.startswith(("london", "series")):
            assert abs(found.yaw_deg) < 5, file.name


def test_two_shots_of_one_person_have_one_scale(finder: FaceFinder, photos: Path) -> None:
    for person in ("002", "061"):
        shots = [photos / "faces" / f"london_{person}_{face}.jpg" for face in ("neutral", "smiling")]
        neutral, smiling = (finder.find(photo(read(shot))).px_per_mm for shot in shots)
        assert smiling == pytest.approx(neutral, rel=0.05)


@pytest.mark.parametrize("name", REASONS)
@pytest.mark.parametrize("change", ["as it is", "half size", "mirrored"])
def test_bad_photos_are_refused_with_the_right_reason(
    finder: FaceFinder, photos: Path, name: str, change: str
) -> None:
    pixels = read(photos / "bad" / f"{name}.jpg")
    if change == "half size":
        pixels = np.asarray(cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    if change == "mirrored":
        pixels = pixels[:, ::-1]
    assert type(refusal(finder, pixels)) is REASONS[name]


def test_light_can_be_checked_on_its_own(finder: FaceFinder, photos: Path) -> None:
    dark_skin = photo(read(photos / "faces" / "london_061_neutral.jpg"))
    found = finder.find(dark_skin)
    check_skin_light(dark_skin, found)
    with pytest.raises(errors.TooDark):
        check_skin_light(photo(0.15 * dark_skin.pixels), found)
    grey = np.repeat(cv2.cvtColor(dark_skin.pixels, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    with pytest.raises(errors.NoColour):
        check_skin_light(photo(grey), found)


def test_a_square_lies_around_its_mesh(mesh: FaceMesh) -> None:
    square = square_around(mesh.points)
    inside = np.abs(mesh.points[:, :2] - [square.x, square.y]).max(axis=1) <= square.side / 2
    assert inside.all()
