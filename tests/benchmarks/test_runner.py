"""The quick part is held against what is committed; the page and the file say the same."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.decode import decode
from benchmarks.skindro import runner
from benchmarks.skindro.jobs import DEFAULT, FIRST_SEED, FULL, QUICK, plan
from benchmarks.skindro.page import write as write_page
from benchmarks.skindro.records import Observation
from benchmarks.skindro.variants import plain, variants
from tests.benchmarks.test_rows import STILL, grid


def scripted(response: float) -> list[Observation]:
    return [*STILL, *grid("haemoglobin", {-0.3: response}), *grid("melanin", {-0.15: 0.2})]


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a default run of an answer of -4 leaves behind."""
    monkeypatch.setattr(runner, "observe_all", lambda _jobs: scripted(-4.0))
    monkeypatch.setattr("benchmarks.skindro.rows.outside.speed", list)
    monkeypatch.setattr(runner.page, "write", lambda _document, _folder: None)  # figures take seconds
    file = tmp_path / "results" / "skindro1.json"
    runner.main("default", False, file, tmp_path / "page")
    return file


@pytest.mark.parametrize(("response", "code"), [(-4.0, 0), (-3.9, 0), (-4.2, 0), (-2.0, 1)])
def test_quick_fails_when_a_figure_got_worse(
    stored: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    response: float,
    code: int,
) -> None:
    """Redness leaks 0.2 / 4 = 0.05 of melanin; at half the answer it leaks 0.1, and 0.01 worse is allowed."""
    before = stored.read_text("utf-8")
    monkeypatch.setattr(runner, "observe_all", lambda _jobs: scripted(response))
    capsys.readouterr()
    assert runner.main("quick", True, stored) == code
    out = capsys.readouterr()
    worse = json.loads(out.out)["worse"]
    assert bool(worse) == bool(code)
    assert ("redness <- melanin" in out.err) == bool(code)
    assert stored.read_text("utf-8") == before


def test_a_figure_that_is_gone_is_worse(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "observe_all", lambda _jobs: STILL[:0])
    assert runner.main("quick", False, stored) == 1


def test_quick_without_anything_to_compare_with_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runner, "observe_all", lambda _jobs: STILL)
    assert runner.main("quick", False, tmp_path / "none.json") == 0
    assert "no committed quick part" in capsys.readouterr().err


def test_the_page_holds_every_row_of_the_file(stored: Path, tmp_path: Path) -> None:
    document = json.loads(stored.read_text("utf-8"))
    write_page(document, tmp_path / "page")
    page = (tmp_path / "page" / "README.md").read_text("utf-8")
    assert document["results"]
    for line in document["results"]:
        assert f"## {line['row']}: {line['test']}" in page
    for name in ("invariance-ratio.svg", "false-changes.svg"):
        assert (tmp_path / "page" / name).read_text("utf-8").startswith("<svg")


@pytest.mark.parametrize("size", [QUICK, DEFAULT, FULL], ids=lambda size: size.name)
def test_every_asked_pair_is_planned_once(size: object) -> None:
    assert isinstance(size, type(QUICK))
    jobs = plan(size)
    draws = [
        (job.generator, job.tone, number)
        for job in jobs
        if job.task == "zero"
        for number in range(job.first, job.first + job.count)
    ]
    assert len(draws) == len(set(draws)) == 2 * len(size.tones) * size.zero
    assert all(FIRST_SEED <= job.seed < FIRST_SEED + 1000 for job in jobs)


def test_tasks_never_share_their_chance() -> None:
    job = plan(QUICK)[0]
    streams = {
        tuple(job.rng(draw, stream).integers(0, 2**31, 3)) for draw in range(3) for stream in range(13)
    }
    assert len(streams) == 39
    other = replace(job, site=job.site + 1)
    assert tuple(other.rng(0, 0).integers(0, 2**31, 3)) not in streams


def test_every_variant_is_the_same_picture() -> None:
    rng = np.random.default_rng(2)
    base = np.array([190.0, 150.0, 130.0]) + rng.normal(0, 6, (96, 128, 1)) + rng.normal(0, 2, (96, 128, 3))
    pixels = np.clip(base, 0, 255).astype(np.uint8)
    wanted = decode(plain(pixels))
    for name, (data, baseline) in variants(pixels).items():
        photo = decode(data)
        assert photo.pixels.shape == pixels.shape
        shift = photo.pixels.reshape(-1, 3).mean(0) - wanted.pixels.reshape(-1, 3).mean(0)
        assert np.abs(shift).max() < 1.0, name  # read as sRGB, green alone would be off by 3
        if name.startswith("lossless") or name.endswith("lossless"):
            assert (decode(baseline).pixels == pixels).all(), name
        else:
            assert baseline == plain(pixels), name
    assert decode(variants(pixels)["Display P3"][0]).colour_profile == "Display P3"
    assert decode(variants(pixels)["Display P3, lossless"][0]).colour_profile == "Display P3"
    assert (decode(variants(pixels)["EXIF rotation, lossless"][0]).pixels == pixels).all()


@pytest.mark.parametrize("size", [DEFAULT, FULL], ids=lambda size: size.name)
def test_no_job_keeps_the_others_waiting(size: object) -> None:
    assert isinstance(size, type(QUICK))
    seconds = [job.seconds for job in plan(size)]
    assert seconds == sorted(seconds, reverse=True)
    assert seconds[0] < 0.02 * sum(seconds)
    assert seconds[-1] < 5


@pytest.mark.parametrize("size", [DEFAULT, FULL], ids=lambda size: size.name)
def test_every_person_is_judged_in_mode_c(size: object) -> None:
    assert isinstance(size, type(QUICK))
    jobs = [job for job in plan(size) if job.task == "zero" and job.tone == "III" and job.generator == "G1"]
    judged = {job.site: sum(size.in_mode_c(job.first + k) for k in range(job.count)) for job in jobs}
    assert sum(judged.values()) == size.zero_c
    assert min(judged.values()) > 0
