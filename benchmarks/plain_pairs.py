"""Pairs of a third drawing of skin (`benchmarks.plain_skin`) through the public pipeline.

    python -m benchmarks.plain_pairs                 six people a class, three minutes on 2 cores
    python -m benchmarks.plain_pairs --people 20

Every pair has photos of its own. Printed per metric and tone class: how many untreated pairs were called
changed, how many dosed ones, of how many measured; the median difference; and in what share of the stated
band 95 % of the untreated pairs lie.

Limits: those of the drawing. No constant was derived on it; the term of `analysis.bands.pattern_error` for
what a median sees and a standard deviation does not was found with it, on people of other seeds than these.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import cv2
import numpy as np

from analysis import pipeline
from analysis.errors import AnalysisError
from analysis.records import RegionPlan
from benchmarks.plain_skin import PX_PER_MM, TONES, Dose, draw_shot, draw_skin, drawn_regions, photograph

FIRST_SEED = 8_000_000
DOSES = {
    "untreated": Dose(),
    "blood -30 %": Dose(blood=0.7),
    "blood +50 %": Dose(blood=1.5),
    "melanin -15 %": Dose(melanin=0.85),
    "spots x 0.5": Dose(spots=0.5),
    "relief x 0.8": Dose(relief=0.8),
}
UNTREATED_PAIRS = 3
"""A person."""
METRICS = (
    "redness", "redness_uniformity", "pigment", "pigment_uniformity",
    "texture_pore", "texture_medium", "texture_coarse",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Job:
    """One pair to take."""

    tone: str
    person: int
    dose: str
    number: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the program says of one metric on the treated patch."""

    difference: float
    """NaN where there is no number."""
    band: float
    changed: bool


def one(job: Job) -> dict[str, Answer]:
    """Metric -> answer; empty where the pair is refused."""
    cv2.setNumThreads(1)
    tone = list(TONES).index(job.tone)
    skin = draw_skin(np.random.default_rng([FIRST_SEED, tone, job.person]))
    rng = np.random.default_rng([FIRST_SEED + 1, tone, job.person, list(DOSES).index(job.dose), job.number])
    before = photograph(skin, TONES[job.tone], draw_shot(rng, moved=False))
    after = photograph(skin, TONES[job.tone], draw_shot(rng, moved=True), DOSES[job.dose])
    plan = RegionPlan(drawn=drawn_regions(), px_per_mm=PX_PER_MM)
    try:
        result = pipeline.compare([before], [after], finder=None, plan=plan, with_views=False)
    except AnalysisError:
        return {}
    return {
        change.metric: Answer(change.difference, change.mdc95, change.verdict.startswith("measurable"))
        for change in result.changes
        if change.region == "treated"
    }


def table(jobs: Sequence[Job], answers: Sequence[dict[str, Answer]]) -> str:
    """A line per metric and dose: changed of measured (of taken, where refused), median difference."""
    lines = [_row("", "", TONES)]
    for metric in METRICS:
        of = {
            (tone, dose): [
                answer.get(metric) for job, answer in zip(jobs, answers, strict=True)
                if (job.tone, job.dose) == (tone, dose)
            ]
            for tone in TONES for dose in DOSES
        }  # fmt: skip
        lines += [_row(metric, dose, [_cell(of[tone, dose]) for tone in TONES]) for dose in DOSES]
        lines.append(_row("", "95 % within", [_within(of[tone, "untreated"]) for tone in TONES]))
    return "\n".join(lines)


def _row(metric: str, dose: str, cells: Iterable[str]) -> str:
    return f"{metric:20s}{dose:16s}" + "".join(f"{cell:>20s}" for cell in cells)


def _cell(found: Sequence[Answer | None]) -> str:
    measured = _measured(found)
    refused = f" of {len(found)}" if len(measured) < len(found) else ""
    middle = f"{np.median([one.difference for one in measured]):.2g}" if measured else "-"
    return f"{sum(one.changed for one in measured)}/{len(measured)}{refused} {middle}"


def _within(found: Sequence[Answer | None]) -> str:
    """The share of the band that holds 95 % of untreated pairs."""
    measured = _measured(found)
    if len(measured) < 10:
        return "-"
    return f"{np.quantile([abs(one.difference) / one.band for one in measured], 0.95):.2f}"


def _measured(found: Sequence[Answer | None]) -> list[Answer]:
    return [one for one in found if one is not None and math.isfinite(one.difference)]


def main() -> int:
    """Take the pairs, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=6, help="people per tone class")
    people: int = parser.parse_args().people
    jobs = [
        Job(tone, person, dose, number)
        for tone in TONES
        for person in range(people)
        for dose in DOSES
        for number in range(UNTREATED_PAIRS if dose == "untreated" else 1)
    ]
    answers = []
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for answer in pool.map(one, jobs):
            answers.append(answer)
            print(f"\r{len(answers)} of {len(jobs)} pairs", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(table(jobs, answers))
    return 0


if __name__ == "__main__":
    sys.exit(main())
