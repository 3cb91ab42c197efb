"""Sessions and the rows of their photos."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from analysis.records import CaptureFacts, PhotoAnalysis
from dermatrend.records import Actor, CardCorners, DateSource, Session, SkinState, StoredPhoto, Treatment
from dermatrend.storage import database, documents
from dermatrend.storage import schema as t
from dermatrend.storage.errors import AlreadyStored, NotFound
from dermatrend.storage.results import write_analysis
from dermatrend.storage.scope import Scoped, lock_course, now, reach


class Sessions(Scoped):
    """The part of the repository that knows sessions and photos."""

    def sessions(self, actor: Actor, course_id: str) -> list[Session]:
        """The sessions of a course with their photos, ordered by date: the first is the baseline."""
        self._one(actor, t.courses, "course", t.courses.c.id == course_id)
        return self._sessions(actor, t.sessions.c.course_id == course_id)

    def session(self, actor: Actor, session_id: str) -> Session:
        """One session; NotFound where there is none within reach."""
        found = self._sessions(actor, t.sessions.c.id == session_id)
        if not found:
            raise NotFound.of("session")
        return found[0]

    def add_photo(
        self,
        actor: Actor,
        session: Session,
        photo: StoredPhoto,
        analysis: tuple[str, PhotoAnalysis] | None = None,
    ) -> bool:
        """Store a photo's row, its session where that is new, and its analysis under its key: all or nothing.

        Returns:
            False where the photo was in this session already.

        Raises:
            AlreadyStored: the photo is in another session of the course, or in a study of repeat shots.
        """
        with database.writing(self.engine) as connection:
            person_id = lock_course(connection, actor, session.course_id)
            holder = connection.execute(
                sa.select(t.sessions.c.id, t.sessions.c.taken_on)
                .join(t.photos, t.photos.c.session_id == t.sessions.c.id)
                .where(t.photos.c.course_id == session.course_id, t.photos.c.sha256 == photo.id)
            ).first()
            if holder is not None:
                if holder.id == session.id:
                    return False
                raise _already_stored(holder.taken_on)
            studied = sa.select(t.study_photos.c.sha256).where(
                t.study_photos.c.course_id == session.course_id, t.study_photos.c.sha256 == photo.id
            )
            if connection.execute(studied).first() is not None:
                raise _repeat_shot()
            photos_there = sa.select(sa.func.count()).where(t.photos.c.session_id == session.id)
            position = connection.execute(photos_there).scalar_one()
            if position == 0:
                connection.execute(t.sessions.insert().values(person_id=person_id, **_session_row(session)))
            connection.execute(
                t.photos.insert().values(
                    person_id=person_id,
                    course_id=session.course_id,
                    session_id=session.id,
                    position=position,
                    card_corners=_corners_text(photo.card_corners),
                    **photo_row(photo),
                )
            )
            if analysis is not None:
                write_analysis(connection, person_id, *analysis)
        return True

    def change_session(
        self,
        actor: Actor,
        session_id: str,
        *,
        taken_on: str,
        taken_on_source: DateSource,
        treatment: Treatment | None,
        skin_state: SkinState | None,
        note: str,
    ) -> Session:
        """Change the facts of a session; its photos never change."""
        values = {
            "taken_on": taken_on,
            "taken_on_source": taken_on_source,
            "treatment": None if treatment is None else documents.dumps(treatment),
            "skin_state": skin_state,
            "note": note,
        }
        self._change(actor, t.sessions, "session", session_id, values)
        return self.session(actor, session_id)

    def put_card_corners(
        self, actor: Actor, course_id: str, photo_id: str, corners: CardCorners | None
    ) -> None:
        """Note where the colour card of a photo lies, or with None that it is measured without one."""
        with database.writing(self.engine) as connection:
            found = connection.execute(
                t.photos.update()
                .where(
                    t.photos.c.course_id == course_id,
                    t.photos.c.sha256 == photo_id,
                    t.photos.c.person_id.in_(reach(actor)),
                )
                .values(card_corners=_corners_text(corners))
            )
        if found.rowcount != 1:
            raise NotFound.of("photo")

    def remove_session(self, actor: Actor, session_id: str) -> None:
        """Remove a session and the rows of its photos; the files are the caller's to remove."""
        with database.writing(self.engine) as connection:
            gone = connection.execute(
                t.sessions.delete().where(
                    t.sessions.c.id == session_id, t.sessions.c.person_id.in_(reach(actor))
                )
            )
        if gone.rowcount != 1:
            raise NotFound.of("session")

    def photo(self, actor: Actor, photo_id: str) -> tuple[str, StoredPhoto]:
        """Whose photo it is, and the photo; the same one in two courses is the same bytes."""
        row = self._one(actor, t.photos, "photo", t.photos.c.sha256 == photo_id)
        return row["person_id"], _stored_photo(row)

    def names_photo(self, person_id: str, photo_id: str) -> bool:
        """Whether any row names this original: the store's own housekeeping, so no actor asks."""
        return any(
            self._rows(
                sa.select(table.c.sha256).where(table.c.person_id == person_id, table.c.sha256 == photo_id)
            )
            for table in (t.photos, t.study_photos)
        )

    def named_originals(self) -> set[tuple[str, str]]:
        """(person id, photo id) of every original that the database names, for checking the store."""
        named = (sa.select(table.c.person_id, table.c.sha256) for table in (t.photos, t.study_photos))
        return {(row["person_id"], row["sha256"]) for query in named for row in self._rows(query.distinct())}

    def _sessions(self, actor: Actor, condition: sa.ColumnElement[bool]) -> list[Session]:
        mine = (condition, t.sessions.c.person_id.in_(reach(actor)))
        query = sa.select(t.sessions).where(*mine)
        photos = (
            sa.select(t.photos)
            .where(t.photos.c.session_id.in_(sa.select(t.sessions.c.id).where(*mine)))
            .order_by(t.photos.c.position)
        )
        with database.reading(self.engine) as connection:
            rows = connection.execute(
                query.order_by(t.sessions.c.taken_on, t.sessions.c.created_at, t.sessions.c.id)
            ).mappings()
            by_session: dict[str, list[StoredPhoto]] = {}
            for row in connection.execute(photos).mappings():
                by_session.setdefault(row["session_id"], []).append(_stored_photo(row))
            return [_session(row, tuple(by_session.get(row["id"], ()))) for row in rows]


