"""Baseline and follow-up sessions -> Changes on identical skin, each with its band and verdict.

Every photo of either session is paired with the first usable baseline photo. The session's change is
the mean over the follow-up's shots minus the mean over the baseline's; what repeat shots disagree by
enters the noise.

A level counts relative to a reference: drawn reference skin, declared face regions, the colour card, or the
rest of the face, which is the weighted median of the other units' changes (twins together, its own unit
excluded). Where the card has made the lights alike and there is no reference skin, a colour's raw change is
its change against the card.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis import quality
from analysis.card_pair import CARD, card_level
from analysis.constants import LEAK, NU0, PRIOR_SD, TONE_LIMITS_DEG
from analysis.flags import FLAGS
from analysis.metrics import registry
from analysis.pair_gates import median_colour
from analysis.pairs import BROWN_DEG, PairResult
from analysis.records import Change, Family, Gate, Metric, Parameters, Region, Verdict
from analysis.region_values import RawChange
from analysis.regions import FACE_UNITS
from analysis.uncertainty import limits, posterior_sd, repeat_contrasts, shot_factor, verdict
from analysis.visibility import is_visible

REST_OF_FACE = "rest_of_face"
MIN_OTHER_UNITS = 4

WARNING_VARIANCE = 1.25
"""Each warned check adds this share of the prior's variance, as one more independent source of noise."""
EXPRESSION_WARN, EXPRESSION_REFUSE = 2.0, 4.0
"""Landmark movement in % of the eye span (docs/decisions/0013)."""
DARK_DEG = -30.0
"""Typology angle under which they see little of it."""
BROWN_FACTOR = 1.25


@dataclass(frozen=True, slots=True)
class _Relative:
    """One pair's change against its reference."""

    baseline: float
    difference: float
    companion: float
    standard_error: float
    n_pixels: int
    flags: tuple[str, ...]
    warnings: int


def judge(
    repeats: Sequence[PairResult],
    follow_ups: Sequence[PairResult],
    regions: Sequence[Region],
    parameters: Parameters,
    *,
    on_face: bool,
) -> tuple[tuple[Change, ...], tuple[Gate, ...]]:
    """Changes of one follow-up session and the gates that decided about them.

    Args:
        repeats: the baseline's other shots, each paired with the baseline's first.
        follow_ups: the session's shots, each paired with the baseline's first; at least one.
        regions: with roles, as placed on the baseline.
        parameters: of the method.
        on_face: whether a mesh placed the regions; drawn ones may bear a face region's name too.
    """
    reported = [r.name for r in regions if r.role != "reference"]
    metrics = registry()
    sessions: dict[str, tuple[list[dict[str, _Relative]], list[dict[str, _Relative]]]] = {}
    references: dict[str, str | None] = {}
    for metric in metrics.values():
        usable = _open(follow_ups, metric)
        with_card = metric.family == "colour" and any(pair.card.fit is not None for pair in usable)
        references[metric.name] = reference = _reference_name(metric, regions, on_face, with_card)
        sessions[metric.name] = (
            [_relative(metric, pair, regions, on_face, reference) for pair in _open(repeats, metric)],
            [_relative(metric, pair, regions, on_face, reference) for pair in usable],
        )
    changes: list[Change] = []
    for metric in metrics.values():
        before, after = sessions[metric.name]
        if not after:
            why = ("gate_refused",)
            changes += [_without_number(metric, name, None, "not_comparable", why, 0) for name in reported]
            continue
        reference = references[metric.name]
        judged = sum(any(_measured(pair[name]) for pair in after) for name in reported)
        for name in reported:
            leak = 0.0
            if metric.leaks_from is not None:
                other = [[pair[name] for pair in shots] for shots in sessions[metric.leaks_from]]
                change = _session_mean(other[0], other[1], lambda value: value.difference)
                leak = _leak(metric.name, follow_ups[0].tone_deg) * abs(change)
            changes.append(
                _change(
                    metric, name, reference, [p[name] for p in before], [p[name] for p in after],
                    judged, on_face, follow_ups[0], leak, parameters,
                )
            )  # fmt: skip
    return tuple(changes), _session_gates(follow_ups)


