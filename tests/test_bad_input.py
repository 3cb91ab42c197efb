"""Everything people get wrong, through the real command line: its own message, the right code, no traceback.

The command runs in this process and measures with the real pipeline, only without worker processes
(`test_workers.py` and `test_cli_photos.py` have those). Photos are made here; two rows need the real ones.
"""

from __future__ import annotations

import io
import json
import struct
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image, ImageFilter, ImageOps

from analysis import pipeline
from analysis.landmarks import FaceFinder
from analysis.records import PhotoAnalysis, RegionPlan
from analysis.repeatability import Repeatability
from dermatrend import cli, workers
from dermatrend.face_models import load_models, models_present
from dermatrend.settings import load_settings
from dermatrend.worker_process import CompareResult
from tests.analysis import patches
from tests.analysis.portrait import portrait
from tests.conftest import skip_or_fail

SECONDS = 10.0
REGIONS = ("--regions", "regions.json")


@cache
def finder() -> FaceFinder:
    return FaceFinder(load_models(load_settings()))


class DirectPool:
    """The worker pool's two jobs, done here and now."""

    def __init__(self, _settings: object) -> None:
        pass

    def analyse(
        self, data: bytes, plan: RegionPlan, captured_at: str | None = None, card: object = None
    ) -> PhotoAnalysis:
        assert card is None
        known = None if plan.drawn else finder()
        return pipeline.analyse(data, finder=known, plan=plan, captured_at=captured_at)

    def compare(
        self,
        baseline: Sequence[bytes],
        follow_up: Sequence[bytes],
        plan: RegionPlan,
        captured_at: Mapping[str, str] | None = None,
        own_noise: Repeatability | None = None,
        card: object = None,
    ) -> CompareResult:
        assert card is None
        known = None if plan.drawn else finder()
        found = pipeline.compare(
            baseline, follow_up, finder=known, plan=plan, captured_at=captured_at, own_noise=own_noise
        )
        return CompareResult(replace(found, views=None), {})

    def close(self) -> None:
        pass


class Answer(NamedTuple):
    """What one command line came to."""

    code: int
    document: dict[str, Any]
    stderr: str

    def message(self) -> str:
        """The error's four parts, or the reasons of every refused session."""
        if "error" in self.document:
            error = self.document["error"]
            assert all(error[part] for part in ("what", "expected", "got", "advice")), error
            return " ".join(str(error[part]) for part in ("what", "expected", "got", "advice"))
        return " ".join(" ".join(entry["reasons"]) for entry in self.document["follow_ups"])


