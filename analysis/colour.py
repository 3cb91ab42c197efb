"""Whatever colours a file holds -> sRGB, through the file's own profile, always.

Reading a Display-P3 photo as sRGB shifts skin by more than a treatment does, so no profile is ignored.
Matrix profiles are applied by `analysis.icc`, all others by LittleCMS, both relative colorimetric: colours
inside sRGB keep their measured place. A file without any colour statement is read as sRGB, and flagged.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, NamedTuple

from PIL import Image, ImageCms

from analysis.containers import clean_text
from analysis.errors import UnsupportedColour
from analysis.icc import MatrixProfile, named_profile, parse_profile

UNTAGGED = "untagged, read as sRGB"


class Srgb(NamedTuple):
    """An RGB image, the name of what it is converted from, flags, and what is still to be done."""

    image: Image.Image
    profile: str
    flags: tuple[str, ...]
    matrix: MatrixProfile | None = None
    """To be applied to the pixels; None where they are sRGB already."""


def to_srgb(image: Image.Image, info: Mapping[Any, Any], *, exif_space: str | None = None) -> Srgb:
    """Convert a loaded image of mode RGB, L or CMYK to sRGB, or say by which matrix profile it is to be.

    Args:
        image: loaded.
        info: Pillow's notes on the file, for `icc_profile`, PNG's `srgb`, HEIC's `nclx_profile`.
        exif_space: "sRGB" or "Adobe RGB (1998)" where EXIF says so.

    Raises:
        UnsupportedColour: CMYK without a readable profile, or a high-dynamic-range transfer curve.
    """
    icc = info.get("icc_profile") or b""
    flags: list[str] = ["converted_from_grey"] if image.mode == "L" else []
    if icc:
        converted = _through(icc, image)
        if converted is not None:
            if image.mode == "CMYK":
                flags.append("converted_from_cmyk")
            return converted._replace(flags=tuple(flags))
        flags.append("colour_profile_unreadable")
    if image.mode == "CMYK":
        raise UnsupportedColour(
            "The file was made for print and its colours cannot be read back",
            expected="an RGB photo, or CMYK with its colour profile enclosed",
            got="CMYK with a broken profile" if icc else "CMYK without a profile",
            advice="Use the camera's original photo",
        )
    named = _named_space(info) or exif_space
    if named is None and not icc:
        flags.append("untagged_colour")
    matrix = named_profile(named) if named not in (None, "sRGB") and image.mode == "RGB" else None
    rgb = image if image.mode == "RGB" else image.convert("RGB")
    return Srgb(rgb, named or UNTAGGED, tuple(flags), matrix)


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


def _through(icc: bytes, image: Image.Image) -> Srgb | None:
    """The image through its profile; None where the profile is broken or of another kind of colour."""
    if image.mode == "RGB":
        matrix = parse_profile(icc)
        if matrix is not None:
            return Srgb(image, _name(icc), (), None if matrix.is_srgb() else matrix)
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        if source.profile.xcolor_space.strip() != {"L": "GRAY"}.get(image.mode, image.mode):
            return None
        target, intent = ImageCms.createProfile("sRGB"), ImageCms.Intent.RELATIVE_COLORIMETRIC
        transform = ImageCms.buildTransform(source, target, image.mode, "RGB", renderingIntent=intent)
        converted = ImageCms.applyTransform(image, transform)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    return None if converted is None else Srgb(converted, _name(icc), ())


def _name(icc: bytes) -> str:
    try:
        name = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(icc)))
    except (ImageCms.PyCMSError, OSError):
        name = ""
    return clean_text(name) or "an unnamed profile"
