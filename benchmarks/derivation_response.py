"""How strongly a true change shows in two disturbed photos, how large it must be to be found, and what of it
passes for another.

One person of the phantom is photographed in good light before and after a large dose, which gives the true
change, and again with every disturbance at moderate, once untreated and once dosed. Both disturbed pairs
share their disturbances, so what these do without a dose cancels: what is left of the difference of the two
is the true change times a gain. Its range is what this module returns.

The dosed pair's limit is wider than the untreated one's, since what changed enters the error of the rest.
Its square is taken to grow with the square of the change, so one dose tells how large a change must be to be
found with a given chance.

And when blood alone is dosed, in good light, texture should stay: what it moves is its leak.

Limits: the gain of one dose per metric and person; small doses are taken to show as large ones do.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from scipy.optimize import brentq
from scipy.special import stdtr, stdtrit

from analysis.constants import NU0
from analysis.phantom.disturbance import NEUTRAL, draw
from analysis.phantom.optics import TONE_ITA_DEG
from analysis.phantom.scene import NO_DOSE, Dose, Site, SyntheticPhoto
from analysis.records import Change, RegionPlan
from analysis.uncertainty import POWER
from benchmarks.untreated_pairs import PATCH_MM, camera_of, in_turn

FIRST_SEED = 7_700_000
_LARGE = 100.0
"""In limits; no true change is that large."""
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
    limit: float = math.nan
    """mdc95 of the untreated pair."""
    dosed_limit: float = math.nan
    """mdc95 of the dosed one."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """One texture metric of one person whose blood alone was dosed, in good light."""

    tone: str
    metric: str
    moved: float
    redness: float


def responses(people_per_tone: int, processes: int = 2) -> tuple[list[Response], list[Crossing]]:
    """Every person's, tones and cameras in turn. About 5 s a person and core."""
    people = list(in_turn(one_person, FIRST_SEED, people_per_tone, processes))
    return [one for own, _ in people for one in own], [one for _, own in people for one in own]


def one_person(job: tuple[int, str], patch_mm: float = PATCH_MM) -> tuple[list[Response], list[Crossing]]:
    """All metrics of the person (seed, tone class); those that either light cannot show are left out."""
    cv2.setNumThreads(1)
    seed, tone = job
    site = Site.of(seed, tone, camera=camera_of(seed), patch_mm=patch_mm)
    rng = np.random.default_rng([seed, 1])
    first, second = draw("moderate", rng), draw("moderate", rng)
    good = site.photo(NO_DOSE, NEUTRAL, shot_seed=1)
    before = site.photo(NO_DOSE, first, shot_seed=2)
    still = _changes(before, site.photo(NO_DOSE, second, shot_seed=3))
    out, crossings = [], []
    for axis, dose in DOSES.items():
        true = _changes(good, site.photo(dose, NEUTRAL, shot_seed=4))
        if axis == "haemoglobin" and "redness" in true:
            redness = true["redness"].difference
            crossings += [Crossing(tone, name, change.difference, redness)
                          for name, change in true.items() if change.family == "texture"]  # fmt: skip
        dosed = _changes(before, site.photo(dose, second, shot_seed=3))
        for metric in (name for name, of in ANSWERS.items() if of == axis):
            found = [changes.get(metric) for changes in (true, still, dosed)]
            if all(found) and len({"pigment_by_red" in one.flags for one in found if one}) == 1:
                values = [one.difference for one in found if one]
                limits = [one.mdc95 for one in found if one]
                out.append(Response(tone, metric, values[0], values[2] - values[1], *limits[1:]))
    return out, crossings


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
        gains = _gains(metric, found, sd)
        if len(gains) >= 20:
            low, high = (float(f"{value:.2g}") for value in np.percentile(gains, (2.5, 97.5)))
            out[metric] = max(0.05, low), high
    return out


