"""Comparisons and photos as text for people: a number never without its band and unit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import groupby

from analysis.flags import FLAGS
from analysis.quality import CARD_CHECKS
from analysis.records import AlignmentSummary, Change, Gate, PhotoAnalysis, SessionComparison
from dermatrend.console import table
from dermatrend.photo_remarks import Shared, own_remarks, remark_lines, shared_remarks
from dermatrend.report import labels

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
    return _typed(labels.with_band(change.difference, change.mdc95, change.unit))


def _interval(change: Change) -> str:
    """Where the true change lies, with 95 % confidence."""
    low, high = change.ci95
    decimals = labels.decimals_of(change.mdc95)
    return f"{low:+.{decimals}f} to {high:+.{decimals}f}" if math.isfinite(low + high) else "-"


def _detectable(change: Change) -> str:
    """The smallest true change that would be found in 80 % of cases."""
    return (
        _typed(labels.number(change.detectable80, change.unit)) if math.isfinite(change.detectable80) else "-"
    )


def _typed(text: str) -> str:
    """With the minus that a keyboard has, which people search for and programs read."""
    return text.replace("\N{MINUS SIGN}", "-")


def _gate_lines(gates: Iterable[Gate]) -> list[str]:
    lines = []
    for gate in gates:
        card = "; the card is not used" if gate.state == "refuse" and gate.name in CARD_CHECKS else ""
        words = f"  {gate.name} ({gate.family}): {gate.state}, {_finding(gate)}{card}. {gate.advice}"
        lines.append(words.rstrip())
    return lines


def _finding(gate: Gate) -> str:
    """What a check found and its limit; a word, which has no limit, where the value stands for one."""
    found, limit = labels.gate_value(gate), labels.gate_limit(gate)
    if not limit:
        return found
    if not math.isfinite(gate.value):
        found = "not known"
    elif found == limit:  # rounding may not hide on which side of the limit it is
        decimals = next((n for n in range(2, 7) if round(gate.value, n) != gate.limit), 2)
        found = labels.number(gate.value, gate.unit, decimals=decimals)
    return f"{found} with a limit of {limit}"


def _alignment_lines(found: AlignmentSummary | None) -> list[str]:
    """How well the photos lie on each other: a number is no better than that."""
    if found is None:
        return []
    middle, most = (
        labels.number(one, "mm", decimals=2) for one in (found.residual_mm, found.residual_p95_mm)
    )
    return [f"  laid onto each other within {middle} (95 %: {most})"]


HEADING = ["metric", "region", "relative to", "change ± noise band", "found in 80 %", "95 % interval", ""]
KEY = (
    "± is the noise band: a difference inside it is not a change. A true change as large as its band is "
    "found in about half of the cases, one as large as the next column in 80 %."
)


def _plain(name: str | None) -> str:
    return (name or "-").replace("_", " ")


def _change_rows(changes: Sequence[Change], px_per_mm: float | None, shared: Shared) -> list[list[str]]:
    """A row a change; one row for a metric that gave no number anywhere, with the reason."""
    rows = []
    for metric, group in groupby(changes, key=lambda change: change.metric):
        of_metric = list(group)
        if len(of_metric) > 1 and all(math.isnan(change.difference) for change in of_metric):
            words = {_outcome(change, px_per_mm, shared) for change in of_metric}
            if len(words) == 1:
                rows.append([_plain(metric), "all regions", "-", "-", "-", "-", words.pop()])
                continue
        for change in of_metric:
            where = [_plain(metric), _plain(change.region), _plain(change.reference)]
            numbers = [_band(change), _detectable(change), _interval(change)]
            rows.append([*where, *numbers, _outcome(change, px_per_mm, shared)])
    return rows


def _outcome(change: Change, px_per_mm: float | None, shared: Shared) -> str:
    """The verdict, whether it would be seen, and what is to be said of this number, or why there is none."""
    verdict, remarks = VERDICT_WORDS[change.verdict], own_remarks(change, shared)
    if "low_resolution" in change.flags:
        figures = labels.too_coarse(change.metric, px_per_mm)
        remarks = [figures if words == FLAGS["low_resolution"].short else words for words in remarks]
    if math.isnan(change.difference):
        return f"{verdict}: {'; '.join(remarks)}" if remarks else verdict
    return "; ".join(filter(None, (verdict, labels.visibility_words(change), ", ".join(remarks))))


def compare_text(names: Sequence[Sequence[str]], comparisons: Sequence[SessionComparison]) -> str:
    """The comparison for people: one block a session."""
    blocks = []
    for session, comparison in zip(names, comparisons, strict=True):
        grade = "not comparable" if comparison.grade == "not_comparable" else f"grade {comparison.grade}"
        lines = [f"{', '.join(session)}: {grade}", *_alignment_lines(comparison.alignment)]
        lines += [f"  {reason}" for reason in comparison.reasons]
        lines += [
            f"  photo {item.photo_id[:8]} took no part: {item.reason}"
            for item in comparison.left_out
            if item.reason not in comparison.reasons
        ]
        # A check that refused something is among the reasons, but for those of a card: they refuse the card.
        lines += _gate_lines(
            gate
            for gate in comparison.gates
            if gate.state == "warn" or (gate.state == "refuse" and gate.name in CARD_CHECKS)
        )
        if comparison.changes:
            scale = next((g.value for g in comparison.gates if g.name == "resolution"), None)
            shared = shared_remarks(comparison.changes)
            lines.append(table([HEADING, *_change_rows(comparison.changes, scale, shared)]))
            lines += remark_lines(comparison.changes, shared)
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


def _photo_remarks(analysis: PhotoAnalysis) -> list[str]:
    flags = [flag for flag in analysis.flags if flag != "card_not_found"]  # the line of the card says it
    return [f"  remarks: {', '.join(FLAGS[flag].short for flag in flags)}"] if flags else []


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
        *_gate_lines(gate for gate in analysis.gates if gate.state != "ok"),
        *_photo_remarks(analysis),
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
