"""Colour cards on the command line: the card to print, and corners that were marked by hand."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from analysis.errors import CardError
from analysis.records import CardSearch
from dermatrend.console import UsageProblem
from dermatrend.photo_files import PhotoFile, read_photo
from dermatrend.records import are_corners

EXAMPLE = '{"before.jpg": [[520, 80], [760, 82], [758, 240], [518, 238]]}'


def card_search(look: bool, corners: Path | None, photos: Sequence[PhotoFile]) -> CardSearch | None:
    """What --card and --card-corners ask for; None without either.

    Args:
        look: whether cards are to be looked for.
        corners: a JSON file: a photo -> four points [x, y] in pixels of the upright photo. A photo is named
            by its path as on the command line, by its name where only one photo has it, or by its sha256.
        photos: the photos of this command line.

    Raises:
        CardError: the file cannot be used, or names a photo that is not there, or two at once.
    """
    if corners is None:
        return CardSearch(everywhere=True) if look else None
    try:
        text = read_photo(corners, "a file of card corners").data.decode("utf-8-sig")
        entries = json.loads(text, object_pairs_hook=_each_key_once)
    except (ValueError, RecursionError) as error:
        raise _wrong("The file is not JSON", "JSON in UTF-8", str(error)) from None
    if not isinstance(entries, Mapping) or not entries:
        raise _wrong("The file", "an object of photos", type(entries).__name__)
    found: dict[str, np.ndarray] = {}
    for name, points in entries.items():
        photo_id = _photo_named(name, photos)
        if photo_id in found:
            raise _wrong(
                "A photo in it", "each photo once", f"{name}, which stands there by another name too"
            )
        if not are_corners(points):
            raise _wrong(f"The corners of {name}", "four points [x, y]", json.dumps(points)[:80])
        found[photo_id] = np.array(points, np.float32)
    return CardSearch(look, found)


def _photo_named(name: str, photos: Sequence[PhotoFile]) -> str:
    """The sha256 of the photo that a key of the file means.

    A path means one photo even where other folders hold a photo of the same name.
    """
    path = str(Path(name))
    ways = (
        {photo.sha256 for photo in photos if name == photo.sha256 or path == photo.path},
        {photo.sha256 for photo in photos if name == photo.name},
    )
    meant: set[str] = next((ids for ids in ways if ids), set())
    if len(meant) == 1:
        return meant.pop()
    among = [photo for photo in photos if photo.sha256 in meant] or photos
    expected = "one of " + ", ".join(photo.named for photo in among)
    raise _wrong("A photo in it", expected, f"{name}, a name of {len(among)} photos" if meant else name)


def _each_key_once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    # The parser alone would keep the last of two entries and say nothing.
    double = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    if double:
        raise _wrong(
            "A photo in it",
            "each key once; two photos of one name are told apart by their paths, as on the command line",
            f"{double[0]} more than once",
        )
    return dict(pairs)


def write_card(path: Path) -> None:
    """Write the PDF of the card to print.

    Raises:
        UsageProblem: it cannot be written there.
    """
    from dermatrend.photo_report import check_report_path
    from dermatrend.report.card import card_pdf

    check_report_path(path)
    try:
        path.write_bytes(card_pdf())
    except OSError as error:
        raise UsageProblem(
            "The card could not be written", got=f"{path}: {error.strerror}", advice="Choose another place"
        ) from error


def _wrong(what: str, expected: str, got: str) -> CardError:
    return CardError(
        f"The corners of the colour card cannot be used: {what[:1].lower()}{what[1:]}",
        expected=expected,
        got=got,
        advice=f"Write the corner patches' outer corners, in pixels of the upright photo: {EXAMPLE}",
    )
