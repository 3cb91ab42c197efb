"""Where the faces are: the short-range detector, run over the whole photo and over parts of it.

The detector sees 128 x 128 px and wants a face of about an eighth of that or more, upright within some
45 degrees. So it looks at the whole photo in four orientations (it scores an upright face best, but it
does find a face upside down, with eyes where the mouth is), and at overlapping tiles when what it found
is small.

Crops are one idea here: a `Square` of the photo, anywhere, turned, of any size, and a matrix that takes
points back. The landmark and iris nets of `landmarks` use the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatMap, Pixels

DETECTOR_PX = 128
MIN_SCORE = 0.5
"""Confidence below which the detector's own authors drop a detection."""
SURE_DETECTION = 0.7
"""False finds in foliage and cloth score 0.5-0.6 and real faces 0.85 and more."""
UPRIGHT_SCORE, UPRIGHT_DEG = 0.85, 45.0
"""Of a face that needs no other way up. Of 24 portraits all reach it upright; on its side a face shows its
turn, and upside down, taken for upright with eyes where the mouth is, none scores above 0.8."""
SAME_FACE_IOU = 0.3
"""Boxes that overlap more than this are one face."""
SAME_WAY_DEG = 30.0
"""Detections of one face whose eye lines differ by more do not see it the same way up."""
SMALL_FACE = 0.25
"""A face narrower than this share of the photo may have a companion that only tiles show."""

FACE_MARGIN = 1.5
"""Side of the mesh crop over the extent of the face: what the mesh net was trained with."""

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Square:
    """A square of the photo: centre and side in px, turned clockwise by `angle_deg`."""

    x: float
    y: float
    side: float
    angle_deg: float = 0.0

    def to_photo(self, size: int, mirrored: bool = False) -> Matrix:
        """(2, 3) matrix from crop coordinates (0..size) to photo coordinates."""
        angle = math.radians(self.angle_deg)
        scale = self.side / size
        across = scale * np.array([math.cos(angle), math.sin(angle)])
        down = scale * np.array([-math.sin(angle), math.cos(angle)])
        if mirrored:
            across = -across
        corner = np.array([self.x, self.y]) - (across + down) * size / 2
        return np.column_stack([across, down, corner])


def square_around(points: FloatMap) -> Square:
    """The square that the mesh net wants to see, upright along the eyes, from an earlier mesh (468, 3)."""
    along = points[263, :2] - points[33, :2]
    angle = math.atan2(along[1], along[0])
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    upright = points[:, :2] @ turn
    low, high = upright.min(axis=0), upright.max(axis=0)
    x, y = turn @ ((low + high) / 2)
    return Square(float(x), float(y), float((high - low).max()) * FACE_MARGIN, math.degrees(angle))


def transform_points(matrix: Matrix, points: NDArray[np.floating]) -> Matrix:
    """Apply a (2, 3) matrix to (n, 2) points."""
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], dtype=np.float64)


