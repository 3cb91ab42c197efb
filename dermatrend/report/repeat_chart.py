"""Own repeat shots against the default: per region of one metric, the band without them and with them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import altair as alt

from analysis.repeatability import Band
from dermatrend.report import labels
from dermatrend.report.chart_look import PALETTES, Spec, Theme, layer, point_mark

ROW_PX = 26


def band_spec(bands: Sequence[Band], *, theme: Theme = "light", width: int | str = 420) -> Spec:
    """A Vega-Lite specification for the bands of one metric.

    Args:
        bands: all of one metric, from `analysis.repeatability.bands`.
        theme: "light", "dark" or "print".
        width: in px, or "container" on screen.

    Returns:
        A layered chart whose whole data is inline: a grey bar for the default band, a mark for the band
        with the own shots.
    """
    palette = PALETTES[theme]
    rows: list[dict[str, Any]] = [
        {
            "region": labels.region_label(band.noise.region) + labels.from_red(band.noise.by_red),
            "default": band.default_mdc95,
            "own": band.mdc95,
            "text": f"{labels.number(band.mdc95, band.noise.unit)}, "
            f"default {labels.number(band.default_mdc95, band.noise.unit)}",
        }
        for band in bands
        if math.isfinite(band.mdc95 + band.default_mdc95)
    ]
    unit = bands[0].noise.unit if bands else ""
    x: Spec = {
        "type": "quantitative",
        "scale": {"zero": True, "nice": True},
        "axis": {"title": f"noise band{f' (± {unit})' if unit not in ('', '1') else ''}", "tickCount": 5},
    }
    y: Spec = {
        "field": "region",
        "type": "nominal",
        "sort": None,
        "axis": {"title": None, "labelLimit": 220, "domain": False, "ticks": False},
    }
    tooltip = [
        {"field": field, "type": "nominal", "title": name}
        for field, name in (("region", "Region"), ("text", "Band"))
    ]
    bar = {"type": "bar", "color": palette.band, "stroke": palette.line, "size": ROW_PX - 10}
    mark = point_mark("circle", palette.accent, 90)
    return {
        "$schema": alt.SCHEMA_URL,
        "description": describe_bands(bands),
        "width": width,
        "height": ROW_PX * max(1, len(rows)),
        "layer": [
            layer(rows, bar, x=x | {"field": "default"}, y=y, tooltip=tooltip),
            layer(rows, mark, x=x | {"field": "own"}, y=y, tooltip=tooltip),
        ],
        "config": palette.config(),
    }


def band_chart(bands: Sequence[Band], **options: Any) -> alt.LayerChart:
    """The chart of `band_spec`, for the screen."""
    chart: alt.LayerChart = alt.LayerChart.from_dict(band_spec(bands, **options))
    return chart


def describe_bands(bands: Sequence[Band]) -> str:
    """The chart in words, for people who do not see it.

    >>> from analysis.repeatability import OwnNoise
    >>> describe_bands([Band(OwnNoise("redness", "nose", None, "H", (0.1, 0.2)), 2.0, 1.8)])
    'Redness: nose ±1.8 H with your own shots, ±2.0 H by default.'
    """
    if not bands:
        return "No region."
    told = []
    for band in bands:
        own, default = (labels.number(value, band.noise.unit) for value in (band.mdc95, band.default_mdc95))
        place = labels.in_sentence(band.noise.region) + labels.from_red(band.noise.by_red)
        told.append(f"{place} ±{own} with your own shots, ±{default} by default")
    return f"{labels.metric_label(bands[0].noise.metric)}: {'; '.join(told)}."
