"""One running app and one browser for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import CHROMIUM_ARGUMENTS
from tests.e2e.servers import Server, serving


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`streamlit run app.py` on a throwaway data folder."""
    with serving("streamlit run app.py", tmp_path_factory.mktemp("app") / "data") as running:
        yield running


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One headless browser."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGUMENTS))
        yield started
        started.close()


@dataclass
class Watch:
    """What a page asked for and complained about."""

    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@pytest.fixture
def watch() -> Watch:
    """Filled by `page`."""
    return Watch()


@pytest.fixture
def page(browser: Browser, server: Server, watch: Watch, tmp_path: Path) -> Iterator[Page]:
    """A fresh visitor at 1280 px. Afterwards: nothing asked of anyone else, no error in the console."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.set_default_timeout(30_000)
    opened = context.new_page()
    opened.on("request", lambda request: watch.requests.append(request.url))
    opened.on("websocket", lambda socket: watch.requests.append(socket.url))
    opened.on("console", lambda line: watch.errors.append(line.text) if line.type == "error" else None)
    opened.on("pageerror", lambda error: watch.errors.append(str(error)))
    yield opened
    context.close()
    local = (server.url, server.url.replace("http", "ws"), "data:", "blob:")
    outside = [url for url in watch.requests if not url.startswith(local)]
    assert not outside
    assert not watch.errors
