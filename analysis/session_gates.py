"""What the checks of a session's shots say about it: which decide, what is open, why it is refused."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from analysis import quality
from analysis.flags import FLAGS
from analysis.pairs import PairResult
from analysis.records import FAMILIES, Change, Family, Gate


def is_open(pair: PairResult, family: str) -> bool:
    """Whether a pair's checks let a family be compared.

    Resolution is each metric's own affair: what it does not resolve is not measurable, by name.
    """
    return all(gate.name == "resolution" for gate in quality.refused(pair.gates, family))


def open_pairs(pairs: Iterable[PairResult], family: str) -> list[PairResult]:
    """Those that let a family be compared."""
    return [pair for pair in pairs if is_open(pair, family)]


def shown_pair(pairs: Sequence[PairResult]) -> PairResult:
    """The shot that pictures and alignment are of: the first with the most to show."""
    return max(
        pairs, key=lambda pair: (sum(is_open(pair, one) for one in FAMILIES), pair.card.fit is not None)
    )


def session_gates(follow_ups: Sequence[PairResult], repeats: Sequence[PairResult] = ()) -> tuple[Gate, ...]:
    """Per family each check as it stands in the worst of the shots that are used.

    Args:
        follow_ups: the session's shots, each paired with the baseline's first; at least one.
        repeats: the baseline's other shots.

    Where every shot of the session is refused, the checks are those of the one that is refused least: never
    a mixture, for two that are refused for different reasons do not make a good one. Of several scales the
    finest is told, because each metric takes the shots that resolve it; and of colour cards those in use.
    """
    out: dict[tuple[str, str], Gate] = {}
    opened = {one: open_pairs(follow_ups, one) for one in FAMILIES}
    # What is asked of a whole pair is told of the shots that are used, if only for one family.
    for family in sorted(FAMILIES, key=lambda one: not opened[one]):
        used = open_pairs((*follow_ups, *repeats), family)
        if not opened[family]:
            usable = [pair for pair in follow_ups if any(is_open(pair, one) for one in FAMILIES)]
            used = [min(usable or follow_ups, key=lambda pair: _refused_and_warned(pair, family))]
        with_card = any(pair.card.fit is not None for pair in opened[family])
        chosen: dict[tuple[str, str], Gate] = {}
        for pair in used:
            of_session = any(pair is one for one in follow_ups)
            told_of_card = pair.card.fit is not None if with_card else of_session
            for gate in pair.gates:
                if gate.family not in (family, "all") or (gate.name == "resolution" and not of_session):
                    continue
                if gate.name in quality.CARD_CHECKS and not told_of_card:
                    continue
                key = (gate.name, str(gate.family))
                known = chosen.get(key)
                worse = known is None or quality.severity(gate) > quality.severity(known)
                if worse != (known is not None and gate.name == "resolution"):
                    chosen[key] = gate
        for key, gate in chosen.items():
            out.setdefault(key, gate)
    return tuple(out.values())


def _refused_and_warned(pair: PairResult, family: str) -> tuple[int, int]:
    return len(quality.refused(pair.gates, family)), len(quality.warned(pair.gates, family))


def families(comparison_gates: tuple[Gate, ...], changes: Sequence[Change]) -> tuple[Family, ...]:
    """The families that were really compared: open gates and at least one number."""
    out: list[Family] = []
    for family in FAMILIES:
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
