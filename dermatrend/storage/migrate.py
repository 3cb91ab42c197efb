"""From one version of the database to the next: forward only, whole or not at all, with a copy before.

The steps are Alembic revisions in `migrations/versions`. They run when the store is opened, in one
transaction that holds the lock, so a crash leaves the old version and two processes do not collide.
"""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from dermatrend.storage.database import alone, writing
from dermatrend.storage.errors import StoreTooNew, StoreUnavailable

BACKUP_FOLDER = "backups"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "dermatrend.storage:migrations")
    return config


def newest_revision() -> str:
    """The version of the database that this program makes."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def current_revision(connection: sa.Connection) -> str | None:
    """The version a database has; None where it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def migrate(engine: sa.Engine, *, backups: Path, allowed: bool = True) -> str | None:
    """Bring the database to the newest version.

    Args:
        engine: the database.
        backups: folder for the copy that is made before an existing SQLite file is changed.
        allowed: False in read-only mode, where an old database is refused instead of changed.

    Returns:
        The version the database had before, None where it was empty.

    Raises:
        StoreTooNew: the database was made by a newer version of this program.
        StoreUnavailable: read-only, and the database is old or not there.
    """
    newest = newest_revision()
    with engine.connect() as connection:
        before = current_revision(connection)
    _refuse_newer(before)
    if before == newest:
        return before
    if not allowed:
        raise StoreUnavailable(
            "The database cannot be opened for reading only",
            expected=f"version {newest}",
            got=f"version {before}" if before else "no database",
            advice="Open it once with writing allowed: it is brought up to date then",
        )
    with writing(engine) as connection:
        alone(connection)
        # Another process may have done the work while this one waited for the lock.
        before = current_revision(connection)
        _refuse_newer(before)
        if before == newest:
            return before
        if before is not None and engine.dialect.name == "sqlite":
            _copy_sqlite(Path(str(engine.url.database)), backups, before)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return before


def _refuse_newer(revision: str | None) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if revision is not None and revision not in known:
        raise StoreTooNew(
            "The database was made by a newer version of this program",
            expected=f"version {newest_revision()} or older",
            got=f"version {clean(revision)}",
            advice="Update the program, or open the copy that was made before the newer version changed it",
        )


def clean(revision: str) -> str:
    """A version as it may be printed: it comes out of a file."""
    return "".join(char for char in revision if char.isalnum() or char in "-_")[:40]


def _copy_sqlite(source: Path, folder: Path, revision: str) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S%fZ")
    target = folder / f"dermatrend-{revision}-{stamp}.sqlite3"
    partial = target.with_suffix(".part")
    # The backup interface reads a consistent state, what is still in the write-ahead log included.
    reader, writer = sqlite3.connect(source), sqlite3.connect(partial)
    try:
        reader.backup(writer)
    finally:
        writer.close()
        reader.close()
    with partial.open("rb+") as stream:
        os.fsync(stream.fileno())
    partial.chmod(0o400)
    partial.replace(target)
    return target
