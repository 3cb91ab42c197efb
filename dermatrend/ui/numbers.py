"""How records become rows of words: the tables of changes, of quality checks and of what was left out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from analysis.flags import FLAGS
from analysis.records import CHANGED, Change, Gate, LeftOut, Verdict
from dermatrend.report import labels, phrases
from dermatrend.ui import style

SAID_ELSEWHERE = frozenset({"rest_of_face"})
"""Remarks that the column of references says already."""


def changes_table(changes: Sequence[Change], *, with_region: bool) -> None:
    """A row per metric and region: change with band and unit, verdict in words, reference.

    Under the verdict stands whether a change is likely to be seen.
    """
    header = ["Metric", "Region", "Change ± band", "Verdict", "Relative to", "Remarks"]
    rows = [
        [
            labels.metric_label(change.metric),
            labels.region_label(change.region),
            labels.with_band(change.difference, change.mdc95, change.unit),
            style.with_remark(labels.VERDICTS[change.verdict], labels.visibility_words(change)),
            labels.metric_rung(change.metric, change.reference),
            "; ".join(
                FLAGS[flag].short for flag in change.flags if flag in FLAGS and flag not in SAID_ELSEWHERE
            ),
        ]
        for change in changes
    ]
    if not with_region:
        header, rows = _without(header, 1), [_without(row, 1) for row in rows]
    if not any(row[-1] for row in rows):
        header, rows = header[:-1], [row[:-1] for row in rows]
    without = {at for at, change in enumerate(changes) if change.verdict in labels.WITHOUT_NUMBER}
    at_change = header.index("Change ± band")
    style.table(header, rows, caption="Changes against the baseline", numeric={at_change}, quiet_rows=without)
    flags_explained(flag for change in changes for flag in change.flags)


def band_explained(changes: Sequence[Change], own_repeat_shots: int) -> None:
    """What the bands shown would find, whose shots are in them, and what is likely to be seen."""
    found = [
        f"{labels.metric_label(change.metric)}, {labels.in_sentence(change.region)}: "
        f"{labels.number(change.detectable80, change.unit)}"
        for change in changes
        if math.isfinite(change.detectable80)
    ]
    if found:
        style.quiet(
            "A true change as large as its band is found in about half of the cases. In 80 % of cases it is "
            f"found from: {'; '.join(found)}."
        )
    own = phrases.own_shots_sentence(changes, own_repeat_shots)
    if own:
        style.quiet(own)
    if any(labels.visibility_words(change) for change in changes):
        style.quiet(phrases.VISIBILITY)


def measured(changes: Sequence[Change]) -> list[str]:
    """One line of Markdown per metric that changed beyond its band, with the regions in which it did."""
    found: dict[tuple[str, Verdict, str | None, str], list[str]] = {}
    for change in changes:
        if change.verdict in CHANGED:
            value = labels.with_band(change.difference, change.mdc95, change.unit)
            where = style.plain_markdown(labels.in_sentence(change.region))
            alike = (change.metric, change.verdict, change.reference, labels.visibility_words(change))
            found.setdefault(alike, []).append(f"{where} {style.unbroken(value)}")
    return [
        f"**{labels.metric_label(metric)}**, {', '.join(filter(None, (labels.VERDICTS[verdict], seen)))}: "
        + "; ".join(places)
        + (f" ({style.plain_markdown(labels.reference_phrase(reference))})" if reference else "")
        for (metric, verdict, reference, seen), places in found.items()
    ]


def _without(row: list[str], column: int) -> list[str]:
    return row[:column] + row[column + 1 :]


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
                labels.gate_value(gate),
                labels.gate_limit(gate),
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
    """The checks that warned or refused; one that holds for several families is said once."""
    families: dict[tuple[str, str, str, str, str], list[str]] = {}
    for gate in gates:
        if gate.state != "ok":
            same = (gate.name, gate.state, labels.gate_value(gate), labels.gate_limit(gate), gate.advice)
            families.setdefault(same, []).append(labels.FAMILIES[gate.family])
    for (name, state, found, limit, advice), concerned in families.items():
        style.note(
            f"{labels.gate_label(name)}: {labels.STATES[state]} for {' and '.join(concerned)}",
            ("Found", found),
            ("Limit", limit),
            ("What to do", advice),
            attention=state == "refuse",
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
            style.quiet(FLAGS[name].long)
