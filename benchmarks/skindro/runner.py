"""Runs SkinDRO-1: jobs to processes, observations to rows, rows to a table, a file and a page.

`uv run dermatrend validate`: 100 untreated pairs per tone and generator; `--full` 500; `--quick` a few.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import asdict
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2

from analysis.records import METHOD_VERSION
from benchmarks import method_page
from benchmarks.skindro import curves, gate_page, page, regression, table, work
from benchmarks.skindro.jobs import DEFAULT, FULL, QUICK, Job, Size, plan
from benchmarks.skindro.records import Observation
from benchmarks.skindro.rows import outside

RESULTS = Path(__file__).resolve().parents[1] / "results" / "skindro1.json"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "validation"
SIZES = {"quick": QUICK, "default": DEFAULT, "full": FULL}


def observe_all(jobs: Sequence[Job], processes: int | None = None) -> list[Observation]:
    """Every job's observations, in the jobs' order whatever finished first.

    All cores, one OpenCV thread each, so that the result depends on neither.
    """
    found: dict[Job, list[Observation]] = {}
    begun = time.monotonic()
    with ProcessPoolExecutor(
        processes or os.cpu_count(), mp_context=get_context("spawn"), initializer=_one_thread
    ) as pool:
        waiting: dict[Future[list[Observation]], Job] = {pool.submit(work.run, job): job for job in jobs}
        for done, future in enumerate(as_completed(waiting), start=1):
            found[waiting[future]] = future.result()
            spent = (time.monotonic() - begun) / 60
            print(
                f"\r{done} of {len(jobs)} jobs, {spent:.1f} min ",
                end="\n" if done == len(jobs) else "", file=sys.stderr, flush=True,
            )  # fmt: skip
    return [observation for job in jobs for observation in found[job]]


def main(kind: str, json_out: bool, results_file: Path = RESULTS, page_folder: Path = PAGE) -> int:
    """Run one size and print its table.

    Args:
        kind: "quick", "default" or "full".
        json_out: print the document instead of the table.
        results_file: what is committed; the quick part is held against it, the others write it.
        page_folder: where the others write the page and its figures.

    Returns:
        0, or 1 where the quick part got worse by more than 10 %, or any figure of the others fails.
    """
    stored = json.loads(results_file.read_text("utf-8")) if results_file.is_file() else {}
    if kind == "quick":
        return _quick(json_out, stored)
    size = SIZES[kind]
    begun = time.monotonic()
    observations = observe_all(plan(size))
    run = _run(size, observations, begun, json_out, with_speed=True)
    whole = {"benchmark": "SkinDRO-1", **run, "quick": _quick_run(silent=True)}
    results_file.parent.mkdir(parents=True, exist_ok=True)
    results_file.write_text(json.dumps(whole, indent=1) + "\n", "utf-8")
    if page_folder.parent.is_dir():  # an installed copy has no docs
        page.write(whole, page_folder)
        method_page.write(page_folder.parent, results_file)
    if json_out:
        print(json.dumps(whole, indent=1))
    return int(any(line["passed"] is False for line in whole["results"]))


def write_gates(
    observations: Sequence[Observation], size: Size, results_file: Path, page_folder: Path
) -> None:
    """What the limits of the checks cost and catch, beside the result and the page; nothing of no pairs."""
    if not any(one.kind == "unlimited" for one in observations):
        return
    found = curves.document(observations, size.name, METHOD_VERSION)
    results_file.parent.mkdir(parents=True, exist_ok=True)
    results_file.with_name("gates.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    if page_folder.parent.is_dir():
        gate_page.write(found, page_folder)
        method_page.write(page_folder.parent, results_file)


def _quick_run(*, silent: bool) -> dict[str, Any]:
    begun = time.monotonic()
    return _run(QUICK, observe_all(plan(QUICK)), begun, silent, with_speed=False)


def _quick(json_out: bool, stored: dict[str, Any]) -> int:
    run = _quick_run(silent=json_out)
    before = stored.get("quick", {}).get("results")
    worse = regression.worsened(run["results"], before) if before else []
    if json_out:
        print(json.dumps({"benchmark": "SkinDRO-1", **run, "worse": worse}, indent=1))
    if before is None:
        print("no committed quick part to hold this against", file=sys.stderr)
    for sentence in worse:
        print(f"worse by more than 10 %: {sentence}", file=sys.stderr)
    return int(bool(worse))


def _run(
    size: Size, observations: Sequence[Observation], begun: float, silent: bool, *, with_speed: bool
) -> dict[str, Any]:
    """One run as plain data: its size, the versions it was made with, and every line of the table."""
    results = table.results_of(observations)
    if with_speed:
        results += outside.speed()
    if not silent:
        print(table.text(results))
        print(table.summary(results))
    return {
        "size": asdict(size),
        "method_version": METHOD_VERSION,
        "versions": {name: version(name) for name in ("numpy", "opencv-contrib-python-headless", "scipy")},
        "minutes": round((time.monotonic() - begun) / 60, 1),
        "results": table.as_plain(results),
    }


def _one_thread() -> None:
    cv2.setNumThreads(1)
