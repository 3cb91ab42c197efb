"""What light that falls unevenly does in drawn regions, on real faces that nobody treated.

    python -m benchmarks.uneven_light         two to three minutes; needs the real photos

Each region of a face is cut into two halves, and one is set against the other as a user's treated skin is set
against reference skin: 28 pairs of one woman in two lights and at four distances, and four people minutes
apart, neutral and smiling. Printed is how many differences lie outside 95 % of what their noise is said to
make: with what the pair's own slopes tell of the light (`analysis.light_field`), what both halves show of it
taken off, and with a fixed part for the light in its place. Pigment is read both ways, by M and by red light.
Unevenness needs no other half: it is each region's own. The last column is the multiple of the stated band
that holds exactly 95 %. Below stands by how much slopes differ from 0, in multiples of what independent
blocks would make of nothing: `light_field.BLOCKS_ALIKE`.

Limits: few people, light skin; faces bend more than an arm. Where a check refuses the pair it is left out.
"""

from __future__ import annotations

import itertools
import math
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from unittest import mock

import numpy as np
from scipy.special import stdtrit

from analysis import pairs, quality
from analysis.constants import CAST_GAIN_SD, NU0
from analysis.decode import decode
from analysis.errors import AnalysisError
from analysis.light_field import LEVEL
from analysis.metrics import registry
from analysis.pairs import PairResult
from analysis.records import Mask, Parameters, SkinMaps, Subject
from analysis.reference import drawn_reference
from analysis.region_values import RawChange, region_changes
from analysis.regions import face_regions
from analysis.relative import prior_sd
from benchmarks.derivation_noise import rms
from benchmarks.real_arm_cases import LISA, LONDON, finder

READINGS = ("redness", "pigment", "pigment by red", "redness_uniformity", "pigment_uniformity")
PATTERNS = READINGS[3:]
FIXED_SD = {"redness": 0.452, "pigment": 0.666}
"""The prior that stood instead: light of two colours, 1 % apart, in it for good."""


@dataclass(frozen=True, slots=True)
class Half:
    """One half of a region against the other, or a region's pattern against itself."""

    reading: str
    group: str
    difference: float
    """As it would be stated."""
    error: float
    """Standard error that drawn skin of this tone would be given, without warnings and leak."""
    as_read: float = math.nan
    """The difference with all light in it; NaN for patterns, which have none taken off."""
    error_fixed: float = math.nan
    """Its error with a fixed part for the light."""
    slopes: tuple[float, ...] = ()
    """Of either half down and across, as multiples of their own error."""


def of_band(difference: float, error: float) -> float:
    """A difference as a multiple of 95 % of noise with this standard error."""
    return abs(difference) / (float(stdtrit(NU0, 0.975)) * error)


def photo_pairs() -> Iterator[tuple[str, str, str]]:
    """Group and two file names."""
    for a, b in itertools.combinations(LISA, 2):
        same = a.split("_")[0] == b.split("_")[0]
        yield (
            "one light" if same else "two lights",
            f"faces/series_lisa_{a}.jpg",
            f"faces/series_lisa_{b}.jpg",
        )
    for n in LONDON:
        yield "minutes apart", f"faces/london_{n}_neutral.jpg", f"faces/london_{n}_smiling.jpg"


def halves_of(job: tuple[str, str, str]) -> list[Half]:
    """Every region of one pair; nothing where it is refused."""
    group, *names = job
    subjects = [_subject(name) for name in names]
    mesh = subjects[0].mesh
    assert mesh is not None
    try:
        with mock.patch("analysis.tone.pigment_by_red", return_value=False):  # red beside M
            pair = pairs.measure_pair(subjects[0], subjects[1], face_regions(mesh), Parameters())
    except AnalysisError:
        return []
    if quality.refused(pair.gates, "colour"):
        return []
    red = replace(pair, baseline=_by_red(pair.baseline), follow_up=_by_red(pair.follow_up))
    out = []
    for area in pair.areas.values():
        halves = _cut(area & pair.baseline.valid)
        out += _compared(pair, halves, "redness", group, "redness")
        out += _compared(pair, halves, "pigment", group, "pigment")
        out += _compared(red, halves, "pigment", group, "pigment by red")
        out += [found for metric in PATTERNS for found in _pattern(pair, area, metric, group)]
    return out


def _subject(name: str) -> Subject:
    photo = decode((Path(os.environ["DERMATREND_PHOTOS"]) / name).read_bytes())
    mesh = finder().find(photo)
    return Subject(photo, mesh, mesh.px_per_mm)


