"""One session against the baseline: all regions of one metric under each other.

A course with one follow-up has no course yet. Its chart compares regions instead: every difference with
its 95 % interval, over the noise band of its own region.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from dermatrend.report import labels
from dermatrend.report.chart_look import PALETTES, Spec, Theme, layer, point_mark

ROW_PX = 17
LABEL_CHARACTERS = 24


def region_spec(changes: Sequence[Mapping[str, Any]], *, theme: Theme = "print", width: int = 210) -> Spec:
    """A Vega-Lite specification for the changes of one metric in one session.

    Args:
        changes: from report.json, all of one metric; null for what could not be measured.
        theme: "light", "dark" or "print".
        width: in px, without the names of the regions.

    Returns:
        A layered chart whose whole data is inline.

    >>> change = {"metric": "redness", "region": "nose", "unit": "H", "difference": -3.0, "mdc95": 2.0,
    ...     "ci95": [-4.5, -1.5], "verdict": "measurable_decrease", "text": "−3.0 ± 2.0 H"}
    >>> region_spec([change])["height"]
    17
    """
    palette = PALETTES[theme]
    reach = [
        abs(value)
        for one in changes
        if one["difference"] is not None
        for value in (one["difference"], one["mdc95"], *one["ci95"])
        if value is not None
    ]
    top = 1.15 * max(reach, default=1.0) or 1.0
    unit = changes[0]["unit"] if changes else ""
    x: Spec = {
        "field": "value",
        "type": "quantitative",
        "scale": {"domain": [-top, top], "nice": False},
        "axis": {"title": f"change ({unit})" if unit not in ("", "1") else "change", "tickCount": 5},
    }
    # Rows go by number, not by name: shortened names of drawn regions may be alike.
    y: Spec = {"field": "row", "type": "ordinal", "axis": None}
    rows = [_row(number, one, -top) for number, one in enumerate(changes)]
    told = [row for row in rows if row["compared"]]
    bars = [row | {"value": row["low"]} for row in told if row["low"] is not None]
    tooltip = [
        {"field": field, "type": "nominal", "title": name}
        for field, name in (("region", "Region"), ("text", "Change and band"), ("verdict", "Verdict"))
    ]
    name = {"type": "text", "align": "right", "color": palette.quiet, "fontSize": 11}
    layers = [
        layer(rows, name, x={"value": -8}, y=y, text={"field": "label"}),
        layer(
            [row | {"value": -row["band"]} for row in told if row["band"] is not None],
            {"type": "bar", "color": palette.band, "size": ROW_PX - 4},
            x=x,
            x2={"field": "band"},
            y=y,
        ),
        layer([{"value": 0.0}], {"type": "rule", "color": palette.quiet, "opacity": 1}, x=x),
        layer(
            bars, {"type": "rule", "color": palette.ink, "strokeWidth": 1.3}, x=x, x2={"field": "high"}, y=y
        ),
    ]
    for chosen, mark in (
        ([row for row in told if row["measurable"]], point_mark("circle", palette.accent, 80)),
        ([row for row in told if not row["measurable"]], point_mark("circle", palette.quiet, 45)),
        ([row for row in rows if not row["compared"]], point_mark("diamond", palette.ink, 60, filled=False)),
    ):
        layers.append(layer(chosen, mark, x=x, y=y, tooltip=tooltip))
    return {
        "$schema": alt.SCHEMA_URL,
        "description": describe_regions(changes),
        "width": width,
        "height": ROW_PX * max(1, len(rows)),
        # Room for names that print wider in the report's font than they were measured.
        "padding": {"left": 45 if any(len(row["label"]) > 20 for row in rows) else 5, "right": 5}
        | {"top": 5, "bottom": 5},
        "layer": [one for one in layers if one["data"]["values"]],
        "config": palette.config(),
    }


def describe_regions(changes: Sequence[Mapping[str, Any]]) -> str:
    """The chart in words, for people who do not see it.

    >>> describe_regions([])
    'No region.'
    """
    if not changes:
        return "No region."
    parts = []
    for one in changes:
        verdict = labels.VERDICTS[one["verdict"]]
        value = verdict if one["text"] == "–" else f"{one['text']}, {verdict}"
        parts.append(f"{labels.in_sentence(one['region'])} {value}")
    return f"{labels.metric_label(changes[0]['metric'])}: {'; '.join(parts)}."


def _short(label: str) -> str:
    # The table beside the chart holds the whole name.
    return label if len(label) <= LABEL_CHARACTERS else f"{label[: LABEL_CHARACTERS - 1]}…"


def _row(number: int, change: Mapping[str, Any], edge: float) -> dict[str, Any]:
    compared = change["text"] != "–"
    low, high = change["ci95"] if compared else (None, None)
    return {
        "row": number,
        "region": labels.region_label(change["region"]),
        "label": _short(labels.region_label(change["region"])),
        # A region without a number keeps its row: a hollow mark at the edge, at no height of its own.
        "value": change["difference"] if compared else edge,
        "low": low,
        "high": high,
        "band": change["mdc95"] if compared else None,
        "compared": compared,
        "measurable": change["verdict"] in ("measurable_decrease", "measurable_increase"),
        "text": change["text"],
        "verdict": labels.VERDICTS[change["verdict"]],
    }
