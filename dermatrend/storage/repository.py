"""People, courses, sessions, photos and results in the database, always within what the actor may see.

Every method takes the actor, and every query is joined to the people this actor may see: an id that belongs
to another clinic, or to another person where the actor is a person, is not found. A method that writes is
one transaction.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from analysis.records import CaptureFacts, PhotoAnalysis, RegionPlan, SessionComparison
from dermatrend.records import Actor, Course, DateSource, Person, Session, StoredPhoto, Treatment
from dermatrend.storage import database, documents, schema
from dermatrend.storage.errors import AlreadyStored, NotFound

t = schema


def new_id() -> str:
    """A random id: 128 bits as hex. It says nothing about what it names."""
    return secrets.token_hex(16)


def now() -> str:
    """This moment in UTC, to the microsecond, so that it also orders what was made in a row."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")


def _reach(actor: Actor) -> sa.Select[tuple[str]]:
    """The ids of the people this actor may see: the one place where scope is decided."""
    reach = sa.select(t.persons.c.id).where(t.persons.c.clinic_id == actor.clinic_id)
    if actor.role == "person":
        reach = reach.where(t.persons.c.id == actor.person_id)
    return reach


class Repository:
    """The database behind methods. Safe to share between threads.

    Args:
        engine: from `dermatrend.storage.database.make_engine`, already migrated.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    # people

    def add_person(self, actor: Actor, label: str, note: str = "", origin: str | None = None) -> Person:
        person = Person(new_id(), label, note, now())
        with database.writing(self.engine) as connection:
            connection.execute(
                t.persons.insert().values(
                    id=person.id,
                    clinic_id=actor.clinic_id,
                    label=label,
                    note=note,
                    origin=origin,
                    created_at=person.created_at,
                )
            )
        return person

    def people(self, actor: Actor) -> list[Person]:
        query = (
            sa.select(t.persons)
            .where(t.persons.c.id.in_(_reach(actor)))
            .order_by(sa.func.lower(t.persons.c.label), t.persons.c.created_at)
        )
        with database.reading(self.engine) as connection:
            return [_person(row) for row in connection.execute(query).mappings()]

    def person(self, actor: Actor, person_id: str) -> Person:
        return _person(self._one(actor, t.persons, "person", t.persons.c.id == person_id, key="id"))

    def person_of_origin(self, actor: Actor, origin: str) -> Person | None:
        query = sa.select(t.persons).where(t.persons.c.id.in_(_reach(actor)), t.persons.c.origin == origin)
        with database.reading(self.engine) as connection:
            row = connection.execute(query).mappings().first()
        return _person(row) if row else None

    def change_person(self, actor: Actor, person_id: str, *, label: str, note: str) -> Person:
        self._change(actor, t.persons, "person", person_id, {"label": label, "note": note}, key="id")
        return self.person(actor, person_id)

    # courses

    def add_course(self, actor: Actor, course: Course, origin: str | None = None) -> Course:
        self.person(actor, course.person_id)
        course = replace(course, id=new_id(), created_at=now())
        with database.writing(self.engine) as connection:
            connection.execute(
                t.courses.insert().values(
                    id=course.id,
                    person_id=course.person_id,
                    title=course.title,
                    plan=documents.dumps(course.plan),
                    concerns=documents.dumps(course.concerns),
                    origin=origin,
                    created_at=course.created_at,
                )
            )
        return course

    def courses(self, actor: Actor, person_id: str) -> list[Course]:
        self.person(actor, person_id)
        query = (
            sa.select(t.courses)
            .where(t.courses.c.person_id == person_id, t.courses.c.person_id.in_(_reach(actor)))
            .order_by(t.courses.c.created_at, t.courses.c.id)
        )
        with database.reading(self.engine) as connection:
            return [_course(row) for row in connection.execute(query).mappings()]

    def course(self, actor: Actor, course_id: str) -> Course:
        return _course(self._one(actor, t.courses, "course", t.courses.c.id == course_id))

    def course_of_origin(self, actor: Actor, person_id: str, origin: str) -> Course | None:
        query = sa.select(t.courses).where(
            t.courses.c.person_id.in_(_reach(actor)),
            t.courses.c.person_id == person_id,
            t.courses.c.origin == origin,
        )
        with database.reading(self.engine) as connection:
            row = connection.execute(query).mappings().first()
        return _course(row) if row else None

    def change_course(
        self, actor: Actor, course_id: str, *, title: str, plan: RegionPlan, concerns: Sequence[str]
    ) -> Course:
        values = {
            "title": title,
            "plan": documents.dumps(plan),
            "concerns": documents.dumps(tuple(concerns)),
        }
        self._change(actor, t.courses, "course", course_id, values)
        return self.course(actor, course_id)

    # sessions and their photos

    def sessions(self, actor: Actor, course_id: str) -> list[Session]:
        """The sessions of a course with their photos, ordered by date: the first is the baseline."""
        self.course(actor, course_id)
        return self._sessions(actor, t.sessions.c.course_id == course_id)

    def session(self, actor: Actor, session_id: str) -> Session:
        found = self._sessions(actor, t.sessions.c.id == session_id)
        if not found:
            raise NotFound.of("session")
        return found[0]

    def add_photo(
        self,
        actor: Actor,
        person_id: str,
        session: Session,
        photo: StoredPhoto,
        analysis: tuple[str, PhotoAnalysis] | None = None,
    ) -> bool:
        """Store a photo's row, with its session where that is new, and its analysis under its key.

        Returns:
            False where the photo was in this session already.

        Raises:
            AlreadyStored: the photo is in another session of the course.
        """
        self.course(actor, session.course_id)
        with database.writing(self.engine) as connection:
            reachable = sa.select(t.courses.c.person_id).where(
                t.courses.c.id == session.course_id, t.courses.c.person_id.in_(_reach(actor))
            )
            if connection.execute(reachable).scalar() != person_id:
                raise NotFound.of("course")
            other = connection.execute(
                sa.select(t.photos.c.session_id).where(
                    t.photos.c.course_id == session.course_id, t.photos.c.sha256 == photo.id
                )
            ).scalar()
            if other == session.id:
                return False
            if other is not None:
                raise already_stored(self.session(actor, other).taken_on)
            if not connection.execute(
                sa.select(t.sessions.c.id).where(t.sessions.c.id == session.id)
            ).scalar():
                connection.execute(t.sessions.insert().values(person_id=person_id, **_session_row(session)))
            position = connection.execute(
                sa.select(sa.func.count()).where(t.photos.c.session_id == session.id)
            ).scalar_one()
            connection.execute(
                t.photos.insert().values(
                    session_id=session.id,
                    sha256=photo.id,
                    course_id=session.course_id,
                    person_id=person_id,
                    position=position,
                    name=photo.name,
                    format=photo.format,
                    n_bytes=photo.n_bytes,
                    width=photo.width,
                    height=photo.height,
                    facts=documents.dumps(photo.facts),
                    added_at=photo.added_at or now(),
                )
            )
            if analysis is not None:
                _put_analysis(connection, person_id, *analysis)
        return True

    def change_session(
        self,
        actor: Actor,
        session_id: str,
        *,
        taken_on: str,
        taken_on_source: DateSource,
        treatment: Treatment | None,
        skin_state: str | None,
        note: str,
    ) -> Session:
        values = {
            "taken_on": taken_on,
            "taken_on_source": taken_on_source,
            "treatment": None if treatment is None else documents.dumps(treatment),
            "skin_state": skin_state,
            "note": note,
        }
        self._change(actor, t.sessions, "session", session_id, values)
        return self.session(actor, session_id)

    def remove_session(self, actor: Actor, session_id: str) -> None:
        self.session(actor, session_id)
        with database.writing(self.engine) as connection:
            connection.execute(
                t.sessions.delete().where(
                    t.sessions.c.id == session_id, t.sessions.c.person_id.in_(_reach(actor))
                )
            )

    def photo(self, actor: Actor, photo_id: str) -> tuple[str, StoredPhoto]:
        """Whose photo it is, and the photo. One that is in several courses gives the first of them."""
        condition = t.photos.c.sha256 == photo_id
        row = self._one(actor, t.photos, "photo", condition, order=(t.photos.c.added_at,))
        return row["person_id"], _photo(row)

    def names_photo(self, person_id: str, photo_id: str) -> bool:
        """Whether any row of the person names this original (for the store's own housekeeping)."""
        query = sa.select(sa.func.count()).where(
            t.photos.c.person_id == person_id, t.photos.c.sha256 == photo_id
        )
        with database.reading(self.engine) as connection:
            return connection.execute(query).scalar_one() > 0

    # results

    def analysis(self, actor: Actor, person_id: str, key: str) -> PhotoAnalysis | None:
        text = self._document(actor, t.analyses, person_id, key)
        return None if text is None else documents.loads(PhotoAnalysis, text)

    def put_analysis(self, actor: Actor, person_id: str, key: str, analysis: PhotoAnalysis) -> None:
        self.person(actor, person_id)
        with database.writing(self.engine) as connection:
            _put_analysis(connection, person_id, key, analysis)

    def comparison(self, actor: Actor, person_id: str, key: str) -> SessionComparison | None:
        text = self._document(actor, t.comparisons, person_id, key)
        return None if text is None else documents.loads(SessionComparison, text)

    def put_comparison(
        self,
        actor: Actor,
        person_id: str,
        key: str,
        comparison: SessionComparison,
        pictures: Sequence[Mapping[str, Any]],
    ) -> None:
        """Store a comparison and the list of its pictures; made again, it replaces what was there."""
        self.person(actor, person_id)
        with database.writing(self.engine) as connection:
            mine = t.comparisons.c.person_id == person_id
            connection.execute(t.comparisons.delete().where(mine, t.comparisons.c.key == key))
            connection.execute(
                t.pictures.delete().where(
                    t.pictures.c.person_id == person_id, t.pictures.c.comparison_key == key
                )
            )
            connection.execute(
                t.comparisons.insert().values(
                    person_id=person_id,
                    key=key,
                    method_version=comparison.method_version,
                    document=documents.dumps(comparison),
                    created_at=now(),
                )
            )
            for picture in pictures:
                connection.execute(
                    t.pictures.insert().values(person_id=person_id, comparison_key=key, **picture)
                )

    def pictures(self, actor: Actor, person_id: str, key: str) -> list[Mapping[str, Any]]:
        query = (
            sa.select(t.pictures)
            .where(
                t.pictures.c.person_id.in_(_reach(actor)),
                t.pictures.c.person_id == person_id,
                t.pictures.c.comparison_key == key,
            )
            .order_by(t.pictures.c.name)
        )
        with database.reading(self.engine) as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def picture(self, actor: Actor, picture_id: str) -> Mapping[str, Any]:
        return self._one(actor, t.pictures, "picture", t.pictures.c.id == picture_id)

    # erasing

    def counts(self, actor: Actor, person_id: str) -> dict[str, int]:
        """How many rows a person has, by kind."""
        self.person(actor, person_id)
        with database.reading(self.engine) as connection:
            return _counts(connection, person_id)

    def erase_person(self, actor: Actor, person_id: str) -> dict[str, int]:
        """Remove every row of a person and leave a tombstone; the files follow (`erasures_to_finish`)."""
        self.person(actor, person_id)
        with database.writing(self.engine) as connection:
            counts = _counts(connection, person_id)
            gone = connection.execute(
                t.persons.delete().where(t.persons.c.id == person_id, t.persons.c.id.in_(_reach(actor)))
            )
            if gone.rowcount != 1:
                raise NotFound.of("person")
            connection.execute(
                t.tombstones.insert().values(
                    person_id=person_id,
                    clinic_id=actor.clinic_id,
                    erased_at=now(),
                    counts=documents.dumps(counts),
                    files_gone=False,
                )
            )
        database.forget_deleted(self.engine)
        return counts

    def erasures_to_finish(self) -> list[str]:
        """The ids of people whose rows are gone and whose files may not be yet."""
        query = sa.select(t.tombstones.c.person_id).where(sa.not_(t.tombstones.c.files_gone))
        with database.reading(self.engine) as connection:
            return list(connection.execute(query).scalars())

    def finish_erasure(self, person_id: str) -> None:
        with database.writing(self.engine) as connection:
            connection.execute(
                t.tombstones.update().where(t.tombstones.c.person_id == person_id).values(files_gone=True)
            )

    # the store's own id

    def store_id(self) -> str | None:
        with database.reading(self.engine) as connection:
            return connection.execute(sa.select(t.store.c.id)).scalar()

    def put_store_id(self) -> str:
        """The id of this store, made now where it has none."""
        with database.writing(self.engine) as connection:
            known = connection.execute(sa.select(t.store.c.id)).scalar()
            if known is not None:
                return str(known)
            made = new_id()
            connection.execute(t.store.insert().values(id=made, created_at=now()))
            return made

    # shared by the above

    def _one(
        self,
        actor: Actor,
        table: sa.Table,
        what: str,
        condition: sa.ColumnElement[bool],
        *,
        key: str = "person_id",
        order: tuple[sa.ColumnElement[Any], ...] = (),
    ) -> Mapping[str, Any]:
        query = sa.select(table).where(condition, table.c[key].in_(_reach(actor))).order_by(*order)
        with database.reading(self.engine) as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            raise NotFound.of(what)
        return dict(row)

    def _change(
        self,
        actor: Actor,
        table: sa.Table,
        what: str,
        row_id: str,
        values: Mapping[str, Any],
        *,
        key: str = "person_id",
    ) -> None:
        with database.writing(self.engine) as connection:
            changed = connection.execute(
                table.update().where(table.c.id == row_id, table.c[key].in_(_reach(actor))).values(**values)
            )
        if changed.rowcount != 1:
            raise NotFound.of(what)

    def _document(self, actor: Actor, table: sa.Table, person_id: str, key: str) -> str | None:
        query = sa.select(table.c.document).where(
            table.c.person_id.in_(_reach(actor)), table.c.person_id == person_id, table.c.key == key
        )
        with database.reading(self.engine) as connection:
            return connection.execute(query).scalar()

    def _sessions(self, actor: Actor, condition: sa.ColumnElement[bool]) -> list[Session]:
        mine = (condition, t.sessions.c.person_id.in_(_reach(actor)))
        query = (
            sa.select(t.sessions)
            .where(*mine)
            .order_by(t.sessions.c.taken_on, t.sessions.c.created_at, t.sessions.c.id)
        )
        photos = (
            sa.select(t.photos)
            .where(t.photos.c.session_id.in_(sa.select(t.sessions.c.id).where(*mine)))
            .order_by(t.photos.c.position)
        )
        with database.reading(self.engine) as connection:
            rows = connection.execute(query).mappings().all()
            by_session: dict[str, list[StoredPhoto]] = {row["id"]: [] for row in rows}
            for row in connection.execute(photos).mappings():
                by_session[row["session_id"]].append(_photo(row))
        return [_session(row, tuple(by_session[row["id"]])) for row in rows]


def already_stored(taken_on: str) -> AlreadyStored:
    """The refusal of a photo that stands for another day of the same course."""
    return AlreadyStored(
        "This photo is already in another session of this course",
        expected="a photo that stands for one day only",
        got=f"the same file in the session of {taken_on}",
        advice="Leave it out here, or change the date of that session",
    )


def _counts(connection: sa.Connection, person_id: str) -> dict[str, int]:
    tables = (t.courses, t.sessions, t.photos, t.analyses, t.comparisons, t.pictures)
    return {
        table.name: connection.execute(
            sa.select(sa.func.count()).select_from(table).where(table.c.person_id == person_id)
        ).scalar_one()
        for table in tables
    }


def _put_analysis(connection: sa.Connection, person_id: str, key: str, analysis: PhotoAnalysis) -> None:
    from analysis.records import METHOD_VERSION

    mine = (t.analyses.c.person_id == person_id, t.analyses.c.key == key)
    connection.execute(t.analyses.delete().where(*mine))
    connection.execute(
        t.analyses.insert().values(
            person_id=person_id,
            key=key,
            sha256=analysis.photo_id,
            method_version=METHOD_VERSION,
            document=documents.dumps(analysis),
        )
    )


def _person(row: Mapping[str, Any]) -> Person:
    return Person(row["id"], row["label"], row["note"], row["created_at"])


def _course(row: Mapping[str, Any]) -> Course:
    return Course(
        row["id"],
        row["person_id"],
        row["title"],
        documents.loads(RegionPlan, row["plan"]),
        documents.loads(tuple[str, ...], row["concerns"]),
        row["created_at"],
    )


def _photo(row: Mapping[str, Any]) -> StoredPhoto:
    return StoredPhoto(
        row["sha256"],
        row["session_id"],
        row["name"],
        row["format"],
        row["n_bytes"],
        row["width"],
        row["height"],
        documents.loads(CaptureFacts, row["facts"]),
        row["added_at"],
    )


def _session_row(session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "course_id": session.course_id,
        "taken_on": session.taken_on,
        "taken_on_source": session.taken_on_source,
        "treatment": None if session.treatment is None else documents.dumps(session.treatment),
        "skin_state": session.skin_state,
        "note": session.note,
        "created_at": session.created_at or now(),
    }


def _session(row: Mapping[str, Any], photos: tuple[StoredPhoto, ...]) -> Session:
    return Session(
        row["id"],
        row["course_id"],
        row["taken_on"],
        row["taken_on_source"],
        None if row["treatment"] is None else documents.loads(Treatment, row["treatment"]),
        row["skin_state"],
        row["note"],
        photos,
        row["created_at"],
    )
