"""The database behind methods, always within what the actor may see.

Every method that serves a person takes the actor, and every query ends where that actor's reach ends
(`scope.reach`): an id of another clinic, or of another person where the actor is a person, is not found.
A method that writes is one transaction.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from dermatrend.storage import database
from dermatrend.storage import schema as t
from dermatrend.storage.people import People
from dermatrend.storage.results import Results
from dermatrend.storage.scope import new_id, now
from dermatrend.storage.sessions import Sessions
from dermatrend.storage.studies import Studies


class Repository(People, Sessions, Results, Studies):
    """All parts together, on one engine."""

    def store_id(self) -> str | None:
        """The id of this store; None where it is new."""
        return next((row["id"] for row in self._rows(sa.select(t.store.c.id))), None)

    def put_store_id(self, make_folder: Callable[[str], None]) -> str:
        """The id of this store, made now where it has none, after the folder that carries it too."""
        with database.writing(self.engine) as connection:
            database.alone(connection)
            known = connection.execute(sa.select(t.store.c.id)).scalar()
            if known is not None:
                return str(known)
            made = new_id()
            make_folder(made)
            connection.execute(t.store.insert().values(id=made, created_at=now()))
            return made
