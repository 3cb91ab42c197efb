"""Sessions against another reference than the trend's: drawn apart, named, and never on its line."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import altair as alt
import jsonschema
import pytest
import vl_convert

from analysis.flags import FLAGS
from analysis.records import Trend, TrendPoint
from dermatrend.report.charts import chart_spec, describe
from dermatrend.report.content import report_content, schema
from dermatrend.report.layout import APART_KEY, blocks
from dermatrend.report.pdf import render_pdf
from dermatrend.report.progress_layers import MIXED_REFERENCES
from tests import factories
from tests.pdf_text import pdf_text, squeeze
from tests.report import mixed
from tests.report.test_charts import rows

NAN = math.nan
MIXED = Trend(
    "redness",
    "nose",
    "H",
    (
        TrendPoint(30, -1.0, (-2.0, 0.0), "no_measurable_change", 1.6, "rest_of_face"),
        TrendPoint(60, -2.5, (-3.5, -1.5), "measurable_decrease", 1.2, "card"),
        TrendPoint(90, 0.5, (-0.5, 1.5), "no_measurable_change", 1.2, "card"),
        TrendPoint(120, NAN, (NAN, NAN), "not_comparable"),
        TrendPoint(150, -3.0, (-4.0, -2.0), "measurable_decrease", 1.6, "rest_of_face"),
    ),
    1.6,
    (MIXED_REFERENCES,),
    None,
    "rest_of_face",
)


def content_of(history: factories.History, **options: Any) -> dict[str, Any]:
    return report_content(
        "A", history.course, history.sessions, history.comparisons, history.trends,
        software_version="0.1.0", **options,
    )  # fmt: skip


def test_they_are_hollow_and_not_joined_with_the_others() -> None:
    spec = chart_spec(MIXED)
    assert [row["day"] for row in rows(spec, "point", shape="circle", filled=False)] == [60, 90]
    assert [row["day"] for row in rows(spec, "point", shape="circle", filled=True)] == [150, 30]
    assert [row["day"] for row in rows(spec, "line")] == [0, 30, 150]
    assert [row["day"] for row in rows(spec, "point", shape="diamond")] == [120]
    assert alt.LayerChart.from_dict(spec)
    json.dumps(spec, allow_nan=False)


def test_what_each_is_relative_to_is_told_where_it_is_pointed_at() -> None:
    spec = chart_spec(MIXED)
    told = {row["day"]: row["against"] for row in rows(spec, "point", shape="circle")}
    assert told == dict.fromkeys((30, 150), "the rest of the face") | dict.fromkeys(
        (60, 90), "the colour card"
    )
    for layer in spec["layer"]:
        if layer["mark"].get("shape") in ("circle", "diamond"):
            assert "Relative to" in [one["title"] for one in layer["encoding"]["tooltip"]]


def test_the_words_for_the_chart_name_both_references() -> None:
    assert describe(MIXED) == (
        "Redness, nose, relative to the rest of the face where not said: day 30 −1.0 ± 1.6 H, no measurable "
        "change; day 60 −2.5 ± 1.2 H, measurable decrease (relative to the colour card, apart); day 90 "
        "+0.5 ± 1.2 H, no measurable change (relative to the colour card, apart); day 120 not comparable; "
        "day 150 −3.0 ± 1.6 H, measurable decrease."
    )
    assert "(healing; relative to the colour card, apart)" in describe(MIXED, [55])


def test_one_reference_throughout_is_drawn_as_ever() -> None:
    alike = replace(MIXED, points=tuple(replace(point, reference="rest_of_face") for point in MIXED.points))
    spec = chart_spec(alike)
    assert rows(spec, "point", shape="circle", filled=False) == []
    assert [row["day"] for row in rows(spec, "line")] == [0, 30, 60, 90, 150]
    assert "relative to" not in spec["description"]


def test_the_content_says_it_point_by_point_and_is_valid() -> None:
    content = json.loads(json.dumps(content_of(mixed.history()), allow_nan=False))
    jsonschema.Draft202012Validator(schema()).validate(content)
    (trend,) = content["trends"]
    assert trend["reference"] == "rest_of_face"
    assert [p["day"] for p in trend["points"] if p["reference"] == "card"] == [mixed.ODD_DAY]
    assert mixed.ODD_DAY not in [point["day"] for point in trend["slope"]["line"]]
    assert MIXED_REFERENCES in trend["flags"]
    assert f"day {mixed.ODD_DAY} " in trend["text"]
    assert "(relative to the colour card, apart)" in trend["text"]


def test_the_schema_refuses_a_reference_that_is_no_name() -> None:
    content = content_of(mixed.history())
    for place in (content["trends"][0], content["trends"][0]["points"][0]):
        kept, place["reference"] = place["reference"], 3
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(content, schema())
        place["reference"] = kept


def test_a_report_without_the_odd_session_does_not_speak_of_it() -> None:
    history = mixed.history()
    chosen = [one.id for one in history.sessions[1:] if not one.taken_on.startswith("2026-04")]
    content = content_of(history, session_ids=chosen)
    assert content["trends"][0]["flags"] == ["rest_of_face"]
    assert MIXED_REFERENCES not in content["flags"]
    assert APART_KEY not in blocks(content)["chart_key"]


def test_the_pdf_draws_and_says_it() -> None:
    history = mixed.history()
    text = pdf_text(render_pdf(content_of(history)))
    for expected in (FLAGS[MIXED_REFERENCES].long, APART_KEY):
        assert squeeze(expected) in text, expected
    plain = factories.history(dates=mixed.DATES, refused=(), regions=("left_cheek",), metrics=("redness",))
    without = pdf_text(render_pdf(content_of(plain)))
    assert squeeze(FLAGS[MIXED_REFERENCES].long) not in without
    assert squeeze(APART_KEY) not in without


def test_print_and_screen_draw_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the PDF draws comes back from the stored content: no reference is lost on the way."""
    drawn: list[str] = []
    real = vl_convert.vegalite_to_svg
    monkeypatch.setattr(
        vl_convert, "vegalite_to_svg", lambda spec, **more: drawn.append(spec) or real(spec, **more)
    )
    history = mixed.history()
    render_pdf(content_of(history))
    (printed,) = drawn
    on_screen = chart_spec(history.trends[0])
    assert [row["day"] for row in rows(printed, "point", filled=False)] == [mixed.ODD_DAY]
    assert rows(printed, "line") == rows(on_screen, "line")