def _open(pairs: Sequence[PairResult], metric: Metric) -> list[PairResult]:
    """The pairs whose gates do not refuse the metric's family.

    Resolution is each metric's own affair: what it does not resolve is not measurable, by name.
    """
    return [
        pair
        for pair in pairs
        if all(gate.name == "resolution" for gate in quality.refused(pair.gates, metric.family))
    ]


def _session_mean(
    before: Sequence[_Relative], after: Sequence[_Relative], what: Callable[[_Relative], float]
) -> float:
    """Mean over the follow-up's shots minus mean over the baseline's; 0 where nothing was measured.

    The baseline's first shot is what the others were compared with: its own change is 0.
    """
    later = [what(value) for value in after if _measured(value)]
    earlier = [0.0] + [what(value) for value in before if _measured(value)]
    return float(np.mean(later) - np.mean(earlier)) if later else 0.0


def _leak(metric: str, tone_deg: float) -> float:
    """What of the other pigment's change may look like this metric's, for this skin tone."""
    return LEAK[metric][sum(tone_deg < limit for limit in TONE_LIMITS_DEG)]


def _measured(value: _Relative) -> bool:
    return math.isfinite(value.difference)


def _without_number(
    metric: Metric,
    region: str,
    reference: str | None,
    verdict: Verdict,
    flags: tuple[str, ...],
    n_pixels: int,
) -> Change:
    """A judgement that has no number, and says why."""
    nan = math.nan
    return Change(
        metric.name, metric.family, region, reference, metric.unit, nan, nan, nan, (nan, nan), nan,
        verdict, None, flags, n_pixels,
    )  # fmt: skip


def _change(
    metric: Metric,
    region: str,
    reference: str | None,
    before: Sequence[_Relative],
    after: Sequence[_Relative],
    judged: int,
    on_face: bool,
    pair: PairResult,
    leak: float,
    parameters: Parameters,
) -> Change:
    used = [value for value in after if _measured(value)]
    corrected = bool(used) and all("card_corrected" in value.flags for value in used)
    prior = prior_sd(metric.name, region, on_face, reference, corrected)
    if not used or not math.isfinite(prior):
        flags = tuple(dict.fromkeys(flag for value in after for flag in value.flags))
        if used:
            flags = (*flags, "noise_unknown")  # a number is never shown without its band
        reason: Verdict = "not_comparable" if "expression" in flags else "not_measurable"
        n_pixels = max((value.n_pixels for value in after), default=0)
        return _without_number(metric, region, reference, reason, flags, n_pixels)
    earlier = [0.0] + [value.difference for value in before if _measured(value)]
    later = [value.difference for value in used]
    difference = _session_mean(before, after, lambda value: value.difference)
    companion = _session_mean(before, after, lambda value: value.companion)
    factor = math.sqrt(1 + WARNING_VARIANCE * max(value.warnings for value in used))
    remarks = list(dict.fromkeys(flag for value in used for flag in value.flags))
    if metric.relative and reference == REST_OF_FACE:
        remarks.append("rest_of_face")
    if metric.name.startswith("redness") and pair.tone_deg < BROWN_DEG:
        factor *= BROWN_FACTOR if pair.tone_deg >= DARK_DEG else BROWN_FACTOR**2
        remarks.append("exploratory_tone")
    if factor > 1:
        remarks.append("gate_warning")
    sd, df = posterior_sd(prior * factor, NU0, repeat_contrasts(earlier) + repeat_contrasts(later))
    if len(earlier) + len(later) == 2:
        remarks.append("single_shot")
    within = math.sqrt(sum(value.standard_error**2 for value in used)) / len(used)
    if len(earlier) > 1:
        within = math.hypot(
            within, math.sqrt(sum(v.standard_error**2 for v in before if _measured(v))) / len(earlier)
        )
    se = math.sqrt(sd**2 * shot_factor(len(earlier), len(later)) + within**2 + leak**2)
    ci95, mdc95 = limits(difference, se, df, judged, parameters.false_change_rate)
    outcome = verdict(difference, mdc95)
    changed = outcome in ("measurable_increase", "measurable_decrease")
    n_pixels = min(value.n_pixels for value in used)
    if metric.agrees_with is not None and changed and companion * difference <= 0:
        remarks.append("estimators_disagree")
        return _without_number(metric, region, reference, "not_measurable", tuple(remarks), n_pixels)
    baseline = used[0].baseline
    seen = None
    if changed:
        colour = median_colour(pair.baseline_linear, pair.areas[region] & pair.baseline.valid)
        seen = is_visible(metric.name, difference, colour)
    return Change(
        metric.name, metric.family, region, reference, metric.unit, baseline, baseline + difference,
        difference, ci95, mdc95, outcome, seen, tuple(remarks), n_pixels,
    )  # fmt: skip


