"""Progress charts: one metric in one region, drawn the same on screen and in print.

What a chart shows is always the same: the change against the baseline, its 95 % interval, and the noise
band around zero inside which a difference is not a change. Nothing is dropped: a session that could not
be compared stays on the axis as a hollow mark, and one against another reference than the others stands
apart from their line. Colour never says good or bad.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from analysis.records import Trend
from dermatrend.report import labels, phrases
from dermatrend.report.chart_look import PALETTES, Spec, Theme
from dermatrend.report.phases import phase_of, phase_spans
from dermatrend.report.progress_layers import (
    Axes,
    band_layers,
    band_of,
    finite,
    phase_layers,
    point_layers,
    point_rows,
    slope_layers,
    stands_apart,
    treatment_layers,
    was_compared,
)


def progress_chart(trend: Trend, treatment_days: Sequence[int] = (), **options: Any) -> alt.LayerChart:
    """A chart of one metric in one region over the days of a course, for the screen.

    Args:
        trend: changes against the baseline, in the metric's unit.
        treatment_days: days since the baseline on which a treatment took place.
        options: as for `chart_spec`, which says what is drawn.

    >>> from analysis.records import TrendPoint
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

    >>> from analysis.records import TrendPoint
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
    axes = Axes(
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
        px_per_day=(width if isinstance(width, int) else 420) / end,
    )
    spec: Spec = {
        "$schema": alt.SCHEMA_URL,
        # What a screen reader says in place of the picture.
        "description": describe(trend, treatment_days, family),
        "width": width,
        "height": height,
        "layer": [
            *phase_layers(phase_spans(treatment_days, end, family), palette, axes),
            *band_layers(trend, palette, axes),
            *slope_layers(trend, palette, axes),
            *treatment_layers(treatment_days, palette, axes),
            *point_layers(point_rows(trend, treatment_days, family, low, dates or {}), palette, axes),
        ],
        "config": palette.config(),
    }
    if title:
        spec["title"] = f"{labels.metric_label(trend.metric)}, {labels.in_sentence(trend.region)}"
    return spec


def describe(trend: Trend, treatment_days: Sequence[int] = (), family: str = "colour") -> str:
    """The chart in words: the alternative text in the PDF and for screen readers.

    >>> from analysis.records import TrendPoint
    >>> point = TrendPoint(30, -4.1, (-5.0, -3.2), "measurable_decrease")
    >>> describe(Trend("redness", "left_cheek", "H", (point,), 1.6)).split(": ")[1]
    'day 30 −4.1 ± 1.6 H, measurable decrease.'
    """
    parts = []
    for point in trend.points:
        value = labels.with_band(point.difference, band_of(trend, point), trend.unit)
        verdict = labels.VERDICTS[point.verdict]
        notes = ["healing"] if phase_of(point.day, treatment_days, family) == "healing" else []
        if stands_apart(trend, point):
            notes.append(f"{labels.reference_phrase(point.reference) or 'without a reference'}, apart")
        parts.append(
            f"day {point.day} "
            + (verdict if value == "–" else f"{value}, {verdict}")
            + (f" ({'; '.join(notes)})" if notes else "")
        )
    heading = f"{labels.metric_label(trend.metric)}, {labels.in_sentence(trend.region)}"
    if any(stands_apart(trend, point) for point in trend.points):
        heading += f", {labels.reference_phrase(trend.reference) or 'without a reference'} where not said"
    words = f"{heading}: {'; '.join(parts) or 'no follow-up session'}."
    return f"{words} {phrases.slope_sentence(trend.slope, trend.unit)}" if trend.slope else words


def _y_domain(trend: Trend) -> tuple[float, float]:
    """Symmetric where it can be, always holding zero, the band and every interval."""
    reach = [trend.mdc95] if finite(trend.mdc95) else []
    for point in trend.points:
        if was_compared(point):
            reach += [abs(value) for value in (point.difference, *point.ci95, point.mdc95) if finite(value)]
    if trend.slope:
        reach += [abs(value) for point in trend.slope.line for value in (point.low, point.high)]
    top = 1.35 * max(reach, default=1.0) or 1.0  # room above for the band's label
    return -top, top
