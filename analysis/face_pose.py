"""How the head is held: yaw, pitch and roll of a mesh, against a generic face."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatMap

GENERIC_FACE_MM: dict[int, tuple[float, float, float]] = {
    33: (-43, -17, 0),
    133: (-16, -16, -5),
    105: (-38, -39, -13),
    107: (-13, -37, -21),
    234: (-65, 4, 51),
    127: (-65, -10, 48),
    93: (-64, 18, 50),
    50: (-46, 13, -8),
    129: (-19, 16, -17),
    263: (43, -17, 0),
    362: (16, -16, -5),
    334: (38, -39, -13),
    336: (13, -37, -21),
    454: (65, 4, 51),
    356: (65, -10, 48),
    323: (64, 18, 50),
    280: (46, 13, -8),
    358: (19, 16, -17),
    10: (0, -67, -14),
    151: (0, -52, -19),
    9: (0, -36, -22),
    168: (0, -22, -21),
    6: (0, -16, -25),
    2: (0, 23, -29),
}
"""Landmark -> x, y, z in mm: the mesh net's own mean over posed frontal portraits, made symmetric.

Only points that neither a smile nor an open mouth moves much. Zero pitch is those portraits' mean.
"""


def pose_deg(points: FloatMap) -> tuple[float, float, float]:
    """Yaw, pitch and roll of a mesh.

    The rotation that lays the generic face onto the mesh in the least-squares sense (Umeyama 1991,
    doi 10.1109/34.88573). Roll is taken out last, so turning the picture changes roll alone.

    Args:
        points: (468, 3) landmarks, x, y, z in one unit.

    Returns:
        Degrees: yaw positive to the right of the picture, pitch positive up, roll positive clockwise.

    Example:
        >>> mesh = np.zeros((468, 3), dtype=np.float32)
        >>> mesh[list(GENERIC_FACE_MM)] = list(GENERIC_FACE_MM.values())
        >>> [abs(round(angle, 3)) for angle in pose_deg(mesh)]
        [0.0, 0.0, 0.0]
    """
    face = np.array(list(GENERIC_FACE_MM.values()), dtype=np.float64)
    mesh = points[list(GENERIC_FACE_MM)].astype(np.float64)
    covariance = (mesh - mesh.mean(axis=0)).T @ (face - face.mean(axis=0))
    u, _, vt = np.linalg.svd(covariance)
    no_mirror = np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    rotation: NDArray[np.float64] = u @ no_mirror @ vt
    yaw = math.asin(float(np.clip(rotation[2, 0], -1, 1)))
    pitch = -math.atan2(rotation[2, 1], rotation[2, 2])
    roll = math.atan2(rotation[1, 0], rotation[0, 0])
    return math.degrees(yaw), math.degrees(pitch), math.degrees(roll)
