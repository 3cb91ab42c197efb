"""Decoding of everything else: broken, cut, oversized and foreign bytes end as a named refusal."""

from __future__ import annotations

import io
import struct
import time
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from analysis.containers import MAX_BYTES
from analysis.decode import decode
from analysis.errors import (
    AnalysisError,
    DamagedPhoto,
    EmptyFile,
    PhotoTooLarge,
    PhotoTooSmall,
    UnsupportedColour,
    UnsupportedFormat,
)

pillow_heif.register_heif_opener()
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "HEIF")


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def picture(width: int = 96, height: int = 64) -> Image.Image:
    noise = np.random.default_rng(1).integers(0, 256, (height // 4, width // 4, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)


def refusal(data: bytes) -> AnalysisError | None:
    try:
        decode(data)
    except AnalysisError as error:
        return error
    return None


# --- what it is, not what it is called ------------------------------------------------------------

FOREIGN = {
    "a GIF": b"GIF89a" + bytes(40),
    "a BMP": b"BM" + bytes(60),
    "an AVIF": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + bytes(40),
    "an SVG": b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>',
    "a web page": b"<!DOCTYPE html><html><script>1</script>",
    "a markup file": b"<note>hello</note>",
    "a PDF": b"%PDF-1.7\n",
    "a PostScript file": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "an EPS file": b"\xc5\xd0\xd3\xc6" + bytes(30),
    "a ZIP archive": b"PK\x03\x04" + bytes(30),
    "a program": b"MZ\x90\0" + bytes(60),
    "JPEG XL": b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(20),
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(20),
    "a video": b"\0\0\0\x18ftypmp42\0\0\0\0isommp42" + bytes(20),
    "camera raw file (CR3)": b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + bytes(20),
    "camera raw file (CR2)": b"II*\0\x10\0\0\0CR\x02\0" + bytes(20),
    "a Photoshop document": b"8BPS\0\1" + bytes(20),
    "a BigTIFF": b"II+\0\x08\0\0\0" + bytes(20),
    "a text file": b"dear doctor, here is my photo",
    "a RIFF file": b"RIFF\x24\0\0\0WAVEfmt " + bytes(20),
    "no known kind": bytes(range(128, 180)),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_other_files_are_refused_by_name(name: str) -> None:
    with pytest.raises(UnsupportedFormat, match="not a photo that is read") as caught:
        decode(FOREIGN[name])
    assert name in caught.value.got
    assert caught.value.advice


def test_an_empty_file_is_refused_by_name() -> None:
    with pytest.raises(EmptyFile, match="empty"):
        decode(b"")


def test_too_many_bytes_are_refused_before_anything_is_read() -> None:
    with pytest.raises(PhotoTooLarge, match="at most 30 MB"):
        decode(encoded(picture(), "JPEG") + bytes(MAX_BYTES))


def test_too_few_pixels_are_refused() -> None:
    with pytest.raises(PhotoTooSmall, match="got 96 x 31"):
        decode(encoded(picture().resize((96, 31))))


def test_twenty_pages_are_refused_and_so_is_an_animation() -> None:
    frames = [picture(), picture().transpose(Image.Transpose.ROTATE_180)]
    for kind in ("TIFF", "WEBP", "PNG"):
        with pytest.raises(PhotoTooLarge, match="more than one picture"):
            decode(encoded(frames[0], kind, save_all=True, append_images=frames[1:]))


def test_of_several_heic_pictures_the_main_one_is_read() -> None:
    heif = pillow_heif.from_pillow(picture())
    heif.add_from_pillow(Image.new("RGB", (80, 80), "blue"))
    file = io.BytesIO()
    heif.save(file, quality=-1, chroma=444, primary_index=0)
    photo = decode(file.getvalue())
    assert "several_images_first_read" in photo.flags
    assert photo.pixels.shape == (64, 96, 3)


def test_a_heic_sequence_is_refused() -> None:
    with pytest.raises(PhotoTooLarge, match="series"):
        decode(b"\0\0\0\x18ftyphevc\0\0\0\0msf1hevc" + bytes(40))


def test_the_preview_of_a_raw_file_is_not_taken_for_the_photo() -> None:
    from PIL import TiffImagePlugin

    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[254] = 1
    with pytest.raises(UnsupportedFormat, match="camera raw"):
        decode(encoded(picture(), "TIFF", tiffinfo=tags))


def test_bytes_behind_the_end_of_a_jpeg_are_no_damage() -> None:
    data = encoded(picture(), "JPEG")
    assert np.array_equal(decode(data + b"\0" * 100 + b"motion photo").pixels, decode(data).pixels)


# --- cut short ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [{}, {"progressive": True}, {"restart_marker_rows": 1}, {"optimize": True}, {"quality": 30}],
    ids=lambda options: "-".join(options) or "baseline",
)
def test_every_cut_of_a_jpeg_is_refused(options: dict[str, Any]) -> None:
    thumbnail = encoded(picture(32, 32), "JPEG")
    exif = b"Exif\0\0" + thumbnail  # an end mark early on, as cameras' thumbnails have
    data = encoded(picture(480, 320), "JPEG", exif=exif, **options)
    cuts = [len(data) * percent // 100 for percent in range(1, 100)]
    cuts += [len(data) - missing for missing in range(1, 60)]
    accepted = [cut for cut in cuts if not isinstance(refusal(data[:cut]), (DamagedPhoto, PhotoTooSmall))]
    assert accepted == []
    assert refusal(data) is None


@pytest.mark.parametrize("kind", FORMATS)
def test_every_cut_of_every_format_is_refused(kind: str) -> None:
    data = encoded(picture(480, 320), kind)
    accepted = [p for p in range(1, 100) if refusal(data[: len(data) * p // 100]) is None]
    assert accepted == []


# --- more than is read ----------------------------------------------------------------------------


def png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(bytes(100_000)))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunk(*c) for c in chunks) + body + chunk(b"IEND", b"")


def bombs() -> dict[str, bytes]:
    jpeg = bytearray(encoded(picture(), "JPEG"))
    at = jpeg.index(b"\xff\xc0")
    jpeg[at + 5 : at + 9] = struct.pack(">HH", 65000, 65000)
    webp = bytearray(encoded(picture(), "WEBP", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0"))
    assert webp[12:16] == b"VP8X"
    webp[24:30] = (16382).to_bytes(3, "little") * 2
    lossless = bytearray(encoded(picture(), "WEBP", lossless=True))
    lossless[21:25] = (int.from_bytes(lossless[21:25], "little") | 0x0FFFFFFF).to_bytes(4, "little")
    lossy = bytearray(encoded(picture(), "WEBP"))
    lossy[26:30] = struct.pack("<HH", 16383, 16383)
    entries = [(256, 90_000), (257, 90_000), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (279, 100)]
    tiff = b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries))
    tiff += b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries) + bytes(4)
    heic = bytearray(encoded(picture(), "HEIF"))
    at = heic.index(b"ispe")
    heic[at + 8 : at + 16] = struct.pack(">II", 30_000, 30_000)
    return {
        "png": png(60_000, 60_000),
        "png 144 MP": png(12_000, 12_000),
        "jpeg": bytes(jpeg),
        "webp": bytes(webp),
        "webp lossless": bytes(lossless),
        "webp lossy": bytes(lossy),
        "tiff": tiff,
        "heic": bytes(heic),
    }


@pytest.mark.parametrize("name", bombs())
def test_a_bomb_is_refused_by_its_header(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(self: Image.Image, *args: Any) -> None:
        pytest.fail("a bomb was decoded")

    from PIL import ImageFile

    monkeypatch.setattr(ImageFile.ImageFile, "load", never)
    data = bombs()[name]
    start = time.perf_counter()
    with pytest.raises(PhotoTooLarge, match="at most 60 megapixels"):
        decode(data)
    assert time.perf_counter() - start < 0.2


@pytest.mark.parametrize("name", [b"zTXt", b"iTXt"])
def test_a_note_that_unpacks_to_megabytes_is_refused(name: bytes) -> None:
    packed = zlib.compress(bytes(8_000_000), 9)
    body = b"note\0\0" + packed if name == b"zTXt" else b"note\0\1\0\0\0" + packed
    with pytest.raises(PhotoTooLarge, match="note"):
        decode(png(96, 64, (name, body)))


# --- mutated --------------------------------------------------------------------------------------


@st.composite
def mutated(draw: st.DrawFn, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(draw(st.integers(1, 6))):
        # Headers are short and matter most.
        at = draw(st.integers(0, min(len(changed), 400) - 1) | st.integers(0, len(changed) - 1))
        kind = draw(st.sampled_from(("set", "insert", "delete", "repeat")))
        if kind == "set":
            changed[at] = draw(st.integers(0, 255))
        elif kind == "insert":
            changed[at:at] = draw(st.binary(min_size=1, max_size=8))
        elif kind == "delete":
            del changed[at : at + draw(st.integers(1, 8))]
        else:
            changed[at:at] = changed[at : at + 16]
        if not changed:
            return b""
    return bytes(changed)


@pytest.mark.parametrize("kind", FORMATS)
def test_mutated_bytes_become_a_photo_or_a_refusal(kind: str) -> None:
    data = encoded(picture(), kind, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0")

    @settings(max_examples=400, deadline=10_000, suppress_health_check=list(HealthCheck), database=None)
    @given(mutated(data))
    def check(changed: bytes) -> None:
        refusal(changed)  # anything but an AnalysisError fails the test

    check()


@settings(max_examples=100, deadline=10_000)
@given(st.sampled_from(list(FOREIGN.values())), st.binary(max_size=200))
def test_foreign_heads_are_never_accepted(head: bytes, tail: bytes) -> None:
    assert isinstance(refusal(head + tail), AnalysisError)


# --- the corpus -----------------------------------------------------------------------------------

READ = None
# By what each file is, as its source describes it and as one sees on opening it.
CORPUS: dict[str, tuple[type[AnalysisError], str] | tuple[None, dict[str, Any]]] = {
    "exif_Landscape_1.jpg": (READ, {"shape": (1200, 1800)}),
    "exif_Landscape_6.jpg": (READ, {"shape": (1200, 1800)}),
    "exif_Landscape_8.jpg": (READ, {"shape": (1200, 1800)}),
    "exif_Portrait_1.jpg": (READ, {"shape": (1800, 1200)}),
    "exif_Portrait_3.jpg": (READ, {"shape": (1800, 1200)}),
    "exif_Portrait_6.jpg": (READ, {"shape": (1800, 1200)}),
    "exif_Portrait_8.jpg": (READ, {"shape": (1800, 1200)}),
    "heif_200MP.heic": (PhotoTooLarge, "199.8 megapixels"),
    "heif_L_12__29x100.heif": (PhotoTooSmall, "29 x 100"),
    "heif_RGBA_10__128x128.heif": (READ, {"flags": {"transparency_removed", "sixteen_bit_read_as_eight"}}),
    "heif_arrow.heic": (READ, {"shape": (4032, 3024), "profile": "Display P3"}),
    "heif_corrupted.heic": (DamagedPhoto, "HEIC"),
    "heif_empty.heic": (EmptyFile, "0 bytes"),
    "heif_empty_icc.heic": (READ, {"flags": {"several_images_first_read"}, "profile": "Display P3"}),
    "heif_invalid_id.heic": (READ, {"shape": (870, 564)}),
    "heif_zPug_3.heic": (READ, {"flags": {"several_images_first_read", "converted_from_grey"}}),
    "me_beach.jpg": (DamagedPhoto, "JPEG"),  # a header that declares 200 x 0 pixels
    "pil_12bit.cropped.tif": (READ, {"flags": {"converted_from_grey", "sixteen_bit_read_as_eight"}}),
    "pil_16bit.cropped.tif": (READ, {"flags": {"converted_from_grey", "sixteen_bit_read_as_eight"}}),
    "pil_avif_hopper.avif": (UnsupportedFormat, "an AVIF"),
    "pil_bmp_b_shortfile.bmp": (UnsupportedFormat, "a BMP"),
    "pil_broken_data_stream.png": (DamagedPhoto, "PNG"),
    "pil_broken_exif_dpi.jpg": (READ, {"shape": (100, 100)}),
    "pil_decompression_bomb.gif": (UnsupportedFormat, "a GIF"),
    "pil_decompression_bomb_extents.gif": (UnsupportedFormat, "a GIF"),
    "pil_dispose_bgnd.gif": (UnsupportedFormat, "a GIF"),
    "pil_exif-dpi-zerodivision.jpg": (READ, {"shape": (200, 200)}),
    "pil_exif.png": (READ, {"shape": (512, 512)}),
    "pil_exif_gps.jpg": (PhotoTooSmall, "8 x 8"),
    "pil_exif_gps_typeerror.jpg": (READ, {"shape": (531, 800)}),
    "pil_exif_typeerror.jpg": (READ, {"shape": (531, 800)}),
    "pil_hopper_bad_exif.jpg": (READ, {"flags": {"converted_from_grey", "capture_facts_unreadable"}}),
    "pil_hopper_gray.jpg": (READ, {"flags": {"converted_from_grey"}}),
    "pil_hopper_orientation_2.jpg": (READ, {"shape": (128, 128)}),
    "pil_iss634.gif": (UnsupportedFormat, "a GIF"),
    "pil_jpeg_ff00_header.jpg": (READ, {"profile": "sRGB IEC61966-2.1"}),
    "pil_p_trns_single.png": (READ, {"flags": {"transparency_removed"}}),
    "pil_pil_sample_cmyk.jpg": (UnsupportedColour, "CMYK without a profile"),
    "pil_png_decompression_dos.png": (PhotoTooSmall, "1 x 1"),  # refused before its note is unpacked
    "pil_tiff_16bit_RGB.tiff": (READ, {"flags": {"sixteen_bit_read_as_eight"}}),
    "pil_tiff_strip_cmyk_jpeg.tif": (UnsupportedColour, "CMYK without a profile"),
    "pil_truncated_image.png": (DamagedPhoto, "truncated"),
    "pil_truncated_jpeg.jpg": (DamagedPhoto, "truncated"),
    "pil_unknown_compression_method.png": (DamagedPhoto, "compression method"),
    "pil_zero_width.gif": (UnsupportedFormat, "a GIF"),
    "sharp_16-bit-grey-alpha.png": (READ, {"flags": {"converted_from_grey", "transparency_removed"}}),
    "sharp_65536-uint32-limit.png": (PhotoTooLarge, "65536 x 65536"),
    "sharp_gamma_dalai_lama_gray.jpg": (READ, {"shape": (222, 258)}),
    "sharp_giant-image.jpg": (PhotoTooLarge, "20000 x 14000"),
    "sharp_low-contrast.jpg": (READ, {"profile": "sRGB IEC61966-2.1"}),
    "sharp_p3.png": (PhotoTooSmall, "8 x 8"),
    "sharp_truncated.jpg": (DamagedPhoto, "truncated"),
}


def test_the_table_names_every_file_of_the_corpus(photos: Path) -> None:
    assert {path.name for path in (photos / "files").iterdir()} == set(CORPUS)


@pytest.mark.parametrize("name", CORPUS)
def test_corpus_files_are_read_or_refused_by_name(name: str, photos: Path) -> None:
    data = (photos / "files" / name).read_bytes()
    kind, expected = CORPUS[name]
    start = time.perf_counter()
    if kind is not None:
        with pytest.raises(kind) as caught:
            decode(data)
        assert type(caught.value) is kind
        assert expected in caught.value.got
        assert str(photos) not in str(caught.value)
    else:
        assert isinstance(expected, dict)
        photo = decode(data)
        assert photo.pixels.shape[:2] == expected.get("shape", photo.pixels.shape[:2])
        assert set(expected.get("flags", ())) <= set(photo.flags)
        assert photo.colour_profile == expected.get("profile", photo.colour_profile)
    assert time.perf_counter() - start < 10


def test_photos_with_a_subject_problem_are_read_as_files(photos: Path) -> None:
    for path in sorted((photos / "bad").iterdir()):
        photo = decode(path.read_bytes())
        assert min(photo.pixels.shape[:2]) > 600


def test_turned_photos_of_one_scene_look_the_same(photos: Path) -> None:
    """The seven orientation examples were stored turned; upright, they agree but for their printed number."""

    def small(name: str) -> np.ndarray[Any, Any]:
        pixels = decode((photos / "files" / name).read_bytes()).pixels
        return np.asarray(Image.fromarray(pixels).resize((30, 30)), float)

    for scene, turned in (("Landscape", (6, 8)), ("Portrait", (3, 6, 8))):
        reference = small(f"exif_{scene}_1.jpg")
        for orientation in turned:
            assert np.abs(small(f"exif_{scene}_{orientation}.jpg") - reference).mean() < 3


@settings(max_examples=60, deadline=10_000, suppress_health_check=list(HealthCheck), database=None)
@given(data=st.data())
def test_mutated_corpus_files_become_a_photo_or_a_refusal(photos: Path, data: st.DataObject) -> None:
    small = [name for name in CORPUS if 0 < (photos / "files" / name).stat().st_size < 60_000]
    name = data.draw(st.sampled_from(sorted(small)))
    refusal(data.draw(mutated((photos / "files" / name).read_bytes())))
