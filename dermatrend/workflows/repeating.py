"""Adding and removing a course's own repeat shots: they enter the band of every comparison of the course."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from analysis.errors import AnalysisError, ModelsMissing
from analysis.records import PhotoAnalysis
from analysis.repeatability import MIN_SHOTS, Repeatability
from dermatrend.access import require
from dermatrend.records import (
    LABEL_LENGTH,
    Actor,
    Course,
    DateSource,
    InvalidInput,
    RepeatStudy,
    StoredPhoto,
    clean_text,
    parse_date,
)
from dermatrend.storage.scope import new_id, now
from dermatrend.workflows.looking import Upload
from dermatrend.workflows.own_noise import StoredStudy, measure_study, study_key
from dermatrend.workflows.photos import look_at
from dermatrend.workflows.sessions import MAX_BYTES, recorded_day
from dermatrend.workflows.workspace import Workspace

MAX_SHOTS = 20


@dataclass(frozen=True, slots=True)
class StudyReceipt:
    """What became of a set of repeat shots."""

    stored: StoredStudy | None
    """None where no study could be made: then nothing was stored."""
    refused: tuple[tuple[str, dict[str, str]], ...]
    """File name and error (code, what, expected, got, advice) of every shot that is not in the study."""


def run_repeatability(
    ws: Workspace,
    actor: Actor,
    course_id: str,
    uploads: Sequence[Upload],
    *,
    taken_on: str | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> StudyReceipt:
    """Study repeat shots of a course's skin and keep them.

    Every comparison of the course is measured with them from now on. Shots that cannot be used are not kept.

    Args:
        uploads: at least three files, taken within minutes, posed anew for each.
        taken_on: the day they were taken; without it, the day that the photos themselves record.
        progress: called with the share done and a few words.

    Raises:
        InvalidInput: too few files or too many, no date in any, or drawn regions without a first session.
        AlreadyStored: a file is in a session of the course, or in another study; nothing is stored.
        AnalysisError: the shots make no study (`analysis.pipeline.repeatability`); nothing is stored.
    """
    require(actor, "add_photos")
    ws.require_writable()
    say = progress or (lambda _share, _words: None)
    course = ws.repository.course(actor, course_id)
    known = ws.repository.sessions(actor, course_id)
    shots = {hashlib.sha256(upload.data).hexdigest(): upload for upload in uploads}
    _check(course, bool(known), shots)
    given = None if taken_on is None else parse_date(taken_on)

    looked: dict[str, PhotoAnalysis] = {}
    refused: list[tuple[str, dict[str, str]]] = []
    for number, (photo_id, upload) in enumerate(shots.items()):
        say(0.4 * number / len(shots), f"Looking at shot {number + 1} of {len(shots)}")
        try:
            looked[photo_id] = look_at(ws, upload.data, course.plan, drawn_on=not course.plan.drawn)
        except ModelsMissing:
            raise  # no photo's fault: nothing can be looked at
        except AnalysisError as error:
            refused.append((_name(upload), error.as_json()))
    if len(looked) < MIN_SHOTS:
        return StudyReceipt(None, tuple(refused))
    source: DateSource = "user"
    if given is None:
        given, source = recorded_day(list(looked.values()))
    say(0.4, "Comparing the shots with each other")
    result = measure_study(ws, course, known, [shots[photo_id].data for photo_id in looked])
    refused += [
        (_name(shots[item.photo_id]), AnalysisError(item.reason).as_json() | {"code": item.code})
        for item in result.left_out
    ]
    say(0.95, "Storing")
    study = RepeatStudy(new_id(), course_id, given, source, (), now())
    photos = tuple(
        _photo(study.id, photo_id, shots[photo_id], looked[photo_id]) for photo_id in result.photo_ids
    )
    study = replace(study, photos=photos)
    stored = _store(ws, actor, course, study, study_key(list(result.photo_ids), course, known), shots, result)
    say(1.0, "Done")
    return StudyReceipt(stored, tuple(refused))


def remove_study(ws: Workspace, actor: Actor, study_id: str) -> None:
    """Remove a study with its shots. Comparisons of the course are measured without it when looked at."""
    require(actor, "remove")
    ws.require_writable()
    study = ws.repository.study(actor, study_id)
    person_id = ws.repository.course(actor, study.course_id).person_id
    for photo in study.photos:
        ws.photos.mark(person_id, photo.id)
    ws.repository.remove_study(actor, study_id)
    _settle(ws, person_id, study)


def _store(
    ws: Workspace,
    actor: Actor,
    course: Course,
    study: RepeatStudy,
    key: str,
    shots: dict[str, Upload],
    result: Repeatability,
) -> StoredStudy:
    # What was left out is said now and not kept: measured again, the study is the shots that it is made of.
    kept = replace(result, left_out=())
    try:
        with ExitStack() as files:
            for photo in study.photos:
                files.enter_context(ws.photos.adding(course.person_id, shots[photo.id].data))
            ws.repository.add_study(actor, study, key, kept)
    except AnalysisError:
        # No crash, so the files need not wait for the next start: they go unless another row names them.
        _settle(ws, course.person_id, study)
        raise
    return StoredStudy(ws.repository.study(actor, study.id), kept)


def _settle(ws: Workspace, person_id: str, study: RepeatStudy) -> None:
    for photo in study.photos:
        ws.settle(person_id, photo.id)


def _photo(study_id: str, photo_id: str, upload: Upload, analysis: PhotoAnalysis) -> StoredPhoto:
    return StoredPhoto(
        photo_id,
        study_id,
        _name(upload),
        analysis.format,
        len(upload.data),
        analysis.width,
        analysis.height,
        analysis.facts,
        now(),
    )


def _name(upload: Upload) -> str:
    return clean_text(upload.name, LABEL_LENGTH) or "photo"


def _check(course: Course, begun: bool, shots: dict[str, Upload]) -> None:
    total = sum(len(upload.data) for upload in shots.values())
    if not MIN_SHOTS <= len(shots) <= MAX_SHOTS or total > MAX_BYTES:
        raise InvalidInput(
            "A repeatability study cannot be made of this",
            expected=f"{MIN_SHOTS} to {MAX_SHOTS} different photos of together at most "
            f"{MAX_BYTES // 1_000_000} MB",
            got=f"{len(shots)} photos, {total / 1e6:.0f} MB",
            advice="Take three to five shots in a row, posing anew for each",
        )
    if course.plan.drawn and not begun:
        raise InvalidInput(
            "The regions of this course are drawn on its baseline, which is not there yet",
            expected="a course with its first session",
            got="a course without photos",
            advice="Add the first session, then the repeat shots",
        )
