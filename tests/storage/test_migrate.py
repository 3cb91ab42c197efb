"""From one version of the database to the next: whole or not at all, with a copy, never backwards."""

from __future__ import annotations

import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext

from dermatrend.records import LOCAL_ACTOR
from dermatrend.settings import Settings
from dermatrend.storage import database, migrate, migrations
from dermatrend.storage.database import SQLITE_FILE
from dermatrend.storage.errors import StoreTooNew, StoreUnavailable
from dermatrend.storage.schema import metadata
from dermatrend.workflows import Workspace

NEXT = '''
"""A later version."""
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "0099", "{before}", None, None
def upgrade():
    op.create_table("later", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("UPDATE persons SET note = 'migrated'")
    {step}
'''


def use_next_version(monkeypatch: pytest.MonkeyPatch, folder: Path, step: str = "pass") -> None:
    """Go on as the next version of the program, whose migration ends with this step."""
    before = migrate.newest_revision()
    scripts = folder / "migrations"
    shutil.copytree(Path(migrations.__path__[0]), scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / "0099_later.py").write_text(NEXT.format(before=before, step=step))

    def config() -> Config:
        made = Config()
        made.set_main_option("script_location", str(scripts))
        return made

    monkeypatch.setattr(migrate, "_config", config)


def tables(workspace: Workspace) -> set[str]:
    return set(sa.inspect(workspace.repository.engine).get_table_names())


def test_the_migrations_end_at_the_tables_that_the_code_uses(workspace: Workspace) -> None:
    with workspace.repository.engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), metadata)
    assert found == []


def test_an_old_database_is_migrated_and_an_sqlite_file_copied_before(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Workspace.open(settings) as workspace:
        person = workspace.repository.add_person(LOCAL_ACTOR, "A", "as written")
    use_next_version(monkeypatch, tmp_path)
    with Workspace.open(settings) as workspace:
        assert workspace.repository.person(LOCAL_ACTOR, person.id).note == "migrated"
        assert "later" in tables(workspace)
    copies = list((settings.data_dir / migrate.BACKUP_FOLDER).glob("*.sqlite3"))
    if settings.database_url is None:
        (copy,) = copies
        connection = sqlite3.connect(copy)
        assert connection.execute("SELECT note FROM persons").fetchall() == [("as written",)]
        connection.close()
        assert copy.stat().st_mode & 0o777 == 0o400
    else:
        assert copies == []
    with Workspace.open(settings) as workspace:  # once is enough
        assert len(list((settings.data_dir / migrate.BACKUP_FOLDER).glob("*.sqlite3"))) == len(copies)


def test_a_migration_that_fails_leaves_the_old_version(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Workspace.open(settings) as workspace:
        person = workspace.repository.add_person(LOCAL_ACTOR, "A", "as written")
    with monkeypatch.context() as later:
        use_next_version(later, tmp_path, step="raise RuntimeError('power lost')")
        with pytest.raises(RuntimeError, match="power lost"):
            Workspace.open(settings)
    with Workspace.open(settings) as workspace:
        assert workspace.repository.person(LOCAL_ACTOR, person.id).note == "as written"
        assert "later" not in tables(workspace)


def test_a_newer_database_is_refused_and_left_alone(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as later:
        use_next_version(later, tmp_path)
        Workspace.open(settings).close()
    before = (settings.data_dir / SQLITE_FILE).read_bytes() if settings.database_url is None else b""
    with pytest.raises(StoreTooNew) as caught:
        Workspace.open(settings)
    assert "made by a newer version" in str(caught.value)
    assert caught.value.got == "version 0099"
    assert caught.value.advice
    if before:
        assert (settings.data_dir / SQLITE_FILE).read_bytes() == before


def test_photos_and_courses_of_before_colour_cards_have_none(settings: Settings) -> None:
    settings.data_dir.mkdir()
    url = (
        database.parse_url(settings.database_url)
        if settings.database_url
        else database.sqlite_url(settings.data_dir)
    )
    engine = database.make_engine(url)
    config = migrate._config()
    with database.writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        for statement in (
            "INSERT INTO persons VALUES ('p', 'local', 'A', '', NULL, '')",
            "INSERT INTO courses VALUES ('c', 'p', 'Arm', '{}', '[]', NULL, '')",
            "INSERT INTO sessions VALUES ('s', 'p', 'c', '2026-01-10', 'user', NULL, NULL, '', '')",
            "INSERT INTO photos VALUES ('s', 'f', 'c', 'p', 0, 'a.png', 'PNG', 1, 40, 30, '{}', '')",
        ):
            connection.exec_driver_sql(statement)
    engine.dispose()
    with Workspace.open(settings) as workspace:
        repository = workspace.repository
        assert not repository.course(LOCAL_ACTOR, "c").with_card
        assert repository.photo(LOCAL_ACTOR, "f")[1].card_corners is None
        corners = ((0.5, 1.25), (30.0, 1.0), (30.0, 20.1), (0.5, 20.0))
        repository.put_card_corners(LOCAL_ACTOR, "c", "f", corners)
        assert repository.photo(LOCAL_ACTOR, "f")[1].card_corners == corners


def test_several_processes_opening_a_new_store_make_it_once(settings: Settings) -> None:
    with ThreadPoolExecutor(4) as threads:
        opened = list(threads.map(lambda _: Workspace.open(settings), range(4)))
    assert len({workspace.repository.store_id() for workspace in opened}) == 1
    assert not any(workspace.read_only for workspace in opened)
    for workspace in opened:
        workspace.close()


def test_reading_only_changes_nothing_and_makes_nothing(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "none")
    with pytest.raises(StoreUnavailable, match="There is no store"):
        Workspace.open(settings, read_only=True)
    assert not settings.data_dir.exists()


def test_reading_only_refuses_to_write(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Workspace.open(settings) as workspace:
        person = workspace.repository.add_person(LOCAL_ACTOR, "A")
    with Workspace.open(settings, read_only=True) as workspace:
        assert workspace.repository.people(LOCAL_ACTOR) == [person]
        with pytest.raises(sa.exc.DBAPIError):
            workspace.repository.add_person(LOCAL_ACTOR, "B")
    use_next_version(monkeypatch, tmp_path)
    with pytest.raises(StoreUnavailable, match="reading only"):
        Workspace.open(settings, read_only=True)


def test_sqlite_runs_with_the_promised_settings(tmp_path: Path) -> None:
    with (
        Workspace.open(Settings(data_dir=tmp_path)) as workspace,
        workspace.repository.engine.connect() as connection,
    ):
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}


def test_an_error_of_the_database_does_not_carry_the_values(workspace: Workspace) -> None:
    workspace.repository.add_person(LOCAL_ACTOR, "Uniquename", origin="sample")
    with pytest.raises(sa.exc.IntegrityError) as caught:
        workspace.repository.add_person(LOCAL_ACTOR, "Uniquename", origin="sample")
    assert "Uniquename" not in str(caught.value)
