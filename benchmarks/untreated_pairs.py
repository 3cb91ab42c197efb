"""Untreated pairs of the phantom: every disturbance at once, through the real pipeline.

One pair is one synthetic person photographed twice, both photos disturbed independently at "moderate", no
treatment. Regions are drawn, as a user draws them. Seeds start where no sample and no benchmark uses any.
With a colour card in both photos a level is measured against reference skin and against the card alone, a
pattern by itself.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from types import MappingProxyType
from typing import TypeVar
from unittest import mock

import cv2

from analysis.light_field import EVEN
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
WIDENING = {"gate_warning", "exploratory_tone"}
"""Flags of a number whose prior was multiplied."""

REFERENCE_PRIOR = {
    "redness": 0.9, "redness_uniformity": 0.25, "pigment": 1.5, "pigment_uniformity": 0.4,
    "texture_pore": 7.0, "texture_medium": 5.0, "texture_coarse": 5.0,
}  # fmt: skip
"""The prior the trial intervals are stated with: it only sets the share of what lies within a photo. Fixed,
so that the result does not depend on what is in the file."""

FAR_TOO_WIDE = 1e6
"""The trial prior of a metric whose noise nobody has measured yet, so that it has a number at all. What lies
within a photo is nothing beside it: the whole difference becomes its prior."""


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
    """Change of the light's colour between the photos, natural-log units; with a card what it left of it."""


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
    """The same with a colour card in both photos: place -> pairs. About 4 s a pair and core.

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
    from analysis.metrics import registry
    from analysis.pipeline import compare

    drawn = made.baseline.regions if with_reference else made.baseline.regions[:1]
    plan = RegionPlan(drawn=drawn, px_per_mm=made.baseline.px_per_mm)
    places = ("body", *CARD_PLACES)
    trial = {name: dict.fromkeys(places, REFERENCE_PRIOR.get(name, FAR_TOO_WIDE)) for name in registry()}
    with (
        mock.patch("analysis.relative.PRIOR_SD", trial),
        # So that intervals are the prior's.
        mock.patch("analysis.reference.between", return_value=EVEN),
        mock.patch("analysis.reference.carried", return_value=EVEN),
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
            widened=not WIDENING.isdisjoint(change.flags),
            baseline=change.baseline,
            cast=cast,
        )
        for change in result.changes
        if change.region == "treated" and ("card_corrected" in change.flags or not with_card)
    }
