"""Analyses, comparisons and their pictures: each kept under a key of everything it was made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa

from analysis.records import METHOD_VERSION, PhotoAnalysis, SessionComparison
from dermatrend.records import Actor
from dermatrend.storage import database, documents
from dermatrend.storage import schema as t
from dermatrend.storage.scope import Scoped, now, reach

if TYPE_CHECKING:
    from dermatrend.pictures import ColourBar

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """An aligned crop or a map: its file is fetched by the id, this describes it."""

    id: str
    name: str
    media_type: str
    width: int
    height: int
    colour_bar: ColourBar | None = None


class Results(Scoped):
    """The part of the repository that knows what was measured."""

    def analysis(self, actor: Actor, person_id: str, key: str) -> PhotoAnalysis | None:
        """The analysis of a photo under this key, if it was made."""
        return _read(PhotoAnalysis, self._document(actor, t.analyses, person_id, key))

    def put_analysis(self, actor: Actor, person_id: str, key: str, analysis: PhotoAnalysis) -> None:
        """Keep the analysis of a photo."""
        self._one(actor, t.persons, "person", t.persons.c.id == person_id)
        with database.writing(self.engine) as connection:
            write_analysis(connection, person_id, key, analysis)

    def comparison(self, actor: Actor, person_id: str, key: str) -> SessionComparison | None:
        """The comparison under this key, if it was made. Its views are never kept."""
        return _read(SessionComparison, self._document(actor, t.comparisons, person_id, key))

    def put_comparison(
        self,
        actor: Actor,
        person_id: str,
        key: str,
        comparison: SessionComparison,
        pictures: Sequence[StoredPicture],
    ) -> None:
        """Keep a comparison and the list of its pictures; made again, it replaces what was there."""
        self._one(actor, t.persons, "person", t.persons.c.id == person_id)
        old = (t.comparisons.c.person_id == person_id, t.comparisons.c.key == key)
        old_pictures = (t.pictures.c.person_id == person_id, t.pictures.c.comparison_key == key)
        with database.writing(self.engine) as connection:
            connection.execute(t.pictures.delete().where(*old_pictures))
            connection.execute(t.comparisons.delete().where(*old))
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
                bar = picture.colour_bar
                connection.execute(
                    t.pictures.insert().values(
                        id=picture.id,
                        person_id=person_id,
                        comparison_key=key,
                        name=picture.name,
                        media_type=picture.media_type,
                        width=picture.width,
                        height=picture.height,
                        colour_bar=None if bar is None else documents.dumps(bar),
                    )
                )

    def pictures(self, actor: Actor, person_id: str, key: str) -> list[StoredPicture]:
        """The pictures of a comparison, by name."""
        query = (
            sa.select(t.pictures)
            .where(
                t.pictures.c.person_id.in_(reach(actor)),
                t.pictures.c.person_id == person_id,
                t.pictures.c.comparison_key == key,
            )
            .order_by(t.pictures.c.name)
        )
        return [_picture(row) for row in self._rows(query)]

    def picture(self, actor: Actor, picture_id: str) -> tuple[str, StoredPicture]:
        """Whose picture it is, and the picture; NotFound where there is none within reach."""
        row = self._one(actor, t.pictures, "picture", t.pictures.c.id == picture_id)
        return row["person_id"], _picture(row)

    def _document(self, actor: Actor, table: sa.Table, person_id: str, key: str) -> str | None:
        query = sa.select(table.c.document).where(
            table.c.person_id.in_(reach(actor)), table.c.person_id == person_id, table.c.key == key
        )
        return next((row["document"] for row in self._rows(query)), None)


def _read(kind: type[Record], text: str | None) -> Record | None:
    """The stored result; None where another version wrote it with other fields, so that it is made again."""
    if text is None:
        return None
    try:
        return documents.loads(kind, text)
    except (TypeError, ValueError):
        return None


def write_analysis(connection: sa.Connection, person_id: str, key: str, analysis: PhotoAnalysis) -> None:
    """Keep an analysis inside a transaction that is under way."""
    connection.execute(
        t.analyses.delete().where(t.analyses.c.person_id == person_id, t.analyses.c.key == key)
    )
    connection.execute(
        t.analyses.insert().values(
            person_id=person_id,
            key=key,
            sha256=analysis.photo_id,
            method_version=METHOD_VERSION,
            document=documents.dumps(analysis),
        )
    )


def _picture(row: sa.RowMapping) -> StoredPicture:
    from dermatrend.pictures import ColourBar

    bar = row["colour_bar"]
    return StoredPicture(
        row["id"],
        row["name"],
        row["media_type"],
        row["width"],
        row["height"],
        None if bar is None else documents.loads(ColourBar, bar),
    )
