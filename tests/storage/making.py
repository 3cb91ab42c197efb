"""Small records for the store's tests: photos of arbitrary bytes, as the store does not look inside."""

from __future__ import annotations

import hashlib

from analysis.records import CaptureFacts, PhotoAnalysis
from dermatrend.records import Actor, Course, Person, Session, StoredPhoto
from dermatrend.storage.scope import new_id, now
from dermatrend.workflows import Workspace


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def analysis_of(data: bytes, taken_on: str = "2026-01-10") -> PhotoAnalysis:
    facts = CaptureFacts(f"{taken_on}T10:00:00", "exif_original")
    return PhotoAnalysis(
        sha256(data), 40, 30, "PNG", "sRGB", facts, 8.0, "drawn", None, (), (), (), {"colour": True}
    )


def begin(ws: Workspace, actor: Actor, label: str = "A. Person") -> tuple[Person, Course]:
    person = ws.repository.add_person(actor, label)
    return person, ws.repository.add_course(actor, Course("", person.id, "Left arm"))


def keep(
    ws: Workspace,
    actor: Actor,
    course: Course,
    *photos: bytes,
    taken_on: str = "2026-01-10",
    name: str = "a.png",
) -> Session:
    """A session with these photos, stored as `add_session` stores them."""
    session = Session(new_id(), course.id, taken_on, "user", created_at=now())
    for data in photos:
        with ws.photos.adding(course.person_id, data) as photo_id:
            photo = StoredPhoto(photo_id, session.id, name, "PNG", len(data), 40, 30)
            ws.repository.add_photo(actor, session, photo, (sha256(data), analysis_of(data, taken_on)))
    return ws.repository.session(actor, session.id)
