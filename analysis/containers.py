"""What a pile of bytes is, by content alone: one of the five formats that are read, or its proper name.

Nothing is decoded here and no file name is asked. Formats are recognised by their first bytes; everything
else is refused under its own name, because "this is a PDF" helps and "cannot identify image" does not.
"""

from __future__ import annotations

import re
import struct
from typing import Literal

from analysis.errors import EmptyFile, PhotoTooLarge, PhotoTooSmall, UnsupportedFormat

Format = Literal["JPEG", "PNG", "WEBP", "HEIF", "TIFF"]

MAX_BYTES = 30 * 1024 * 1024
MAX_PIXELS = 60_000_000
MIN_SIDE = 32
"""Shorter side in pixels below which no patch of skin is left to measure."""

READ_FORMATS = "a photo as JPEG, PNG, WebP, HEIC or TIFF"

_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"mif1", b"mif2", b"miaf"}
_SEQUENCE_BRANDS = {b"hevc", b"hevx", b"hevm", b"hevs", b"msf1"}
_OTHER = (
    (b"GIF8", "a GIF"),
    (b"BM", "a BMP"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL file"),
    (b"\xff\x0a", "a JPEG XL file"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 file"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 file"),
    (b"8BPS", "a Photoshop document"),
    (b"\x00\x00\x01\x00", "an icon (ICO)"),
    (b"FUJIFILMCCD-RAW", "a camera raw file (RAF)"),
    (b"IIRO", "a camera raw file (ORF)"),
    (b"IIU\x00", "a camera raw file (RW2)"),
    (b"II+\x00", "a BigTIFF"),
    (b"MM\x00+", "a BigTIFF"),
    (b"%PDF", "a PDF"),
    (b"%!", "a PostScript file"),
    (b"\xc5\xd0\xd3\xc6", "an EPS file"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3", "a database"),
    (b"\x1aE\xdf\xa3", "a video (Matroska)"),
    (b"RIFF", "a RIFF file that is no WebP"),
)
_ADVICE = "Save or export the photo as JPEG, and choose that file"


def sniff(data: bytes) -> Format:
    """The format of the bytes, by content.

    Raises:
        EmptyFile: no bytes.
        PhotoTooLarge: more than `MAX_BYTES`, or a HEIC image sequence.
        UnsupportedFormat: anything but the five formats, named where it is known.

    >>> sniff(b"\\x89PNG\\r\\n\\x1a\\n")
    'PNG'
    """
    if not data:
        raise EmptyFile(
            "The file is empty", expected=READ_FORMATS, got="0 bytes", advice="Choose the photo again"
        )
    if len(data) > MAX_BYTES:
        raise PhotoTooLarge(
            "The file is too large",
            expected=f"at most {MAX_BYTES // 1024**2} MB",
            got=f"{len(data) / 1024**2:.1f} MB",
            advice="Export the photo as JPEG at full size",
        )
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        return _sniff_iso_media(data)
    if data.startswith((b"II*\x00", b"MM\x00*")) and data[8:10] != b"CR":
        return "TIFF"
    raise UnsupportedFormat(
        "The file is not a photo that is read",
        expected=f"{READ_FORMATS}, recognised by content and not by name",
        got=_name_of(data),
        advice=_ADVICE,
    )


def _sniff_iso_media(data: bytes) -> Format:
    # One container for HEIC, AVIF, camera raw and video: the brands tell which.
    box_end = min(max(int.from_bytes(data[:4], "big"), 16), 256)
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, box_end - 3, 4))]
    if brands[0] in _SEQUENCE_BRANDS:
        raise PhotoTooLarge(
            "The file holds a series of pictures",
            expected="one picture",
            got="a HEIC image sequence",
            advice="Export the one picture that is meant",
        )
    if not {b"avif", b"avis"} & set(brands) and _HEIC_BRANDS & set(brands):
        return "HEIF"
    raise UnsupportedFormat(
        "The file is not a photo that is read",
        expected=f"{READ_FORMATS}, recognised by content and not by name",
        got=_name_of_brand(brands),
        advice=_ADVICE,
    )


