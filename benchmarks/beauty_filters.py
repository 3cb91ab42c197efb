"""What beauty filters do to texture that nothing has happened to, beside what ordinary photos differ by.

    python -m benchmarks.beauty_filters         about three minutes on two cores; needs the real photos

Faces, and patches of their skin drawn as regions, are compared with copies of themselves. Ordinary copies
are disturbed as in the real arm, or in everything at once as far as a picture allows (exposure, white
balance, curves, blur, noise, sharpening, JPEG, all moderate), and real pairs are one woman at four distances
in two lights, and four people minutes apart. Smoothed copies went through the filters that beauty modes are
made of, which keep edges and flatten skin, whole or half mixed with the original. Nothing happened to any
skin.

Printed is in how many pairs a texture is called changed, by how much relief changed on skin that was not
treated, where no check refuses texture. Faces: as it would be without the error by which untreated parts
disagree (`analysis.reference.disagreement`), and with it. Patches: as they would be without the check of
reference skin (`relief_change`), and with its wider band; the limits of that check follow (`limits_of`).

Limits: no face here is as large as a phone at arm's length takes it. Each is declared to have 8 px/mm, which
only says which detail counts as which texture. Copies of one face are alike, so the counts are coarse.
"""

from __future__ import annotations

import itertools
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from unittest import mock

import cv2
import numpy as np
from scipy import stats

from analysis import quality, region_values, relative
from analysis.compare import judge
from analysis.decode import decode
from analysis.errors import AnalysisError
from analysis.linear import linear_light
from analysis.metrics import registry
from analysis.pair_gates import relief_change
from analysis.pairs import PairResult, measure_pair
from analysis.phantom.camera import Rendering, render
from analysis.phantom.disturbance import draw
from analysis.phantom.scene import jpeg_bytes
from analysis.records import CHANGED, CardSearch, Gate, Parameters, Pixels, Region, RegionPlan, Subject
from analysis.subjects import regions_of, subject_of
from benchmarks.injection import DISTURBANCES, file_bytes, scale_relief
from benchmarks.real_arm_cases import LISA, LONDON, PATCHES, cheeks_of, finder, patch_of, pixels_of, read
from benchmarks.skindro.statistics import finite

PX_PER_MM = 8.0
"""What every photo is declared to have: the least at which fine and medium texture are read."""
FACES = (
    "cc0_asian_woman_bright", "cc0_dark_man", "cc0_dark_woman_frontal", "cc0_old_man", "cc0_redhair_freckles",
    "london_002_neutral", "london_021_neutral", "london_024_neutral", "london_061_neutral",
    "series_lisa_dim_1", "series_lisa_zoom_15cm", "series_lisa_zoom_30cm", "series_lisa_zoom_45cm",
)  # fmt: skip
"""Those of 2.7 px/mm and more, one of each light and person."""
COMPOSITES = 6
TEXTURES = [name for name, metric in registry().items() if metric.family == "texture"]
RELIEF = 0.7
"""What is left of the cheeks' relief in treated copies, as in row R6 of the real arm."""
STEPS = (0, 5, 10, 15, 20, 30, 40, 60, math.inf)
MOST_FALSE = 0.08
"""Of pairs in which any metric is called changed: row 8 of SkinDRO-1."""
MIN_AREA_MM2 = 10.0
"""In place of the 60 mm2 that a region is asked for, of which a sixth is left where 3.3 px/mm count as 8."""


def guided(pixels: Pixels, radius: int, epsilon: float = 0.03) -> Pixels:
    """Guided filter of a picture by itself (He, Sun, Tang 2013, doi 10.1109/TPAMI.2012.213), by channel."""
    picture, size = pixels.astype(np.float32) / 255, (2 * radius + 1, 2 * radius + 1)
    mean = cv2.blur(picture, size)
    variance = cv2.blur(picture * picture, size) - mean * mean
    slope = variance / (variance + epsilon**2)
    smooth = cv2.blur(slope, size) * picture + cv2.blur((1 - slope) * mean, size)
    return np.asarray(np.clip(np.rint(255 * smooth), 0, 255), np.uint8)


def _half_mixed(smooth: Callable[[Pixels], Pixels], picture: Pixels) -> Pixels:
    return np.asarray(cv2.addWeighted(picture, 0.5, smooth(picture), 0.5, 0), np.uint8)


