"""The remarks on a session's numbers: what many of them share is said once, the rest beside the number.

A face has some sixty numbers. A remark on each of them would bury the few that single numbers carry.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from analysis.flags import FLAGS
from analysis.records import Change

ALL = "all numbers"
"""The scope of a remark that every number of the session carries; the other scopes are families."""
REST_OF_FACE = "rest_of_face"
"""Its column stands in the table, so only what it means is said, once."""
OWN_NOISE = "own_noise"
"""Has a line of its own where it holds for all numbers, with the number of shots."""

Shared = Mapping[str, Sequence[str]]


def shared_remarks(changes: Sequence[Change]) -> Shared:
    """Flags that every number of a scope carries: scope -> flags. A single number shares nothing."""
    numbers = [change for change in changes if math.isfinite(change.difference)]
    everywhere = _common(numbers)
    found = {ALL: everywhere}
    for family in dict.fromkeys(change.family for change in numbers):
        of_family = _common([change for change in numbers if change.family == family])
        found[family] = [flag for flag in of_family if flag not in everywhere]
    return {scope: flags for scope, flags in found.items() if flags}


def _common(numbers: Sequence[Change]) -> list[str]:
    if len(numbers) < 2:
        return []
    return [flag for flag in numbers[0].flags if all(flag in change.flags for change in numbers)]


def own_remarks(change: Change, shared: Shared) -> list[str]:
    """What is said beside this one; without a number the first flag is the reason, and is always said."""
    said = {REST_OF_FACE, *shared.get(ALL, ()), *shared.get(change.family, ())}
    reason = change.flags[:1] if math.isnan(change.difference) else ()
    flags = dict.fromkeys((*reason, *(flag for flag in change.flags if flag not in said)))
    return [FLAGS[flag].short for flag in flags]


def remark_lines(changes: Sequence[Change], shared: Shared) -> list[str]:
    """What stands once under the table."""
    lines = []
    for scope, flags in shared.items():
        quiet = {REST_OF_FACE, OWN_NOISE} if scope == ALL else {REST_OF_FACE}
        words = [FLAGS[flag].short for flag in flags if flag not in quiet]
        if words:
            lines.append(f"remarks on {scope}: {', '.join(words)}")
    if any(REST_OF_FACE in change.flags for change in changes):
        lines.append(FLAGS[REST_OF_FACE].long)
    return lines
