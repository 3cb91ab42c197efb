"""The store on both databases, in throwaway places."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dermatrend.settings import Settings
from dermatrend.workflows import Workspace
from tests.conftest import skip_or_fail
from tests.storage.postgres import Cluster, find_binaries


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    binaries = find_binaries()
    if binaries is None:
        skip_or_fail(
            "no PostgreSQL programs (initdb, pg_ctl) on this machine; `make test` installs them on Debian"
        )
    made = Cluster(binaries)
    yield made
    made.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    url = None if request.param == "sqlite" else request.getfixturevalue("cluster").empty_database()
    return Settings(data_dir=tmp_path / "data", database_url=url)


@pytest.fixture
def workspace(settings: Settings) -> Iterator[Workspace]:
    with Workspace.open(settings) as opened:
        yield opened
