"""Arrays -> pictures for screens and paper: JPEG crops, and maps as PNG to be laid over them.

Everything is encoded anew from pixels, so nothing that stood in an original file can travel along.
Levels use cividis, changes a blue-orange scale of even lightness steps: both read the same to
colour-blind eyes, and neither says red is bad or green is good.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from analysis.records import AlignedViews, FloatMap, Mask, Pixels

MAX_SIDE = 1600
JPEG_QUALITY = 90
BAR_STOPS = 11
MIN_SPAN = 0.01
"""Of a colour bar, in its unit: far below what any map can resolve."""

_NAMES = {"redness": ("Redness", "H"), "pigment": ("Pigment", "M"), "relief": ("Relief", "%")}

# Ends and middle of the scale of changes in CIE L*a*b*: equal lightness left and right.
_DECREASE, _MIDDLE, _INCREASE = (42.0, 5.0, -45.0), (94.0, 0.0, 2.0), (42.0, 30.0, 48.0)

Colours = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class ColourBar:
    """What the colours of a map stand for, in the map's unit."""

    low: float
    high: float
    unit: str
    colours: tuple[str, ...]
    """Evenly spaced stops from `low` to `high`, as #rrggbb."""
    label: str
    hidden_within: float | None = None
    """Differences up to this size are not drawn, because they cannot be told from noise."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture, ready for a browser or the report."""

    name: str
    media_type: Literal["image/jpeg", "image/png"]
    data: bytes = field(repr=False)
    width: int
    height: int
    colour_bar: ColourBar | None = None


def encode_views(views: AlignedViews) -> dict[str, Picture]:
    """The pictures of one comparison, all of the same crop and size, at most `MAX_SIDE` on the longer side.

    Names: "baseline", "follow_up" (JPEG), and for every map m "m_baseline", "m_follow_up" (one scale for
    both) and "m_change" (PNG). What is not valid skin is transparent; in a change map everything within the
    local limit is, too. Without a known local limit there is no change map.
    """
    pictures = {
        "baseline": encode_photo(views.baseline, MAX_SIDE, "baseline"),
        "follow_up": encode_photo(views.follow_up, MAX_SIDE, "follow_up"),
    }
    for name, (before, after) in views.maps.items():
        title, unit = _NAMES.get(name, (name.capitalize(), ""))
        baseline, valid = _reduced(before, views.valid)
        follow_up, both = _reduced(after, views.valid & np.isfinite(before))
        low, high = _level_range(baseline[valid], follow_up[both])
        bar = ColourBar(low, high, unit, _stops(_level_colours()), title)
        pictures[f"{name}_baseline"] = _encode_map(f"{name}_baseline", baseline, valid, bar, _level_colours())
        pictures[f"{name}_follow_up"] = _encode_map(
            f"{name}_follow_up", follow_up, both, bar, _level_colours()
        )
        limit = views.local_limit.get(name, math.nan)
        if math.isfinite(limit):
            difference, seen = _reduced(after - before, views.valid)
            high = _change_range(difference[seen], limit)
            bar = ColourBar(-high, high, unit, _stops(_change_colours()), f"Change of {title.lower()}", limit)
            seen &= np.abs(difference) > limit
            pictures[f"{name}_change"] = _encode_map(
                f"{name}_change", difference, seen, bar, _change_colours()
            )
    return pictures


def encode_photo(pixels: Pixels, max_px: int, name: str = "photo") -> Picture:
    """A photo as JPEG without any metadata.

    Args:
        pixels: (h, w, 3) uint8 sRGB.
        max_px: longest side of the result; smaller photos are not enlarged.

    >>> encode_photo(np.zeros((30, 60, 3), np.uint8), 20).width
    20
    """
    width, height = _fitted(pixels.shape[1], pixels.shape[0], max_px)
    if (width, height) != (pixels.shape[1], pixels.shape[0]):
        pixels = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA).astype(
            np.uint8, copy=False
        )
    file = io.BytesIO()
    # Full colour resolution: redness lives in the channels that 4:2:0 would halve.
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return Picture(name, "image/jpeg", file.getvalue(), width, height)


