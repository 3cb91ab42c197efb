"""docs/reference.md: metrics, checks and flags, printed from the tables the program itself uses.

    python -m dermatrend.reference > docs/reference.md

A test compares the file with what this prints.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from analysis.flags import FLAGS
from analysis.metrics import registry
from analysis.quality import LIMITS
from analysis.regions import FACE_REGIONS

BETTER = {"lower": "lower", "higher": "higher", None: "neither"}


def reference_page() -> str:
    """The whole page as Markdown."""
    return (
        "\n\n".join(
            [
                "# Reference",
                "Printed by `python -m dermatrend.reference` from the tables the program uses.",
                "## Metrics",
                metrics_table(),
                "## Checks of a pair of photos",
                "Above the first limit the band is widened, above the second the family is not compared.",
                limits_table(),
                "## Flags",
                flags_table(),
                "## Regions of a face",
                ", ".join(f"`{name}`" for name in FACE_REGIONS) + ". Left and right are the person's own.",
            ]
        )
        + "\n"
    )


def metrics_table() -> str:
    """One row a metric of the registry."""
    rows = [
        [
            f"`{metric.name}`", metric.label, metric.unit, BETTER[metric.better], metric.family,
            f"{metric.needs_px_per_mm:g}", "yes" if metric.relative else "no",
            metric.summary, metric.reference,
        ]
        for metric in registry().values()
    ]  # fmt: skip
    head = [
        "name",
        "label",
        "unit",
        "better",
        "family",
        "needs px/mm",
        "against a reference",
        "what",
        "source",
    ]
    return _table(head, rows)


def limits_table() -> str:
    """One row a check and family."""
    rows = []
    for (name, family), limit in LIMITS.items():
        side = "at least" if limit.warn < 0 else "at most"
        refuse = "never" if math.isinf(limit.refuse) else f"{side} {abs(limit.refuse):g}"
        warn = f"{side} {abs(limit.warn):g}"
        rows.append([f"`{name}`", family, limit.what, limit.unit or "1", warn, refuse, limit.advice])
    return _table(["check", "family", "what", "unit", "no remark", "compared", "what to do"], rows)


def flags_table() -> str:
    """One row a flag."""
    return _table(["flag", "short", "long"], [[f"`{k}`", v.short, v.long] for k, v in FLAGS.items()])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines)


if __name__ == "__main__":
    print(reference_page(), end="")  # noqa: T201 - this is a program that prints a page
