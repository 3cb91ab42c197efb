"""The sample course: one click from nothing to a comparison."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.e2e.conftest import Watch, check, click, open_page
from tests.e2e.servers import serving

LONG = 240_000


def test_the_sample_course_in_one_click(browser: Browser, tmp_path: Path) -> None:
    with serving("dermatrend serve", tmp_path / "data") as server:
        watch = Watch()
        context, page = open_page(browser, watch, 1280, 900, "dark")
        page.goto(server.url)
        click(page.get_by_role("button", name="Try the sample course"))
        expect(page.get_by_role("progressbar")).to_be_visible()
        expect(page.get_by_role("heading", name="Compare")).to_be_visible(timeout=LONG)
        expect(page.get_by_role("slider")).to_be_visible(timeout=LONG)
        expect(page.get_by_role("heading", name="Numbers")).to_be_visible()
        expect(page.get_by_role("row", name="Redness")).not_to_have_count(0)
        context.close()
        check(watch, server)
