"""How much each metric moves when nothing changed: what untreated pairs say about the noise to state."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from analysis.phantom.optics import TONE_ITA_DEG
from benchmarks.untreated_pairs import LEVELS, PATTERN_METRICS, REFERENCE_PRIOR, Finding, Outcome

DEGREES_OF_FREEDOM = 20.0
"""What the prior will be worth: the quantile below belongs to it."""


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
        return rms(difference)
    scale = max(rms(quantile * difference / half), float(np.quantile(np.abs(difference) / half, 0.95)))
    # Upwards the spread within a photo does not grow along: there the differences themselves are the floor.
    return prior * scale if scale <= 1 else max(prior * scale, rms(difference))


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
        every = rms(_stated(_findings(outcomes, metric)))
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
        cells = [rms([one.difference for one in group]) for group in (*rows.values(), every)]
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
        metric: float(f"{rms([one.difference for one in seen]):.2g}")
        for metric, seen in found.items()
        if len(seen) >= 20
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


def rms(values: Sequence[float] | NDArray[np.float64]) -> float:
    """Root mean square; NaN of nothing."""
    return float(np.sqrt(np.mean(np.square(values)))) if len(values) else math.nan
