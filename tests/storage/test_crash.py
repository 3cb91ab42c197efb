"""A process that is killed leaves the store fully before or fully after; opening it again puts it right."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from typing import Any

import pytest

from tests.conftest import ROOT

CASES = 16
"""Places to die, for each job. Spread over its lines: the long run takes all of them."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills by signal, which Windows has not")


def crash(job: str, cases: int = CASES) -> list[dict[str, Any]]:
    # In memory where there is such a folder: killing a process needs no disk, and there fsync is quick.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="dermatrend-crash-", dir=memory) as folder:
        done = subprocess.run(
            [sys.executable, "-m", "tests.storage.crashing", job, folder, str(cases)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_adding_a_session() -> None:
    seen = set()
    for case in crash("add"):
        crashed, repeated = case["crashed"], case["repeated"]
        stored = sum(crashed["sessions"])
        assert crashed["problems"] == repeated["problems"] == [], case
        assert crashed["photo_files"] == stored, case
        assert crashed["other_files"] == repeated["other_files"] == 1, case
        assert 0 not in crashed["sessions"], "a session without a photo was left behind"
        assert repeated["sessions"] == [2], case
        seen.add(stored)
    assert seen == {0, 1, 2}, "the cases should die before, between and after the photos"


def test_erasing_a_person() -> None:
    seen = set()
    for case in crash("erase"):
        crashed, repeated = case["crashed"], case["repeated"]
        assert crashed["problems"] == repeated["problems"] == [], case
        whole = {"people": 1, "sessions": [2], "photo_files": 2}
        gone = {"people": 0, "sessions": [], "photo_files": 0}
        left = {key: crashed[key] for key in whole}
        assert left in (whole, gone), case
        assert {key: repeated[key] for key in gone} == gone, case
        seen.add(crashed["people"])
    assert seen == {0, 1}


def test_removing_a_session() -> None:
    for case in crash("remove"):
        crashed = case["crashed"]
        assert crashed["problems"] == [], case
        assert (crashed["sessions"], crashed["photo_files"]) in (([2], 2), ([], 0)), case
        assert (case["repeated"]["people"], case["repeated"]["photo_files"]) == (1, 0), case


def test_making_the_store() -> None:
    for case in crash("make"):
        assert case["crashed"] == case["repeated"], case
        assert not case["crashed"]["read_only"], case
        assert case["crashed"]["problems"] == [], case
        assert case["crashed"]["other_files"] == 1, case
