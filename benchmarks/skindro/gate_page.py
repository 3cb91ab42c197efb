"""The curves of the limits as a page with a figure: docs/validation/gates.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.skindro.curves import ENOUGH_BEYOND, FALSE_PAIRS, FEWEST_BEYOND, LEAD
from benchmarks.skindro.generator import TONES
from benchmarks.skindro.page import AXES, markdown_row

Check = Mapping[str, Any]

_MEASURED, _FALSE, _NOW = "#1f5f8b", "#a0522d", "#22262b"
SAYS = {
    "upheld": "upheld",
    "covered": "**covered** by the wider band alone",
    "idle": "**idle here**: what it refuses is as good as the rest",
    "too loose": "**too loose**: what passes with a warning is not good enough",
    "undecided": "undecided",
    "too few": f"fewer than {FEWEST_BEYOND} pairs beyond it",
    "not reached": "no pair beyond it",
}
"""What the pairs say of a limit -> in words."""
LEAD_UNITS = {"colour": "H", "texture": "%"}
MOST_P = 0.01
"""Below it the share refused is marked as different between tones."""


def write(document: Mapping[str, Any], folder: Path) -> None:
    """gates.md and gates.svg in `folder`."""
    import vl_convert

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "gates.svg").write_text(vl_convert.vegalite_to_svg(figure(document)) + "\n", "utf-8")
    (folder / "gates.md").write_text(text(document), "utf-8")


_INTRO = """\
# What the limits of the checks cost and catch

Written by `python -m benchmarks.gate_curves`; every figure is in `benchmarks/results/gates.json`.

