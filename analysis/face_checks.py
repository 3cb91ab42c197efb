"""Whether the face that was found can be measured: held straight, uncovered, lit, and in colour.

Each check raises the refusal with its reason or returns nothing. Limits are stated where they stand,
with the argument for them. Everything is relative to the same face, so that no skin tone is refused:
dark skin is not under-exposure, pale skin is not a lack of colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.errors import FaceCovered, FaceTurned, NoColour, TooDark
from analysis.face_detection import Detection, Pyramid, Square, square_around
from analysis.records import FaceMesh, FloatMap, Photo

# --- pose ---------------------------------------------------------------------------------------

MAX_TURN_DEG = 25.0
"""Beyond this the far cheek is seen at a grazing angle and its landmarks are guesses."""
MAX_NOSE_SHIFT = 0.4
"""Nose tip off the middle of the eyes, in eye distances, of a face whose mesh cannot be trusted: the tip
stands about 0.8 eye distances before the line of the eyes, so this is a turn of some 27 degrees."""

# --- cover --------------------------------------------------------------------------------------

LIDS_DIFFER = 0.10
"""Distance between the lids as the mesh net and the iris net see them, in eye lengths. Both nets agree
within 0.03-0.08 on eyes that can be seen, behind spectacles and closed too."""
NOT_SKIN_LIGHT = -1.4
"""Natural log of luminance around the eye over the cheek below. Eye sockets in shade reach -1.2; a
quarter of the light, over the whole area that a lens covers, is a lens."""
NOT_SKIN_RED = -0.18
"""Difference of log10(R/G) around the eye and on the cheek. Between the two, skin differs by +-0.15 in
any tone; skin and neutral glass by skin's own 0.15-0.4."""
BLANK_EYE = 0.6
"""Natural log of luminance, 90th over 10th percentile, between the lids. White and iris of an open eye
differ by 1.5-3.5, and by 0.7 in a shaded blink."""
UNSTEADY_MOUTH = 1.3
"""Percent of the eye span by which mouth points move when the crop moves. They stay within 1.2 on any
mouth, bearded too, and reach 2-4 where the net has to imagine it."""
GUESSED_MOUTH = 1.7
"""From here on no other sign is needed."""
OTHER_COLOUR = 0.15
"""Distance in log10(R/G), log10(G/B) between nose with cheeks, and the skin around the eyes."""

# --- light and colour ---------------------------------------------------------------------------

DARK_CODE = 12
"""Of 255. Below it one step of the code is more than 4 % of the light, 4 units of the redness and pigment
indices: more than what is to be measured."""
MAX_DARK_SHARE = 0.10
"""Well-lit faces of any tone have 0-2 % there, and 4 % two stops darker."""
DIM_CODE = 24
"""The same step is 2.7 units here: a face whose median lies below it is mostly shadow noise."""
COLOUR_SPREAD = 5.5
"""In codes at mid brightness, less in a darker photo: the 90th percentile of what is left of R-G and B-G
after the best curve of luminance. A grey or toned picture is one curve, and JPEG leaves 2-4 around it;
lips, cheeks, eyes and hair of a colour photo leave 9 and more."""
LEAST_COLOUR_SPREAD = 3.0
"""In codes, at any brightness: what rounding and JPEG make of a toned picture."""
GREY_SKIN = 3.0
"""In codes: skin in any usable light has at least 10 between its channels."""

LEFT_LIDS = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
RIGHT_LIDS = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
AROUND_LEFT = (22, 23, 24, 110, 230, 231, 229, 228, 27, 28, 29, 30)
AROUND_RIGHT = (252, 253, 254, 339, 450, 451, 449, 448, 257, 258, 259, 260)
LEFT_CHEEK = (50, 117, 118, 101, 205, 36)
RIGHT_CHEEK = (280, 346, 347, 330, 425, 266)
MOUTH = (61, 291, 0, 17, 37, 267, 84, 314)
LOWER_SKIN = (1, 4, 2, 98, 327, 205, 425, 203, 423, 36, 266)
"""Where a mask lies and no beard grows."""
UPPER_SKIN = (6, 168, 119, 348, 117, 346, 9, 8)
# fmt: off
SKIN = (
    50, 280, 117, 346, 118, 347, 119, 348, 101, 330, 36, 266, 205, 425, 203, 423, 206, 426, 123, 352, 147,
    376, 187, 411, 207, 427, 100, 329, 142, 371, 4, 5, 195, 197, 198, 420, 131, 360, 6, 168, 9,
)
# fmt: on
"""Cheeks, nose and glabella: where hair, beard and lips are not."""

