"""The result as a page with figures: docs/validation, from the same document as the JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from benchmarks.skindro.generator import TONES

_INK, _QUIET, _LINE = "#22262b", "#626a73", "#d9d6cf"
_OURS, _NAIVE = "#1f5f8b", "#a0522d"
AXES: dict[str, Any] = {
    "background": "white",
    "view": {"stroke": None},
    "axis": {"labelColor": _QUIET, "titleColor": _QUIET, "gridColor": _LINE, "domainColor": _LINE},
    "header": {"labelColor": _INK},
}
"""How the figures of these pages look."""
_MARK = {True: "pass", False: "**fails**", None: ""}


def write(document: Mapping[str, Any], folder: Path) -> None:
    """README.md and two SVG figures in `folder`."""
    import vl_convert

    folder.mkdir(parents=True, exist_ok=True)
    results = document["results"]
    for name, spec in (
        ("invariance-ratio", ratio_figure(results)), ("false-changes", false_figure(results)),
    ):  # fmt: skip
        (folder / f"{name}.svg").write_text(vl_convert.vegalite_to_svg(spec) + "\n", "utf-8")
    (folder / "README.md").write_text(text(document), "utf-8")


def text(document: Mapping[str, Any]) -> str:
    """The page: what was run, every row, also those that fail."""
    size, results = document["size"], document["results"]
    judged = [line for line in results if line["passed"] is not None]
    passed = sum(line["passed"] for line in judged)
    lines = [
        "# Validation: SkinDRO-1",
        "",
        "Synthetic skin with known truth, disturbed as photography disturbs it, through the same pipeline as",
        "any photo. Written by `dermatrend validate`; every figure is in `benchmarks/results/skindro1.json`.",
        "",
        f"This is the {size['name']} run: {size['zero']} untreated pairs per tone in each of two generators,",
        f"{size['zero_c']} of them judged in mode C as well, and {size['zero_a']} in mode A in G1 alone;",
        f"method {document['method_version']}. **{passed} of {len(judged)} figures pass**; the others stand",
        "between them. G1 is the phantom the constants are derived on; G2 has other optics, camera, light",
        "and texture, and no constant is derived on it. Mode A: a colour card beside the skin, in pictures",
        "of their own; G2 has none. Mode B: same camera, a reference drawn. Mode C: the pictures of mode B",
        "without the reference.",
        "",
        "![Response over noise beside simpler programs](invariance-ratio.svg)",
        "",
        "![Share of untreated pairs called changed](false-changes.svg)",
        "",
        "[How a figure is made](how-a-figure-is-made.md),",
        "[what the limits of the checks cost and catch](gates.md),",
        "[checks that only warn, and what no check sees](warnings.md)",
        "",
    ]
    for (row, test), group in groupby(results, key=lambda line: (line["row"], line["test"])):
        lines += [f"## {row}: {test}", "", *_rows(list(group)), ""]
    return "\n".join(lines)


def _rows(group: Sequence[Mapping[str, Any]]) -> list[str]:
    if not any(line["generator"] for line in group) and all(line["value"] is None for line in group):
        return [line["note"] for line in group]
    head = ["generator", "tone", "mode", "figure", "needed", "", "pairs", "without a number", "mdc95"]
    naive = list(group[0]["naive"])
    head += [*naive, "remark"]
    out = [markdown_row(head), markdown_row(["---"] * len(head))]
    for line in group:
        counts = line["counts"]
        cells = [line["generator"], line["tone"], line["mode"], _number(line["value"]), line["needed"],
                 _MARK[line["passed"]], counts["measured"], counts["refused"], _number(counts["mdc95"]),
                 *(_number(line["naive"].get(name)) for name in naive), line["note"]]  # fmt: skip
        out.append(markdown_row(cells))
    return out


def markdown_row(cells: Sequence[object]) -> str:
    """One row of a Markdown table."""
    return "| " + " | ".join(str(cell).replace("|", "/") for cell in cells) + " |"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def ratio_figure(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Vega-Lite: our invariance ratio and the best naive program's, by tone, on a log axis."""
    points = []
    for line in results:
        if not line["test"].startswith("invariance ratio of ") or line["value"] is None:
            continue
        metric = line["test"].removeprefix("invariance ratio of ").split(",")[0]
        where = {"metric": metric, "tone": line["tone"], "generator": line["generator"]}
        best = max((value for value in line["naive"].values() if value), default=None)
        for who, value in (("Dermatrend", line["value"]), ("best naive program", best)):
            if value is not None and value > 0:
                points.append({**where, "who": who, "ratio": value})
    return _figure(points, "ratio", "response / SD at zero change", "log", "who",
                   {"domain": ["Dermatrend", "best naive program"], "range": [_OURS, _NAIVE]})  # fmt: skip


def false_figure(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Vega-Lite: share of untreated pairs called changed, by endpoint."""
    points = [
        {"metric": line["test"].removeprefix("false changes of "), "tone": line["tone"],
         "generator": line["generator"], "share": 100 * line["value"], "asked": "at most 5 %"}
        for line in results
        if line["test"].startswith("false changes of ") and line["mode"] == "B" and line["value"] is not None
        and line["tone"] in ("I-IV", "V", "VI") and line["generator"] != "both"
    ]  # fmt: skip
    return _figure(points, "share", "untreated pairs called changed (%)", "linear", "asked",
                   {"domain": ["at most 5 %"], "range": [_OURS]})  # fmt: skip


def _figure(
    points: Sequence[Mapping[str, Any]], field: str, title: str, scale: str, colour: str, colours: Any
) -> dict[str, Any]:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"values": list(points)},
        "mark": {"type": "point", "filled": True, "size": 55},
        "width": 110,
        "height": 130,
        "encoding": {
            "column": {"field": "metric", "type": "nominal", "title": None},
            "x": {"field": "tone", "type": "ordinal", "sort": [*TONES, "I-IV"], "title": "tone"},
            "y": {"field": field, "type": "quantitative", "scale": {"type": scale}, "title": title},
            "color": {"field": colour, "type": "nominal", "scale": colours, "title": None},
            "shape": {"field": "generator", "type": "nominal", "title": None},
        },
        "config": AXES,
    }