def prior_sd(
    metric: str, region: str, on_face: bool, reference: str | None = None, corrected: bool = False
) -> float:
    """SD of a one-shot to one-shot difference at zero change, before the user's own repeats.

    Args:
        metric: its name.
        region: its name.
        on_face: whether a mesh placed it.
        reference: what the level is relative to.
        corrected: whether a colour card made the lights of all shots alike.

    A metric that has no entry yet (a new file) gets none: its changes are not measurable until
    benchmarks/derive.py has measured its noise.
    """
    table = PRIOR_SD.get(metric)
    if table is None:
        return math.nan
    face = table.get(FACE_UNITS.get(region, "body"), table["body"])
    if reference == CARD:
        # What a face does by itself was measured without a card: it is added, until real pairs tell more.
        own = table.get("card", math.nan)
        return math.hypot(own, face) if on_face else own
    if on_face:
        return face
    return table.get("body_card", table["body"]) if corrected else table["body"]


def _relative(
    metric: Metric, pair: PairResult, regions: Sequence[Region], on_face: bool, reference: str | None
) -> dict[str, _Relative]:
    """Each region's change of one metric in one pair, against its reference."""
    said = _card_flags(metric, pair)
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
        zero = change = companion = spread = 0.0
        if reference == CARD:
            if pair.card.fit is None:  # only other shots of the session have it
                out[region.name] = _without(value, "no_reference", *said)
                continue
            zero = card_level(metric, pair.card, pair.grid.px_per_mm)
        elif metric.relative:
            found = _reference(metric, region.name, raw, regions, pair, on_face)
            if found is None:
                out[region.name] = _without(value, "no_reference", *said)
                continue
            zero, change, companion, spread = found
        if moved > EXPRESSION_WARN:
            flags = (*flags, "expression")
        out[region.name] = _Relative(
            value.baseline - zero,
            value.difference - change,
            value.companion - companion,
            math.hypot(value.standard_error, spread),
            value.n_pixels,
            flags,
            len(warned) + (moved > EXPRESSION_WARN),
        )
    return out


def _card_flags(metric: Metric, pair: PairResult) -> tuple[str, ...]:
    """What the card did to this metric: a map of the light concerns all, a missing one colour only."""
    flag = pair.card.flag
    if flag is None or (metric.family != "colour" and pair.card.fit is None):
        return ()
    return (flag,)


def _without(value: RawChange, *flags: str) -> _Relative:
    nan = math.nan
    return _Relative(nan, nan, nan, nan, value.n_pixels, (*value.flags, *flags), 0)


