"""Regions: a file is a plan or a reason why not; a face has nine places, left and right the person's own."""

from __future__ import annotations

import json
import math
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from analysis.errors import RegionsError
from analysis.records import FaceMesh, FloatMap, Grid, Region, RegionPlan
from analysis.regions import (
    FACE_REGIONS,
    FACE_UNITS,
    check_inside,
    face_regions,
    feature_polygons,
    parse_regions,
    rasterise,
)
from tests.analysis.portrait import portrait_mesh, scaled

SQUARE = [[120, 80], [520, 80], [520, 480], [120, 480]]


def entry(name: object = "a", role: object = "treated", polygon: object = SQUARE) -> dict[str, object]:
    return {"name": name, "role": role, "polygon": polygon}


def plan(*entries: object, px_per_mm: object = 10.0) -> dict[str, object]:
    return {"px_per_mm": px_per_mm, "regions": list(entries)}


# --- the regions file -------------------------------------------------------------------------------


def test_the_example_of_the_docs_is_read() -> None:
    text = json.dumps(
        plan(entry("treated"), entry("reference", "reference", [[600, 80], [1e3, 80], [1e3, 480]]))
    )
    found = parse_regions(text)
    assert found.px_per_mm == 10
    assert [(r.name, r.role) for r in found.drawn] == [("treated", "treated"), ("reference", "reference")]
    assert found.drawn[0].polygon.tolist() == SQUARE
    assert found.drawn[0].polygon.dtype == np.float32
    assert parse_regions(json.loads(text)).drawn[1].polygon.tolist() == found.drawn[1].polygon.tolist()


def test_the_role_is_treated_unless_said() -> None:
    found = parse_regions(plan({"name": "a", "polygon": SQUARE}))
    assert found.drawn[0].role == "treated"


BOW = [[0, 0], [100, 100], [100, 0], [0, 100]]
WRONG: dict[str, tuple[object, str, str]] = {
    # What is handed in, what the message names, and what it says it got.
    "no JSON": ("{not json", "not JSON", "Expecting"),
    "an empty file": ("", "not JSON", "Expecting value"),
    "nesting without end": ("[" * 200_000, "not JSON", ""),
    "a list": ("[1, 2]", "The regions file", "[1, 2]"),
    "no scale": ({"regions": [entry()]}, "px_per_mm", "None"),
    "a scale of 0": (plan(entry(), px_per_mm=0), "px_per_mm", "0"),
    "a negative scale": (plan(entry(), px_per_mm=-3), "px_per_mm", "-3"),
    "a scale that is no number": (plan(entry(), px_per_mm=math.nan), "px_per_mm", "nan"),
    "an infinite scale": (plan(entry(), px_per_mm=math.inf), "px_per_mm", "inf"),
    "a scale beyond any number": (plan(entry(), px_per_mm=10**400), "px_per_mm", "1000"),
    "a point beyond any number": (plan(entry(polygon=[[10**400, 0]] * 3)), "regions[0].polygon", "[1000"),
    "a scale of yes": (plan(entry(), px_per_mm=True), "px_per_mm", "True"),
    "a scale as text": (plan(entry(), px_per_mm="10"), "px_per_mm", "10"),
    "no regions": (plan(), "regions", "[]"),
    "too many regions": (plan(*[entry(str(k)) for k in range(99)]), "regions", "'name'"),
    "a region that is text": (plan("a"), "regions[0]", "a"),
    "a nameless region": (plan(entry("  ")), "regions[0].name", " "),
    "a name with a newline": (plan(entry("a\nb")), "regions[0].name", r"'a\nb'"),
    "half a character": (plan(entry("a\ud800")), "regions[0].name", r"'a\ud800'"),
    "a name without end": (plan(entry("x" * 500)), "regions[0].name", "xxx"),
    "an unknown role": (plan(entry(role="control")), "regions[0].role", "control"),
    "no polygon": (plan(entry(polygon=None)), "regions[0].polygon", "None"),
    "two points": (plan(entry(polygon=SQUARE[:2])), "regions[0].polygon", "[[120, 80], [520, 80]]"),
    "a point of three": (plan(entry(polygon=[[0, 0, 0], *SQUARE])), "regions[0].polygon", "[0, 0, 0]"),
    "a point of text": (plan(entry(polygon=[["0", "0"], *SQUARE])), "regions[0].polygon", "['0', '0']"),
    "a point at infinity": (plan(entry(polygon=[[math.inf, 0], *SQUARE])), "regions[0].polygon", "[inf, 0]"),
    "a point on the moon": (plan(entry(polygon=[[1e12, 0], *SQUARE])), "regions[0].polygon", "1000000000"),
    "points on a line": (plan(entry(polygon=[[0, 0], [5, 5], [9, 9]])), "regions[0].polygon", "on a line"),
    "a bow": (plan(entry(polygon=BOW)), "regions[0].polygon", "the outline of 'a' does"),
    "a corner twice": (plan(entry(polygon=[*SQUARE, SQUARE[1]])), "regions[0].polygon", "'a'"),
    "the card's own name": (plan(entry("card")), "regions[0].name", "'card'"),
    "the face's own name": (plan(entry(" rest_of_face ")), "regions[0].name", "'rest_of_face'"),
    "a name twice": (plan(entry("a"), entry("b"), entry("a")), "Region names", "a twice"),
    "the same name but for a space": (plan(entry("a"), entry("a ")), "Region names", "a twice"),
    "only references": (plan(entry(role="reference")), "Roles", "none"),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_said(kind: str) -> None:
    source, what, got = WRONG[kind]
    with pytest.raises(RegionsError) as caught:
        parse_regions(source)  # type: ignore[arg-type]  # what people hand in
    error = caught.value
    assert what in error.what
    assert error.expected
    assert got in error.got
    assert error.got
    assert len(error.got) <= 200
    assert str(error).encode(), "what cannot be written to a terminal is escaped"
    assert str(error).startswith(error.what)


def test_a_ring_that_is_closed_as_in_geojson_is_the_same_region() -> None:
    (closed,) = parse_regions(plan(entry(polygon=[*SQUARE, SQUARE[0]]))).drawn
    (plain,) = parse_regions(plan(entry())).drawn
    assert np.array_equal(closed.polygon, plain.polygon)


@pytest.mark.parametrize("kind", ["no JSON", "a scale of 0", "a bow"])
def test_the_usual_slips_come_with_what_to_do(kind: str) -> None:
    with pytest.raises(RegionsError) as caught:
        parse_regions(WRONG[kind][0])  # type: ignore[arg-type]  # what people hand in
    assert caught.value.advice


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)
number = st.integers(-9, 999) | st.just(10**400) | st.floats() | st.none()
points = st.lists(st.lists(number, min_size=1, max_size=3), max_size=8)
entries = st.fixed_dictionaries(
    {"name": st.text(max_size=8) | st.none(), "polygon": points | anything},
    optional={"role": st.sampled_from(["treated", "reference", "none", ""])},
)
documents = st.fixed_dictionaries({"px_per_mm": number, "regions": st.lists(entries, max_size=3) | anything})


