"""Decoding of good photos: upright, read-only, by decoders that are new enough."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from analysis import decode as decode_module
from analysis.decode import check_decoders, decode
from analysis.flags import FLAGS
from tests.analysis.image_files import encoded, exif_with, patchwork

# What a camera held in each of the eight ways stores, and the tag it writes (EXIF 2.32, table 6).
STORED = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, 1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: np.rot90(a, -1),
}


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize(
    ("kind", "options"),
    [("PNG", {}), ("TIFF", {}), ("TIFF", {"compression": "tiff_lzw"}), ("WEBP", {"lossless": True})],
)
def test_every_orientation_of_a_lossless_photo_gives_the_same_pixels(
    orientation: int, kind: str, options: dict[str, Any]
) -> None:
    upright = patchwork()
    stored = np.ascontiguousarray(STORED[orientation](upright))
    photo = decode(encoded(Image.fromarray(stored), kind, exif=exif_with(Orientation=orientation), **options))
    assert np.array_equal(photo.pixels, upright)


@pytest.mark.parametrize("orientation", STORED)
def test_every_orientation_of_a_jpeg_is_turned_upright(orientation: int) -> None:
    upright = patchwork()
    stored = np.ascontiguousarray(STORED[orientation](upright))
    data = encoded(
        Image.fromarray(stored), "JPEG", quality=98, subsampling=0, exif=exif_with(Orientation=orientation)
    )
    difference = np.abs(decode(data).pixels.astype(int) - upright)
    assert difference.max() <= 6


@pytest.mark.parametrize("orientation", STORED)
def test_heic_is_not_turned_twice(orientation: int) -> None:
    upright = patchwork(128, 96)
    stored = np.ascontiguousarray(STORED[orientation](upright))
    # The writer turns the tag into the container's own rotation, as phones do.
    data = encoded(
        Image.fromarray(stored),
        "HEIF",
        quality=-1,
        chroma=444,
        exif=exif_with(Orientation=orientation).tobytes(),
    )
    pixels = decode(data).pixels
    assert pixels.shape == upright.shape
    assert np.abs(pixels[8::16, 8::16].astype(int) - upright[8::16, 8::16]).max() <= 6


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_impossible_orientation_is_ignored(orientation: Any) -> None:
    data = encoded(Image.fromarray(patchwork()), "PNG", exif=exif_with(Orientation=orientation))
    assert np.array_equal(decode(data).pixels, patchwork())


def test_pixels_are_read_only_and_contiguous() -> None:
    for orientation in (1, 6):
        data = encoded(Image.fromarray(patchwork()), "PNG", exif=exif_with(Orientation=orientation))
        pixels = decode(data).pixels
        assert pixels.flags.c_contiguous
        assert pixels.dtype == np.uint8
        with pytest.raises(ValueError, match="read-only"):
            pixels[0, 0, 0] = 1


def test_old_decoders_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode_module, "_FLOORS", (("Pillow", "12.9.9", (13, 0, 0)),))
    with pytest.raises(RuntimeError, match=r"Pillow is too old.*expected 13\.0\.0 or newer, got 12\.9\.9"):
        check_decoders()


def test_every_flag_is_in_the_table() -> None:
    from pathlib import Path

    from analysis import capture, colour

    text = "".join(Path(str(module.__file__)).read_text() for module in (decode_module, capture, colour))
    used = {name for name in FLAGS if f'"{name}"' in text}
    assert {"untagged_colour", "transparency_removed", "several_images_first_read"} <= used
