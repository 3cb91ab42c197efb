"""Baseline and follow-up sessions -> Changes on identical skin, each with its band and verdict.

Every photo of either session is paired with the first usable baseline photo. The session's change is
the mean over the follow-up's shots minus the mean over the baseline's; what repeat shots disagree by
enters the noise, and so does a repeatability study of the same skin.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from analysis.agreement import Judged, opposite, red_left_over
from analysis.constants import CAST_GAIN_SD, DETECTION_FACTOR, NU0, RESPONSE_GAIN
from analysis.leak import OtherPigment, leak, leaked
from analysis.metrics import registry
from analysis.pair_gates import median_colour
from analysis.pairs import PairResult
from analysis.records import CHANGED, Change, Gate, Metric, Parameters, Region, Verdict
from analysis.regions import REST_OF_FACE
from analysis.relative import (
    Relative,
    measured,
    prior_sd,
    reference_name,
    relative_changes,
)
from analysis.repeatability import Repeatability
from analysis.session_gates import open_pairs, session_gates, shown_pair
from analysis.shots import companion_error, disagreement, session_change, within_error
from analysis.tone import BROWN_DEG, hides_pigment, pigment_by_red, read_by_red, redness_factor
from analysis.uncertainty import detectable_change, limits, repeat_contrasts, session_variance, verdict
from analysis.visibility import is_visible

WARNING_VARIANCE = 1.25
"""Each warned check adds this share of the prior's variance, as one more independent source of noise."""


def judge(
    repeats: Sequence[PairResult],
    follow_ups: Sequence[PairResult],
    regions: Sequence[Region],
    parameters: Parameters,
    *,
    on_face: bool,
    own_noise: Repeatability | None = None,
) -> tuple[tuple[Change, ...], tuple[Gate, ...]]:
    """Changes of one follow-up session and the gates that decided about them.

    Args:
        repeats: the baseline's other shots, each paired with the baseline's first.
        follow_ups: the session's shots, each paired with the baseline's first; at least one.
        regions: with roles, as placed on the baseline.
        parameters: of the method.
        on_face: whether a mesh placed the regions; drawn ones may bear a face region's name too.
        own_noise: a repeatability study of the same regions, already found to fit (`check_fits`).
    """
    reported = [r.name for r in regions if r.role != "reference"]
    metrics = registry()
    shown = shown_pair(follow_ups)
    sessions: dict[str, tuple[list[dict[str, Relative]], list[dict[str, Relative]]]] = {}
    references: dict[str, str | None] = {}
    for metric in metrics.values():
        shots = open_pairs(repeats, metric.family), open_pairs(follow_ups, metric.family)
        with_card = metric.family == "colour" and any(pair.card.fit is not None for pair in shots[1])
        references[metric.name] = reference = reference_name(metric, regions, on_face, with_card)
        rate = parameters.false_change_rate
        before, after = (
            [relative_changes(metric, pair, regions, on_face, reference, rate) for pair in pairs]
            for pairs in shots
        )
        sessions[metric.name] = before, after
    changes: list[Change] = []
    for metric in metrics.values():
        before, after = sessions[metric.name]
        reference = references[metric.name]
        if not after:
            why = ("gate_refused",)
            changes += [
                _without_number(metric, name, reference, "not_comparable", why, 0) for name in reported
            ]
            continue
        if _too_dark(metric.name, shown.tone_deg, on_face):
            why = ("dark_pigment",)
            changes += [
                _without_number(metric, name, reference, "not_measurable", why, 0) for name in reported
            ]
            continue
        judged = sum(any(measured(pair[name]) for pair in after) for name in reported)
        for name in reported:
            other = _other_pigment(metric, name, sessions)
            by_red = read_by_red(metric.name, shown.tone_deg, on_face=on_face)
            studied = own_noise.contrasts(metric.name, name, reference, by_red) if own_noise else ()
            changes.append(
                _change(
                    metric, name, reference, [p[name] for p in before], [p[name] for p in after],
                    judged, on_face, shown, other, parameters, studied,
                )
            )  # fmt: skip
    return _beside_colour(changes), session_gates(follow_ups, repeats)


