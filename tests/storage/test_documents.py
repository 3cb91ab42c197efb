"""Records to JSON and back are the same records, could-not-measure included."""

from __future__ import annotations

import dataclasses
import json
import math
import types
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.records import (
    AlignedViews,
    CaptureFacts,
    Gate,
    Parameters,
    PhotoAnalysis,
    Region,
    RegionPlan,
    SessionComparison,
    as_json,
)
from dermatrend.records import Session, Treatment
from dermatrend.storage.documents import digest, dumps, loads
from tests import factories

floats = st.one_of(st.just(math.nan), st.floats(-1e6, 1e6))
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def records(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of a record type: an independent reading of the same annotations."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal:
        return st.sampled_from(inner)
    if origin in (Union, types.UnionType):
        if AlignedViews in inner:
            return st.none()
        options = [option for option in inner if option is not type(None)]
        # An optional number has no NaN of its own: None says it.
        return st.none() | (st.floats(-9, 9) if float in options else records(options[0]))
    if origin is tuple and inner[-1] is Ellipsis:
        return st.lists(records(inner[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(records, inner))
    if origin is np.ndarray:
        rows = st.lists(
            st.tuples(st.floats(0, 9, width=32), st.floats(0, 9, width=32)), min_size=3, max_size=5
        )
        return rows.map(lambda points: np.array(points, np.float32))
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        return st.builds(kind, **{item.name: records(hints[item.name]) for item in dataclasses.fields(kind)})
    if origin is not None:
        return st.dictionaries(words, st.booleans(), max_size=3)
    return {float: floats, int: st.integers(0, 9999), str: words, bool: st.booleans()}[kind]


def same(one: Any, two: Any) -> bool:
    if isinstance(one, float) and isinstance(two, float):
        return one == two or (math.isnan(one) and math.isnan(two))
    if isinstance(one, np.ndarray):
        return one.dtype == two.dtype and np.array_equal(one, two, equal_nan=True)
    if dataclasses.is_dataclass(one):
        return type(one) is type(two) and all(
            same(getattr(one, item.name), getattr(two, item.name)) for item in dataclasses.fields(one)
        )
    if isinstance(one, (tuple, list)):
        return type(one) is type(two) and len(one) == len(two) and all(map(same, one, two))
    if isinstance(one, dict):
        return one.keys() == two.keys() and all(same(one[key], two[key]) for key in one)
    return bool(type(one) is type(two) and one == two)


@pytest.mark.parametrize("kind", [SessionComparison, PhotoAnalysis, RegionPlan, CaptureFacts, Gate])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_record_survives_the_round_trip(kind: type, data: st.DataObject) -> None:
    record = data.draw(records(kind))
    text = dumps(record)
    assert same(loads(kind, text), record)
    assert dumps(loads(kind, text)) == text
    assert json.loads(text) == json.loads(json.dumps(as_json(record)))


def test_realistic_records_survive() -> None:
    history = factories.history()
    for item in history.comparisons:
        assert same(loads(SessionComparison, dumps(item.comparison)), item.comparison)
    for session in history.sessions:
        assert loads(Session, dumps(session)) == session


def test_could_not_measure_stays_could_not_measure() -> None:
    change = factories.change("redness", "nose", 3, verdict="not_measurable")
    back = loads(type(change), dumps(change))
    assert math.isnan(back.difference)
    assert math.isnan(back.ci95[0])
    assert back.visible is None


@pytest.mark.parametrize(
    "text",
    ['{"nome": 1}', "[]", '"x"', '{"name": 3, "family": "all", "value": 1, "limit": 1, "state": "ok"}'],
)
def test_what_is_not_the_record_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"Gate|str"):
        loads(Gate, text)


def test_a_checked_record_is_checked_again_when_read() -> None:
    text = dumps(Treatment(needle_depth_mm=1.0)).replace("1.0", "9.0")
    with pytest.raises(Exception, match="needle depth"):
        loads(Treatment, text)


def test_a_key_depends_on_everything_it_is_made_of() -> None:
    plan = RegionPlan(treated=("nose",))
    region = Region("a", "treated", np.zeros((3, 2), np.float32))
    keys = [
        digest(["a"], ["b"], "1", Parameters(), plan),
        digest(["a", "b"], [], "1", Parameters(), plan),
        digest(["b"], ["a"], "1", Parameters(), plan),
        digest(["a"], ["b"], "2", Parameters(), plan),
        digest(["a"], ["b"], "1", Parameters(max_px_per_mm=6.0), plan),
        digest(["a"], ["b"], "1", Parameters(), RegionPlan(treated=("chin",))),
        digest(["a"], ["b"], "1", Parameters(), RegionPlan((region,), 8.0)),
    ]
    assert len(set(keys)) == len(keys)
    assert keys[0] == digest(["a"], ["b"], "1", Parameters(), RegionPlan(treated=("nose",)))
