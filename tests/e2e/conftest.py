"""One prepared course, the app started in both ways on it, and one browser for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    expect,
    sync_playwright,
)

from analysis.regions import parse_regions
from dermatrend.records import LOCAL_ACTOR, Treatment
from dermatrend.settings import Settings
from dermatrend.workflows import Upload, Workspace, add_session, create_course, create_person
from tests.browser import CHROMIUM_ARGUMENTS
from tests.e2e import skin
from tests.e2e.servers import WAYS, Server, serving

expect.set_options(timeout=30_000)  # machines that test are busy


@dataclass(frozen=True)
class Prepared:
    """A store with one course of two sessions, compared already."""

    data_dir: Path
    person_id: str
    course_id: str
    session_id: str
    other_session_id: str
    """Of other skin: it cannot be compared with the baseline."""
    photo_id: str
    picture_id: str

    @property
    def query(self) -> str:
        return f"?person={self.person_id}&course={self.course_id}&session={self.session_id}"


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Made by the workflows, as the app itself would."""
    data_dir = tmp_path_factory.mktemp("app") / "data"
    with Workspace.open(Settings(data_dir=data_dir)) as workspace:
        person = create_person(workspace, LOCAL_ACTOR, "Ann <b>Example</b>")
        plan = parse_regions(skin.REGIONS)
        course = create_course(workspace, LOCAL_ACTOR, person.id, "Scar, left arm", plan)
        first = Upload("first.jpg", skin.photo("2026-01-10", redness=0.10))
        add_session(workspace, LOCAL_ACTOR, course.id, [first], treatment=Treatment(needle_depth_mm=1.5))
        later = Upload("later.jpg", skin.photo("2026-02-20", redness=0.02, shot=1))
        receipt = add_session(workspace, LOCAL_ACTOR, course.id, [later])
        assert receipt.session is not None
        assert receipt.comparison is not None, receipt.comparison_error
        other = Upload("other.jpg", skin.photo("2026-03-20", skin=8))
        unlike = add_session(workspace, LOCAL_ACTOR, course.id, [other])
        assert unlike.session is not None
        return Prepared(
            data_dir,
            person.id,
            course.id,
            receipt.session.id,
            unlike.session.id,
            receipt.session.photos[0].id,
            receipt.comparison.pictures["baseline"],
        )


@pytest.fixture(scope="session", params=WAYS)
def either_server(request: pytest.FixtureRequest, prepared: Prepared) -> Iterator[Server]:
    """The app, started in each of its two ways."""
    if request.param == "streamlit run app.py":
        yield request.getfixturevalue("server")
        return
    with serving(request.param, prepared.data_dir) as running:
        yield running


@pytest.fixture(scope="session")
def server(prepared: Prepared) -> Iterator[Server]:
    """`streamlit run app.py`."""
    with serving("streamlit run app.py", prepared.data_dir) as running:
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

    def complain(self, line: ConsoleMessage) -> None:
        # At a deep link Streamlit first asks whether the app lives below that path; the answer is 404.
        probes = ("/_stcore/health", "/_stcore/host-config")
        if line.type == "error" and not line.location["url"].endswith(probes):
            self.errors.append(f"{line.text} {line.location['url']}")


def open_page(
    browser: Browser, watch: Watch, width: int, height: int, scheme: str
) -> tuple[BrowserContext, Page]:
    """A fresh visitor with a window of this size, whose requests and complaints are noted."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        accept_downloads=True,
        has_touch=width < 600,
    )
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.on("request", lambda request: watch.requests.append(request.url))
    page.on("websocket", lambda socket: watch.requests.append(socket.url))
    page.on("console", watch.complain)
    page.on("pageerror", lambda error: watch.errors.append(str(error)))
    return context, page


def drawn(page: Page) -> None:
    """Wait until the app has drawn the page to its end."""
    page.wait_for_selector("[data-test-script-state=notRunning]")


def click(target: Locator, timeout: float | None = None) -> None:
    """Click what is there once the page is drawn: before that, a click may be lost."""
    target.wait_for(timeout=timeout)
    drawn(target.page)
    target.click()


def open_up(target: Locator, shown: Locator) -> None:
    """Click a link or a heading until what it opens is there: while a page settles, a click may be lost."""
    for _ in range(4):
        click(target)
        try:
            expect(shown).to_be_visible(timeout=8_000)
        except AssertionError:
            continue
        return
    expect(shown).to_be_visible()


def check(watch: Watch, server: Server) -> None:
    """Nothing was asked of anyone else, and nothing was complained about."""
    local = (server.url, server.url.replace("http", "ws"), "data:", "blob:")
    assert watch.requests
    assert not [url for url in watch.requests if not url.startswith(local)]
    assert not watch.errors


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """A fresh visitor at 1280 px. Afterwards: nothing asked of anyone else, no error in the console."""
    watch = Watch()
    context, opened = open_page(browser, watch, 1280, 900, "light")
    yield opened
    context.close()
    check(watch, server)


@pytest.fixture
def phone(browser: Browser, server: Server) -> Iterator[Page]:
    """A fresh visitor on a phone, in the dark theme, checked alike."""
    watch = Watch()
    context, opened = open_page(browser, watch, 390, 844, "dark")
    yield opened
    context.close()
    check(watch, server)
