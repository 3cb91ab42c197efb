"""Where things are and how much a job may use: one frozen record, read from the environment.

Every field can be set as `DERMATREND_<NAME>`, e.g. `DERMATREND_PORT=8600`. Method parameters are not
here: they belong to the results (`analysis.records.Parameters`).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from analysis.errors import AnalysisError

PREFIX = "DERMATREND_"
NOT_SETTINGS = frozenset({"DERMATREND_PHOTOS"})
"""Variables with our prefix that are read elsewhere: the folder of real photos for the tests."""


class SettingsError(AnalysisError):
    """A variable of the environment that is unknown or has an impossible value."""

    code = "settings"


def user_data_folder() -> Path:
    """The place the operating system gives to an application's data of one user."""
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "Dermatrend"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "Dermatrend"
    return Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "dermatrend"


class Settings(BaseSettings):
    """Settings of this installation. Frozen; unknown keys are refused."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    data_dir: Path = Field(default_factory=user_data_folder, description="database, photos, pictures")
    models_dir: Path = Field(
        default_factory=lambda: user_data_folder() / "models", description="the fetched face model"
    )
    database_url: str | None = Field(default=None, description="SQLAlchemy URL; none: SQLite in data_dir")
    host: str = Field(default="127.0.0.1", description="address the app listens on")
    port: int = Field(default=8501, ge=1, le=65535, description="port the app listens on")
    worker_count: int = Field(default=1, ge=1, le=64, description="worker processes")
    photo_seconds: float = Field(default=60.0, gt=0, description="longest time a job on photos may take")
    worker_memory_mb: int = Field(default=1500, ge=500, description="memory a worker process may use")


def load_settings() -> Settings:
    """The settings of this process.

    Raises:
        SettingsError: a variable DERMATREND_... is unknown, or its value cannot be used.

    >>> load_settings().host
    '127.0.0.1'
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields} | NOT_SETTINGS
    unknown = sorted(key for key in os.environ if key.startswith(PREFIX) and key not in known)
    if unknown:
        raise SettingsError(
            "A setting is unknown",
            expected="one of " + ", ".join(sorted(known - NOT_SETTINGS)),
            got=", ".join(unknown),
            advice="Correct or remove the variable",
        )
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + str(first["loc"][0]).upper()
        raise SettingsError(
            f"The setting {name} cannot be used",
            expected=str(first["msg"]),
            got=repr(os.environ.get(name, "")),
            advice="Correct or remove the variable",
        ) from error
