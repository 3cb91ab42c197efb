"""The report of a course as files: report.json is the source, the PDF a rendering of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import metadata

from analysis.errors import AnalysisError
from analysis.records import PhotoAnalysis
from dermatrend.access import require
from dermatrend.records import Actor, InvalidInput, Session
from dermatrend.storage.errors import NotFound
from dermatrend.workflows.comparing import Progress, track_progress
from dermatrend.workflows.photos import PARAMETERS, photo_analysis
from dermatrend.workflows.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """A report, ready to be handed over."""

    json: bytes = field(repr=False)
    pdf: bytes = field(repr=False)
    file_name: str
    """Of the PDF, without its ending; it names nobody."""


def export_report(
    ws: Workspace,
    actor: Actor,
    course_id: str,
    *,
    session_ids: Sequence[str] | None = None,
    regions: Sequence[str] | None = None,
    metrics: Sequence[str] | None = None,
    language: str = "en",
    progress: Callable[[float, str], None] | None = None,
) -> ReportFiles:
    """Make the report of a course. Same records, same bytes: no clock is read.

    Args:
        session_ids: the follow-up sessions to show; all of them where None. The others are named as left out.
        regions: the regions to show, likewise.
        metrics: the metrics to show, likewise.
        language: "en" is the one there is.

    Raises:
        InvalidInput: the course has no session yet, or the language is not there.
        NotFound: a session is not in this course.
    """
    require(actor, "report")
    from dermatrend.report.content import RepeatShots, report_content, report_json
    from dermatrend.report.pdf import render_pdf

    say = progress or (lambda _share, _words: None)
    person = ws.repository.person(actor, ws.repository.course(actor, course_id).person_id)
    known = ws.repository.sessions(actor, course_id)
    _check(known, session_ids, language)
    tracked = track_progress(ws, actor, course_id, progress=lambda share, words: say(0.7 * share, words))
    say(0.7, "Writing the report")
    content = report_content(
        person.label,
        tracked.course,
        tracked.sessions,
        tracked.comparisons,
        tracked.trends,
        software_version=metadata.version("dermatrend"),
        analyses=_analyses(ws, actor, tracked),
        parameters=PARAMETERS,
        studies=[
            RepeatShots(item.study.taken_on, item.result.photo_ids)
            for item in tracked.repeats.studies
            if item.result is not None and item.result.noise
        ],
        session_ids=session_ids,
        regions=regions,
        metrics=metrics,
        language=language,
    )
    pictures = {
        picture_id: ws.photos.read_derived(person.id, picture_id)
        for item in tracked.comparisons
        for name, picture_id in item.pictures.items()
        if name in ("baseline", "follow_up")
    }
    files = ReportFiles(
        report_json(content),
        render_pdf(content, pictures),
        f"dermatrend-report-{course_id[:8]}-{known[-1].taken_on}",
    )
    say(1.0, "Done")
    return files


def _check(known: Sequence[Session], session_ids: Sequence[str] | None, language: str) -> None:
    if not known:
        raise InvalidInput(
            "There is nothing to report yet",
            expected="a course with at least its first session",
            got="a course without photos",
            advice="Add a session first",
        )
    if language != "en":
        raise InvalidInput(
            "The report cannot be written in this language",
            expected="en",
            got=repr(language[:20]),
            advice="Choose English",
        )
    if set(session_ids or ()) - {session.id for session in known}:
        raise NotFound.of("session")


def _analyses(ws: Workspace, actor: Actor, tracked: Progress) -> dict[str, PhotoAnalysis]:
    found = {}
    for session in tracked.sessions:
        for photo in session.photos:
            try:
                found[photo.id] = photo_analysis(ws, actor, tracked.course.id, photo.id)
            except AnalysisError:
                # A photo that a newer method refuses stays in the record; the comparison says why it is out.
                continue
    return found