def _filters() -> dict[str, Callable[[Pixels], Pixels]]:
    whole: dict[str, Callable[[Pixels], Pixels]] = {}
    for px in (2, 4, 8, 12):
        whole[f"bilateral {px} px"] = partial(cv2.bilateralFilter, d=0, sigmaColor=30, sigmaSpace=px)
        whole[f"guided {px} px"] = partial(guided, radius=px)
    half = {f"{name}, half": partial(_half_mixed, smooth) for name, smooth in whole.items()}
    others: dict[str, Callable[[Pixels], Pixels]] = {
        "edge-preserving": lambda picture: cv2.edgePreservingFilter(
            picture, flags=1, sigma_s=32, sigma_r=0.15
        ),
        "median of 5 px": lambda picture: cv2.medianBlur(picture, 5),
    }
    return {**whole, **half, **others}


FILTERS: Mapping[str, Callable[[Pixels], Pixels]] = _filters()


@dataclass(frozen=True, slots=True)
class Case:
    """One comparison: of a face or a patch, with a copy of itself or another photo."""

    place: str
    """face or patch"""
    kind: str
    """ordinary, real, smoothed, or treated: relief scaled on both cheeks, and disturbed as ordinary ones"""
    name: str
    what: str


@dataclass(frozen=True, slots=True)
class Found:
    """What one comparison showed."""

    case: Case
    change: float = math.nan
    """Of relief on skin that was not treated, %."""
    is_open: bool = False
    """Whether no other check refuses texture."""
    judged: int = 0
    without: int = 0
    """Textures called changed without what is tried here."""
    false: int = 0
    """And with it."""


def cases() -> Iterator[Case]:
    """All comparisons."""
    kinds = {
        # Half the pixels are another scale, and nothing is left of these bands.
        "ordinary": [*(d for d in DISTURBANCES if d != "half size"), *map(str, range(COMPOSITES))],
        "smoothed": list(FILTERS),
    }
    for what in ("", *kinds["ordinary"]):
        yield from (Case("face", "treated", face, what) for face in FACES)
    for kind, names in kinds.items():
        for what in names:
            yield from (Case("face", kind, face, what) for face in FACES)
            yield from (Case("patch", kind, name, what) for name, *_ in PATCHES)
    for person in LONDON:
        yield Case("face", "real", f"london_{person}_neutral", f"london_{person}_smiling")
    for one, other in itertools.combinations(LISA, 2):
        yield Case("face", "real", f"series_lisa_{one}", f"series_lisa_{other}")


def run(case: Case) -> Found:
    """One comparison, judged as a course of one follow-up would be."""
    cv2.setNumThreads(1)
    try:
        subjects, plan = _subjects(case)
        regions, on_face = regions_of(subjects[0], plan), case.place == "face"
        with mock.patch.object(region_values, "MIN_AREA_MM2", MIN_AREA_MM2):
            pair = measure_pair(*subjects, regions, Parameters())
    except AnalysisError:
        return Found(case)
    only = "cheek" if case.kind == "treated" else ""
    others = tuple(gate for gate in pair.gates if gate.name != "relief_change")
    if on_face:
        change = _middle_change(pair, [region.name for region in regions])
        with mock.patch.object(relative, "disagreement", return_value=0.0):
            before = _judged(pair, regions, others, on_face=True, only=only)
        after = _judged(pair, regions, others, on_face=True, only=only)
    else:
        change = relief_change(pair.raw, [region.name for region in regions if region.role == "reference"])
        before = _judged(pair, regions, others, on_face=False)
        warning = Gate("relief_change", "texture", change, math.nan, "warn")
        after = _judged(pair, regions, (*others, warning), on_face=False)
    is_open = not quality.refused(others, "texture")
    return Found(case, change, is_open, after[0], before[1], after[1])


def _middle_change(pair: PairResult, regions: Sequence[str]) -> float:
    """Largest change of any texture in the middle region of a face, %."""
    table = [[pair.raw[metric, region].difference for region in regions] for metric in TEXTURES]
    read = [finite(row) for row in table]
    return max((abs(float(np.median(row))) for row in read if row), default=math.nan)


def _judged(
    pair: PairResult, regions: Sequence[Region], gates: tuple[Gate, ...], *, on_face: bool, only: str = ""
) -> tuple[int, int]:
    """How many textures have a number, and how many are called changed; of regions named so, if wanted."""
    changes, _ = judge([], [replace(pair, gates=gates)], regions, Parameters(), on_face=on_face)
    texture = [one for one in changes if one.family == "texture" and one.region.endswith(only)]
    return sum(math.isfinite(one.difference) for one in texture), sum(o.verdict in CHANGED for o in texture)


