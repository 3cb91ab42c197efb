"""Progress charts: one metric in one region, drawn the same on screen and in print.

What a chart shows is always the same: the change against the baseline, its 95 % interval, and the noise
band around zero inside which a difference is not a change. Nothing is dropped: a session that could not
be compared stays on the axis as a hollow mark. Colour never says good or bad.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Literal

import altair as alt

from analysis.records import Trend, TrendPoint
from dermatrend.report import labels

Theme = Literal["light", "dark", "print"]
Spec = dict[str, Any]
"""A piece of a Vega-Lite specification."""

HEALING_DAYS: Final = 14
OUTCOME_DAYS: Final = 28
TEXTURE_DAYS: Final = 90
"""Texture is not judged before this many days after the first treatment."""


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one theme. Fills and shapes differ too, so colour alone never carries meaning."""

    ink: str
    quiet: str
    line: str
    accent: str
    band: str
    healing: str
    font: str

    def config(self) -> Spec:
        """The look of axes, titles and fonts as Vega-Lite's config."""
        return {
            "font": self.font,
            "background": "transparent",
            "view": {"stroke": None},
            "axis": {
                "labelColor": self.quiet,
                "titleColor": self.quiet,
                "domainColor": self.line,
                "tickColor": self.line,
                "gridColor": self.line,
                "labelFontSize": 11,
                "titleFontSize": 11,
                "titleFontWeight": "normal",
            },
            "title": {"color": self.ink, "fontSize": 13, "fontWeight": 600, "anchor": "start", "offset": 14},
        }


SCREEN_FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
PRINT_FONT: Final = "Libertinus Serif"
"""A font that typst carries, so that print needs nothing from the system."""

PALETTES: Final[dict[Theme, Palette]] = {
    "light": Palette("#22262b", "#626a73", "#d9d6cf", "#1f5f8b", "#e7ebee", "#efe6d2", SCREEN_FONT),
    "dark": Palette("#e9e7e2", "#a3a8ae", "#3b4046", "#7db8e0", "#2a3138", "#3a3426", SCREEN_FONT),
    "print": Palette("#1c2024", "#5b6269", "#cfd2d5", "#1f5f8b", "#e6eaed", "#f1e8d4", PRINT_FONT),
}


@dataclass(frozen=True, slots=True)
class _Axes:
    """The two position encodings that all layers share, and where they end."""

    x: Spec
    y: Spec
    low: float
    end: float
    px_per_day: float


def phase_of(day: int, treatment_days: Sequence[int], family: str) -> str:
    """Which part of a course a follow-up shows: untreated, healing, between or outcome.

    Args:
        day: days since the baseline, by local calendar dates.
        treatment_days: the days of all treatments on the same count.
        family: "colour" or "texture"; texture has no outcome before day 90 after the first treatment.

    >>> phase_of(5, [0], "colour"), phase_of(30, [0], "colour"), phase_of(30, [0], "texture")
    ('healing', 'outcome', 'between')
    """
    before = [at for at in treatment_days if at < day]  # a photo is taken before that day's treatment
    if not before:
        return "untreated"
    if day - max(before) <= HEALING_DAYS:
        return "healing"
    if day - max(before) < OUTCOME_DAYS:
        return "between"
    return "between" if family == "texture" and day - min(before) < TEXTURE_DAYS else "outcome"


def progress_chart(trend: Trend, treatment_days: Sequence[int] = (), **options: Any) -> alt.LayerChart:
    """A chart of one metric in one region over the days of a course, for the screen.

    Args:
        trend: changes against the baseline, in the metric's unit.
        treatment_days: days since the baseline on which a treatment took place.
        options: as for `chart_spec`, which says what is drawn.

    >>> point = TrendPoint(30, -4.1, (-5.0, -3.2), "measurable_decrease")
    >>> chart = progress_chart(Trend("redness", "left_cheek", "H", (point,), 1.6), [0], theme="dark")
    >>> chart.width
    420
    """
    chart: alt.LayerChart = alt.LayerChart.from_dict(chart_spec(trend, treatment_days, **options))
    return chart


