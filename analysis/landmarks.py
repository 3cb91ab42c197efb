"""Photo -> FaceMesh: 468 landmarks, scale and pose of the one face, or a refusal with its reason.

The mesh net sees 192 x 192 px and its points move by a fifth of a percent of the eye span when the crop
is moved or turned a little. So the mesh is the mean over a few crops of the same face, each placed from
an earlier mesh: that halves the movement for 15 ms.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from analysis.errors import NoFace, SeveralFaces
from analysis.face_checks import (
    LEFT_LIDS,
    RIGHT_LIDS,
    Sighting,
    check_pose,
    check_skin_light,
    check_uncovered,
    refuse_unmeasurable,
)
from analysis.face_detection import (
    FACE_MARGIN,
    SURE_DETECTION,
    Detection,
    Detector,
    Pyramid,
    Square,
    square_around,
    transform_points,
)
from analysis.face_pose import pose_deg
from analysis.parallel import both
from analysis.records import FaceMesh, FloatMap, Mask, Photo

MESH_PX = 192
IRIS_PX = 64
PERSON_PX = 256
EYE_MARGIN = 2.3
"""Side of the iris crop over the length of the eye: what the net was trained with."""
MIN_MESH_SCORE = 0.5
"""The mesh net's own probability that the crop holds a face; its authors' limit."""

JITTER = (
    (0.0, 0.0, 1.0, 0.0),
    (0.02, 0.01, 1.04, 3.0),
    (-0.02, -0.01, 0.96, -3.0),
    (0.01, -0.02, 1.08, -5.0),
    (-0.01, 0.02, 0.92, 5.0),
)
"""Crops that are averaged over: shift as share of the side, zoom, turn in degrees. They sum to none."""

Scale = tuple[float, Literal["iris", "intercanthal"], float]
"""Pixels per millimetre, where from, and the iris diameter in px."""

MAX_UNSTEADY = 3.0
"""Percent of the eye span. Points of a real face, even masked, move by 0.5-2.5 between crops; those of a
mesh laid over something else by 3-10."""
AS_SURE = 0.9
"""Bare faces all have a mesh score of 1.00; what scores below this share of the best is no second face."""
COMPARABLE_FACE = 1 / 3
"""A second face of more than this share of the first one's area leaves open which one is meant."""

IRIS_MM = 11.7
"""Horizontal visible iris diameter of adults: 11.7 +- 0.5 mm."""
IRISES_AGREE = 0.08
"""Two irises of one person differ by less; more means that a lid, a glint or a shadow misled the net."""
OUTER_CANTHI_MM = 90.0
"""Between the outer corners of the eyes of adults: men 93.0 +- 5.6, women 88.4 +- 3.7 mm in
doi 10.1155/2013/821428; Farkas, Anthropometry of the Head and Face, 1994, has 91.2 and 87.8."""
SCALES_AGREE = 0.17
"""Three standard deviations between people, of iris (4.3 %) and outer canthi (about 4 %) together."""

LEFT_EYE = (33, 133)
"""Outer and inner corner of the eye on the left of the picture."""
RIGHT_EYE = (263, 362)


@dataclass(frozen=True, slots=True)
class FaceModels:
    """The four TFLite models, as the bytes of their files."""

    detector: bytes
    landmarks: bytes
    iris: bytes
    segmentation: bytes


@dataclass(frozen=True, slots=True)
class _Eye:
    iris_px: float
    lids_differ: float
    """Between the two nets, in eye lengths."""


class _Nets(threading.local):
    """The nets, which are not thread-safe: every thread that asks gets its own, made at its first use."""

    def __init__(self, models: FaceModels) -> None:
        self.detector = Detector(models.detector)
        self.mesh = _net(models.landmarks)
        self.iris = _net(models.iris)
        self.person = _net(models.segmentation)