@settings(max_examples=300)
@given(anything | documents)
def test_any_document_is_a_plan_or_a_reason(document: Any) -> None:
    try:
        found = parse_regions(json.dumps(document) if not isinstance(document, dict) else document)
    except RegionsError as error:
        refused = error
    else:
        assert isinstance(found, RegionPlan)
        assert found.drawn
        assert found.px_per_mm
        assert all(np.isfinite(r.polygon).all() for r in found.drawn)
        assert len({r.name for r in found.drawn}) == len(found.drawn)
        return
    assert refused.what
    assert refused.expected


@given(st.text(max_size=60))
def test_any_text_is_a_plan_or_a_reason(text: str) -> None:
    with pytest.raises(RegionsError):
        parse_regions(text)


@given(st.integers(3, 12), st.integers(0, 99), st.floats(10, 400), st.floats(-200, 200), st.floats(-200, 200))
def test_an_outline_in_order_around_its_middle_is_accepted(
    n: int, seed: int, size: float, x: float, y: float
) -> None:
    generator = np.random.default_rng(seed)
    angle = (np.arange(n) + generator.uniform(-0.3, 0.3, n)) * 2 * np.pi / n
    reach = size * generator.uniform(0.5, 1, n)
    outline = np.stack([x + reach * np.cos(angle), y + reach * np.sin(angle)], 1).tolist()
    assert len(parse_regions(plan(entry(polygon=outline))).drawn[0].polygon) == n
    crossed = [*outline]
    if n >= 4:
        crossed[0], crossed[1] = crossed[1], crossed[0]
        convex = cv2.isContourConvex(np.array(outline, np.float32).reshape(-1, 1, 2))
        if convex:
            with pytest.raises(RegionsError, match="cross itself"):
                parse_regions(plan(entry(polygon=crossed)))


def test_a_region_outside_the_photo_is_named() -> None:
    found = parse_regions(plan(entry("arm")))
    check_inside(found, 520, 480)
    with pytest.raises(RegionsError) as caught:
        check_inside(found, 519, 600)
    error = caught.value
    assert "'arm'" in error.what
    assert error.expected == "points within 519 x 600 px"
    assert error.got == "[520, 80]"
    assert error.advice
    with pytest.raises(RegionsError, match="leaves the baseline photo"):
        check_inside(parse_regions(plan(entry(polygon=[[-2, 0], [9, 0], [9, 9]]))), 100, 100)


# --- masks -------------------------------------------------------------------------------------------


@given(
    left=st.integers(0, 30), top=st.integers(0, 30), wide=st.integers(2, 60), tall=st.integers(2, 60),
    scale=st.sampled_from([0.25, 0.5, 0.8, 1.0]),
)  # fmt: skip
def test_a_mask_has_the_area_of_its_polygon(left: int, top: int, wide: int, tall: int, scale: float) -> None:
    corners = [[left, top], [left + wide, top], [left + wide, top + tall], [left, top + tall]]
    outline = np.array(corners, np.float32)
    grid = Grid(0.0, 0.0, scale, math.ceil(120 * scale), math.ceil(120 * scale), 8.0)
    area = rasterise(outline, grid).sum() / scale**2
    border = (2 * (wide + tall) * scale + 4) / scale**2  # every pixel the outline touches counts
    assert abs(area - wide * tall) <= border


