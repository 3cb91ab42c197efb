"""The golden numbers: what the method gives, stage by stage, on photos that never change.

    python -m tests.golden.make

writes `tests/golden/numbers.json`, and refuses where numbers changed under the same METHOD_VERSION.
`--unreleased` overrules that, for a version that nobody has measured with yet. Numbers only, never pixels.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from analysis import features
from analysis.bands import MaskedBlur
from analysis.chromophores import pixel_noise, skin_maps, skin_mask
from analysis.decode import decode
from analysis.linear import linear_light
from analysis.phantom.disturbance import Disturbance
from analysis.phantom.scene import Dose
from analysis.pipeline import analyse, compare
from analysis.records import METHOD_VERSION, Grid, RegionPlan, as_json
from analysis.regions import rasterise
from tests.analysis.patches import encoded, plan_of, shot
from tests.analysis.portrait import KnownFace, portrait

FILE = Path(__file__).with_name("numbers.json")
RELATIVE = 0.003
"""Closer than this, processors and versions of OpenCV differ among themselves."""
RESAMPLED = 0.1
"""A bootstrap's own scatter: another last bit in a photo is another seed."""
DIGITS = 5


def measured() -> dict[str, Any]:
    """Every stage's numbers, rounded."""
    dose = Dose(haemoglobin=0.6, melanin=-0.2, relief=0.8)
    before, after = shot(), shot(dose, Disturbance(gain_ev=-0.2), 1)
    dark, darker = shot(tone="V"), shot(dose, number=1, tone="V")
    first, second = encoded(before.pixels), encoded(after.pixels)
    dimmer = encoded(np.rint(0.95 * portrait()).astype(np.uint8))
    return rounded(
        {
            "stages": {
                "before": stages(first, plan_of(before)),
                "after": stages(second, plan_of(before)),
                "dark": stages(encoded(dark.pixels), plan_of(dark)),
            },
            "registration": registration(first, second),
            "alone": alone(first, plan_of(before)),
            "compared": pair(first, second, plan_of(before)),
            "compared, dark": pair(encoded(dark.pixels), encoded(darker.pixels), plan_of(dark)),
            "face": pair(encoded(portrait()), dimmer, RegionPlan(), KnownFace()),
        }
    )


def stages(data: bytes, plan: RegionPlan) -> dict[str, float]:
    """Light, mask and maps of one photo at its own scale."""
    photo = decode(data)
    linear = linear_light(photo.pixels)
    height, width = linear.shape[:2]
    scale = plan.px_per_mm or math.nan
    grid = Grid(0.0, 0.0, 1.0, width, height, scale)
    areas = [rasterise(region.polygon, grid) for region in plan.drawn]
    valid = skin_mask(linear, areas, scale)
    noise = np.full((height, width), np.median(pixel_noise(photo.pixels)), np.float32)
    maps = skin_maps(linear, MaskedBlur(valid), noise, scale)
    out = {f"light {name}": float(np.median(linear[valid][:, k])) for k, name in enumerate("RGB")}
    out |= {"valid share": float(valid[np.logical_or(*areas)].mean()), "noise": float(noise[0, 0])}
    for name in ("haemoglobin", "melanin", "companion", "relief"):
        values = getattr(maps, name)[valid]
        out |= {f"{name} median": float(np.median(values)), f"{name} SD": float(values.std())}
    out |= {f"band {name} SD": float(band[valid].std()) for name, band in maps.bands.items()}
    return out


def registration(first: bytes, second: bytes) -> dict[str, Any]:
    """Where the corners of the first photo lie in the second, by features."""
    pixels = [decode(data).pixels for data in (first, second)]
    matrix = features.by_features(*pixels, 10.0)
    corners = np.array([[50, 50, 1], [400, 50, 1], [400, 200, 1], [50, 200, 1]]) @ matrix.T
    return {"corners, mm": (corners[:, :2] / corners[:, 2:] / 10).tolist()}


def alone(data: bytes, plan: RegionPlan) -> dict[str, Any]:
    """Measurements and gates of one photo."""
    found = analyse(data, finder=None, plan=plan)
    return {
        "values": {
            f"{m.metric} {m.region}": {"value": m.value, "resampled": m.standard_error}
            for m in found.measurements
        },
        "gates": {f"{g.name} {g.family}": g.value for g in found.gates},
    }


def pair(first: bytes, second: bytes, plan: RegionPlan, finder: Any = None) -> dict[str, Any]:
    """Changes and gates of a pair."""
    found = compare([first], [second], finder=finder, plan=plan)
    return {
        "changes": {
            f"{c.metric} {c.region}": {
                "baseline": c.baseline,
                "difference": c.difference,
                "verdict": c.verdict,
                "resampled": c.mdc95,
            }
            for c in found.changes
        },
        "gates": {f"{g.name} {g.family}": g.value for g in found.gates},
        "grade": found.grade,
    }


def rounded(value: Any) -> Any:
    """Plain JSON with floats of `DIGITS` significant digits and None for NaN."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(item) for item in value]
    value = as_json(value)
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def differences(kept: Any, found: Any, path: str = "") -> Iterator[str]:
    """One line for each number that is not what it was."""
    if isinstance(kept, dict) and isinstance(found, dict):
        for key in {**kept, **found}:
            yield from differences(kept.get(key), found.get(key), f"{path}/{key}")
    elif isinstance(kept, list) and isinstance(found, list) and len(kept) == len(found):
        for number, (old, new) in enumerate(zip(kept, found, strict=True)):
            yield from differences(old, new, f"{path}[{number}]")
    elif isinstance(kept, float) and isinstance(found, (int, float)):
        relative = RESAMPLED if path.endswith("/resampled") else RELATIVE
        if not math.isclose(kept, found, rel_tol=relative, abs_tol=1e-4 if "/stages/" in path else 0.01):
            yield f"{path}: {kept:g} -> {found:g}"
    elif kept != found:
        yield f"{path}: {kept} -> {found}"


def main(arguments: list[str]) -> int:
    """Write the file; exit code 1 where that would hide a change."""
    found = measured()
    kept = json.loads(FILE.read_text("utf-8")) if FILE.exists() else None
    if kept and kept["method_version"] == METHOD_VERSION and "--unreleased" not in arguments:
        changed = list(differences(kept["numbers"], found))
        if changed:
            print("\n".join(changed))
            print(f"{len(changed)} numbers changed; raise METHOD_VERSION in analysis/records.py first.")
            return 1
    document = {"method_version": METHOD_VERSION, "numbers": found}
    FILE.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