class Pyramid:
    """The photo at full size and halved again and again, so that no crop is read with aliasing."""

    LEVELS, LEAST_PX = 6, 32

    def __init__(self, pixels: Pixels) -> None:
        self.height, self.width = pixels.shape[:2]
        self._levels: list[tuple[float, Pixels]] = [(1.0, pixels)]
        while len(self._levels) < self.LEVELS and min(pixels.shape[:2]) >= 2 * self.LEAST_PX:
            # Exactly two to one, the last row or column of an odd side left out.
            half = pixels.shape[1] // 2, pixels.shape[0] // 2
            pixels = cv2.resize(pixels[: 2 * half[1], : 2 * half[0]], half, interpolation=cv2.INTER_AREA)
            self._levels.append((2.0 * self._levels[-1][0], pixels))

    def crop(self, square: Square, size: int, mirrored: bool = False) -> Pixels:
        """The square as (size, size, 3) uint8; what lies outside the photo is black."""
        wanted = square.side / size
        coarse_enough = [level for level in self._levels if level[0] <= max(wanted, 1.0) * 1.01]
        shrink, pixels = coarse_enough[-1]
        matrix = square.to_photo(size, mirrored)
        # Pixel centres lie at half-integers in both pictures; cv2 counts them as integers.
        matrix = matrix / shrink
        matrix[:, 2] += matrix[:, :2].sum(axis=1) / 2 - 0.5
        crop = cv2.warpAffine(pixels, matrix, (size, size), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        return np.asarray(crop, dtype=np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """One face as the detector sees it, in photo px."""

    score: float
    x: float
    y: float
    side: float
    angle_deg: float
    """Of the line between the eyes, clockwise."""
    keypoints: FloatMap
    """(6, 2): image-left eye, image-right eye, nose tip, mouth, image-left ear, image-right ear."""

    @property
    def area(self) -> float:
        """Of the box, in square px."""
        return self.side**2

    def overlap(self, other: Detection) -> float:
        """Intersection over union of the two boxes."""
        width = min(self.x + self.side / 2, other.x + other.side / 2) - max(
            self.x - self.side / 2, other.x - other.side / 2
        )
        height = min(self.y + self.side / 2, other.y + other.side / 2) - max(
            self.y - self.side / 2, other.y - other.side / 2
        )
        shared = max(width, 0.0) * max(height, 0.0)
        return shared / (self.area + other.area - shared)


class Detector:
    """The short-range face detector on a model given as bytes. Not thread-safe."""

    def __init__(self, model: bytes) -> None:
        self._net = cv2.dnn.readNetFromTFLite(np.frombuffer(model, dtype=np.uint8))
        self._anchors = _anchors()

    def find(self, pyramid: Pyramid) -> tuple[Detection, ...]:
        """All faces of the photo, the largest first.

        Turned views are looked at where the upright ones show nothing sure.
        """
        upright, turned = _whole(pyramid)
        found = self._look(pyramid, upright)
        if not any(face.score >= UPRIGHT_SCORE and abs(face.angle_deg) < UPRIGHT_DEG for face in found):
            found = one_per_face([*found, *self._look(pyramid, turned)])
        if not found:
            found = self._look(pyramid, _tiles(pyramid, 0.62))
        if not found or max(face.side for face in found) < SMALL_FACE * max(pyramid.width, pyramid.height):
            found = one_per_face([*found, *self._look(pyramid, _tiles(pyramid, 0.4))])
        return tuple(sorted(found, key=lambda face: -face.area))

    def _look(self, pyramid: Pyramid, squares: Iterable[Square]) -> list[Detection]:
        return one_per_face([face for square in squares for face in self._look_at(pyramid, square)])

    def _look_at(self, pyramid: Pyramid, square: Square) -> list[Detection]:
        crop = pyramid.crop(square, DETECTOR_PX)
        self._net.setInput(cv2.dnn.blobFromImage(crop, 1 / 127.5, mean=(127.5, 127.5, 127.5)))
        logits, boxes = self._net.forward(("classificators", "regressors"))
        scores = 1 / (1 + np.exp(-np.clip(logits.reshape(-1), -80, 80)))
        matrix = square.to_photo(DETECTOR_PX)
        faces = []
        for index in np.flatnonzero(scores >= MIN_SCORE):
            # A row is centre, size, then six keypoints, all but the size relative to the anchor.
            numbers = boxes.reshape(-1, 16)[index].reshape(8, 2)
            points = transform_points(matrix, numbers[[0, 2, 3, 4, 5, 6, 7]] + self._anchors[index])
            side = float(numbers[1].max()) * square.side / DETECTOR_PX
            faces.append(_detection(scores[index], points[0, 0], points[0, 1], side, points[1:]))
        return faces


def one_per_face(faces: Sequence[Detection]) -> list[Detection]:
    """The best detection of each face, blended by score with those that see it the same way up."""
    waiting = sorted(faces, key=lambda face: -face.score)
    kept = []
    while waiting:
        best = waiting[0]
        same_face = [face for face in waiting if face is best or face.overlap(best) > SAME_FACE_IOU]
        same_way = [face for face in same_face if abs(_turn(face.angle_deg - best.angle_deg)) < SAME_WAY_DEG]
        waiting = [face for face in waiting if face not in same_face]
        weights = [face.score for face in same_way]
        numbers = np.array([[face.x, face.y, face.side] for face in same_way])
        x, y, side = np.average(numbers, axis=0, weights=weights)
        keypoints = np.average([face.keypoints for face in same_way], axis=0, weights=weights)
        kept.append(_detection(best.score, x, y, side, keypoints))
    return kept


def _detection(score: float, x: float, y: float, side: float, keypoints: Matrix) -> Detection:
    eyes = keypoints[1] - keypoints[0]
    angle = math.degrees(math.atan2(eyes[1], eyes[0]))
    return Detection(float(score), float(x), float(y), float(side), angle, keypoints.astype(np.float32))


def _turn(angle_deg: float) -> float:
    """The same turn within -180 to 180 degrees."""
    return (angle_deg + 180) % 360 - 180


def _whole(pyramid: Pyramid) -> tuple[list[Square], list[Square]]:
    """The whole photo upright and three other ways up, each once more from further away.

    From further away, because a face may fill the frame.
    """
    side = max(pyramid.width, pyramid.height)
    views = [
        Square(pyramid.width / 2, pyramid.height / 2, side * zoom, angle)
        for angle in (0.0, 90.0, 180.0, -90.0)
        for zoom in (1.0, 1.6)
    ]
    return views[:2], views[2:]


def _tiles(pyramid: Pyramid, share: float) -> list[Square]:
    """Squares of `share` of the longer side that overlap by half and cover the photo."""
    side = share * max(pyramid.width, pyramid.height)
    squares = []
    for y in _centres(pyramid.height, side):
        squares += [Square(x, y, side) for x in _centres(pyramid.width, side)]
    return squares


def _centres(length: float, side: float) -> list[float]:
    if length <= side:
        return [length / 2]
    count = math.ceil((length - side) / (side / 2)) + 1
    return [float(centre) for centre in np.linspace(side / 2, length - side / 2, count)]


def _anchors() -> Matrix:
    """(896, 2) anchor centres in crop px: two on each cell of a 16 x 16 grid, then six on 8 x 8."""
    grids = []
    for cells, each in ((16, 2), (8, 6)):
        centres = (np.arange(cells) + 0.5) * DETECTOR_PX / cells
        x, y = np.meshgrid(centres, centres)
        grids.append(np.repeat(np.column_stack([x.ravel(), y.ravel()]), each, axis=0))
    return np.concatenate(grids)
