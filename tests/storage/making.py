"""Small records for the store's tests: photos of arbitrary bytes, as the store does not look inside."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack

from analysis.records import CaptureFacts, PhotoAnalysis
from analysis.repeatability import OwnNoise, Repeatability
from dermatrend.records import Actor, Course, Person, RepeatStudy, Session, StoredPhoto
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


def result_of(study: RepeatStudy) -> Repeatability:
    noise = OwnNoise("redness", "arm", None, "H", (0.5,) * (len(study.photos) - 1))
    return Repeatability(tuple(photo.id for photo in study.photos), False, (noise,))


def keep_study(ws: Workspace, actor: Actor, course: Course, *shots: bytes) -> RepeatStudy:
    """A study of these repeat shots, stored with a result under the key "k"."""
    study_id = new_id()
    photos = tuple(
        StoredPhoto(sha256(data), study_id, "r.png", "PNG", len(data), 40, 30, added_at=now())
        for data in shots
    )
    study = RepeatStudy(study_id, course.id, "2026-01-09", "user", photos, now())
    with ExitStack() as kept:
        for data in shots:
            kept.enter_context(ws.photos.adding(course.person_id, data))
        ws.repository.add_study(actor, study, "k", result_of(study))
    return ws.repository.study(actor, study_id)
