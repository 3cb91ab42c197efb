"""A course's own repeat shots, from upload to band, report and erasure, with the real worker pool."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.errors import RepeatabilityError, ShotsDiffer
from analysis.records import RegionPlan
from analysis.regions import parse_regions
from dermatrend import workflows
from dermatrend.records import LOCAL_ACTOR, Course, InvalidInput, Treatment
from dermatrend.settings import Settings
from dermatrend.storage.errors import AlreadyStored, NotFound
from dermatrend.storage.verify import verify
from dermatrend.workers import WorkerPool
from dermatrend.workflows import StoredComparison, Upload, Workspace, comparing, own_noise
from tests.e2e.skin import REGIONS, photo
from tests.storage.making import sha256

ACTOR = LOCAL_ACTOR
PLAN = parse_regions(REGIONS)
SHOTS = tuple(photo("2026-01-09", shot=number) for number in (3, 4, 5))


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerPool]:
    with WorkerPool(Settings(data_dir=tmp_path_factory.mktemp("pool"))) as made:
        yield made


@contextmanager
def opened_with(folder: Path, pool: object) -> Iterator[Workspace]:
    with Workspace.open(Settings(data_dir=folder)) as opened:
        opened._pool = pool  # type: ignore[assignment]  # the module's, or what counts its jobs
        try:
            yield opened
        finally:
            opened._pool = None  # shared by the module: not this workspace's to close


class Counted:
    """The pool, and how often each job was asked of it."""

    def __init__(self, pool: WorkerPool) -> None:
        self.pool = pool
        self.jobs: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., object]:
        self.jobs.append(name)
        job: Callable[..., object] = getattr(self.pool, name)
        return job


@pytest.fixture
def counted(pool: WorkerPool) -> Counted:
    return Counted(pool)


@pytest.fixture
def ws(tmp_path: Path, counted: Counted) -> Iterator[Workspace]:
    with opened_with(tmp_path / "data", counted) as opened:
        yield opened


@pytest.fixture
def course(ws: Workspace) -> Course:
    """A course with its baseline and one follow-up, not yet compared."""
    person = workflows.create_person(ws, ACTOR, "P 1")
    made = workflows.create_course(ws, ACTOR, person.id, "Arm", PLAN)
    for name, data in (("2026-01-10", photo("2026-01-10")), ("2026-02-14", photo("2026-02-14", shot=2))):
        workflows.add_session(
            ws, ACTOR, made.id, [Upload(name, data)], treatment=Treatment(), compare=False
        )  # fmt: skip
    return made


def uploads(*shots: bytes) -> list[Upload]:
    return [Upload(f"r{number}.jpg", data) for number, data in enumerate(shots)]


def compared(ws: Workspace, course: Course) -> StoredComparison:
    later = workflows.sessions(ws, ACTOR, course.id)[1]
    return workflows.compare_sessions(ws, ACTOR, course.id, later.id)


def test_comparisons_use_a_study_and_are_measured_again_with_and_without_it(
    ws: Workspace, course: Course, counted: Counted
) -> None:
    compared(ws, course)
    plain = compared(ws, course)  # as it is stored
    assert plain.comparison.own_repeat_shots == 0
    said: list[float] = []
    receipt = workflows.run_repeatability(
        ws, ACTOR, course.id, uploads(*SHOTS, b"no photo"), progress=lambda share, _words: said.append(share)
    )
    assert said == sorted(said)
    assert said[-1] == 1.0
    assert [(name, error["code"]) for name, error in receipt.refused] == [("r3.jpg", "unsupported_format")]
    assert receipt.stored is not None
    study = receipt.stored.study
    assert (study.taken_on, study.taken_on_source) == ("2026-01-09", "exif_original")
    assert [shot.id for shot in study.photos] == [sha256(data) for data in SHOTS]
    assert workflows.studies(ws, ACTOR, course.id) == [study]

    counted.jobs.clear()
    with_study = compared(ws, course)
    assert counted.jobs == ["compare"], "the study itself was measured before"
    assert with_study.comparison.own_repeat_shots == 3
    for change, before in zip(with_study.comparison.changes, plain.comparison.changes, strict=True):
        if math.isfinite(change.difference):
            assert "own_noise" in change.flags
            assert change.difference == before.difference
            assert change.mdc95 != before.mdc95
    repeats = workflows.repeatability_of(ws, ACTOR, course.id)
    assert [item.study for item in repeats.studies] == [study]
    assert {band.noise.region for band in repeats.bands} == {"treated"}
    assert all(band.noise.df == 2 for band in repeats.bands)

    counted.jobs.clear()
    compared(ws, course)
    assert counted.jobs == []
    workflows.remove_study(ws, ACTOR, study.id)
    assert repr(compared(ws, course).comparison) == repr(plain.comparison)
    assert workflows.repeatability_of(ws, ACTOR, course.id).noise is None
    assert not {sha256(data) for data in SHOTS} & ws.photos.originals(course.person_id)
    assert verify(ws.repository, ws.photos) == []
    with pytest.raises(NotFound):
        workflows.remove_study(ws, ACTOR, study.id)


def test_the_key_of_a_comparison_holds_the_study(ws: Workspace, course: Course) -> None:
    workflows.run_repeatability(ws, ACTOR, course.id, uploads(*SHOTS))
    noise = workflows.repeatability_of(ws, ACTOR, course.id).noise
    assert noise is not None
    other = replace(noise, noise=noise.noise[:1])
    keys = {comparing.comparison_key(["a"], ["b"], PLAN, own) for own in (None, noise, other)}
    assert len(keys) == 3


def test_the_report_names_the_study(ws: Workspace, course: Course) -> None:
    workflows.run_repeatability(ws, ACTOR, course.id, uploads(*SHOTS))
    files = workflows.export_report(ws, ACTOR, course.id)
    content = json.loads(files.json)
    assert [(one["taken_on"], one["shots"]) for one in content["repeatability"]] == [("2026-01-09", 3)]
    assert content["comparisons"][0]["own_repeat_shots"] == 3
    assert any("3 shots of 2026-01-09" in text for text in content["how_the_band_was_made"])
    assert files.pdf.startswith(b"%PDF-")


def test_another_plan_measures_the_study_again_and_one_that_fits_no_more_says_why(
    ws: Workspace, course: Course, counted: Counted
) -> None:
    workflows.run_repeatability(ws, ACTOR, course.id, uploads(*SHOTS))
    workflows.change_course(ws, ACTOR, course.id, plan=replace(PLAN, drawn=PLAN.drawn[:1]))
    counted.jobs.clear()
    repeats = workflows.repeatability_of(ws, ACTOR, course.id)
    assert counted.jobs == ["repeatability"]
    assert repeats.studies[0].result is not None
    assert {band.noise.metric for band in repeats.bands}.isdisjoint({"redness", "pigment"})
    far = tuple(replace(region, polygon=region.polygon + 5000) for region in PLAN.drawn)
    workflows.change_course(ws, ACTOR, course.id, plan=RegionPlan(far, PLAN.px_per_mm))
    repeats = workflows.repeatability_of(ws, ACTOR, course.id)
    assert repeats.noise is None
    assert (repeats.studies[0].error or {})["code"] == "regions"


def test_what_makes_no_study_stores_nothing(ws: Workspace, course: Course) -> None:
    before = ws.repository.counts(ACTOR, course.person_id), ws.photos.originals(course.person_id)
    for bad in (uploads(*SHOTS[:2]), uploads(*SHOTS[:2], SHOTS[0]), []):
        with pytest.raises(InvalidInput, match="cannot be made of this"):
            workflows.run_repeatability(ws, ACTOR, course.id, bad)
    receipt = workflows.run_repeatability(ws, ACTOR, course.id, uploads(*SHOTS[:2], b"no photo"))
    assert receipt.stored is None
    assert len(receipt.refused) == 1
    other = photo("2026-01-09", shot=6, skin=99)
    with pytest.raises(ShotsDiffer):
        workflows.run_repeatability(ws, ACTOR, course.id, uploads(*SHOTS[:2], other))
    same_day = [photo("2026-02-14", shot=number) for number in (2, 3, 4)]  # the first is the follow-up's
    with pytest.raises(AlreadyStored):
        workflows.run_repeatability(ws, ACTOR, course.id, uploads(*same_day))
    after = ws.repository.counts(ACTOR, course.person_id), ws.photos.originals(course.person_id)
    assert after == before
    assert verify(ws.repository, ws.photos) == []


def test_shots_of_two_days_and_drawn_regions_without_a_baseline_are_refused(
    ws: Workspace, course: Course
) -> None:
    with pytest.raises(RepeatabilityError, match="not of one sitting"):
        workflows.run_repeatability(
            ws, ACTOR, course.id, uploads(*SHOTS[:2], photo("2026-01-08", shot=7))
        )  # fmt: skip
    empty = workflows.create_course(ws, ACTOR, course.person_id, "Leg", PLAN)
    with pytest.raises(InvalidInput, match="baseline"):
        workflows.run_repeatability(ws, ACTOR, empty.id, uploads(*SHOTS))


def test_erasing_a_person_erases_the_study(ws: Workspace, course: Course) -> None:
    workflows.run_repeatability(ws, ACTOR, course.id, uploads(*SHOTS))
    planned = workflows.erase_person(ws, ACTOR, course.person_id, dry_run=True)
    assert (planned.rows["studies"], planned.rows["study_photos"]) == (1, 3)
    workflows.erase_person(ws, ACTOR, course.person_id)
    left = [path for path in ws.settings.data_dir.rglob("*") if path.is_file()]
    for path in left:
        content = path.read_bytes()
        for data in SHOTS:
            assert data[:64] not in content
            assert sha256(data).encode() not in content


def test_someone_erased_while_shots_are_studied_leaves_nothing(
    ws: Workspace, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure = own_noise.measure_study

    def erase_meanwhile(*arguments: object) -> object:
        found = measure(*arguments)  # type: ignore[arg-type]  # handed on
        workflows.erase_person(ws, ACTOR, course.person_id)
        return found

    monkeypatch.setattr("dermatrend.workflows.repeating.measure_study", erase_meanwhile)
    with pytest.raises(NotFound):
        workflows.run_repeatability(ws, ACTOR, course.id, uploads(*SHOTS))
    names = [path.name for path in ws.photos.root.rglob("*") if path.is_file()]
    assert names == ["STORE"]
