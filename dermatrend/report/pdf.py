"""The PDF: report.json rendered by typst as a tagged, accessible document (PDF/UA-1).

Everything a person typed reaches the template as data in a JSON file, never as template text, so that
markup in a name prints as it was typed. Fonts come from inside the typst package; photos are re-encoded,
downscaled copies without any of the original file's notes.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import math
import re
import tempfile
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Final, Protocol

import typst
import vl_convert
from PIL import Image

from analysis.records import LinePoint, Slope, Trend, TrendPoint
from dermatrend.report import labels, phrases
from dermatrend.report.chart_look import Spec
from dermatrend.report.charts import chart_spec
from dermatrend.report.layout import blocks
from dermatrend.report.progress_layers import MIXED_REFERENCES
from dermatrend.report.region_chart import describe_regions, region_spec

PHOTO_PX: Final = 1000
"""Longest side of a photo in the PDF: 300 dpi at the width of a column."""

MISSING_GLYPH: Final = re.compile(r'the text `"(?P<text>.*?)"` could not be displayed', re.DOTALL)


class PictureLike(Protocol):
    """An encoded picture, such as `dermatrend.pictures.Picture`."""

    @property
    def data(self) -> bytes:
        """JPEG, PNG or WebP."""


def render_pdf(
    content: Mapping[str, Any], pictures: Mapping[str, bytes | PictureLike] | None = None
) -> bytes:
    """The report as a PDF.

    Args:
        content: from `dermatrend.report.content.report_content`.
        pictures: the pictures that the content's comparisons name by key, encoded. A picture that is
            missing here is left out of the PDF.

    Returns:
        A PDF/UA-1 file; the same inputs give the same bytes where the fonts inside typst are enough.
    """
    page = blocks(content)
    with tempfile.TemporaryDirectory(prefix="dermatrend-report-") as folder:
        root = Path(folder)
        page["pairs"] = _pairs(content, pictures or {}, root)
        page["charts"] = _charts(content, root)
        template = resources.files("dermatrend.report").joinpath("report.typ").read_bytes()
        (root / "main.typ").write_bytes(template)
        return _compile(root, page, _timestamp(content))


def _compile(root: Path, page: Any, timestamp: dt.datetime) -> bytes:
    """Compile; a character that no font has is asked of the system's fonts first, then shown by its code."""
    for system_fonts in (False, True, *([True] * 50)):
        (root / "data.json").write_text(json.dumps(page, ensure_ascii=False), encoding="utf-8")
        try:
            pdf: bytes = typst.compile(
                root / "main.typ",
                root=root,
                ignore_system_fonts=not system_fonts,
                pdf_standards="ua-1",
                timestamp=timestamp,
            )
            return pdf
        except typst.TypstError as error:
            missing = MISSING_GLYPH.search(str(error))
            if missing is None:
                raise
            if system_fonts:
                page = _spell_out(page, _characters(missing["text"]))
    raise RuntimeError("the report holds too many different characters that no font here can show")


def _characters(quoted: str) -> set[str]:
    """The characters of a typst message that may be replaced: none that any font has.

    >>> _characters("a" + chr(92) + "u{f1234}") == {chr(0xF1234)}
    True
    """
    plain = re.sub(r"\\u\{([0-9a-f]+)\}", lambda code: chr(int(code[1], 16)), quoted)
    return {char for char in plain if not char.isascii()}


def _spell_out(value: Any, characters: set[str]) -> Any:
    """The same data with these characters written as U+XXXX: visible, and nothing silently lost."""
    if isinstance(value, str):
        return "".join(f"[U+{ord(char):04X}]" if char in characters else char for char in value)
    if isinstance(value, list):
        return [_spell_out(item, characters) for item in value]
    if isinstance(value, dict):
        return {key: _spell_out(item, characters) for key, item in value.items()}
    return value


def _timestamp(content: Mapping[str, Any]) -> dt.datetime:
    """The document's date: when the report was made if that was said, else the last session's day."""
    text = content["created_at"] or content["sessions"][-1]["taken_on"]
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _pairs(
    content: Mapping[str, Any], pictures: Mapping[str, bytes | PictureLike], root: Path
) -> list[dict[str, Any]]:
    start = content["sessions"][0]["taken_on"]
    dates = {one["id"]: one["taken_on"] for one in content["sessions"]}
    out = []
    for number, item in enumerate(content["comparisons"]):
        keys = [item["pictures"].get(name) for name in ("baseline", "follow_up")]
        if any(key is None or key not in pictures for key in keys):
            continue
        names = [f"photo-{number:03d}-{side}.jpg" for side in ("a", "b")]
        ratios = [_copy(pictures[key], root / name) for name, key in zip(names, keys, strict=True)]
        date, day = dates[item["session_id"]], item["day"]
        remark = ", healing" if any(one["phase"] == "healing" for one in item["changes"]) else ""
        remark += "" if item["comparable"] else ", not comparable"
        out.append(
            {
                "ratio": max(ratios),
                "baseline": names[0],
                "follow_up": names[1],
                "baseline_alt": f"Baseline photo of {start}, cropped to the measured skin.",
                "follow_up_alt": f"Photo of {date}, day {day}, laid onto the baseline, in the same crop.",
                "baseline_caption": f"Baseline, {start}",
                "follow_up_caption": f"Day {day}, {date}{remark}",
            }
        )
    return out


