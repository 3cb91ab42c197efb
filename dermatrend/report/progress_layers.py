"""The layers of a progress chart: phases, noise band, slope, treatments and sessions, from back to front."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from analysis.records import Trend, TrendPoint
from dermatrend.report import labels, phrases
from dermatrend.report.chart_look import Palette, Spec, layer, point_mark, tooltip
from dermatrend.report.phases import phase_of

MIXED_REFERENCES: Final = "mixed_references"
"""The flag of a trend whose sessions are not all relative to the same."""


@dataclass(frozen=True, slots=True)
class Axes:
    """The two position encodings that all layers share."""

    x: Spec
    y: Spec
    px_per_day: float


def band_of(trend: Trend, point: TrendPoint) -> float:
    """The noise band of one session: its own where it is known, else the trend's."""
    return point.mdc95 if math.isfinite(point.mdc95) else trend.mdc95


def finite(*values: float) -> bool:
    """Whether every one of them is a number."""
    return all(math.isfinite(value) for value in values)


def was_compared(point: TrendPoint) -> bool:
    """Whether the session has a number for this metric and region."""
    return point.verdict not in ("not_comparable", "not_measurable") and finite(point.difference)


def stands_apart(trend: Trend, point: TrendPoint) -> bool:
    """Whether a session's number is relative to something else than the trend, and so not on its line."""
    return was_compared(point) and point.reference != trend.reference


def phase_layers(spans: Sequence[tuple[str, float, float]], palette: Palette, axes: Axes) -> list[Spec]:
    """Healing and outcome, shaded and named above the plot."""
    end: Spec = {"field": "end"}
    layers = []
    for name, colour in (("healing", palette.healing), ("outcome", palette.quiet)):
        rows: list[dict[str, Any]] = [
            {"phase": phase, "day": start, "end": stop, "mid": (start + stop) / 2}
            for phase, start, stop in spans
            if phase == name
        ]
        if not rows:
            continue
        if name == "healing":
            layers.append(layer(rows, {"type": "rect", "color": colour, "opacity": 1}, x=axes.x, x2=end))
        # A strip above the plot names the phases, so that shading is never the only sign of them.
        strip = {"type": "rule", "color": colour, "strokeWidth": 3, "opacity": 1}
        hover = tooltip(phase="Phase")
        layers.append(layer(rows, strip, x=axes.x, x2=end, y={"value": -4}, tooltip=hover))
        named = [row for row in rows if (row["end"] - row["day"]) * axes.px_per_day > 9 + 5 * len(name)]
        if named:
            words = {"type": "text", "color": palette.quiet, "fontSize": 9, "baseline": "bottom"}
            mid = axes.x | {"field": "mid"}
            layers.append(layer(named, words, x=mid, y={"value": -7}, text={"field": "phase"}))
    return layers


def band_layers(trend: Trend, palette: Palette, axes: Axes) -> list[Spec]:
    """The noise band around zero, with its size in words."""
    zero = layer(
        [{"value": 0.0}], {"type": "rule", "color": palette.quiet, "strokeWidth": 1, "opacity": 1}, y=axes.y
    )
    rows = _band_rows(trend, axes)
    if not rows:
        return [zero]
    bands = sorted(row["top"] for row in rows)
    texts = list(dict.fromkeys(labels.number(band) for band in (bands[0], bands[-1])))
    unit = labels.number(0, trend.unit, decimals=0)[1:]
    text = f"noise band ±{' to ±'.join(texts)}{unit}"
    area = {"type": "rect", "color": palette.band, "opacity": 0.85}
    edge = {"type": "rule", "color": palette.quiet, "strokeWidth": 0.6, "strokeDash": [3, 3], "opacity": 1}
    words = {
        "type": "text",
        "align": "right",
        "baseline": "bottom",
        "dx": -4,
        "dy": -2,
        "color": palette.quiet,
        "fontSize": 10,
    }
    end = {"field": "end"}
    edges = [row | {"value": sign * row["top"]} for row in rows for sign in (-1, 1)]
    return [
        layer(rows, area, x=axes.x, x2=end, y=axes.y, y2={"field": "top"}),
        layer(edges, edge, x=axes.x, x2=end, y=axes.y),
        zero,
        layer(
            [{"value": bands[-1], "text": text}],
            words,
            x={"value": "width"},
            y=axes.y,
            text={"field": "text"},
        ),
    ]


def _band_rows(trend: Trend, axes: Axes) -> list[dict[str, float]]:
    """The band as steps: every day belongs to the nearest session that has one."""
    bands = {point.day: band_of(trend, point) for point in trend.points if was_compared(point)}
    known = [(day, band) for day, band in sorted(bands.items()) if finite(band)]
    if not known and finite(trend.mdc95):
        known = [(0, trend.mdc95)]
    first, last = axes.x["scale"]["domain"]
    cuts = [(day + following) / 2 for (day, _), (following, _) in pairwise(known)]
    return [
        {"day": start, "end": end, "value": -band, "top": band}
        for (_, band), start, end in zip(known, [first, *cuts], [*cuts, last], strict=bool(known))
    ]


