"""Small photos of synthetic skin for tests: a treated patch beside an untreated one, each made once.

About 290 x 470 px at 10 px/mm. Everything is decided by its seed.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from PIL import Image

from analysis.bands import MaskedBlur, texture_bands
from analysis.metrics import registry
from analysis.phantom.disturbance import NEUTRAL, Disturbance
from analysis.phantom.scene import NO_DOSE, Dose, Site, SyntheticPhoto
from analysis.pipeline import compare
from analysis.records import Change, FloatMap, Pixels, RegionPlan, SessionComparison, SkinMaps


def relief_maps(relief: FloatMap, noise: float = 0.0, px_per_mm: float = 8.0) -> SkinMaps:
    """Maps whose relief is the given picture, everything else flat."""
    everywhere = np.ones(relief.shape, bool)
    flat = np.zeros_like(relief)
    return SkinMaps(
        flat, flat, flat, relief, {}, texture_bands(relief, MaskedBlur(everywhere), px_per_mm),
        np.full_like(relief, noise), everywhere, px_per_mm, everywhere,
    )  # fmt: skip


MOVED = ("measurable_increase", "measurable_decrease")
NEED_A_REFERENCE = {"redness", "pigment", "texture_pore", "texture_medium", "texture_coarse"}


@cache
def site(seed: int = 5, tone: str = "III", patch_mm: float = 16.0) -> Site:
    """One person's skin."""
    return Site.of(seed, tone, patch_mm=patch_mm, varied_optics=False, master_px_per_mm=14.0)


@cache
def shot(
    dose: Dose = NO_DOSE,
    disturbance: Disturbance = NEUTRAL,
    number: int = 0,
    *,
    seed: int = 5,
    tone: str = "III",
) -> SyntheticPhoto:
    """One exposure of that skin."""
    return site(seed, tone).photo(dose, disturbance, shot_seed=number)


def plan_of(photo: SyntheticPhoto) -> RegionPlan:
    """The photo's own regions, treated and reference."""
    return RegionPlan(drawn=photo.regions, px_per_mm=photo.px_per_mm)


def compared(
    baseline: SyntheticPhoto | Sequence[SyntheticPhoto], follow_up: SyntheticPhoto | Sequence[SyntheticPhoto]
) -> SessionComparison:
    """Two sessions through the whole pipeline."""
    before = [baseline] if isinstance(baseline, SyntheticPhoto) else list(baseline)
    after = [follow_up] if isinstance(follow_up, SyntheticPhoto) else list(follow_up)
    return compare(
        [one.jpeg for one in before], [one.jpeg for one in after], finder=None, plan=plan_of(before[0])
    )


def change_of(comparison: SessionComparison, metric: str, region: str = "treated") -> Change:
    """The one change of a metric in a region."""
    (found,) = [c for c in comparison.changes if (c.metric, c.region) == (metric, region)]
    return found


def family_of(metric: str) -> str:
    """Colour or texture."""
    return registry()[metric].family


def encoded(pixels: Pixels, kind: str = "PNG", **options: object) -> bytes:
    """Pixels as a file."""
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, kind, **options)
    return out.getvalue()


def again(**disturbance: Any) -> SyntheticPhoto:
    """The same skin in another photo."""
    return shot(NO_DOSE, Disturbance(**disturbance), 1)


def verdicts(comparison: SessionComparison) -> dict[str, str]:
    return {change.metric: change.verdict for change in comparison.changes if change.region == "treated"}


def is_empty(change: Change) -> bool:
    numbers = (change.baseline, change.follow_up, change.difference, *change.ci95, change.mdc95)
    return all(math.isnan(number) for number in numbers) and change.visible is None
