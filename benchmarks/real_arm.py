"""SkinDRO-1's real arm, R1 to R6: real photos, real zero change, and physical change painted in.

`uv run dermatrend validate --real` prints the table. A refused pair is counted and printed, and passes
nothing that says "measured".
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from analysis import pipeline
from analysis.errors import AnalysisError
from analysis.records import CHANGED, RegionPlan
from benchmarks.real_arm_cases import Case, cases, finder, photos_folder, read, run_case

STEADY = ("forehead", "glabella", "nose")
BAD = {
    "bad_bw_as_rgb.jpg": {"no_colour"},
    "bad_profile_hat.jpg": {"face_turned", "no_face"},
    "bad_sunglasses.jpg": {"face_covered"},
    "bad_two_faces.jpg": {"several_faces"},
    "bad_underexposed.jpg": {"too_dark"},
    "noface_meadow_fz.jpg": {"no_face"},
}


@dataclass
class Row:
    """One row of the table: what was tried, what came out, whether that passes."""

    name: str
    test: str
    needed: str
    found: str = ""
    passed: bool = False
    details: list[str] = field(default_factory=list)


def _false(result: dict[str, Any], regions: Sequence[str] = ()) -> list[str]:
    return [
        f"{c['metric']} {c['region']} {c['difference']:+.2f} (limit {c['mdc95']:.2f})"
        for c in result.get("changes", ())
        if c["verdict"] in CHANGED and (not regions or c["region"] in regions)
    ]


def _has(result: dict[str, Any], metric: str, regions: Sequence[str] = ()) -> bool:
    """Whether that metric was really measured in all the regions (in any, if none are named)."""
    found = {
        c["region"]: math.isfinite(c["mdc95"]) for c in result.get("changes", ()) if c["metric"] == metric
    }
    return all(found.get(r, False) for r in regions) if regions else any(found.values())


def _r1(results: list[tuple[Case, dict[str, Any]]]) -> Row:
    row = Row(
        "R1", "one woman, two lights, four distances, no treatment: 28 pairs",
        "28 of 28 without a false change; at least 5 of the 6 near pairs measured for redness",
    )  # fmt: skip
    near = {"dim_2", "dim_3", "dim_4"}, {"zoom_30cm", "zoom_45cm", "zoom_60cm"}
    clean = measured = near_measured = 0
    for case, result in results:
        wrong = _false(result)
        clean += not wrong
        row.details += [f"{case.label}: {text}" for text in wrong]
        measured += _has(result, "redness")
        if any(set(case.label.split(" / ")) <= group for group in near):
            near_measured += _has(result, "redness")
    row.found = (
        f"{clean} of {len(results)} without a false change; {near_measured} of 6 near pairs, "
        f"{measured} of {len(results)} pairs measured for redness"
    )
    row.passed = clean == len(results) == 28 and near_measured >= 5
    return row


def _r2(results: list[tuple[Case, dict[str, Any]]]) -> Row:
    row = Row(
        "R2", "neutral and smiling, minutes apart: 4 people",
        "forehead, glabella and nose measured for redness in at least 3 of 4; no false change",
    )  # fmt: skip
    wrong = [f"{case.label}: {text}" for case, result in results for text in _false(result)]
    measured = sum(_has(result, "redness", STEADY) for _, result in results)
    row.details = wrong
    row.found = f"{measured} of {len(results)} measured; {len(wrong)} false changes"
    row.passed = measured >= 3 and not wrong and len(results) == 4
    return row


def _r3(results: list[tuple[Case, dict[str, Any]]]) -> Row:
    row = Row(
        "R3", "redness painted on both cheeks, alone and with each disturbance of R4",
        "+5 a* found on every face, +3 a* on 85 %; only on the cheeks; never a fall",
    )  # fmt: skip
    found: dict[float, list[bool]] = {5.0: [], 3.0: []}
    spill: list[str] = []
    unseen = 0
    for case, result in results:
        if not _eligible(case.baseline, 0.5 if case.disturbance == "half size" else 1.0):
            continue
        cheeks = {
            c["region"]: c["verdict"]
            for c in result.get("changes", ())
            if c["metric"] == "redness" and c["region"].endswith("cheek")
        }
        seen = [v for v in cheeks.values() if v not in ("not_measurable", "not_comparable")]
        unseen += len(cheeks) - len(seen)
        hit = bool(seen) and all(v == "measurable_increase" for v in seen)
        found[case.paint].append(hit)
        label = f"{case.label} +{case.paint:g} a* {case.disturbance}".strip()
        if not hit and case.paint == 5:
            why = result.get("message") or "; ".join(result.get("reasons", ())) or str(cheeks)
            row.details.append(f"missed: {label}: {why[:200]}")
        spill += [
            f"{label}: {text}"
            for text in _false(result)
            if not (text.startswith("redness ") and "cheek" in text and " +" in text)
            and not (text.startswith(("redness_uniformity", "pigment")) and "cheek" in text)
        ]
    row.details += spill
    rates = {rise: (sum(hits), len(hits)) for rise, hits in found.items()}
    row.found = (
        "; ".join(f"+{rise:g} a*: {n} of {total}" for rise, (n, total) in rates.items())
        + f"; {len(spill)} changes elsewhere or falls; {unseen} cheeks refused (clipped)"
    )
    row.passed = rates[5.0][0] == rates[5.0][1] > 0 and rates[3.0][0] >= 0.85 * rates[3.0][1] and not spill
    return row


@cache
def _eligible(name: str, scale: float) -> bool:
    """R3 is asked of faces of at least 1.2 px/mm, after any reduction, within 10 degrees of yaw."""
    from analysis.decode import decode

    try:
        mesh = finder().find(decode(read(name)))
    except AnalysisError:
        return False
    return mesh.px_per_mm * scale >= 1.2 and abs(mesh.yaw_deg) <= 10


def _r4(results: list[tuple[Case, dict[str, Any]]]) -> Row:
    row = Row(
        "R4", "the same photo disturbed: exposure, white balance, crop, JPEG 75, half size",
        "no false change; at least 80 % of the London ones measured for redness",
    )  # fmt: skip
    wrong = [
        f"{case.label} {case.disturbance}: {text}" for case, result in results for text in _false(result)
    ]
    london = [_has(result, "redness") for case, result in results if "london" in case.label]
    everyone = [_has(result, "redness") for _, result in results]
    row.details = wrong
    row.found = (
        f"{len(wrong)} false changes in {len(results)}; London {sum(london)} of {len(london)}, "
        f"all {sum(everyone)} of {len(everyone)} measured"
    )
    row.passed = not wrong and sum(london) >= 0.8 * len(london) > 0
    return row


def _r5() -> Row:
    row = Row(
        "R5", "no face, profile, two faces, sunglasses, black and white, under-exposed",
        "6 of 6 refused with the right reason; no ordinary portrait refused as such",
    )  # fmt: skip
    right = 0
    for name, codes in BAD.items():
        code = _refusal(f"bad/{name}")
        right += code in codes
        if code not in codes:
            row.details.append(f"{name}: {code or 'accepted'}, expected {' or '.join(sorted(codes))}")
    portraits = sorted((photos_folder() / "faces").iterdir())
    refused = [(p.name, _refusal(f"faces/{p.name}")) for p in portraits]
    row.details += [f"{name}: refused as {code}" for name, code in refused if code]
    kept = sum(not code for _, code in refused)
    row.found = f"{right} of {len(BAD)} refused rightly; {kept} of {len(portraits)} portraits accepted"
    row.passed = right == len(BAD) and all(
        not code or (name == "series_lisa_dim_1.jpg" and code == "too_dark") for name, code in refused
    )
    return row


def _refusal(name: str) -> str:
    try:
        pipeline.analyse(read(name), finder=finder(), plan=RegionPlan())
    except AnalysisError as error:
        return error.code
    return ""


def _r6(results: list[tuple[Case, dict[str, Any]]]) -> Row:
    row = Row(
        "R6", "relief x0.7 and +15 % melanin in photographic skin, drawn regions",
        "right direction in at least 80 %; no false change under the disturbances of R4",
    )  # fmt: skip
    right = total = 0
    wrong: list[str] = []
    for case, result in results:
        treated = [c for c in result.get("changes", ()) if c["region"] == "treated"]
        if case.label == "nothing":
            wrong += [f"{case.baseline} {case.disturbance}: {text}" for text in _false(result)]
            continue
        wanted, sign = ("texture_medium", -1) if "relief" in case.label else ("pigment", 1)
        values = [c["difference"] for c in treated if c["metric"] == wanted]
        hit = bool(values) and math.isfinite(values[0]) and values[0] * sign > 0
        total += 1
        right += hit
        if not hit:
            why = result.get("message") or "; ".join(result.get("reasons", ())) or str(values)
            row.details.append(f"missed: {case.baseline} {case.label}: {why[:200]}")
    row.details += wrong
    row.found = f"{right} of {total} in the right direction; {len(wrong)} false changes"
    row.passed = total > 0 and right >= 0.8 * total and not wrong
    return row


def run(photos: Path, progress: Callable[[int, int], None] | None = None) -> list[Row]:
    """All six rows. Two processes; a few minutes."""
    os.environ["DERMATREND_PHOTOS"] = str(photos.resolve())
    photos_folder.cache_clear()
    todo = list(cases())
    results: dict[str, list[tuple[Case, dict[str, Any]]]] = {}
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        for done, (case, result) in enumerate(pool.map(run_case, todo, chunksize=4), 1):
            results.setdefault(case.row, []).append((case, result))
            if progress is not None:
                progress(done, len(todo))
    return [
        _r1(results["R1"]), _r2(results["R2"]), _r3(results["R3"]), _r4(results["R4"]), _r5(),
        _r6(results["R6"]),
    ]  # fmt: skip


def main(json_out: bool, photos: Path) -> int:
    """Print the table; 0 if every row passes, 1 if not, 2 if the photos are not there."""
    if not (photos / "faces").is_dir():
        print(
            f"No photos at {photos}. Set DERMATREND_PHOTOS to the folder that holds faces/ and bad/.",
            file=sys.stderr,
        )
        return 2

    def progress(done: int, total: int) -> None:
        if done % 20 == 0 or done == total:
            print(
                f"\r{done} of {total} comparisons",
                end="\n" if done == total else "",
                file=sys.stderr,
                flush=True,
            )

    rows = run(photos, progress)
    if json_out:
        print(json.dumps({"rows": [asdict(row) for row in rows]}, indent=1))
    else:
        for row in rows:
            print(f"{row.name}  {'pass' if row.passed else 'FAIL'}  {row.test}")
            print(f"          needed: {row.needed}")
            print(f"          found:  {row.found}")
            for text in row.details:
                print(f"            - {text}")
    return 0 if all(row.passed for row in rows) else 1
