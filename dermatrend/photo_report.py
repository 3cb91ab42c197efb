"""`compare --report`: the PDF of files that were compared, without a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import AnalysisError
from analysis.records import CardSearch, PhotoAnalysis, RegionPlan, SessionComparison
from dermatrend.console import Exit, UsageProblem, report_error, say
from dermatrend.photo_looks import facts_of, look_at
from dermatrend.records import Course, DateSource, Session, StoredPhoto, days_between

if TYPE_CHECKING:
    from analysis.repeatability import Repeatability
    from dermatrend.photo_commands import Outcome
    from dermatrend.photo_files import PhotoFile
    from dermatrend.pictures import Picture
    from dermatrend.workers import WorkerPool

PERSON_LABEL = "Not named"
COURSE_TITLE = "Photos compared on the command line"


@dataclass(frozen=True, slots=True)
class Compared:
    """A session with its comparison and the keys of its pictures, as the report wants them."""

    session_id: str
    comparison: SessionComparison
    pictures: Mapping[str, str]


def check_report_path(path: Path) -> None:
    """Refuse before anything is measured.

    Raises:
        UsageProblem: the folder is not there, or the path is a folder or a file that is no PDF: a slip
            of the name must not cost a photo.
    """
    if path.is_dir() or not path.resolve().parent.is_dir():
        raise UsageProblem(
            "The report cannot be written there",
            expected="the name of a file in a folder that exists",
            got=str(path),
            advice="Name a file, such as report.pdf",
        )
    if path.is_file() and not _may_be_replaced(path):
        raise UsageProblem(
            "The report would replace a file that is not a report",
            expected="a new name, or that of an earlier PDF",
            got=str(path),
            advice="Name a new file, such as report.pdf",
        )


def _may_be_replaced(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(5)
    return start in (b"", b"%PDF-")


def report_code(
    path: Path,
    pool: WorkerPool,
    plan: RegionPlan,
    outcome: Outcome,
    baseline: Sequence[PhotoFile],
    sessions: Sequence[Sequence[PhotoFile]],
    own_noise: Repeatability | None = None,
    card: CardSearch | None = None,
) -> Exit:
    """Write the report of an answer that has been printed; the exit code of both together.

    What keeps it from being written is told on stderr alone: another JSON object would spoil the answer.
    """
    try:
        write_report(path, pool, plan, outcome, baseline, sessions, own_noise, card)
    except AnalysisError as error:
        return report_error(error, as_json=False)
    say(f"Report written: {path}")
    return outcome.exit_code


def write_report(
    path: Path,
    pool: WorkerPool,
    plan: RegionPlan,
    outcome: Outcome,
    baseline: Sequence[PhotoFile],
    sessions: Sequence[Sequence[PhotoFile]],
    own_noise: Repeatability | None = None,
    card: CardSearch | None = None,
) -> None:
    """Write the PDF of a comparison that has been made, with the study of repeat shots it used.

    The baseline is the one that was named as such, whatever the dates of the files say.

    Raises:
        UsageProblem: the file cannot be written.
    """
    from importlib.metadata import version

    from analysis.trend import trends
    from dermatrend.report.content import RepeatShots, report_content
    from dermatrend.report.pdf import render_pdf

    analyses = {analysis.photo_id: analysis for analysis in outcome.baseline}
    for photo in (photo for session in (baseline, *sessions) for photo in session):
        if photo.sha256 not in analyses:
            found = _known_of(pool, photo, plan, card)
            if found is not None:
                analyses[found.photo_id] = found

    records = [_session(number, shots, analyses) for number, shots in enumerate([baseline, *sessions])]
    pictures: dict[str, Picture] = {}
    compared = []
    for record, comparison, views in zip(records[1:], outcome.comparisons, outcome.pictures, strict=True):
        keys = {name: f"{record.id}-{name}" for name in views}
        pictures |= {keys[name]: picture for name, picture in views.items()}
        compared.append(Compared(record.id, comparison, keys))
    start = records[0].taken_on
    _say_days_backwards(records)
    course = Course("files", "files", COURSE_TITLE, plan)
    content = report_content(
        PERSON_LABEL,
        course,
        records,
        compared,
        trends(
            [
                (days_between(start, record.taken_on), item.comparison)
                for record, item in zip(records[1:], compared, strict=True)
            ]
        ),
        software_version=version("dermatrend"),
        analyses=analyses,
        studies=[RepeatShots(None, own_noise.photo_ids)] if own_noise else (),
    )
    try:
        path.write_bytes(render_pdf(content, pictures))
    except OSError as error:
        raise UsageProblem(
            "The report could not be written", got=f"{path}: {error.strerror}", advice="Choose another place"
        ) from error


def _known_of(
    pool: WorkerPool, photo: PhotoFile, plan: RegionPlan, card: CardSearch | None
) -> PhotoAnalysis | None:
    """What is known of a photo by itself; of one that was left out, whose comparison says why, its facts."""
    try:
        return look_at(pool, photo, plan, card, is_anchor=False)
    except AnalysisError:
        return facts_of(pool, photo)


def _session(number: int, shots: Sequence[PhotoFile], analyses: Mapping[str, PhotoAnalysis]) -> Session:
    known = [(shot, analyses[shot.sha256]) for shot in shots if shot.sha256 in analyses]
    day, source = _day(shots, [analysis for _, analysis in known])
    session_id = "baseline" if number == 0 else f"follow-up-{number}"
    photos = tuple(
        StoredPhoto(
            shot.sha256,
            session_id,
            shot.name,
            analysis.format,
            len(shot.data),
            analysis.width,
            analysis.height,
            analysis.facts,
        )
        for shot, analysis in known
    )
    return Session(session_id, "files", day, source, photos=photos)


def _day(shots: Sequence[PhotoFile], analyses: Sequence[PhotoAnalysis]) -> tuple[str, DateSource]:
    """The day of the earliest photo that records one, else the day of the file itself, which is said."""
    dated = sorted(
        (analysis.facts.captured_at[:10], analysis.facts.captured_at_source)
        for analysis in analyses
        if analysis.facts.captured_at and analysis.facts.captured_at_source
    )
    if dated:
        return dated[0]
    why = "does not say when it was taken" if analyses else "cannot be read"
    say(f"{shots[0].name} {why}: the report uses the date of the file")
    return shots[0].modified_on, "file"


def _say_days_backwards(records: Sequence[Session]) -> None:
    """The date of a file changes when it is copied: a day that follows from one is told, and doubted."""
    start = records[0]
    for record in records[1:]:
        if record.taken_on < start.taken_on and "file" in (record.taken_on_source, start.taken_on_source):
            say(
                f"note: going by the date of a file, {record.id} is older than the baseline. "
                "The report keeps the baseline that was named, with negative days"
            )
