"""What a photo says of how it was taken: the facts that may be known, and no others."""

from __future__ import annotations

import json

import pytest
from PIL import ExifTags, Image, TiffImagePlugin

from analysis.decode import decode
from analysis.errors import PhotoError
from analysis.records import as_json
from tests.analysis.image_files import Base, encoded, exif_with, patchwork


def camera_exif() -> Image.Exif:
    exif = exif_with(
        Make="Canon\0", Model="EOS R5 \x1b[31m", Software="Firmware 1.8", DateTime="2026:05:02 10:00:00"
    )
    detail = exif.get_ifd(ExifTags.IFD.Exif)
    detail[Base.DateTimeOriginal] = "2026:05:01 09:30:15"
    detail[Base.OffsetTimeOriginal] = "+02:00"
    detail[Base.ExposureTime] = TiffImagePlugin.IFDRational(1, 125)
    detail[Base.FNumber] = TiffImagePlugin.IFDRational(28, 10)
    detail[Base.ISOSpeedRatings] = 200
    detail[Base.FocalLength] = TiffImagePlugin.IFDRational(100, 1)
    detail[Base.WhiteBalance] = 1
    detail[Base.Flash] = 0x19
    detail[Base.LensModel] = "RF100mm F2.8"
    return exif


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF"])
def test_capture_facts_are_read_from_every_format(kind: str) -> None:
    facts = decode(encoded(Image.fromarray(patchwork()), kind, exif=camera_exif().tobytes())).facts
    assert facts.captured_at == "2026-05-01T09:30:15+02:00"
    assert facts.captured_at_source == "exif_original"
    assert (facts.camera_make, facts.camera_model) == ("Canon", "EOS R5 [31m")
    assert (facts.lens, facts.software) == ("RF100mm F2.8", "Firmware 1.8")
    assert facts.exposure_s == pytest.approx(1 / 125)
    assert (facts.f_number, facts.iso, facts.focal_length_mm) == pytest.approx((2.8, 200, 100))
    assert (facts.white_balance, facts.flash) == ("manual", True)


@pytest.mark.parametrize(
    ("original", "digitised", "changed", "expected"),
    [
        ("2026:05:01 09:30:15", "", "", ("2026-05-01T09:30:15", "exif_original")),
        ("", "2026:04:01 08:00:00", "2026:05:02 10:00:00", ("2026-04-01T08:00:00", "file")),
        ("", "", "2026:05:02 10:00:00", ("2026-05-02T10:00:00", "file")),
        ("0000:00:00 00:00:00", "", "", (None, None)),
        ("2026:13:41 09:30:15", "", "", (None, None)),
        ("    :  :     :  :  ", "", "", (None, None)),
    ],
)
def test_the_date_names_its_source(
    original: str, digitised: str, changed: str, expected: tuple[str | None, str | None]
) -> None:
    exif = Image.Exif()
    detail = exif.get_ifd(ExifTags.IFD.Exif)
    if original:
        detail[Base.DateTimeOriginal] = original
    if digitised:
        detail[Base.DateTimeDigitized] = digitised
    if changed:
        exif[Base.DateTime] = changed
    facts = decode(encoded(Image.fromarray(patchwork()), "JPEG", exif=exif)).facts
    assert (facts.captured_at, facts.captured_at_source) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2026-03-14", "2026-03-14"),
        (" 2026-03-14 09:30 ", "2026-03-14T09:30:00"),
        ("2026-03-14T09:30:00+01:00", "2026-03-14T09:30:00+01:00"),
    ],
)
def test_the_persons_own_date_wins(given: str, expected: str) -> None:
    data = encoded(Image.fromarray(patchwork()), "JPEG", exif=camera_exif())
    facts = decode(data, captured_at=given).facts
    assert (facts.captured_at, facts.captured_at_source) == (expected, "user")


def test_a_date_that_is_none_is_refused() -> None:
    with pytest.raises(PhotoError, match="ISO 8601"):
        decode(encoded(Image.fromarray(patchwork())), captured_at="last spring")


CANARIES = (
    "SERIAL-4711",
    "OWNER-NAME",
    "MAKER-NOTE",
    "ARTIST-NAME",
    "COMMENT-TEXT",
    "XMP-CREATOR",
    "HOST-PC",
)


def test_position_serials_and_names_never_leave_the_decoder() -> None:
    exif = camera_exif()
    exif[Base.Artist] = "ARTIST-NAME"
    exif[Base.HostComputer] = "HOST-PC"
    exif[Base.ImageDescription] = "COMMENT-TEXT"
    detail = exif.get_ifd(ExifTags.IFD.Exif)
    detail[Base.BodySerialNumber] = detail[Base.LensSerialNumber] = "SERIAL-4711"
    detail[Base.CameraOwnerName] = "OWNER-NAME"
    detail[Base.MakerNote] = b"MAKER-NOTE"
    detail[Base.UserComment] = b"ASCII\0\0\0COMMENT-TEXT"
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef] = "N"
    gps[ExifTags.GPS.GPSLatitude] = tuple(TiffImagePlugin.IFDRational(v) for v in (52, 31, 12))
    data = encoded(
        Image.fromarray(patchwork()), "JPEG", exif=exif, comment="COMMENT-TEXT", xmp=b"<x>XMP-CREATOR</x>"
    )
    assert all(canary.encode() in data for canary in CANARIES)
    photo = decode(data)
    out = repr(photo) + json.dumps(as_json(photo))
    assert not [canary for canary in CANARIES if canary in out]
    assert "52" not in repr(photo.facts)
    assert "GPS" not in out


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0",
        b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40,
        b"Exif\0\0II*\0\xff\xff\xff\x7f",
        b"Exif\0\0garbage" * 9,
    ],
)
def test_broken_exif_costs_the_facts_and_not_the_photo(exif: bytes) -> None:
    photo = decode(encoded(Image.fromarray(patchwork()), "JPEG", exif=exif))
    assert photo.pixels.shape == (48, 64, 3)
    assert photo.facts.captured_at is None


def test_unreadable_exif_is_flagged() -> None:
    exif = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40
    assert (
        "capture_facts_unreadable" in decode(encoded(Image.fromarray(patchwork()), "JPEG", exif=exif)).flags
    )


def test_long_texts_are_bounded() -> None:
    exif = exif_with(Model="M" * 5000)
    assert decode(encoded(Image.fromarray(patchwork()), "JPEG", exif=exif)).facts.camera_model == "M" * 64


@pytest.mark.parametrize("quality", [20, 50, 75, 85, 92, 95, 98])
def test_jpeg_quality_is_estimated(quality: int) -> None:
    found = decode(encoded(Image.fromarray(patchwork()), "JPEG", quality=quality)).jpeg_quality
    assert found is not None
    assert abs(found - quality) <= 1


def test_only_a_jpeg_has_a_jpeg_quality() -> None:
    assert decode(encoded(Image.fromarray(patchwork()))).jpeg_quality is None


def test_hash_is_of_the_bytes() -> None:
    import hashlib

    data = encoded(Image.fromarray(patchwork()))
    assert decode(data).sha256 == hashlib.sha256(data).hexdigest()
