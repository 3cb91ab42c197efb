"""The card to print survives a printer and a camera and is read back; corners come from a file."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pypdfium2
import pytest

from analysis.card import read_card
from analysis.card_layouts import CARD_MM, MARKER_MM, MARKERS_MM, printed
from analysis.decode import decode
from analysis.errors import CardError
from analysis.lab import delta_e
from analysis.linear import linear_light
from dermatrend.card_commands import card_search, write_card
from dermatrend.console import UsageProblem
from dermatrend.photo_files import PhotoFile
from tests.analysis.patches import encoded

DPI = 150


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """The printed page, as a perfect printer would print it."""
    file = tmp_path_factory.mktemp("card") / "card.pdf"
    write_card(file)
    with pypdfium2.PdfDocument(file) as pdf:
        return np.array(pdf[0].render(scale=DPI / 72).to_pil().convert("RGB"))


def photographed(page: np.ndarray, degrees: float, scale: float, tilt: float) -> np.ndarray:
    """The upper half of the page on a table, turned, seen from the side, in warm light."""
    sheet = page[: page.shape[0] // 2]
    height, width = sheet.shape[:2]
    turn = np.vstack([cv2.getRotationMatrix2D((width / 2, height / 2), degrees, scale), [0, 0, 1]])
    turn[:2, 2] += (150, 350)
    view = np.eye(3)
    view[2, 0] = tilt
    seen = cv2.warpPerspective(
        sheet, view @ turn, (1500, 1500), flags=cv2.INTER_AREA, borderValue=(90, 110, 140)
    )
    light = linear_light(seen) * np.array([0.85, 0.8, 0.6], np.float32)
    code = 255 * np.clip(light, 0, 1) ** (1 / 2.3)
    return np.clip(np.rint(code + np.random.default_rng(2).normal(0, 1, code.shape)), 0, 255).astype(np.uint8)


def test_the_card_is_exact_in_millimetres(page: np.ndarray) -> None:
    px = DPI / 25.4
    assert page.shape[1] == pytest.approx(210 * px, abs=2)
    dark = page.min(axis=2) < 60
    # The frame is the longest dark line; the first marker lies where the layout says.
    rows = np.flatnonzero(dark.sum(axis=1) > 120 * px)
    columns = np.flatnonzero(dark.sum(axis=0) > 55 * px)
    assert columns.max() - columns.min() == pytest.approx(CARD_MM[0] * px, abs=2)
    assert np.ptp(rows) == pytest.approx(CARD_MM[1] * px, abs=2)
    x, y = columns.min() + MARKERS_MM[0][0] * px, rows.min() + MARKERS_MM[0][1] * px
    border = dark[round(y) + 2, round(x) + 2 : round(x + MARKER_MM * px) - 2]
    assert border.all()


@pytest.mark.parametrize(
    ("degrees", "scale", "tilt"), [(0, 1, 0), (25, 0.8, 1e-4), (110, 0.7, 2e-4), (180, 0.6, 0)]
)
def test_the_printed_card_is_read_back(page: np.ndarray, degrees: float, scale: float, tilt: float) -> None:
    reading = read_card(decode(encoded(photographed(page, degrees, scale, tilt), "JPEG", quality=92)))
    assert reading.kind == "printed"
    assert reading.found == "automatic"
    assert not any(reading.clipped)
    assert reading.fit_mean < 2
    assert reading.gradient < 0.02
    if tilt == 0:
        assert reading.px_per_mm == pytest.approx(scale * DPI / 25.4, rel=0.01)
    wanted = printed().published * np.array([0.85, 0.8, 0.6])
    assert delta_e(reading.linear, wanted).mean() < 4


def test_half_a_card_is_none(page: np.ndarray) -> None:
    with pytest.raises(CardError):
        read_card(decode(encoded(photographed(page, 0, 1, 0)[:, :900])))


def test_the_same_pdf_every_time(tmp_path: Path) -> None:
    write_card(tmp_path / "a.pdf")
    write_card(tmp_path / "b.pdf")
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    (tmp_path / "photo.jpg").write_bytes(b"precious")
    with pytest.raises(UsageProblem, match="would replace"):
        write_card(tmp_path / "photo.jpg")
    with pytest.raises(UsageProblem, match="cannot be written"):
        write_card(tmp_path / "nowhere" / "card.pdf")


PHOTOS = [PhotoFile("before.jpg", b"one", "2026-01-01"), PhotoFile("after.jpg", b"two", "2026-02-01")]
SQUARE = [[0, 0], [90, 0], [90, 60], [0, 60]]


def test_corners_are_named_by_file_or_by_hash(tmp_path: Path) -> None:
    assert card_search(False, None, PHOTOS) is None
    everywhere = card_search(True, None, PHOTOS)
    assert everywhere is not None
    assert everywhere.everywhere
    file = tmp_path / "corners.json"
    file.write_text(json.dumps({"before.jpg": SQUARE, PHOTOS[1].sha256: SQUARE[::-1]}))
    search = card_search(False, file, PHOTOS)
    assert search is not None
    assert not search.everywhere
    assert set(search.corners) == {photo.sha256 for photo in PHOTOS}
    assert search.corners[PHOTOS[0].sha256].tolist() == SQUARE


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not JSON"),
        ("[]", "an object of photos"),
        ("{}", "an object of photos"),
        ('{"other.jpg": [[0,0],[1,0],[1,1],[0,1]]}', "one of before.jpg, after.jpg"),
        ('{"before.jpg": [[0,0],[1,0],[1,1]]}', "four points"),
        ('{"before.jpg": [[0,0],[1,0],[1,1],[0,NaN]]}', "four points"),
        ('{"before.jpg": [[0,0],[1,0],[1,1],[0,true]]}', "four points"),
        ('{"before.jpg": {"x": 1}}', "four points"),
        (json.dumps({"before.jpg": SQUARE, PHOTOS[0].sha256: SQUARE}), "each photo once"),
        ('{"before.jpg": 1, "before.jpg": 2}', "each key once"),
    ],
)
def test_a_wrong_file_of_corners_says_what_is_wrong(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "corners.json"
    file.write_text(text)
    with pytest.raises(CardError, match=says):
        card_search(False, file, PHOTOS)


TWINS = [
    PhotoFile("IMG.jpg", b"one", "2026-01-01", "base/IMG.jpg"),
    PhotoFile("IMG.jpg", b"two", "2026-02-01", "week6/IMG.jpg"),
]


def test_photos_of_one_name_are_told_apart_by_their_paths(tmp_path: Path) -> None:
    file = tmp_path / "corners.json"
    file.write_text(json.dumps({"base/IMG.jpg": SQUARE, "./week6/IMG.jpg": SQUARE[::-1]}))
    search = card_search(False, file, TWINS)
    assert search is not None
    assert search.corners[TWINS[0].sha256].tolist() == SQUARE
    assert search.corners[TWINS[1].sha256].tolist() == SQUARE[::-1]
    file.write_text(json.dumps({"IMG.jpg": SQUARE}))
    with pytest.raises(CardError, match=r"one of base/IMG\.jpg, week6/IMG\.jpg; got IMG\.jpg, a name of 2"):
        card_search(False, file, TWINS)


def test_a_path_means_one_photo_even_where_a_name_means_two(tmp_path: Path) -> None:
    file = tmp_path / "corners.json"
    file.write_text(json.dumps({"IMG.jpg": SQUARE}))
    here = PhotoFile("IMG.jpg", b"three", "2026-03-01", "IMG.jpg")
    search = card_search(False, file, [*TWINS, here])
    assert search is not None
    assert set(search.corners) == {here.sha256}


def test_copies_of_one_photo_are_no_two_photos(tmp_path: Path) -> None:
    file = tmp_path / "corners.json"
    file.write_text(json.dumps({"IMG.jpg": SQUARE}))
    copy = PhotoFile("IMG.jpg", b"one", "2026-02-01", "copy/IMG.jpg")
    search = card_search(False, file, [TWINS[0], copy])
    assert search is not None
    assert set(search.corners) == {copy.sha256}


def test_a_missing_file_of_corners(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="was not found"):
        card_search(False, tmp_path / "corners.json", PHOTOS)
