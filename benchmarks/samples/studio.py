"""From a session to its files: which skin, which frame, and where the regions are."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.phantom.scene import Dose
from analysis.records import RegionPlan
from analysis.regions import parse_regions
from benchmarks.samples import body, face
from benchmarks.samples.courses import UNDISTURBED, SampleCourse, SampleSession, Shot
from benchmarks.samples.light import Light
from benchmarks.samples.photograph import Pose, as_file, exposed, seen
from benchmarks.samples.portrait import ZOOM

Array = NDArray[np.float32]


def photo(course: SampleCourse, session: SampleSession, shot: Shot) -> bytes:
    """One sample photo as JPEG bytes. Same arguments, same bytes."""
    return as_file(exposed(_view(course, session.dose, shot.light, shot.pose), shot.exposure), shot.exposure)


def undisturbed(course: SampleCourse, session: SampleSession) -> bytes:
    """The session's skin with the same camera, in the baseline's light, with nothing moved and no noise."""
    return as_file(exposed(_view(course, session.dose, Light(), Pose()), UNDISTURBED), UNDISTURBED)


def region_plan(course: SampleCourse) -> RegionPlan:
    """Where the course is measured."""
    if course.kind == "face":
        return RegionPlan(treated=course.treated, reference=course.reference)
    return parse_regions(drawn_regions())


def drawn_regions() -> dict[str, Any]:
    """The polygons of the body course, in pixels of its first photo, as a regions file has them."""
    outlines = {"scar": ("treated", body.TREATED_MM), "untreated": ("reference", body.REFERENCE_MM)}
    return {
        "px_per_mm": body.PX_PER_MM,
        "regions": [
            {
                "name": name,
                "role": role,
                "polygon": [
                    [round((v - body.MARGIN_MM) * body.PX_PER_MM, 1) for v in point] for point in outline
                ],
            }
            for name, (role, outline) in outlines.items()
        ],
    }


def _view(course: SampleCourse, dose: Dose, light: Light, pose: Pose) -> Array:
    return seen(_light(course.kind, dose, light), *_stage(course.kind), pose)


@lru_cache(maxsize=1)
def _light(kind: str, dose: Dose, light: Light) -> Array:
    return face.face_light(dose, light) if kind == "face" else body.body_light(dose, light)


def _stage(kind: str) -> tuple[Array, tuple[float, float, float, float], float]:
    if kind == "face":
        left, top, right, bottom = (float(v * ZOOM) for v in face.FRAME)
        return face.face_skin().depth_mm, (left, top, right, bottom), face.PX_PER_MM
    depth = body.body_skin().depth_mm
    margin = body.MARGIN_MM * body.PX_PER_MM
    return depth, (margin, margin, depth.shape[1] - margin, depth.shape[0] - margin), body.PX_PER_MM
