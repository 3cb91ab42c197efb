"""All rows of a run, as a table for people and as plain data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.skindro.records import Observation, Result
from benchmarks.skindro.rows import (
    cross_talk,
    files,
    gates,
    linearity,
    outside,
    registration,
    repeatability,
    sensitivity,
    verdicts,
)


def results_of(observations: Sequence[Observation]) -> list[Result]:
    """Every row, in the benchmark's order."""
    families = (repeatability, sensitivity, linearity, cross_talk, verdicts, gates, registration, files)
    found = [line for family in families for line in family.results(observations)]
    return sorted([*found, *outside.later()], key=lambda line: _order(line.row))


def text(results: Sequence[Result]) -> str:
    """The table, a line per figure."""
    lines = []
    heading = ("", "")
    for line in results:
        if (line.row, line.test) != heading:
            heading = (line.row, line.test)
            lines.append(f"{line.row:>8s}  {line.test}")
        lines.append("            " + _line(line))
    return "\n".join(lines)


def _line(line: Result) -> str:
    who = " ".join(part for part in (line.generator, line.tone, line.mode) if part)
    judged = {True: "pass", False: "FAIL", None: "    "}[line.passed]
    parts = [f"{who:14s} {judged}  {number(line.value):>8s}  {line.needed}"]
    if line.counts.measured or line.counts.refused:
        parts.append(f"n {line.counts.measured}, without a number {line.counts.refused}")
    if math.isfinite(line.counts.mdc95):
        parts.append(f"mdc95 {line.counts.mdc95:.2f}")
    if line.naive:
        parts.append("naive " + ", ".join(f"{name} {number(value)}" for name, value in line.naive.items()))
    if line.note:
        parts.append(line.note)
    return "; ".join(part for part in parts if part)


def number(value: float) -> str:
    """Three significant figures, a dash for what could not be measured.

    >>> number(0.04567), number(12.3456), number(float("nan"))
    ('0.0457', '12.3', '-')
    """
    return f"{value:.3g}" if math.isfinite(value) else "-"


def summary(results: Sequence[Result]) -> str:
    """How many lines pass."""
    judged = [line for line in results if line.passed is not None]
    passed = sum(bool(line.passed) for line in judged)
    return f"{passed} of {len(judged)} figures pass, {len(results) - len(judged)} are reported only"


def as_plain(results: Sequence[Result]) -> list[dict[str, Any]]:
    """For JSON: NaN becomes None."""
    return [_plain(asdict(line) | {"counts": line.counts._asdict()}) for line in results]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def _order(row: str) -> tuple[int, str]:
    if row == "measured":
        return 0, row
    if row == "naive":
        return 4, "z"
    return int(row.split("-", maxsplit=1)[0]), row