def _already_stored(taken_on: str) -> AlreadyStored:
    return AlreadyStored(
        "This photo is already in another session of this course",
        expected="a photo that stands for one day only",
        got=f"the same file in the session of {taken_on}",
        advice="Leave it out here, or correct the date of that session",
    )


def _repeat_shot() -> AlreadyStored:
    return AlreadyStored(
        "This photo is already in a repeatability study of this course",
        expected="a photo that counts once",
        got="the same file among the repeat shots",
        advice="Leave it out here, or remove the study first",
    )


def photo_row(photo: StoredPhoto) -> dict[str, Any]:
    """What a photo's own columns hold, in a session and in a study alike."""
    return {
        "sha256": photo.id,
        "name": photo.name,
        "format": photo.format,
        "n_bytes": photo.n_bytes,
        "width": photo.width,
        "height": photo.height,
        "facts": documents.dumps(photo.facts),
        "added_at": photo.added_at or now(),
    }


def photo_of_row(row: sa.RowMapping, owner: str) -> StoredPhoto:
    """A photo from the row of a session or of a study, whose id `owner` is."""
    return StoredPhoto(
        row["sha256"],
        owner,
        row["name"],
        row["format"],
        row["n_bytes"],
        row["width"],
        row["height"],
        documents.loads(CaptureFacts, row["facts"]),
        row["added_at"],
    )


def _corners_text(corners: CardCorners | None) -> str | None:
    return None if corners is None else documents.dumps(corners)


def _stored_photo(row: sa.RowMapping) -> StoredPhoto:
    """A photo of a session; shots of a study know no card."""
    text = row["card_corners"]
    corners = None if text is None else documents.loads(CardCorners, text)
    return replace(photo_of_row(row, row["session_id"]), card_corners=corners)


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


def _session(row: sa.RowMapping, photos: tuple[StoredPhoto, ...]) -> Session:
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
