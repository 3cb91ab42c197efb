"""The report of files: which photo is the baseline, and what is known of each photo, with the real pool."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from PIL import Image

from analysis.errors import RegionsError
from analysis.records import RegionPlan
from analysis.regions import parse_regions
from dermatrend.photo_commands import Outcome, compare_files
from dermatrend.photo_files import PhotoFile
from dermatrend.photo_report import write_report
from dermatrend.report import pdf
from dermatrend.report.content import schema
from dermatrend.settings import Settings
from dermatrend.workers import WorkerPool
from tests.e2e.skin import REGIONS, photo

PLAN = parse_regions(REGIONS)
COPIED_ON = "2026-07-01"
"""When all files were last written: dates of files are those of the copy."""


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerPool]:
    with WorkerPool(Settings(data_dir=tmp_path_factory.mktemp("pool"))) as made:
        yield made


def resaved(data: bytes, *, share: float = 1.0, dated: bool = True) -> bytes:
    """The same picture, smaller, or without its notes."""
    image = Image.open(io.BytesIO(data))
    size = round(image.width * share), round(image.height * share)
    out = io.BytesIO()
    notes = {"exif": image.info["exif"]} if dated else {}
    image.resize(size, Image.Resampling.LANCZOS).save(out, "JPEG", quality=95, **notes)
    return out.getvalue()


def named(name: str, data: bytes) -> PhotoFile:
    return PhotoFile(name, data, COPIED_ON, name)


class Made:
    """A comparison, and the content of the report that was written of it."""

    def __init__(self, pool: WorkerPool, baseline: list[PhotoFile], *sessions: list[PhotoFile]) -> None:
        self.outcome: Outcome = compare_files(pool, baseline, sessions, PLAN)
        self.content: dict[str, Any] = {}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pdf, "render_pdf", self._keep)
            write_report(Path(os.devnull), pool, PLAN, self.outcome, baseline, sessions)
        jsonschema.validate(self.content, schema())

    def _keep(self, content: dict[str, Any], _pictures: object) -> bytes:
        self.content = content
        return b""


def test_an_undated_baseline_stays_the_baseline(pool: WorkerPool, capsys: pytest.CaptureFixture[str]) -> None:
    before = named("before.jpg", resaved(photo("2026-01-10"), dated=False))
    after = named("after.jpg", photo("2026-03-10", redness=0.05, shot=1))
    content = Made(pool, [before], [after]).content
    first, second = content["sessions"]
    assert [first["id"], second["id"]] == ["baseline", "follow-up-1"]
    assert first["photos"][0]["photo_id"] == before.sha256
    assert (first["taken_on"], first["taken_on_source"]) == (COPIED_ON, "file")
    assert first["day"] == 0
    (comparison,) = content["comparisons"]
    assert comparison["session_id"] == "follow-up-1"
    assert comparison["photo_ids"] == [after.sha256]
    (redness,) = [one for one in comparison["changes"] if one["metric"] == "redness"]
    assert redness["difference"] > 0, "follow-up minus baseline"
    assert "Baseline of 2026-07-01 and 1 follow-up session" in content["summary"][0]["text"]
    said = capsys.readouterr().err
    assert "before.jpg does not say when it was taken: the report uses the date of the file" in said
    assert "follow-up-1 is older than the baseline" in said


def test_follow_ups_are_told_by_date(pool: WorkerPool) -> None:
    before, later, sooner = (
        named(f"{day}.jpg", photo(day, shot=n))
        for n, day in enumerate(("2026-01-10", "2026-05-10", "2026-03-10"))
    )
    content = Made(pool, [before], [later], [sooner]).content
    assert [one["id"] for one in content["sessions"]] == ["baseline", "follow-up-2", "follow-up-1"]


@pytest.fixture(scope="module")
def smaller(pool: WorkerPool, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Drawn regions leave the second shot of the baseline and the follow-up, which are smaller photos."""
    baseline = [
        named("a.jpg", photo("2026-01-10")),
        named("b.jpg", resaved(photo("2026-01-10", shot=1), share=0.9)),
    ]
    follow_up = named("c.jpg", resaved(photo("2026-03-10", shot=2), share=0.9))
    return Made(pool, baseline, [follow_up])


def test_a_smaller_shot_that_is_compared_is_not_left_out(smaller: Made) -> None:
    baseline = smaller.outcome.document["baseline"]
    assert baseline["left_out"] == []
    (comparison,) = smaller.outcome.comparisons
    assert list(comparison.baseline_ids) == baseline["photo_ids"]
    assert len(comparison.baseline_ids) == 2


def test_a_photo_that_regions_were_not_drawn_on_has_no_measurement_of_its_own(smaller: Made) -> None:
    first, other = smaller.outcome.document["baseline"]["photos"]
    assert first["px_per_mm"] == REGIONS["px_per_mm"]
    assert first["measurements"]
    assert (other["px_per_mm"], other["measurements"], other["gates"]) == (None, [], [])
    assert other["facts"]["camera_model"] == "Test camera"


def test_every_photo_has_its_row_with_its_own_day(smaller: Made) -> None:
    sessions = smaller.content["sessions"]
    assert [len(one["photos"]) for one in sessions] == [2, 1]
    assert [one["taken_on"] for one in sessions] == ["2026-01-10", "2026-03-10"]
    assert [one["taken_on_source"] for one in sessions] == ["exif_original"] * 2
    (follow_up,) = sessions[1]["photos"]
    assert (follow_up["width"], follow_up["height"]) == (810, 432)
    assert follow_up["px_per_mm"] is None


def test_regions_that_leave_the_first_baseline_photo_are_refused(pool: WorkerPool) -> None:
    small = named("small.jpg", resaved(photo("2026-01-10"), share=0.9))
    whole, later = (
        named("whole.jpg", photo("2026-01-10", shot=1)),
        named("later.jpg", photo("2026-03-10", shot=2)),
    )
    # Not even beside a shot that they fit in: there they would mean other skin.
    for baseline in ([small], [small, whole]):
        with pytest.raises(RegionsError, match="leaves the baseline photo"):
            compare_files(pool, baseline, [[later]], PLAN)


def test_a_photo_that_cannot_be_read_is_said_to_be_unreadable(
    pool: WorkerPool, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = photo("2026-03-10", shot=1)
    made = Made(pool, [named("a.jpg", photo("2026-01-10"))], [named("cut.jpg", whole[: len(whole) // 2])])
    assert made.content["sessions"][1]["photos"] == []
    assert "cut.jpg cannot be read: the report uses the date of the file" in capsys.readouterr().err


def test_a_photo_without_a_face_keeps_its_row_and_its_date(
    pool: WorkerPool, capsys: pytest.CaptureFixture[str]
) -> None:
    # As when a face is looked for: the follow-up's measuring is refused, the file itself can be read.
    before, after = (
        named(f"{n}.jpg", photo(day, shot=n)) for n, day in enumerate(("2026-01-10", "2026-03-10"))
    )
    outcome = compare_files(pool, [before], [[after]], PLAN)
    found: list[dict[str, Any]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf, "render_pdf", lambda content, _pictures: found.append(content) or b"")
        # Without the face model on a machine this is another refusal, with the same end.
        write_report(Path(os.devnull), pool, RegionPlan(), outcome, [before], [[after]])
    (row,) = found[0]["sessions"][1]["photos"]
    assert row["photo_id"] == hashlib.sha256(after.data).hexdigest()
    assert row["facts"]["captured_at"].startswith("2026-03-10")
    assert "does not say when it was taken" not in capsys.readouterr().err
