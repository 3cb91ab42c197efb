"""Progress charts: one metric in one region, drawn the same on screen and in print.

What a chart shows is always the same: the change against the baseline, its 95 % interval, and the noise
band around zero inside which a difference is not a change. Nothing is dropped: a session that could not
be compared stays on the axis as a hollow mark. Colour never says good or bad.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import altair as alt

from analysis.records import Trend, TrendPoint
from dermatrend.report import labels

Theme = Literal["light", "dark", "print"]

HEALING_DAYS: Final = 14
OUTCOME_DAYS: Final = 28
TEXTURE_DAYS: Final = 90
"""Texture is not judged before this many days after the first treatment (CLINICAL 3.1)."""


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one theme. Fills and shapes differ too, so colour alone never carries meaning."""

    ink: str
    quiet: str
    line: str
    accent: str
    band: str
    healing: str
    paper: str | None
    font: str


SCREEN_FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
PRINT_FONT: Final = "Libertinus Serif"
"""A font that typst carries, so that print needs nothing from the system."""

PALETTES: Final[dict[Theme, Palette]] = {
    "light": Palette("#22262b", "#626a73", "#d9d6cf", "#1f5f8b", "#e7ebee", "#efe6d2", None, SCREEN_FONT),
    "dark": Palette("#e9e7e2", "#a3a8ae", "#3b4046", "#7db8e0", "#2a3138", "#3a3426", None, SCREEN_FONT),
    "print": Palette("#1c2024", "#5b6269", "#cfd2d5", "#1f5f8b", "#e6eaed", "#f1e8d4", None, PRINT_FONT),
}


def phase_of(day: int, treatment_days: Sequence[int], family: str) -> str:
    """Which part of a course a photo shows: baseline, healing, between or outcome.

    Args:
        day: days since the baseline, by local calendar dates.
        treatment_days: the days of all treatments on the same count.
        family: "colour" or "texture"; texture has no outcome before day 90 after the first treatment.

    >>> phase_of(5, [0], "colour"), phase_of(30, [0], "colour"), phase_of(30, [0], "texture")
    ('healing', 'outcome', 'between')
    """
    before = [at for at in treatment_days if at < day]  # a photo is taken before that day's treatment
    if day == 0 or not before:
        return "baseline"
    if day - max(before) <= HEALING_DAYS:
        return "healing"
    if day - max(before) < OUTCOME_DAYS:
        return "between"
    return "between" if family == "texture" and day - min(before) < TEXTURE_DAYS else "outcome"


def progress_chart(
    trend: Trend,
    treatment_days: Sequence[int] = (),
    *,
    family: str = "colour",
    theme: Theme = "light",
    width: int | str = 420,
    height: int = 220,
    title: bool = True,
    dates: Mapping[int, str] | None = None,
) -> alt.LayerChart:
    """A chart of one metric in one region over the days of a course.

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
        A chart whose whole data is inline: it needs no network and no other file.

    >>> point = TrendPoint(30, -4.1, (-5.0, -3.2), "measurable_decrease")
    >>> chart = progress_chart(Trend("redness", "left_cheek", "H", (point,), 1.6), [0])
    >>> "±1.6 H" in chart.to_json(ensure_ascii=False)
    True
    """
    palette = PALETTES[theme]
    days = [0, *(point.day for point in trend.points), *treatment_days]
    last = max(1, *days)
    x = alt.X(
        "day:Q",
        scale=alt.Scale(domain=[min(0, *days) - 0.03 * last, last * 1.05], nice=False),
        axis=alt.Axis(title="days since baseline", tickMinStep=1, grid=False, tickCount=6),
    )
    low, high = _y_domain(trend)
    unit = "" if trend.unit in ("", "1") else f" ({trend.unit})"
    y = alt.Y(
        "value:Q",
        scale=alt.Scale(domain=[low, high], nice=False),
        axis=alt.Axis(title=f"change{unit}", tickCount=5, gridOpacity=0.6),
    )
    layers = [
        *_phase_layers(treatment_days, last * 1.05, family, width, palette, x),
        *_band_layers(trend, palette, x, y),
        *_treatment_layers(treatment_days, palette, x),
        *_point_layers(trend, treatment_days, family, palette, x, y, low, dates or {}),
    ]
    heading = f"{labels.metric_label(trend.metric)}, {labels.region_label(trend.region).lower()}"
    chart = alt.layer(*layers).properties(width=width, height=height)
    if title:
        chart = chart.properties(title=heading)
    # The description is what a screen reader says in place of the picture.
    chart = chart.properties(description=describe(trend, treatment_days, family))
    return _dress(chart, palette)