def chart_spec(
    trend: Trend,
    treatment_days: Sequence[int] = (),
    *,
    family: str = "colour",
    theme: Theme = "light",
    width: int | str = 420,
    height: int = 220,
    title: bool = True,
    dates: Mapping[int, str] | None = None,
) -> Spec:
    """The Vega-Lite specification behind `progress_chart`; print draws it without Altair's checks.

    Args:
        trend: changes against the baseline, in the metric's unit.
        treatment_days: days since the baseline on which a treatment took place.
        family: "colour" or "texture": decides where the outcome phase starts.
        theme: "light" and "dark" for screens, "print" for the PDF.
        width: in px, or "container" on screen.
        height: in px.
        title: write metric and region above the chart.
        dates: day -> date, for the tooltips.

    Returns:
        A layered chart whose whole data is inline: it needs no network and no other file.

    >>> point = TrendPoint(30, -4.1, (-5.0, -3.2), "measurable_decrease")
    >>> spec = chart_spec(Trend("redness", "left_cheek", "H", (point,), 1.6), [0])
    >>> "±1.6 H" in str(spec)
    True
    """
    palette = PALETTES[theme]
    days = [0, *(point.day for point in trend.points), *treatment_days]
    end = max(1, *days) * 1.05
    low, high = _y_domain(trend)
    small = isinstance(width, int) and width < 240
    unit = "" if trend.unit in ("", "1") else f" ({trend.unit})"
    axes = _Axes(
        x={
            "field": "day",
            "type": "quantitative",
            "scale": {"domain": [min(0, *days) - 0.03 * end, end], "nice": False},
            "axis": {
                "title": "days since baseline",
                "tickMinStep": 1,
                "format": "d",
                "tickCount": 4 if small else 6,
                "grid": False,
            },
        },
        y={
            "field": "value",
            "type": "quantitative",
            "scale": {"domain": [low, high], "nice": False},
            "axis": {"title": f"change{unit}", "tickCount": 5, "gridOpacity": 0.6},
        },
        low=low,
        end=end,
        px_per_day=(width if isinstance(width, int) else 420) / end,
    )
    spec: Spec = {
        "$schema": alt.SCHEMA_URL,
        # What a screen reader says in place of the picture.
        "description": describe(trend, treatment_days, family),
        "width": width,
        "height": height,
        "layer": [
            *_phase_layers(phase_spans(treatment_days, end, family), palette, axes),
            *_band_layers(trend, palette, axes),
            *_slope_layers(trend, palette, axes),
            *_treatment_layers(treatment_days, palette, axes),
            *_point_layers(_point_rows(trend, treatment_days, family, low, dates or {}), palette, axes),
        ],
        "config": palette.config(),
    }
    if title:
        spec["title"] = f"{labels.metric_label(trend.metric)}, {labels.in_sentence(trend.region)}"
    return spec


def describe(trend: Trend, treatment_days: Sequence[int] = (), family: str = "colour") -> str:
    """The chart in words: the alternative text in the PDF and for screen readers.

    >>> point = TrendPoint(30, -4.1, (-5.0, -3.2), "measurable_decrease")
    >>> describe(Trend("redness", "left_cheek", "H", (point,), 1.6)).split(": ")[1]
    'day 30 −4.1 ± 1.6 H, measurable decrease.'
    """
    parts = []
    for point in trend.points:
        value = labels.with_band(point.difference, band_of(trend, point), trend.unit)
        verdict = labels.VERDICTS[point.verdict]
        phase = phase_of(point.day, treatment_days, family)
        parts.append(
            f"day {point.day} "
            + (verdict if value == "–" else f"{value}, {verdict}")
            + (" (healing)" if phase == "healing" else "")
        )
    heading = f"{labels.metric_label(trend.metric)}, {labels.in_sentence(trend.region)}"
    words = f"{heading}: {'; '.join(parts) or 'no follow-up session'}."
    return f"{words} {labels.slope_sentence(trend.slope, trend.unit)}" if trend.slope else words


