"""The command line on photos, with the real pool: drawn regions on skin, faces, and what must be refused."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from analysis.phantom.disturbance import NEUTRAL
from analysis.phantom.scene import NO_DOSE, Dose, Site
from dermatrend.face_models import models_present
from dermatrend.settings import load_settings
from tests.conftest import skip_or_fail


@pytest.fixture(scope="module")
def skin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two photos of one patch of synthetic skin, the second with much more blood, and its regions."""
    folder = tmp_path_factory.mktemp("skin")
    site = Site.of(4242, "III", patch_mm=30.0)
    before = site.photo(NO_DOSE, NEUTRAL, shot_seed=0)
    after = site.photo(Dose(haemoglobin=0.8), NEUTRAL, shot_seed=1)
    (folder / "before.jpg").write_bytes(before.jpeg)
    (folder / "after.jpg").write_bytes(after.jpeg)
    for number in (2, 3, 4):
        (folder / f"repeat-{number}.jpg").write_bytes(site.photo(NO_DOSE, NEUTRAL, shot_seed=number).jpeg)
    (folder / "cut.jpg").write_bytes(after.jpeg[: len(after.jpeg) // 2])
    (folder / "empty.jpg").write_bytes(b"")
    regions = [
        {"name": one.name, "role": one.role, "polygon": one.polygon.tolist()} for one in before.regions
    ]
    document = {"px_per_mm": before.px_per_mm, "regions": regions}
    (folder / "regions.json").write_text(json.dumps(document))
    (folder / "flat.json").write_text(json.dumps(document | {"px_per_mm": 0}))
    far = [{**region, "polygon": [[x + 9000, y] for x, y in region["polygon"]]} for region in regions]
    (folder / "outside.json").write_text(json.dumps(document | {"regions": far}))
    return folder


def dermatrend(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dermatrend", *words]
    known = {**os.environ, **environment}
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=120, env=known, check=False
    )


def answer(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(done.stdout)
    return parsed


def test_more_blood_is_a_measured_rise_of_redness(skin: Path) -> None:
    done = dermatrend(skin, "compare", "before.jpg", "after.jpg", "--regions", "regions.json", "--json")
    assert done.returncode == 0, done.stderr
    document = answer(done)
    before, after = ((skin / name).read_bytes() for name in ("before.jpg", "after.jpg"))
    assert document["baseline"]["photo_ids"] == [hashlib.sha256(before).hexdigest()]
    entry = document["follow_ups"][0]
    assert entry["photo_ids"] == [hashlib.sha256(after).hexdigest()]
    assert entry["comparable"] is True
    redness = next(one for one in entry["changes"] if one["metric"] == "redness")
    assert (redness["region"], redness["reference"]) == ("treated", "reference")
    assert redness["verdict"] == "measurable_increase"
    assert redness["difference"] == pytest.approx(redness["follow_up"] - redness["baseline"], abs=1e-6)
    low, high = redness["ci95"]
    assert 0 < low < redness["difference"] < high


def test_a_damaged_follow_up_leaves_the_others(skin: Path) -> None:
    words = ["compare", "before.jpg", "after.jpg", "cut.jpg", "empty.jpg", "--regions", "regions.json"]
    done = dermatrend(skin, *words, "--json", "--report", "out.pdf")
    assert done.returncode == 3, done.stderr
    good, cut, empty = answer(done)["follow_ups"]
    assert good["comparable"] is True
    assert cut["comparable"] is empty["comparable"] is False
    assert "damaged" in cut["reasons"][0].lower() or "incomplete" in cut["reasons"][0].lower()
    assert "empty" in empty["reasons"][0].lower()
    assert "the report uses the date of the file" in done.stderr
    with pikepdf.open(skin / "out.pdf") as report:
        assert "/StructTreeRoot" in report.Root


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["compare", "empty.jpg", "after.jpg", "--regions", "regions.json"], 1, "empty_file"),
        (["compare", "before.jpg", "empty.jpg", "--regions", "regions.json"], 1, None),
        (["analyse", "cut.jpg", "--regions", "regions.json"], 1, "damaged_photo"),
        (["analyse", "before.jpg", "--regions", "flat.json"], 1, "regions"),
        (["analyse", "before.jpg", "--regions", "outside.json"], 1, "regions"),
    ],
)
def test_bad_input_by_its_cause(skin: Path, words: list[str], code: int, error: str | None) -> None:
    done = dermatrend(skin, *words, "--json")
    assert done.returncode == code, done.stderr
    document = answer(done)
    if error:
        assert document["error"]["code"] == error
        assert document["error"]["advice"]
    assert "Traceback" not in done.stderr


def test_drawn_regions_need_no_face_model_and_faces_name_the_command(skin: Path, tmp_path: Path) -> None:
    without = {"DERMATREND_MODELS_DIR": str(tmp_path)}
    assert dermatrend(skin, "analyse", "before.jpg", "--regions", "regions.json", **without).returncode == 0
    done = dermatrend(skin, "analyse", "before.jpg", **without)
    assert done.returncode == 1
    assert "dermatrend models fetch" in done.stderr


