"""Photos of generated skin with a colour card beside it, for tests of everything above the analysis."""

from __future__ import annotations

import dataclasses
import io
from functools import cache

import numpy as np
from PIL import Image

from analysis.phantom.colorchecker import FILLED, card_size_mm
from analysis.phantom.disturbance import NEUTRAL, Disturbance
from analysis.phantom.scene import NO_DOSE, Site
from analysis.records import RegionPlan

PATCH_MM, MARGIN_MM = 16.0, 5.0
PX_PER_MM = NEUTRAL.px_per_mm
OTHER_LIGHT = dataclasses.replace(NEUTRAL, white_balance=(0.14, -0.12), gain_ev=0.2, gamma=1.05)


@cache
def site(card: bool = True) -> Site:
    return Site.of(11, "III", patch_mm=PATCH_MM, varied_optics=False, master_px_per_mm=14.0, card=card)


@cache
def photo(shot: int = 0, light: Disturbance = NEUTRAL, *, card: bool = True) -> bytes:
    """A JPEG of unchanged skin; another shot has other noise and another file."""
    return site(card).photo(NO_DOSE, light, shot_seed=shot).jpeg


def dated(data: bytes, day: str) -> bytes:
    """The same photo, written by a camera that notes the day."""
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = day.replace("-", ":") + " 10:00:00"
    out = io.BytesIO()
    with Image.open(io.BytesIO(data)) as picture:
        picture.save(out, "JPEG", quality=97, exif=exif)
    return out.getvalue()


def size() -> tuple[int, int]:
    """Width and height of a photo, px."""
    with Image.open(io.BytesIO(photo())) as picture:
        return picture.size


def plan() -> RegionPlan:
    """The treated patch alone: a level can then only be relative to the card."""
    return RegionPlan(drawn=site().photo().regions[:1], px_per_mm=PX_PER_MM)


def corners() -> list[list[float]]:
    """Where the outer corners of the corner patches are, by the scene's own measures."""
    pitch = (PATCH_MM + MARGIN_MM) / card_size_mm(1.0)[1]
    left = 2 * PATCH_MM + 3 * MARGIN_MM + pitch / 3
    top = 1.0 + pitch / 3
    right, bottom = left + (3 + FILLED) * pitch, top + (5 + FILLED) * pitch
    found = np.array([[left, top], [right, top], [right, bottom], [left, bottom]]) * PX_PER_MM - 0.5
    return [[float(x), float(y)] for x, y in found]