def describe(trend: Trend, treatment_days: Sequence[int] = (), family: str = "colour") -> str:
    """The chart in words: the alternative text in the PDF and for screen readers.

    >>> point = TrendPoint(30, -4.1, (-5.0, -3.2), "measurable_decrease")
    >>> describe(Trend("redness", "left_cheek", "H", (point,), 1.6)).split(": ")[1]
    'day 30 −4.1 ± 1.6 H, measurable decrease.'
    """
    parts = []
    for point in trend.points:
        value = labels.with_band(point.difference, trend.mdc95, trend.unit)
        verdict = labels.VERDICTS[point.verdict]
        phase = phase_of(point.day, treatment_days, family)
        parts.append(
            f"day {point.day} "
            + (verdict if value == "–" else f"{value}, {verdict}")
            + (" (healing)" if phase == "healing" else "")
        )
    heading = f"{labels.metric_label(trend.metric)}, {labels.region_label(trend.region).lower()}"
    return f"{heading}: {'; '.join(parts) or 'no follow-up session'}."


def _finite(*values: float) -> bool:
    return all(math.isfinite(value) for value in values)


def _compared(point: TrendPoint) -> bool:
    return point.verdict not in ("not_comparable", "not_measurable") and _finite(point.difference)


def _y_domain(trend: Trend) -> tuple[float, float]:
    """Symmetric where it can be, always holding zero, the band and every interval."""
    reach = [trend.mdc95] if _finite(trend.mdc95) else []
    for point in trend.points:
        if _compared(point):
            reach += [abs(value) for value in (point.difference, *point.ci95) if _finite(value)]
    top = 1.2 * max(reach, default=1.0) or 1.0
    return -top, top


def _values(rows: Sequence[Mapping[str, Any]]) -> alt.Data:
    return alt.Data(values=list(rows))


def phase_spans(days: Sequence[int], last: float, family: str) -> list[tuple[str, float, float]]:
    """(phase, from day, to day) for every healing and outcome span up to the last day.

    >>> phase_spans([0, 45], 100, "colour")
    [('healing', 0, 14), ('outcome', 28, 45), ('healing', 45, 59), ('outcome', 73, 100)]
    """
    ordered = sorted(set(days))
    spans: list[tuple[str, float, float]] = []
    for at, following in zip(ordered, [*ordered[1:], last], strict=True):
        opens = at + OUTCOME_DAYS
        if family == "texture":
            opens = max(opens, ordered[0] + TEXTURE_DAYS)
        spans.append(("healing", at, min(at + HEALING_DAYS, following)))
        spans.append(("outcome", opens, following))
    return [span for span in spans if span[1] < span[2]]


def _phase_layers(
    days: Sequence[int], last: float, family: str, width: int | str, palette: Palette, x: alt.X
) -> list[alt.Chart]:
    spans = phase_spans(days, last, family)
    if not spans:
        return []
    rows = [{"phase": name, "day": start, "end": end, "mid": (start + end) / 2} for name, start, end in spans]
    healing = [row for row in rows if row["phase"] == "healing"]
    layers = [alt.Chart(_values(healing)).mark_rect(color=palette.healing, opacity=1).encode(x=x, x2="end:Q")]
    # A strip above the plot names the phases, so that shading is never the only sign of them.
    for name, colour in (("healing", palette.healing), ("outcome", palette.quiet)):
        some = [row for row in rows if row["phase"] == name]
        if some:
            layers.append(
                alt.Chart(_values(some))
                .mark_rule(color=colour, strokeWidth=4)
                .encode(x=x, x2="end:Q", y=alt.value(-5), tooltip=alt.Tooltip("phase:N", title="Phase"))
            )
    px_per_day = (width if isinstance(width, int) else 420) / max(last, 1)
    named = [row for row in rows if (row["end"] - row["day"]) * px_per_day > 9 + 5 * len(row["phase"])]
    if named:
        layers.append(
            alt.Chart(_values(named))
            .mark_text(color=palette.quiet, fontSize=9, baseline="bottom")
            .encode(x=alt.X("mid:Q"), y=alt.value(-9), text="phase:N")
        )
    return layers


