"""A PostgreSQL server for the tests: made in a temporary folder, reached by a socket, thrown away."""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import sqlalchemy as sa


def find_binaries() -> Path | None:
    """The folder with initdb and pg_ctl, if this machine has one."""
    folders = [os.path.dirname(shutil.which("initdb") or "")]
    if config := shutil.which("pg_config"):
        asked = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)
        folders.append(asked.stdout.strip())
    folders += sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)
    return next(
        (Path(f) for f in folders if f and all((Path(f) / p).exists() for p in ("initdb", "pg_ctl"))), None
    )


class Cluster:
    """A running server; `stop` it."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        # Not in pytest's folder: the server's user may not look into it, and socket paths are short.
        self._folder = Path(tempfile.mkdtemp(prefix="dermatrend-pg-"))
        self._url = f"postgresql+psycopg://postgres@/postgres?host={self._folder}"
        user: list[str] = []
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            account = pwd.getpwnam("postgres")
            os.chown(self._folder, account.pw_uid, account.pw_gid)
            user = ["runuser", "-u", "postgres", "--"]
        self._user = user
        data = str(self._folder / "data")
        self._call(
            "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"
        )
        options = f"-c listen_addresses='' -c unix_socket_directories='{self._folder}' -c fsync=off"
        self._call(
            "pg_ctl", "-D", data, "-w", "-t", "60", "-l", str(self._folder / "log"), "-o", options, "start"
        )

    def empty_database(self) -> str:
        """The address of the database, emptied."""
        engine = sa.create_engine(self._url)
        with engine.begin() as connection:
            connection.execute(sa.text("DROP SCHEMA public CASCADE"))
            connection.execute(sa.text("CREATE SCHEMA public"))
        engine.dispose()
        return self._url.replace("+psycopg", "")

    def stop(self) -> None:
        """End the server and remove its folder."""
        self._call("pg_ctl", "-D", str(self._folder / "data"), "-w", "-m", "immediate", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _call(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*self._user, str(self._binaries / program), *arguments],
            # Files, not pipes: the server keeps what it inherits open for as long as it runs.
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            timeout=90,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{program} ended with {done.returncode}")
