"""What an actor may reach in the database, decided in one place, and the queries that ask it."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from dermatrend.records import Actor
from dermatrend.storage import database
from dermatrend.storage.errors import NotFound
from dermatrend.storage.schema import courses, persons


def new_id() -> str:
    """A random id: 128 bits as hex. It says nothing about what it names."""
    return secrets.token_hex(16)


def now() -> str:
    """This moment in UTC, to the microsecond, so that it also orders what was made in a row."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")


def reach(actor: Actor) -> sa.Select[tuple[str]]:
    """The ids of the people this actor may see, as a subquery for every other query."""
    mine = sa.select(persons.c.id).where(persons.c.clinic_id == actor.clinic_id)
    return mine.where(persons.c.id == actor.person_id) if actor.role == "person" else mine


def lock_course(connection: sa.Connection, actor: Actor, course_id: str) -> str:
    """Lock a course until the transaction ends: two who add the same photo at once wait for each other.

    Returns:
        The id of the course's person.

    Raises:
        NotFound: there is no such course within reach.
    """
    course = (
        sa.select(courses.c.person_id)
        .where(courses.c.id == course_id, courses.c.person_id.in_(reach(actor)))
        .with_for_update()
    )
    person_id = connection.execute(course).scalar()
    if person_id is None:
        raise NotFound.of("course")
    return str(person_id)


class Scoped:
    """Queries that end where the actor's reach ends. Safe to share between threads.

    Args:
        engine: from `dermatrend.storage.database.make_engine`, already migrated.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    def _rows(self, query: sa.Select[Any]) -> list[sa.RowMapping]:
        with database.reading(self.engine) as connection:
            return list(connection.execute(query).mappings())

    def _one(
        self, actor: Actor, table: sa.Table, what: str, *conditions: sa.ColumnElement[bool]
    ) -> sa.RowMapping:
        """The first row that fits and that the actor may see.

        Raises:
            NotFound: there is none.
        """
        found = self._rows(sa.select(table).where(_whose(table).in_(reach(actor)), *conditions).limit(1))
        if not found:
            raise NotFound.of(what)
        return found[0]

    def _change(
        self, actor: Actor, table: sa.Table, what: str, row_id: str, values: Mapping[str, Any]
    ) -> None:
        with database.writing(self.engine) as connection:
            changed = connection.execute(
                table.update().where(table.c.id == row_id, _whose(table).in_(reach(actor))).values(**values)
            )
        if changed.rowcount != 1:
            raise NotFound.of(what)


def _whose(table: sa.Table) -> sa.Column[str]:
    return table.c.id if table is persons else table.c.person_id
