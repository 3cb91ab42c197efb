"""One picture in files that hold it turned: the numbers are the same."""

from __future__ import annotations

import io
import math
from typing import Any

import pytest
from PIL import Image

from analysis.phantom.scene import SyntheticPhoto
from analysis.pipeline import analyse, compare
from analysis.records import Pixels, as_json
from tests.analysis.patches import (
    again,
    encoded,
    plan_of,
)

# EXIF orientation -> what turns the upright picture into the stored one.
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def stored(pixels: Pixels, orientation: int, kind: str) -> bytes:
    """A lossless file that holds the picture turned, and says so."""
    image = Image.fromarray(pixels)
    turn = STORED[orientation]
    facts = Image.Exif()
    facts[0x0112] = orientation
    out = io.BytesIO()
    (image if turn is None else image.transpose(turn)).save(out, kind, exif=facts.tobytes())
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_all_orientations_of_one_picture_measure_the_same(baseline: SyntheticPhoto, kind: str) -> None:
    plan = plan_of(baseline)
    follow_up = encoded(again(gain_ev=-0.2).pixels)
    singles, pairs = [], []
    for orientation in STORED:
        data = stored(baseline.pixels, orientation, kind)
        singles.append(numbers(as_json(analyse(data, finder=None, plan=plan).measurements)))
        if orientation in (1, 4, 6):
            pairs.append(numbers(as_json(compare([data], [follow_up], finder=None, plan=plan).changes)))
    for found in singles[1:]:
        assert found == pytest.approx(singles[0], abs=1e-9, nan_ok=True)
    for found in pairs[1:]:
        assert found == pytest.approx(pairs[0], abs=1e-9, nan_ok=True)


def numbers(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [number for item in value.values() for number in numbers(item)]
    if isinstance(value, list):
        return [number for item in value for number in numbers(item)]
    if isinstance(value, (int, float)):
        return [float(value)]
    return [math.nan] if value is None else []
