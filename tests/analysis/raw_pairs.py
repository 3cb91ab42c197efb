"""Raw changes of a pair made by hand, and the judgement of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from analysis.compare import judge
from analysis.flags import FLAGS
from analysis.metrics import registry
from analysis.pairs import PairResult
from analysis.quality import LIMITS, gate
from analysis.records import (
    AlignmentSummary,
    Change,
    Gate,
    Grid,
    Parameters,
    Region,
    SkinMaps,
)
from analysis.region_values import RawChange
from analysis.regions import FACE_REGIONS, FACE_UNITS

NAN = math.nan
EVERYWHERE = np.ones((4, 4), bool)
FLAT = np.zeros((4, 4), np.float32)
MAPS = SkinMaps(FLAT, FLAT, FLAT, FLAT, {}, {}, FLAT, EVERYWHERE, 8.0, EVERYWHERE)
SKIN = np.full((4, 4, 3), (0.42, 0.22, 0.14), np.float32)
SQUARE = np.array([[0, 0], [3, 0], [3, 3], [0, 3]], np.float32)


def regions(**roles: str) -> tuple[Region, ...]:
    return tuple(Region(name, role, SQUARE) for name, role in roles.items())  # type: ignore[arg-type]  # words


BODY = regions(treated="treated", reference="reference")


def face(treated: tuple[str, ...] = ()) -> tuple[Region, ...]:
    return regions(**{name: "treated" if name in treated else "none" for name in FACE_REGIONS})


def pair(
    changes: Mapping[str, float],
    metric: str = "redness",
    *,
    gates: tuple[Gate, ...] = (),
    expression: Mapping[str, float] | None = None,
    tone_deg: float = 50.0,
    companion: float | None = None,
    standard_error: float = 0.0,
    pixels: Mapping[str, int] | None = None,
    others: Mapping[str, Mapping[str, float]] | None = None,
) -> PairResult:
    """A pair in which `metric` changed by so much in each region, and no other metric did."""
    raw = {}
    for name in registry():
        for region, change in changes.items():
            moved = change if name == metric else (others or {}).get(name, {}).get(region, 0.0)
            n = (pixels or {}).get(region, 5000)
            second = moved if companion is None else companion
            raw[name, region] = RawChange(10.0, moved, second, standard_error, n)
    return PairResult(
        Grid(0, 0, 1, 4, 4, 8.0), MAPS, MAPS, SKIN, SKIN, dict.fromkeys(changes, EVERYWHERE), raw, gates,
        AlignmentSummary(0.01, 0.02, 1.0, 1.0), expression or {}, tone_deg,
    )  # fmt: skip


def judged(
    *pairs: PairResult,
    where: tuple[Region, ...] = BODY,
    repeats: tuple[PairResult, ...] = (),
    metric: str = "redness",
) -> dict[str, Change]:
    on_face = all(region.name in FACE_UNITS for region in where)
    changes, _ = judge(repeats, pairs, where, Parameters(), on_face=on_face)
    assert {flag for change in changes for flag in change.flags} <= set(FLAGS)
    return {change.region: change for change in changes if change.metric == metric}


def body(change: float, reference: float = 0.0) -> dict[str, float]:
    return {"treated": change, "reference": reference}


def whole_face(**moved: float) -> dict[str, float]:
    return {name: moved.get(name, 0.0) for name in FACE_REGIONS}


def warning(name: str, family: str) -> Gate:
    limit = LIMITS[name, family]
    sign = -1 if limit.warn < 0 else 1
    refuse = limit.refuse if math.isfinite(limit.refuse) else limit.warn + 1
    return gate(name, family, sign * (limit.warn + refuse) / 2)  # type: ignore[arg-type]  # keys of the table


def refusal(name: str, family: str) -> Gate:
    limit = LIMITS[name, family]
    return gate(name, family, abs(limit.refuse) * (0.5 if limit.warn < 0 else 2))  # type: ignore[arg-type]  # words


def red_too(found: PairResult, red: float) -> PairResult:
    """The same pair, in whose treated region red light moved by so much."""
    raw = {
        (metric, region): replace(value, companion=red * (region == "treated"), companion_error=0.2)
        if metric == "pigment"
        else value
        for (metric, region), value in found.raw.items()
    }
    return replace(found, raw=raw)