def _beside_colour(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Texture that changed where colour did, or may have, says so: relief is never quite without pigment."""
    coloured = {
        change.region for change in changes if change.family == "colour" and change.verdict in CHANGED
    }
    seen = {c.region for c in changes if c.metric == "redness" and math.isfinite(c.difference)}
    out = []
    for change in changes:
        if change.family == "texture" and change.verdict in CHANGED:
            if change.region in coloured:
                change = replace(change, flags=(*change.flags, "colour_changed_too"))
            elif change.region not in seen:
                change = replace(change, flags=(*change.flags, "colour_unknown"))
        out.append(change)
    return tuple(out)


def _other_pigment(
    metric: Metric,
    region: str,
    sessions: Mapping[str, tuple[list[dict[str, Relative]], list[dict[str, Relative]]]],
) -> OtherPigment:
    if metric.leaks_from is None:
        return OtherPigment()
    before, after = ([pair[region] for pair in side] for side in sessions[metric.leaks_from])
    companion = session_change(before, after, "companion")
    return OtherPigment(
        session_change(before, after).difference,
        companion.difference,
        companion_error(before, after, companion.light_error),
    )


def _too_dark(metric: str, tone_deg: float, on_face: bool) -> bool:
    """Whether M carries no pigment in this skin tone, and nothing else is read instead."""
    of_melanin = metric == "pigment_uniformity" or (metric == "pigment" and on_face)
    return of_melanin and hides_pigment(tone_deg)


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
    before: Sequence[Relative],
    after: Sequence[Relative],
    judged: int,
    on_face: bool,
    pair: PairResult,
    other: OtherPigment,
    parameters: Parameters,
    studied: Sequence[float],
) -> Change:
    used = [value for value in after if measured(value)]
    corrected = bool(used) and all("card_corrected" in value.flags for value in used)
    prior = prior_sd(metric.name, region, on_face, reference, corrected, pair.tone_deg)
    if not used or not math.isfinite(prior):
        flags = tuple(dict.fromkeys(flag for value in after for flag in value.flags))
        if used:
            flags = (*flags, "noise_unknown")  # a number is never shown without its band
        reason: Verdict = "not_comparable" if "expression" in flags else "not_measurable"
        n_pixels = max((value.n_pixels for value in after), default=0)
        return _without_number(metric, region, reference, reason, flags, n_pixels)
    earlier = [0.0] + [value.without_light for value in before if measured(value)]
    later = [value.without_light for value in used]
    found = session_change(before, after)
    difference = found.difference
    companion = session_change(before, after, "companion")
    warnings = max(value.warnings for value in (*used, *before) if measured(value))
    factor, remarks = _widened(metric, used, warnings, pair, on_face, reference)
    repeats = [*repeat_contrasts(earlier), *repeat_contrasts(later), *studied]
    variance, df = session_variance(prior * factor, NU0, repeats, len(earlier), len(later))
    if studied:
        remarks.append("own_noise")
    if len(earlier) + len(later) == 2:
        remarks.append("single_shot")
    within, apart = within_error(before, after), disagreement(before, after)
    baseline = used[0].baseline
    other = replace(other, companion_error=factor * other.companion_error)
    by_red = pigment_by_red(pair.tone_deg, on_face=on_face)
    leaks = leaked(metric, pair.tone_deg, by_red, other, difference)
    gain = CAST_GAIN_SD.get(metric.name, 0.0) * max(value.cast for value in used) * baseline
    response = RESPONSE_GAIN.get(metric.name, (1.0, 1.0))

    def bounds(light_error: float) -> tuple[float, tuple[float, float], float]:
        """Standard error, ci95 and mdc95 with so much of it from light."""
        # What widens the prior widens what the pair shows as well: the check doubts the whole pair.
        se = math.sqrt(variance + factor**2 * (within**2 + gain**2 + light_error**2) + leaks**2)
        se = max(se, apart)
        return se, *limits(difference, se, df, judged, parameters.false_change_rate, response)

    se, ci95, mdc95 = bounds(found.light_error)
    needed = DETECTION_FACTOR.get(metric.name, math.nan)
    detectable80 = max(
        lost + detectable_change(limit, error, df, needed)
        for lost, (error, _, limit) in ((lost, bounds(light_error)) for lost, light_error in found.hidden)
    )
    outcome = verdict(difference, mdc95)
    changed = outcome in CHANGED
    n_pixels = min(value.n_pixels for value in used)
    if metric.agrees_with is not None and changed and opposite(difference, companion.without_light):
        remarks.append("estimators_disagree")
    elif not changed and metric.name == "pigment" and by_red is False:
        blood = leak("pigment_by_red", pair.tone_deg) * abs(other.difference)
        own = factor * companion_error(before, after, companion.light_error)
        red, red_se = companion.difference, math.sqrt(variance + own**2 + blood**2)
        if red_left_over(difference, se, red, red_se, Judged(df, judged, parameters.false_change_rate)):
            remarks.append("red_disagrees")
    if {"estimators_disagree", "red_disagrees"} & set(remarks):
        return _without_number(metric, region, reference, "not_measurable", tuple(remarks), n_pixels)
    if se == apart:
        remarks.append("regions_disagree")
    if abs(found.light_taken_off) > se:
        remarks.append("light_taken_off")
    seen = _visible(metric, region, pair, difference, bool(by_red)) if changed else None
    return Change(
        metric.name, metric.family, region, reference, metric.unit, baseline, baseline + difference,
        difference, ci95, mdc95, outcome, seen, tuple(remarks), n_pixels,
        detectable80, se,
    )  # fmt: skip


def _visible(metric: Metric, region: str, pair: PairResult, difference: float, by_red: bool) -> bool | None:
    """Whether people would see this change; None also where another shot alone could read the region."""
    colour = median_colour(pair.baseline_linear, pair.areas[region] & pair.baseline.valid)
    return is_visible(metric.name, difference, colour, by_red=by_red) if np.isfinite(colour).all() else None


def _widened(
    metric: Metric,
    used: Sequence[Relative],
    warnings: int,
    pair: PairResult,
    on_face: bool,
    reference: str | None,
) -> tuple[float, list[str]]:
    """By how much warnings and a dark tone multiply the prior, and what is to be said about the number."""
    factor = math.sqrt(1 + WARNING_VARIANCE * warnings)
    remarks = list(dict.fromkeys(flag for value in used for flag in value.flags))
    if metric.relative and reference == REST_OF_FACE:
        remarks.append("rest_of_face")
    if metric.name.startswith("redness") and pair.tone_deg < BROWN_DEG:
        factor *= redness_factor(pair.tone_deg)
        remarks.append("exploratory_tone")
    if read_by_red(metric.name, pair.tone_deg, on_face=on_face):
        remarks.append("pigment_by_red")
    if warnings:
        remarks.append("gate_warning")
    return factor, remarks
