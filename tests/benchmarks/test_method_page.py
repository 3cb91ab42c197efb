"""docs/method.md holds no typed figure: constants are the program's, results those of the committed run."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from typing import Any

import pytest

from analysis.constants import PRIOR_SD, WEIGHTS
from analysis.phantom.scene import Dose
from analysis.quality import LIMITS
from analysis.records import METHOD_VERSION, Parameters
from benchmarks import method_page, method_tables
from benchmarks.skindro.dosing import AXES, MAIN
from benchmarks.skindro.generator import TONES
from benchmarks.skindro.nuisances import NUISANCES
from benchmarks.skindro.records import METRICS, Observation
from benchmarks.skindro.table import as_plain, results_of
from tests.benchmarks.test_rows import pair

TEMPLATE = (method_page.DOCS / method_page.TEMPLATE).read_text("utf-8")
TOKENS = re.findall(r"\{\{\s*(\w+)\s+(.+?)\s*\}\}", TEMPLATE)
NAMED = [argument for kind, argument in TOKENS if kind in ("result", "share")]


def everything() -> list[Observation]:
    """A made-up observation of every kind that the page speaks of, for both generators and every tone."""
    out: list[Observation] = []
    for generator in ("G1", "G2"):
        for tone in TONES:
            where: dict[str, Any] = {"generator": generator, "tone": tone}
            naive = dict.fromkeys(
                ("EI", "a* patch", "ITA", "L*", "variance of Laplacian", "raw difference"), 1.0
            )
            out += [pair("zero", d, naive=naive, **where) for d in (1.0, -1.0, 1.0, -1.0, 0.0)]
            out += [pair("repeat", d, **where) for d in (0.1, -0.1, 0.1, -0.1)]
            out.append(pair("zero", math.nan, mode="C", **where))
            truth = dict.fromkeys(METRICS, -3.0)
            out += [pair("power", -3.0, truth=truth, label="+".join(METRICS), level=level, **where)
                    for level in ("limit", "stated")]  # fmt: skip
            for axis, amounts in AXES.items():
                for amount in amounts:
                    dose = replace(Dose(), **{axis: amount})
                    out.append(pair("grid", -4 * amount, dose=dose, label=axis, **where))
                    if MAIN.get(axis) == amount:
                        out.append(pair("dosed", -4.0, dose=dose, label=axis, naive=naive, **where))
            states = {"colour": "warn", "texture": "ok"}
            for name in NUISANCES:
                for level in ("mild", "severe"):
                    out.append(pair("nuisance", 0.0, label=name, level=level, states=states, **where))
            extra = {"median_mm": 0.05, "p95_mm": 0.1, "consistent": 1.0, "start_median_mm": 0.3}
            out.append(pair("registration", math.nan, extra=extra, **where))
    return out


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    size = {"name": "made-up", "zero": 5}
    return {"size": size, "method_version": METHOD_VERSION, "results": as_plain(results_of(everything()))}


def test_the_committed_page_is_what_the_template_gives() -> None:
    page = (method_page.DOCS / method_page.PAGE).read_text("utf-8")
    assert page == method_page.render(TEMPLATE, *method_page.committed()), (
        "docs/method.md is old; run: python -m benchmarks.method_page"
    )


def test_no_figure_is_typed_into_the_template() -> None:
    assert method_page.literals(TEMPLATE) == []


@pytest.mark.parametrize(
    ("line", "typed"),
    [
        ("It was found in 93 of 100 pairs.", True),
        ("A band of 2.2 H.", True),
        ("Found in `93 %` of pairs.", True),
        ("Found in $0.93 = 93\\%$ of pairs.", True),
        ("`H2` is $\\log_{10}$, see [Sen 1968](https://doi.org/10.1080/1).", False),
        ("A smoothing of {{value bands:SMOOTHING_MM}} mm.", False),
        ("{{share false changes of redness | both | I-IV | B}} of pairs", False),
    ],
)
def test_the_rule_catches_a_typed_figure(line: str, typed: bool) -> None:
    assert bool(method_page.literals(f"# Title\n\n{line}\n")) is typed


def test_a_figure_in_a_block_of_code_is_caught_by_its_percent() -> None:
    assert method_page.literals("Text\n\n```\nfound = 93 %\n```\n") != []


@pytest.mark.parametrize("argument", sorted(set(NAMED)))
def test_every_figure_named_is_one_that_the_benchmark_gives(argument: str, document: dict[str, Any]) -> None:
    """A name with a slip in it would read "not measured" for ever."""
    text = method_page.render(f"{{{{result {argument}}}}}", document)
    assert text != method_tables.NOT_MEASURED


def test_every_cell_of_the_tables_is_one_that_the_benchmark_gives(document: dict[str, Any]) -> None:
    for name in ("ratios", "false", "crossed", "others"):
        assert method_tables.NOT_MEASURED not in method_tables.block(name, document), name


def test_without_a_run_the_page_says_so() -> None:
    page = method_page.render(TEMPLATE, None)
    assert page.count(method_tables.NOT_MEASURED) >= len(NAMED)
    assert "{{" not in page


def test_a_figure_of_the_run_is_the_one_printed(document: dict[str, Any]) -> None:
    lines = json.loads(json.dumps(document))
    token = "{{share false changes of redness | both | I-IV | B}}"
    for line in lines["results"]:
        if (line["test"], line["tone"]) == ("false changes of redness", "I-IV"):
            line["value"] = 0.0417
    assert method_page.render(token, lines) == "4.2%"
    assert method_page.render(token.replace("share", "result"), lines) == "0.0417"


def test_a_test_is_not_taken_for_another_that_begins_alike(document: dict[str, Any]) -> None:
    rows = [line for line in document["results"] if line["test"].startswith("false changes of redness")]
    assert len({line["test"] for line in rows}) == 2
    for line in rows:
        line["value"] = 0.1 if line["test"].endswith("redness") else 0.9
    assert method_page.render("{{result false changes of redness | both | I-IV | B}}", document) == "0.1"


def test_checks_that_refuse_tones_unequally_are_named() -> None:
    refused = {"I-II": 1, "VI": 15}
    check = {"check": "colour_cast", "family": "colour", "refused_by_tone": refused}
    check |= {"asked_by_tone": dict.fromkeys(refused, 20), "tones_differ_p": 0.001}
    fair = check | {"check": "blur", "tones_differ_p": 0.5}
    named = method_tables.block("refusals", None, {"checks": [check, fair]})
    assert named == "`colour_cast` (colour) I-II 5%, VI 75%"
    assert method_tables.block("refusals", None, {"checks": [fair]}).startswith("none")


def test_what_fails_is_listed_and_marked(document: dict[str, Any]) -> None:
    failing = [line for line in document["results"] if line["passed"] is False]
    assert failing
    listed = method_tables.block("failures", document)
    assert all(f"- {line['test']}: " in listed for line in failing)


def test_constants_are_those_of_the_program() -> None:
    page = method_page.render(TEMPLATE, None)
    assert f"{WEIGHTS['haemoglobin'][0]:g} OD_R + {WEIGHTS['haemoglobin'][1]:g} OD_G" in page
    assert f"at most\n  {Parameters().max_px_per_mm:g}, and never enlarged" in page
    assert f"| `texture_pore` | % | {PRIOR_SD['texture_pore']['body']:g} |" in page
    for name, family in LIMITS:
        assert f"| `{name}` | {family} |" in page


def test_a_constant_is_found_by_its_path() -> None:
    assert method_page.constant("quality:LIMITS.jpeg_quality/texture.refuse") == -80
    assert method_page.render("{{size quality:LIMITS.jpeg_quality/texture.refuse}}", None) == "80"
    assert method_page.render("{{percent records:Parameters.false_change_rate}}", None) == "5 %"
    assert method_page.constant("constants:TONE_LIMITS_DEG.1") == 32.5


@pytest.mark.parametrize(
    "token",
    ["{{value bands:NOTHING}}", "{{value quality:LIMITS.camera/colour.refuse}}", "{{block nothing}}",
     "{{number bands:SMOOTHING_MM}}", "{{value bands:MaskedBlur}}"],
)  # fmt: skip
def test_a_token_that_names_nothing_is_an_error(token: str) -> None:
    with pytest.raises(ValueError, match=r"no such number|unknown"):
        method_page.render(token, None)
