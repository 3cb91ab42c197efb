"""Whatever colours a file holds -> sRGB, through the file's own profile, always.

Reading a Display-P3 photo as sRGB shifts skin by more than a treatment does, so no profile is ignored.
Profiles are applied by LittleCMS with the relative colorimetric intent: colours inside sRGB keep their
measured place. A file without any colour statement is read as sRGB, and flagged.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageCms

from analysis.containers import clean_text
from analysis.errors import UnsupportedColour

UNTAGGED = "untagged, read as sRGB"

# Media-relative (D50) colorants of the two spaces that cameras name without enclosing a profile.
_COLORANTS = {
    "Display P3": ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)),
    "Adobe RGB (1998)": (
        (0.60974, 0.31111, 0.01947),
        (0.20528, 0.62567, 0.06087),
        (0.14919, 0.06322, 0.74457),
    ),
}


class Srgb(NamedTuple):
    """An RGB image in sRGB, the name of what it was converted from, and flags."""

    image: Image.Image
    profile: str
    flags: tuple[str, ...]


def to_srgb(image: Image.Image, info: Mapping[Any, Any], *, exif_space: str | None = None) -> Srgb:
    """Convert a loaded image of mode RGB, L or CMYK to sRGB.

    Args:
        image: loaded; may be changed in place.
        info: Pillow's notes on the file, for `icc_profile`, PNG's `srgb`, HEIC's `nclx_profile`.
        exif_space: "sRGB" or "Adobe RGB (1998)" where EXIF says so.

    Raises:
        UnsupportedColour: CMYK without a readable profile, or a high-dynamic-range transfer curve.
    """
    flags: list[str] = []
    if image.mode == "L":
        flags.append("converted_from_grey")
    icc = info.get("icc_profile") or b""
    if icc:
        converted = _apply(image, icc)
        if converted is not None:
            if image.mode == "CMYK":
                flags.append("converted_from_cmyk")
            return Srgb(converted, _name(icc), tuple(flags))
        flags.append("colour_profile_unreadable")
    if image.mode == "CMYK":
        raise UnsupportedColour(
            "The file was made for print and its colours cannot be read back",
            expected="an RGB photo, or CMYK with its colour profile enclosed",
            got="CMYK with a broken profile" if icc else "CMYK without a profile",
            advice="Use the camera's original photo",
        )
    named = _named_space(info) or exif_space
    if named in _COLORANTS and image.mode == "RGB":
        converted = _apply(image, matrix_profile(named))
        if converted is not None:
            return Srgb(converted, named, tuple(flags))
    if named is None and not icc:
        flags.append("untagged_colour")
    rgb = image if image.mode == "RGB" else image.convert("RGB")
    return Srgb(rgb, named or UNTAGGED, tuple(flags))


def _named_space(info: Mapping[Any, Any]) -> str | None:
    """The colour space that the file names without a profile: PNG's sRGB chunk, HEIC's nclx numbers."""
    if "srgb" in info:
        return "sRGB"
    nclx = info.get("nclx_profile")
    if not isinstance(nclx, Mapping):
        return None
    if int(nclx.get("transfer_characteristics", 2)) in (16, 18):
        raise UnsupportedColour(
            "The photo is stored with a high dynamic range",
            expected="a standard photo in sRGB or Display P3",
            got="a PQ or HLG transfer curve",
            advice="Switch HDR photos off in the camera, or export the photo as JPEG",
        )
    return {1: "sRGB", 12: "Display P3"}.get(int(nclx.get("color_primaries", 2)))


def _apply(image: Image.Image, icc: bytes) -> Image.Image | None:
    """The image through its profile, or None where the profile is broken or of another kind of colour."""
    try:
        transform = _transform(icc, image.mode)
        if transform is None:
            return image
        if image.mode == "RGB":
            ImageCms.applyTransform(image, transform, inPlace=True)
            return image
        return ImageCms.applyTransform(image, transform)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


@lru_cache(maxsize=8)
def _transform(icc: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The way from a profile to sRGB; None where it changes nothing, so that 12 megapixels are not touched.

    A profile that moves none of 4,913 probe colours by more than one code value is sRGB, whatever its name.
    """
    source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    expected = {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK"}[mode]
    found = source.profile.xcolor_space.strip()
    if found != expected:
        raise ValueError(f"a profile for {found}, the picture is {expected}")
    transform = ImageCms.buildTransform(
        source,
        ImageCms.createProfile("sRGB"),
        mode,
        "RGB",
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
    )
    if mode == "RGB":
        probe = _probe()
        seen = np.asarray(ImageCms.applyTransform(probe, transform))
        if np.abs(seen.astype(np.int16) - np.asarray(probe)).max() <= 1:
            return None
    return transform


def _probe() -> Image.Image:
    steps = np.linspace(0, 255, 17).round().astype(np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1)
    return Image.fromarray(np.ascontiguousarray(grid.reshape(17, 289, 3)))


def _name(icc: bytes) -> str:
    try:
        name = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(icc)))
    except (ImageCms.PyCMSError, OSError):
        name = ""
    return clean_text(name) or "an unnamed profile"


@lru_cache(maxsize=4)
def matrix_profile(name: str) -> bytes:
    """An ICC profile for "Display P3" or "Adobe RGB (1998)", for files that name the space only.

    >>> len(matrix_profile("Display P3")) > 128
    True
    """
    if name == "Display P3":
        u = np.linspace(0, 1, 1024)
        linear = np.where(u <= 0.04045, u / 12.92, ((u + 0.055) / 1.055) ** 2.4)
        curve = struct.pack(">4sII", b"curv", 0, 1024) + (linear * 65535).round().astype(">u2").tobytes()
    else:
        curve = struct.pack(">4sIIH", b"curv", 0, 1, 563) + b"\0\0"
    text = name.encode() + b"\0"
    desc = struct.pack(">4sII", b"desc", 0, len(text)) + text + bytes(78)
    tags = [(b"desc", desc), (b"cprt", b"text\0\0\0\0none\0"), (b"wtpt", _xyz(0.9642, 1.0, 0.8249))]
    tags += [
        (key, _xyz(*xyz)) for key, xyz in zip((b"rXYZ", b"gXYZ", b"bXYZ"), _COLORANTS[name], strict=True)
    ]
    tags += [(key, curve) for key in (b"rTRC", b"gTRC", b"bTRC")]
    table, body, at = b"", b"", 132 + 12 * len(tags)
    for key, payload in tags:
        table += struct.pack(">4sII", key, at + len(body), len(payload))
        body += payload + bytes(-len(payload) % 4)
    size = at + len(body)
    head = struct.pack(
        ">I4sI4s4s4s12s4s", size, b"\0" * 4, 0x02100000, b"mntr", b"RGB ", b"XYZ ", bytes(12), b"acsp"
    )
    head = head.ljust(68, b"\0") + _xyz(0.9642, 1.0, 0.8249)[8:]
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def _xyz(x: float, y: float, z: float) -> bytes:
    return struct.pack(">4sIiii", b"XYZ ", 0, *(round(value * 65536) for value in (x, y, z)))
