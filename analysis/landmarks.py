"""Photo -> FaceMesh: 468 landmarks, scale and pose of the one face, or a refusal with its reason.

The mesh net sees 192 x 192 px and its points move by a fifth of a percent of the eye span when the crop
is moved or turned a little. So the mesh is the mean over a few crops of the same face, each placed from
an earlier mesh: that halves the movement for 15 ms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from analysis.errors import NoFace, SeveralFaces
from analysis.face_detection import Detection, Detector, Pyramid, Square, transform_points
from analysis.face_pose import pose_deg
from analysis.records import FaceMesh, FloatMap, Mask, Photo

MESH_PX = 192
IRIS_PX = 64
PERSON_PX = 256
FACE_MARGIN = 1.5
"""Side of the mesh crop over the extent of the face: what the net was trained with."""
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

COMPARABLE_FACE = 1 / 3
"""A second face of more than this share of the first one's area leaves open which one is meant."""

IRIS_MM = 11.7
"""Horizontal visible iris diameter of adults: 11.7 +- 0.5 mm."""
IRISES_AGREE = 0.08
"""Two irises of one person differ by less; more means that a lid, a glint or a shadow misled the net."""
OUTER_CANTHI_MM = 89.5
"""Between the outer corners of the eyes: mean of men (91.2 +- 3.0) and women (87.8 +- 3.2 mm) in Farkas,
Anthropometry of the Head and Face, 2nd edition, 1994."""
SCALES_AGREE = 0.17
"""Three combined standard deviations of iris (4.3 %) and outer canthi (3.5 %) between people."""

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


