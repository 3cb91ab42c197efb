"""People and their courses: create, list, change, erase."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.records import RegionPlan
from dermatrend.access import require
from dermatrend.records import (
    LABEL_LENGTH,
    NOTE_LENGTH,
    Actor,
    Course,
    InvalidInput,
    Person,
    clean_text,
)
from dermatrend.storage.migrate import BACKUP_FOLDER
from dermatrend.workflows.workspace import Workspace


@dataclass(frozen=True, slots=True)
class EraseReceipt:
    """What was removed, or with `dry_run` would be."""

    person_id: str
    dry_run: bool
    rows: dict[str, int]
    """Kind of record -> how many."""
    files: int
    bytes: int
    backups: int
    """Automatic copies of the database that held this person too."""


def create_person(ws: Workspace, actor: Actor, label: str, note: str = "") -> Person:
    """Add someone.

    Raises:
        InvalidInput: the label is empty.
    """
    require(actor, "edit")
    ws.require_writable()
    return ws.repository.add_person(actor, _label("name", label), clean_text(note, NOTE_LENGTH))


def people(ws: Workspace, actor: Actor) -> list[Person]:
    """Everyone the actor may see, by label."""
    require(actor, "view")
    return ws.repository.people(actor)


def person(ws: Workspace, actor: Actor, person_id: str) -> Person:
    """One person.

    Raises:
        NotFound: there is none with this id that the actor may see.
    """
    require(actor, "view")
    return ws.repository.person(actor, person_id)


def rename_person(ws: Workspace, actor: Actor, person_id: str, label: str, note: str | None = None) -> Person:
    """Change the label, and the note where one is given."""
    require(actor, "edit")
    ws.require_writable()
    old = ws.repository.person(actor, person_id)
    note = old.note if note is None else clean_text(note, NOTE_LENGTH)
    return ws.repository.change_person(actor, person_id, label=_label("name", label), note=note)


def create_course(
    ws: Workspace,
    actor: Actor,
    person_id: str,
    title: str,
    plan: RegionPlan | None = None,
    concerns: Sequence[str] = (),
) -> Course:
    """Begin a course. Without drawn regions in the plan, the regions of the face are measured.

    Raises:
        InvalidInput: the title is empty.
    """
    require(actor, "edit")
    ws.require_writable()
    return ws.repository.add_course(actor, new_course(person_id, title, plan, concerns))


def new_course(person_id: str, title: str, plan: RegionPlan | None, concerns: Sequence[str]) -> Course:
    """A course with its facts checked, not yet stored."""
    return Course("", person_id, _label("title", title), plan or RegionPlan(), _concerns(concerns))


def courses(ws: Workspace, actor: Actor, person_id: str) -> list[Course]:
    """The courses of a person, the oldest first."""
    require(actor, "view")
    return ws.repository.courses(actor, person_id)


def course(ws: Workspace, actor: Actor, course_id: str) -> Course:
    """One course."""
    require(actor, "view")
    return ws.repository.course(actor, course_id)


def change_course(
    ws: Workspace,
    actor: Actor,
    course_id: str,
    *,
    title: str | None = None,
    plan: RegionPlan | None = None,
    concerns: Sequence[str] | None = None,
) -> Course:
    """Change what is given. After a change of the plan, comparisons are measured anew when looked at."""
    require(actor, "edit")
    ws.require_writable()
    old = ws.repository.course(actor, course_id)
    return ws.repository.change_course(
        actor,
        course_id,
        title=old.title if title is None else _label("title", title),
        plan=old.plan if plan is None else plan,
        concerns=old.concerns if concerns is None else _concerns(concerns),
    )


def erase_person(ws: Workspace, actor: Actor, person_id: str, *, dry_run: bool = False) -> EraseReceipt:
    """Remove everything about a person: rows, originals, pictures. This cannot be undone.

    Rows go first, in one transaction that leaves a tombstone without identity; then the files. Stopped in
    between, the files go when the store is next opened. The automatic copies of the database hold the same
    rows, so they go too.
    """
    require(actor, "erase")
    rows = ws.repository.counts(actor, person_id)
    files, size = ws.photos.count(person_id)
    backups = sorted((ws.settings.data_dir / BACKUP_FOLDER).glob("dermatrend-*.sqlite3"))
    receipt = EraseReceipt(person_id, dry_run, rows, files, size, len(backups))
    if dry_run:
        return receipt
    ws.require_writable()
    ws.repository.erase_person(actor, person_id)
    ws.photos.erase(person_id)
    if backups:
        shutil.rmtree(ws.settings.data_dir / BACKUP_FOLDER)
    ws.repository.finish_erasure(person_id)
    return receipt


def _label(what: str, value: str) -> str:
    label = " ".join(clean_text(value, LABEL_LENGTH).split())
    if not label:
        raise InvalidInput(
            f"The {what} is empty",
            expected="a few letters",
            got="nothing that can be seen",
            advice=f"Write a {what} that helps you to recognise it; a code is enough",
        )
    return label


def _concerns(concerns: Sequence[str]) -> tuple[str, ...]:
    cleaned = (clean_text(concern, LABEL_LENGTH) for concern in concerns)
    return tuple(dict.fromkeys(concern for concern in cleaned if concern))
