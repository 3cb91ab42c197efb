"""The comparisons of the real arm: which photos, what is painted in or disturbed, and one of them run."""

from __future__ import annotations

import io
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from analysis import pipeline
from analysis.constants import MELANIN_DIRECTION
from analysis.errors import AnalysisError
from analysis.landmarks import FaceFinder
from analysis.records import Change, Region, RegionPlan, SessionComparison
from analysis.regions import face_regions
from benchmarks.injection import (
    DISTURBANCES,
    ERYTHEMA,
    add_density,
    dose_for_a,
    file_bytes,
    scale_relief,
    soft_mask,
)

LONDON = ("002", "021", "024", "061")
LISA = tuple(f"dim_{n}" for n in (1, 2, 3, 4)) + tuple(f"zoom_{n}cm" for n in (15, 30, 45, 60))
# Crops of plain photographic skin, (file, left, top, right, bottom, px/mm it is declared to have): two
# patches side by side, no eye, mouth or hair. The scale only says which detail counts as which band.
PATCHES = (
    ("series_lisa_zoom_15cm.jpg", 0.30, 0.19, 0.66, 0.27),
    ("cc0_old_man.jpg", 0.43, 0.17, 0.56, 0.22),
    ("cc0_dark_woman_frontal.jpg", 0.45, 0.13, 0.62, 0.24),
    ("cc0_redhair_freckles.jpg", 0.40, 0.27, 0.52, 0.34),
    ("london_021_neutral.jpg", 0.44, 0.25, 0.60, 0.31),
    ("london_061_neutral.jpg", 0.44, 0.26, 0.58, 0.31),
)
PATCH_PX_PER_MM = 8.0
SCENE_PX = 640


@dataclass(frozen=True)
class Case:
    """One comparison to run: a label and two files' bytes makers (run in the worker)."""

    row: str
    label: str
    baseline: str
    follow_up: str
    paint: float = 0.0
    disturbance: str = ""


@cache
def finder() -> FaceFinder:
    """The face model of this machine, loaded once per process."""
    from dermatrend.face_models import load_models
    from dermatrend.settings import load_settings

    return FaceFinder(load_models(load_settings()))


@cache
def photos_folder() -> Path:
    """Where the real photos are."""
    return Path(os.environ["DERMATREND_PHOTOS"])


def read(name: str) -> bytes:
    """The bytes of one of them."""
    return (photos_folder() / name).read_bytes()


def pixels_of(name: str) -> np.ndarray:
    """The upright picture of one of them, (h, w, 3) as stored."""
    with Image.open(io.BytesIO(read(name))) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


def run_case(case: Case) -> tuple[Case, dict[str, Any]]:
    """One case in a worker: the comparison as plain data."""
    try:
        if case.row == "R6":
            comparison = _patch_comparison(case)
        else:
            baseline = read(case.baseline)
            follow_up = _follow_up(case)
            comparison = pipeline.compare([baseline], [follow_up], finder=finder(), plan=RegionPlan())
    except AnalysisError as error:
        return case, {"error": error.code, "message": str(error)}
    return case, _plain(comparison)


def _follow_up(case: Case) -> bytes:
    if not case.paint and not case.disturbance:
        return read(case.follow_up)
    pixels = pixels_of(case.follow_up)
    if case.paint:
        mask = cheeks_of(case.follow_up)
        pixels = add_density(pixels, mask, ERYTHEMA, dose_for_a(pixels, mask, ERYTHEMA, case.paint))
    if case.disturbance:
        pixels = DISTURBANCES[case.disturbance](pixels)
    return file_bytes(pixels, case.disturbance)


@cache
def cheeks_of(name: str) -> np.ndarray:
    """Both cheeks of a face, with a soft border of 3 mm."""
    from analysis.decode import decode

    photo = decode(read(name))
    mesh = finder().find(photo)
    polygons = [r.polygon for r in face_regions(mesh) if r.name.endswith("cheek")]
    return soft_mask(polygons, photo.pixels.shape, 3 * mesh.px_per_mm)


