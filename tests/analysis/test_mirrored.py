"""A mirrored photo of a face is refused: its cheeks would be taken for each other."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from analysis.landmarks import FaceFinder
from analysis.mirrored import SURELY_NOT
from analysis.pipeline import compare
from analysis.records import RegionPlan, SessionComparison

PAIRS = [
    ("london_002_neutral.jpg", "london_002_smiling.jpg"),
    ("london_021_neutral.jpg", "london_021_smiling.jpg"),
    ("series_lisa_zoom_60cm.jpg", "series_lisa_zoom_30cm.jpg"),
]
DIM = ("series_lisa_dim_1.jpg", "series_lisa_dim_2.jpg")


def mirrored(data: bytes) -> bytes:
    out = io.BytesIO()
    ImageOps.mirror(Image.open(io.BytesIO(data)).convert("RGB")).save(out, "PNG")
    return out.getvalue()


def compared(baseline: bytes, follow_up: bytes, finder: FaceFinder) -> SessionComparison:
    return compare([baseline], [follow_up], finder=finder, plan=RegionPlan(), with_views=False)


@pytest.mark.parametrize("names", PAIRS, ids=lambda names: names[0])
def test_a_mirrored_face_is_refused_and_the_face_is_not(
    names: tuple[str, str], photos: Path, finder: FaceFinder
) -> None:
    before, after = ((photos / "faces" / name).read_bytes() for name in names)
    as_taken = compared(before, after, finder)
    assert as_taken.comparable
    assert as_taken.alignment is not None
    assert as_taken.alignment.consistent > SURELY_NOT + 0.2
    for pair in ((before, mirrored(after)), (mirrored(before), after)):
        refused = compared(*pair, finder)
        assert not refused.comparable
        assert not refused.changes
        assert "mirrored" in refused.reasons[0]


def test_a_mirrored_shot_of_the_baseline_is_left_out(photos: Path, finder: FaceFinder) -> None:
    before, after = ((photos / "faces" / name).read_bytes() for name in PAIRS[0])
    found = compare([before, mirrored(after)], [after], finder=finder, plan=RegionPlan(), with_views=False)
    assert found.comparable
    assert ["mirrored" in item.reason for item in found.left_out] == [True]


def test_two_mirrored_photos_are_as_good_as_two_that_are_not(photos: Path, finder: FaceFinder) -> None:
    files = [(photos / "faces" / name).read_bytes() for name in PAIRS[0]]
    plain, both = compared(*files, finder), compared(*(mirrored(data) for data in files), finder)
    assert both.comparable
    for cheek, twin in (("left_cheek", "right_cheek"), ("right_cheek", "left_cheek")):
        redness = [
            next(one for one in result.changes if (one.metric, one.region) == ("redness", region))
            for result, region in ((plain, cheek), (both, twin))
        ]
        assert redness[0].difference == pytest.approx(redness[1].difference, abs=redness[0].mdc95 / 2)


def test_a_pair_that_hardly_agrees_is_asked_and_kept(photos: Path, finder: FaceFinder) -> None:
    before, after = ((photos / "faces" / name).read_bytes() for name in DIM)
    found = compared(before, after, finder)
    assert found.alignment is not None
    assert found.alignment.consistent < SURELY_NOT
    assert not any("mirrored" in reason for reason in found.reasons)