Colours = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A mesh, and how sure the nets were of it."""

    points: FloatMap
    """(468, 3) in photo px."""
    score: float
    unsteady: FloatMap
    """(468,) movement of each point between crops, SD in percent of the eye span."""

    @property
    def eye_span(self) -> float:
        """Between the outer corners of the eyes, in px."""
        return float(np.linalg.norm(self.points[33] - self.points[263]))


class _Signs(NamedTuple):
    """That one eye is covered."""

    lids_differ: bool
    no_skin: bool
    blank: bool


def check_pose(yaw_deg: float, pitch_deg: float) -> None:
    """Refuse a face that looks away.

    Raises:
        FaceTurned: more than 25 degrees to a side, up or down.
    """
    if max(abs(yaw_deg), abs(pitch_deg)) > MAX_TURN_DEG:
        sideways = f"{abs(yaw_deg):.0f} degrees to the {'right' if yaw_deg > 0 else 'left'} of the picture"
        upright = f"{abs(pitch_deg):.0f} degrees {'up' if pitch_deg > 0 else 'down'}"
        raise _turned(f"{sideways} and {upright}")


def refuse_unmeasurable(face: Detection) -> None:
    """Say why a face that the detector is sure of has no trustworthy mesh.

    Raises:
        FaceTurned: its eyes, nose and ears are those of a head in profile.
        FaceCovered: they are not, so something hides the face.
    """
    left, right, nose = (face.keypoints[index].astype(np.float64) for index in range(3))
    along = (right - left) / max(float(np.hypot(*(right - left))), 1e-6)
    shift = float((nose - (left + right) / 2) @ along) / max(float(np.hypot(*(right - left))), 1e-6)
    if abs(shift) > MAX_NOSE_SHIFT:
        raise _turned("a face from the side")
    raise _covered("The face is covered", "a face whose eyes, nose and mouth are not all visible")


def check_uncovered(pyramid: Pyramid, face: Sighting, lids_differ: tuple[float, float]) -> None:
    """Refuse sunglasses, a mask, a hand or a cap over eyes or mouth. Hair is masked later, not refused.

    An eye has three signs of cover: the two nets see different lids, what lies around it is not skin,
    nothing shows between the lids. Both eyes must have one and the two together three, among them lids
    that differ or no skin around either eye. A closed eye has one sign, a shaded eye one.

    Args:
        pyramid: of the photo.
        face: its mesh.
        lids_differ: disagreement of the two nets on the left and right eye, in eye lengths.

    Raises:
        FaceCovered: naming eyes or mouth.
    """
    left = _signs_of_cover(pyramid, face, lids_differ[0], LEFT_LIDS, AROUND_LEFT, LEFT_CHEEK)
    right = _signs_of_cover(pyramid, face, lids_differ[1], RIGHT_LIDS, AROUND_RIGHT, RIGHT_CHEEK)
    hidden = any(left) and any(right) and sum(left) + sum(right) >= 3
    if hidden and (left.lids_differ or right.lids_differ or (left.no_skin and right.no_skin)):
        raise _covered(
            "The eyes are covered", "dark or mirrored glass, a hand or a bar where the eyes should be"
        )
    mouth = float(face.unsteady[list(MOUTH)].mean())
    colour = _log_ratios(_skin_colours(pyramid, face, LOWER_SKIN)).mean(axis=0)
    distance = float(np.hypot(*(colour - _log_ratios(_skin_colours(pyramid, face, UPPER_SKIN)).mean(axis=0))))
    if mouth > GUESSED_MOUTH or (mouth > UNSTEADY_MOUTH and distance > OTHER_COLOUR):
        raise _covered("The lower half of the face is covered", "no mouth that can be seen")


def check_skin_light(photo: Photo, mesh: FaceMesh, pyramid: Pyramid | None = None) -> None:
    """Refuse a face without enough light, or without colour, to read redness and pigment from.

    Args:
        photo: the photo.
        mesh: its face.
        pyramid: of the photo, where there is one already.

    Raises:
        TooDark: shadows without usable colour over a good part of the face, or over most of it.
        NoColour: a black and white or toned picture, whatever its file says.
    """
    pyramid = pyramid or Pyramid(photo.pixels)
    face = Sighting(mesh.points, mesh.score, np.zeros(len(mesh.points), dtype=np.float32))
    skin = _codes(pyramid, face, SKIN)
    weakest = skin.min(axis=1)
    dark_share = float((weakest <= DARK_CODE).mean())
    if dark_share > MAX_DARK_SHARE or float(np.median(weakest)) <= DIM_CODE:
        raise TooDark(
            "The face is too dark",
            expected=f"skin above {DIM_CODE} of 255 in every channel, and no more than "
            f"{MAX_DARK_SHARE:.0%} of it below {DARK_CODE}",
            got=f"a median of {np.median(weakest):.0f}, and {dark_share:.0%} below {DARK_CODE}",
            advice="Take the photo again in more light that reaches the whole face, such as facing a window",
        )
    around = pyramid.crop(square_around(mesh.points), 128)
    wanted = max(COLOUR_SPREAD * float(np.median(around)) / 128, LEAST_COLOUR_SPREAD)
    grey = float(np.median(skin.max(axis=1) - skin.min(axis=1)))
    if _colour_spread(around) < min(wanted, COLOUR_SPREAD) or grey < GREY_SKIN:
        raise NoColour(
            "This is a black and white or toned picture",
            expected="a colour photo: redness and pigment are differences of colour",
            got="one colour in different brightness",
            advice="Use the original colour photo, without filters",
        )


def _signs_of_cover(
    pyramid: Pyramid,
    face: Sighting,
    lids_differ: float,
    lids: tuple[int, ...],
    around: tuple[int, ...],
    cheek: tuple[int, ...],
) -> _Signs:
    near, far = _skin_colours(pyramid, face, around), np.median(_skin_colours(pyramid, face, cheek), axis=0)
    light = float(np.median(np.log(_luminance(near) / _luminance(far))))
    red = float(np.median(_log_ratios(near)[:, 0] - _log_ratios(far)[0]))
    no_skin = light < NOT_SKIN_LIGHT or red < NOT_SKIN_RED
    blank = _contrast_within(pyramid, face.points[list(lids), :2]) < BLANK_EYE
    return _Signs(lids_differ > LIDS_DIFFER, no_skin, blank)


def _contrast_within(pyramid: Pyramid, outline: FloatMap) -> float:
    """Natural log of luminance inside a polygon, 90th over 10th percentile."""
    size = 96
    x, y = outline.mean(axis=0)
    side = float(np.ptp(outline, axis=0).max()) * 1.3
    crop = pyramid.crop(Square(float(x), float(y), side), size)
    inside = np.zeros((size, size), dtype=np.uint8)
    corners = (outline - [x, y]) * size / side + size / 2
    cv2.fillPoly(inside, [np.round(corners).astype(np.int32)], 1)
    low, high = np.percentile(np.log(_luminance(_linear(crop[inside > 0]) + 0.003)), (10, 90))
    return float(high - low)


def _colour_spread(crop: NDArray[np.uint8]) -> float:
    """90th percentile, in codes, of R-G and B-G around their own median at each luminance."""
    codes = crop.reshape(-1, 3).astype(np.float64)
    codes = codes[(codes.max(axis=1) < 250) & (codes.max(axis=1) > 10)]
    if len(codes) == 0:
        return 0.0
    level = (codes @ [0.299, 0.587, 0.114] / 8).astype(int)
    differences = codes[:, [0, 2]] - codes[:, [1]]
    for index in np.unique(level):
        differences[level == index] -= np.median(differences[level == index], axis=0)
    return float(np.percentile(np.hypot(differences[:, 0], differences[:, 1]), 90))


def _codes(pyramid: Pyramid, face: Sighting, points: tuple[int, ...]) -> Colours:
    """(n, 3) median sRGB codes in small squares on the landmarks."""
    side = 0.04 * face.eye_span
    squares = [Square(float(x), float(y), side) for x, y in face.points[list(points), :2]]
    return np.median([pyramid.crop(square, 8).reshape(-1, 3) for square in squares], axis=1)


def _skin_colours(pyramid: Pyramid, face: Sighting, points: tuple[int, ...]) -> Colours:
    """(n, 3) linear light on the landmarks, kept off zero so that ratios exist."""
    return _linear(_codes(pyramid, face, points)) + 0.002


def _log_ratios(colours: Colours) -> Colours:
    """(..., 2): log10(R/G), log10(G/B)."""
    logs = np.log10(colours)
    return np.asarray(logs[..., :2] - logs[..., 1:])


def _luminance(colours: Colours) -> Colours:
    return np.asarray(colours @ [0.2126, 0.7152, 0.0722])


def _linear(codes: NDArray[np.generic]) -> Colours:
    """sRGB codes 0..255 to linear light 0..1."""
    encoded = np.asarray(codes, dtype=np.float64) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def _turned(got: str) -> FaceTurned:
    return FaceTurned(
        "The face is turned away from the camera",
        expected=f"a face from the front, within {MAX_TURN_DEG:.0f} degrees to each side, up and down",
        got=got,
        advice="Look straight into the camera, held at the height of the eyes",
    )


def _covered(what: str, got: str) -> FaceCovered:
    return FaceCovered(
        what,
        expected="a bare face with eyes, nose and mouth in view",
        got=got,
        advice="Take off sunglasses, mask or cap, keep hands away from the face, and take the photo again",
    )