def patch_of(photo: str) -> tuple[np.ndarray, tuple[Region, ...]]:
    """A crop of a photo's skin enlarged to a common size, with a treated and a reference half."""
    name, left, top, right, bottom = next(p for p in PATCHES if p[0] == photo)
    pixels = pixels_of(f"faces/{name}")
    height, width = pixels.shape[:2]
    crop = pixels[round(top * height) : round(bottom * height), round(left * width) : round(right * width)]
    scale = SCENE_PX / crop.shape[1]
    image = Image.fromarray(crop).resize((SCENE_PX, round(crop.shape[0] * scale)), Image.Resampling.BICUBIC)
    scene = np.asarray(image)
    height = scene.shape[0]
    boxes = {"treated": (20, 310), "reference": (330, 620)}
    return scene, tuple(
        Region(
            role, "treated" if role == "treated" else "reference",
            np.array([[a, 16], [b, 16], [b, height - 16], [a, height - 16]], np.float32),
        )
        for role, (a, b) in boxes.items()
    )  # fmt: skip


def _patch_comparison(case: Case) -> SessionComparison:
    scene, regions = patch_of(case.baseline)
    mask = soft_mask([regions[0].polygon], scene.shape, 8)
    later = scene
    if case.label == "relief x0.7":
        later = scale_relief(scene, mask, 0.7, PATCH_PX_PER_MM)
    elif case.label == "melanin +15 %":
        # 15 % more melanin adds 15 % of the melanin density of that skin; its blue density is the bound.
        from benchmarks.injection import density

        blue = float(np.median(density(scene)[..., 2]) - np.median(density(scene)[..., 0]))
        later = add_density(scene, mask, MELANIN_DIRECTION, 0.15 * blue / (1 - MELANIN_DIRECTION[0]))
    if case.disturbance:
        later = DISTURBANCES[case.disturbance](later)
    plan = RegionPlan(drawn=regions, px_per_mm=PATCH_PX_PER_MM)
    return pipeline.compare(
        [file_bytes(scene)], [file_bytes(later, case.disturbance)], finder=None, plan=plan
    )


def _plain(comparison: SessionComparison) -> dict[str, Any]:
    def one(c: Change) -> dict[str, Any]:
        return {
            "metric": c.metric, "region": c.region, "difference": c.difference, "mdc95": c.mdc95,
            "verdict": c.verdict, "flags": c.flags,
        }  # fmt: skip

    return {
        "grade": comparison.grade,
        "reasons": comparison.reasons + tuple(item.reason for item in comparison.left_out),
        "codes": [item.code for item in comparison.left_out],
        "changes": [one(c) for c in comparison.changes],
    }


def cases() -> Iterator[Case]:
    """Every comparison of R1 to R4 and R6."""
    for a, b in itertools.combinations(LISA, 2):
        yield Case("R1", f"{a} / {b}", f"faces/series_lisa_{a}.jpg", f"faces/series_lisa_{b}.jpg")
    for n in LONDON:
        yield Case("R2", n, f"faces/london_{n}_neutral.jpg", f"faces/london_{n}_smiling.jpg")
    for path in sorted((photos_folder() / "faces").iterdir()):
        name = f"faces/{path.name}"
        for disturbance in DISTURBANCES:
            yield Case("R4", path.stem, name, name, 0.0, disturbance)
        for rise in (5.0, 3.0):
            for disturbance in ("", *DISTURBANCES):
                yield Case("R3", path.stem, name, name, rise, disturbance)
    for name, *_ in PATCHES:
        for disturbance in DISTURBANCES:
            yield Case("R6", "nothing", name, name, 0.0, disturbance)
        for label in ("relief x0.7", "melanin +15 %"):
            yield Case("R6", label, name, name)