class FaceFinder:
    """Finds the face of a photo. May be used by several threads."""

    def __init__(self, models: FaceModels) -> None:
        self._nets = _Nets(models)

    def find(self, photo: Photo) -> FaceMesh:
        """The mesh of the one face in the photo, any way up.

        Args:
            photo: decoded and upright; of any size.

        Returns:
            Points in px of the photo. Yaw is positive when the face looks to the right of the picture,
            pitch when it looks up, roll when it is turned clockwise.

        Raises:
            NoFace: nothing that both detector and mesh net take for a face.
            SeveralFaces: a second face of more than a third of the first one's area.
            FaceTurned: a profile, or beyond 25 degrees of yaw or pitch.
            TooDark, NoColour: see `face_checks.check_skin_light`.
            FaceCovered: sunglasses, mask or hand over eyes or mouth.
        """
        pyramid = Pyramid(photo.pixels)
        face = self._one_face(pyramid)
        yaw, pitch, roll = pose_deg(face.points)
        check_pose(yaw, pitch)
        (left, person), right = both(
            lambda: (
                self._eye(pyramid, face.points, LEFT_EYE, LEFT_LIDS, mirrored=False),
                self._person(pyramid, roll),
            ),
            lambda: self._eye(pyramid, face.points, RIGHT_EYE, RIGHT_LIDS, mirrored=True),
        )
        px_per_mm, source, iris_px = _scale(face.points, left.iris_px, right.iris_px)
        face.points.setflags(write=False)
        mesh = FaceMesh(
            points=face.points,
            score=face.score,
            yaw_deg=yaw,
            pitch_deg=pitch,
            roll_deg=roll,
            px_per_mm=px_per_mm,
            px_per_mm_source=source,
            iris_px=iris_px,
            person=person,
        )
        # Light before cover: in the dark, eyes look covered.
        check_skin_light(photo, mesh, pyramid)
        check_uncovered(pyramid, face, (left.lids_differ, right.lids_differ))
        return mesh

    def _one_face(self, pyramid: Pyramid) -> Sighting:
        seen = sorted(self._nets.detector.find(pyramid), key=lambda face: -face.score)
        faces: list[Sighting] = []
        for detection in seen:
            face = self._sight(pyramid, detection)
            if face is not None and not any(_same(face, other) for other in faces):
                faces.append(face)
        if not faces:
            if seen and seen[0].score >= SURE_DETECTION:
                refuse_unmeasurable(seen[0])
            raise NoFace(
                "No face was found in this photo",
                expected="one face, seen from the front, at least a tenth of the photo wide",
                got="nothing like a face",
                advice="Take the photo from the front in even light, or draw the regions to measure by hand",
            )
        best = max(face.score for face in faces)
        faces = [face for face in faces if face.score >= AS_SURE * best]
        faces.sort(key=lambda face: -_area(face.points))
        comparable = [face for face in faces if _area(face.points) > COMPARABLE_FACE * _area(faces[0].points)]
        if len(comparable) > 1:
            raise SeveralFaces(
                "There is more than one face in this photo",
                expected="one person",
                got=f"{len(comparable)} faces of similar size",
                advice="Crop the photo to the person who is measured, or take it again without the other",
            )
        return faces[0]

    def _sight(self, pyramid: Pyramid, detection: Detection) -> Sighting | None:
        """The mean mesh over the jittered crops; None where the net sees no face there."""
        square = Square(detection.x, detection.y, detection.side * FACE_MARGIN, detection.angle_deg)
        for _ in range(2):
            points, score = self._mesh(pyramid, square)
            square = square_around(points)
        if score < MIN_MESH_SCORE:
            return None
        crops = _jittered(square, JITTER)
        some, others = both(
            lambda: [self._mesh(pyramid, crop) for crop in crops[::2]],
            lambda: [self._mesh(pyramid, crop) for crop in crops[1::2]],
        )
        tries = some + others
        meshes = np.array([points for points, _ in tries])
        points = meshes.mean(axis=0)
        span = float(np.linalg.norm(points[LEFT_EYE[0]] - points[RIGHT_EYE[0]]))
        unsteady = 100 / span * np.sqrt(meshes[:, :, :2].var(axis=0, ddof=1).mean(axis=1))
        if float(np.median(unsteady)) > MAX_UNSTEADY:
            return None
        return Sighting(points, float(np.mean([score for _, score in tries])), unsteady)

    def _mesh(self, pyramid: Pyramid, square: Square) -> tuple[FloatMap, float]:
        """(468, 3) points in photo px from one crop, and the net's probability of a face."""
        self._nets.mesh.setInput(cv2.dnn.blobFromImage(pyramid.crop(square, MESH_PX), 1 / 255))
        numbers, logit = self._nets.mesh.forward(("conv2d_21", "conv2d_31"))
        in_crop = np.asarray(numbers, dtype=np.float64).reshape(468, 3)
        plane = transform_points(square.to_photo(MESH_PX), in_crop[:, :2])
        depth = in_crop[:, 2] * square.side / MESH_PX
        score = 1 / (1 + math.exp(-max(float(logit.item()), -80.0)))
        return np.column_stack([plane, depth]).astype(np.float32), score

    def _eye(
        self, pyramid: Pyramid, points: FloatMap, eye: tuple[int, int], lids: tuple[int, ...], mirrored: bool
    ) -> _Eye:
        """The iris net on one eye. It knows the eye on the left; the other is shown to it mirrored."""
        outer, inner = points[eye[0], :2], points[eye[1], :2]
        along = outer - inner if mirrored else inner - outer
        length = float(np.hypot(*along))
        x, y = (outer + inner) / 2
        angle = math.degrees(math.atan2(along[1], along[0]))
        widths, outlines = [], []
        for square in _jittered(Square(float(x), float(y), length * EYE_MARGIN, angle), JITTER[:3]):
            self._nets.iris.setInput(cv2.dnn.blobFromImage(pyramid.crop(square, IRIS_PX, mirrored), 1 / 255))
            contour, iris = self._nets.iris.forward(("output_eyes_contours_and_brows", "output_iris"))
            # Five points: the centre, then right, top, left, bottom of the circle.
            circle = np.asarray(iris, dtype=np.float64).reshape(5, 3)
            widths.append(float(np.hypot(*(circle[1] - circle[3])[:2])) * square.side / IRIS_PX)
            # The lower lid from corner to corner, then the upper one the same way.
            outline = np.asarray(contour, dtype=np.float64).reshape(71, 3)[:16, :2]
            outlines.append(transform_points(square.to_photo(IRIS_PX, mirrored), outline))
        mesh_lids = points[[*lids[:9], *lids[:8:-1]], :2]
        gaps = np.mean(outlines, axis=0) - mesh_lids
        return _Eye(float(np.mean(widths)), float(np.sqrt((gaps**2).sum(axis=1).mean())) / length)

    def _person(self, pyramid: Pyramid, roll_deg: float) -> Mask:
        """True where a person is; the photo's shape with its longer side at 256."""
        longest = max(pyramid.width, pyramid.height)
        quarters = round(roll_deg / 90)
        square = Square(pyramid.width / 2, pyramid.height / 2, longest, 90.0 * quarters)
        self._nets.person.setInput(cv2.dnn.blobFromImage(pyramid.crop(square, PERSON_PX), 1 / 255))
        likely = np.rot90(self._nets.person.forward().reshape(PERSON_PX, PERSON_PX), -quarters)
        height = max(1, round(PERSON_PX * pyramid.height / longest))
        width = max(1, round(PERSON_PX * pyramid.width / longest))
        top, left = (PERSON_PX - height) // 2, (PERSON_PX - width) // 2
        person = np.array(likely[top : top + height, left : left + width] > 0.5)
        person.setflags(write=False)
        return person


