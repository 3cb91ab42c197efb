"""How strongly a true change shows in two disturbed photos: the range of the response's gain.

One person of the phantom is photographed in good light before and after a large dose, which gives the true
change, and again with every disturbance at moderate, once untreated and once dosed. Both disturbed pairs
share their disturbances, so what these do without a dose cancels: what is left of the difference of the two
is the true change times a gain. Its range is what this module returns.

Limits: the gain of one dose per metric and person; small doses are taken to show as large ones do.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from analysis.phantom.disturbance import NEUTRAL, draw
from analysis.phantom.optics import TONE_ITA_DEG
from analysis.phantom.scene import NO_DOSE, Dose, Site, SyntheticPhoto
from analysis.records import Change, RegionPlan
from benchmarks.untreated_pairs import PATCH_MM, camera_of, in_turn

FIRST_SEED = 7_700_000
DOSES: Mapping[str, Dose] = {
    "haemoglobin": Dose(haemoglobin=-0.5),
    "melanin": Dose(melanin=-0.3),
    "relief": Dose(relief=0.6),
}
ANSWERS: Mapping[str, str] = {
    "redness": "haemoglobin",
    "redness_uniformity": "haemoglobin",
    "pigment": "melanin",
    "pigment_uniformity": "melanin",
    "texture_pore": "relief",
    "texture_medium": "relief",
    "texture_coarse": "relief",
}
"""Metric -> the dose it must answer to."""


@dataclass(frozen=True, slots=True)
class Response:
    """One metric of one person: the true change, and what two disturbed pairs make of it."""

    tone: str
    metric: str
    true: float
    shown: float


def responses(people_per_tone: int, processes: int = 2) -> list[Response]:
    """Every person's, tones and cameras in turn. About 5 s a person and core."""
    return [one for person in in_turn(one_person, FIRST_SEED, people_per_tone, processes) for one in person]


def one_person(job: tuple[int, str], patch_mm: float = PATCH_MM) -> list[Response]:
    """All metrics of the person (seed, tone class); those that either light cannot show are left out."""
    cv2.setNumThreads(1)
    seed, tone = job
    site = Site.of(seed, tone, camera=camera_of(seed), patch_mm=patch_mm)
    rng = np.random.default_rng([seed, 1])
    first, second = draw("moderate", rng), draw("moderate", rng)
    good = site.photo(NO_DOSE, NEUTRAL, shot_seed=1)
    before = site.photo(NO_DOSE, first, shot_seed=2)
    still = _changes(before, site.photo(NO_DOSE, second, shot_seed=3))
    out = []
    for axis, dose in DOSES.items():
        true = _changes(good, site.photo(dose, NEUTRAL, shot_seed=4))
        dosed = _changes(before, site.photo(dose, second, shot_seed=3))
        for metric in (name for name, of in ANSWERS.items() if of == axis):
            found = [changes.get(metric) for changes in (true, still, dosed)]
            if all(found) and len({"pigment_by_red" in one.flags for one in found if one}) == 1:
                values = [one.difference for one in found if one]
                out.append(Response(tone, metric, values[0], values[2] - values[1]))
    return out


def _changes(before: SyntheticPhoto, after: SyntheticPhoto) -> dict[str, Change]:
    # Imported here: the weights must be derivable before a pipeline that needs them can be imported.
    from analysis.pipeline import compare

    plan = RegionPlan(drawn=before.regions, px_per_mm=before.px_per_mm)
    result = compare([before.jpeg], [after.jpeg], finder=None, plan=plan, with_views=False)
    return {
        change.metric: change
        for change in result.changes
        if change.region == "treated" and math.isfinite(change.difference)
    }


def response_gain(found: Sequence[Response], sd: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """Metric -> the gain that 2.5 % of people are below, and the one that 2.5 % are above, two figures.

    Of changes as large as could be found at all: what a small one shows is noise. A metric with fewer than
    20 of these has no entry.

    Args:
        found: of all tones.
        sd: metric -> SD of a difference between untreated pairs.

    >>> found = [Response("III", "redness", -3.0, -3.0 * (1 + k / 100)) for k in range(-20, 81)]
    >>> response_gain(found, {"redness": 0.3})
    {'redness': (0.82, 1.8)}
    """
    out = {}
    for metric in ANSWERS:
        gains = _gains([one for one in found if one.metric == metric], sd)
        if len(gains) >= 20:
            low, high = (float(f"{value:.2g}") for value in np.percentile(gains, (2.5, 97.5)))
            out[metric] = max(0.05, low), high
    return out


def response_table(found: Sequence[Response], sd: Mapping[str, float]) -> str:
    """Quartiles of the gain by metric and tone, people in brackets, and the range that is stated."""
    ranges = response_gain(found, sd)
    lines = [
        f"{'gain, quartiles':20s}" + "".join(f"{name:>21s}" for name in TONE_ITA_DEG) + "     95 % of all"
    ]
    for metric in ANSWERS:
        cells = []
        for tone in TONE_ITA_DEG:
            gains = _gains([one for one in found if one.metric == metric and one.tone == tone], sd)
            middle = " ".join(f"{q:.2f}" for q in np.percentile(gains, (25, 50, 75))) if gains else "-"
            cells.append(f"{middle} ({len(gains)})")
        stated = "{:.2g} to {:.2g}".format(*ranges[metric]) if metric in ranges else "-"
        lines.append(f"{metric:20s}" + "".join(f"{cell:>21s}" for cell in cells) + f"{stated:>16s}")
    return "\n".join(lines)


def _gains(found: Sequence[Response], sd: Mapping[str, float]) -> list[float]:
    """Shown over true, of changes beyond 95 % of what an untreated pair shows."""
    return [one.shown / one.true for one in found if abs(one.true) > 2 * sd[one.metric]]
