"""What every metric in the registry promises. A new metric file is held to this without a line here."""

from __future__ import annotations

import importlib
import math
import re
from dataclasses import fields, replace
from functools import cache

import cv2
import numpy as np
import pytest

from analysis import chromophores
from analysis.bands import MaskedBlur
from analysis.constants import PRIOR_SD
from analysis.linear import linear_light
from analysis.metrics import registry
from analysis.phantom.scene import NO_DOSE, Dose
from analysis.pipeline import analyse
from analysis.records import FloatMap, Mask, Metric, RegionPlan, SkinMaps
from tests.analysis.patches import encoded, shot

every_metric = pytest.mark.parametrize("metric", list(registry().values()), ids=list(registry()))

STEPS: dict[str, list[Dose]] = {
    "haemoglobin": [Dose(haemoglobin=h) for h in (-0.4, 0.0, 0.5, 1.0)],
    "melanin": [Dose(melanin=m) for m in (-0.3, 0.0, 0.3, 0.6)],
    "relief": [Dose(relief=r) for r in (0.5, 0.75, 1.0, 1.3)],
    "spots": [Dose(spots=s) for s in (0.0, 1.0, 2.0, 4.0)],
}
"""More of one thing in the skin, step by step."""

ANSWERS_TO = {
    "redness": "haemoglobin",
    "redness_uniformity": "haemoglobin",
    "pigment": "melanin",
    "pigment_uniformity": "spots",
    "texture_pore": "relief",
    "texture_medium": "relief",
    "texture_coarse": "relief",
}
"""What a metric is there to see. One that is not listed has to answer to any of the steps."""

SILENT = {"redness": "relief", "pigment": "relief", "texture_medium": "melanin", "texture_coarse": "melanin"}
"""What a metric must not see: less than a tenth of what its own steps move."""


@cache
def skin(dose: Dose = NO_DOSE) -> tuple[FloatMap, Mask]:
    """Linear light of a phantom photo at 8 px/mm, and its treated region."""
    photo = shot(dose)
    small = cv2.resize(linear_light(photo.pixels), None, fx=0.8, fy=0.8, interpolation=cv2.INTER_AREA)
    outline = np.rint(photo.regions[0].polygon * 0.8).astype(np.int32)
    canvas = np.zeros(small.shape[:2], np.uint8)
    cv2.fillPoly(canvas, [outline], 1)
    return small, canvas > 0


def measured_maps(linear: FloatMap, region: Mask) -> SkinMaps:
    noise = np.full(region.shape, 0.004, np.float32)
    return read_only(chromophores.skin_maps(linear, MaskedBlur(region), noise, 8.0, by_red=False))


def read_only(maps: SkinMaps) -> SkinMaps:
    """So that a metric that writes into what it is given fails."""
    for item in fields(maps):
        value = getattr(maps, item.name)
        held = value.values() if isinstance(value, dict) else [value]
        for array in held:
            if isinstance(array, np.ndarray):
                array.setflags(write=False)
    return maps


def sites_of(metric: Metric, maps: SkinMaps, region: Mask) -> object:
    return metric.find_sites(maps, region) if metric.find_sites else None


def value(metric: Metric, maps: SkinMaps, region: Mask) -> float:
    return metric.estimate(maps, region, sites_of(metric, maps, region))


# --- what it states --------------------------------------------------------------------------------


@every_metric
def test_it_states_what_it_is(metric: Metric) -> None:
    assert metric.label
    assert metric.unit
    assert metric.summary.endswith(".")
    assert metric.family in ("colour", "texture")
    assert metric.better in ("lower", "higher", None)
    assert metric.version >= 1
    assert 0 < metric.needs_px_per_mm <= 20
    assert re.search(r"(19|20)\d\d|ISO", metric.reference), "a source that can be found"


@every_metric
def test_its_file_has_its_name_and_says_its_source_and_limits(metric: Metric) -> None:
    module = importlib.import_module(f"analysis.metrics.{metric.name}")
    assert module.METRIC is metric
    text = module.__doc__ or ""
    assert "Source:" in text
    assert metric.estimate.__doc__


@every_metric
def test_its_noise_is_known(metric: Metric) -> None:
    assert PRIOR_SD[metric.name]["body"] > 0


@every_metric
def test_what_it_names_exists(metric: Metric) -> None:
    assert metric.leaks_from is None or metric.leaks_from in registry()


# --- what it measures --------------------------------------------------------------------------------


@every_metric
def test_it_gives_one_finite_number_on_skin(metric: Metric) -> None:
    linear, region = skin()
    maps = measured_maps(linear, region)
    found = value(metric, maps, region)
    assert isinstance(found, float)
    assert math.isfinite(found)