def _copy(picture: bytes | PictureLike, target: Path) -> float:
    """A downscaled JPEG of the pixels alone: typst embeds JPEG bytes as they are, notes included.

    Returns its height over its width.
    """
    data = picture if isinstance(picture, bytes) else picture.data
    with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as opened:
        image = opened.convert("RGB")
    image.thumbnail((PHOTO_PX, PHOTO_PX), Image.Resampling.LANCZOS)
    clean = Image.new("RGB", image.size)
    clean.paste(image)
    clean.save(target, "JPEG", quality=88, subsampling=0, optimize=True)
    return image.height / image.width


def _charts(content: Mapping[str, Any], root: Path) -> list[dict[str, Any]]:
    """Over time, grouped by metric; of a single follow-up, all regions of a metric in one chart."""
    if len(content["comparisons"]) == 1:
        return _region_charts(content["comparisons"][0], root)
    dates = {one["day"]: one["taken_on"] for one in content["sessions"]}
    days = content["course"]["treatment_days"]
    out = []
    for metric, trends in _by_metric(content["trends"]).items():
        drawn = [one for one in trends if any(point["difference"] is not None for point in one["points"])]
        columns = 3 if len(drawn) > 4 else 2
        width, height = (178, 112) if columns == 3 else (270, 150)
        items: list[dict[str, str]] = []
        for one in drawn:
            spec = chart_spec(
                _trend(one),
                days,
                family=one["family"],
                theme="print",
                width=width,
                height=height,
                title=False,
                dates=dates,
            )
            label = labels.region_label(one["region"])
            items.append(_svg(root, f"chart-{metric}-{len(items):03d}.svg", spec, one["text"], label))
            if one.get("slope"):
                items[-1]["words"] = phrases.slope_sentence(_slope(one["slope"]), one["unit"])
        without = len(trends) - len(drawn)
        label = labels.metric_label(metric)
        group = {"label": label, "columns": columns, "items": items, "without": without}
        mixed = any(MIXED_REFERENCES in one["flags"] for one in drawn)
        out.append(group | {"notes": [content["flags"][MIXED_REFERENCES]["long"]] if mixed else []})
    return out


def _region_charts(item: Mapping[str, Any], root: Path) -> list[dict[str, Any]]:
    items = [
        _svg(
            root,
            f"regions-{metric}.svg",
            region_spec(changes),
            describe_regions(changes),
            labels.metric_label(metric),
        )
        for metric, changes in _by_metric(item["changes"]).items()
        if any(one["text"] != "–" for one in changes)
    ]
    return [{"label": "", "columns": 2, "items": items, "without": 0, "notes": []}]


def _by_metric(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for one in rows:
        groups.setdefault(one["metric"], []).append(one)
    return groups


def _svg(root: Path, name: str, spec: Spec, alt: str, label: str) -> dict[str, str]:
    (root / name).write_text(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]), encoding="utf-8")
    return {"file": name, "alt": alt, "label": label}


def _trend(stored: Mapping[str, Any]) -> Trend:
    def real(value: float | None) -> float:
        return math.nan if value is None else float(value)

    points = tuple(
        TrendPoint(
            point["day"],
            real(point["difference"]),
            (real(point["ci95"][0]), real(point["ci95"][1])),
            point["verdict"],
            real(point["mdc95"]),
            point["reference"],
        )
        for point in stored["points"]
    )
    return Trend(
        stored["metric"],
        stored["region"],
        stored["unit"],
        points,
        real(stored["mdc95"]),
        tuple(stored["flags"]),
        _slope(stored["slope"]) if stored.get("slope") else None,
        stored["reference"],
    )


def _slope(stored: Mapping[str, Any]) -> Slope:
    line = tuple(LinePoint(**point) for point in stored["line"])
    low, high = stored["ci95"]
    return Slope(stored["per_30_days"], (low, high), stored["verdict"], stored["n_points"], line)
