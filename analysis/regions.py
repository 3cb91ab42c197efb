"""Where to measure: nine regions placed on a face by its landmarks, or polygons drawn by a person.

Regions are placed once, on the baseline, and carried to every follow-up by the alignment.
Left and right are the person's own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.errors import RegionsError
from analysis.records import FaceMesh, FloatMap, Grid, Mask, Region, RegionPlan, Role

# A vertex is a landmark index, or (from, to, share): a point part of the way between two landmarks.
Vertex = int | tuple[int, int, float]

_FACE: dict[str, tuple[Vertex, ...]] = {
    "forehead": (
        (103, 104, 0.5), 67, 109, 10, 338, 297, (332, 333, 0.5), 333,
        (299, 334, 0.3), (299, 296, 0.5), (337, 336, 0.3), (151, 9, 0.3), (108, 107, 0.3),
        (69, 66, 0.5), (69, 105, 0.3), 104,
    ),
    "glabella": (
        (108, 107, 0.6), (151, 9, 0.5), (337, 336, 0.6), (336, 9, 0.25), (285, 8, 0.35),
        (417, 168, 0.3), 168, (193, 168, 0.3), (55, 8, 0.35), (107, 9, 0.25),
    ),
    "nose": (6, 351, 456, 420, 360, 344, 440, 275, 1, 45, 220, 115, 131, 198, 236, 122),
    "right_cheek": (
        (117, 50, 0.4), (118, 50, 0.3), 101, 36, (203, 205, 0.5), (206, 207, 0.5), 207, 187,
        (147, 187, 0.3), (123, 50, 0.2),
    ),
    "left_cheek": (
        (346, 280, 0.4), (347, 280, 0.3), 330, 266, (423, 425, 0.5), (426, 427, 0.5), 427, 411,
        (376, 411, 0.3), (352, 280, 0.2),
    ),
    "right_periorbital": (35, 31, 228, 229, 230, 231, 120, 119, 118, 117, 111, 143),
    "left_periorbital": (265, 261, 448, 449, 450, 451, 349, 348, 347, 346, 340, 372),
    "perioral": (
        (206, 165, 0.6), 165, (97, 167, 0.7), (2, 164, 0.6), (326, 393, 0.7), 391, (426, 391, 0.6),
        322, 410, (269, 391, 0.35), (267, 393, 0.35), (0, 164, 0.35), (37, 167, 0.35), (39, 165, 0.35),
        186, 92,
    ),
    "chin": (
        182, 83, 18, 313, 406, 424, 431, 262, (428, 396, 0.4), (199, 175, 0.4), (208, 171, 0.4),
        32, 211, 204,
    ),
}  # fmt: skip

FACE_REGIONS: tuple[str, ...] = tuple(_FACE)
"""The nine region names on a face."""

FACE_UNITS: dict[str, str] = {
    name: name.removeprefix("left_").removeprefix("right_").replace("cheek", "cheeks")
    for name in FACE_REGIONS
}
"""Region -> unit; twins share one, so that neither serves as the other's reference."""

_EXCLUDED: tuple[tuple[int, ...], ...] = (
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),  # right eye
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466),  # left eye
    (70, 63, 105, 66, 107, 55, 65, 52, 53, 46),  # right brow
    (300, 293, 334, 296, 336, 285, 295, 282, 283, 276),  # left brow
    (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185),  # lips
)

CARD, REST_OF_FACE = "card", "rest_of_face"
"""Names of what a level may be relative to besides a region, which no region may bear."""
RESERVED_NAMES = frozenset({CARD, REST_OF_FACE})

_MAX_REGIONS = 40
_MAX_POINTS = 400
_MAX_SHARED = 0.5
"""Of the smaller of a treated and a reference region, how much may lie in both."""


def face_regions(
    mesh: FaceMesh, treated: tuple[str, ...] = (), reference: tuple[str, ...] = ()
) -> tuple[Region, ...]:
    """The nine regions of one face as polygons in photo pixels, with their roles.

    Raises:
        RegionsError: a role is given to a region that a face does not have, or two roles to one.
    """
    for name in (*treated, *reference):
        if name not in _FACE:
            raise RegionsError(
                "Unknown face region", expected="one of " + ", ".join(FACE_REGIONS), got=repr(name)
            )
    both = set(treated) & set(reference)
    if both:
        raise RegionsError(
            "A region has two roles",
            expected="treated or reference",
            got=f"{', '.join(sorted(both))} as both",
            advice="Name each region once",
        )
    out = []
    for name, vertices in _FACE.items():
        role: Role = "treated" if name in treated else "reference" if name in reference else "none"
        out.append(Region(name, role, np.array([_place(mesh, v) for v in vertices], np.float32)))
    return tuple(out)


