"""Decoding of good photos: any colour space and bit depth in, sRGB at 8 bits out."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
import tifffile  # comes with scikit-image
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, TiffImagePlugin

from analysis import decode as decode_module
from analysis.decode import decode
from analysis.errors import UnsupportedColour
from tests.analysis.image_files import Base, encoded, exif_with, patchwork

WHITE_XY = (0.3127, 0.3290)
PRIMARIES = {
    "sRGB": ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)),
    "Display P3": ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    "Adobe RGB (1998)": ((0.640, 0.330), (0.210, 0.710), (0.150, 0.060)),
}


def to_xyz(space: str) -> NDArray[np.float64]:
    """Linear RGB -> XYZ from the chromaticities of the primaries and of D65 (SMPTE RP 177)."""
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in PRIMARIES[space]]).T
    x, y = WHITE_XY
    return columns * np.linalg.solve(columns, [x / y, 1, (1 - x - y) / y])


def encode_in(space: str, linear_srgb: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The same light, written down in another colour space."""
    linear = np.clip(linear_srgb @ (np.linalg.inv(to_xyz(space)) @ to_xyz("sRGB")).T, 0, 1)
    if space.startswith("Adobe"):
        curve = linear ** (256 / 563)
    else:
        curve = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.rint(curve * 255).astype(np.uint8)


def skin() -> NDArray[np.float64]:
    """Linear sRGB of skin from light to dark, with texture and sensor noise.

    Without noise in every channel only some forty colours would occur, and their rounding not average out.
    """
    rng = np.random.default_rng(11)
    tones = np.array([[0.62, 0.40, 0.30], [0.42, 0.22, 0.15], [0.16, 0.08, 0.05]])
    return (
        tones.repeat(40, axis=0)[:, None, :]
        * rng.uniform(0.85, 1.1, (120, 120, 1))
        * rng.normal(1, 0.03, (120, 120, 3))
    )