def _band_layers(trend: Trend, palette: Palette, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    zero = alt.Chart(_values([{"value": 0.0}])).mark_rule(color=palette.quiet, strokeWidth=1).encode(y=y)
    if not _finite(trend.mdc95):
        return [zero]
    band = trend.mdc95
    row = {"value": -band, "top": band, "text": f"noise band ±{labels.number(band, trend.unit)}"}
    area = alt.Chart(_values([row])).mark_rect(color=palette.band, opacity=0.85).encode(y=y, y2="top:Q")
    edges = (
        alt.Chart(_values([{"value": -band}, {"value": band}]))
        .mark_rule(color=palette.quiet, strokeWidth=0.6, strokeDash=[3, 3])
        .encode(y=y)
    )
    words = (
        alt.Chart(_values([row | {"value": band}]))
        .mark_text(align="right", baseline="bottom", dx=-4, dy=-2, color=palette.quiet, fontSize=10)
        .encode(x=alt.value("width"), y=y, text="text:N")
    )
    return [area, edges, zero, words]


def _treatment_layers(days: Sequence[int], palette: Palette, x: alt.X) -> list[alt.Chart]:
    if not days:
        return []
    rows = [{"day": at, "what": f"treatment, day {at}"} for at in days]
    data = _values(rows)
    rule = (
        alt.Chart(data)
        .mark_rule(color=palette.ink, strokeWidth=0.9)
        .encode(x=x, tooltip=alt.Tooltip("what:N", title="Event"))
    )
    mark = (
        alt.Chart(data)
        .mark_point(shape="triangle-down", filled=True, color=palette.ink, size=42, opacity=1)
        .encode(x=x, y=alt.value(3), tooltip=alt.Tooltip("what:N", title="Event"))
    )
    return [rule, mark]


def _point_rows(
    trend: Trend, treatment_days: Sequence[int], family: str, low: float, dates: Mapping[int, str]
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for point in trend.points:
        compared = _compared(point)
        has_ci = compared and _finite(*point.ci95)
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
                "change": labels.with_band(point.difference, trend.mdc95, trend.unit) if compared else "–",
                "verdict": labels.VERDICTS[point.verdict],
                "phase": labels.PHASES[phase_of(point.day, treatment_days, family)],
                "judged": phase_of(point.day, treatment_days, family) != "healing",
            }
        )
    return rows


def _point_layers(
    trend: Trend,
    treatment_days: Sequence[int],
    family: str,
    palette: Palette,
    x: alt.X,
    y: alt.Y,
    low: float,
    dates: Mapping[int, str],
) -> list[alt.Chart]:
    rows = _point_rows(trend, treatment_days, family, low, dates)
    tooltip = [
        alt.Tooltip("day:Q", title="Days since baseline"),
        alt.Tooltip("date:N", title="Date"),
        alt.Tooltip("change:N", title="Change and band"),
        alt.Tooltip("verdict:N", title="Verdict"),
        alt.Tooltip("phase:N", title="Phase"),
    ]
    baseline = (
        alt.Chart(_values([{"day": 0, "value": 0.0, "verdict": "baseline"}]))
        .mark_point(shape="square", filled=True, color=palette.ink, size=36, opacity=1)
        .encode(x=x, y=y, tooltip=alt.Tooltip("verdict:N", title="Session"))
    )
    # The line joins outcomes only: a healing photo is no step on the way to a result.
    path = [{"day": 0, "value": 0.0}] + [
        {"day": row["day"], "value": row["value"]} for row in rows if row["compared"] and row["judged"]
    ]
    layers = [
        alt.Chart(_values(path)).mark_line(color=palette.quiet, strokeWidth=1.1).encode(x=x, y=y),
        baseline,
    ]
    inside = [row for row in rows if row["compared"]]
    if any(row["low"] is not None for row in inside):
        layers.append(
            alt.Chart(_values([row | {"value": row["low"]} for row in inside if row["low"] is not None]))
            .mark_rule(color=palette.ink, strokeWidth=1.3)
            .encode(x=x, y=y, y2="high:Q")
        )
    for measurable, colour, size in ((True, palette.accent, 95), (False, palette.quiet, 55)):
        some = [row for row in inside if row["measurable"] is measurable]
        if some:
            layers.append(
                alt.Chart(_values(some))
                .mark_point(shape="circle", filled=True, color=colour, size=size, opacity=1)
                .encode(x=x, y=y, tooltip=tooltip)
            )
    outside = [row for row in rows if not row["compared"]]
    if outside:
        layers.append(
            alt.Chart(_values(outside))
            .mark_point(shape="diamond", filled=False, color=palette.ink, size=80, strokeWidth=1.4)
            .encode(x=x, y=y, tooltip=tooltip)
        )
    return layers


def _dress(chart: alt.LayerChart, palette: Palette) -> alt.LayerChart:
    dressed: alt.LayerChart = (
        chart.configure(font=palette.font, background=palette.paper or "transparent")
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=palette.quiet,
            titleColor=palette.quiet,
            domainColor=palette.line,
            tickColor=palette.line,
            gridColor=palette.line,
            labelFontSize=11,
            titleFontSize=11,
            titleFontWeight="normal",
        )
        .configure_title(color=palette.ink, fontSize=13, fontWeight=600, anchor="start", offset=14)
        .configure_text(font=palette.font)
    )
    return dressed
