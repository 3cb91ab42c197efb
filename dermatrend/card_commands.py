"""Colour cards on the command line: the card to print, and corners that were marked by hand."""

from __future__ import annotations

import json
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
        corners: a JSON file: name or sha256 of a photo -> four points [x, y] in pixels of the upright photo.
        photos: the photos of this command line.

    Raises:
        CardError: the file cannot be used, or names a photo that is not there.
    """
    if corners is None:
        return CardSearch(everywhere=True) if look else None
    try:
        entries = json.loads(read_photo(corners, "a file of card corners").data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise _wrong("The file is not JSON", "JSON in UTF-8", str(error)) from None
    if not isinstance(entries, Mapping) or not entries:
        raise _wrong("The file", "an object of photos", type(entries).__name__)
    by_name = {key: photo.sha256 for photo in photos for key in (photo.name, photo.sha256)}
    found = {}
    for name, points in entries.items():
        if name not in by_name:
            raise _wrong("A photo in it", "one of " + ", ".join(photo.name for photo in photos), name)
        if not are_corners(points):
            raise _wrong(f"The corners of {name}", "four points [x, y]", json.dumps(points)[:80])
        found[by_name[name]] = np.array(points, np.float32)
    return CardSearch(look, found)


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
