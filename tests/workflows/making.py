"""What the tests of the workflows begin from: photos of generated skin, a plan, a course."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from analysis.regions import parse_regions
from dermatrend import workflows
from dermatrend.records import LOCAL_ACTOR, Course
from dermatrend.settings import Settings
from dermatrend.workers import WorkerPool
from dermatrend.workflows import Workspace
from tests.e2e.skin import REGIONS, photo

ACTOR = LOCAL_ACTOR
PLAN = parse_regions(REGIONS)
NAME = "Wilhelmina Canaryname"
BASELINE = (photo("2026-01-10"), photo("2026-01-10", shot=1))
LATER = (photo("2026-02-14", redness=0.06, shot=2),)


@contextmanager
def opened_with(folder: Path, pool: WorkerPool) -> Iterator[Workspace]:
    with Workspace.open(Settings(data_dir=folder)) as opened:
        opened._pool = pool
        try:
            yield opened
        finally:
            opened._pool = None  # shared by all tests: not this workspace's to close


def begin(ws: Workspace) -> Course:
    person = workflows.create_person(ws, ACTOR, NAME)
    return workflows.create_course(ws, ACTOR, person.id, "Left forearm", PLAN, ["uneven tone"])


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rows(ws: Workspace, course: Course) -> dict[str, int]:
    return ws.repository.counts(ACTOR, course.person_id)


class NoMeasuring:
    """Stands where the pool is, and fails the test that wants something measured again."""

    def __getattr__(self, name: str) -> object:
        pytest.fail(f"{name}: this was measured before")
