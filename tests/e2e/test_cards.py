"""A colour card marked by hand in a real browser: by keyboard, with the mouse, and on a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from dermatrend import workflows
from dermatrend.records import LOCAL_ACTOR
from dermatrend.settings import Settings
from dermatrend.workflows import Upload, Workspace
from tests import card_photos
from tests.e2e.conftest import Watch, check, click, drawn, open_page, open_up
from tests.e2e.servers import Server, serving
from tests.e2e.test_course import LONG, upload


@dataclass(frozen=True)
class App:
    server: Server
    query: str


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """A course of two photos with a card that nobody has spoken of."""
    with Workspace.open(Settings(data_dir=tmp_path / "data")) as ws:
        person = workflows.create_person(ws, LOCAL_ACTOR, "Dora Example")
        course = workflows.create_course(ws, LOCAL_ACTOR, person.id, "Arm", card_photos.plan())
        for shot, day in enumerate(("2026-01-10", "2026-02-10")):
            photo = Upload(f"{day}.jpg", card_photos.photo(shot))
            workflows.add_session(ws, LOCAL_ACTOR, course.id, [photo], taken_on=day, compare=False)
    with serving("dermatrend serve", tmp_path / "data") as server:
        yield App(server, f"?person={person.id}&course={course.id}")


def opened(page: Page, app: App) -> None:
    page.goto(f"{app.server.url}/add{app.query}")
    heading = page.get_by_text("Colour cards in the photos")
    expect(heading).to_be_visible()
    open_up(heading, corner(page, "first"))
    drawn(page)


def corner(page: Page, which: str) -> Locator:
    return page.get_by_role("button", name=f"The {which} corner, at")


def place(ring: Locator) -> tuple[int, int]:
    found = re.search(r"at (\d+), (\d+) px", str(ring.get_attribute("aria-label")))
    assert found
    return int(found[1]), int(found[2])


def go_by_keys(page: Page, way: int, back: str, on: str) -> None:
    key = on if way > 0 else back
    for press, times in ((f"Shift+{key}", abs(way) // 10), (key, abs(way) % 10)):
        for _ in range(times):
            page.keyboard.press(press)


def test_a_card_is_marked_by_keyboard_and_carries_the_comparison(browser: Browser, app: App) -> None:
    watch = Watch()
    context, page = open_page(browser, watch, 1280, 900, "light")
    opened(page, app)
    expect(page.get_by_text("measured without one")).to_be_visible()
    corner(page, "first").focus()
    for which, (x, y) in zip(("first", "second", "third", "fourth"), card_photos.corners(), strict=True):
        ring = corner(page, which)
        expect(ring).to_be_focused()
        at = place(ring)
        go_by_keys(page, round(x) - at[0], "ArrowLeft", "ArrowRight")
        go_by_keys(page, round(y) - at[1], "ArrowUp", "ArrowDown")
        assert place(ring) == (round(x), round(y))
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Use these corners")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Card accepted: ColorChecker of 24 patches")).to_be_visible(timeout=LONG)
    expect(page.get_by_text(re.compile(r"\d\.\d CIEDE2000 from the published colours"))).to_be_visible()
    expect(page.get_by_text("1 of 2 photos are measured with a card")).to_be_visible()

    # The other photo's card is found by itself.
    click(page.get_by_role("combobox", name=re.compile("Photo")))
    click(page.get_by_role("option", name=re.compile("2026-02-10")))
    expect(page.get_by_text("measured without one")).to_be_visible()
    click(page.get_by_role("button", name="Look again"))
    expect(page.get_by_text("2 of 2 photos are measured with a card")).to_be_visible(timeout=LONG)
    open_up(page.get_by_role("link", name="Compare"), page.get_by_role("heading", name="Compare", exact=True))
    row = page.get_by_role("row", name=re.compile(r"^Redness .* ± .* H no measurable change the colour card"))
    expect(row).to_be_visible(timeout=LONG)
    context.close()
    check(watch, app.server)


def test_rings_are_large_enough_for_a_finger_and_a_false_place_is_refused(browser: Browser, app: App) -> None:
    watch = Watch()
    context, page = open_page(browser, watch, 390, 844, "dark")
    opened(page, app)
    buttons = [
        page.get_by_role("button", name=name) for name in ("Use these corners", "Look again", "No card here")
    ]
    for target in (*(corner(page, which) for which in ("first", "second", "third", "fourth")), *buttons):
        box = target.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
    widths = page.evaluate("() => document.documentElement.scrollWidth")
    assert widths <= 390

    # Pulled off its middle, the ring moves by as much as the finger does and does not jump.
    ring = corner(page, "third")
    drawn(page)
    ring.hover()  # scrolls there and waits until it stands still
    before, box = place(ring), ring.bounding_box()
    assert box is not None
    start = box["x"] + box["width"] / 2 + 9, box["y"] + box["height"] / 2 + 9
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + 20, start[1] + 10, steps=4)
    page.mouse.up()
    picture = page.get_by_role("img", name="2026-01-10.jpg").last.bounding_box()
    assert picture is not None
    scale = card_photos.size()[0] / picture["width"]
    moved = place(ring)
    assert moved[0] - before[0] == pytest.approx(20 * scale, abs=1)
    assert moved[1] - before[1] == pytest.approx(10 * scale, abs=1)

    click(buttons[0])
    expect(page.get_by_text("Not used: No colour card lies within these corners")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("0 of 2 photos are measured with a card")).to_be_visible()
    click(buttons[1])
    expect(page.get_by_text("Card accepted")).to_be_visible(timeout=LONG)
    click(buttons[2])
    expect(page.get_by_text("measured without one")).to_be_visible(timeout=LONG)
    context.close()
    check(watch, app.server)


def test_a_session_says_which_photo_misses_its_card(browser: Browser, app: App) -> None:
    watch = Watch()
    context, page = open_page(browser, watch, 1280, 900, "light")
    page.goto(f"{app.server.url}/add{app.query}")
    click(page.get_by_text("There is a colour card in these photos"))
    upload(
        page,
        ("with.jpg", card_photos.dated(card_photos.photo(2), "2026-03-10")),
        ("without.jpg", card_photos.dated(card_photos.photo(3, card=False), "2026-03-10")),
    )
    click(page.get_by_role("button", name="Save session"))
    expect(page.get_by_text("No colour card was found in this photo: without.jpg")).to_be_visible(
        timeout=LONG
    )
    expect(page.get_by_text(re.compile(r"ColorChecker of 24 patches, \d\.\d CIEDE2000"))).to_have_count(1)
    # The course remembers that its photos hold a card.
    expect(page.get_by_role("checkbox", name="There is a colour card in these photos")).to_be_checked()
    open_up(page.get_by_text("Mark the card in this photo"), corner(page, "first").first)
    context.close()
    check(watch, app.server)
