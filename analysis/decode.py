"""Bytes -> `Photo`: recognised by content, bounded by its header, upright, sRGB, with its capture facts.

Pillow is the only decoder, and each format goes to its one reader, never to whichever claims it. The
header is bounded before a pixel is decoded; a photo counts only after a full load to its end mark.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import PIL
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from analysis.capture import read_capture
from analysis.colour import to_srgb
from analysis.containers import (
    MAX_BYTES,
    MAX_PIXELS,
    MIN_SIDE,
    READ_FORMATS,
    Format,
    check_size,
    has_end,
    header_size,
    sniff,
)
from analysis.errors import AnalysisError, DamagedPhoto, PhotoTooLarge, UnsupportedColour, UnsupportedFormat
from analysis.icc import STRIP_ROWS, MatrixProfile, convert
from analysis.records import Photo, Pixels

__all__ = ["MAX_BYTES", "MAX_PIXELS", "MIN_SIDE", "READ_FORMATS", "check_decoders", "decode"]

# The reader's own class is what `formats=` narrows to, without the registry and its guesses.
_READERS: dict[Format, Callable[[io.BytesIO], ImageFile.ImageFile]] = {
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "WEBP": WebPImageFile,
    "TIFF": TiffImageFile,
    "HEIF": pillow_heif.HeifImageFile,
}
_FLOORS = (("Pillow", PIL.__version__, (13, 0, 0)), ("pillow-heif", pillow_heif.__version__, (1, 8, 1)))
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def check_decoders() -> None:
    """Refuse to start with a decoder that is known to be unsafe.

    Raises:
        RuntimeError: Pillow or pillow-heif is older than the release that closed its known holes.
    """
    for name, version, floor in _FLOORS:
        found = tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
        if found < floor:
            wanted = ".".join(map(str, floor))
            raise RuntimeError(
                f"{name} is too old to read photos from strangers safely; expected {wanted} or newer, "
                f"got {version}. Update it, for example with `uv sync`."
            )


check_decoders()


def decode(data: bytes, *, captured_at: str | None = None) -> Photo:
    """Decode one photo.

    Args:
        data: the whole file: JPEG, PNG, WebP, HEIC or TIFF; at most `MAX_BYTES`, `MAX_PIXELS`, one frame.
        captured_at: ISO 8601 date or time given by the person; wins over what the file says.

    Returns:
        Upright 8-bit sRGB pixels, read-only, with capture facts. Dates: `exif_original` is when the shutter
        opened; `file` is when it was digitised or last changed, and may be wrong.

    Raises:
        EmptyFile, UnsupportedFormat, PhotoTooLarge, PhotoTooSmall, DamagedPhoto, UnsupportedColour.

    >>> from io import BytesIO
    >>> file = BytesIO()
    >>> Image.new("RGB", (64, 48), (180, 130, 110)).save(file, "PNG")
    >>> decode(file.getvalue()).pixels.shape
    (48, 64, 3)
    """
    kind = sniff(data)
    declared = header_size(data, kind)
    if declared:
        check_size(*declared)
    # Our own bounds are stricter than those that Pillow warns about.
    with warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always")
        image = _opened(data, kind)
        frame_flags = _check_frames(image, kind)
        bit_depth = _bit_depth(image, data, kind)
        _load(image, data, kind)
    capture = read_capture(image, captured_at)
    plain, alpha, mode_flags = _plain(image, bit_depth, grey=kind == "PNG" and data[25] in (0, 4))
    # HEIC and TIFF come out of their readers upright already. Turned before colours are converted, so that
    # the dither pattern lies on the upright photo and every orientation gives the same pixels.
    if kind in ("JPEG", "PNG", "WEBP") and capture.orientation in _UPRIGHT:
        plain = plain.transpose(_UPRIGHT[capture.orientation])
        alpha = alpha.transpose(_UPRIGHT[capture.orientation]) if alpha else None
    srgb = to_srgb(plain, image.info, exif_space=capture.space)
    pixels = _pixels(srgb.image, srgb.matrix)
    if alpha is not None:
        pixels = _on_white(pixels, np.asarray(alpha))
    pixels.flags.writeable = False
    readable = capture.readable and not any("EXIF" in str(one.message) for one in complaints)
    fact_flags = () if readable else ("capture_facts_unreadable",)
    flags = (*frame_flags, *mode_flags, *srgb.flags, *fact_flags)
    return Photo(
        sha256=hashlib.sha256(data).hexdigest(),
        pixels=pixels,
        facts=capture.facts,
        format=kind,
        colour_profile=srgb.profile,
        bit_depth=bit_depth,
        jpeg_quality=_jpeg_quality(image) if kind == "JPEG" else None,
        flags=tuple(dict.fromkeys(flags)),
    )


def _opened(data: bytes, kind: Format) -> ImageFile.ImageFile:
    """The image with its header read and bounded, nothing decoded yet."""
    with _as_damage(kind):
        image = _READERS[kind](io.BytesIO(data))
    check_size(*image.size)
    return image


@contextmanager
def _as_damage(kind: Format) -> Iterator[None]:
    """Whatever the decoder raises inside becomes one typed error."""
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a decoder may raise anything on hostile bytes
        raise _damage(kind, error) from None


def _check_frames(image: ImageFile.ImageFile, kind: Format) -> tuple[str, ...]:
    """Flags for a file of several pictures with one clear main one.

    Raises:
        PhotoTooLarge: an animation, or a document of several pages.
        UnsupportedFormat: a raw file, whose first picture is only a preview.
    """
    if kind == "TIFF":
        tags: Any = getattr(image, "tag_v2", {})
        if 0xC612 in tags or int(tags.get(254, 0) or 0) & 1:
            raise UnsupportedFormat(
                "The file is a camera raw file",
                expected=READ_FORMATS,
                got="raw sensor data with a preview picture (DNG or alike)",
                advice="Export the photo as JPEG or TIFF",
            )
    with _as_damage(kind):
        frames = int(getattr(image, "n_frames", 1))
    if kind == "HEIF":
        return ("several_images_first_read",) if frames > 1 else ()
    if frames > 1 or getattr(image, "is_animated", False):
        raise PhotoTooLarge(
            "The file holds more than one picture",
            expected="one picture",
            got=f"{frames} {'pages' if kind == 'TIFF' else 'frames of an animation'}",
            advice="Export the one picture that is meant",
        )
    return ()


def _load(image: ImageFile.ImageFile, data: bytes, kind: Format) -> None:
    with _as_damage(kind):
        image.load()
    if not has_end(data, kind):
        raise _damage(kind, OSError("the file ends before its end mark"))


def _unsupported(got: str) -> UnsupportedColour:
    return UnsupportedColour(
        "The file stores colours in a way that is not measured",
        expected="RGB with 8 or 16 bits a channel",
        got=got,
        advice="Export the photo as an 8-bit sRGB JPEG",
    )


def _damage(kind: Format, error: Exception) -> AnalysisError:
    reason = str(error) or type(error).__name__
    if "too large" in reason.lower():
        return PhotoTooLarge(
            "The file carries a note that unpacks to more than is read",
            expected="a photo with ordinary notes",
            got=f"a {_label(kind)} whose notes unpack to over a megabyte",
            advice="Save the photo again without notes, or use the original",
        )
    if "unknown pixel mode" in reason:
        return _unsupported("a way that the decoder does not know, such as 32 bits a channel")
    if "unrecognized data stream" in reason or "truncated" in reason or "end mark" in reason:
        got = f"a {_label(kind)} that stops early or breaks off ({reason})"
    else:
        got = f"a {_label(kind)} that cannot be decoded ({reason})"
    return DamagedPhoto(
        "The photo is damaged",
        expected=f"a complete {_label(kind)} file",
        got=got,
        advice="Copy the photo from the camera or phone again",
    )


def _label(kind: Format) -> str:
    return {"HEIF": "HEIC", "WEBP": "WebP"}.get(kind, kind)


def _bit_depth(image: ImageFile.ImageFile, data: bytes, kind: Format) -> int:
    """Bits a channel in the file."""
    if kind == "PNG":
        return max(8, data[24])
    if kind == "TIFF":
        bits: Any = getattr(image, "tag_v2", {}).get(258, (8,))
        return max(8, *(int(b) for b in (bits if isinstance(bits, tuple) else (bits,))))
    if kind == "HEIF":
        return max(8, int(image.info.get("bit_depth") or 8))
    return 8


def _plain(
    image: Image.Image, bit_depth: int, *, grey: bool
) -> tuple[Image.Image, Image.Image | None, tuple[str, ...]]:
    """The image as RGB, L or CMYK without alpha; its alpha where anything is transparent; flags."""
    flags: list[str] = ["sixteen_bit_read_as_eight"] if bit_depth > 8 else []
    if image.mode.startswith("I;16"):
        image = _eight_bits(image, bit_depth)
    alpha = None
    if image.has_transparency_data:
        image = image.convert("LA" if image.mode in ("L", "LA") else "RGBA")
        alpha = image.getchannel("A")
        image = image.convert("L" if image.mode == "LA" else "RGB")
        if alpha.getextrema()[0] == 255:
            alpha = None
        else:
            flags.append("transparency_removed")
    # Pillow reads 16-bit grey with alpha as colour; the header knows better.
    if grey or image.mode in ("1", "LA"):
        image = image.convert("L")
    elif image.mode in ("P", "PA", "RGBA", "RGBX", "YCbCr"):
        image = image.convert("RGB")
    if image.mode not in ("RGB", "L", "CMYK"):
        raise _unsupported(f"mode {image.mode} with {bit_depth} bits a channel")
    return image, alpha, tuple(flags)


def _eight_bits(image: Image.Image, bit_depth: int) -> Image.Image:
    """16-bit grey scaled to 8: Pillow's own conversion clips at 255."""
    values = np.asarray(image).astype(np.uint32)
    top = (1 << bit_depth) - 1
    if image.format == "HEIF":  # libheif hands fewer bits over shifted to the top of 16
        top <<= 16 - bit_depth
    return Image.fromarray(np.minimum((values * 255 + top // 2) // top, 255).astype(np.uint8))


def _pixels(image: Image.Image, matrix: MatrixProfile | None) -> Pixels:
    """The pixels as an array in sRGB, strip by strip: the strips stay in the processor's cache."""
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    for top in range(0, image.height, STRIP_ROWS):
        bottom = min(top + STRIP_ROWS, image.height)
        strip = np.asarray(image.crop((0, top, image.width, bottom)))
        pixels[top:bottom] = strip if matrix is None else convert(strip, matrix)
    return pixels


def _on_white(pixels: Pixels, alpha: NDArray[np.uint8]) -> Pixels:
    weight = alpha[..., None].astype(np.uint16)
    return ((pixels * weight + 255 * (255 - weight) + 127) // 255).astype(np.uint8)


# Mean of the luminance quantisation table that the JPEG standard prints (Annex K), i.e. of quality 50.
_ANNEX_K_MEAN = 57.625


def _jpeg_quality(image: Image.Image) -> int | None:
    """Quality 1..100 on the scale of the reference encoder, from the mean of the luminance table."""
    table = getattr(image, "quantization", {}).get(0)
    if not table:
        return None
    scale = 100 * float(np.mean(table)) / _ANNEX_K_MEAN
    quality = (200 - scale) / 2 if scale <= 100 else 5000 / scale
    return int(min(100, max(1, round(quality))))
