"""How records become rows of words: the tables of changes, of quality checks and of what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analysis.flags import FLAGS
from analysis.records import Change, Gate, LeftOut
from dermatrend.report import labels
from dermatrend.ui import style


def changes_table(changes: Sequence[Change]) -> None:
    """One row per metric and region: the change with its band and unit, the verdict in words, the reference."""
    rows = [
        [
            labels.metric_label(change.metric),
            labels.region_label(change.region),
            labels.with_band(change.difference, change.mdc95, change.unit),
            labels.VERDICTS[change.verdict],
            labels.reference_phrase(change.reference) or "in itself, no reference needed",
            "; ".join(FLAGS[flag].short for flag in change.flags if flag in FLAGS),
        ]
        for change in changes
    ]
    without = {
        at for at, change in enumerate(changes) if change.verdict in ("not_comparable", "not_measurable")
    }
    style.table(
        ["Metric", "Region", "Change ± band", "Verdict", "Measured", "Remarks"],
        rows,
        caption="Changes against the baseline",
        numeric={2},
        quiet_rows=without,
    )
    flags_explained(flag for change in changes for flag in change.flags)


def gates_table(gates: Sequence[Gate]) -> None:
    """Every quality check with its value, its limit and what to do about it; the refusals first."""
    order = {"refuse": 0, "warn": 1, "ok": 2}
    ordered = sorted(gates, key=lambda gate: order[gate.state])
    style.table(
        ["Check", "For", "Found", "Limit", "State", "What to do"],
        [
            [
                labels.gate_label(gate.name),
                labels.FAMILIES[gate.family],
                labels.number(gate.value, gate.unit),
                labels.number(gate.limit, gate.unit),
                labels.STATES[gate.state],
                gate.advice,
            ]
            for gate in ordered
        ],
        caption="Quality checks",
        numeric={2, 3},
        quiet_rows={at for at, gate in enumerate(ordered) if gate.state == "ok"},
    )


def gate_notes(gates: Iterable[Gate]) -> None:
    """The checks that warned or refused, each beside what it concerns."""
    for gate in gates:
        if gate.state == "ok":
            continue
        style.note(
            f"{labels.gate_label(gate.name)}: {labels.STATES[gate.state]} for {labels.FAMILIES[gate.family]}",
            ("Found", labels.number(gate.value, gate.unit)),
            ("Limit", labels.number(gate.limit, gate.unit)),
            ("What to do", gate.advice),
            attention=gate.state == "refuse",
        )


def left_out_table(left_out: Sequence[LeftOut], names: dict[str, str]) -> None:
    """The photos that took no part, and why."""
    style.table(
        ["Photo", "Why it took no part"],
        [[names.get(entry.photo_id, entry.photo_id[:12]), entry.reason] for entry in left_out],
        caption="What was left out",
    )


def flags_explained(names: Iterable[str]) -> None:
    """The long text of every remark that occurs."""
    for name in sorted(set(names)):
        if name in FLAGS:
            style.quiet(f"{FLAGS[name].short}: {FLAGS[name].long}")