class FaceFinder:
    """Finds the face of a photo. One finder per thread: the nets inside are not thread-safe."""

    def __init__(self, models: FaceModels) -> None:
        self._detector = Detector(models.detector)
        self._mesh_net = _net(models.landmarks)
        self._iris_net = _net(models.iris)
        self._person_net = _net(models.segmentation)

    def find(self, photo: Photo) -> FaceMesh:
        """The mesh of the one face in the photo.

        Returns:
            Points in px of the photo. Angles in degrees: yaw positive when the face looks to the right of
            the picture, pitch positive when it looks up, roll positive when it is turned clockwise.

        Raises:
            NoFace: nothing that both nets take for a face.
            SeveralFaces: a second face of comparable size.
        """
        pyramid = Pyramid(photo.pixels)
        points, score = self._one_face(pyramid)
        px_per_mm, source, iris_px = self._scale(pyramid, points)
        yaw, pitch, roll = pose_deg(points)
        mesh = FaceMesh(
            points=points,
            score=score,
            yaw_deg=yaw,
            pitch_deg=pitch,
            roll_deg=roll,
            px_per_mm=px_per_mm,
            px_per_mm_source=source,
            iris_px=iris_px,
            person=self._person(pyramid),
        )
        points.setflags(write=False)
        return mesh

    def _one_face(self, pyramid: Pyramid) -> tuple[FloatMap, float]:
        seen = self._detector.find(pyramid)
        meshes = [self._first_mesh(pyramid, face) for face in seen]
        faces = [(points, score) for points, score in meshes if score >= MIN_MESH_SCORE]
        if not faces:
            raise NoFace(
                "No face was found in this photo",
                expected="one face, seen from the front, at least an eighth of the photo wide",
                got="nothing like a face",
                advice="Take the photo from the front in even light, or draw the regions to measure by hand",
            )
        faces.sort(key=lambda face: -_area(face[0]))
        comparable = [face for face in faces if _area(face[0]) > COMPARABLE_FACE * _area(faces[0][0])]
        if len(comparable) > 1:
            raise SeveralFaces(
                "There is more than one face in this photo",
                expected="one person",
                got=f"{len(comparable)} faces of similar size",
                advice="Crop the photo to the person who is measured, or take it again without the other",
            )
        return self._steady_mesh(pyramid, faces[0][0])

    def _first_mesh(self, pyramid: Pyramid, face: Detection) -> tuple[FloatMap, float]:
        square = Square(face.x, face.y, face.side * FACE_MARGIN, face.angle_deg)
        points, _ = self._mesh(pyramid, square)
        return self._mesh(pyramid, square_around(points))

    def _steady_mesh(self, pyramid: Pyramid, points: FloatMap) -> tuple[FloatMap, float]:
        around = square_around(points)
        meshes, scores = [], []
        for right, down, zoom, turn in JITTER:
            x, y = around.x + right * around.side, around.y + down * around.side
            square = Square(x, y, around.side * zoom, around.angle_deg + turn)
            moved, score = self._mesh(pyramid, square)
            meshes.append(moved)
            scores.append(score)
        return np.mean(meshes, axis=0, dtype=np.float32), float(np.mean(scores))

    def _mesh(self, pyramid: Pyramid, square: Square) -> tuple[FloatMap, float]:
        """(468, 3) points in photo px from one crop, and the net's probability of a face."""
        self._mesh_net.setInput(cv2.dnn.blobFromImage(pyramid.crop(square, MESH_PX), 1 / 255))
        numbers, logit = self._mesh_net.forward(("conv2d_21", "conv2d_31"))
        in_crop = np.asarray(numbers, dtype=np.float64).reshape(468, 3)
        plane = transform_points(square.to_photo(MESH_PX), in_crop[:, :2])
        depth = in_crop[:, 2] * square.side / MESH_PX
        score = 1 / (1 + math.exp(-max(float(logit.item()), -80.0)))
        return np.column_stack([plane, depth]).astype(np.float32), score

    def _scale(self, pyramid: Pyramid, points: FloatMap) -> Scale:
        """From the irises where both are trusted, else from the corners of the eyes, with NaN px of iris."""
        left = self._iris_px(pyramid, points, LEFT_EYE, mirrored=False)
        right = self._iris_px(pyramid, points, RIGHT_EYE, mirrored=True)
        iris_px = (left + right) / 2
        by_iris = iris_px / IRIS_MM
        # Along the mesh's depth too, so that a turned face does not look smaller.
        by_canthi = float(np.linalg.norm(points[LEFT_EYE[0]] - points[RIGHT_EYE[0]])) / OUTER_CANTHI_MM
        if abs(left - right) <= IRISES_AGREE * iris_px and abs(by_iris / by_canthi - 1) <= SCALES_AGREE:
            return by_iris, "iris", iris_px
        return by_canthi, "intercanthal", math.nan

    def _iris_px(self, pyramid: Pyramid, points: FloatMap, eye: tuple[int, int], mirrored: bool) -> float:
        """Horizontal diameter of the iris. The net knows one eye only; the other is shown mirrored."""
        outer, inner = points[eye[0], :2], points[eye[1], :2]
        along = outer - inner if mirrored else inner - outer
        x, y = (outer + inner) / 2
        angle = math.degrees(math.atan2(along[1], along[0]))
        side = float(np.hypot(*along)) * EYE_MARGIN
        widths = []
        for right, down, zoom, turn in JITTER[:3]:
            square = Square(float(x) + right * side, float(y) + down * side, side * zoom, angle + turn)
            self._iris_net.setInput(cv2.dnn.blobFromImage(pyramid.crop(square, IRIS_PX, mirrored), 1 / 255))
            # Five points: the centre, then right, top, left, bottom of the circle.
            circle = self._iris_net.forward("output_iris").reshape(5, 3)[:, :2]
            widths.append(float(np.hypot(*(circle[1] - circle[3]))) * square.side / IRIS_PX)
        return float(np.mean(widths))

    def _person(self, pyramid: Pyramid) -> Mask:
        """True where a person is; the photo's shape with its longer side at 256."""
        longest = max(pyramid.width, pyramid.height)
        square = Square(pyramid.width / 2, pyramid.height / 2, longest)
        self._person_net.setInput(cv2.dnn.blobFromImage(pyramid.crop(square, PERSON_PX), 1 / 255))
        likely = self._person_net.forward().reshape(PERSON_PX, PERSON_PX)
        height = max(1, round(PERSON_PX * pyramid.height / longest))
        width = max(1, round(PERSON_PX * pyramid.width / longest))
        top, left = (PERSON_PX - height) // 2, (PERSON_PX - width) // 2
        person = np.array(likely[top : top + height, left : left + width] > 0.5)
        person.setflags(write=False)
        return person


def square_around(points: FloatMap) -> Square:
    """The crop that the mesh net wants to see, upright along the eyes, from an earlier mesh (468, 3)."""
    along = points[RIGHT_EYE[0], :2] - points[LEFT_EYE[0], :2]
    angle = math.atan2(along[1], along[0])
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    upright = points[:, :2] @ turn
    low, high = upright.min(axis=0), upright.max(axis=0)
    x, y = turn @ ((low + high) / 2)
    return Square(float(x), float(y), float((high - low).max()) * FACE_MARGIN, math.degrees(angle))


def _area(points: FloatMap) -> float:
    width, height = np.ptp(points[:, 0]), np.ptp(points[:, 1])
    return float(width * height)


def _net(model: bytes) -> cv2.dnn.Net:
    return cv2.dnn.readNetFromTFLite(np.frombuffer(model, dtype=np.uint8))