def test_skin_without_a_face_says_so(skin: Path) -> None:
    if not models_present(load_settings()):
        skip_or_fail("the face model has not been fetched; run: make setup")
    done = dermatrend(skin, "analyse", "before.jpg", "--json")
    assert done.returncode == 1
    assert answer(done)["error"]["code"] == "no_face"


def test_repeat_shots_enter_the_band_of_a_comparison(skin: Path) -> None:
    where = ("--regions", "regions.json")
    names = ["repeat-2.jpg", "repeat-3.jpg", "repeat-4.jpg"]
    done = dermatrend(skin, "repeatability", "before.jpg", *names, *where, "--out", "repeats.json", "--json")
    assert done.returncode == 0, done.stderr
    study = answer(done)
    assert json.loads((skin / "repeats.json").read_text()) == study
    (redness,) = [one for one in study["bands"] if one["metric"] == "redness"]
    assert (redness["region"], redness["reference"], redness["df"]) == ("treated", "reference", 3)
    plain = dermatrend(skin, "compare", "before.jpg", "after.jpg", *where, "--json")
    own = dermatrend(
        skin, "compare", "before.jpg", "after.jpg", *where, "--json", "--repeatability", "repeats.json"
    )
    assert own.returncode == 0, own.stderr
    before, after = (answer(one)["follow_ups"][0] for one in (plain, own))
    assert (before["own_repeat_shots"], after["own_repeat_shots"]) == (0, 4)
    for one, other in zip(before["changes"], after["changes"], strict=True):
        assert one["difference"] == other["difference"]
        if one["difference"] is not None:
            assert "own_noise" in other["flags"]
            assert other["mdc95"] != one["mdc95"]
            uneven = other["metric"].endswith("uniformity")
            assert uneven == (other["detectable80"] is None)
            assert uneven or other["detectable80"] > other["mdc95"]
    cut = dermatrend(skin, "repeatability", "before.jpg", *names, "cut.jpg", *where)
    assert cut.returncode == 3, cut.stderr
    assert "left out: cut.jpg" in cut.stdout


def test_two_real_portraits_of_one_person(photos: Path) -> None:
    names = [str(photos / "faces" / f"london_021_{mood}.jpg") for mood in ("neutral", "smiling")]
    done = dermatrend(photos, "compare", *names, "--treated", "left_cheek", "right_cheek", "--json")
    assert done.returncode == 0, done.stderr
    entry = answer(done)["follow_ups"][0]
    assert entry["comparable"] is True
    # Minutes apart and nothing done: whatever is measured is within noise.
    verdicts = {one["verdict"] for one in entry["changes"]}
    assert not verdicts & {"measurable_increase", "measurable_decrease"}


def test_another_person_is_not_comparable(photos: Path) -> None:
    names = [str(photos / "faces" / name) for name in ("london_021_neutral.jpg", "london_061_neutral.jpg")]
    done = dermatrend(photos, "compare", *names, "--json")
    assert done.returncode == 5, done.stderr
    assert answer(done)["follow_ups"][0]["reasons"]


def test_a_card_beside_the_skin(tmp_path: Path) -> None:
    site = Site.of(4243, "III", patch_mm=20.0, card=True)
    before = site.photo(NO_DOSE, NEUTRAL, shot_seed=0)
    after = site.photo(Dose(haemoglobin=1.5), NEUTRAL, shot_seed=1)
    (tmp_path / "before.jpg").write_bytes(before.jpeg)
    (tmp_path / "after.jpg").write_bytes(after.jpeg)
    treated = before.regions[0]
    region = {"name": treated.name, "role": treated.role, "polygon": treated.polygon.tolist()}
    document = {"px_per_mm": before.px_per_mm, "regions": [region]}
    (tmp_path / "regions.json").write_text(json.dumps(document))
    words = ["compare", "before.jpg", "after.jpg", "--regions", "regions.json", "--json"]
    with_card = answer(dermatrend(tmp_path, *words, "--card"))
    (redness,) = [c for c in with_card["follow_ups"][0]["changes"] if c["metric"] == "redness"]
    assert redness["reference"] == "card"
    assert "card_corrected" in redness["flags"]
    assert redness["difference"] > 3
    assert with_card["baseline"]["photos"][0]["card"]["kind"] == "colorchecker"
    (redness,) = [
        c
        for c in answer(dermatrend(tmp_path, *words))["follow_ups"][0]["changes"]
        if c["metric"] == "redness"
    ]
    assert redness["reference"] is None
    assert redness["difference"] is None
    done = dermatrend(tmp_path, "analyse", "before.jpg", "--regions", "regions.json", "--card")
    assert "colour card: colorchecker, found" in done.stdout
