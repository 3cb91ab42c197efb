"""One pair's raw changes -> changes against a reference, and the noise they are expected to have.

A level counts relative to a reference: drawn reference skin, declared face regions, the colour card, or the
rest of the face, which is the weighted median of the other units' changes (twins together, its own unit
excluded). Where the card has made the lights alike and there is no reference skin, a colour's raw change is
its change against the card.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis import quality
from analysis.constants import PRIOR_SD, TONE_FACTOR
from analysis.light_field import EVEN, Light
from analysis.pairs import PairResult
from analysis.records import FALSE_CHANGE_RATE, Metric, Region
from analysis.reference import (
    NOTHING_TAKEN_OFF,
    Reference,
    card_reference,
    disagreement,
    drawn_reference,
)
from analysis.region_values import RawChange
from analysis.regions import CARD, FACE_UNITS, REST_OF_FACE
from analysis.tone import pigment_by_red, tone_class

MIN_OTHER_UNITS = 4
_EXPRESSION = quality.LIMITS["expression", "all"]
EXPRESSION_WARN, EXPRESSION_REFUSE = _EXPRESSION.warn, _EXPRESSION.refuse
"""Landmark movement in % of the eye span (docs/decisions/0013)."""


@dataclass(frozen=True, slots=True)
class Relative:
    """One pair's change against its reference."""

    baseline: float
    difference: float
    companion: float
    standard_error: float
    n_pixels: int
    flags: tuple[str, ...]
    warnings: int
    cast: float = 0.0
    """Change of the light's colour between the two photos."""
    light: Light = EVEN
    """What light that changed differently there and on the reference made; `difference` still holds it."""
    companion_light: Light = EVEN
    companion_error: float = math.nan
    disagreement: float = 0.0
    """Standard error of one part of a face from how far others disagree; the shots of a sitting share it."""

    @property
    def without_light(self) -> float:
        """The difference less all that slopes say of light, for the spread of shots of one sitting."""
        return self.difference - self.light.said


def measured(value: Relative) -> bool:
    """Whether this pair gave a number here."""
    return math.isfinite(value.difference)


def prior_sd(
    metric: str,
    region: str,
    on_face: bool,
    reference: str | None = None,
    corrected: bool = False,
    tone_deg: float = math.nan,
) -> float:
    """SD of a one-shot to one-shot difference at zero change, before the user's own repeats.

    Args:
        metric: its name.
        region: its name.
        on_face: whether a mesh placed it.
        reference: what the level is relative to.
        corrected: whether a colour card made the lights of all shots alike.
        tone_deg: typology angle of the skin; NaN for the mean of all tones. What was measured on faces is
            of no certain tone, and is not changed by it.

    A metric that has no entry yet (a new file) gets none: its changes are not measurable until
    benchmarks/derive.py has measured its noise.
    """
    table = PRIOR_SD.get(metric)
    if table is None:
        return math.nan
    of_tone = _tone_factor(metric, tone_deg)
    unit = FACE_UNITS.get(region, "body") if on_face else "body"
    bare = table[unit] if unit in table and unit != "body" else table["body"] * of_tone
    if reference == CARD:
        # What a face does by itself was measured without a card: it is added, until real pairs tell more.
        own = table.get("card", math.nan) * of_tone
        return math.hypot(own, bare) if on_face else own
    if corrected and not on_face:
        return table["body_card"] * of_tone if "body_card" in table else bare
    return bare


def _tone_factor(metric: str, tone_deg: float) -> float:
    factors = TONE_FACTOR.get(metric)
    return 1.0 if factors is None or math.isnan(tone_deg) else factors[tone_class(tone_deg)]


def relative_changes(
    metric: Metric,
    pair: PairResult,
    regions: Sequence[Region],
    on_face: bool,
    reference: str | None,
    false_change_rate: float = FALSE_CHANGE_RATE,
) -> dict[str, Relative]:
    """Each region's change of one metric in one pair, against its reference.

    `false_change_rate` is that of the bands, which the disagreement of untreated parts is held against.
    """
    said = _card_flags(metric, pair)
    if metric.family == "texture" and pair.baseline.relief_fitted:
        said = (*said, "relief_fitted")
    raw = {region.name: pair.raw[metric.name, region.name] for region in regions}
    # Too few pixels already show in the within-photo error.
    warned = {g.name for g in quality.warned(pair.gates, metric.family)} - {"resolution"}
    out = {}
    for region in regions:
        value = raw[region.name]
        moved = pair.expression.get(region.name, 0.0)
        flags = (*value.flags, *said)
        if moved > EXPRESSION_REFUSE and FACE_UNITS.get(region.name) not in ("forehead", "glabella", "nose"):
            out[region.name] = _without(value, "expression")
            continue
        if not math.isfinite(value.difference):
            out[region.name] = _without(value)
            continue
        found = NOTHING_TAKEN_OFF
        if reference == CARD:
            if pair.card.fit is None:  # only other shots of the session have it
                out[region.name] = _without(value, "no_reference", *said)
                continue
            by_red = pigment_by_red(pair.tone_deg, on_face=on_face)
            found = card_reference(metric, value, pair.card, pair.grid, by_red)
        elif metric.relative:
            against = _reference(metric, region.name, raw, regions, pair, on_face, false_change_rate)
            if against is None:
                lost = [flag for r in regions if r.role == "reference" for flag in raw[r.name].flags]
                # Why none of the drawn reference skin could be read stands after that it could not.
                why = ("reference_unreadable", *dict.fromkeys(lost)) if lost else ("no_reference",)
                out[region.name] = _without(value, *why, *said)
                continue
            found = against
        if moved > EXPRESSION_WARN:
            flags = (*flags, "expression")
        out[region.name] = Relative(
            value.baseline - found.level,
            value.difference - found.difference,
            value.companion - found.companion,
            math.hypot(value.standard_error, found.standard_error),
            value.n_pixels,
            flags,
            len(warned) + (moved > EXPRESSION_WARN),
            pair.cast,
            found.light,
            found.companion_light,
            math.hypot(value.companion_error, found.companion_error),
            found.disagreement,
        )
    return out