def slope_layers(trend: Trend, palette: Palette, axes: Axes) -> list[Spec]:
    """The fitted line from its first to its last session, between the ends of its interval."""
    if trend.slope is None:
        return []
    rows = [
        {"day": point.day, "value": point.low, "high": point.high, "fitted": point.value}
        for point in trend.slope.line
    ]
    line = {"type": "line", "color": palette.accent, "strokeWidth": 1.4, "strokeDash": [6, 3], "opacity": 1}
    edge = line | {"strokeWidth": 0.7, "strokeDash": [2, 2]}
    hover = tooltip(words="Trend")
    told = [row | {"words": phrases.slope_sentence(trend.slope, trend.unit)} for row in rows]
    area = {"type": "area", "color": palette.accent, "opacity": 0.1}
    return [
        layer(rows, area, x=axes.x, y=axes.y, y2={"field": "high"}),
        layer(rows, edge, x=axes.x, y=axes.y),
        layer([row | {"value": row["high"]} for row in rows], edge, x=axes.x, y=axes.y),
        layer([row | {"value": row["fitted"]} for row in told], line, x=axes.x, y=axes.y, tooltip=hover),
    ]


def treatment_layers(days: Sequence[int], palette: Palette, axes: Axes) -> list[Spec]:
    """A line and a mark for every treatment."""
    if not days:
        return []
    rows = [{"day": at, "what": f"treatment, day {at}"} for at in days]
    hover = tooltip(what="Event")
    rule = {"type": "rule", "color": palette.quiet, "strokeWidth": 0.7, "opacity": 1}
    mark = {
        "type": "point",
        "shape": "triangle-down",
        "filled": True,
        "color": palette.ink,
        "size": 34,
        "opacity": 1,
    }
    return [
        layer(rows, rule, x=axes.x, tooltip=hover),
        layer(rows, mark, x=axes.x, y={"value": 3}, tooltip=hover),
    ]


def point_rows(
    trend: Trend, treatment_days: Sequence[int], family: str, low: float, dates: Mapping[int, str]
) -> list[dict[str, Any]]:
    """What is drawn of every session: those without a number too, at the foot of the chart (`low`)."""
    rows: list[dict[str, Any]] = []
    for point in trend.points:
        compared = was_compared(point)
        has_ci = compared and finite(*point.ci95)
        phase = phase_of(point.day, treatment_days, family)
        rows.append(
            {
                "day": point.day,
                # A point without a number sits on the axis: present, but at no height of its own.
                "value": point.difference if compared else low,
                "low": point.ci95[0] if has_ci else None,
                "high": point.ci95[1] if has_ci else None,
                "compared": compared,
                "measurable": point.verdict in ("measurable_decrease", "measurable_increase"),
                "date": dates.get(point.day, ""),
                "change": labels.with_band(point.difference, band_of(trend, point), trend.unit)
                if compared
                else "–",
                "verdict": labels.VERDICTS[point.verdict],
                "phase": labels.PHASES[phase],
                "healing": phase == "healing",
                "apart": stands_apart(trend, point),
                "against": labels.metric_rung(trend.metric, point.reference) if compared else "–",
            }
        )
    return rows


def point_layers(rows: Sequence[Mapping[str, Any]], palette: Palette, axes: Axes) -> list[Spec]:
    """Sessions with their intervals, and the line that joins outcomes against one reference."""
    hover = tooltip(
        day="Days since baseline",
        date="Date",
        change="Change and band",
        verdict="Verdict",
        phase="Phase",
        against="Relative to",
    )
    place = {"x": axes.x, "y": axes.y}
    compared = [row for row in rows if row["compared"]]
    # The line joins outcomes only: a healing photo is no step on the way to a result, and a level against
    # another reference is no step on the same way.
    path: list[Mapping[str, Any]] = [{"day": 0, "value": 0.0}]
    path += [row for row in compared if not row["healing"] and not row["apart"]]
    line = {"type": "line", "color": palette.quiet, "strokeWidth": 1.1, "opacity": 1}
    layers = [layer([{"day": row["day"], "value": row["value"]} for row in path], line, **place)]
    start = {"day": 0, "value": 0.0, "verdict": "baseline"}
    layers.append(
        layer([start], point_mark("square", palette.ink, 36), **place, tooltip=tooltip(verdict="Session"))
    )
    bars = [
        {"day": row["day"], "value": row["low"], "high": row["high"]}
        for row in compared
        if row["low"] is not None
    ]
    if bars:
        bar = {"type": "rule", "color": palette.ink, "strokeWidth": 1.3, "opacity": 1}
        layers.append(layer(bars, bar, **place, y2={"field": "high"}))
    for measurable, colour, size in ((True, palette.accent, 95), (False, palette.quiet, 55)):
        for apart in (False, True):
            mark = point_mark("circle", colour, size, filled=not apart)
            alike = [r for r in compared if (r["measurable"], r["apart"]) == (measurable, apart)]
            layers.append(layer(alike, mark, **place, tooltip=hover))
    missing = point_mark("diamond", palette.ink, 80, filled=False)
    without = [row for row in rows if not row["compared"]]
    layers.append(layer(without, missing, **place, tooltip=hover))
    return [one for one in layers if one["data"]["values"]]
