"""From photos to a report in a real browser: a new person, two sessions, the slider, the chart, the PDF."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pikepdf
from playwright.sync_api import Page, expect

from dermatrend.report.content import SCHEMA_VERSION
from tests.e2e import skin
from tests.e2e.conftest import Prepared, click, open_up
from tests.e2e.servers import Server

LONG = 120_000


def upload(page: Page, *photos: tuple[str, bytes]) -> None:
    files = [{"name": name, "mimeType": "image/jpeg", "buffer": data} for name, data in photos]
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(files)


def test_from_photos_of_two_sessions_to_the_report(page: Page, server: Server, tmp_path: Path) -> None:
    page.goto(f"{server.url}/people")
    name = page.get_by_label("Name or label")
    open_up(page.get_by_role("button", name="Add a person"), name)
    name.fill("Bea Example")
    click(page.get_by_role("button", name="Add person"))
    page.get_by_label("Title").fill("Scar, right arm")
    click(page.get_by_text("Another area, with regions drawn by hand"))
    click(page.get_by_role("button", name="Start course"))

    # The first session makes the course: its regions are given as numbers here, and drawn in the next test.
    expect(page.get_by_role("heading", name="Add a session")).to_be_visible()
    upload(
        page,
        ("one.jpg", skin.photo("2026-03-01", redness=0.10)),
        ("two.jpg", skin.photo("2026-03-01", redness=0.10, shot=1)),
    )
    regions = page.get_by_label("Regions in pixels of the upright photo")
    open_up(page.get_by_text("Give them as numbers"), regions)
    regions.fill(json.dumps(skin.REGIONS))
    regions.blur()
    click(page.get_by_role("button", name="Save session"))
    expect(page.get_by_text("What became of the photos")).to_be_visible(timeout=LONG)
    expect(page.get_by_text(re.compile(r"Taken on 2026-03-01 \(as the camera recorded it\)"))).to_be_visible()
    expect(page.get_by_text("Usable for colour and texture")).to_have_count(2)

    # The second session: one photo is damaged, its refusal stands beside it, the other is kept.
    good = skin.photo("2026-04-10", redness=0.02, shot=2)
    upload(page, ("good.jpg", good), ("cut.jpg", good[: len(good) // 2]))
    click(page.get_by_role("button", name="Save session"))
    expect(page.get_by_text("cut.jpg was not kept", exact=False)).to_be_visible(timeout=LONG)
    expect(page.get_by_text(re.compile(r"Taken on 2026-04-10 \("))).to_be_visible()
    expect(page.get_by_text("Usable for colour")).to_have_count(1)

    open_up(
        page.get_by_role("link", name="See the comparison"),
        page.get_by_role("heading", name="Compare", exact=True),
    )
    slider = page.get_by_role("slider", name="Divider between baseline and follow-up")
    expect(slider).to_have_attribute("aria-valuenow", "50", timeout=LONG)
    slider.focus()
    page.keyboard.press("ArrowLeft")
    expect(slider).to_have_attribute("aria-valuenow", "48")
    page.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuenow", "100")
    for name in ("Baseline, 2026-03-01", "Day 40, 2026-04-10"):
        picture = page.get_by_role("img", name=name).first
        expect(picture).not_to_have_js_property("naturalWidth", 0)
        assert "/picture/" in str(picture.get_attribute("src"))
    row = page.get_by_role("row", name=re.compile(r"^Redness −\d+\.\d+ ± \d+\.\d+ H measurable decrease"))
    expect(row).to_be_visible()

    open_up(
        page.get_by_role("link", name="Progress"), page.get_by_role("heading", name="Progress", exact=True)
    )
    expect(
        page.locator("[data-testid=stVegaLiteChart] svg, [data-testid=stVegaLiteChart] canvas").first
    ).to_be_visible(timeout=LONG)
    expect(page.get_by_role("heading", name="Redness, treated", exact=True)).to_be_visible()
    expect(page.get_by_role("row", name=re.compile(r"^40 2026-04-10"))).not_to_have_count(0)

    open_up(page.get_by_role("link", name="Report"), page.get_by_role("heading", name="Report", exact=True))
    click(page.get_by_role("button", name="Make the report"))
    with page.expect_download(timeout=LONG) as download:
        click(page.get_by_role("button", name="Download PDF"), timeout=LONG)
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    check_pdf(path.read_bytes())
    with page.expect_download() as download:
        click(page.get_by_role("button", name="Download report.json"))
    download.value.save_as(tmp_path / "report.json")
    content = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert content["schema_version"] == SCHEMA_VERSION
    assert "Bea" not in download.value.suggested_filename

    # A reload opens the same course again, and the address holds ids only.
    assert "course=" in page.url
    assert "Bea" not in page.url
    page.reload()
    expect(page.get_by_role("button", name=re.compile("Make the report"))).to_be_visible(timeout=LONG)

    # Everything of this person can be erased, and is.
    open_up(page.get_by_role("link", name="People"), page.get_by_role("heading", name="People", exact=True))
    click(page.get_by_role("button", name="Erase this person…"))
    page.get_by_label("Type the name to confirm").fill("Bea Example")
    page.get_by_label("Type the name to confirm").press("Enter")
    click(page.get_by_role("button", name="Erase for good"))
    expect(page.get_by_text("Scar, right arm")).to_have_count(0)
    expect(page.get_by_text("Scar, left arm")).to_be_visible()


def check_pdf(data: bytes) -> None:
    """Tagged, readable as text, and nothing of a camera's notes in its pictures."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert "/StructTreeRoot" in pdf.Root
        assert pdf.Root.MarkInfo.Marked
        text = "".join(text_of(page) for page in pdf.pages)
        images = [image.read_raw_bytes() for page in pdf.pages for image in page.get_images().values()]
    assert "Bea Example" in text
    assert "measurable decrease" in text
    assert re.search(r"−\d+\.\d+ ± \d+\.\d+\sH", text)
    assert images
    for raw in images:
        assert b"Exif" not in raw
        assert b"Test camera" not in raw
        assert b"GPS" not in raw


def text_of(page: pikepdf.Page) -> str:
    """The page's words, by each font's own table from glyphs to characters."""
    tables = {str(name): glyphs(font.ToUnicode.read_bytes()) for name, font in page.resources.Font.items()}
    table: dict[bytes, str] = {}
    words = []
    for operands, operator in pikepdf.parse_content_stream(page):
        if str(operator) == "Tf":
            table = tables[str(operands[0])]
        elif str(operator) in ("Tj", "TJ"):
            shown = operands[0] if str(operator) == "TJ" else operands
            for part in shown:
                if isinstance(part, pikepdf.String):
                    raw = bytes(part)
                    words.append("".join(table.get(raw[at : at + 2], "") for at in range(0, len(raw), 2)))
        elif str(operator) == "ET":
            words.append(" ")
    return re.sub(r"\s+", " ", "".join(words).replace("\u00a0", " "))


def glyphs(table: bytes) -> dict[bytes, str]:
    """Glyph -> characters, out of a font's ToUnicode table."""
    pairs = re.findall(rb"<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]+)>", table)
    return {bytes.fromhex(a.decode()): bytes.fromhex(b.decode()).decode("utf-16-be") for a, b in pairs}


def test_names_are_text_never_markup(page: Page, server: Server, prepared: Prepared) -> None:
    page.goto(f"{server.url}/people{prepared.query}")
    expect(page.get_by_text("Scar, left arm")).to_be_visible()
    assert page.locator("b", has_text="Example").count() == 0
