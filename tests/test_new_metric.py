"""Adding a metric is one file: the example of the how-to, dropped in, appears everywhere by itself."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import jsonschema
import pytest

import analysis.metrics
from analysis import pipeline, relative, trend
from analysis.metrics import registry
from analysis.phantom.disturbance import Disturbance
from analysis.phantom.scene import Dose
from analysis.records import PhotoAnalysis, RegionPlan, SessionComparison, as_json
from benchmarks.derivation_noise import body_sd
from benchmarks.untreated_pairs import one_pair
from dermatrend.photo_commands import compare_files
from dermatrend.photo_files import PhotoFile
from dermatrend.reference import reference_page
from dermatrend.report import labels
from dermatrend.report.charts import chart_spec, progress_chart
from dermatrend.report.content import report_content, schema
from dermatrend.workers import CompareResult
from tests import factories
from tests.analysis.patches import change_of, compared, plan_of, shot
from tests.conftest import ROOT

NAME = "pigment_dark"
DAY = 60


@pytest.fixture
def dropped_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The registry with one file more. Nothing else of the program is touched."""
    page = (ROOT / "docs" / "how-to" / "add-a-metric.md").read_text("utf-8")
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert code
    (tmp_path / f"{NAME}.py").write_text(code[1], "utf-8")
    monkeypatch.setattr(analysis.metrics, "__path__", [*analysis.metrics.__path__, str(tmp_path)])
    yield
    sys.modules.pop(f"analysis.metrics.{NAME}", None)
    vars(analysis.metrics).pop(NAME, None)


@pytest.fixture
def noise_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `python -m benchmarks.derive --noise` writes for it."""
    measured = MappingProxyType({"body": 0.5})
    monkeypatch.setattr(relative, "PRIOR_SD", {**relative.PRIOR_SD, NAME: measured})


class ThisProcess:
    """Stands for the pool of workers, which are other processes and have other folders."""

    def analyse(self, data: bytes, plan: RegionPlan, card: None = None) -> PhotoAnalysis:
        return pipeline.analyse(data, finder=None, plan=plan)

    def compare(
        self,
        baseline: list[bytes],
        follow_up: list[bytes],
        plan: RegionPlan,
        own_noise: None = None,
        card: None = None,
    ) -> CompareResult:
        return CompareResult(pipeline.compare(baseline, follow_up, finder=None, plan=plan), {})


def browner() -> SessionComparison:
    return compared(shot(), shot(Dose(melanin=0.6), Disturbance(shift_mm=(0.4, 0.2)), 1))


def test_it_is_in_the_registry(dropped_in: None) -> None:
    assert registry()[NAME].label == "Darkest pigment"
    names = list(registry())
    assert names.index("pigment_uniformity") < names.index(NAME) < names.index("texture_pore")


def test_the_registry_forgets_it_again() -> None:
    assert NAME not in registry()


def test_its_noise_is_measured_with_that_of_the_others(dropped_in: None) -> None:
    found = one_pair((7_900_000, "III"), patch_mm=16.0)
    assert math.isfinite(found.findings[NAME].difference)
    assert body_sd([found] * 20)[NAME] == pytest.approx(abs(found.findings[NAME].difference), rel=0.05)


def test_it_is_in_the_json(dropped_in: None, noise_measured: None) -> None:
    before, after = shot().jpeg, shot(Dose(melanin=0.6), number=1).jpeg
    files = [
        PhotoFile(name, data, "2026-05-01") for name, data in (("before.jpg", before), ("after.jpg", after))
    ]
    outcome = compare_files(ThisProcess(), files[:1], [files[1:]], plan_of(shot()))  # type: ignore[arg-type]  # stands in
    document = json.loads(json.dumps(outcome.document, allow_nan=False))
    (change,) = [c for c in document["follow_ups"][0]["changes"] if c["metric"] == NAME]
    assert change["unit"] == "M"
    assert change["reference"] == "reference"
    assert change["verdict"] == "measurable_increase"
    assert change["mdc95"] > 0
    (alone,) = [
        m for m in document["baseline"]["photos"][0]["measurements"]
        if (m["metric"], m["region"]) == (NAME, "treated")
    ]  # fmt: skip
    assert alone["value"] is not None


def test_it_is_in_the_chart(dropped_in: None, noise_measured: None) -> None:
    (found,) = [t for t in trend.trends([(DAY, browner())]) if t.metric == NAME]
    assert found.points[0].verdict == "measurable_increase"
    spec = chart_spec(found)
    assert "Darkest pigment" in json.dumps(spec)
    drawn = [row for layer in spec["layer"] for row in layer["data"]["values"] if row.get("day") == DAY]
    assert any(row.get("value") == pytest.approx(found.points[0].difference) for row in drawn)
    assert progress_chart(found).to_dict()


def reported(comparison: SessionComparison) -> dict[str, Any]:
    """The report of a course with that one comparison, checked against its schema."""
    history = factories.history(dates=("2026-01-10", "2026-03-11"), refused=())
    content = report_content(
        history.person.label,
        history.course,
        history.sessions,
        [factories.Compared(history.sessions[1].id, comparison)],
        trend.trends([(DAY, comparison)]),
        software_version="0.1.0",
    )
    jsonschema.validate(content, schema())
    return content


def test_it_is_in_the_report(dropped_in: None, noise_measured: None) -> None:
    content = reported(browner())
    assert any(c["metric"] == NAME for item in content["comparisons"] for c in item["changes"])
    assert any(one["metric"] == NAME for one in content["trends"])
    said = json.dumps(content)
    assert "How dark the darkest tenth of the skin is beside its reference." in said
    assert labels.metric_label(NAME) == "Darkest pigment"
    assert "darkest pigment" in said.lower().replace("_", " ")


def test_it_is_in_the_docs_table(dropped_in: None) -> None:
    (row,) = [line for line in reference_page().splitlines() if line.startswith(f"| `{NAME}`")]
    assert "Darkest pigment" in row
    assert "1.2" in row
    assert f"`{NAME}`" not in (ROOT / "docs" / "reference.md").read_text("utf-8")


def test_until_its_noise_is_known_nothing_is_claimed(dropped_in: None) -> None:
    comparison = browner()
    change = change_of(comparison, NAME)
    assert change.verdict == "not_measurable"
    assert as_json(change)["mdc95"] is None
    (found,) = [t for t in trend.trends([(DAY, comparison)]) if t.metric == NAME]
    assert progress_chart(found).to_dict()
    assert any(one["metric"] == NAME for one in reported(comparison)["trends"])
