"""Small image files for the tests of decoding: any format, any EXIF."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import ExifTags, Image

pillow_heif.register_heif_opener()
Base = ExifTags.Base


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def patchwork(width: int = 64, height: int = 48) -> NDArray[np.uint8]:
    """Every 16 px block has its own colour, no row or column like another."""
    rng = np.random.default_rng(5)
    blocks = rng.integers(20, 235, (height // 16, width // 16, 3), dtype=np.uint8)
    return blocks.repeat(16, axis=0).repeat(16, axis=1)


def exif_with(**tags: Any) -> Image.Exif:
    """EXIF of main tags by name."""
    exif = Image.Exif()
    for name, value in tags.items():
        exif[Base[name]] = value
    return exif