def _scale(points: FloatMap, left_px: float, right_px: float) -> Scale:
    """From the irises where both are trusted, else from the corners of the eyes, with NaN px of iris."""
    iris_px = (left_px + right_px) / 2
    by_iris = iris_px / IRIS_MM
    # Along the mesh's depth too, so that a turned face does not look smaller.
    by_canthi = float(np.linalg.norm(points[LEFT_EYE[0]] - points[RIGHT_EYE[0]])) / OUTER_CANTHI_MM
    if abs(left_px - right_px) <= IRISES_AGREE * iris_px and abs(by_iris / by_canthi - 1) <= SCALES_AGREE:
        return by_iris, "iris", iris_px
    return by_canthi, "intercanthal", math.nan


def _jittered(square: Square, jitter: tuple[tuple[float, float, float, float], ...]) -> list[Square]:
    return [
        Square(
            square.x + right * square.side,
            square.y + down * square.side,
            square.side * zoom,
            square.angle_deg + turn,
        )
        for right, down, zoom, turn in jitter
    ]


def _same(face: Sighting, other: Sighting) -> bool:
    """Two meshes on one face: their middles lie within it."""
    apart = np.hypot(*(face.points.mean(axis=0) - other.points.mean(axis=0))[:2])
    return bool(apart < 0.5 * math.sqrt(max(_area(face.points), _area(other.points))))


def _area(points: FloatMap) -> float:
    width, height = np.ptp(points[:, 0]), np.ptp(points[:, 1])
    return float(width * height)


def _net(model: bytes) -> cv2.dnn.Net:
    return cv2.dnn.readNetFromTFLite(np.frombuffer(model, dtype=np.uint8))
