"""The tables of the PDF that hold the numbers: one per metric, regions by sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dermatrend.report import labels
from dermatrend.report.capture_rows import Content

SESSIONS_PER_TABLE: Final = 4
"""Columns that fit beside the regions; more sessions continue in a further table."""

CELL_VERDICTS: Final = {
    "measurable_decrease": "decrease",
    "measurable_increase": "increase",
    "no_measurable_change": "within noise",
    "not_measurable": "not measurable",
    "not_comparable": "not comparable",
}
"""The verdict inside a table cell, where a whole phrase does not fit."""


def unit_of(unit: str) -> str:
    """As it stands in a heading: a bare ratio has none."""
    return "" if unit == "1" else unit


def number_tables(content: Content) -> list[dict[str, Any]]:
    """One table per metric and up to four sessions: rows are regions, columns are sessions.

    A metric without any number keeps its name and gives up its rows: the reasons stand further down.
    """
    items = content["comparisons"]
    tables = []
    for metric, definition in content["labels"]["metrics"].items():
        for start in range(0, len(items), SESSIONS_PER_TABLE):
            columns = items[start : start + SESSIONS_PER_TABLE]
            found = [
                {one["region"]: one for one in item["changes"] if one["metric"] == metric} for item in columns
            ]
            regions = list(dict.fromkeys(region for column in found for region in column))
            if not any(one["text"] != "–" for column in found for one in column.values()):
                if len(items) > SESSIONS_PER_TABLE:
                    continue  # the metric's other sessions have their own table
                regions = []
            tables.append(
                {
                    "label": definition["label"],
                    "unit": unit_of(definition["unit"]),
                    "continued": start > 0,
                    "summary": definition["summary"] if start == 0 else "",
                    "columns": [_column(item, metric) for item in columns],
                    "rows": [
                        {
                            "region": content["labels"]["regions"][region],
                            "cells": [_cell(column.get(region)) for column in found],
                        }
                        for region in regions
                    ],
                    "references": _references(found),
                }
            )
    return tables


def _column(item: Content, metric: str) -> dict[str, str]:
    phases = [one["phase"] for one in item["changes"] if one["metric"] == metric]
    note = {"healing": "healing", "outcome": "outcome"}.get(phases[0] if phases else "", "")
    return {"day": f"Day {item['day']}", "note": note}


def _cell(change: Content | None) -> dict[str, Any]:
    if change is None:
        return {"value": "–", "verdict": "", "interval": "", "strong": False}
    low, high = change["ci95"]
    decimals = 1 if (change["mdc95"] or 0) >= 0.95 else 2
    interval = ""
    if change["text"] != "–" and low is not None and high is not None:
        interval = " to ".join(labels.number(end, signed=True, decimals=decimals) for end in (low, high))
    return {
        "value": change["text"].rsplit(" ", 1)[0] if change["unit"] not in ("", "1") else change["text"],
        "verdict": CELL_VERDICTS[change["verdict"]],
        "interval": interval,
        "strong": change["verdict"] in ("measurable_decrease", "measurable_increase"),
    }


def _references(found: Sequence[Mapping[str, Content]]) -> str:
    """What the numbers of a table are relative to; cells without a number say nothing here."""
    rungs = [
        labels.rung(one["reference"], needs_one=False)  # a level without a reference has no number
        for column in found
        for one in column.values()
        if one["difference"] is not None
    ]
    return "; ".join(dict.fromkeys(rungs))
