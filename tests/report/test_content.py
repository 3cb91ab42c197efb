"""report.json: complete, valid against its schema, repeatable, and honest about what it leaves out."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from analysis.flags import FLAGS
from analysis.quality import LIMITS
from analysis.records import CaptureFacts
from analysis.trend import trends
from dermatrend.records import days_between
from dermatrend.report import labels
from dermatrend.report.content import RepeatShots, report_content, report_json, schema
from dermatrend.report.session_content import CAPTURE_FACTS
from tests import factories

NEVER = ("diagnosis", "severity", "normal", "abnormal", "healed", "cured", "skin age", "percentile", "score")


def make(history: factories.History | None = None, **options: Any) -> dict[str, Any]:
    h = history or factories.history()
    return report_content(
        h.person.label,
        h.course,
        h.sessions,
        h.comparisons,
        h.trends,
        software_version="0.1.0",
        analyses=h.analyses,
        **options,
    )


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def summary(content: dict[str, Any], kind: str) -> list[str]:
    return [one["text"] for one in content["summary"] if one["kind"] == kind]


@pytest.mark.parametrize(
    "history",
    [
        factories.history(),
        factories.history(dates=("2026-01-10",)),
        factories.history(dates=("2026-01-10", "2026-03-01"), refused=("2026-03-01",)),
        factories.history(treated_on=(), regions=("treated", "reference"), metrics=("redness",)),
    ],
    ids=["course", "baseline only", "all refused", "drawn regions"],
)
def test_content_is_valid(history: factories.History) -> None:
    rules = schema()
    jsonschema.Draft202012Validator.check_schema(rules)
    stored = json.loads(report_json(make(history)))
    jsonschema.Draft202012Validator(rules).validate(stored)
    assert stored["$schema"] == rules["$id"]
    assert stored["wording"] == labels.WORDING


def test_what_was_read_of_a_card_is_there_and_valid() -> None:
    history = factories.history()
    photo_id = history.sessions[1].photos[0].id
    reading = factories.card_reading()
    analyses = {**history.analyses, photo_id: replace(history.analyses[photo_id], card=reading)}
    content = make(replace(history, analyses=analyses))
    jsonschema.validate(content, schema())
    (found,) = (photo["card"] for one in content["sessions"] for photo in one["photos"] if photo["card"])
    assert (found["kind"], found["clipped_patches"]) == ("colorchecker", 0)
    assert found["corners"] == reading.corners.tolist()


def test_schema_refuses_what_is_not_on_the_list_of_capture_facts() -> None:
    stored = json.loads(report_json(make()))
    stored["sessions"][0]["photos"][0]["facts"]["gps"] = "48.1, 11.5"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema()).validate(stored)


def long_course() -> factories.History:
    """Six follow-ups a month apart, on a course that goes on."""
    dates = ("2026-01-10", *(f"2026-0{month}-10" for month in range(2, 8)))
    made = factories.history(dates=dates, refused=(), regions=("left_cheek",), metrics=("redness",))
    days = [days_between(dates[0], day) for day in dates[1:]]
    found = [(day, item.comparison) for day, item in zip(days, made.comparisons, strict=True)]
    return replace(made, trends=trends(found))


def test_a_slope_is_told_with_its_interval() -> None:
    history = long_course()
    content = json.loads(report_json(make(history)))
    jsonschema.Draft202012Validator(schema()).validate(content)
    (trend,) = content["trends"]
    slope = history.trends[0].slope
    assert slope is not None
    assert trend["slope"]["per_30_days"] == slope.per_30_days < 0
    assert trend["slope"]["ci95"] == list(slope.ci95)
    decimals = 1 if max(abs(end) for end in slope.ci95) >= 0.95 else 2
    told = labels.number(slope.per_30_days, "H", decimals=decimals)
    assert f"Over 6 sessions: {told} per 30 days" in trend["text"]
    assert all(one["slope"] is None for one in make()["trends"])


def test_repeat_shots_are_named_where_the_band_is_explained() -> None:
    ids = tuple(factories.sha(f"repeat {n}") for n in range(4))
    content = make(studies=[RepeatShots("2026-01-09", ids), RepeatShots(None, ids[:3])])
    jsonschema.Draft202012Validator(schema()).validate(json.loads(report_json(content)))
    assert content["repeatability"][0] == {"taken_on": "2026-01-09", "shots": 4, "photo_ids": list(ids)}
    assert any("4 shots of 2026-01-09 and 3 shots" in text for text in content["how_the_band_was_made"])
    assert any("80 % of cases is 1.40 times" in text for text in content["how_the_band_was_made"])
    assert not any("Repeat shots" in text for text in make()["how_the_band_was_made"])


def test_every_capture_fact_is_one_the_decoder_may_read() -> None:
    assert set(CAPTURE_FACTS) <= set(CaptureFacts.__dataclass_fields__)


def test_same_inputs_same_bytes() -> None:
    assert report_json(make()) == report_json(make())


def test_wording_is_the_shipped_sentence() -> None:
    assert labels.WORDING == (
        "Measures colour and texture in photographs you supply, for record-keeping and cosmetic appearance "
        "tracking. Not intended to diagnose, monitor, treat, predict or prevent disease, or to guide "
        "treatment. Differences inside the stated band are not changes."
    )


def test_not_measured_is_null_never_zero() -> None:
    content = json.loads(report_json(make()))
    refused = next(item for item in content["comparisons"] if not item["comparable"])
    for change in refused["changes"]:
        assert change["difference"] is None
        assert change["ci95"] == [None, None]
        assert change["text"] == "–"
        assert change["flags"]


def test_numbers_are_those_of_the_comparison() -> None:
    history = factories.history()
    content = make(history)
    for made, given in zip(content["comparisons"], history.comparisons, strict=True):
        expected = {(one.metric, one.region): one for one in given.comparison.changes}
        assert len(made["changes"]) == len(expected)
        for one in made["changes"]:
            change = expected[one["metric"], one["region"]]
            if math.isfinite(change.difference):
                assert one["difference"] == change.difference
                assert one["mdc95"] == change.mdc95
            assert one["verdict"] == change.verdict


def test_summary_gives_each_change_with_band_verdict_and_reference() -> None:
    found = summary(make(), "change")
    assert (
        "Redness, left cheek: −4.5 ± 2.2 H, a measurable decrease relative to the rest of the face." in found
    )
    assert all(re.search(r"[−+][\d.]+ ± [\d.]+ ", text) for text in found)


def test_summary_says_when_nothing_changed() -> None:
    history = factories.history(
        dates=("2026-01-10", "2026-03-01"), refused=(), regions=("forehead",), metrics=("redness",)
    )
    assert summary(make(history), "change") == []
    assert summary(make(history), "none") == ["The one value compared shows no measurable change."]


def test_summary_speaks_of_the_latest_session_outside_healing() -> None:
    history = factories.history(dates=("2026-01-10", "2026-03-10", "2026-03-12"), treated_on=("2026-03-10",))
    assert "2026-03-10" in summary(make(history), "intro")[0].split("What follows")[1]
    assert summary(make(history), "note")[-1].startswith("Day 61: taken during healing")


def test_a_refused_session_is_named_with_value_limit_and_advice() -> None:
    content = make()
    checks = [one for one in content["left_out"] if one["kind"] == "check"]
    assert {one["taken_on"] for one in checks} == {"2026-03-20"}
    assert all(one["value"] > one["limit"] and one["advice"] for one in checks)
    whole = [one for one in content["left_out"] if one["kind"] == "session"]
    assert len(whole) == 1
    assert "Light asymmetry" in whole[0]["reason"]


def test_a_refused_family_is_named_once_for_all_its_metrics() -> None:
    base, later = factories.session("2026-01-10"), factories.session("2026-04-20")
    item = factories.Compared(later.id, factories.comparison(base, later, refused=("blur",)))
    content = report_content("A", factories.course(), [base, later], [item], software_version="0.1.0")
    metrics = [one for one in content["left_out"] if one["kind"] == "metric"]
    assert [one["what"] for one in metrics] == ["Fine texture, Medium texture, Coarse texture: all regions"]
    assert metrics[0]["reason"] == "Not comparable: photo quality."


def test_what_was_not_chosen_is_said() -> None:
    history = factories.history()
    content = make(history, session_ids=[history.sessions[-1].id], regions=["nose"], metrics=["redness"])
    assert [one["day"] for one in content["comparisons"]] == [150]
    assert {(one["metric"], one["region"]) for one in content["trends"]} == {("redness", "nose")}
    assert [point["day"] for point in content["trends"][0]["points"]] == [150]
    assert content["selection"]["sessions_not_shown"] == ["2026-01-11", "2026-02-15", "2026-03-20"]
    assert len([one for one in content["left_out"] if one["kind"] == "choice"]) == 3


def test_a_session_that_was_never_compared_is_said() -> None:
    history = factories.history()
    content = make(replace(history, comparisons=history.comparisons[:-1]))
    assert [one["taken_on"] for one in content["left_out"] if "not compared" in one["reason"]] == [
        "2026-06-09"
    ]


def test_photos_of_a_treatment_day_were_taken_before_it() -> None:
    content = make()
    by_date = {one["taken_on"]: one for one in content["sessions"]}
    assert by_date["2026-01-10"]["days_since_treatment"] is None
    assert by_date["2026-02-15"]["days_since_treatment"] == 36
    assert by_date["2026-06-09"]["days_since_treatment"] == 114


def test_flags_are_printed_from_the_one_table() -> None:
    content = make()
    assert content["flags"]["rest_of_face"] == FLAGS["rest_of_face"]._asdict()


def test_file_names_and_paths_stay_out() -> None:
    assert "IMG_0000" not in report_json(make()).decode()


def test_every_check_has_a_name_for_people() -> None:
    assert set(labels.GATES) == {name for name, _ in LIMITS}


def test_no_claims_in_any_text() -> None:
    for text in [*texts(make()), *(" ".join(one) for one in FLAGS.values()), *labels.GATES.values()]:
        for word in NEVER:
            assert not re.search(rf"\b{word}\b", text, re.IGNORECASE), (word, text)
        assert not re.search(r"improved by", text, re.IGNORECASE), text


def test_a_report_needs_a_session_and_a_known_language() -> None:
    with pytest.raises(ValueError, match="baseline session"):
        report_content("A", factories.course(), [], [], software_version="0.1.0")
    with pytest.raises(ValueError, match="can be written in: en"):
        make(language="xx")


@pytest.mark.parametrize("metric", factories.METRICS)
def test_every_metric_has_words_for_people(metric: str) -> None:
    definition = make()["labels"]["metrics"][metric]
    assert definition["label"] != metric
    assert definition["summary"].endswith(".")
    assert definition["unit"]
