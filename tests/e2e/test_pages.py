"""Every page on a phone and on a desk, the drawing of regions, and what happens when the link is lost."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.e2e import skin
from tests.e2e.conftest import Prepared, Watch, check, click, drawn, open_page, open_up
from tests.e2e.servers import Server, serving
from tests.e2e.test_course import LONG, upload

PAGES = {
    "/": "Dermatrend",
    "/people": "People",
    "/add": "Add a session",
    "/compare": "Compare",
    "/progress": "Progress",
    "/repeatability": "Repeatability",
    "/report": "Report",
    "/method": "Method",
}


SCROLL_WIDTHS = """() => [document.documentElement, document.querySelector('[data-testid=stMain]')]
    .map(piece => piece.scrollWidth)"""
STICKING_OUT = """() => [...document.querySelectorAll('.dt-table, .dt-lead, [data-testid=stMain] button')]
    .filter(piece => piece.getBoundingClientRect().right > 391)
    .map(piece => piece.outerHTML.slice(0, 120))"""


def opened(page: Page, server: Server, path: str, prepared: Prepared) -> None:
    """Open a page and wait until it is drawn to its end."""
    page.goto(f"{server.url}{path}{prepared.query}")
    expect(page.get_by_role("heading", name=PAGES[path], exact=True)).to_be_visible()
    drawn(page)


def test_no_page_scrolls_sideways_on_a_phone(phone: Page, server: Server, prepared: Prepared) -> None:
    for path in PAGES:
        opened(phone, server, path, prepared)
        if path == "/compare":
            expect(phone.get_by_role("slider")).to_be_visible(timeout=LONG)
        assert phone.get_by_test_id("stException").count() == 0
        assert phone.get_by_role("heading", level=1).count() == 1
        widths = phone.evaluate(SCROLL_WIDTHS)
        assert max(widths) <= 390, path
        # What stands out of the window may be cut off instead of scrolled: look at the pieces themselves.
        assert not phone.evaluate(STICKING_OUT), path


def test_the_viewer_by_keyboard_mouse_and_overlay(page: Page, server: Server, prepared: Prepared) -> None:
    opened(page, server, "/compare", prepared)
    slider = page.get_by_role("slider")
    expect(slider).to_be_visible(timeout=LONG)
    panel = page.locator(".panel").first
    box = panel.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + box["height"] / 2)
    expect(slider).to_have_attribute("aria-valuenow", "25")

    click(page.get_by_role("button", name="Side by side"))
    expect(page.locator(".panel:visible")).to_have_count(2)
    click(page.get_by_role("button", name="Zoom in"))
    moves = page.locator(".panel:visible .layer").evaluate_all(
        "layers => layers.map(layer => layer.style.transform)"
    )
    assert len(set(moves)) == 1
    assert "scale(1.5)" in moves[0]

    page.get_by_role("combobox", name="Map over the photos").select_option(label="Redness: change")
    maps = page.locator(".panel:visible .layer img:nth-child(2):visible")
    expect(maps.first).to_have_js_property("complete", True)
    assert int(maps.first.evaluate("image => image.naturalWidth")) > 0
    expect(page.get_by_role("img", name=re.compile(r"to .* H$"))).to_be_visible()

    click(page.get_by_role("button", name="Blink"))
    click(page.get_by_role("button", name="Swap"))
    expect(page.locator(".panel:visible")).to_have_count(1)


def test_regions_drawn_by_mouse_and_by_keyboard(page: Page, server: Server, prepared: Prepared) -> None:
    page.goto(f"{server.url}/people{prepared.query}")
    open_up(page.get_by_text("Start a course", exact=True), page.get_by_label("Title"))
    page.get_by_label("Title").fill("Stretch marks")
    click(page.get_by_text("Another area, with regions drawn by hand"))
    click(page.get_by_role("button", name="Start course"))
    upload(page, ("first.jpg", skin.photo("2026-03-01", redness=0.10)))
    stage = page.get_by_role("application")
    expect(stage).to_be_visible(timeout=LONG)
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    assert box is not None
    scale = box["width"] / skin.WIDTH

    def point(x: float, y: float) -> None:
        page.mouse.click(box["x"] + x * scale, box["y"] + y * scale)

    for x, y in skin.TREATED:
        point(x, y)
    click(page.get_by_role("button", name="Close region"))
    expect(page.get_by_label("Name of region treated")).to_be_visible()

    # The reference by keyboard: the cross starts in the middle and is moved with the arrow keys.
    click(page.get_by_role("button", name="Untreated skin"))
    stage.focus()
    for key, times in (("ArrowRight", 1), ("ArrowDown", 3), ("ArrowRight", 6), ("ArrowUp", 6)):
        for _ in range(times):
            page.keyboard.press(f"Shift+{key}")
        page.keyboard.press(" ")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name of region reference")).to_be_visible()

    click(page.get_by_role("button", name="Ruler"))
    point(100, 450)
    point(300, 450)
    page.get_by_label("Length of the ruler you marked (mm)").fill("20")
    page.get_by_label("Length of the ruler you marked (mm)").press("Enter")
    save = page.get_by_role("button", name="Save session")
    expect(save).to_be_enabled()
    click(save)
    expect(page.get_by_text("Usable for colour")).to_be_visible(timeout=LONG)
    expect(page.get_by_text(re.compile(r"(9\.9|10\.0|10\.1) px/mm$"))).to_be_visible()

    # The day is the camera's and can be corrected; a session entered by mistake can be removed.
    form = page.get_by_test_id("stExpander").filter(has_text="Correct or remove a session")
    treated = form.get_by_text("A treatment took place on this day")
    open_up(page.get_by_text("Correct or remove a session"), treated)
    drawn(page)
    open_up(treated, form.get_by_label("Needle depth (mm)"))
    form.get_by_label("Needle depth (mm)").fill("1.5")
    form.get_by_label("Needle depth (mm)").press("Enter")
    click(form.get_by_role("button", name="Save the correction"))
    expect(page.get_by_role("row", name=re.compile("1.50 mm"))).to_be_visible()
    drawn(page)
    remove = form.get_by_role("button", name="Remove for good")
    if not remove.is_visible():
        open_up(page.get_by_text("Correct or remove a session"), remove)
    confirm = form.get_by_role("checkbox", name="Remove this session and its photos")
    for _ in range(3):  # saving draws the page twice, and a click between the two is lost
        if not confirm.is_checked():
            click(form.get_by_text("Remove this session and its photos"))
        page.wait_for_timeout(1500)
        if remove.is_enabled():
            break
    expect(remove).to_be_enabled()
    click(remove)
    expect(page.get_by_text("Sessions of this course")).to_have_count(0)


def test_a_session_that_cannot_be_compared_says_why_and_shows_no_number(
    page: Page, server: Server, prepared: Prepared
) -> None:
    query = f"?person={prepared.person_id}&course={prepared.course_id}&session={prepared.other_session_id}"
    page.goto(f"{server.url}/compare{query}")
    expect(page.get_by_text("These sessions cannot be compared")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("Because").first).to_be_visible()
    expect(page.get_by_text(re.compile(r"\d ± \d"))).to_have_count(0)
    photo = page.get_by_role("img", name="2026-03-20: other.jpg")
    expect(photo).not_to_have_js_property("naturalWidth", 0)
    assert str(photo.get_attribute("src")).startswith("/photo/")


def test_an_empty_app_leads_to_the_first_person(browser: Browser, tmp_path: Path) -> None:
    with serving("dermatrend serve", tmp_path / "data") as empty:
        watch = Watch()
        context, page = open_page(browser, watch, 1280, 900, "light")
        page.goto(f"{empty.url}/compare")
        expect(page.get_by_text("There is nobody here yet")).to_be_visible()
        open_up(
            page.get_by_role("link", name="Add a person"),
            page.get_by_role("heading", name="People", exact=True),
        )
        click(page.get_by_role("button", name="Add person"))
        expect(page.get_by_text("The label is empty")).to_be_visible()
        page.get_by_label("Name or label").fill("Cleo $x$ *y* <img src=x>")
        click(page.get_by_role("button", name="Add person"))
        expect(page.get_by_role("combobox", name="Person")).to_be_visible()
        open_up(page.get_by_role("link", name="Progress"), page.get_by_text("has no course yet"))
        open_up(
            page.get_by_role("link", name="Start a course"), page.get_by_role("button", name="Start course")
        )
        click(page.get_by_role("button", name="Start course"))
        expect(page.get_by_role("heading", name="Photos of one day")).to_be_visible()
        open_up(page.get_by_role("link", name="Compare"), page.get_by_text("This course has no session"))
        context.close()
        check(watch, empty)
