"""Progress charts: nothing dropped, the band drawn, the same specification on screen and in print."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace
from typing import Any

import altair as alt
import pytest
import vl_convert
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.records import LinePoint, Slope, Trend, TrendPoint
from dermatrend.report.charts import chart_spec, describe, progress_chart
from dermatrend.report.phases import phase_of, phase_spans
from dermatrend.report.region_chart import describe_regions, region_spec

NAN = math.nan
TREND = Trend(
    "redness",
    "left_cheek",
    "H",
    (
        TrendPoint(1, 6.2, (5.0, 7.4), "measurable_increase"),
        TrendPoint(30, -1.1, (-2.4, 0.2), "no_measurable_change"),
        TrendPoint(75, NAN, (NAN, NAN), "not_comparable"),
        TrendPoint(150, -4.1, (-5.3, -2.9), "measurable_decrease"),
    ),
    1.6,
)


def rows(spec: dict[str, Any], mark: str, **wanted: Any) -> list[dict[str, Any]]:
    """The data of all layers with that mark and those mark properties."""
    return [
        row
        for layer in spec["layer"]
        if layer["mark"]["type"] == mark and wanted.items() <= layer["mark"].items()
        for row in layer["data"]["values"]
    ]


def domain(spec: dict[str, Any], axis: str) -> tuple[float, float]:
    """The ends of an axis, which all layers share."""
    place = next(one["encoding"][axis] for one in spec["layer"] if "scale" in one["encoding"].get(axis, {}))
    low, high = place["scale"]["domain"]
    return low, high


def test_every_session_is_drawn() -> None:
    spec = chart_spec(TREND)
    assert {row["day"] for row in rows(spec, "point", shape="circle")} == {1, 30, 150}
    assert [row["day"] for row in rows(spec, "point", shape="diamond", filled=False)] == [75]
    assert rows(spec, "point", shape="diamond")[0]["value"] == domain(spec, "y")[0]


def test_a_slope_is_drawn_within_its_interval_and_said() -> None:
    line = tuple(LinePoint(day, -day / 30, -day / 30 - 1, -day / 30 + 1) for day in (1, 30, 150))
    spec = chart_spec(replace(TREND, slope=Slope(-1.0, (-1.6, -0.4), "measurable_decrease", 5, line)))
    (area,) = [layer for layer in spec["layer"] if layer["mark"]["type"] == "area"]
    assert [(row["value"], row["high"]) for row in area["data"]["values"]] == [
        (point.low, point.high) for point in line
    ]
    fitted = [row for row in rows(spec, "line", strokeWidth=1.4) if "words" in row]
    assert [row["value"] for row in fitted] == [point.value for point in line]
    assert domain(spec, "y")[0] < -6
    assert (
        "−1.0 H per 30 days (−1.6 to −0.4 with at least 95 % confidence), measurable decrease."
        in spec["description"]
    )
    assert not [layer for layer in chart_spec(TREND)["layer"] if layer["mark"]["type"] == "area"]


def test_the_band_is_drawn_around_zero_and_named() -> None:
    spec = chart_spec(TREND)
    first, last = domain(spec, "x")
    assert {(row["value"], row["top"]) for row in rows(spec, "rect")} == {(-1.6, 1.6)}
    assert (rows(spec, "rect")[0]["day"], rows(spec, "rect")[-1]["end"]) == (first, last)
    assert any(row.get("text") == "noise band ±1.6 H" for row in rows(spec, "text"))


def test_every_session_lies_in_its_own_band() -> None:
    inside = TrendPoint(30, -3.0, (-5.0, -1.0), "no_measurable_change", 3.5)
    beyond = TrendPoint(90, -3.0, (-4.0, -2.0), "measurable_decrease", 2.0)
    spec = chart_spec(Trend("redness", "nose", "H", (inside, beyond), 2.75))
    bands = [(row["day"], row["end"], row["top"]) for row in rows(spec, "rect")]
    first, last = domain(spec, "x")
    assert bands == [(first, 60.0, 3.5), (60.0, last, 2.0)]
    assert any(row.get("text") == "noise band ±2.0 to ±3.5 H" for row in rows(spec, "text"))
    assert "day 30 −3.0 ± 3.5 H, no measurable change; day 90 −3.0 ± 2.0 H" in spec["description"]


def test_intervals_stand_within_the_axis() -> None:
    spec = chart_spec(TREND)
    low, high = domain(spec, "y")
    for row in rows(spec, "rule"):
        if "high" in row:
            assert low <= row["value"] <= row["high"] <= high
    assert len([row for row in rows(spec, "rule") if "high" in row]) == 3


def test_axis_names_quantity_and_unit() -> None:
    encoding = next(layer["encoding"] for layer in chart_spec(TREND)["layer"] if "y" in layer["encoding"])
    assert encoding["y"]["axis"]["title"] == "change (H)"


def test_healing_photos_are_no_step_of_the_line() -> None:
    spec = chart_spec(TREND, [0])
    assert [row["day"] for row in rows(spec, "line")] == [0, 30, 150]
    assert any(row.get("phase") == "healing" and row["end"] == 14 for row in rows(spec, "rect"))


def test_measurable_differs_by_more_than_colour() -> None:
    spec = chart_spec(TREND)
    sizes = {layer["mark"]["size"] for layer in spec["layer"] if layer["mark"].get("shape") == "circle"}
    assert len(sizes) == 2


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_screen_and_print_hold_the_same_data(theme: Any) -> None:
    spec = chart_spec(TREND, [0, 45], theme=theme)
    plain = chart_spec(TREND, [0, 45])
    assert [layer["data"] for layer in spec["layer"]] == [layer["data"] for layer in plain["layer"]]
    assert spec["config"]["background"] == "transparent"


def test_altair_accepts_the_specification() -> None:
    chart = progress_chart(TREND, [0], theme="dark", width="container", dates={1: "2026-01-11"})
    assert isinstance(chart, alt.LayerChart)
    stored = chart.to_dict()
    assert stored["description"].startswith("Redness, left cheek: day 1 +6.2 ± 1.6 H")
    assert "http" not in json.dumps(stored | {"$schema": ""})


def test_svg_is_the_same_twice_and_needs_no_network() -> None:
    first, second = (
        vl_convert.vegalite_to_svg(chart_spec(TREND, [0], theme="print"), allowed_base_urls=[])
        for _ in range(2)
    )
    assert first == second
    assert "Libertinus Serif" in first
    assert "noise band ±1.6 H" in first


def test_words_for_people_who_do_not_see_the_chart() -> None:
    assert describe(TREND, [0]) == (
        "Redness, left cheek: day 1 +6.2 ± 1.6 H, measurable increase (healing); day 30 −1.1 ± 1.6 H, no "
        "measurable change; day 75 not comparable; day 150 −4.1 ± 1.6 H, measurable decrease."
    )
    assert describe(Trend("redness", "nose", "H", (), NAN)) == "Redness, nose: no follow-up session."


@pytest.mark.parametrize(
    ("day", "treatments", "family", "expected"),
    [
        (0, [0], "colour", "untreated"),
        (14, [0], "colour", "healing"),
        (15, [0], "colour", "between"),
        (28, [0], "colour", "outcome"),
        (89, [0], "texture", "between"),
        (90, [0], "texture", "outcome"),
        (95, [0, 90], "texture", "healing"),
        (45, [0, 45], "colour", "outcome"),
        (40, [], "colour", "untreated"),
    ],
)
def test_phases(day: int, treatments: list[int], family: str, expected: str) -> None:
    assert phase_of(day, treatments, family) == expected


@given(
    days=st.lists(st.integers(0, 400), max_size=6),
    last=st.integers(1, 500),
    family=st.sampled_from(["colour", "texture"]),
)
@settings(max_examples=60, deadline=None)
def test_phase_spans_never_overlap(days: list[int], last: int, family: str) -> None:
    spans = list(phase_spans(days, max([last, *days]), family))
    for (_, _, end), (_, start, _) in itertools.pairwise(spans):
        assert end <= start


@given(
    st.lists(
        st.tuples(
            st.integers(0, 900),
            st.one_of(st.just(NAN), st.floats(-80, 80)),
            st.floats(0, 20),
        ),
        max_size=5,
    ),
    st.one_of(st.just(NAN), st.floats(0.01, 30)),
)
@settings(max_examples=60, deadline=None)
def test_any_trend_makes_a_chart_without_nan(points: list[tuple[int, float, float]], band: float) -> None:
    trend = Trend(
        "redness",
        "nose",
        "H",
        tuple(
            TrendPoint(
                day,
                value,
                (value - half, value + half),
                "not_comparable" if math.isnan(value) else "no_measurable_change",
            )
            for day, value, half in points
        ),
        band,
    )
    spec = chart_spec(trend, [0])
    json.dumps(spec, allow_nan=False)
    drawn = len(rows(spec, "point", shape="circle")) + len(rows(spec, "point", shape="diamond"))
    assert drawn == len(points)


CHANGES = [
    {"metric": "redness", "region": region, "unit": "H", "difference": value, "mdc95": band, "ci95": interval,
     "verdict": verdict, "text": text}
    for region, value, band, interval, verdict, text in (
        ("nose", -3.0, 2.0, [-4.5, -1.5], "measurable_decrease", "−3.0 ± 2.0 H"),
        ("chin", 0.4, 2.5, [-1.4, 2.2], "no_measurable_change", "+0.4 ± 2.5 H"),
        ("perioral", None, None, [None, None], "not_comparable", "–"),
    )
]  # fmt: skip


def test_a_single_session_shows_every_region_with_its_own_band() -> None:
    spec = region_spec(CHANGES)
    assert [row["region"] for row in rows(spec, "point", shape="circle")] == ["Nose", "Chin"]
    assert [row["region"] for row in rows(spec, "point", shape="diamond", filled=False)] == [
        "Around the mouth"
    ]
    assert {(row["region"], row["value"], row["band"]) for row in rows(spec, "bar")} == {
        ("Nose", -2.0, 2.0),
        ("Chin", -2.5, 2.5),
    }
    json.dumps(spec, allow_nan=False)
    assert alt.LayerChart.from_dict(spec)


def test_regions_in_words() -> None:
    assert describe_regions(CHANGES) == (
        "Redness: nose −3.0 ± 2.0 H, measurable decrease; chin +0.4 ± 2.5 H, no measurable change; "
        "around the mouth not comparable."
    )


def test_no_region_is_an_empty_chart() -> None:
    assert rows(region_spec([]), "point") == []