def band_of(trend: Trend, point: TrendPoint) -> float:
    """The noise band of one session: its own where it is known, else the trend's."""
    return point.mdc95 if math.isfinite(point.mdc95) else trend.mdc95


def _finite(*values: float) -> bool:
    return all(math.isfinite(value) for value in values)


def _compared(point: TrendPoint) -> bool:
    return point.verdict not in ("not_comparable", "not_measurable") and _finite(point.difference)


def _y_domain(trend: Trend) -> tuple[float, float]:
    """Symmetric where it can be, always holding zero, the band and every interval."""
    reach = [trend.mdc95] if _finite(trend.mdc95) else []
    for point in trend.points:
        if _compared(point):
            reach += [abs(value) for value in (point.difference, *point.ci95, point.mdc95) if _finite(value)]
    if trend.slope:
        reach += [abs(value) for point in trend.slope.line for value in (point.low, point.high)]
    top = 1.35 * max(reach, default=1.0) or 1.0  # room above for the band's label
    return -top, top


def layer(rows: Sequence[Mapping[str, Any]], mark: Mapping[str, Any], **encoding: Any) -> Spec:
    """One layer with its data inside it."""
    return {"data": {"values": list(rows)}, "mark": dict(mark), "encoding": encoding}


def _tooltip(**titles: str) -> Any:
    return [{"field": field, "type": "nominal", "title": title} for field, title in titles.items()]


def phase_spans(days: Sequence[int], last: float, family: str) -> list[tuple[str, float, float]]:
    """(phase, from day, to day) for every healing and outcome span up to the last day.

    >>> phase_spans([0, 45], 100, "colour")
    [('healing', 0, 14), ('outcome', 28, 45), ('healing', 45, 59), ('outcome', 73, 100)]
    """
    ordered = sorted(set(days))
    spans: list[tuple[str, float, float]] = []
    for at, following in zip(ordered, [*ordered[1:], last], strict=bool(ordered)):
        opens = at + OUTCOME_DAYS
        if family == "texture":
            opens = max(opens, ordered[0] + TEXTURE_DAYS)
        spans.append(("healing", at, min(at + HEALING_DAYS, following)))
        spans.append(("outcome", opens, following))
    return [span for span in spans if span[1] < span[2]]


def _phase_layers(spans: Sequence[tuple[str, float, float]], palette: Palette, axes: _Axes) -> list[Spec]:
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
        tooltip = _tooltip(phase="Phase")
        layers.append(layer(rows, strip, x=axes.x, x2=end, y={"value": -4}, tooltip=tooltip))
        named = [row for row in rows if (row["end"] - row["day"]) * axes.px_per_day > 9 + 5 * len(name)]
        if named:
            words = {"type": "text", "color": palette.quiet, "fontSize": 9, "baseline": "bottom"}
            mid = axes.x | {"field": "mid"}
            layers.append(layer(named, words, x=mid, y={"value": -7}, text={"field": "phase"}))
    return layers


def _band_layers(trend: Trend, palette: Palette, axes: _Axes) -> list[Spec]:
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


def _band_rows(trend: Trend, axes: _Axes) -> list[dict[str, float]]:
    """The band as steps: every day belongs to the nearest session that has one."""
    bands = {point.day: band_of(trend, point) for point in trend.points if _compared(point)}
    known = [(day, band) for day, band in sorted(bands.items()) if _finite(band)]
    if not known and _finite(trend.mdc95):
        known = [(0, trend.mdc95)]
    first, last = axes.x["scale"]["domain"]
    cuts = [(day + following) / 2 for (day, _), (following, _) in pairwise(known)]
    return [
        {"day": start, "end": end, "value": -band, "top": band}
        for (_, band), start, end in zip(known, [first, *cuts], [*cuts, last], strict=bool(known))
    ]