def _name_of_brand(brands: list[bytes]) -> str:
    if {b"avif", b"avis"} & set(brands):
        return "an AVIF"
    if brands[0] == b"crx ":
        return "a camera raw file (CR3)"
    return "a video (MP4 or QuickTime)"


def _name_of(data: bytes) -> str:
    for magic, name in _OTHER:
        if data.startswith(magic):
            return name
    if data.startswith((b"II*\x00", b"MM\x00*")):
        return "a camera raw file (CR2)"
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in head:
        return "an SVG drawing"
    if head.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    if head.startswith(b"<"):
        return "a markup file"
    if head.isascii() and all(byte >= 32 or byte in b"\t\r\n" for byte in head):
        return "a text file"
    return f"{len(data)} bytes of no known kind"


def check_size(width: int, height: int) -> None:
    """Refuse more or fewer pixels than are read, before any of them is decoded.

    Raises:
        PhotoTooLarge: more than `MAX_PIXELS`.
        PhotoTooSmall: a side shorter than `MIN_SIDE`.
    """
    if width * height > MAX_PIXELS:
        raise PhotoTooLarge(
            "The photo has too many pixels",
            expected=f"at most {MAX_PIXELS // 1_000_000} megapixels",
            got=f"{width} x {height} = {width * height / 1e6:.1f} megapixels",
            advice="Use the camera's normal size, or crop to the skin that matters",
        )
    if min(width, height) < MIN_SIDE:
        raise PhotoTooSmall(
            "The photo has too few pixels to measure skin",
            expected=f"at least {MIN_SIDE} pixels on the shorter side",
            got=f"{width} x {height}",
            advice="Choose the original photo, not a preview of it",
        )


def header_size(data: bytes, kind: Format) -> tuple[int, int] | None:
    """Width and height as declared, for the two formats whose readers allocate or unpack on opening.

    None where the header is not understood (the decoder will then say what is wrong) and for the formats
    whose readers open without allocating pixels.
    """
    if kind == "PNG" and data[12:16] == b"IHDR" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    if kind == "WEBP" and len(data) >= 30:
        if data[12:16] == b"VP8X":
            return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
        if data[12:16] == b"VP8L":
            bits = int.from_bytes(data[21:25], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        if data[12:16] == b"VP8 ":
            width, height = struct.unpack("<HH", data[26:30])
            return width & 0x3FFF, height & 0x3FFF
    return None


_JPEG_MARKER = re.compile(rb"\xff+([\x01-\xcf\xd8-\xfe])")


def has_end(data: bytes, kind: Format) -> bool:
    """True where the file is there to its own end mark; the decoder alone lets a missing mark pass.

    >>> has_end(b"\\xff\\xd8\\xff\\xd9", "JPEG"), has_end(b"\\xff\\xd8\\xff", "JPEG")
    (True, False)
    """
    if kind == "PNG":
        return b"IEND" in data[-64:] or data.rfind(b"IEND") >= 0
    if kind != "JPEG" or data.endswith(b"\xff\xd9"):
        return True
    # Phones append data after the picture: walk the segments to the picture's own end mark.
    at = 2
    while found := _JPEG_MARKER.search(data, at):
        marker = found[1][0]
        if marker == 0xD9:
            return True
        at = found.end()
        if marker not in (0x01, 0xD8):
            at += max(int.from_bytes(data[at : at + 2], "big"), 2)
    return False


def clean_text(text: object, limit: int = 64) -> str:
    """Text out of a file, fit to be shown: printable, single-spaced, bounded.

    >>> clean_text("Canon\\x00\\x1b[31m  EOS ")
    'Canon[31m EOS'
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    kept = "".join(char if char.isprintable() else " " if char.isspace() else "" for char in str(text)[:1024])
    return " ".join(kept.split())[:limit].strip()
