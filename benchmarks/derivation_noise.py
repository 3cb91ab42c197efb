"""How much each metric moves when nothing changed: every disturbance at once, through the real pipeline.

One pair is one synthetic person photographed twice, both photos disturbed independently at "moderate", no
treatment. Regions are drawn, as a user draws them. Seeds start where no sample and no benchmark uses any.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import cv2
import numpy as np
from scipy.special import stdtrit

from analysis.phantom.camera import CAMERAS
from analysis.phantom.optics import TONE_ITA_DEG
from analysis.phantom.scene import pair
from analysis.records import RegionPlan

FIRST_SEED = 7_000_000
PATCH_MM = 30.0
DEGREES_OF_FREEDOM = 20.0
"""What the prior will be worth: the quantile below belongs to it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One untreated pair: what was measured on its treated region."""

    tone: str
    differences: Mapping[str, float]
    """Per metric; NaN where it was refused, nothing where the pair was."""
    half_widths: Mapping[str, float]
    """Of ci95 as stated with the constants in use: what the new ones are compared with."""


def zero_change(pairs_per_tone: int, processes: int = 2) -> list[Outcome]:
    """Untreated pairs, tones and cameras in turn. About 3 s a pair and core."""
    jobs = [
        (FIRST_SEED + 100 * number + tone, name)
        for number in range(pairs_per_tone)
        for tone, name in enumerate(TONE_ITA_DEG)
    ]
    out: list[Outcome] = []
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for done, outcome in enumerate(pool.map(_one_pair, jobs), start=1):
            out.append(outcome)
            if done % 10 == 0 or done == len(jobs):
                print(f"\r{done} of {len(jobs)} pairs", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return out


def prior_sd(values: Iterable[float]) -> float:
    """The SD to state: the RMS, or more where the tails are heavier than a t of 20 degrees of freedom.

    >>> round(prior_sd([1.0, -1.0] * 20), 2)
    1.0
    """
    measured = np.array([value for value in values if math.isfinite(value)])
    if measured.size < 20:
        return math.nan
    rms = float(np.sqrt(np.mean(measured**2)))
    tail = float(np.quantile(np.abs(measured), 0.95) / stdtrit(DEGREES_OF_FREEDOM, 0.975))
    return max(rms, tail)


def noise_table(outcomes: Sequence[Outcome]) -> str:
    """SD by metric and tone, how many pairs were measured, and the share outside the stated interval."""
    head = [*TONE_ITA_DEG, "all", "state"]
    lines = [f"{'SD at zero change':22s}" + "".join(f"{name:>8s}" for name in head)
             + f"{'measured':>11s}{'outside ci95':>14s}"]  # fmt: skip
    for metric in _metrics(outcomes):
        seen = [one for one in outcomes if math.isfinite(one.differences.get(metric, math.nan))]
        groups = [[one for one in seen if one.tone == tone] for tone in TONE_ITA_DEG]
        cells = [_rms([one.differences[metric] for one in group]) for group in (*groups, seen)]
        cells.append(prior_sd(one.differences[metric] for one in seen))
        missed = [abs(one.differences[metric]) > one.half_widths[metric] for one in seen]
        share = float(np.mean(missed)) if missed else math.nan
        lines.append(
            f"{metric:22s}" + "".join(f"{cell:8.2f}" for cell in cells)
            + f"{f'{len(seen)}/{len(outcomes)}':>11s}{share:14.3f}"
        )  # fmt: skip
    return "\n".join(lines)


def body_sd(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Metric -> SD to state, two significant figures; metrics measured too rarely are left out."""
    out = {}
    for metric in _metrics(outcomes):
        sd = prior_sd(one.differences.get(metric, math.nan) for one in outcomes)
        if math.isfinite(sd) and sd > 0:
            out[metric] = float(f"{sd:.2g}")
    return out


def _one_pair(job: tuple[int, str]) -> Outcome:
    # Imported here: the weights must be derivable before a pipeline that needs them can be imported.
    from analysis.pipeline import compare

    cv2.setNumThreads(1)
    seed, tone = job
    camera = sorted(CAMERAS)[seed // 100 % len(CAMERAS)]
    made = pair(seed, tone, level="moderate", camera=camera, patch_mm=PATCH_MM)
    plan = RegionPlan(drawn=made.baseline.regions, px_per_mm=made.baseline.px_per_mm)
    result = compare([made.baseline.jpeg], [made.follow_up.jpeg], finder=None, plan=plan)
    changes = [change for change in result.changes if change.region == "treated"]
    refused = ("not_comparable", "not_measurable")
    return Outcome(
        tone=tone,
        differences={one.metric: math.nan if one.verdict in refused else one.difference for one in changes},
        half_widths={one.metric: (one.ci95[1] - one.ci95[0]) / 2 for one in changes},
    )


def _metrics(outcomes: Sequence[Outcome]) -> list[str]:
    return sorted({metric for one in outcomes for metric in one.differences})


def _rms(values: list[float]) -> float:
    return float(np.sqrt(np.mean(np.square(values)))) if values else math.nan
