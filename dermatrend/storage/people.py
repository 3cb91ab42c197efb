"""People and courses in the database, and what remains of someone who was erased."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa

from analysis.records import RegionPlan
from dermatrend.records import Actor, Course, Person
from dermatrend.storage import database, documents
from dermatrend.storage import schema as t
from dermatrend.storage.errors import NotFound
from dermatrend.storage.scope import Scoped, new_id, now, reach

_COUNTED = (
    t.courses,
    t.sessions,
    t.photos,
    t.analyses,
    t.comparisons,
    t.pictures,
    t.studies,
    t.study_photos,
    t.study_results,
)


class People(Scoped):
    """The part of the repository that knows people and their courses."""

    def add_person(self, actor: Actor, label: str, note: str = "", origin: str | None = None) -> Person:
        """Add someone to the actor's clinic. `origin` marks the sample person, who is there once."""
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
        """Everyone within reach, by label."""
        query = sa.select(t.persons).where(t.persons.c.id.in_(reach(actor)))
        found = [_person(row) for row in self._rows(query)]
        # Sorted here: databases do not agree on the order of letters.
        return sorted(found, key=lambda person: (person.label.casefold(), person.created_at))

    def person(self, actor: Actor, person_id: str) -> Person:
        """One person; NotFound where there is none within reach."""
        return _person(self._one(actor, t.persons, "person", t.persons.c.id == person_id))

    def person_of_origin(self, actor: Actor, origin: str) -> Person | None:
        """The person with this mark, if there is one."""
        query = sa.select(t.persons).where(t.persons.c.id.in_(reach(actor)), t.persons.c.origin == origin)
        return next((_person(row) for row in self._rows(query)), None)

    def change_person(self, actor: Actor, person_id: str, *, label: str, note: str) -> Person:
        """Change what is known of a person."""
        self._change(actor, t.persons, "person", person_id, {"label": label, "note": note})
        return self.person(actor, person_id)

    def add_course(self, actor: Actor, course: Course, origin: str | None = None) -> Course:
        """Add a course; its id and moment are given here."""
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
                    with_card=course.with_card,
                )
            )
        return course

    def courses(self, actor: Actor, person_id: str) -> list[Course]:
        """The courses of a person, the oldest first."""
        self.person(actor, person_id)
        query = (
            sa.select(t.courses)
            .where(t.courses.c.person_id.in_(reach(actor)), t.courses.c.person_id == person_id)
            .order_by(t.courses.c.created_at, t.courses.c.id)
        )
        return [_course(row) for row in self._rows(query)]

    def course(self, actor: Actor, course_id: str) -> Course:
        """One course; NotFound where there is none within reach."""
        return _course(self._one(actor, t.courses, "course", t.courses.c.id == course_id))

    def course_of_origin(self, actor: Actor, person_id: str, origin: str) -> Course | None:
        """The course of a person with this mark, if there is one."""
        mine = t.courses.c.person_id.in_(reach(actor))
        query = sa.select(t.courses).where(
            mine, t.courses.c.person_id == person_id, t.courses.c.origin == origin
        )
        return next((_course(row) for row in self._rows(query)), None)

    def change_course(
        self, actor: Actor, course_id: str, *, title: str, plan: RegionPlan, concerns: Sequence[str]
    ) -> Course:
        """Change a course. Results are kept under a key that holds the plan, so none becomes wrong."""
        values = {
            "title": title,
            "plan": documents.dumps(plan),
            "concerns": documents.dumps(tuple(concerns)),
        }
        self._change(actor, t.courses, "course", course_id, values)
        return self.course(actor, course_id)

    def remember_card(self, actor: Actor, course_id: str, with_card: bool) -> Course:
        """Note whether a colour card is in the photos that are added to a course."""
        self._change(actor, t.courses, "course", course_id, {"with_card": with_card})
        return self.course(actor, course_id)

    def counts(self, actor: Actor, person_id: str) -> dict[str, int]:
        """How many rows a person has, by kind."""
        self.person(actor, person_id)
        with database.reading(self.engine) as connection:
            return _counts(connection, person_id)

    def erase_person(self, actor: Actor, person_id: str) -> dict[str, int]:
        """Remove every row of a person and leave a tombstone, at once; the files are the caller's to remove.

        Returns:
            How many rows went, by kind.
        """
        with database.writing(self.engine) as connection:
            counts = _counts(connection, person_id)
            gone = connection.execute(
                t.persons.delete().where(t.persons.c.id == person_id, t.persons.c.id.in_(reach(actor)))
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
        return [row["person_id"] for row in self._rows(query)]

    def erased_people(self) -> set[str]:
        """The ids of everyone who was erased: nothing may lie under them."""
        return {row["person_id"] for row in self._rows(sa.select(t.tombstones.c.person_id))}

    def finish_erasure(self, person_id: str) -> None:
        """Note that the files are gone too."""
        with database.writing(self.engine) as connection:
            connection.execute(
                t.tombstones.update().where(t.tombstones.c.person_id == person_id).values(files_gone=True)
            )


def _counts(connection: sa.Connection, person_id: str) -> dict[str, int]:
    return {
        table.name: connection.execute(
            sa.select(sa.func.count()).select_from(table).where(table.c.person_id == person_id)
        ).scalar_one()
        for table in _COUNTED
    }


def _person(row: sa.RowMapping) -> Person:
    return Person(row["id"], row["label"], row["note"], row["created_at"])


def _course(row: sa.RowMapping) -> Course:
    return Course(
        row["id"],
        row["person_id"],
        row["title"],
        documents.loads(RegionPlan, row["plan"]),
        tuple(documents.loads(tuple[str, ...], row["concerns"])),
        row["created_at"],
        row["with_card"],
    )
