"""Which part of a photo is measured, at which scale, and where a face is no skin."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from analysis.records import FaceMesh, Grid, Mask, Region, Subject
from analysis.regions import SUBPIXEL_BITS, feature_polygons, rounded

MARGIN_MM, DRAWN_MARGIN_MM = 6.0, 15.0
"""Around the regions. A body site has no brows and lips: hair and edges further out show its sharpness."""
FEATURE_MARGIN_MM = 2.0


def working_grid(subject: Subject, regions: Sequence[Region], px_per_mm: float) -> Grid:
    """The crop of the baseline that holds the regions (and a face's features) plus a margin."""
    outlines = [region.polygon for region in regions]
    if subject.mesh is not None:
        outlines += feature_polygons(subject.mesh)
    points = np.concatenate(outlines)
    height, width = subject.photo.pixels.shape[:2]
    margin = (MARGIN_MM if subject.mesh is not None else DRAWN_MARGIN_MM) * subject.px_per_mm
    left, top = np.floor(np.maximum(points.min(0) - margin, 0))
    right, bottom = np.ceil(np.minimum(points.max(0) + margin, (width, height)))
    scale = min(1.0, px_per_mm / subject.px_per_mm)
    return Grid(
        left=float(left),
        top=float(top),
        scale=scale,
        width=max(16, round((right - left) * scale)),
        height=max(16, round((bottom - top) * scale)),
        px_per_mm=subject.px_per_mm * scale,
    )


def feature_mask(mesh: FaceMesh | None, grid: Grid) -> Mask:
    """Eyes, brows and lips with a margin of 2 mm on the working grid."""
    canvas = np.zeros((grid.height, grid.width), np.uint8)
    if mesh is None:
        return canvas.view(bool)
    margin_px = max(1, round(FEATURE_MARGIN_MM * grid.px_per_mm))
    for polygon in feature_polygons(mesh):
        outline = [rounded(polygon, grid)]
        cv2.fillPoly(canvas, outline, 1, shift=SUBPIXEL_BITS)
        # A line as wide as the margin on both sides: a hundred times as fast as growing the mask.
        cv2.polylines(canvas, outline, True, 1, 2 * margin_px + 1, shift=SUBPIXEL_BITS)
    return canvas.view(bool)
