"""Whether the quick part has become worse than what is committed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

TOLERANCE = 0.10


def worsened(now: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]]) -> list[str]:
    """One sentence for every judged figure that got worse by more than a tenth.

    A tenth of the committed figure, or of what is asked for where that is more: a leak of 0.002 that
    becomes 0.003 is no regression. A figure that cannot be measured any more, or is gone, is one.

    >>> line = {"row": "2", "test": "t", "generator": "G1", "tone": "V", "mode": "B", "value": 5.0,
    ...     "needed": ">= 3", "higher_is_better": True}
    >>> worsened([line | {"value": 4.4}], [line])
    ['row 2, t, G1 V B: 4.4, was 5']
    >>> worsened([line | {"value": 4.6}], [line])
    []
    """
    found = {_key(line): line for line in now}
    out = []
    for line in before:
        if line["value"] is None or not line["needed"]:
            continue
        new = found.get(_key(line), {}).get("value")
        sign = 1.0 if line["higher_is_better"] else -1.0
        allowed = TOLERANCE * max(abs(line["value"]), limit_of(line["needed"]))
        if new is None or sign * (line["value"] - new) > allowed + 1e-9:
            shown = "not measured" if new is None else f"{new:.3g}"
            out.append(f"row {', '.join(_key(line))}: {shown}, was {line['value']:.3g}")
    return out


def limit_of(needed: str) -> float:
    """The first number of a pass value in words.

    >>> limit_of("<= 5%, upper bound <= 7%"), limit_of(">= 4")
    (0.05, 4.0)
    """
    match = re.search(r"(\d+(?:\.\d+)?)\s*(%?)", needed)
    if match is None:
        return math.nan
    return float(match[1]) / (100 if match[2] else 1)


def _key(line: Mapping[str, Any]) -> tuple[str, str, str]:
    return line["row"], line["test"], f"{line['generator']} {line['tone']} {line['mode']}".strip()