def _slope_layers(trend: Trend, palette: Palette, axes: _Axes) -> list[Spec]:
    """The fitted line from its first to its last session, between the ends of its interval."""
    if trend.slope is None:
        return []
    rows = [
        {"day": point.day, "value": point.low, "high": point.high, "fitted": point.value}
        for point in trend.slope.line
    ]
    line = {"type": "line", "color": palette.accent, "strokeWidth": 1.4, "strokeDash": [6, 3], "opacity": 1}
    edge = line | {"strokeWidth": 0.7, "strokeDash": [2, 2]}
    tooltip = _tooltip(words="Trend")
    told = [row | {"words": labels.slope_sentence(trend.slope, trend.unit)} for row in rows]
    area = {"type": "area", "color": palette.accent, "opacity": 0.1}
    return [
        layer(rows, area, x=axes.x, y=axes.y, y2={"field": "high"}),
        layer(rows, edge, x=axes.x, y=axes.y),
        layer([row | {"value": row["high"]} for row in rows], edge, x=axes.x, y=axes.y),
        layer([row | {"value": row["fitted"]} for row in told], line, x=axes.x, y=axes.y, tooltip=tooltip),
    ]


def _treatment_layers(days: Sequence[int], palette: Palette, axes: _Axes) -> list[Spec]:
    if not days:
        return []
    rows = [{"day": at, "what": f"treatment, day {at}"} for at in days]
    tooltip = _tooltip(what="Event")
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
        layer(rows, rule, x=axes.x, tooltip=tooltip),
        layer(rows, mark, x=axes.x, y={"value": 3}, tooltip=tooltip),
    ]


def _point_rows(
    trend: Trend, treatment_days: Sequence[int], family: str, low: float, dates: Mapping[int, str]
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for point in trend.points:
        compared = _compared(point)
        has_ci = compared and _finite(*point.ci95)
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
            }
        )
    return rows


def _point_layers(rows: Sequence[Mapping[str, Any]], palette: Palette, axes: _Axes) -> list[Spec]:
    tooltip = _tooltip(
        day="Days since baseline", date="Date", change="Change and band", verdict="Verdict", phase="Phase"
    )
    place = {"x": axes.x, "y": axes.y}
    compared = [row for row in rows if row["compared"]]
    # The line joins outcomes only: a healing photo is no step on the way to a result.
    path = [{"day": 0, "value": 0.0}, *(row for row in compared if not row["healing"])]
    line = {"type": "line", "color": palette.quiet, "strokeWidth": 1.1, "opacity": 1}
    layers = [layer([{"day": row["day"], "value": row["value"]} for row in path], line, **place)]
    start = {"day": 0, "value": 0.0, "verdict": "baseline"}
    layers.append(
        layer([start], point_mark("square", palette.ink, 36), **place, tooltip=_tooltip(verdict="Session"))
    )
    bars = [
        {"day": row["day"], "value": row["low"], "high": row["high"]}
        for row in compared
        if row["low"] is not None
    ]
    if bars:
        bar = {"type": "rule", "color": palette.ink, "strokeWidth": 1.3, "opacity": 1}
        layers.append(layer(bars, bar, **place, y2={"field": "high"}))
    for chosen, mark in (
        ([row for row in compared if row["measurable"]], point_mark("circle", palette.accent, 95)),
        ([row for row in compared if not row["measurable"]], point_mark("circle", palette.quiet, 55)),
        ([row for row in rows if not row["compared"]], point_mark("diamond", palette.ink, 80, filled=False)),
    ):
        if chosen:
            layers.append(layer(chosen, mark, **place, tooltip=tooltip))
    return layers


def point_mark(shape: str, colour: str, size: int, *, filled: bool = True) -> Spec:
    """A mark for one session or region; hollow where it stands for no number."""
    mark: Spec = {
        "type": "point",
        "shape": shape,
        "filled": filled,
        "color": colour,
        "size": size,
        "opacity": 1,
    }
    return mark if filled else mark | {"strokeWidth": 1.4}
