"""Repeatability studies: their rows, the rows of their shots, and what was found in them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from analysis.repeatability import Repeatability
from dermatrend.records import Actor, RepeatStudy, StoredPhoto
from dermatrend.storage import database, documents
from dermatrend.storage import schema as t
from dermatrend.storage.errors import AlreadyStored, NotFound
from dermatrend.storage.scope import Scoped, lock_course, now, reach
from dermatrend.storage.sessions import photo_of_row, photo_row


class Studies(Scoped):
    """The part of the repository that knows repeat shots."""

    def studies(self, actor: Actor, course_id: str) -> list[RepeatStudy]:
        """The studies of a course with their shots, by date."""
        self._one(actor, t.courses, "course", t.courses.c.id == course_id)
        return self._studies(actor, t.studies.c.course_id == course_id)

    def study(self, actor: Actor, study_id: str) -> RepeatStudy:
        """One study; NotFound where there is none within reach."""
        found = self._studies(actor, t.studies.c.id == study_id)
        if not found:
            raise NotFound.of("repeatability study")
        return found[0]

    def add_study(self, actor: Actor, study: RepeatStudy, key: str, result: Repeatability) -> None:
        """Store a study with its shots and its result: all or nothing.

        Raises:
            AlreadyStored: a shot is in a session of the course, or in another study of it.
        """
        with database.writing(self.engine) as connection:
            person_id = lock_course(connection, actor, study.course_id)
            shots = [photo.id for photo in study.photos]
            for table, where in ((t.photos, "a session"), (t.study_photos, "a repeatability study")):
                taken = sa.select(table.c.sha256).where(
                    table.c.course_id == study.course_id, table.c.sha256.in_(shots)
                )
                if connection.execute(taken).first() is not None:
                    raise _already_stored(where)
            whose = {"person_id": person_id, "course_id": study.course_id}
            connection.execute(
                t.studies.insert().values(
                    id=study.id,
                    taken_on=study.taken_on,
                    taken_on_source=study.taken_on_source,
                    created_at=study.created_at or now(),
                    **whose,
                )
            )
            for position, photo in enumerate(study.photos):
                values: dict[str, Any] = {"study_id": study.id, "position": position, **whose}
                connection.execute(t.study_photos.insert().values(**values, **photo_row(photo)))
            _write_result(connection, person_id, study.id, key, result)

    def study_result(self, actor: Actor, study_id: str, key: str) -> Repeatability | None:
        """What was found in a study under this key, if it was measured so."""
        query = sa.select(t.study_results.c.document).where(
            t.study_results.c.person_id.in_(reach(actor)),
            t.study_results.c.study_id == study_id,
            t.study_results.c.key == key,
        )
        text = next((row["document"] for row in self._rows(query)), None)
        try:
            return None if text is None else documents.loads(Repeatability, text)
        except (TypeError, ValueError):
            return None  # another version wrote it with other fields: it is measured again

    def put_study_result(self, actor: Actor, study_id: str, key: str, result: Repeatability) -> None:
        """Keep what was found in a study; what was found under another key goes."""
        row = self._one(actor, t.studies, "repeatability study", t.studies.c.id == study_id)
        with database.writing(self.engine) as connection:
            connection.execute(t.study_results.delete().where(t.study_results.c.study_id == study_id))
            _write_result(connection, row["person_id"], study_id, key, result)

    def remove_study(self, actor: Actor, study_id: str) -> None:
        """Remove a study and the rows of its shots; the files are the caller's to remove."""
        with database.writing(self.engine) as connection:
            gone = connection.execute(
                t.studies.delete().where(t.studies.c.id == study_id, t.studies.c.person_id.in_(reach(actor)))
            )
        if gone.rowcount != 1:
            raise NotFound.of("repeatability study")

    def _studies(self, actor: Actor, condition: sa.ColumnElement[bool]) -> list[RepeatStudy]:
        mine = (condition, t.studies.c.person_id.in_(reach(actor)))
        query = sa.select(t.studies).where(*mine)
        shots = (
            sa.select(t.study_photos)
            .where(t.study_photos.c.study_id.in_(sa.select(t.studies.c.id).where(*mine)))
            .order_by(t.study_photos.c.position)
        )
        with database.reading(self.engine) as connection:
            by_study: dict[str, list[StoredPhoto]] = {}
            for row in connection.execute(shots).mappings():
                by_study.setdefault(row["study_id"], []).append(photo_of_row(row, row["study_id"]))
            ordered = query.order_by(t.studies.c.taken_on, t.studies.c.created_at, t.studies.c.id)
            return [
                RepeatStudy(
                    row["id"],
                    row["course_id"],
                    row["taken_on"],
                    row["taken_on_source"],
                    tuple(by_study.get(row["id"], ())),
                    row["created_at"],
                )
                for row in connection.execute(ordered).mappings()
            ]


def _write_result(
    connection: sa.Connection, person_id: str, study_id: str, key: str, result: Repeatability
) -> None:
    connection.execute(
        t.study_results.insert().values(
            study_id=study_id,
            key=key,
            person_id=person_id,
            method_version=result.method_version,
            document=documents.dumps(result),
        )
    )


def _already_stored(where: str) -> AlreadyStored:
    return AlreadyStored(
        f"One of these shots is already in {where} of this course",
        expected="repeat shots of their own",
        got="a file that would count twice",
        advice="Leave it out: several shots of a session enter its band by themselves",
    )
