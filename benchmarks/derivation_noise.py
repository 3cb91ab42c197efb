"""How much each metric moves when nothing changed: every disturbance at once, through the real pipeline.

One pair is one synthetic person photographed twice, both photos disturbed independently at "moderate", no
treatment. Regions are drawn, as a user draws them. Seeds start where no sample and no benchmark uses any.
With a colour card in both photos a level is measured against reference skin and against the card alone.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from types import MappingProxyType
from typing import TypeVar
from unittest import mock

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from analysis.phantom.camera import CAMERAS
from analysis.phantom.optics import TONE_ITA_DEG
from analysis.phantom.scene import Pair, pair
from analysis.records import RegionPlan

Result = TypeVar("Result")

FIRST_SEED = 7_000_000
FIRST_CARD_SEED = 7_500_000
CARD_PLACES = ("body_card", "card")
"""Reference skin in photos whose lights a card made alike; the card as the only reference."""
LEVELS = ("redness", "pigment")
PATTERN_METRICS = ("redness_uniformity", "pigment_uniformity")
NO_GAINS: Mapping[str, float] = MappingProxyType({})
PATCH_MM = 30.0
DEGREES_OF_FREEDOM = 20.0
"""What the prior will be worth: the quantile below belongs to it."""

REFERENCE_PRIOR = {
    "redness": 0.9, "redness_uniformity": 0.25, "pigment": 1.5, "pigment_uniformity": 0.4,
    "texture_pore": 7.0, "texture_medium": 5.0, "texture_coarse": 5.0,
}  # fmt: skip
"""The prior the trial intervals are stated with: it only sets the share of what lies within a photo. Fixed,
so that the result does not depend on what is in the file."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One metric on the treated region of an untreated pair."""

    difference: float
    """NaN where it was refused."""
    ci_half_width: float
    """Of ci95 under the trial prior; NaN for a metric that has none."""
    widened: bool
    """A gate's warning or a dark tone made the interval wider than the prior alone would."""
    baseline: float = math.nan
    """The value in the baseline."""
    cast: float = math.nan
    """Change of the light's colour between the photos, natural-log units."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One untreated pair: its tone class and what was found per metric; nothing where it was refused."""

    tone: str
    findings: Mapping[str, Finding]


def zero_change(pairs_per_tone: int, processes: int = 2, *, even_light: bool = False) -> list[Outcome]:
    """Untreated pairs, tones and cameras in turn. About a second a pair and core."""
    measure = partial(one_pair, even_light=even_light)
    return in_turn(measure, FIRST_SEED, pairs_per_tone, processes)


def zero_change_with_card(
    pairs_per_tone: int, gains: Mapping[str, float], processes: int = 2
) -> dict[str, list[Outcome]]:
    """The same with a colour card in both photos: place -> pairs. About 5 s a pair and core.

    Args:
        pairs_per_tone: how many.
        gains: `cast_gain_sd` of pairs without a card: a card does not undo what light did to a pattern.
        processes: to share the pairs between.
    """
    measure = partial(one_card_pair, gains=gains)
    pairs = in_turn(measure, FIRST_CARD_SEED, pairs_per_tone, processes)
    return {place: [outcome[place] for outcome in pairs] for place in CARD_PLACES}


