"""A real face without the face model: the portrait that scikit-image carries, its landmarks kept as numbers.

`tests/golden/portrait_mesh.json` holds what the landmark model found in it, so that everything behind the
landmarks is tested where the model has not been fetched.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
from skimage import data

from analysis.records import FaceMesh, Photo, Pixels
from tests.conftest import ROOT

_ENLARGED = 3
"""As the mesh was found."""


@cache
def portrait(px_per_mm: float | None = None) -> Pixels:
    """Head and shoulders as (h, w, 3) uint8 sRGB; at about 2.1 px/mm unless told otherwise."""
    pixels = data.astronaut()[:320, 60:400]
    factor = _ENLARGED if px_per_mm is None else _ENLARGED * px_per_mm / portrait_mesh().px_per_mm
    return np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC))


@cache
def portrait_mesh() -> FaceMesh:
    """The landmarks of `portrait()`."""
    kept = json.loads((ROOT / "tests" / "golden" / "portrait_mesh.json").read_text("utf-8"))
    points = np.array(kept["points"], np.float32)
    angles = (kept["yaw_deg"], kept["pitch_deg"], kept["roll_deg"])
    return FaceMesh(points, 1.0, *angles, kept["px_per_mm"], "iris", 24.5)


def scaled(mesh: FaceMesh, factor: float) -> FaceMesh:
    """The mesh of the same picture enlarged by `factor`."""
    points = mesh.points * np.float32(factor)
    points[:, :2] += np.float32(0.5 * factor - 0.5)  # pixel centres
    return replace(mesh, points=points, px_per_mm=mesh.px_per_mm * factor, iris_px=mesh.iris_px * factor)


class KnownFace:
    """Stands for the landmark model: knows this one portrait, in any size."""

    def find(self, photo: Photo) -> FaceMesh:
        """The portrait's mesh at the photo's size."""
        return scaled(portrait_mesh(), photo.pixels.shape[1] / portrait().shape[1])
