"""Comparisons and photos as text for people: a number never without its band and unit."""

from __future__ import annotations

import math
from collections.abc import Sequence

from analysis.records import Change, Gate, PhotoAnalysis, SessionComparison
from dermatrend.console import table

VERDICT_WORDS = {
    "not_comparable": "not comparable",
    "not_measurable": "not measurable in these photos",
    "no_measurable_change": "within noise",
    "measurable_increase": "measured change, higher",
    "measurable_decrease": "measured change, lower",
}


def _band(change: Change) -> str:
    """The difference with its 95 % band and unit, e.g. `-4.1 ± 1.6 H`; never a number alone."""
    low, high = change.ci95
    half = (high - low) / 2
    if not math.isfinite(change.difference + half):
        return "-"
    return f"{change.difference:+.1f} ± {half:.1f} {change.unit}"


def _gate_lines(gates: Sequence[Gate]) -> list[str]:
    return [
        f"  {gate.name} ({gate.family}): {gate.state}, {gate.value:.3g} with a limit of {gate.limit:.3g}"
        f"{' ' + gate.unit if gate.unit else ''}. {gate.advice}".rstrip()
        for gate in gates
        if gate.state != "ok"
    ]


def compare_text(names: Sequence[Sequence[str]], comparisons: Sequence[SessionComparison]) -> str:
    """The comparison for people: one block a session."""
    blocks = []
    for session, comparison in zip(names, comparisons, strict=True):
        grade = "not comparable" if comparison.grade == "not_comparable" else f"grade {comparison.grade}"
        lines = [f"{', '.join(session)}: {grade}", *(f"  {reason}" for reason in comparison.reasons)]
        lines += _gate_lines(comparison.gates)
        if comparison.changes:
            rows = [["metric", "region", "relative to", "change", "smallest seen", ""]]
            for change in comparison.changes:
                limit = "-" if math.isnan(change.mdc95) else f"{change.mdc95:.1f} {change.unit}"
                relative = (change.reference or "-").replace("_", " ")
                rows.append(
                    [
                        change.metric.replace("_", " "),
                        change.region.replace("_", " "),
                        relative,
                        _band(change),
                        limit,
                        VERDICT_WORDS[change.verdict],
                    ]
                )
            lines.append(table(rows))
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def analyse_text(name: str, analysis: PhotoAnalysis) -> str:
    """One photo for people: what it is usable for, its gates, its measurements."""
    usable = ", ".join(family for family, yes in analysis.usable.items() if yes) or "nothing"
    scale = "unknown" if math.isnan(analysis.px_per_mm) else f"{analysis.px_per_mm:.1f} px/mm"
    lines = [
        f"{name}: {analysis.width} x {analysis.height} {analysis.format}",
        f"  scale: {scale} ({analysis.px_per_mm_source})",
        f"  taken: {analysis.facts.captured_at or 'not recorded'}",
        f"  usable for: {usable}",
        *_gate_lines(analysis.gates),
    ]
    if analysis.measurements:
        rows = [["metric", "region", "value", "standard error", "remarks"]]
        for item in analysis.measurements:
            value = "-" if math.isnan(item.value) else f"{item.value:.2f} {item.unit}"
            error = "-" if math.isnan(item.standard_error) else f"{item.standard_error:.2f}"
            rows.append(
                [
                    item.metric.replace("_", " "),
                    item.region.replace("_", " "),
                    value,
                    error,
                    ", ".join(flag.replace("_", " ") for flag in item.flags),
                ]
            )
        lines.append(table(rows))
    return "\n".join(lines)
