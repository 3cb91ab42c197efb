"""What a file says about how it was taken: an allow-list of EXIF tags, and nothing else.

Position, serial numbers, owner's name, maker notes and every other tag are never looked up, so they
cannot leave this step. EXIF is often broken; a broken note costs the note, never the photo.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

from PIL import ExifTags, Image

from analysis.containers import clean_text
from analysis.errors import PhotoError
from analysis.records import CaptureFacts

_BASE = ExifTags.Base


class Capture(NamedTuple):
    """Facts for the record, and the two notes that the decoder itself needs."""

    facts: CaptureFacts
    orientation: int
    """1..8; 1 where the file says nothing sensible."""
    space: str | None
    """"sRGB" or "Adobe RGB (1998)" where EXIF names one."""
    readable: bool


def read_capture(image: Image.Image, captured_at: str | None = None) -> Capture:
    """Capture facts of a loaded image.

    Args:
        image: with its EXIF, if any.
        captured_at: ISO 8601 date or time as the person gives it; wins over the file's own.

    Raises:
        PhotoError: `captured_at` is not an ISO 8601 date or time.
    """
    # Pillow reports some broken notes by a warning only.
    with warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always")
        readable, main, detail, interop = _tables(image)
    date, source = _date(main, detail)
    if captured_at is not None:
        date, source = _given_date(captured_at), "user"
    facts = CaptureFacts(
        captured_at=date,
        captured_at_source=source,
        camera_make=_text(main.get(_BASE.Make)),
        camera_model=_text(main.get(_BASE.Model)),
        lens=_text(detail.get(_BASE.LensModel)),
        software=_text(main.get(_BASE.Software)),
        exposure_s=_number(detail.get(_BASE.ExposureTime)),
        f_number=_number(detail.get(_BASE.FNumber)),
        iso=_number(detail.get(_BASE.ISOSpeedRatings)),
        focal_length_mm=_number(detail.get(_BASE.FocalLength)),
        white_balance=_white_balance(detail.get(_BASE.WhiteBalance)),
        flash=_flash(detail.get(_BASE.Flash)),
    )
    orientation = main.get(_BASE.Orientation)
    return Capture(
        facts,
        orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1,
        _space(detail.get(_BASE.ColorSpace), interop),
        readable and not complaints,
    )


def _tables(image: Image.Image) -> tuple[bool, Mapping[int, Any], Mapping[int, Any], Mapping[int, Any]]:
    main: Mapping[int, Any] = {}
    detail: Mapping[int, Any] = {}
    interop: Mapping[int, Any] = {}
    try:
        exif = image.getexif()
        main = dict(exif)
        detail = dict(exif.get_ifd(ExifTags.IFD.Exif))
        interop = dict(exif.get_ifd(ExifTags.IFD.Interop))
    except Exception:  # noqa: BLE001 - a hostile tag may raise anything, and none is worth a photo
        return False, main, detail, interop
    return True, main, detail, interop


def _date(
    main: Mapping[int, Any], detail: Mapping[int, Any]
) -> tuple[str | None, Literal["exif_original", "file", "user"] | None]:
    """When the shutter opened; failing that, when the picture was digitised or the file last changed."""
    taken = _exif_date(detail.get(_BASE.DateTimeOriginal), detail.get(_BASE.OffsetTimeOriginal))
    if taken:
        return taken, "exif_original"
    digitised = _exif_date(detail.get(_BASE.DateTimeDigitized), detail.get(_BASE.OffsetTimeDigitized))
    changed = digitised or _exif_date(main.get(_BASE.DateTime), detail.get(_BASE.OffsetTime))
    return (changed, "file") if changed else (None, None)


def _exif_date(value: Any, offset: Any) -> str | None:
    found = re.fullmatch(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)", clean_text(value or ""))
    if not found:
        return None
    year, month, day, hour, minute, second = map(int, found.groups())
    zone = clean_text(offset or "")
    zone = zone if re.fullmatch(r"[+-]\d\d:\d\d", zone) else ""
    try:
        moment = datetime(year, month, day, hour, minute, second)
        return datetime.fromisoformat(moment.isoformat() + zone).isoformat()
    except ValueError:
        return None


def _given_date(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise PhotoError(
            "The date of the photo cannot be read",
            expected="an ISO 8601 date or time such as 2026-03-14 or 2026-03-14T09:30:00+01:00",
            got=repr(clean_text(text)),
            advice="Correct the date",
        ) from None
    return text.strip() if len(text.strip()) == len("2026-03-14") else moment.isoformat()


def _text(value: Any) -> str | None:
    return clean_text(value) or None if isinstance(value, (str, bytes)) else None


def _number(value: Any) -> float | None:
    if isinstance(value, tuple) and len(value) == 1:
        value = value[0]
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if math.isfinite(number) and number > 0 else None


def _white_balance(value: Any) -> Literal["auto", "manual"] | None:
    if value == 0:
        return "auto"
    return "manual" if value == 1 else None


def _flash(value: Any) -> bool | None:
    return bool(value & 1) if isinstance(value, int) else None


def _space(colour_space: Any, interop: Mapping[int, Any]) -> str | None:
    if colour_space == 1:
        return "sRGB"
    index = interop.get(ExifTags.Interop.InteropIndex)
    # Cameras set to Adobe RGB enclose no profile: they write "R03" here (DCF 2.0).
    return "Adobe RGB (1998)" if isinstance(index, str) and index.startswith("R03") else None
