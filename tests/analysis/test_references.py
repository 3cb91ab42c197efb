"""What a level is set against: reference skin, declared regions, the rest of a face."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.regions import FACE_REGIONS, FACE_UNITS
from analysis.relative import weighted_median
from tests.analysis.raw_pairs import (
    BODY,
    NAN,
    body,
    face,
    judged,
    pair,
    regions,
    whole_face,
)


def test_the_reference_is_taken_off() -> None:
    found = judged(pair(body(7.0, 7.0)))["treated"]
    assert found.difference == 0
    assert found.baseline == 0
    assert found.reference == "reference"
    assert found.verdict == "no_measurable_change"


def test_several_references_count_by_their_pixels() -> None:
    where = regions(treated="treated", inner="reference", outer="reference")
    found = judged(
        pair({"treated": 0, "inner": 4, "outer": 0}, pixels={"inner": 9000, "outer": 3000}), where=where
    )["treated"]
    assert found.difference == pytest.approx(-3)
    assert found.reference == "inner+outer"


def test_a_reference_that_is_not_there_leaves_no_level() -> None:
    alone = judged(pair({"treated": 5.0}), where=BODY[:1])["treated"]
    assert alone.verdict == "not_measurable"
    assert alone.reference is None
    assert "no_reference" in alone.flags
    assert math.isnan(alone.difference)
    lost = judged(pair(body(5.0, NAN)))["treated"]
    assert "no_reference" in lost.flags
    pattern = judged(
        pair({"treated": 9.0}, "redness_uniformity"), where=BODY[:1], metric="redness_uniformity"
    )
    assert pattern["treated"].difference == 9.0


def test_both_cheeks_redden_and_no_other_region() -> None:
    found = judged(pair(whole_face(left_cheek=5.0, right_cheek=5.0)), where=face())
    for name, change in found.items():
        assert change.reference == "rest_of_face"
        assert "rest_of_face" in change.flags
        assert change.difference == pytest.approx(5.0 if name.endswith("_cheek") else 0.0, abs=0.5)
        assert (change.verdict == "measurable_increase") == name.endswith("_cheek")


def test_a_change_of_the_whole_face_cannot_be_seen() -> None:
    found = judged(pair(dict.fromkeys(FACE_REGIONS, 6.0)), where=face())
    assert all(change.difference == pytest.approx(0) for change in found.values())


def test_treated_regions_are_no_reference() -> None:
    treated = ("forehead", "left_cheek", "right_cheek", "nose")
    found = judged(pair(whole_face(**dict.fromkeys(treated, 6.0))), where=face(treated))
    for name in treated:
        assert found[name].difference == pytest.approx(6.0)
    assert found["chin"].verdict == "not_measurable", "three other units are too few"


def test_more_than_half_a_face_treated_leaves_patterns_only() -> None:
    treated = ("forehead", "left_cheek", "nose", "chin")
    found = judged(pair(whole_face()), where=face(treated))
    assert {change.reference for change in found.values()} == {None}
    assert all(change.flags == ("no_reference",) for change in found.values())


def test_too_few_units_are_no_rest_of_a_face() -> None:
    seen = {name: (0.0 if FACE_UNITS[name] in ("forehead", "nose", "chin", "cheeks", "cheek") else NAN)
            for name in FACE_REGIONS}  # fmt: skip
    found = judged(pair(seen), where=face())
    assert "no_reference" in found["forehead"].flags


def test_the_weighted_median_stands_between_its_neighbours() -> None:
    values = np.array([3.0, 1.0, 2.0, 50.0])
    assert weighted_median(values, np.array([1, 1, 1, 0.01])) == pytest.approx(2.0, abs=0.02)
    assert weighted_median(values, np.array([1, 100, 1, 1])) == pytest.approx(1.0, abs=0.1)
    assert math.isnan(weighted_median(np.array([1.0, NAN]), np.ones(2)))
