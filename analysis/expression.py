"""How far a face moved between two photos: its size, and which of its regions an expression stretched."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from analysis.records import FaceMesh, Region, Subject

# Landmarks that neither a smile nor a raised brow moves much: canthi, nasion, nose bridge and base.
STABLE_LANDMARKS = (33, 133, 362, 263, 168, 6, 197, 195, 2, 98, 327)


def scale_ratio(first: FaceMesh, second: FaceMesh) -> float:
    """Pixels of the second photo per pixel of the first, on the face."""
    a, b = first.points[list(STABLE_LANDMARKS), :2], second.points[list(STABLE_LANDMARKS), :2]
    return float(np.sqrt(((b - b.mean(0)) ** 2).sum() / ((a - a.mean(0)) ** 2).sum()))


def expression(anchor: Subject, other: Subject, regions: Sequence[Region]) -> dict[str, float]:
    """How far each region's landmarks moved after a similarity on the stable ones, % of the eye span."""
    if anchor.mesh is None or other.mesh is None:
        return {}
    a, b = anchor.mesh.points[:, :2].astype(np.float64), other.mesh.points[:, :2].astype(np.float64)
    stable = list(STABLE_LANDMARKS)
    centre_a, centre_b = a[stable].mean(0), b[stable].mean(0)
    pa, pb = (a[stable] - centre_a) @ [1, 1j], (b[stable] - centre_b) @ [1, 1j]
    turn = np.vdot(pa, pb) / np.vdot(pa, pa)
    moved = ((a - centre_a) @ [1, 1j]) * turn
    residual = np.abs((b - centre_b) @ [1, 1j] - moved)
    span = np.hypot(*(b[33] - b[263]))
    out = {}
    for region in regions:
        reach = 2 * anchor.px_per_mm
        low, high = region.polygon.min(0) - reach, region.polygon.max(0) + reach
        outline = region.polygon.reshape(-1, 1, 2)
        near = [
            index
            for index in np.flatnonzero(((a > low) & (a < high)).all(1))
            if cv2.pointPolygonTest(outline, (float(a[index, 0]), float(a[index, 1])), True) > -reach
        ]
        out[region.name] = float(100 * residual[near].mean() / span) if near else math.nan
    return out