@every_metric
def test_it_ignores_pixels_outside_the_mask(metric: Metric) -> None:
    linear, region = skin()
    region = region & (np.add.outer(np.arange(region.shape[0]), np.arange(region.shape[1])) % 37 > 6)
    spoiled = np.where(region[..., None], linear, np.float32(0.02))
    assert value(metric, measured_maps(spoiled, region), region) == value(
        metric, measured_maps(linear, region), region
    )
    maps = measured_maps(linear, region)
    noisy = replace(maps, noise=np.where(region, maps.noise, np.float32(9)))
    assert value(metric, noisy, region) == value(metric, maps, region)


@every_metric
def test_an_empty_mask_gives_nan(metric: Metric) -> None:
    linear, region = skin()
    maps = measured_maps(linear, region)
    nothing = np.zeros_like(region)
    assert math.isnan(metric.estimate(maps, nothing, None))
    for pairwise in (metric.difference, metric.agrees_with, metric.unrepeated):
        if pairwise is not None:
            assert math.isnan(pairwise(maps, maps, nothing))


@every_metric
def test_it_is_blind_to_a_crop_of_the_maps(metric: Metric) -> None:
    linear, region = skin()
    maps = measured_maps(linear, region)
    rows, columns = np.flatnonzero(region.any(1)), np.flatnonzero(region.any(0))
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    assert value(metric, maps.window(box), region[box]) == value(metric, maps, region)


@every_metric
def test_it_is_blind_to_a_crop_of_the_photo(metric: Metric) -> None:
    photo = shot()
    values = []
    for left, top in ((0, 0), (20, 10)):  # whole working pixels at 8 of 10 px/mm
        regions = tuple(
            replace(region, polygon=region.polygon - np.float32([left, top])) for region in photo.regions
        )
        found = analyse(
            encoded(photo.pixels[top:, left:]), finder=None,
            plan=RegionPlan(drawn=regions, px_per_mm=photo.px_per_mm),
        )  # fmt: skip
        values += [m.value for m in found.measurements if (m.metric, m.region) == (metric.name, "treated")]
    # A hundredth of a unit, or of a percent of texture: what is left of a margin of skin cut off.
    assert values[0] == pytest.approx(values[1], rel=0.01, abs=0.3 if metric.family == "texture" else 0.05)


@every_metric
def test_the_same_skin_has_not_changed(metric: Metric) -> None:
    linear, region = skin()
    maps = measured_maps(linear, region)
    if metric.difference is not None:
        assert metric.difference(maps, maps, region) == 0
    if metric.agrees_with is not None:
        assert metric.agrees_with(maps, maps, region) == 0
    if metric.unrepeated is not None:
        assert 0 <= metric.unrepeated(maps, maps, region) < 0.05 * abs(value(metric, maps, region)) + 1e-6


@pytest.mark.parametrize("name", [name for name, metric in registry().items() if metric.difference])
def test_a_difference_is_follow_up_minus_baseline(name: str) -> None:
    metric = registry()[name]
    assert metric.difference
    (before, region), (after, _) = skin(), skin(STEPS[ANSWERS_TO.get(metric.name, "haemoglobin")][-1])
    first, second = measured_maps(before, region), measured_maps(after, region)
    change = metric.difference(first, second, region)
    assert change == pytest.approx(-metric.difference(second, first, region))
    assert change == pytest.approx(
        metric.estimate(second, region) - metric.estimate(first, region), rel=0.2, abs=0.2
    )


# --- what it answers to --------------------------------------------------------------------------------


def along(metric: Metric, steps: str) -> list[float]:
    """Values at growing doses, on the same pixels and the same sites."""
    out, sites = [], None
    for dose in STEPS[steps]:
        linear, region = skin(dose)
        maps = measured_maps(linear, region)
        sites = sites if sites is not None else sites_of(metric, maps, region)
        out.append(metric.estimate(maps, region, sites))
    return out


def moves_one_way(values: list[float]) -> bool:
    steps = np.diff(values)
    return bool((steps > 0).all() or (steps < 0).all())


@every_metric
def test_it_moves_one_way_with_what_it_measures(metric: Metric) -> None:
    if metric.name in ANSWERS_TO:
        values = along(metric, ANSWERS_TO[metric.name])
        assert moves_one_way(values), values
        assert values[-1] > values[0], "more of it is a larger number"
    else:
        assert any(moves_one_way(along(metric, steps)) for steps in STEPS)


@pytest.mark.parametrize("name", SILENT)
def test_it_keeps_still_about_what_it_does_not_measure(name: str) -> None:
    metric = registry()[name]
    own, other = along(metric, ANSWERS_TO[name]), along(metric, SILENT[name])
    assert np.ptp(other) < 0.1 * np.ptp(own)


def test_the_registry_refuses_a_file_that_defines_another_metric(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import analysis.metrics.pigment as module

    monkeypatch.setattr(module, "METRIC", replace(module.METRIC, name="something_else"))
    with pytest.raises(ValueError, match=r"pigment\.py defines the metric 'something_else'"):
        registry()


def test_the_registry_keeps_its_order() -> None:
    assert list(registry())[:7] == [
        "redness", "redness_uniformity", "pigment", "pigment_uniformity",
        "texture_pore", "texture_medium", "texture_coarse",
    ]  # fmt: skip
