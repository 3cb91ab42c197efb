"""`repeatability` on files: a person's own repeat shots studied, written down, and read again."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.errors import AnalysisError
from analysis.records import Parameters, RegionPlan, as_json
from dermatrend.console import Exit, UsageProblem, say, table
from dermatrend.photo_files import PhotoFile, read_photo

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis.repeatability import Repeatability
    from dermatrend.workers import WorkerPool

MIN_PHOTOS = 3


def read_shots(paths: Sequence[Path]) -> list[PhotoFile]:
    """The shots named on the command line, each once.

    Raises:
        UsageProblem: too few are named, or a file cannot be read.
    """
    shots: dict[str, PhotoFile] = {}
    for path in paths:
        photo = read_photo(path)
        if photo.sha256 in shots:
            say(f"note: {photo.name} is the same photo as {shots[photo.sha256].name}")
        shots.setdefault(photo.sha256, photo)
    if len(shots) < MIN_PHOTOS:
        raise UsageProblem(
            "Too few repeat shots were named",
            expected=f"at least {MIN_PHOTOS} photos of the same skin, minutes apart, posed anew for each",
            got=f"{len(shots)}",
            advice="Run: dermatrend repeatability --help",
        )
    return list(shots.values())


def check_out_path(path: Path) -> None:
    """Refuse before anything is measured.

    Raises:
        UsageProblem: the folder is not there, or a file that is no study would be replaced: a slip of the
            name must not cost a photo.
    """
    if path.is_dir() or not path.resolve().parent.is_dir():
        raise UsageProblem(
            "The study cannot be written there",
            expected="the name of a file in a folder that exists",
            got=str(path),
            advice="Name a file, such as repeats.json",
        )
    if path.is_file():
        try:
            read_study(path)
        except AnalysisError as error:
            raise UsageProblem(
                "The study would replace a file that is not a study",
                expected="a new name, or that of an earlier study",
                got=str(path),
                advice="Name a new file, such as repeats.json",
            ) from error


def read_study(path: Path) -> Repeatability:
    """The study in a file that `repeatability --out` wrote.

    Raises:
        UsageProblem: there is no such file.
        RepeatabilityError: it holds something else.
    """
    from analysis.repeatability_document import from_text

    return from_text(read_photo(path, "a repeatability study").data.decode("utf-8-sig", errors="replace"))


def study_files(
    pool: WorkerPool,
    shots: Sequence[PhotoFile],
    plan: RegionPlan,
    progress: Callable[[float, str], None] | None = None,
) -> Repeatability:
    """Study the shots in a worker.

    Raises:
        AnalysisError: as `analysis.pipeline.repeatability`.
    """
    report = progress or (lambda _share, _text: None)
    report(0.0, f"Studying {len(shots)} shots")
    study = pool.repeatability([shot.data for shot in shots], plan)
    report(1.0, "Done")
    return study


def study_document(study: Repeatability) -> dict[str, Any]:
    """The object of `repeatability --json` and of the file: the study, and what it does to the bands."""
    from importlib.metadata import version

    from analysis.repeatability import bands
    from analysis.repeatability_document import to_document

    found = [
        {
            "metric": band.noise.metric,
            "region": band.noise.region,
            "reference": band.noise.reference,
            "unit": band.noise.unit,
            "by_red": band.noise.by_red,
            "sd": band.noise.sd,
            "df": band.noise.df,
            "mdc95_alone": band.noise.mdc95,
            "mdc95": band.mdc95,
            "default_mdc95": band.default_mdc95,
        }
        for band in bands(study, Parameters())
    ]
    return {**to_document(study), "software": f"dermatrend {version('dermatrend')}", "bands": as_json(found)}


def write_study(path: Path, document: dict[str, Any]) -> None:
    """Write the study's document.

    Raises:
        UsageProblem: the file cannot be written.
    """
    try:
        path.write_text(json.dumps(document, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageProblem(
            "The study could not be written", got=f"{path}: {error.strerror}", advice="Choose another place"
        ) from error


HEADING = ["metric", "region", "relative to", "own SD", "smallest change alone", "band", "default band"]
KEY = """
own SD: how much one shot differs from the next within this sitting.
smallest change alone: what two single shots of one sitting would have to differ by, judged by these shots
  alone. It holds nothing of what differs between days.
band: what the change between two sessions of one shot each has to exceed, with these shots; quiet shots
  cannot take away what differs between days. default band: the same without them.
  Each comparison adds what its own photos show: uneven light, warnings, skin tone."""


def study_text(study: Repeatability, names: Sequence[PhotoFile]) -> str:
    """The study for people: what was used, and a row per metric and region."""
    from analysis.repeatability import bands

    name_of = {photo.sha256: photo.name for photo in names}
    lines = [f"{study.n_shots} shots: {', '.join(name_of.get(one, one[:12]) for one in study.photo_ids)}"]
    lines += [f"  left out: {name_of.get(one.photo_id, one.photo_id[:12])}: {one.reason}"
              for one in study.left_out]  # fmt: skip
    rows = [
        [
            band.noise.metric.replace("_", " ") + (" (red light)" if band.noise.by_red else ""),
            band.noise.region.replace("_", " "),
            (band.noise.reference or "-").replace("_", " "),
            _value(band.noise.sd, band.noise.unit),
            _value(band.noise.mdc95, band.noise.unit),
            _value(band.mdc95, band.noise.unit),
            _value(band.default_mdc95, band.noise.unit),
        ]
        for band in bands(study, Parameters())
    ]
    return "\n".join([*lines, table([HEADING, *rows]), KEY])


def _value(value: float, unit: str) -> str:
    return f"{value:.2f} {unit}" if math.isfinite(value) else "-"


def exit_code(study: Repeatability) -> Exit:
    """0 all shots were used; 3 some were left out."""
    return Exit.SOME_FAILED if study.left_out else Exit.OK
