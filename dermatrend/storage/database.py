"""Opening the database: SQLite in a local folder, or PostgreSQL by its address.

SQLite runs with a write-ahead log, full synchronisation and foreign keys on, and overwrites what it deletes.
Its folder must be on a local disk: network drives break its locks. Transactions that write take their lock
at the start, so that two processes wait for each other instead of failing halfway.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

WAIT_FOR_LOCK_S = 30
SQLITE_FILE = "dermatrend.sqlite3"
_SET_UP = 0x6465726D  # any fixed number: the name of PostgreSQL's advisory lock


def sqlite_url(data_dir: Path) -> sa.URL:
    """The address of the database that lives beside the photos."""
    return sa.URL.create("sqlite", database=str(data_dir / SQLITE_FILE))


def parse_url(text: str) -> sa.URL:
    """The address a setting names; `postgresql://` is read as psycopg, the driver that is shipped."""
    url = sa.make_url(text)
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgresql", "postgres") else url


def make_engine(url: sa.URL, *, read_only: bool = False) -> sa.Engine:
    """An engine whose connections are set up as the module says. Nothing is opened yet."""
    # hide_parameters: an error text must not carry the name of a person into a log.
    if url.get_backend_name() != "sqlite":
        engine = sa.create_engine(url, hide_parameters=True, pool_pre_ping=True)
        if read_only:
            engine = engine.execution_options(postgresql_readonly=True)
        return engine
    engine = sa.create_engine(url, hide_parameters=True, connect_args={"timeout": WAIT_FOR_LOCK_S})

    @sa.event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _record: Any) -> None:
        # The driver's own idea of when a transaction begins would commit before every schema change.
        connection.isolation_level = None
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "secure_delete = ON",
            f"query_only = {'ON' if read_only else 'OFF'}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that reads one consistent state."""
    with engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that is in fully or not at all."""
    with engine.connect() as connection:
        connection = connection.execution_options(writes=True)
        with connection.begin():
            yield connection


def alone(connection: sa.Connection) -> None:
    """Inside a writing transaction: wait until no other process sets up the same database."""
    if connection.dialect.name == "postgresql":  # on SQLite every writing transaction is alone
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_SET_UP)))


def forget_deleted(engine: sa.Engine) -> None:
    """Empty SQLite's write-ahead log into the file, so that no copy of deleted rows stays behind in it."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            # Past SQLAlchemy, which would open a transaction: there is no checkpoint inside one.
            raw: Any = connection.connection.driver_connection
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
