"""docs/validation/warnings.md: the checks that only warn, and what passes every check."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.quality import LIMITS
from benchmarks.skindro.page import markdown_row

_HEAD = """\
# Checks that only warn, and what no check sees

Written by `python -m benchmarks.warning_limits`; every figure is in `benchmarks/results/warnings.json`.

A good photo of drawn regions beside a follow-up with one thing severely wrong, one person per tone, and
ordinary pairs: everything moderate at once, in both photos. A limit is halfway, by ratio, between what 95 of
100 ordinary pairs stay below and what 95 of 100 pairs of the thing that the check is meant for lie above,
both of G1; where these overlap, it is what 99 of 100 ordinary pairs stay below. G2 decides nothing. The
people are none of the [benchmark's](how-a-figure-is-made.md). What `relief_change` refuses is decided on
[real skin](../decisions/0031-smoothed-skin.md).
"""
_CHECKS = """\
## What the checks saw

Ordinary pairs: what 50, 95 and 99 of 100 stay below, and how many are warned. Mild: the largest value of any
mild nuisance. Then the severe ones whose median lies beyond the limit; in brackets what 95 of 100 lie above.
"""
_COSTS = """\
## What is flagged, and what the rest costs

**Flagged**: any check of a family that the nuisance touches warned or refused. **Falsely changed**: of all
untreated pairs, those that no check saw and in which any metric was called changed. **Outside**: of the
numbers of treated pairs (haemoglobin -30 %, relief x 0.8) that no check saw, those whose 95 % interval does
not hold the true change, and of which metrics; one in twenty is what such an interval promises.
"""


def write(stored: Mapping[str, Any], folder: Path) -> None:
    """The page, from what both generators gave."""
    (folder / "warnings.md").write_text(text(stored), "utf-8")


def text(stored: Mapping[str, Any]) -> str:
    """The page as Markdown."""
    lines = [_HEAD]
    for generator, found in stored.items():
        lines.append(
            f"{generator}: {found['ordinary_newly_warned']} of {found['ordinary_pairs']} ordinary pairs are "
            "warned by any of these checks.\n"
        )
    lines += [_CHECKS, *_checks(stored), "", _COSTS, *_costs(stored)]
    return "\n".join(lines) + "\n"


def _checks(stored: Mapping[str, Any]) -> list[str]:
    head = [
        "check",
        "warns from",
        "generator",
        "ordinary",
        "of them warned",
        "mild",
        "severe beyond the limit",
    ]
    out = [markdown_row(head), markdown_row(["---"] * len(head))]
    for check in next(iter(stored.values()))["checks"]:
        (limit,) = {limit.warn for (name, _), limit in LIMITS.items() if name == check}
        for generator, found in stored.items():
            seen = found["checks"][check]
            beyond = [f"{name} {median:.3g} ({least:.3g})" for name, (least, median) in seen["severe"].items()
                      if median is not None and median > limit]  # fmt: skip
            usual = ", ".join(f"{value:.3g}" for value in seen["ordinary"])
            warned = f"{seen['ordinary_warned']} of {found['ordinary_pairs']}"
            cells = f"`{check}`", f"{limit:g}", generator, usual, warned, f"{seen['mild']:.3g}"
            out.append(markdown_row([*cells, ", ".join(beyond) or "none"]))
    return out


def _costs(stored: Mapping[str, Any]) -> list[str]:
    head = ["severe"]
    for generator in stored:
        head += [f"{generator}: flagged", "falsely changed, unseen", "outside, unseen"]
    out = [markdown_row(head), markdown_row(["---"] * len(head))]
    for name in next(iter(stored.values()))["costs"]:
        cells = [name]
        for found in stored.values():
            cost = found["costs"][name]
            which = ", ".join(dict.fromkeys(cost["outside"]))
            outside = f"{len(cost['outside'])} of {cost['numbers']}" + (f" ({which})" if which else "")
            cells += [
                f"{cost['flagged']} of {cost['pairs']}",
                f"{cost['unflagged_false']} of {cost['pairs']}",
                outside,
            ]
        out.append(markdown_row(cells))
    return out
