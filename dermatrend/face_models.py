"""The face model: four TFLite files of MediaPipe 0.10.21, fetched once and checked by hash.

No weights are part of this project. `dermatrend models fetch` takes them out of the one published
wheel that carries them (Apache-2.0), checks every byte, and keeps them in the user's data folder.
Without them, drawn regions still work.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from analysis.errors import AnalysisError, ModelsMissing

if TYPE_CHECKING:
    from analysis.landmarks import FaceModels
    from dermatrend.settings import Settings

Progress = Callable[[float, str], None]
"""(share done from 0 to 1, what is being done)."""

WHEEL = "mediapipe==0.10.21"
FETCH_COMMAND = "dermatrend models fetch"
FETCH_SECONDS = 600


class ModelFile(NamedTuple):
    """One file of the model: its role in `FaceModels`, its place in the wheel, its exact content."""

    role: str
    name: str
    folder: str
    size: int
    sha256: str


MODEL_FILES = (
    ModelFile(
        "detector",
        "face_detection_short_range.tflite",
        "mediapipe/modules/face_detection",
        229_714,
        "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    ),
    ModelFile(
        "landmarks",
        "face_landmark.tflite",
        "mediapipe/modules/face_landmark",
        1_242_398,
        "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
    ),
    ModelFile(
        "iris",
        "iris_landmark.tflite",
        "mediapipe/modules/iris_landmark",
        2_640_568,
        "d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f",
    ),
    ModelFile(
        "segmentation",
        "selfie_segmentation.tflite",
        "mediapipe/modules/selfie_segmentation",
        249_505,
        "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
    ),
)


class FetchFailed(AnalysisError):
    """The package that carries the face model could not be downloaded."""

    code = "fetch_failed"


class ModelsDamaged(AnalysisError):
    """A model file does not have the content it must have."""

    code = "models_damaged"


def models_dir(settings: Settings) -> Path:
    """The folder of the model files; it may not exist yet."""
    return settings.models_dir


def _checked(file: ModelFile, data: bytes) -> bytes:
    found = hashlib.sha256(data).hexdigest()
    if found != file.sha256:
        raise ModelsDamaged(
            f"The face model file {file.name} is damaged",
            expected=f"{file.size} bytes with sha256 {file.sha256}",
            got=f"{len(data)} bytes with sha256 {found}",
            advice=f"Run: {FETCH_COMMAND}",
        )
    return data


def load_models(settings: Settings) -> FaceModels:
    """The model files as bytes, each checked against its hash.

    Raises:
        ModelsMissing: not fetched yet; the message names the command.
        ModelsDamaged: a file was changed since.
    """
    from analysis.landmarks import FaceModels

    folder = models_dir(settings)
    content: dict[str, bytes] = {}
    for file in MODEL_FILES:
        try:
            data = (folder / file.name).read_bytes()
        except OSError as error:
            raise ModelsMissing(
                "The face model has not been fetched",
                expected=f"{len(MODEL_FILES)} model files",
                got=f"no readable {file.name}",
                advice=f"Run once: {FETCH_COMMAND}. Regions drawn by hand work without it",
            ) from error
        content[file.role] = _checked(file, data)
    return FaceModels(**content)


def models_present(settings: Settings) -> bool:
    """True if every model file is there with the right content."""
    try:
        load_models(settings)
    except (ModelsMissing, ModelsDamaged):
        return False
    return True


def fetch_models(settings: Settings, progress: Progress | None = None) -> Path:
    """Fetch the face model unless it is there already; returns its folder.

    Raises:
        FetchFailed: no installer was found, or the download failed.
        ModelsDamaged: what came is not what was published.
    """
    report = progress or (lambda _share, _text: None)
    folder = models_dir(settings)
    if models_present(settings):
        report(1.0, "The face model is already there")
        return folder
    report(0.0, "Fetching the face model")
    with tempfile.TemporaryDirectory(prefix="dermatrend-models-") as scratch:
        _unpack_wheel(Path(scratch))
        report(0.7, "Checking the face model")
        folder.mkdir(parents=True, exist_ok=True)
        for file in MODEL_FILES:
            try:
                data = (Path(scratch) / file.folder / file.name).read_bytes()
            except OSError as error:
                raise ModelsDamaged(
                    "The downloaded package holds no face model",
                    expected=f"{file.folder}/{file.name}",
                    got="no such file",
                    advice="Try again; if it stays, report it",
                ) from error
            _write_whole(folder / file.name, _checked(file, data))
    report(1.0, "The face model is ready")
    return folder


def _write_whole(path: Path, data: bytes) -> None:
    """Write and rename, so that a half-written model never stands under its name."""
    partial = path.with_suffix(f".{os.getpid()}.part")
    partial.write_bytes(data)
    partial.replace(path)


def _installers(target: Path) -> list[list[str]]:
    """Commands that can unpack the wheel into a folder, best first. The same wheel on every platform."""
    options = ["--no-deps", "--target", str(target)]
    platform = {"uv": "x86_64-manylinux_2_28", "pip": "manylinux_2_28_x86_64"}
    uv = (
        os.environ.get("UV") or shutil.which("uv") or shutil.which("uv", path=str(Path.cwd() / ".uv" / "bin"))
    )
    commands = []
    if uv:
        chosen = ["--quiet", "--python-version", "3.12", "--python-platform", platform["uv"]]
        commands.append([uv, "pip", "install", *options, *chosen, WHEEL])
    chosen = ["--quiet", "--disable-pip-version-check", "--only-binary=:all:", "--python-version", "3.12"]
    chosen += ["--platform", platform["pip"], WHEEL]
    pythons = filter(None, (sys.executable, shutil.which("python3")))
    commands += [[python, "-m", "pip", "install", *options, *chosen] for python in pythons]
    return commands


def _unpack_wheel(target: Path) -> None:
    last = "no installer was found"
    for command in _installers(target):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            last = type(error).__name__
            continue
        if done.returncode == 0:
            return
        lines = done.stderr.strip().splitlines()
        last = lines[-1] if lines else f"exit code {done.returncode}"
    raise FetchFailed(
        "The face model could not be fetched",
        expected=f"the package {WHEEL} from the Python package index",
        got=last,
        advice="Check the network connection and try again; regions drawn by hand work without the model",
    )