def feature_polygons(mesh: FaceMesh) -> list[FloatMap]:
    """Eyes, brows and lips in photo pixels: never skin, and the edges that sharpness is matched on."""
    return [mesh.points[list(indices), :2] for indices in _EXCLUDED]


def _place(mesh: FaceMesh, vertex: Vertex) -> FloatMap:
    if isinstance(vertex, int):
        return mesh.points[vertex, :2]
    start, end, share = vertex
    return mesh.points[start, :2] * (1 - share) + mesh.points[end, :2] * share


SUBPIXEL_BITS = 4
"""OpenCV draws with whole numbers: a sixteenth of a pixel is exact enough."""


def rasterise(polygon: FloatMap, grid: Grid) -> Mask:
    """A polygon in photo pixels as a mask on the working grid.

    A polygon can reach beyond the grid on either side; what lies outside is simply not there.
    """
    canvas = np.zeros((grid.height, grid.width), np.uint8)
    cv2.fillPoly(canvas, [rounded(polygon, grid)], 1, shift=SUBPIXEL_BITS)
    return canvas.view(bool)


def rounded(polygon: FloatMap, grid: Grid) -> NDArray[np.int32]:
    """(n, 1, 2) a polygon in photo pixels as OpenCV draws it on the grid: in parts of 2^SUBPIXEL_BITS."""
    fixed = np.round(grid.to_grid(polygon) * 2**SUBPIXEL_BITS).astype(np.int32)
    return fixed.reshape(-1, 1, 2)


def parse_regions(source: str | Mapping[str, Any], *, scale_needed: bool = True) -> RegionPlan:
    """A regions file (its form is in the README) as a plan, or the reason why not.

    Args:
        source: JSON, or what it holds.
        scale_needed: False where px_per_mm may be left out, because a colour card may give the scale.

    >>> parse_regions('{"px_per_mm": 10, "regions": [{"name": "a", "role": "treated", '
    ...               '"polygon": [[0, 0], [90, 0], [90, 90]]}]}').px_per_mm
    10.0

    Raises:
        RegionsError: with the field that is wrong, what was expected and what was found.
    """
    if isinstance(source, str):
        try:
            source = json.loads(source)
        except (ValueError, RecursionError) as error:
            raise RegionsError(
                "The regions file is not JSON",
                expected='{"px_per_mm": 10.0, "regions": [...]}',
                got=str(error) or "nesting too deep",
                advice="Check the file in a JSON editor",
            ) from None
    if not isinstance(source, Mapping):
        raise _wrong("The regions file", "an object with px_per_mm and regions", source)
    scale = source.get("px_per_mm")
    given = scale is not None or scale_needed
    if given and (not _is_number(scale) or not 0.2 <= float(scale) <= 400):
        raise _wrong(
            "px_per_mm",
            "the photo's pixels per millimetre of skin, a number from 0.2 to 400",
            scale,
            "Divide the pixels between two marks of a ruler in the photo by the millimetres between them",
        )
    entries = source.get("regions")
    if not isinstance(entries, list) or not 1 <= len(entries) <= _MAX_REGIONS:
        raise _wrong("regions", f"a list of 1 to {_MAX_REGIONS} regions", entries)
    regions = tuple(_parse_region(entry, index) for index, entry in enumerate(entries))
    names = [region.name for region in regions]
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        raise _wrong("Region names", "each name once", ", ".join(double) + " twice")
    if not any(region.role == "treated" for region in regions):
        raise _wrong("Roles", 'at least one region with the role "treated"', "none")
    _check_apart(regions)
    return RegionPlan(drawn=regions, px_per_mm=float(scale) if scale is not None else None)


def _check_apart(regions: Sequence[Region]) -> None:
    """Skin that is treated and reference at once would compare with itself and never show a change."""
    everything = np.concatenate([region.polygon for region in regions])
    corner, scale = everything.min(0), 255 / max(float(np.ptp(everything, axis=0).max()), 1e-3)
    drawn = []
    for region in regions:
        canvas = np.zeros((256, 256), np.uint8)
        cv2.fillPoly(canvas, [np.round((region.polygon - corner) * scale).astype(np.int32)], 1)
        drawn.append(canvas > 0)
    for one, mask in zip(regions, drawn, strict=True):
        for other, its in zip(regions, drawn, strict=True):
            if (one.role, other.role) != ("treated", "reference"):
                continue
            share = np.count_nonzero(mask & its) / min(np.count_nonzero(mask), np.count_nonzero(its))
            if share > _MAX_SHARED:
                raise _wrong(
                    f"{one.name!r} and {other.name!r} lie on each other",
                    "treated and reference skin side by side",
                    f"{share:.0%} of the smaller one in both",
                    "Draw the reference on skin that was not treated",
                )