def haemoglobin(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Mean H of each of the three tones."""
    u = pixels / 255
    linear = np.where(u <= 0.04045, u / 12.92, ((u + 0.055) / 1.055) ** 2.4)
    density = -np.log10(np.maximum(linear, 1e-4))
    h = 100 * density @ np.array([-0.58, 1.0, -0.42])
    return h.reshape(3, 40, 120).mean(axis=(1, 2))


def icc_file(tags: dict[bytes, bytes], space: bytes = b"mntrRGB XYZ ") -> bytes:
    """An ICC profile, version 2.1, of these tags."""
    listing, body, at = b"", b"", 132 + 12 * len(tags)
    for key, payload in tags.items():
        listing += struct.pack(">4sII", key, at + len(body), len(payload))
        body += payload + bytes(-len(payload) % 4)
    head = struct.pack(">I4sI", at + len(body), bytes(4), 0x02100000) + space + bytes(12) + b"acsp"
    head = head.ljust(68, b"\0") + struct.pack(">iii", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + listing + body


def icc_name(name: str) -> bytes:
    return struct.pack(">4sII", b"desc", 0, len(name) + 1) + name.encode() + bytes(79)


def icc_xyz(xyz: Any) -> bytes:
    return struct.pack(">4sIiii", b"XYZ ", 0, *(round(value * 65536) for value in xyz))


BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def matrix_profile(space: str) -> bytes:
    """The ICC profile of a space, from its primaries, adapted to D50 as the specification asks."""
    d50, d65 = np.array([0.9642, 1.0, 0.8249]), to_xyz("sRGB") @ np.ones(3)
    adapt = np.linalg.inv(BRADFORD) @ np.diag((BRADFORD @ d50) / (BRADFORD @ d65)) @ BRADFORD
    red, green, blue = (adapt @ to_xyz(space)).T
    if space.startswith("Adobe"):
        curve = struct.pack(">4sIIH", b"curv", 0, 1, 563)
    else:  # the parametric curve of sRGB
        numbers = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
        curve = struct.pack(">4sIHH5i", b"para", 0, 3, 0, *(round(n * 65536) for n in numbers))
    return icc_file(
        {
            b"desc": icc_name(space),
            b"cprt": b"text\0\0\0\0none\0",
            b"wtpt": icc_xyz(d50),
            **{key: icc_xyz(value) for key, value in ((b"rXYZ", red), (b"gXYZ", green), (b"bXYZ", blue))},
            **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
        }
    )


@pytest.mark.parametrize("space", ["Display P3", "Adobe RGB (1998)"])
def test_the_same_skin_in_another_colour_space_measures_the_same(space: str) -> None:
    srgb = decode(encoded(Image.fromarray(encode_in("sRGB", skin()))))
    stored = encode_in(space, skin())
    other = decode(encoded(Image.fromarray(stored), icc_profile=matrix_profile(space)))
    assert other.colour_profile == space
    assert "untagged_colour" not in other.flags
    assert np.abs(haemoglobin(other.pixels) - haemoglobin(srgb.pixels)).max() <= 0.1
    # The same file read without its profile is wrong by more than that, so the test can fail.
    assert np.abs(haemoglobin(stored) - haemoglobin(srgb.pixels)).max() > 0.3


def test_a_profile_of_the_corpus_agrees_with_the_standard(photos: Any) -> None:
    with Image.open(photos / "files" / "sharp_p3.png") as file:
        apple = file.info["icc_profile"]
    data = Image.fromarray(encode_in("Display P3", skin()))
    ours = decode(encoded(data, icc_profile=matrix_profile("Display P3"))).pixels.astype(int)
    theirs = decode(encoded(data, icc_profile=apple)).pixels
    assert np.abs(ours - theirs).max() <= 2


def test_adobe_rgb_is_recognised_by_the_mark_that_cameras_write() -> None:
    exif = exif_with(Model="a camera")
    exif.get_ifd(ExifTags.IFD.Exif)[Base.ColorSpace] = 65535
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.IFD.Interop] = {1: "R03"}
    data = encoded(Image.fromarray(encode_in("Adobe RGB (1998)", skin())), "PNG", exif=exif)
    photo = decode(data)
    assert photo.colour_profile == "Adobe RGB (1998)"
    assert np.abs(haemoglobin(photo.pixels) - haemoglobin(encode_in("sRGB", skin()))).max() <= 0.1


def test_display_p3_is_recognised_in_heic_without_a_profile() -> None:
    stored = np.repeat(np.repeat(encode_in("Display P3", skin())[::20, ::20], 20, 0), 20, 1)
    data = encoded(
        Image.fromarray(stored),
        "HEIF",
        quality=-1,
        chroma=444,
        color_primaries=12,
        transfer_characteristics=13,
    )
    photo = decode(data)
    assert photo.colour_profile == "Display P3"


def test_high_dynamic_range_is_refused_by_name() -> None:
    data = encoded(
        Image.fromarray(patchwork(128, 96)), "HEIF", color_primaries=9, transfer_characteristics=16
    )
    with pytest.raises(UnsupportedColour, match="high dynamic range"):
        decode(data)


def test_an_srgb_profile_changes_nothing() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    photo = decode(encoded(Image.fromarray(patchwork()), icc_profile=profile))
    assert np.array_equal(photo.pixels, patchwork())
    assert photo.flags == ()


def test_no_profile_is_read_as_srgb_and_flagged() -> None:
    photo = decode(encoded(Image.fromarray(patchwork())))
    assert photo.flags == ("untagged_colour",)
    assert "read as sRGB" in photo.colour_profile


@pytest.mark.parametrize("profile", [b"no profile at all", b"\0" * 400, matrix_profile("Display P3")[:200]])
def test_a_broken_profile_is_flagged_and_read_as_srgb(profile: bytes) -> None:
    photo = decode(encoded(Image.fromarray(patchwork()), icc_profile=profile))
    assert photo.flags == ("colour_profile_unreadable",)
    assert np.array_equal(photo.pixels, patchwork())


def test_cmyk_without_a_profile_is_refused() -> None:
    cmyk = Image.fromarray(patchwork()).convert("CMYK")
    with pytest.raises(UnsupportedColour, match="without a profile"):
        decode(encoded(cmyk, "JPEG"))


def test_cmyk_with_a_profile_of_another_kind_is_refused() -> None:
    cmyk = Image.fromarray(patchwork()).convert("CMYK")
    with pytest.raises(UnsupportedColour, match="broken profile"):
        decode(encoded(cmyk, "TIFF", icc_profile=matrix_profile("Display P3")))


def cmyk_profile() -> bytes:
    """A crude but valid CMYK profile: an 8-bit table whose 16 corners are (1-c)(1-k) and so on, in XYZ."""
    corners = []
    for index in range(16):
        c, m, y, k = (index >> 3 & 1), (index >> 2 & 1), (index >> 1 & 1), index & 1
        linear = np.array([1 - c, 1 - m, 1 - y], float) * (1 - k)
        d50 = np.array([[0.4361, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]])
        x, y_, z = d50 @ linear
        f = [v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x / 0.9642, y_, z / 0.8249)]
        lab = (116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2]))
        corners += [round(lab[0] * 2.55), round(lab[1] + 128), round(lab[2] + 128)]
    identity = [round(v / 255 * 255) for v in range(256)]
    matrix = struct.pack(">9i", *(65536 if i % 4 == 0 else 0 for i in range(9)))
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + matrix
    table += bytes(identity * 4) + bytes(min(255, max(0, v)) for v in corners) + bytes(identity * 3)
    tags = {b"desc": icc_name("test CMYK"), b"wtpt": icc_xyz((0.9642, 1.0, 0.8249))}
    tags |= {b"A2B0": table, b"A2B1": table, b"cprt": b"text\0\0\0\0none\0"}
    return icc_file(tags, b"prtrCMYKLab ")


def test_cmyk_is_converted_through_its_profile() -> None:
    paper = Image.new("CMYK", (64, 48), (0, 0, 0, 0))
    photo = decode(encoded(paper, "TIFF", icc_profile=cmyk_profile()))
    assert photo.flags == ("converted_from_cmyk",)
    assert photo.colour_profile == "test CMYK"
    assert photo.pixels.min() >= 250
    cyan = decode(encoded(Image.new("CMYK", (64, 48), (255, 0, 0, 0)), "TIFF", icc_profile=cmyk_profile()))
    red, green, blue = cyan.pixels[20, 20]
    assert red < 60
    assert min(green, blue) > 200


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_grey_becomes_rgb_with_a_flag(kind: str) -> None:
    grey = Image.fromarray(patchwork()).convert("L")
    photo = decode(encoded(grey, kind))
    assert "converted_from_grey" in photo.flags
    assert photo.pixels.shape == (48, 64, 3)
    if kind != "JPEG":
        assert np.array_equal(photo.pixels[..., 1], np.asarray(grey))


def test_sixteen_bit_grey_is_scaled_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 64 * 48).astype(np.uint16).reshape(48, 64)
    for kind in ("PNG", "TIFF"):
        photo = decode(encoded(Image.fromarray(ramp), kind))
        assert photo.bit_depth == 16
        assert {"sixteen_bit_read_as_eight", "converted_from_grey"} <= set(photo.flags)
        assert np.abs(photo.pixels[..., 0] - ramp / 65535 * 255).max() <= 0.51


def test_twelve_bit_grey_fills_the_range() -> None:
    ramp = np.linspace(0, 4095, 64 * 48).astype(np.uint16).reshape(48, 64)
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tiff = bytearray(encoded(Image.fromarray(ramp), "TIFF", tiffinfo=tags))
    # Pillow writes no 12-bit TIFF, so the scaling is tested by itself; the corpus has a real one.
    with Image.open(io.BytesIO(bytes(tiff))) as image:
        image.load()
        values = decode_module._eight_bits(image, 12)
    assert np.asarray(values).max() == 255
    assert np.abs(np.asarray(values) - ramp / 4095 * 255).max() <= 0.51


def test_sixteen_bit_colour_is_read_with_eight_and_flagged() -> None:
    # Pillow writes no 16-bit RGB, so this PNG is put together by hand.
    import zlib

    rng = np.random.default_rng(2)
    values = rng.integers(0, 65536, (48, 64, 3), dtype=np.uint16)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", 64, 48, 16, 2, 0, 0, 0)
    data = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
    photo = decode(data)
    assert photo.bit_depth == 16
    assert "sixteen_bit_read_as_eight" in photo.flags
    assert np.abs(photo.pixels - values / 65535 * 255).max() <= 1


def test_transparent_parts_become_white() -> None:
    rgba = np.dstack([patchwork(), np.full((48, 64), 255, np.uint8)])
    rgba[:16, :16, 3] = 0
    rgba[16:32, :16, 3] = 128
    photo = decode(encoded(Image.fromarray(rgba)))
    assert "transparency_removed" in photo.flags
    assert (photo.pixels[:16, :16] == 255).all()
    blended = patchwork()[16:32, :16] * (128 / 255) + 255 * (127 / 255)
    assert np.abs(photo.pixels[16:32, :16] - blended).max() <= 1
    assert np.array_equal(photo.pixels[32:], patchwork()[32:])


def test_an_opaque_alpha_channel_is_no_transparency() -> None:
    rgba = np.dstack([patchwork(), np.full((48, 64), 255, np.uint8)])
    photo = decode(encoded(Image.fromarray(rgba)))
    assert "transparency_removed" not in photo.flags
    assert np.array_equal(photo.pixels, patchwork())


def test_a_palette_is_looked_up() -> None:
    palette = Image.fromarray(patchwork()).quantize(256)
    assert np.array_equal(decode(encoded(palette)).pixels, np.asarray(palette.convert("RGB")))


@pytest.mark.parametrize("mode", ["F", "I", "LAB"])
def test_modes_that_cannot_be_measured_are_refused(mode: str) -> None:
    with pytest.raises(UnsupportedColour, match="mode"):
        decode(encoded(Image.new(mode, (64, 48)), "TIFF"))


def test_a_tiff_of_32_bits_a_channel_is_not_called_damaged() -> None:
    file = io.BytesIO()
    tifffile.imwrite(file, np.full((64, 64, 3), 0.5, np.float32), photometric="rgb")
    with pytest.raises(UnsupportedColour, match="32 bits"):
        decode(file.getvalue())