def _by_red(maps: SkinMaps) -> SkinMaps:
    return replace(maps, smooth={**maps.smooth, "pigment": maps.smooth["red"]})


def _cut(area: Mask) -> tuple[Mask, Mask]:
    """The two halves of a region, across its longer side."""
    rows, columns = np.nonzero(area)
    if rows.size == 0:
        return area, area
    at = np.indices(area.shape)
    wide = np.ptp(columns) > np.ptp(rows)
    first = at[1] < np.median(columns) if wide else at[0] < np.median(rows)
    return area & first, area & ~first


def _compared(
    pair: PairResult, halves: tuple[Mask, Mask], metric: str, group: str, reading: str
) -> list[Half]:
    treated, reference = (_change(pair, half, metric) for half in halves)
    against = drawn_reference(treated, [reference])
    if against is None or not math.isfinite(treated.difference):
        return []
    within = math.hypot(treated.standard_error, against.standard_error)
    as_read = treated.difference - reference.difference
    taken = against.light.taken_off(as_read)
    error = math.hypot(_prior(metric, pair), within, against.light.standard_error(taken))
    with mock.patch("analysis.region_values.plane", return_value=LEVEL):
        whole = math.hypot(*(_change(pair, half, metric).standard_error for half in halves))
    slopes = (*_over_their_error(treated), *_over_their_error(reference))
    return [
        Half(reading, group, as_read - taken, error, as_read, math.hypot(FIXED_SD[metric], whole), slopes)
    ]


def _over_their_error(change: RawChange) -> Iterator[float]:
    """The slopes down and across; none where a region is too narrow to tell."""
    variances = np.diag(np.array(change.plane.covariance))
    for slope, variance in zip(change.plane.slope, variances, strict=True):
        if variance > 0:
            yield slope / math.sqrt(variance)


def _change(pair: PairResult, region: Mask, metric: str) -> RawChange:
    skin = int(np.count_nonzero(region))
    return region_changes(
        {metric: registry()[metric]}, region, skin, pair.baseline, pair.follow_up, math.inf, 1, Parameters()
    )[metric]


def _prior(metric: str, pair: PairResult) -> float:
    return prior_sd(metric, "", on_face=False, tone_deg=pair.tone_deg)


def _pattern(pair: PairResult, area: Mask, metric: str, group: str) -> list[Half]:
    """A region's unevenness, judged as that of drawn skin is."""
    seen = _change(pair, area & pair.baseline.valid, metric)
    if not math.isfinite(seen.difference):
        return []
    gain = CAST_GAIN_SD[metric] * pair.cast * seen.baseline
    error = math.hypot(_prior(metric, pair), seen.standard_error, gain)
    return [Half(metric, group, seen.difference, error)]


def main() -> int:
    """Print the table."""
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        found = [half for halves in pool.map(halves_of, list(photo_pairs())) for half in halves]
    head = f"{'number':>8s}{'RMS as read':>13s}{'stated':>8s}{'outside: slopes':>17s}{'fixed part':>12s}"
    head += f"{'95 % in':>9s}"
    print(f"{'':16s}{'':20s}{head}")
    for group, reading in itertools.product(("one light", "minutes apart", "two lights"), READINGS):
        seen = [half for half in found if (half.group, half.reading) == (group, reading)]
        if not seen:
            continue
        stated = rms([half.difference for half in seen])
        shares = [of_band(half.difference, half.error) for half in seen]
        outside, holds = float(np.mean([share > 1 for share in shares])), float(np.quantile(shares, 0.95))
        before, fixed = f"{'':13s}", f"{'':12s}"
        if reading not in PATTERNS:
            before = f"{rms([half.as_read for half in seen]):13.2f}"
            fixed = f"{float(np.mean([of_band(half.as_read, half.error_fixed) > 1 for half in seen])):12.0%}"
        print(
            f"{group:16s}{reading:20s}{len(seen):8d}{before}{stated:8.2f}{outside:17.0%}{fixed}{holds:9.2f}"
        )
    for reading in READINGS[:3]:
        slopes = [slope for half in found if (half.group, half.reading) == ("minutes apart", reading)
                  for slope in half.slopes]  # fmt: skip
        middle = 1.4826 * float(np.median(np.abs(slopes)))
        print(f"slopes minutes apart, {reading}: {middle:.2f} times their error")
    return 0


if __name__ == "__main__":
    sys.exit(main())
