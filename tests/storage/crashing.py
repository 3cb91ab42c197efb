"""Kills a job on the store at one line after the other, and looks at what is left each time.

Run as a program by `test_crash.py`: it forks a child for every case, which dies by SIGKILL when it reaches
the n-th line executed in `dermatrend.storage` or `dermatrend.workflows`; prints one line of JSON per case.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import dermatrend
from analysis.errors import AnalysisError
from dermatrend.records import LOCAL_ACTOR
from dermatrend.settings import Settings
from dermatrend.storage.verify import verify
from dermatrend.workflows import Upload, Workspace, add_session, erase_person, remove_session
from dermatrend.workflows.photos import analysis_key
from tests.storage.making import analysis_of, begin, keep, sha256

PHOTOS = (b"first photo", b"second photo")
OURS = tuple(str(Path(dermatrend.__file__).parent / part) for part in ("storage", "workflows"))


def prepare(place: Path, *, stored: bool) -> str:
    """A store with a person and a course; the photos stored, or only looked at. The id that the job needs."""
    with Workspace.open(Settings(data_dir=place)) as ws:
        person, course = begin(ws, LOCAL_ACTOR)
        for data in PHOTOS:
            # Looked at already, so that adding needs no worker: what is tried here is the keeping.
            ws.repository.put_analysis(
                LOCAL_ACTOR, person.id, analysis_key(sha256(data), course.plan), analysis_of(data)
            )
        return keep(ws, LOCAL_ACTOR, course, *PHOTOS).id if stored else course.id


def add(place: Path, course_id: str) -> None:
    with Workspace.open(Settings(data_dir=place), settled_after_s=0) as ws:
        add_session(ws, LOCAL_ACTOR, course_id, [Upload("a", data) for data in PHOTOS])


def erase(place: Path, _: str) -> None:
    with Workspace.open(Settings(data_dir=place), settled_after_s=0) as ws:
        for person in ws.repository.people(LOCAL_ACTOR):
            erase_person(ws, LOCAL_ACTOR, person.id)


def remove(place: Path, session_id: str) -> None:
    with Workspace.open(Settings(data_dir=place), settled_after_s=0) as ws:
        try:
            remove_session(ws, LOCAL_ACTOR, session_id)
        except AnalysisError:
            return  # the crash came after it was done


def make(place: Path, _: str) -> None:
    Workspace.open(Settings(data_dir=place), settled_after_s=0).close()


def state(place: Path) -> dict[str, Any]:
    """What the store holds after it was opened again, and what is wrong with it."""
    with Workspace.open(Settings(data_dir=place), settled_after_s=0) as ws:
        people = ws.repository.people(LOCAL_ACTOR)
        courses = [c for p in people for c in ws.repository.courses(LOCAL_ACTOR, p.id)]
        sessions = [s for c in courses for s in ws.repository.sessions(LOCAL_ACTOR, c.id)]
        inside = [path.read_bytes() for path in ws.photos.root.rglob("*") if path.is_file()]
        return {
            "problems": [problem.kind for problem in verify(ws.repository, ws.photos)],
            "read_only": ws.read_only,
            "people": len(people),
            "sessions": [len(s.photos) for s in sessions],
            "photo_files": sum(data in PHOTOS for data in inside),
            "other_files": sum(data not in PHOTOS for data in inside),
        }


def run_until(line: int | None, job: Callable[[], None]) -> int:
    """Run the job in a child that dies at this line; how many lines it came to, if it came to its end."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        count = 0

        def trace(frame: FrameType, event: str, _: object) -> Any:
            nonlocal count
            if not frame.f_code.co_filename.startswith(OURS):
                return None
            if event == "line":
                count += 1
                if count == line:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace

        sys.settrace(trace)
        job()
        sys.settrace(None)
        os.write(writer, str(count).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        text = answer.read()
    _, status = os.waitpid(child, 0)
    if line is None and status != 0:
        raise RuntimeError(f"the job fails by itself: {status}")
    return int(text or 0)


def main(name: str, folder: str, cases: int) -> None:
    """Try one job with this many places to die, spread over all of its lines."""
    jobs = {"add": add, "erase": erase, "remove": remove, "make": make}
    root, job = Path(folder), jobs[name]
    start, place = root / "start", root / "place"
    start.mkdir()
    known = "" if name == "make" else prepare(start, stored=name != "add")

    def again() -> None:
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(start, place)

    again()
    total = run_until(None, lambda: job(place, known))
    for case in range(cases):
        again()
        line = 1 + case * (total - 1) // (cases - 1)
        run_until(line, lambda: job(place, known))
        crashed = state(place)
        job(place, known)
        print(json.dumps({"line": line, "crashed": crashed, "repeated": state(place)}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