def detection_factor(found: Sequence[Response], sd: Mapping[str, float]) -> dict[str, float]:
    """Metric -> how much larger than noise alone asks for a change must be, to be found in 80 % of cases.

    At least 1, three figures. No entry for a metric with fewer than 20 changes as large as could be found, or
    whose limit grows so with the change that none is found so often.

    >>> found = [Response("III", "redness", -3.0, -3.0 * gain, 0.6, 0.6) for gain in [1.0, 0.5] * 20]
    >>> detection_factor(found, {"redness": 0.3})       # half of the people show half of the change
    {'redness': 1.6}
    """
    out = {}
    for metric in ANSWERS:
        seen = [one for one in _found(metric, found, sd) if math.isfinite(one.limit + one.dosed_limit)]
        if len(seen) >= 20 and _power(_LARGE, seen) > POWER:
            alone = 1 + stdtrit(NU0, POWER) / stdtrit(NU0, 0.975)
            needed = brentq(lambda times, seen=seen: _power(times, seen) - POWER, 0.1, _LARGE)
            out[metric] = max(1.0, float(f"{needed / alone:.3g}"))
    return out


def _power(times: float, people: Sequence[Response]) -> float:
    """The share in which a true change of so many times the untreated pair's limit is found."""
    true, shown, before, after = np.array(
        [(one.true, one.shown, one.limit, one.dosed_limit) for one in people]
    ).T
    change = times * before
    limit = np.sqrt(before**2 + (change / true) ** 2 * np.maximum(after**2 - before**2, 0))
    beyond = (shown / true * change - limit) / limit * stdtrit(NU0, 0.975)
    return float(np.mean(stdtr(NU0, beyond)))


def relief_leaks(found: Sequence[Crossing], redness_sd: float) -> dict[str, dict[str, float]]:
    """Texture metric -> tone class -> RMS over people of what it moves per unit of redness, two figures.

    A metric that some class hardly shows takes the largest of the others there.

    >>> seen = [Crossing(tone, "texture_medium", 1.0, -2.0) for tone in TONE_ITA_DEG if tone != "VI"]
    >>> relief_leaks(seen * 4, 0.3)["texture_medium"]
    {'I-II': 0.5, 'III': 0.5, 'IV': 0.5, 'V': 0.5, 'VI': 0.5}
    """
    out = {}
    for metric in dict.fromkeys(one.metric for one in found):
        shares = {tone: [one.moved / one.redness for one in found if (one.tone, one.metric) == (tone, metric)
                         and abs(one.redness) > 2 * redness_sd] for tone in TONE_ITA_DEG}  # fmt: skip
        rms = {tone: float(f"{math.sqrt(np.mean(np.square(own))):.2g}")
               for tone, own in shares.items() if len(own) >= 4}  # fmt: skip
        if rms:
            out[metric] = {tone: rms.get(tone, max(rms.values())) for tone in TONE_ITA_DEG}
    return out


def response_table(found: Sequence[Response], sd: Mapping[str, float]) -> str:
    """Quartiles of the gain by metric and tone, people in brackets, and the range that is stated."""
    ranges = response_gain(found, sd)
    factors = detection_factor(found, sd)
    lines = [
        f"{'gain, quartiles':20s}"
        + "".join(f"{name:>21s}" for name in TONE_ITA_DEG)
        + "     95 % of all  found from"
    ]
    for metric in ANSWERS:
        cells = []
        for tone in TONE_ITA_DEG:
            gains = _gains(metric, [one for one in found if one.tone == tone], sd)
            middle = " ".join(f"{q:.2f}" for q in np.percentile(gains, (25, 50, 75))) if gains else "-"
            cells.append(f"{middle} ({len(gains)})")
        stated = "{:.2g} to {:.2g}".format(*ranges[metric]) if metric in ranges else "-"
        factor = f"x {factors[metric]:g}" if metric in factors else "-"
        lines.append(
            f"{metric:20s}" + "".join(f"{cell:>21s}" for cell in cells) + f"{stated:>16s}{factor:>12s}"
        )
    return "\n".join(lines)


def _found(metric: str, found: Sequence[Response], sd: Mapping[str, float]) -> list[Response]:
    """A metric's true changes beyond 95 % of what an untreated pair shows."""
    return [one for one in found if one.metric == metric and abs(one.true) > 2 * sd[metric]]


def _gains(metric: str, found: Sequence[Response], sd: Mapping[str, float]) -> list[float]:
    return [one.shown / one.true for one in _found(metric, found, sd)]