{pairs} untreated pairs of synthetic skin, both generators, five tones, compared by checks that warn as ever
and refuse nothing (method {method_version}, {size} run). In half of them each of the things that can go wrong
is drawn at moderate or at severe by chance; in the other half all are moderate but one of the follow-up's,
which is drawn from severe to where hardly anything can be measured, so that limits are crossed.
{lost} could not be compared at all, most because they could not be laid onto each other, and are in no
curve. Then each limit
is moved by itself. A pair is **falsely changed** if any metric of the family was called measurably changed;
{accepted:.0%} of pairs are accepted. Nobody photographs like this: the rates here set pairs within a limit
against pairs beyond it, and are none of the [benchmark's](how-a-figure-is-made.md).

![Share still measured and share falsely changed, as each limit is moved](gates.svg)

Blue: share of pairs still measured. Brown: of those, the share falsely changed. Dashed: where the limit
stands.

## Does the curve support the limit?

**Spread**: SD of the change of {colour} (H) or {texture} (%). **Louder**: all differences of the family
beyond the limit over those within, each in units of its own SD, median of pairs. **Upheld**: false changes
beyond it are more than accepted, and either that (one-sided 95 % bound) or larger differences
(rank test, 5 %) are no chance. **Covered**: differences are larger beyond it, but the band that a warning
widens holds them. **Idle**: neither, with {enough} pairs or more beyond it. **Too loose**: false changes
among those that pass with a warning are more than accepted (the same bound). Of so many checks one may seem
louder by chance.
"""
_SILENT = """
Checks that did not see a pair beyond their limit say nothing here. A phantom has no second person, no other
camera, no retouching, and no block noise on nearly smooth skin: limits set from real pairs for such reasons
([decision](../decisions/0013-limits-from-real-pairs.md)) do not fall because they are idle here. Checks that
need a face (pose, perspective, direction of light, expression) are not made on drawn regions.

## Who is refused

How many pairs each check would refuse, by skin tone, and whether tones differ by more than chance
(chi-square, marked below p = {most_p:g}).
"""


def text(document: Mapping[str, Any]) -> str:
    """The page."""
    checks = document["checks"]
    reached = [check for check in checks if check["says"] != "not reached"]
    false = [f"{name} {k} of {n}" for name, (k, n) in document["false_by_metric"].items() if k]
    return "\n".join(
        [
            _INTRO.format(
                **document, lost=sum(document["not_registered"].values()), accepted=FALSE_PAIRS,
                enough=ENOUGH_BEYOND, **LEAD,
            ),
            *_table(
                ["check", "family", "warns, refuses", "seen", "no remark: false", "warned: false",
                 "within: spread",
                 "beyond: false", "spread", "louder", "p", "by it alone: false", "the curve says"],
                [_verdict(check) for check in checks],
            ),
            "",
            f"Falsely changed, by metric: {'; '.join(false) or 'none'}.",
            _SILENT.format(most_p=MOST_P),
            *_table(["check", "family", *TONES, "p", ""], [_tones(check) for check in reached]),
            "",
            f"Not compared at all: {_lost(document)}.",
            "",
            "## The curves in numbers",
            "",
            *_table(
                ["check", "family", "limit", "measured", "pairs", "falsely changed", "spread"],
                [row for check in reached for row in _steps(check)],
            ),
            "",
        ]
    )  # fmt: skip


def _verdict(check: Check) -> list[str]:
    within, beyond = check["within"], check["beyond"]
    return [
        f"`{check['check']}`", check["family"],
        f"{check['warn']:g}, {check['refuse']:g} {check['unit']}".strip(),
        f"{_number(check['best'])} to {_number(check['worst'])}", _share(check["unremarked"]),
        _share(check["warned"]), _number(within["spread"]), _share(beyond), _number(beyond["spread"]),
        _number(check["louder"]), _number(check["louder_p"]), _share(check["alone"]), SAYS[check["says"]],
    ]  # fmt: skip


def _tones(check: Check) -> list[str]:
    p = check["tones_differ_p"]
    shares = [
        f"{check['refused_by_tone'][tone]} of {n}" if n else "–" for tone, n in check["asked_by_tone"].items()
    ]
    return [
        f"`{check['check']}`", check["family"], *shares, _number(p),
        "**tones differ**" if p is not None and p < MOST_P else "",
    ]  # fmt: skip


def _steps(check: Check) -> list[list[str]]:
    return [
        [f"`{check['check']}`", check["family"],
         f"**{_number(step['limit'])}**" if step["now"] else _number(step["limit"]),
         f"{step['measured']:.0%}", str(step["pairs"]), _share(step),
         "–" if step["spread"] is None else f"{step['spread']:.3g} {LEAD_UNITS[check['family']]}"]
        for step in check["curve"]
    ]  # fmt: skip


def _lost(document: Mapping[str, Any]) -> str:
    lost, asked = document["not_registered"], document["by_tone"]
    return ", ".join(f"{tone}: {lost[tone]} of {n}" for tone, n in asked.items())


def _share(group: Mapping[str, Any]) -> str:
    return f"{group['false']} of {group['pairs']}" if group["pairs"] else "–"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [markdown_row(head), markdown_row(["---"] * len(head)), *map(markdown_row, rows)]


def figure(document: Mapping[str, Any]) -> dict[str, Any]:
    """Vega-Lite: one panel a check that refuses some pairs, share against where its limit is put."""
    rows: list[dict[str, Any]] = []
    for check in document["checks"]:
        if not check["beyond"]["pairs"]:
            continue
        place = f"{check['check']}, {check['family']}"
        for step in check["curve"]:
            common = {"check": place, "limit": step["limit"], "now": check["refuse"]}
            rows.append({**common, "what": "still measured", "share": 100 * step["measured"]})
            if step["pairs"]:
                false = 100 * step["false"] / step["pairs"]
                rows.append({**common, "what": "falsely changed", "share": false})
    x = {"field": "limit", "type": "quantitative", "title": "limit", "scale": {"zero": False}}
    share = {"field": "share", "type": "quantitative", "title": "% of pairs", "scale": {"domain": [0, 100]}}
    colour = {
        "field": "what", "type": "nominal", "title": None,
        "scale": {"domain": ["still measured", "falsely changed"], "range": [_MEASURED, _FALSE]},
    }  # fmt: skip
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"values": rows},
        "facet": {"field": "check", "type": "nominal", "title": None, "columns": 3},
        "columns": 3,
        "spec": {
            "width": 170,
            "height": 110,
            "layer": [
                {"mark": {"type": "rule", "color": _NOW, "strokeDash": [3, 3]},
                 "encoding": {"x": {"field": "now", "type": "quantitative", "aggregate": "max"}}},
                {"mark": {"type": "line", "interpolate": "linear", "point": True},
                 "encoding": {"x": x, "y": share, "color": colour}},
            ],
        },
        "resolve": {"scale": {"x": "independent"}},
        "config": AXES,
    }  # fmt: skip