def _card_flags(metric: Metric, pair: PairResult) -> tuple[str, ...]:
    """What the card did to this metric: relief is of the light as taken, so it concerns colour alone."""
    flag = pair.card.flag
    return () if flag is None or metric.family != "colour" else (flag,)


def _without(value: RawChange, *flags: str) -> Relative:
    nan = math.nan
    return Relative(nan, nan, nan, nan, value.n_pixels, (*value.flags, *flags), 0)


def _reference(
    metric: Metric,
    region: str,
    raw: Mapping[str, RawChange],
    regions: Sequence[Region],
    pair: PairResult,
    on_face: bool,
    false_change_rate: float,
) -> Reference | None:
    """None where there is nothing to set the region against."""
    drawn = [r.name for r in regions if r.role == "reference"]
    treated = {r.name for r in regions if r.role == "treated"}
    units = _other_units(region, raw, treated, drawn, pair) if on_face else {}
    found: Reference | None
    if drawn:
        members = [raw[name] for name in drawn]
        found = drawn_reference(raw[region], members, on_face=on_face)
        share = 1 / max(1, sum(math.isfinite(one.difference) for one in members))
    elif not on_face or not _enough_untreated(treated) or len(units) < MIN_OTHER_UNITS:
        return None
    else:
        found, share = _rest_of_face(metric, units), 0.5 * math.pi / len(units)
    if found is None or metric.family != "texture":
        return found  # how far parts of a face disagree is in the prior of redness, and pigment's follows it
    parts = [[value.difference for value in unit] for unit in units.values()]
    judged = sum(math.isfinite(raw[r.name].difference) for r in regions if r.role != "reference")
    return replace(found, disagreement=disagreement(parts, share, max(1, judged), false_change_rate))


def _rest_of_face(metric: Metric, units: Mapping[str, Sequence[RawChange]]) -> Reference:
    """The weighted median of the other units, twins together.

    The prior holds its noise: a face's of its regions against each other, the body's, which texture takes on
    a face too, of drawn skin against reference skin.
    """
    weights = np.array([prior_sd(metric.name, _any_region(unit), True) ** -2 for unit in units])
    table = np.array(
        [[sum(getattr(v, key) for v in unit) / len(unit) for unit in units.values()]
         for key in ("baseline", "difference", "companion")]
    )  # fmt: skip
    level, change, companion = (weighted_median(row, weights) for row in table)
    return Reference(level, change, companion)


def _other_units(
    region: str, raw: Mapping[str, RawChange], treated: set[str], named: Sequence[str], pair: PairResult
) -> dict[str, list[RawChange]]:
    """What was read on the parts of a face that are not this region's and not named as treated.

    A twin that is named as reference is a part of its own: what the region is set against may be doubted too.
    """
    units: dict[str, list[RawChange]] = {}
    for name, value in raw.items():
        unit = FACE_UNITS[name]
        own = unit == FACE_UNITS[region] and name not in named
        moved = pair.expression.get(name, 0.0) > EXPRESSION_REFUSE
        if own or name in treated or moved or not math.isfinite(value.difference):
            continue
        units.setdefault(unit, []).append(value)
    return units


def _any_region(unit: str) -> str:
    return next(name for name, its in FACE_UNITS.items() if its == unit)


def _enough_untreated(treated: set[str]) -> bool:
    """Half the face at most may be declared treated, or the rest of it says nothing."""
    return len({FACE_UNITS[name] for name in treated if name in FACE_UNITS}) <= 3


def weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    """The value at half the weight, interpolated between neighbours.

    >>> weighted_median(np.array([1.0, 2.0, 9.0]), np.ones(3))
    2.0
    """
    if not np.isfinite(values).all():
        return math.nan
    order = np.argsort(values)
    values, weights = values[order], weights[order]
    middle = (np.cumsum(weights) - weights / 2) / weights.sum()
    return float(np.interp(0.5, middle, values))


def reference_name(
    metric: Metric, regions: Sequence[Region], on_face: bool, with_card: bool = False
) -> str | None:
    """What a level of this metric is relative to; None where there is nothing, or no need of it.

    Reference skin first; the rest of a face before the card only where it is known to be untreated.
    """
    if not metric.relative:
        return None
    drawn = [r.name for r in regions if r.role == "reference"]
    if drawn:
        return "+".join(drawn)
    treated = {r.name for r in regions if r.role == "treated"}
    if with_card and not (on_face and treated and _enough_untreated(treated)):
        return CARD
    return REST_OF_FACE if on_face and _enough_untreated(treated) else None