def in_turn(
    measure: Callable[[tuple[int, str]], Result], first_seed: int, pairs_per_tone: int, processes: int
) -> list[Result]:
    """What `measure` finds for so many seeds of every tone, tones in turn, on so many processes."""
    jobs = [
        (first_seed + 100 * number + tone, name)
        for number in range(pairs_per_tone)
        for tone, name in enumerate(TONE_ITA_DEG)
    ]
    out: list[Result] = []
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for done, outcome in enumerate(pool.map(measure, jobs), start=1):
            out.append(outcome)
            if done % 10 == 0 or done == len(jobs):
                print(f"\r{done} of {len(jobs)} pairs", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return out


def camera_of(seed: int) -> str:
    """The camera of one of the seeds of `in_turn`: cameras in turn."""
    return sorted(CAMERAS)[seed // 100 % len(CAMERAS)]


def prior_sd(findings: Iterable[Finding], prior: float) -> float:
    """The prior SD at which the stated 95 % intervals hold what an untreated pair shows.

    Intervals are made of this prior, widened where a gate warned, and of the spread within a photo. The
    trial prior is scaled by the RMS of difference over stated error, or by what brings 95 % inside if the
    tails ask for more. The spread within a photo does not shrink with it, so what comes out errs on the
    wide side; where the prior grows, it is at least the RMS of the differences.

    Args:
        findings: of one metric.
        prior: the SD that the findings' intervals were stated with; NaN if there was none.

    Returns:
        NaN for fewer than 20 measured pairs.

    >>> even = [Finding(1.0, 2.0, False), Finding(-1.0, 2.0, False)] * 20
    >>> round(prior_sd(even, 0.9), 2)      # stated error 2.0 / 2.09, seen 1.0: 0.94 would be too little
    1.0
    >>> round(prior_sd(even, 1.8), 2)      # scaled by the same 1.04, and above what is seen
    1.88
    """
    seen = _measured(findings)
    if len(seen) < 20:
        return math.nan
    quantile = float(stdtrit(DEGREES_OF_FREEDOM, 0.975))
    difference = np.array([one.difference for one in seen])
    half = np.array([one.ci_half_width for one in seen])
    if not (math.isfinite(prior) and np.isfinite(half).all()):
        return _rms(difference)
    scale = max(_rms(quantile * difference / half), float(np.quantile(np.abs(difference) / half, 0.95)))
    # Upwards the spread within a photo does not grow along: there the differences themselves are the floor.
    return prior * scale if scale <= 1 else max(prior * scale, _rms(difference))


def cast_gain_sd(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Pattern metric -> SD of the ratio at which a pattern is rendered anew, per unit of colour cast.

    Light of another colour, or another white balance, meets other sensitivities: the same pattern comes out
    stronger or weaker. Fitted as difference ~ N(0, a^2 + (g cast baseline)^2) by maximum likelihood; g is
    what is returned, two significant figures.
    """
    out = {}
    for metric in PATTERN_METRICS:
        seen = _findings(outcomes, metric)
        if len(seen) < 20:
            continue
        difference = np.array([one.difference for one in seen])
        per_gain = np.array([one.cast * one.baseline for one in seen])
        floors, gains = np.meshgrid(np.arange(0.02, 0.5, 0.01), np.arange(0.0, 2.0, 0.02), indexing="ij")
        variance = floors[..., None] ** 2 + (gains[..., None] * per_gain) ** 2
        cost = (np.log(variance) + difference**2 / variance).sum(-1)
        out[metric] = float(f"{gains.flat[int(np.argmin(cost))]:.2g}")
    return out


def widened_by_cast(outcomes: Sequence[Outcome], gains: Mapping[str, float]) -> list[Outcome]:
    """The same findings, their intervals as if stated with these gains as well."""
    quantile = float(stdtrit(DEGREES_OF_FREEDOM, 0.975))
    out = []
    for one in outcomes:
        findings = {
            metric: replace(
                finding,
                ci_half_width=math.hypot(
                    finding.ci_half_width, quantile * gains[metric] * finding.cast * finding.baseline
                ),
            )
            if gains.get(metric)
            else finding
            for metric, finding in one.findings.items()
        }
        out.append(Outcome(one.tone, findings))
    return out


def tone_factors(
    outcomes: Sequence[Outcome], metrics: Sequence[str] | None = None
) -> dict[str, dict[str, float]]:
    """Metric -> tone class -> its noise over that of all tones, as multiples of what the intervals state.

    Drawn towards 1 by as many pairs as the prior counts for: 20 pairs of one tone halve the distance.
    """
    out = {}
    for metric in _metrics(outcomes) if metrics is None else metrics:
        every = _rms(_stated(_findings(outcomes, metric)))
        row = {}
        for tone in TONE_ITA_DEG:
            own = _stated(_findings([one for one in outcomes if one.tone == tone], metric))
            squares = float(np.sum(np.square(own))) / every**2
            factor = math.sqrt((squares + DEGREES_OF_FREEDOM) / (len(own) + DEGREES_OF_FREEDOM))
            row[tone] = float(f"{factor:.3g}")
        if math.isfinite(every) and every > 0:
            out[metric] = row
    return out


def _stated(findings: Sequence[Finding]) -> list[float]:
    """Differences as multiples of their own stated interval."""
    return [one.difference / one.ci_half_width for one in findings]


def noise_table(outcomes: Sequence[Outcome], priors: Mapping[str, float] = REFERENCE_PRIOR) -> str:
    """SD by metric and tone, trial and new prior, pairs measured, and the share outside the trial's ci95."""
    head = [*TONE_ITA_DEG, "all", "trial", "new"]
    lines = [f"{'SD at zero change':22s}" + "".join(f"{name:>8s}" for name in head)
             + f"{'measured':>11s}{'outside ci95: plain':>21s}{'widened':>16s}"]  # fmt: skip
    for metric in _metrics(outcomes):
        rows = {tone: _findings([one for one in outcomes if one.tone == tone], metric)
                for tone in TONE_ITA_DEG}  # fmt: skip
        every = [one for group in rows.values() for one in group]
        cells = [_rms([one.difference for one in group]) for group in (*rows.values(), every)]
        prior = priors.get(metric, math.nan)
        cells += [prior, prior_sd(every, prior)]
        outside = [_outside([one for one in every if one.widened == wide]) for wide in (False, True)]
        lines.append(
            f"{metric:22s}" + "".join(f"{cell:8.2f}" for cell in cells)
            + f"{f'{len(every)}/{len(outcomes)}':>11s}{outside[0]:>21s}{outside[1]:>16s}"
        )  # fmt: skip
    return "\n".join(lines)


def body_sd(outcomes: Sequence[Outcome], priors: Mapping[str, float] = REFERENCE_PRIOR) -> dict[str, float]:
    """Metric -> SD to state, two significant figures; metrics measured too rarely are left out."""
    out = {}
    for metric in _metrics(outcomes):
        sd = prior_sd(_findings(outcomes, metric), priors.get(metric, math.nan))
        if math.isfinite(sd) and sd > 0:
            out[metric] = float(f"{sd:.2g}")
    return out


def pattern_sd(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """`body_sd` of the patterns alone."""
    return {metric: sd for metric, sd in body_sd(outcomes).items() if metric in PATTERN_METRICS}


def level_sd(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Metric -> RMS difference of a level at zero change, two significant figures.

    Whatever explains it: a phantom that is still and evenly lit leaves next to nothing else, and skin does.
    """
    found = {metric: _findings(outcomes, metric) for metric in LEVELS}
    return {
        metric: float(f"{_rms([one.difference for one in seen]):.2g}")
        for metric, seen in found.items()
        if len(seen) >= 20
    }


def one_pair(job: tuple[int, str], patch_mm: float = PATCH_MM, *, even_light: bool = False) -> Outcome:
    """Render one untreated pair, (seed, tone class), and compare its photos as a user would.

    In light of one colour if asked for: what light of two does to a level is each pair's own, and is read
    from the pair (`analysis.light_field`).
    """
    return Outcome(job[1], _compared(_untreated(job, patch_mm, even_light=even_light)))


def one_card_pair(
    job: tuple[int, str], patch_mm: float = PATCH_MM, gains: Mapping[str, float] = NO_GAINS
) -> dict[str, Outcome]:
    """The same with a colour card in both photos, by place; nothing found where the card was not used.

    Levels in light of one colour, patterns beside reference skin in any light: as without a card.
    """
    even = _untreated(job, patch_mm, card=True, even_light=True)
    out = {}
    for place in CARD_PLACES:
        findings = _compared(even, with_card=True, with_reference=place == "body_card")
        out[place] = Outcome(job[1], {name: one for name, one in findings.items() if name in LEVELS})
    of_patterns = _compared(_untreated(job, patch_mm, card=True), with_card=True, gains=gains)
    levels = dict(out["body_card"].findings)
    patterns = {name: one for name, one in of_patterns.items() if name in PATTERN_METRICS}
    return out | {"body_card": Outcome(job[1], levels | patterns)}


def _untreated(
    job: tuple[int, str], patch_mm: float, *, card: bool = False, even_light: bool = False
) -> Pair:
    cv2.setNumThreads(1)
    seed, tone = job
    return pair(
        seed, tone, level="moderate", camera=camera_of(seed), patch_mm=patch_mm, card=card,
        even_light=even_light,
    )  # fmt: skip


def _compared(
    made: Pair, with_card: bool = False, with_reference: bool = True, gains: Mapping[str, float] = NO_GAINS
) -> dict[str, Finding]:
    # Imported here: the weights must be derivable before a pipeline that needs them can be imported.
    from analysis.pipeline import compare

    drawn = made.baseline.regions if with_reference else made.baseline.regions[:1]
    plan = RegionPlan(drawn=drawn, px_per_mm=made.baseline.px_per_mm)
    trial = {metric: dict.fromkeys(("body", *CARD_PLACES), sd) for metric, sd in REFERENCE_PRIOR.items()}
    with (
        mock.patch("analysis.relative.PRIOR_SD", trial),
        mock.patch("analysis.reference.between", return_value=0.0),  # so that intervals are the prior's
        mock.patch("analysis.relative.TONE_FACTOR", {}),
        mock.patch("analysis.compare.CAST_GAIN_SD", gains),
        mock.patch("analysis.compare.RESPONSE_GAIN", {}),
    ):
        result = compare(
            [made.baseline.jpeg], [made.follow_up.jpeg], finder=None, plan=plan, with_card=with_card,
            with_views=False,
        )  # fmt: skip
    cast = next((gate.value for gate in result.gates if gate.name == "colour_cast_drawn"), math.nan)
    return {
        change.metric: Finding(
            difference=change.difference,
            ci_half_width=(change.ci95[1] - change.ci95[0]) / 2,
            widened="gate_warning" in change.flags,
            baseline=change.baseline,
            cast=cast,
        )
        for change in result.changes
        if change.region == "treated" and ("card_corrected" in change.flags or not with_card)
    }


def _metrics(outcomes: Sequence[Outcome]) -> list[str]:
    return sorted({metric for one in outcomes for metric in one.findings})


def _findings(outcomes: Sequence[Outcome], metric: str) -> list[Finding]:
    return _measured(one.findings[metric] for one in outcomes if metric in one.findings)


def _measured(findings: Iterable[Finding]) -> list[Finding]:
    return [one for one in findings if math.isfinite(one.difference)]


def _outside(findings: Sequence[Finding]) -> str:
    if not findings:
        return "-"
    outside = sum(abs(one.difference) > one.ci_half_width for one in findings)
    return f"{outside}/{len(findings)} ({outside / len(findings):.1%})"


def _rms(values: Sequence[float] | NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(np.square(values)))) if len(values) else math.nan