Run = Callable[..., Answer]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path) -> Run:
    monkeypatch.setattr(workers, "WorkerPool", DirectPool)
    monkeypatch.chdir(folder)

    def call(*words: str) -> Answer:
        start = time.monotonic()
        code = cli.run([*words, "--json"])
        assert time.monotonic() - start < SECONDS
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Answer(code, json.loads(captured.out), captured.err)

    return call


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def dated(image: Image.Image, date: str, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = f"{date} 10:00:00"
    exif[0x0112] = orientation
    return encoded(image, "JPEG", quality=95, exif=exif)


def bomb() -> bytes:
    """A PNG of a few bytes that says it has 3,600 megapixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(10_000))
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One patch of skin twice, its regions, and every file that people send by mistake."""
    where = tmp_path_factory.mktemp("bad")
    before, after = patches.shot(), patches.shot(number=1)
    skin = Image.open(io.BytesIO(after.jpeg)).convert("RGB")
    other = patches.shot(seed=6).jpeg
    files: dict[str, bytes] = {
        "before.jpg": before.jpeg,
        "after.jpg": after.jpeg,
        "other.jpg": other,
        "copy.jpg": before.jpeg,
        "empty.jpg": b"",
        "text.jpg": b"not a photo at all\n" * 20,
        "gif.jpg": encoded(skin.resize((400, 300)), "GIF"),
        "pdf.jpg": b"%PDF-1.7\n" + b"0" * 500,
        "video.jpg": b"\0\0\0\x14ftypqt  " + bytes(200),
        "bomb.png": bomb(),
        "tiny.png": encoded(skin.resize((40, 30))),
        "cmyk.jpg": encoded(skin.convert("CMYK"), "JPEG"),
        "black.png": encoded(Image.new("RGB", skin.size)),
        "noise.png": encoded(
            Image.fromarray(np.random.default_rng(1).integers(0, 256, (*skin.size[::-1], 3), dtype=np.uint8))
        ),
        "blurred.png": encoded(skin.filter(ImageFilter.GaussianBlur(12))),
        "mirrored.png": encoded(ImageOps.mirror(skin)),
        "far.png": encoded(skin.resize((skin.width // 5, skin.height // 5), Image.Resampling.BOX)),
        "day1.jpg": dated(skin, "2026:05:01"),
        "day2.jpg": dated(skin, "2026:05:02"),
        "no-day.jpg": dated(skin, "2026:99:99"),
        "turned.jpg": dated(skin.transpose(Image.Transpose.ROTATE_90), "2026:05:03", orientation=6),
        "png-inside.jpg": encoded(skin),
        "no-extension": after.jpeg,
    }
    files |= {f"cut{share}.jpg": after.jpeg[: len(after.jpeg) * share // 100] for share in (2, 30, 70, 99)}
    for name, data in files.items():
        (where / name).write_bytes(data)
    (where / "folder.jpg").mkdir()
    for name, text in region_files(before).items():
        (where / f"{name}.json").write_bytes(text)
    return where


def region_files(photo: Any) -> dict[str, bytes]:
    """The regions of a photo, and what people make of such a file."""
    good = [{"name": one.name, "role": one.role, "polygon": one.polygon.tolist()} for one in photo.regions]

    def document(scale: Any = photo.px_per_mm, **changed: Any) -> bytes:
        return json.dumps({"px_per_mm": scale, "regions": [{**good[0], **changed}, *good[1:]]}).encode()

    return {
        "regions": document(),
        "byte-order-mark": b"\xef\xbb\xbf" + document(),
        "padded": document()[:-1] + b', "note": "' + b"x" * 10_000_000 + b'"}',
        "scale-zero": document(0),
        "scale-negative": document(-3),
        "scale-text": document("ten"),
        "scale-nan": document(float("nan")),
        "scale-missing": json.dumps({"regions": good}).encode(),
        "outside": document(polygon=[[5000, 0], [5300, 0], [5300, 300]]),
        "crossing": document(polygon=[[20, 20], [120, 120], [120, 20], [20, 120]]),
        "two-points": document(polygon=[[20, 20], [120, 120]]),
        "nan-point": document(polygon=[[float("nan"), 20], [120, 120], [20, 120]]),
        "words-for-points": document(polygon=["a", "b", "c"]),
        "a-speck": document(polygon=[[40, 40], [46, 40], [46, 46], [40, 46]]),
        "two-alike": json.dumps({"px_per_mm": 10, "regions": [good[0], good[0]]}).encode(),
        "nothing-treated": document(role="reference"),
        "on-the-reference": document(polygon=good[1]["polygon"]),
        "unknown-role": document(role="nose"),
        "nameless": document(name=""),
        "none": json.dumps({"px_per_mm": 10, "regions": []}).encode(),
        "not-json": b"px_per_mm: 10",
        "junk": b"x" * 10_000_000,
        "hollow": b"",
        "list": b"[]",
        "null": b"null",
        "utf-16": document().decode().encode("utf-16"),
        "nested": b"[" * 100_000,
    }


FILES = {
    "empty.jpg": "is empty",
    "text.jpg": "a text file",
    "gif.jpg": "a GIF",
    "pdf.jpg": "a PDF",
    "video.jpg": "a video",
    "bomb.png": "megapixels",
    "tiny.png": "pixels",
    "cmyk.jpg": "CMYK without a profile",
    "cut2.jpg": "damaged",
    "cut30.jpg": "damaged",
    "cut70.jpg": "damaged",
    "cut99.jpg": "damaged",
}
"""Files that are no usable photo, and a word of the reason."""


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_photo(run: Run, name: str) -> None:
    alone = run("analyse", name, *REGIONS)
    assert alone.code == 1
    assert FILES[name] in alone.message()
    follow_up = run("compare", "before.jpg", name, *REGIONS)
    assert follow_up.code == 1
    assert follow_up.document["follow_ups"][0]["comparable"] is False
    assert FILES[name] in follow_up.message()
    baseline = run("compare", name, "after.jpg", *REGIONS)
    assert baseline.code == 1
    assert FILES[name] in baseline.message()


def test_one_bad_photo_leaves_the_others(run: Run) -> None:
    answer = run("compare", "before.jpg", "cut30.jpg", "after.jpg", "other.jpg", *REGIONS)
    assert answer.code == 3
    assert [entry["comparable"] for entry in answer.document["follow_ups"]] == [False, True, False]
    shots = run("compare", "--baseline", "before.jpg", "--session", "empty.jpg", "after.jpg", *REGIONS)
    assert shots.code == 0
    (entry,) = shots.document["follow_ups"]
    assert entry["comparable"] is True
    assert [one["code"] for one in entry["left_out"]] == ["empty_file"]


PAIRS = {
    "other.jpg": "matching skin features",
    "black.png": "matching skin features",
    "noise.png": "laid onto each other",
    "blurred.png": "laid onto each other",
    "mirrored.png": "laid onto each other",
    "far.png": "laid onto each other",
}
"""Photos of something else, or not sharp, near or straight enough to be laid onto the baseline."""


@pytest.mark.parametrize("name", PAIRS)
def test_a_photo_that_does_not_belong_to_the_baseline(run: Run, name: str) -> None:
    answer = run("compare", "before.jpg", name, *REGIONS)
    assert answer.code == 5
    assert answer.document["follow_ups"][0]["changes"] == []
    assert PAIRS[name] in answer.message()


@pytest.mark.parametrize("name", ["no-day.jpg", "turned.jpg", "png-inside.jpg", "no-extension"])
def test_what_looks_odd_and_is_fine(run: Run, name: str) -> None:
    answer = run("compare", "before.jpg", name, *REGIONS)
    assert answer.code == 0
    (entry,) = answer.document["follow_ups"]
    redness = next(one for one in entry["changes"] if one["metric"] == "redness")
    assert redness["verdict"] == "no_measurable_change"


def test_a_follow_up_older_than_the_baseline(run: Run) -> None:
    answer = run("compare", "day2.jpg", "day1.jpg", *REGIONS)
    assert answer.code == 5
    assert "older than the baseline" in answer.message()
    assert "2026-05-02" in answer.message()
    assert "2026-05-01" in answer.message()
    assert run("compare", "day1.jpg", "day2.jpg", *REGIONS).code == 0


def test_the_same_photo_twice_is_named_and_narrows_nothing(run: Run) -> None:
    same = run("compare", "before.jpg", "copy.jpg", *REGIONS)
    assert same.code == 0
    assert "copy.jpg is the same photo as before.jpg" in same.stderr
    once = run("compare", "before.jpg", "after.jpg", *REGIONS)
    words = ["--baseline", "before.jpg", "copy.jpg", "--session", "after.jpg", "after.jpg", "copy.jpg"]
    several = run("compare", *words, *REGIONS)
    assert several.document["follow_ups"] == once.document["follow_ups"]


REGION_FILES = {
    "scale-zero": (1, "px_per_mm"),
    "scale-negative": (1, "px_per_mm"),
    "scale-text": (1, "px_per_mm"),
    "scale-nan": (1, "px_per_mm"),
    "scale-missing": (1, "px_per_mm"),
    "outside": (1, "leaves the baseline photo"),
    "crossing": (1, "does not cross itself"),
    "two-points": (1, "a list of 3 to"),
    "nan-point": (1, "points [x, y] of two numbers"),
    "words-for-points": (1, "points [x, y] of two numbers"),
    "two-alike": (1, "each name once"),
    "nothing-treated": (1, "at least one region"),
    "on-the-reference": (1, "side by side"),
    "unknown-role": (1, '"treated" or "reference"'),
    "nameless": (1, "a short printable text"),
    "none": (1, "a list of 1 to"),
    "not-json": (1, "not JSON"),
    "junk": (1, "not JSON"),
    "hollow": (1, "not JSON"),
    "nested": (1, "not JSON"),
    "list": (1, "an object with"),
    "null": (1, "an object with"),
    "utf-16": (2, "JSON in UTF-8"),
    "a-speck": (5, "Too little skin to measure"),
}


@pytest.mark.parametrize("name", REGION_FILES)
def test_a_file_of_regions_that_cannot_be_used(run: Run, name: str) -> None:
    code, says = REGION_FILES[name]
    answer = run("compare", "before.jpg", "after.jpg", "--regions", f"{name}.json")
    assert answer.code == code
    assert says in answer.message()


@pytest.mark.parametrize("name", ["byte-order-mark", "padded"])
def test_a_file_of_regions_that_is_only_unusual(run: Run, name: str) -> None:
    assert run("analyse", "before.jpg", "--regions", f"{name}.json").code == 0


USAGE = {
    ("analyse", "gone.jpg"): "gone.jpg was not found",
    ("analyse", "folder.jpg"): "folder.jpg is a folder",
    ("compare", "before.jpg", "gone.jpg", *REGIONS): "gone.jpg was not found",
    ("compare", "before.jpg", "after.jpg", "--regions", "gone.json"): "a file of regions",
    ("compare", "before.jpg", "after.jpg", "--regions", "folder.jpg"): "a file of regions",
    ("compare", "before.jpg", "after.jpg", "--regions", "after.jpg"): "Photos come before --regions",
    ("compare", "before.jpg", "after.jpg", *REGIONS, "--treated", "nose"): "together with",
    ("compare", "--baseline", "before.jpg", *REGIONS): "nothing to compare",
    ("compare", "--session", "before.jpg", *REGIONS): "nothing to compare",
    ("compare", "before.jpg", "after.jpg", "--region", "regions.json"): "No such option",
    ("analyse", "before.jpg", "after.jpg"): "unexpected extra argument",
    ("analyze", "before.jpg"): "No such command",
    ("compare", "--baseline", *REGIONS): "--baseline has no value",
    ("compare", "before.jpg", "after.jpg", "--treated", "ear"): "left_cheek",
    ("compare", "before.jpg", "after.jpg", "--treated"): "--treated has no value",
    ("compare", "before.jpg", "after.jpg", "--treated", "nose", "--reference", "nose"): "two roles",
    ("compare", "before.jpg", "after.jpg", *REGIONS, "--report", "gone/out.pdf"): "a folder that exists",
    ("compare", "before.jpg", "after.jpg", *REGIONS, "--report", "folder.jpg"): "a folder that exists",
    ("compare", "before.jpg", "after.jpg", *REGIONS, "--report", "before.jpg"): "would replace a file",
    ("compare", "before.jpg", "after.jpg", *REGIONS, "--report", "regions.json"): "would replace a file",
}


@pytest.mark.parametrize("words", USAGE, ids=" ".join)
def test_a_slip_in_the_command_line(run: Run, folder: Path, words: tuple[str, ...]) -> None:
    before = {path.name: path.stat().st_size for path in folder.iterdir()}
    answer = run(*words)
    assert answer.code == 2
    assert USAGE[words] in answer.message()
    assert {path.name: path.stat().st_size for path in folder.iterdir()} == before


@pytest.fixture
def faces(folder: Path) -> Path:
    """A known portrait, and what makes a portrait useless."""
    if not models_present(load_settings()):
        skip_or_fail("the face model has not been fetched; run: make setup")
    if (folder / "face.jpg").exists():
        return folder
    face = Image.fromarray(portrait())
    pair = Image.new("RGB", (2 * face.width, face.height))
    pair.paste(face, (0, 0))
    pair.paste(face, (face.width, 0))
    pictures = {
        "face": face,
        "pair": pair,
        "grey": face.convert("L").convert("RGB"),
        "sepia": ImageOps.colorize(face.convert("L"), "#201008", "#fff0d8"),
        "dark": face.point(lambda value: value // 10),
    }
    for name, picture in pictures.items():
        (folder / f"{name}.jpg").write_bytes(encoded(picture, "JPEG", quality=92))
    return folder


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("before", "no_face"),
        ("pair", "several_faces"),
        ("grey", "no_colour"),
        ("sepia", "no_colour"),
        ("dark", "too_dark"),
    ],
)
def test_a_picture_that_is_no_portrait(run: Run, faces: Path, name: str, error: str) -> None:
    answer = run("analyse", f"{name}.jpg")
    assert answer.code == 1
    assert answer.document["error"]["code"] == error
    assert answer.message()


def test_a_portrait_beside_skin(run: Run, faces: Path) -> None:
    answer = run("compare", "face.jpg", "before.jpg")
    assert answer.code == 5
    assert "No face was found" in answer.message()


def test_a_whole_face_treated_leaves_no_level_to_judge(run: Run, faces: Path) -> None:
    every = ["forehead", "glabella", "nose", "left_cheek", "right_cheek", "perioral", "chin"]
    answer = run("compare", "face.jpg", "face.jpg", "--treated", *every)
    assert answer.code == 0
    redness = [one for one in answer.document["follow_ups"][0]["changes"] if one["metric"] == "redness"]
    assert {one["verdict"] for one in redness} == {"not_measurable"}
    assert all("no_reference" in one["flags"] for one in redness)


@pytest.mark.parametrize(
    ("name", "errors"),
    [("bad_profile_hat.jpg", {"face_turned", "no_face"}), ("bad_sunglasses.jpg", {"face_covered"})],
)
def test_a_real_face_that_cannot_be_measured(
    run: Run, faces: Path, photos: Path, name: str, errors: set[str]
) -> None:
    answer = run("analyse", str(photos / "bad" / name))
    assert answer.code == 1
    assert answer.document["error"]["code"] in errors