def _parse_region(entry: object, index: int) -> Region:
    where = f"regions[{index}]"
    if not isinstance(entry, Mapping):
        raise _wrong(where, "an object with name, role and polygon", entry)
    name = entry.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > 80 or not name.isprintable():
        raise _wrong(f"{where}.name", "a short printable text", name)
    if name.strip() in RESERVED_NAMES:
        raise _wrong(
            f"{where}.name", "a name of your own", f"{name.strip()!r}, which results call a reference by",
            "Give the region another name",
        )  # fmt: skip
    role = entry.get("role", "treated")
    if role not in ("treated", "reference"):
        raise _wrong(f"{where}.role", '"treated" or "reference"', role)
    polygon = entry.get("polygon")
    if not isinstance(polygon, list) or not 3 <= len(polygon) <= _MAX_POINTS:
        raise _wrong(f"{where}.polygon", f"a list of 3 to {_MAX_POINTS} points [x, y]", polygon)
    for point in polygon:
        if not (isinstance(point, list) and len(point) == 2 and all(_is_number(v) for v in point)):
            raise _wrong(f"{where}.polygon", "points [x, y] of two numbers", point)
        if max(abs(v) for v in point) > 1e6:
            raise _wrong(f"{where}.polygon", "points within the photo", point)
    corners = np.array(polygon, np.float64)
    if len(corners) > 3 and np.array_equal(corners[0], corners[-1]):
        corners = corners[:-1]  # as GeoJSON closes a ring
    if _crosses_itself(corners):
        raise _wrong(
            f"{where}.polygon", "an outline that does not cross itself", f"the outline of {name!r} does",
            "Give the corners in order around the region",
        )  # fmt: skip
    if cv2.contourArea(corners.astype(np.float32)) < 1:
        raise _wrong(f"{where}.polygon", "a polygon with an area", "points on a line")
    return Region(name.strip(), role, corners.astype(np.float32))


def check_inside(plan: RegionPlan, width: int, height: int) -> None:
    """Refuse drawn regions that leave the photo.

    Raises:
        RegionsError: naming the region, the photo's size and the point outside.
    """
    for region in plan.drawn:
        x, y = region.polygon[:, 0], region.polygon[:, 1]
        outside = (x < -0.5) | (y < -0.5) | (x > width + 0.5) | (y > height + 0.5)
        if outside.any():
            point = region.polygon[int(np.argmax(outside))]
            raise RegionsError(
                f"The region {region.name!r} leaves the baseline photo",
                expected=f"points within {width} x {height} px",
                got=f"[{point[0]:g}, {point[1]:g}]",
                advice="Regions are pixels of the upright baseline photo; draw them on that photo",
            )


def _crosses_itself(corners: np.ndarray) -> bool:
    """Whether two edges that are not neighbours cross, or two corners coincide."""
    n = len(corners)
    if len(np.unique(corners, axis=0)) < n:
        return True
    a, b = corners, np.roll(corners, -1, axis=0)

    def side(p: np.ndarray, q: np.ndarray, r: np.ndarray) -> np.ndarray:
        return np.sign((q[..., 0] - p[..., 0]) * (r[..., 1] - p[..., 1])
                       - (q[..., 1] - p[..., 1]) * (r[..., 0] - p[..., 0]))  # fmt: skip

    p, q, r, s = a[:, None], b[:, None], a[None], b[None]
    crossing = (side(p, q, r) * side(p, q, s) < 0) & (side(r, s, p) * side(r, s, q) < 0)
    return bool(crossing.any())


def _is_number(value: object) -> TypeGuard[float]:
    # Compared, not converted: an integer of 400 digits has no float. NaN compares as False.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -1e15 < value < 1e15


def _wrong(
    what: str, expected: str, got: object, advice: str = "Correct this in the file of regions"
) -> RegionsError:
    shown = got if isinstance(got, str) and got.strip() and got.isprintable() else repr(got)
    return RegionsError(
        f"The regions cannot be used: {what}", expected=expected, got=str(shown)[:120], advice=advice
    )
