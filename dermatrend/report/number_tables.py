"""The tables of the PDF that hold the numbers: one per metric, regions by sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from analysis.records import CHANGED
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
            against = _Against(found)
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
                    "columns": [
                        _column(item, metric) | {"against": against.column(changes)}
                        for item, changes in zip(columns, found, strict=True)
                    ],
                    "rows": [
                        {
                            "region": content["labels"]["regions"][region],
                            "cells": [
                                _cell(column.get(region), against.cell(column, region)) for column in found
                            ],
                        }
                        for region in regions
                    ],
                    "references": against.table(),
                }
            )
    return tables


def _column(item: Content, metric: str) -> dict[str, str]:
    phases = [one["phase"] for one in item["changes"] if one["metric"] == metric]
    note = {"healing": "healing", "outcome": "outcome"}.get(phases[0] if phases else "", "")
    return {"day": f"Day {item['day']}", "note": note}


def _cell(change: Content | None, against: str) -> dict[str, Any]:
    if change is None:
        return {"value": "–", "verdict": "", "interval": "", "strong": False, "remarks": []}
    low, high = change["ci95"]
    decimals = labels.decimals_of(change["mdc95"] or 0)
    interval = ""
    if change["text"] != "–" and low is not None and high is not None:
        interval = " to ".join(labels.number(end, signed=True, decimals=decimals) for end in (low, high))
    return {
        "value": change["text"].rsplit(" ", 1)[0] if change["unit"] not in ("", "1") else change["text"],
        "verdict": CELL_VERDICTS[change["verdict"]],
        "interval": interval,
        "strong": change["verdict"] in CHANGED,
        "remarks": [words for words in (labels.visibility_words(change), against) if words],
    }


class _Against:
    """Where a table says what its numbers are relative to: once, or per column or cell where that differs.

    Cells without a number say nothing.
    """

    def __init__(self, columns: Sequence[Mapping[str, Content]]) -> None:
        self._all = list(dict.fromkeys(found for column in columns for found in _references(column)))
        self._mixed = len(self._all) > 1

    def table(self) -> str:
        """For the line above the table; empty where its cells differ."""
        # A level without a reference has no number.
        return "" if self._mixed else "".join(labels.rung(one, needs_one=False) for one in self._all)

    def column(self, changes: Mapping[str, Content]) -> str:
        """For the head of a session's column; empty where the table or the cells say it."""
        found = _references(changes)
        return _short(found[0]) if self._mixed and len(found) == 1 else ""

    def cell(self, changes: Mapping[str, Content], region: str) -> str:
        """For one cell; empty where the table or the column says it."""
        one = changes.get(region)
        differ = len(_references(changes)) > 1
        return _short(one["reference"]) if differ and one and one["difference"] is not None else ""


def _references(changes: Mapping[str, Content]) -> list[str | None]:
    found = (one["reference"] for one in changes.values() if one["difference"] is not None)
    return list(dict.fromkeys(found))


def _short(reference: str | None) -> str:
    return labels.reference_phrase(reference) or labels.rung(reference, needs_one=False)