def _fitted(width: int, height: int, max_px: int) -> tuple[int, int]:
    if max_px < 1:
        raise ValueError(f"max_px must be at least 1, got {max_px}")
    scale = min(1.0, max_px / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _reduced(values: FloatMap, valid: Mask) -> tuple[FloatMap, Mask]:
    """A map and its mask at display size: the mean over valid pixels, valid where most of them are."""
    mask = (valid & np.isfinite(values)).astype(np.float32)
    filled = np.where(mask > 0, values, 0).astype(np.float32)
    size = _fitted(values.shape[1], values.shape[0], MAX_SIDE)
    if size != (values.shape[1], values.shape[0]):
        mask = cv2.resize(mask, size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)
        sums = cv2.resize(filled, size, interpolation=cv2.INTER_AREA)
        filled = (sums / np.maximum(mask, np.float32(1e-6))).astype(np.float32, copy=False)
    return filled, mask > 0.5


def _encode_map(name: str, values: FloatMap, shown: Mask, bar: ColourBar, colours: Colours) -> Picture:
    """A palette PNG: index 0 is transparent, 1..255 run along the bar."""
    share = (values - bar.low) / (bar.high - bar.low)
    index = 1 + np.rint(254 * np.clip(share, 0, 1)).astype(np.uint8)
    index[~shown] = 0
    image = Image.fromarray(index, "L")
    image.putpalette(np.vstack([np.zeros((1, 3), np.uint8), colours]).tobytes())
    file = io.BytesIO()
    image.save(file, "PNG", transparency=0, compress_level=6)
    return Picture(name, "image/png", file.getvalue(), image.width, image.height, bar)


def _level_range(*parts: NDArray[Any]) -> tuple[float, float]:
    """One scale for both sessions: the middle 96 % of all valid values, in round numbers."""
    values = np.concatenate([part.ravel() for part in parts])
    if values.size == 0:
        return 0.0, 1.0
    low, high = (float(value) for value in np.percentile(values, (2, 98)))
    step = _round_step(high - low)
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    return round(low, 6), round(high if high > low else low + step, 6)


def _change_range(values: NDArray[Any], limit: float) -> float:
    """Half the width of a symmetric scale; never so narrow that mere noise would look strong."""
    largest = float(np.percentile(np.abs(values), 98)) if values.size else 0.0
    largest = max(largest, 3 * limit, MIN_SPAN)
    step = _round_step(largest)
    return round(math.ceil(largest / step) * step, 6)


def _round_step(span: float) -> float:
    """A step of 1, 2 or 5 times a power of ten, about a tenth of the span."""
    span = max(span, MIN_SPAN)
    power = 10.0 ** math.floor(math.log10(span / 10))
    return float(next(m * power for m in (1, 2, 5, 10) if m * power >= span / 10 * 0.999))


@cache
def _level_colours() -> Colours:
    ramp = np.linspace(0, 255, 255).round().astype(np.uint8)[:, None]
    bgr = cv2.applyColorMap(ramp, cv2.COLORMAP_CIVIDIS)[:, 0]
    return np.ascontiguousarray(bgr[:, ::-1]).astype(np.uint8, copy=False)


@cache
def _change_colours() -> Colours:
    """255 colours, straight lines in L*a*b* from blue over near-white to orange-brown."""
    place = np.linspace(-1, 1, 255)
    lab = np.stack(
        [
            np.interp(place, (-1, 0, 1), (_DECREASE[axis], _MIDDLE[axis], _INCREASE[axis]))
            for axis in range(3)
        ],
        axis=-1,
    ).astype(np.float32)[None]
    rgb = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)[0]
    return np.rint(np.clip(rgb, 0, 1) * 255).astype(np.uint8)


def _stops(colours: Colours) -> tuple[str, ...]:
    chosen = colours[np.linspace(0, len(colours) - 1, BAR_STOPS).round().astype(int)]
    return tuple("#{:02x}{:02x}{:02x}".format(*map(int, colour)) for colour in chosen)
