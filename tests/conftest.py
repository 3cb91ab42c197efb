"""Fixtures that every test may use: the real photos, the browser, a settings object in a throwaway folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from tests.browser import find_browser

if TYPE_CHECKING:
    from dermatrend.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
SLOW_FIRST = ("e2e", "ui", "storage", "test_samples")
"""Folders and files that take longest. They start first, so that the other core is never left waiting."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        parts = {*item.path.parts, item.path.stem}
        return next((i for i, name in enumerate(SLOW_FIRST) if name in parts), len(SLOW_FIRST))

    items.sort(key=rank)


def skip_or_fail(reason: str) -> NoReturn:
    """Skip with the reason; under CI=true, where everything must be there, fail instead."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI=true and nothing may be skipped: {reason}")
    pytest.skip(reason)


def photos_folder() -> Path:
    """Where the real photos are expected: $DERMATREND_PHOTOS, else ../shared/photos beside the checkout."""
    named = os.environ.get("DERMATREND_PHOTOS")
    return Path(named) if named else ROOT.parent / "shared" / "photos"


@pytest.fixture(scope="session")
def photos() -> Path:
    """The folder of real photos (faces/, bad/, cards/, files/); skips where it is not there.

    The photos are not part of the project, so their absence is no failure even under CI=true.
    """
    folder = photos_folder()
    if not (folder / "MANIFEST.csv").is_file():
        pytest.skip(f"skipped: no photos at {folder}")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium-like browser; start it with `browser.CHROMIUM_ARGUMENTS`."""
    found = find_browser()
    if found is None:
        skip_or_fail("no Chromium or Chrome was found; `make test` installs one where it can")
    return found


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings whose data folder is thrown away; the face model stays where it was fetched to."""
    from dermatrend.settings import load_settings

    monkeypatch.setenv("DERMATREND_DATA_DIR", str(tmp_path / "data"))
    return load_settings()
