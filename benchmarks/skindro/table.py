"""All rows of a run, as a table for people and as plain data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
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
from benchmarks.skindro.rows.select import ALL_TONES


def results_of(observations: Sequence[Observation]) -> list[Result]:
    """Every row, in the benchmark's order."""
    families = (repeatability, sensitivity, linearity, cross_talk, verdicts, gates, registration, files)
    found = [line for family in families for line in family.results(observations)]
    found += outside.later(observations)
    place = {test: number for number, test in reversed(list(enumerate((one.row, one.test) for one in found)))}
    tones = ("", *ALL_TONES, "I-IV", "all")
    return sorted(
        found,
        key=lambda one: (
            _order(one.row), place[one.row, one.test], one.mode, one.generator, tones.index(one.tone)
        ),
    )  # fmt: skip


def text(results: Sequence[Result]) -> str:
    """The table: per row and generator a line of figures by tone, `+` passes, `!` fails, others are reported.

    Under it what every figure rests on, and what naive programs reach on the same photos.
    """
    lines = []
    for (row, test), group in groupby(results, key=lambda line: (line.row, line.test)):
        here = list(group)
        needed = "; ".join(dict.fromkeys(line.needed for line in here if line.needed))
        lines.append(f"{row:>8s}  {test}" + (f"   [{needed}]" if needed else ""))
        for (generator, mode), by_tone in groupby(here, key=lambda line: (line.generator, line.mode)):
            lines += _block(f"{generator} {mode}".strip(), list(by_tone))
    return "\n".join(lines)


def _block(who: str, by_tone: Sequence[Result]) -> list[str]:
    mark = {True: "+", False: "!", None: " "}
    out = [_cells(who, [f"{line.tone} {number(line.value)}{mark[line.passed]}" for line in by_tone])]
    if any(line.counts.measured or line.counts.refused for line in by_tone):
        counts = [f"{line.counts.measured}/{line.counts.measured + line.counts.refused}" for line in by_tone]
        out.append(_cells("measured of", counts))
    if any(math.isfinite(line.counts.mdc95) for line in by_tone):
        out.append(_cells("mdc95", [number(line.counts.mdc95) for line in by_tone]))
    for name in by_tone[0].naive:
        values = [number(line.naive.get(name, math.nan)) for line in by_tone]
        out.append(_cells(f"naive: {name}", values))
    out += [
        f"            {line.tone + ': ' if line.tone else ''}{line.note}" for line in by_tone if line.note
    ]
    return out


def _cells(name: str, cells: Sequence[str]) -> str:
    return f"          {name:30s}" + "".join(f"{cell:>14s}" for cell in cells)


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
