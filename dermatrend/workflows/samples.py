"""The sample courses that come with the source: generated photos of nobody, with known truth beside them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from analysis.records import RegionPlan
from analysis.regions import parse_regions
from dermatrend.access import require
from dermatrend.records import Actor, Course, Treatment
from dermatrend.storage.errors import NotFound
from dermatrend.workflows.looking import Upload
from dermatrend.workflows.people import new_course
from dermatrend.workflows.sessions import add_session
from dermatrend.workflows.workspace import Workspace

SAMPLE_IMAGES = Path(__file__).resolve().parents[2] / "sample_images"
ORIGIN = "sample"


def load_sample_course(
    ws: Workspace,
    actor: Actor,
    *,
    progress: Callable[[float, str], None] | None = None,
    folder: Path = SAMPLE_IMAGES,
) -> list[Course]:
    """Put the sample courses into the store: one person, a face and a body site.

    What is there already is left as it is, so calling it again is quick and changes nothing.

    Raises:
        NotFound: the sample photos do not lie beside this installation.
        ModelsMissing: the face model has not been fetched; nothing is stored then.
    """
    require(actor, "edit")
    require(actor, "add_photos")
    ws.require_writable()
    found = {
        path.parent: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*/course.json"))
    }
    if not found:
        raise NotFound(
            "The sample photos are not here",
            expected="the folder sample_images beside the program",
            got="none",
            advice="Start from a checkout of the source, or add photos of your own",
        )
    if any(facts["kind"] == "face" for facts in found.values()):
        from dermatrend.face_models import load_models

        # Asked before anything is stored: half a sample would puzzle more than none.
        load_models(ws.settings)
    with ws.measuring(ORIGIN):  # a second click waits for the first
        return _load(ws, actor, found, progress or (lambda _share, _words: None))


def _load(
    ws: Workspace, actor: Actor, found: Mapping[Path, Mapping[str, Any]], say: Callable[[float, str], None]
) -> list[Course]:
    person = ws.repository.person_of_origin(actor, ORIGIN)
    if person is None:
        label = next(iter(found.values())).get("person", "Sample person")
        note = "Generated photos: nobody's skin."
        person = ws.repository.add_person(actor, label, note, origin=ORIGIN)
    total = sum(len(facts["sessions"]) for facts in found.values())
    done = 0
    courses = []
    for place, facts in found.items():
        origin = f"{ORIGIN}:{place.name}"
        course = ws.repository.course_of_origin(actor, person.id, origin)
        if course is None:
            made = new_course(person.id, facts["title"], _plan(facts), facts.get("concerns", ()))
            course = ws.repository.add_course(actor, made, origin=origin)
        for session in facts["sessions"]:
            say(done / total, f"{course.title}: {session['taken_on']}")
            _add(ws, actor, course, place, session)
            done += 1
        courses.append(course)
    say(1.0, "Done")
    return courses


def _add(ws: Workspace, actor: Actor, course: Course, place: Path, session: Mapping[str, Any]) -> None:
    uploads = [Upload(name, (place / session["folder"] / name).read_bytes()) for name in session["photos"]]
    stored = {photo.id for known in ws.repository.sessions(actor, course.id) for photo in known.photos}
    if all(hashlib.sha256(upload.data).hexdigest() in stored for upload in uploads):
        return
    treatment = session.get("treatment")
    add_session(
        ws,
        actor,
        course.id,
        uploads,
        taken_on=session["taken_on"],
        treatment=None if treatment is None else Treatment(**treatment),
        skin_state=session.get("skin_state"),
        note=session.get("note", ""),
        compare=False,
    )


def _plan(facts: Mapping[str, Any]) -> RegionPlan:
    if "regions" in facts:
        regions = facts["regions"]
        return parse_regions({"regions": regions} if isinstance(regions, list) else regions)
    return RegionPlan(treated=tuple(facts.get("treated", ())), reference=tuple(facts.get("reference", ())))
