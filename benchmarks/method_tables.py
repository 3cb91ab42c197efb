"""Tables and lists of the method page: from the constants, and from the committed run of SkinDRO-1."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from analysis.bands import TEXTURE_BANDS_MM
from analysis.constants import (
    DETECTION_FACTOR,
    LEAK,
    PRIOR_SD,
    PROVENANCE,
    RESPONSE_GAIN,
    TONE_FACTOR,
    TONE_LIMITS_DEG,
    WEIGHTS,
)
from analysis.metrics import registry
from analysis.records import METHOD_VERSION
from benchmarks.skindro.dosing import MAIN, POWER_AT
from benchmarks.skindro.gate_page import MOST_P
from benchmarks.skindro.generator import TONES
from benchmarks.skindro.page import markdown_row
from benchmarks.skindro.rows.sensitivity import dose_text
from benchmarks.skindro.rows.verdicts import CROSSED
from dermatrend import reference

NOT_MEASURED = "not measured in this run"
Document = Mapping[str, Any] | None
Line = Mapping[str, Any]

RATIOS = ("redness", "pigment", "texture_pore", "texture_medium", "texture_coarse")
TONE_GROUPS = ("I-IV", "V", "VI")
ENDPOINTS = tuple(registry())


def figure(document: Document, test: str, generator: str, tone: str, mode: str, *, as_share: bool) -> str:
    """One figure of the run, by what names its line; the test may be the beginning of its name."""
    line = _line(document, test, generator, tone, mode)
    if line is None or line["value"] is None:
        return NOT_MEASURED
    return f"{line['value']:.1%}" if as_share else f"{line['value']:.3g}"


def block(name: str, document: Document, curves: Document = None) -> str:
    """The block of this name, from the run of SkinDRO-1 and the curves of the limits.

    Raises:
        ValueError: there is none.
    """
    if name in _CONSTANT:
        return _CONSTANT[name]()
    if name in _RESULT:
        return _RESULT[name](document) if document else f"SkinDRO-1: {NOT_MEASURED}."
    if name == "refusals":
        return _refusals(curves) if curves else f"refusals by tone: {NOT_MEASURED}"
    raise ValueError(f"unknown block: {name!r}")


def _line(document: Document, test: str, generator: str, tone: str, mode: str) -> Line | None:
    for line in document["results"] if document else ():
        where = (line["generator"], line["tone"], line["mode"])
        if where == (generator, tone, mode) and (line["test"] == test or line["test"].startswith(f"{test},")):
            return line
    return None


def _weights() -> str:
    rows = {"H": "haemoglobin", "M": "melanin", "S": "shading"}
    return "\n".join(["```", *(f"{symbol} = {_sum(WEIGHTS[name])}" for symbol, name in rows.items()), "```"])


def _sum(weights: Sequence[float]) -> str:
    first, *rest = zip(weights, "RGB", strict=True)
    terms = [f"{'-' if weight < 0 else '+'} {abs(weight):g} OD_{channel}" for weight, channel in rest]
    return " ".join([f"{first[0]:g} OD_{first[1]}", *terms])


def _bands() -> str:
    needs = {name: registry()[f"texture_{name}"] for name in TEXTURE_BANDS_MM}
    rows = [
        [f"`{needs[name].name}`", f"{inner:g} mm", f"{outer:g} mm", f"{needs[name].needs_px_per_mm:g} px/mm"]
        for name, (inner, outer) in TEXTURE_BANDS_MM.items()
    ]
    return _table(["metric", "finer Gaussian, sigma", "coarser Gaussian, sigma", "needs"], rows)


def _metrics() -> str:
    rows = [
        [f"`{m.name}`", m.summary, m.unit, reference.BETTER[m.better], "yes" if m.relative else "no",
         f"{m.needs_px_per_mm:g} px/mm"]
        for m in registry().values()
    ]  # fmt: skip
    return _table(["metric", "what", "unit", "better", "against a reference", "needs"], rows)


def _priors() -> str:
    places = list(dict.fromkeys(place for table in PRIOR_SD.values() for place in table))
    rows = [
        [f"`{name}`", registry()[name].unit, *(f"{table[p]:g}" if p in table else "–" for p in places)]
        for name, table in PRIOR_SD.items()
    ]
    return _table(["metric", "unit", *(place.replace("_", " + ") for place in places)], rows)


def _tone_factors() -> str:
    rows = [[f"`{name}`", *(f"{value:g}" for value in values)] for name, values in TONE_FACTOR.items()]
    return _table(["prior times", *TONES], rows)


def _leak() -> str:
    titles = {
        "redness": "H per M, when only melanin changes",
        "pigment": "M per H, when only blood changes",
        "pigment_by_red": "pigment read from red, per H, when only blood changes",
        "redness_by_red": "H per unit of pigment read from red, when only melanin changes",
        "texture_pore": "fine texture in % per H, when only blood changes",
        "texture_medium": "medium texture in % per H, when only blood changes",
        "texture_coarse": "coarse texture in % per H, when only blood changes",
    }
    rows = [[titles.get(name, name), *(f"{value:g}" for value in values)] for name, values in LEAK.items()]
    return _table(["leak", *TONES], rows)


def _gains() -> str:
    rows = [
        [
            f"`{name}`",
            f"{low:g}",
            f"{high:g}",
            f"{DETECTION_FACTOR[name]:g}" if name in DETECTION_FACTOR else "–",
        ]
        for name, (low, high) in RESPONSE_GAIN.items()
    ]
    return _table(["metric", "least (g)", "most (G)", "found from (f)"], rows)


def _tones() -> str:
    edges = [None, *TONE_LIMITS_DEG, None]
    names = []
    for (high, low), tone in zip(pairwise(edges), TONES, strict=True):
        if high is None:
            names.append(f"{tone}: above {low:g}")
        else:
            names.append(f"{tone}: below {high:g}" if low is None else f"{tone}: {low:g} to {high:g}")
    return "; ".join(names)


def _provenance() -> str:
    titles = {
        "weights": "Weights",
        "noise": "Noise",
        "card_noise": "Noise with a card",
        "response": "Response",
    }
    return "\n".join(f"- {titles.get(name, name)}: {how}." for name, how in PROVENANCE.items())


def _run(document: Mapping[str, Any]) -> str:
    size, results = document["size"], document["results"]
    judged = [line for line in results if line["passed"] is not None]
    passed = sum(line["passed"] for line in judged)
    version = document["method_version"]
    old = (
        "" if version == METHOD_VERSION else f" The program is at {METHOD_VERSION}: these figures are older."
    )
    return (
        f"The {size['name']} run, method {version}: {size['zero']} untreated pairs per tone in each of two "
        f"generators. {passed} of {len(judged)} figures pass.{old}"
    )


def _ratios(document: Mapping[str, Any]) -> str:
    rows = []
    for generator in ("G2", "G1"):
        for mode in ("B", "A"):
            for metric in RATIOS:
                lines = [
                    _line(document, f"invariance ratio of {metric}", generator, tone, mode) for tone in TONES
                ]
                if any(lines) or mode == "B":
                    rows.append([f"`{metric}`", generator, mode, *map(_ratio, lines)])
    return _table(["metric", "generator", "mode", *TONES], rows)


def _ratio(line: Line | None) -> str:
    if line is None or line["value"] is None:
        return NOT_MEASURED
    best = max((value for value in line["naive"].values() if value is not None), default=None)
    return f"{line['value']:.2g}{_failed(line)}" + ("" if best is None else f" ({best:.2g})")


def _false(document: Mapping[str, Any]) -> str:
    tests = [*(f"false changes of {metric}" for metric in ENDPOINTS), "false change of any metric in a pair"]
    rows = []
    for test in tests:
        lines = [_line(document, test, "both", tones, "B") for tones in TONE_GROUPS]
        rows.append(
            [test.replace("false changes of ", "").replace("false change of ", ""), *map(_rate, lines)]
        )
    return _table(["untreated pairs called changed", *TONE_GROUPS], rows)


def _crossed(document: Mapping[str, Any]) -> str:
    rows = []
    for axis, metric in CROSSED:
        test = f"{metric} said to change where only {axis} was dosed"
        for generator in ("G2", "G1"):
            lines = [_line(document, test, generator, tones, "B") for tones in TONE_GROUPS]
            rows.append([test, generator, *map(_rate, lines)])
    return _table(["found, and not done", "generator", *TONE_GROUPS], rows)


def _rate(line: Line | None) -> str:
    if line is None or line["value"] is None:
        return NOT_MEASURED
    return f"{line['note']}{_failed(line)}"


def _others(document: Mapping[str, Any]) -> str:
    wanted = [
        *((f"composite pairs measured, {metric}", f"`{metric}`: pairs that got a number")
          for metric in ("redness", "pigment", "texture_medium")),
        *((f"repeatability of {metric}", f"`{metric}`: SD when only sensor noise differs")
          for metric in ("redness", "texture_pore", "texture_medium")),
        ("redness <- melanin", "redness answers to melanin, share of its own answer"),
        ("pigment <- haemoglobin", "pigment answers to blood, share of its own answer"),
        ("texture_medium <- spots", "`texture_medium` answers to spots, share of its own answer"),
        ("registration, landmarks off by 1 mm: median_mm", "registration error, median, mm"),
        ("colour level refused without a reference", "level refused where there is no reference"),
    ]  # fmt: skip
    rows = []
    for test, title in wanted:
        mode = "C" if "without a reference" in test else "B"
        for generator in ("G2", "G1"):
            lines = [_line(document, test, generator, tone, mode) for tone in TONES]
            rows.append([title, generator, *map(_plain, lines)])
    return _table(["figure", "generator", *TONES], rows)


def _plain(line: Line | None) -> str:
    if line is None or line["value"] is None:
        return NOT_MEASURED
    return f"{line['value']:.2g}{_failed(line)}"


def _refusals(curves: Mapping[str, Any]) -> str:
    """The checks that refuse tones unequally, and whom how often."""
    found = []
    for check in curves["checks"]:
        if (check["tones_differ_p"] or 1.0) < MOST_P:
            shares = [f"{tone} {check['refused_by_tone'][tone] / n:.0%}"
                      for tone, n in check["asked_by_tone"].items() if n]  # fmt: skip
            found.append(f"`{check['check']}` ({check['family']}) {', '.join(shares)}")
    return "; ".join(found) or "none by more than chance in this run"


def _failures(document: Mapping[str, Any]) -> str:
    """Every test with a figure that fails, and where."""
    found: dict[tuple[str, str], list[str]] = {}
    for line in document["results"]:
        if line["passed"] is False:
            where = " ".join(filter(None, (line["generator"], line["tone"], line["mode"])))
            found.setdefault((line["row"], line["test"]), []).append(
                f"{where} {line['value']:.3g}" if line["value"] is not None else where
            )
    return "\n".join(f"- {test}: {'; '.join(places)}" for (_, test), places in found.items()) or "- none"


def _failed(line: Line) -> str:
    return " **fails**" if line["passed"] is False else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    return "\n".join([markdown_row(head), markdown_row(["---"] * len(head)), *map(markdown_row, rows)])


_CONSTANT: dict[str, Callable[[], str]] = {
    "weights": _weights,
    "bands": _bands,
    "metrics": _metrics,
    "priors": _priors,
    "tone_factors": _tone_factors,
    "leak": _leak,
    "gains": _gains,
    "tones": _tones,
    "provenance": _provenance,
    "doses": lambda: ", ".join(f"{axis} {dose_text(axis)}" for axis in MAIN),
    "power": lambda: f"{POWER_AT:g}",
    "limits": reference.limits_table,
    "method_version": lambda: METHOD_VERSION,
}
_RESULT: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "run": _run,
    "ratios": _ratios,
    "false": _false,
    "crossed": _crossed,
    "others": _others,
    "failures": _failures,
}
