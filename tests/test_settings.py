"""Settings come from the environment, and a mistake in it is told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from dermatrend import settings as module
from dermatrend.settings import Settings, SettingsError, load_settings


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"DERMATREND_{name.upper()}", raising=False)


def test_values_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DERMATREND_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("DERMATREND_WORKER_COUNT", "2")
    loaded = load_settings()
    assert loaded.data_dir == tmp_path
    assert loaded.worker_count == 2


def test_the_face_model_does_not_move_with_the_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = load_settings().models_dir
    monkeypatch.setenv("DERMATREND_DATA_DIR", str(tmp_path))
    assert load_settings().models_dir == before


def test_an_unknown_variable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DERMATREND_DATADIR", "/tmp")
    with pytest.raises(SettingsError, match="DERMATREND_DATADIR") as caught:
        load_settings()
    assert "DERMATREND_DATA_DIR" in caught.value.expected


def test_an_impossible_value_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DERMATREND_PORT", "99999")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "DERMATREND_PORT" in caught.value.what
    assert "99999" in caught.value.got


def test_settings_are_frozen_and_closed() -> None:
    loaded = load_settings()
    with pytest.raises(ValidationError):
        loaded.port = 1  # type: ignore[misc]  # this is the mistake under test
    with pytest.raises(ValidationError):
        Settings(unheard_of=1)  # type: ignore[call-arg]  # this is the mistake under test


@pytest.mark.parametrize(
    ("platform", "variable", "expected"),
    [
        ("linux", "XDG_DATA_HOME", Path("base/dermatrend")),
        ("win32", "LOCALAPPDATA", Path("base/Dermatrend")),
        ("darwin", "HOME", Path("base/Library/Application Support/Dermatrend")),
    ],
)
def test_each_system_has_its_place(
    platform: str, variable: str, expected: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv(variable, str(tmp_path / "base"))
    assert module.user_data_folder() == tmp_path / expected
