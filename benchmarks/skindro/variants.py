"""The same picture in other files: in Display P3, turned with an EXIF note, with full colour detail.

Each with loss and without. What shows without loss too is ours, or the 8 bits'; what shows only in the
JPEG is the JPEG's: where colour hardly varies, its rounding of chroma is nearly as large as faint relief.
"""

from __future__ import annotations

import io
import struct

import numpy as np
from PIL import ExifTags, Image

from analysis.linear import linear_light
from analysis.phantom.scene import SyntheticPhoto
from analysis.records import Pixels

# Colorants of sRGB and of Display P3 relative to D50, a column each (IEC 61966-2-1; SMPTE EG 432-1).
_SRGB = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])
_P3 = np.array([[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]])
QUALITY = 95


def variants(pixels: Pixels) -> dict[str, tuple[bytes, bytes]]:
    """Name -> file, and the file of the same picture that it is compared with."""
    small, whole, wide = plain(pixels), _png(pixels), _in_p3(pixels)
    turned = np.ascontiguousarray(np.rot90(pixels))
    return {
        "Display P3": (_jpeg(wide, icc_profile=_p3_profile()), small),
        "Display P3, lossless": (_png(wide, icc_profile=_p3_profile()), whole),
        "EXIF rotation": (_jpeg(turned, exif=_note()), small),
        "EXIF rotation, lossless": (_png(turned, exif=_note()), whole),
        "4:4:4 to 4:2:0": (_jpeg(pixels, subsampling=0), small),
        "lossless to 4:4:4": (_jpeg(pixels, subsampling=0), whole),
        "lossless to 4:2:0": (small, whole),
    }


def plain(pixels: Pixels) -> bytes:
    """The picture as an untagged JPEG, 4:2:0."""
    return _jpeg(pixels)


def signed(photo: SyntheticPhoto, camera: str) -> bytes:
    """The photo's own JPEG with the name of its camera in EXIF, as cameras write it."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = "SkinDRO", camera
    return _jpeg(photo.pixels, quality=photo.disturbance.jpeg_quality, exif=exif)


def _jpeg(pixels: Pixels, subsampling: int = 2, quality: int = QUALITY, **extra: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling=subsampling, **extra)
    return file.getvalue()


def _png(pixels: Pixels, **extra: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1, **extra)
    return file.getvalue()


def _note() -> Image.Exif:
    """To turn back what lies on its side (orientation 6)."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def _in_p3(pixels: Pixels) -> Pixels:
    light = np.clip(linear_light(pixels) @ (np.linalg.inv(_P3) @ _SRGB).T, 0, 1)
    coded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(255 * coded), np.uint8)


def _p3_profile() -> bytes:
    """A minimal ICC version 2 matrix profile of Display P3."""
    code = np.arange(1024) / 1023
    curve = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    table = b"curv\0\0\0\0" + struct.pack(">I", 1024) + np.rint(curve * 65535).astype(">u2").tobytes()
    name = b"Display P3\0"
    text = b"desc\0\0\0\0" + struct.pack(">I", len(name)) + name + bytes(78)
    tags = {b"desc": text, b"wtpt": _xyz(0.9642, 1.0, 0.8249)}
    for letter, column in zip(b"rgb", _P3.T, strict=True):
        tags[bytes([letter]) + b"XYZ"] = _xyz(*column)
        tags[bytes([letter]) + b"TRC"] = table
    listing, body, at = b"", b"", 132 + 12 * len(tags)
    for key, payload in tags.items():
        listing += struct.pack(">4sII", key, at + len(body), len(payload))
        body += payload + bytes(-len(payload) % 4)
    head = struct.pack(">I4sI", at + len(body), bytes(4), 0x02100000) + b"mntrRGB XYZ " + bytes(12) + b"acsp"
    head = head.ljust(68, b"\0") + struct.pack(">iii", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + listing + body


def _xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">iii", *(round(float(v) * 65536) for v in values))
