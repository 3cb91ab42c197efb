"""`dermatrend erase` on a real store."""

from __future__ import annotations

import io
import json
import sys

import pytest

from dermatrend import cli
from dermatrend.records import Person
from dermatrend.settings import Settings
from dermatrend.workflows import LOCAL_ACTOR, Workspace, create_course, create_person, people


@pytest.fixture
def stored(settings: Settings) -> tuple[Settings, Person]:
    """A store of two people, and the first of them."""
    with Workspace.open(settings) as workspace:
        first = create_person(workspace, LOCAL_ACTOR, "Ada Example")
        create_course(workspace, LOCAL_ACTOR, first.id, "Cheeks")
        create_person(workspace, LOCAL_ACTOR, "Ben Example")
    return settings, first


def left(settings: Settings) -> list[str]:
    with Workspace.open(settings) as workspace:
        return sorted(person.label for person in people(workspace, LOCAL_ACTOR))


def test_a_dry_run_changes_nothing(
    stored: tuple[Settings, Person], capsys: pytest.CaptureFixture[str]
) -> None:
    settings, person = stored
    assert cli.run(["erase", person.id, "--dry-run"]) == 0
    assert "Would be erased:" in capsys.readouterr().out
    assert left(settings) == ["Ada Example", "Ben Example"]


def test_erased_by_name_with_yes(stored: tuple[Settings, Person], capsys: pytest.CaptureFixture[str]) -> None:
    settings, _ = stored
    assert cli.run(["erase", "Ada Example", "--yes", "--json"]) == 0
    assert isinstance(json.loads(capsys.readouterr().out), dict)
    assert left(settings) == ["Ben Example"]


def test_without_a_terminal_nothing_is_asked_and_nothing_erased(
    stored: tuple[Settings, Person], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, person = stored
    monkeypatch.setattr(sys, "stdin", io.StringIO("Ada Example\n"))
    assert cli.run(["erase", person.id]) == 2
    assert "--yes" in capsys.readouterr().err
    assert len(left(settings)) == 2


@pytest.mark.parametrize(("typed", "code", "remain"), [("Ada Example\n", 0, 1), ("no\n", 2, 2)])
def test_on_a_terminal_the_name_is_asked_for(
    stored: tuple[Settings, Person], monkeypatch: pytest.MonkeyPatch, typed: str, code: int, remain: int
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    settings, person = stored
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    assert cli.run(["erase", person.id]) == code
    assert len(left(settings)) == remain


def test_nobody_and_two_of_one_name(
    stored: tuple[Settings, Person], capsys: pytest.CaptureFixture[str]
) -> None:
    settings, _ = stored
    assert cli.run(["erase", "Nobody", "--yes"]) == 2
    with Workspace.open(settings) as workspace:
        create_person(workspace, LOCAL_ACTOR, "Ada Example")
    assert cli.run(["erase", "Ada Example", "--yes"]) == 2
    assert "Several people have that name" in capsys.readouterr().err
    assert len(left(settings)) == 3