def test_a_polygon_beyond_the_grid_is_cut_off() -> None:
    grid = Grid(100.0, 50.0, 1.0, 40, 30, 8.0)
    around = np.array([[-1e4, -1e4], [1e4, -1e4], [1e4, 1e4], [-1e4, 1e4]], np.float32)
    assert rasterise(around, grid).all()
    assert not rasterise(around[:, :2] + 1e5, grid).any()
    corner = rasterise(np.array([[90, 40], [110, 40], [110, 60], [90, 60]], np.float32), grid)
    assert corner[:10, :10].all()
    assert not corner[12:, :].any()


@given(
    arrays.arrays(np.float32, (5, 2), elements=st.floats(-2000, 2000, width=32)),
    st.sampled_from([0.125, 0.3, 0.8, 1.0]), st.integers(0, 900), st.integers(0, 900),
)  # fmt: skip
def test_the_grid_there_and_back(where: FloatMap, scale: float, left: int, top: int) -> None:
    grid = Grid(float(left), float(top), scale, 100, 100, 8.0)
    assert grid.to_photo(grid.to_grid(where)) == pytest.approx(where, abs=5e-3)


# --- the face ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mesh() -> FaceMesh:
    """A portrait from the front, at 10 px/mm."""
    return scaled(portrait_mesh(), 10 / portrait_mesh().px_per_mm)


def by_name(regions: tuple[Region, ...]) -> dict[str, FloatMap]:
    return {region.name: region.polygon for region in regions}


def test_a_face_has_its_nine_regions(mesh: FaceMesh) -> None:
    found = face_regions(mesh)
    assert tuple(region.name for region in found) == FACE_REGIONS
    assert len(FACE_REGIONS) == 9
    assert {region.role for region in found} == {"none"}
    assert len(set(FACE_UNITS.values())) == 7


def test_left_and_right_are_the_persons_own(mesh: FaceMesh) -> None:
    # A person looks out of the photo: their own left is at larger x.
    middle = mesh.points[1, 0]
    for name, outline in by_name(face_regions(mesh)).items():
        if name.startswith("left_"):
            assert (outline[:, 0] > middle).all(), name
        elif name.startswith("right_"):
            assert (outline[:, 0] < middle).all(), name
        else:
            assert outline[:, 0].min() < middle < outline[:, 0].max(), name


def test_regions_stand_where_they_are_called(mesh: FaceMesh) -> None:
    heights = {name: outline[:, 1].mean() for name, outline in by_name(face_regions(mesh)).items()}
    assert heights["forehead"] < heights["glabella"] < heights["nose"] < heights["perioral"] < heights["chin"]
    assert heights["left_periorbital"] < heights["left_cheek"]
    assert heights["left_cheek"] == pytest.approx(heights["right_cheek"], abs=60)


def test_regions_are_simple_and_do_not_overlap(mesh: FaceMesh) -> None:
    size = np.ceil(mesh.points[:, :2].max(0)).astype(int) + 50
    grid = Grid(0.0, 0.0, 0.5, int(size[0] // 2), int(size[1] // 2), 5.0)
    count = np.zeros((grid.height, grid.width), int)
    outlines = by_name(face_regions(mesh))
    for name, outline in outlines.items():
        parse_regions(plan(entry(name, polygon=np.round(outline, 2).tolist())))  # refuses what crosses itself
        area = rasterise(outline, grid)
        assert area.sum() / grid.px_per_mm**2 > 60, f"{name} is too small to measure"
        count += area
    assert (count > 1).sum() < 0.02 * (count > 0).sum()


def test_features_are_five_closed_outlines(mesh: FaceMesh) -> None:
    assert len(feature_polygons(mesh)) == 5
    assert all(outline.shape[1] == 2 for outline in feature_polygons(mesh))


def test_roles_are_given(mesh: FaceMesh) -> None:
    found = face_regions(mesh, treated=("left_cheek", "right_cheek"), reference=("forehead",))
    roles = {region.name: region.role for region in found}
    assert roles["left_cheek"] == roles["right_cheek"] == "treated"
    assert roles["forehead"] == "reference"
    assert roles["nose"] == "none"


def test_a_region_cannot_have_two_roles(mesh: FaceMesh) -> None:
    with pytest.raises(RegionsError) as caught:
        face_regions(mesh, treated=("nose", "chin"), reference=("chin",))
    assert all((caught.value.what, caught.value.expected, caught.value.advice))
    assert "chin" in caught.value.got


@pytest.mark.parametrize("roles", [{"treated": ("ear",)}, {"reference": ("ear",)}])
def test_a_face_has_no_such_region(mesh: FaceMesh, roles: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(RegionsError, match="Unknown face region") as caught:
        face_regions(mesh, **roles)
    assert "left_cheek" in caught.value.expected
    assert caught.value.got == "'ear'"
