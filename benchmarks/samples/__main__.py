"""Write sample_images/: `uv run python -m benchmarks.samples` (minutes; same bytes every time)."""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import Any

from benchmarks.samples.courses import COURSES, SampleCourse
from benchmarks.samples.studio import drawn_regions, photo
from benchmarks.samples.truth import course_truth

OUTPUT = Path(__file__).resolve().parents[2] / "sample_images"


def main() -> int:
    """Draw the courses that were asked for and write them with their truth."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.samples", description=__doc__)
    parser.add_argument("--course", choices=[course.name for course in COURSES], help="only this one")
    parser.add_argument("--out", type=Path, default=OUTPUT, help="where to write")
    parser.add_argument("--truth-only", action="store_true", help="leave the photos as they are")
    arguments = parser.parse_args()
    for course in COURSES:
        if arguments.course in (None, course.name):
            write(course, arguments.out / course.name, photos=not arguments.truth_only)
    return 0


def write(course: SampleCourse, folder: Path, photos: bool = True) -> None:
    """One course: its photos, course.json and truth.json."""
    for session in course.sessions if photos else ():
        place = folder / session.folder
        place.mkdir(parents=True, exist_ok=True)
        for shot in session.shots:
            print(f"{course.name} {session.folder} {shot.name}", file=sys.stderr)
            (place / shot.name).write_bytes(photo(course, session, shot))
    folder.mkdir(parents=True, exist_ok=True)
    _write_json(folder / "course.json", course_facts(course))
    print(f"{course.name} truth", file=sys.stderr)
    _write_json(folder / "truth.json", course_truth(course))


def course_facts(course: SampleCourse) -> dict[str, Any]:
    """course.json: what a person would enter."""
    where: dict[str, Any] = {"treated": list(course.treated), "reference": list(course.reference)}
    if course.kind == "body":
        where = {"regions": drawn_regions()}
    return {
        "title": course.title,
        "kind": course.kind,
        "person": "Sample person",
        "concerns": list(course.concerns),
        **where,
        "sessions": [
            {
                "folder": session.folder,
                "taken_on": session.taken_on,
                "photos": [shot.name for shot in session.shots],
                "treatment": session.treatment,
                "note": session.note,
                "skin_state": "clean",
            }
            for session in course.sessions
        ],
    }


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(_rounded(content), indent=1) + "\n", "utf-8")


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    if isinstance(value, float):
        return round(value, 3) if math.isfinite(value) else None
    return value


if __name__ == "__main__":
    raise SystemExit(main())