def _subjects(case: Case) -> tuple[tuple[Subject, Subject], RegionPlan]:
    """Baseline and follow-up, both declared to have `PX_PER_MM`."""
    if case.place == "patch":
        scene, regions = patch_of(case.name)
        plan, find = RegionPlan(drawn=regions, px_per_mm=PX_PER_MM), None
        files = file_bytes(scene), _copy(case, scene)
    else:
        plan, find = RegionPlan(), finder()
        if case.kind == "real":
            files = read(f"faces/{case.name}.jpg"), read(f"faces/{case.what}.jpg")
        else:
            picture = pixels_of(f"faces/{case.name}.jpg")
            later = picture
            if case.kind == "treated":
                mask = cheeks_of(f"faces/{case.name}.jpg")
                later = scale_relief(picture, mask, RELIEF, PX_PER_MM)
            files = file_bytes(picture), _copy(case, later)
    one, other = (
        replace(subject_of(decode(data), find, plan, CardSearch()), px_per_mm=PX_PER_MM) for data in files
    )
    return (one, other), plan


def _copy(case: Case, picture: Pixels) -> bytes:
    if case.kind == "smoothed":
        return file_bytes(FILTERS[case.what](picture))
    if not case.what:
        return file_bytes(picture)
    if case.what in DISTURBANCES:
        return file_bytes(DISTURBANCES[case.what](picture), case.what)
    rng = np.random.default_rng([int(case.what), *case.name.encode()])
    how = draw("moderate", rng)
    disturbed = render(
        linear_light(picture),
        Rendering(
            how.gain_ev, how.white_balance, how.gamma, how.s_curve, math.sqrt(how.blur_px**2 - 0.5**2),
            how.noise_dn, how.sharpening,
        ),
        rng,
    )  # fmt: skip
    return jpeg_bytes(disturbed, how.jpeg_quality)


def limits_of(found: Sequence[Found]) -> tuple[float, float]:
    """Where a warning and a refusal begin: the first step in which too many pairs are called changed.

    More than `MOST_FALSE` of them, beyond chance (one-sided 5 %); of a refusal, in spite of the wider band.
    """
    out = []
    for key in ("without", "false"):
        limit = math.inf
        for low, inside in reversed(list(_steps(found))):
            called = sum(getattr(one, key) > 0 for one in inside)
            if stats.binom.sf(called - 1, len(inside), MOST_FALSE) < 0.05:
                limit = low
        out.append(limit)
    return out[0], out[1]


def _steps(found: Sequence[Found]) -> Iterator[tuple[float, list[Found]]]:
    for low, high in itertools.pairwise(STEPS):
        yield low, [one for one in found if low <= one.change < high]


def _print(found: Sequence[Found], place: str) -> None:
    here = [one for one in found if one.case.place == place and one.is_open and one.judged]
    ordinary = [one for one in here if one.case.kind in ("ordinary", "real")]
    smoothed = [one for one in here if one.case.kind == "smoothed"]
    print(f"\n## {place}: {len(ordinary)} ordinary pairs, {len(smoothed)} smoothed\n")
    print("| relief changed by | ordinary, without | with | smoothed, without | with |")
    print("|---|---:|---:|---:|---:|")
    for (low, usual), (_, smooth) in zip(_steps(ordinary), _steps(smoothed), strict=True):
        called = [
            f"{sum(getattr(one, key) > 0 for one in pairs)} of {len(pairs)}"
            for pairs in (usual, smooth)
            for key in ("without", "false")
        ]
        print(f"| from {low:g} % | " + " | ".join(called) + " |")
    treated = [one for one in found if one.case.kind == "treated" and one.is_open and one.judged]
    if place == "face":
        numbers = sum(one.judged for one in treated)
        without, with_it = (sum(getattr(one, key) for one in treated) for key in ("without", "false"))
        print(f"\nrelief x {RELIEF:g} on both cheeks, {len(treated)} pairs: of {numbers} textures there "
              f"{without} are found without, {with_it} with")  # fmt: skip
        pairs = [sum(one.without > 0 for one in treated), sum(one.false > 0 for one in treated)]
        print(f"pairs with any: {pairs[0]} without, {pairs[1]} with")
    else:
        warn, refuse = limits_of(here)
        print(f"\nwarned from {warn:g} %, refused from {refuse:g} %")


def main() -> None:
    """Run everything and print it."""
    if "DERMATREND_PHOTOS" not in os.environ:
        sys.exit("Set DERMATREND_PHOTOS to the folder of real photos")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        found = list(pool.map(run, cases(), chunksize=4))
    for place in ("face", "patch"):
        _print(found, place)


if __name__ == "__main__":
    main()