def _reference(
    metric: Metric,
    region: str,
    raw: Mapping[str, RawChange],
    regions: Sequence[Region],
    pair: PairResult,
    on_face: bool,
) -> tuple[float, float, float, float] | None:
    """Level, change, companion's change and standard error of the reference; None where there is none."""
    drawn = [r.name for r in regions if r.role == "reference"]
    treated = {r.name for r in regions if r.role == "treated"}
    if drawn:
        members = [raw[name] for name in drawn if math.isfinite(raw[name].difference)]
        if not members:
            return None
        weights = np.array([value.n_pixels for value in members], np.float64)
        weights /= weights.sum()
        return (
            float(weights @ [v.baseline for v in members]),
            float(weights @ [v.difference for v in members]),
            float(weights @ [v.companion for v in members]),
            math.sqrt(float(weights**2 @ [v.standard_error**2 for v in members])),
        )
    if not on_face or not _enough_untreated(treated):
        return None
    units: dict[str, list[RawChange]] = {}
    for name, value in raw.items():
        unit = FACE_UNITS[name]
        moved = pair.expression.get(name, 0.0) > EXPRESSION_REFUSE
        if unit == FACE_UNITS[region] or name in treated or moved or not math.isfinite(value.difference):
            continue
        units.setdefault(unit, []).append(value)
    if len(units) < MIN_OTHER_UNITS:
        return None
    weights = np.array([prior_sd(metric.name, _any_region(unit), True) ** -2 for unit in units])
    table = np.array(
        [[sum(getattr(v, key) for v in unit) / len(unit) for unit in units.values()]
         for key in ("baseline", "difference", "companion")]
    )  # fmt: skip
    level, change, companion = (weighted_median(row, weights) for row in table)
    return level, change, companion, 0.0  # the face's prior SD already holds the reference's noise


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


def _reference_name(metric: Metric, regions: Sequence[Region], on_face: bool, with_card: bool) -> str | None:
    """Reference skin first; the rest of a face before the card only where it is known to be untreated."""
    if not metric.relative:
        return None
    drawn = [r.name for r in regions if r.role == "reference"]
    if drawn:
        return "+".join(drawn)
    treated = {r.name for r in regions if r.role == "treated"}
    if with_card and not (on_face and treated and _enough_untreated(treated)):
        return CARD
    return REST_OF_FACE if on_face and _enough_untreated(treated) else None


def _session_gates(pairs: Sequence[PairResult]) -> tuple[Gate, ...]:
    """Per family the checks of the shot that passes them best, because that shot is what is used.

    Never a mixture of shots: two that are refused for different reasons do not make a good one.
    """
    rank = {"ok": 0, "warn": 1, "refuse": 2}
    out: dict[tuple[str, str], Gate] = {}
    for family in ("colour", "texture"):
        best = min(
            pairs,
            key=lambda pair: (
                len(quality.refused(pair.gates, family)),
                len(quality.warned(pair.gates, family)),
            ),
        )
        chosen: dict[tuple[str, str], Gate] = {}
        for gate in best.gates:
            key = (gate.name, str(gate.family))
            if gate.family in (family, "all") and (
                key not in chosen or rank[gate.state] > rank[chosen[key].state]
            ):
                chosen[key] = gate
        for key, gate in chosen.items():
            out.setdefault(key, gate)
    return tuple(out.values())


def families(comparison_gates: tuple[Gate, ...], changes: Sequence[Change]) -> tuple[Family, ...]:
    """The families that were really compared: open gates and at least one number."""
    out: list[Family] = []
    for family in ("colour", "texture"):
        measured = any(c.family == family and math.isfinite(c.difference) for c in changes)
        if measured and not quality.refused(comparison_gates, family):
            out.append(family)
    return tuple(out)


def refusal_reasons(gates: tuple[Gate, ...], changes: Sequence[Change] = ()) -> tuple[str, ...]:
    """One sentence per gate that refused something; where none did, what kept every change from a number."""
    closing = [g for g in gates if g.state == "refuse" and g.name not in quality.CARD_CHECKS]
    by_gate = tuple(dict.fromkeys(quality.reason(g) for g in closing))
    if by_gate or any(math.isfinite(change.difference) for change in changes):
        return by_gate
    return tuple(dict.fromkeys(FLAGS[flag].long for change in changes for flag in change.flags))
