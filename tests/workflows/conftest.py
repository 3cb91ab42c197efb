"""A store of the test's own, beside one worker pool for all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dermatrend import workflows
from dermatrend.records import Course, Treatment
from dermatrend.settings import Settings
from dermatrend.workers import WorkerPool
from dermatrend.workflows import Upload, Workspace
from tests.workflows.making import ACTOR, BASELINE, LATER, begin, opened_with


@pytest.fixture(scope="session")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerPool]:
    with WorkerPool(Settings(data_dir=tmp_path_factory.mktemp("pool"))) as made:
        yield made


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory, pool: WorkerPool) -> tuple[Path, Course]:
    """A store with a course, its baseline and one follow-up, compared once for all tests."""
    folder = tmp_path_factory.mktemp("prepared") / "data"
    with opened_with(folder, pool) as ws:
        course = begin(ws)
        uploads = [Upload(f"{number}.jpg", data) for number, data in enumerate(BASELINE)]
        workflows.add_session(ws, ACTOR, course.id, uploads, treatment=Treatment(needle_depth_mm=1.0))
        receipt = workflows.add_session(ws, ACTOR, course.id, [Upload("later.jpg", LATER[0])])
        assert receipt.comparison is not None, receipt.comparison_error
    return folder, course


@pytest.fixture
def ws(request: pytest.FixtureRequest, tmp_path: Path, pool: WorkerPool) -> Iterator[Workspace]:
    if "followed" in request.fixturenames:
        shutil.copytree(request.getfixturevalue("prepared")[0], tmp_path / "data")
    with opened_with(tmp_path / "data", pool) as opened:
        yield opened


@pytest.fixture
def course(ws: Workspace) -> Course:
    return begin(ws)


@pytest.fixture
def followed(ws: Workspace, prepared: tuple[Path, Course]) -> Course:
    """The course with its baseline and one follow-up, in a store of the test's own."""
    return prepared[1]
