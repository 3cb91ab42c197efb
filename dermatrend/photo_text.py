"""Comparisons and photos as text for people: a number never without its band and unit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

from analysis.flags import FLAGS
from analysis.records import Change, Gate, PhotoAnalysis, SessionComparison, State
from dermatrend.console import table
from dermatrend.report.labels import too_coarse

VERDICT_WORDS = {
    "not_comparable": "not comparable",
    "not_measurable": "not measurable in these photos",
    "no_measurable_change": "within noise",
    "measurable_increase": "measured change, higher",
    "measurable_decrease": "measured change, lower",
}


def _band(change: Change) -> str:
    """The difference with its noise band and unit, e.g. `-4.1 ± 1.6 H`; never a number alone.

    The band is mdc95, as in the app and the PDF: a difference inside it is not a change.
    """
    if not math.isfinite(change.difference + change.mdc95):
        return "-"
    return f"{change.difference:+.1f} ± {change.mdc95:.1f} {change.unit}"


def _interval(change: Change) -> str:
    """Where the true change lies, with 95 % confidence."""
    low, high = change.ci95
    return f"{low:+.1f} to {high:+.1f}" if math.isfinite(low + high) else "-"


def _detectable(change: Change) -> str:
    """The smallest true change that would be found in 80 % of cases."""
    return f"{change.detectable80:.1f} {change.unit}" if math.isfinite(change.detectable80) else "-"


def _gate_lines(gates: Sequence[Gate], states: Sequence[State]) -> list[str]:
    return [
        f"  {gate.name} ({gate.family}): {gate.state}, {gate.value:.3g} with a limit of {gate.limit:.3g}"
        f"{' ' + gate.unit if gate.unit else ''}. {gate.advice}".rstrip()
        for gate in gates
        if gate.state in states
    ]


HEADING = ["metric", "region", "relative to", "change ± noise band", "found in 80 %", "95 % interval", ""]
KEY = (
    "± is the noise band: a difference inside it is not a change. A true change as large as its band is "
    "found in about half of the cases, one as large as the next column in 80 %."
)


def _plain(name: str | None) -> str:
    return (name or "-").replace("_", " ")


def _change_rows(changes: Sequence[Change], px_per_mm: float | None) -> list[list[str]]:
    """A row a change; one row for a metric that gave no number anywhere, with the reason."""
    rows = []
    for metric, group in groupby(changes, key=lambda change: change.metric):
        of_metric = list(group)
        if len(of_metric) > 1 and all(math.isnan(change.difference) for change in of_metric):
            words = {_outcome(change, px_per_mm) for change in of_metric}
            if len(words) == 1:
                rows.append([_plain(metric), "all regions", "-", "-", "-", "-", words.pop()])
                continue
        for change in of_metric:
            where = [_plain(metric), _plain(change.region), _plain(change.reference)]
            numbers = [_band(change), _detectable(change), _interval(change)]
            rows.append([*where, *numbers, _outcome(change, px_per_mm)])
    return rows


def _outcome(change: Change, px_per_mm: float | None) -> str:
    words = VERDICT_WORDS[change.verdict]
    if "low_resolution" in change.flags:
        return f"{words}: {too_coarse(change.metric, px_per_mm)}"
    if math.isnan(change.difference) and change.flags:
        return f"{words}: {FLAGS[change.flags[0]].short}"
    return words


def compare_text(names: Sequence[Sequence[str]], comparisons: Sequence[SessionComparison]) -> str:
    """The comparison for people: one block a session."""
    blocks = []
    for session, comparison in zip(names, comparisons, strict=True):
        grade = "not comparable" if comparison.grade == "not_comparable" else f"grade {comparison.grade}"
        lines = [f"{', '.join(session)}: {grade}", *(f"  {reason}" for reason in comparison.reasons)]
        lines += _gate_lines(comparison.gates, ["warn"])  # what was refused is among the reasons
        if comparison.changes:
            scale = next((g.value for g in comparison.gates if g.name == "resolution"), None)
            lines.append(table([HEADING, *_change_rows(comparison.changes, scale)]))
        if comparison.own_repeat_shots:
            lines.append(f"band from your own repeat shots ({comparison.own_repeat_shots})")
        blocks.append("\n".join(lines))
    judged = any(math.isfinite(change.mdc95) for one in comparisons for change in one.changes)
    return "\n\n".join([*blocks, *([KEY] if judged else [])])


def _card_lines(analysis: PhotoAnalysis) -> list[str]:
    """What was found of a colour card; nothing where none was looked for."""
    card = analysis.card
    if card is None:
        return ["  colour card: none found"] if "card_not_found" in analysis.flags else []
    where = "found" if card.found == "automatic" else "in the corners given"
    light = "unknown" if math.isnan(card.gradient) else f"{card.gradient:.0%}"
    error = f"{card.fit_mean:.1f} CIEDE2000 from the published colours"
    clipped = sum(card.clipped)
    return [f"  colour card: {card.kind}, {where}; {error}; light over it {light}; {clipped} patches clipped"]


def analyse_text(name: str, analysis: PhotoAnalysis) -> str:
    """One photo for people: what it is usable for, its gates, its measurements."""
    usable = ", ".join(family for family, yes in analysis.usable.items() if yes) or "nothing"
    scale = "unknown" if math.isnan(analysis.px_per_mm) else f"{analysis.px_per_mm:.1f} px/mm"
    lines = [
        f"{name}: {analysis.width} x {analysis.height} {analysis.format}",
        f"  scale: {scale} ({analysis.px_per_mm_source})",
        f"  taken: {analysis.facts.captured_at or 'not recorded'}",
        f"  usable for: {usable}",
        *_card_lines(analysis),
        *_gate_lines(analysis.gates, ["warn", "refuse"]),
    ]
    if analysis.measurements:
        rows = [["metric", "region", "value", "standard error", "remarks"]]
        for item in analysis.measurements:
            value = "-" if math.isnan(item.value) else f"{item.value:.2f} {item.unit}"
            error = "-" if math.isnan(item.standard_error) else f"{item.standard_error:.2f}"
            remarks = ", ".join(FLAGS[flag].short for flag in item.flags)
            rows.append([_plain(item.metric), _plain(item.region), value, error, remarks])
        lines.append(table(rows))
    return "\n".join(lines)
