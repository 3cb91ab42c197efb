"""What the checks of a session's shots say about it: which decide, what is open, why it is refused."""

from __future__ import annotations

import math
from collections.abc import Sequence

from analysis import quality
from analysis.flags import FLAGS
from analysis.pairs import PairResult
from analysis.records import Change, Family, Gate


def session_gates(pairs: Sequence[PairResult]) -> tuple[Gate, ...]:
    """Per family the checks of the shot that passes them best, because that shot is what is used.

    Never a mixture of shots: two that are refused for different reasons do not make a good one.
    """
    rank = {"ok": 0, "warn": 1, "refuse": 2}
    out: dict[tuple[str, str], Gate] = {}
    for family in ("colour", "texture"):
        best = min(
            pairs,
            key=lambda pair: (
                len(quality.refused(pair.gates, family)),
                len(quality.warned(pair.gates, family)),
            ),
        )
        chosen: dict[tuple[str, str], Gate] = {}
        for gate in best.gates:
            key = (gate.name, str(gate.family))
            if gate.family in (family, "all") and (
                key not in chosen or rank[gate.state] > rank[chosen[key].state]
            ):
                chosen[key] = gate
        for key, gate in chosen.items():
            out.setdefault(key, gate)
    return tuple(out.values())


def families(comparison_gates: tuple[Gate, ...], changes: Sequence[Change]) -> tuple[Family, ...]:
    """The families that were really compared: open gates and at least one number."""
    out: list[Family] = []
    for family in ("colour", "texture"):
        measured = any(c.family == family and math.isfinite(c.difference) for c in changes)
        if measured and not quality.refused(comparison_gates, family):
            out.append(family)
    return tuple(out)


def refusal_reasons(gates: tuple[Gate, ...], changes: Sequence[Change] = ()) -> tuple[str, ...]:
    """One sentence per gate that refused something; where none did, what kept every change from a number."""
    closing = [g for g in gates if g.state == "refuse" and g.name not in quality.CARD_CHECKS]
    by_gate = tuple(dict.fromkeys(quality.reason(g) for g in closing))
    if by_gate or any(math.isfinite(change.difference) for change in changes):
        return by_gate
    return tuple(dict.fromkeys(FLAGS[flag].long for change in changes for flag in change.flags))
