"""What a course's own repeat shots say of its noise: measured once, kept under a key, measured once."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.errors import AnalysisError
from analysis.repeatability import Band, Repeatability, bands, pooled
from dermatrend.access import require
from dermatrend.records import Actor, Course, RepeatStudy, Session
from dermatrend.storage import documents
from dermatrend.workflows.method import METHOD
from dermatrend.workflows.photos import PARAMETERS
from dermatrend.workflows.workspace import Workspace


@dataclass(frozen=True, slots=True)
class StoredStudy:
    """A study of repeat shots, and what was found in it."""

    study: RepeatStudy
    result: Repeatability | None
    """None where this version cannot measure it."""
    error: dict[str, str] | None = None
    """code, what, expected, got, advice; why there is no result."""


@dataclass(frozen=True, slots=True)
class Repeats:
    """All studies of a course, and together what they do to its bands."""

    studies: tuple[StoredStudy, ...]
    noise: Repeatability | None
    """The studies taken together; None where there is none that says something."""
    bands: tuple[Band, ...]


def studies(ws: Workspace, actor: Actor, course_id: str) -> list[RepeatStudy]:
    """The repeatability studies of a course by date, nothing measured."""
    require(actor, "view")
    return ws.repository.studies(actor, course_id)


def repeatability_of(ws: Workspace, actor: Actor, course_id: str) -> Repeats:
    """The studies of a course with what was found in them.

    A study that was made under another method, plan or baseline is measured again from its photos. One that
    cannot be measured any more keeps its place, says why, and enters no band.
    """
    require(actor, "compare")
    return course_repeats(
        ws, actor, ws.repository.course(actor, course_id), ws.repository.sessions(actor, course_id)
    )


def course_repeats(ws: Workspace, actor: Actor, course: Course, known: list[Session]) -> Repeats:
    """As `repeatability_of`, for a course and its sessions that are at hand."""
    found = tuple(
        _stored(ws, actor, course, known, study) for study in ws.repository.studies(actor, course.id)
    )
    telling = [item.result for item in found if item.result is not None and item.result.noise]
    noise = pooled(telling)
    return Repeats(found, noise, bands(noise, PARAMETERS) if noise else ())


def baseline_photo(known: list[Session]) -> str | None:
    """The photo that regions are drawn on and later sessions are compared with."""
    return known[0].photos[0].id if known and known[0].photos else None


def study_key(photo_ids: list[str], course: Course, known: list[Session]) -> str:
    """What a study's result depends on, as one hash."""
    # A face is placed on the shots themselves: another baseline only matters to drawn regions.
    drawn_on = baseline_photo(known) if course.plan.drawn else None
    return documents.digest("study", photo_ids, METHOD, PARAMETERS, course.plan, drawn_on)


def measure_study(ws: Workspace, course: Course, known: list[Session], shots: list[bytes]) -> Repeatability:
    """Study shots now, in a worker.

    Raises:
        AnalysisError: as `analysis.pipeline.repeatability`, ModelsMissing or WorkerFailed.
    """
    photo_id = baseline_photo(known)
    baseline = ws.photos.read(course.person_id, photo_id) if photo_id else None
    return ws.pool.repeatability(shots, course.plan, baseline)


def _stored(
    ws: Workspace, actor: Actor, course: Course, known: list[Session], study: RepeatStudy
) -> StoredStudy:
    key = study_key([photo.id for photo in study.photos], course, known)
    with ws.measuring(key):
        result = ws.repository.study_result(actor, study.id, key)
        if result is None:
            shots = [ws.photos.read(course.person_id, photo.id) for photo in study.photos]
            try:
                result = measure_study(ws, course, known, shots)
            except AnalysisError as error:
                return StoredStudy(study, None, error.as_json())
            if not ws.read_only:
                ws.repository.put_study_result(actor, study.id, key, result)
    return StoredStudy(study, result)
