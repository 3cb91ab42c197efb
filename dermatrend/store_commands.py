"""Commands on the store: for now, erasing a person."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from analysis.records import as_json
from dermatrend.console import UsageProblem, say, write, write_json

if TYPE_CHECKING:
    from dermatrend.records import Person
    from dermatrend.settings import Settings


def _find(people: list[Person], wanted: str) -> Person:
    """The person with this id, or the only one with this name.

    Raises:
        UsageProblem: nobody, or several people of that name.
    """
    found = [person for person in people if person.id == wanted]
    found = found or [person for person in people if person.label == wanted]
    if len(found) == 1:
        return found[0]
    raise UsageProblem(
        "That person was not found" if not found else "Several people have that name",
        expected="the id or the exact name of one person",
        got=f"{len(found)} matches among {len(people)} people",
        advice="Look the id up in the app"
        if not found
        else "Use one of the ids: " + ", ".join(p.id for p in found),
    )


def _confirm(person: Person) -> None:
    if not sys.stdin.isatty():
        raise UsageProblem(
            "Erasing was not confirmed",
            expected="--yes, or --dry-run to see what would go",
            got="no terminal to ask on",
            advice="Add --yes if you are sure: there is no way back",
        )
    say(f"This erases every photo and measurement of {person.label}. There is no way back.")
    sys.stderr.write("Type the name to go on: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip() != person.label:
        raise UsageProblem("Nothing was erased", expected="the name of the person", got="something else")


def erase(settings: Settings, wanted: str, *, dry_run: bool, yes: bool, as_json_wanted: bool) -> None:
    """Erase a person, after asking; with `dry_run`, only count what would go."""
    from dermatrend.workflows import LOCAL_ACTOR, Workspace, erase_person, people

    with Workspace.open(settings) as workspace:
        person = _find(people(workspace, LOCAL_ACTOR), wanted)
        if not dry_run and not yes:
            _confirm(person)
        receipt = as_json(erase_person(workspace, LOCAL_ACTOR, person.id, dry_run=dry_run))
    if as_json_wanted:
        write_json(receipt)
        return
    write("Would be erased:" if dry_run else "Erased:")
    for name, value in receipt.items():
        write(f"  {name.replace('_', ' ')}: {value}")
