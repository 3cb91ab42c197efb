"""Sessions: photos of one day come in, are looked at one by one, and are kept or refused with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from analysis.errors import AnalysisError, SessionOrder
from analysis.records import PhotoAnalysis
from dermatrend.access import require
from dermatrend.records import (
    NOTE_LENGTH,
    Actor,
    Course,
    DateSource,
    InvalidInput,
    Session,
    StoredPhoto,
    Treatment,
    clean_text,
    parse_date,
    parse_skin_state,
)
from dermatrend.storage.scope import new_id, now
from dermatrend.workflows.comparing import Say, StoredComparison, compare_sessions
from dermatrend.workflows.looking import Looked, PhotoReceipt, Upload, look_at_all, refusal
from dermatrend.workflows.photos import analysis_key
from dermatrend.workflows.workspace import Workspace

MAX_PHOTOS = 40
MAX_BYTES = 600_000_000


@dataclass(frozen=True, slots=True)
class SessionReceipt:
    """What became of the files of one session."""

    session: Session | None
    """None where no photo was accepted: then nothing was stored."""
    accepted: tuple[PhotoReceipt, ...]
    refused: tuple[PhotoReceipt, ...]
    comparison: StoredComparison | None = None
    """Against the baseline, where there is one: says at once if the pair cannot be compared."""
    comparison_error: dict[str, str] | None = None


def sessions(ws: Workspace, actor: Actor, course_id: str) -> list[Session]:
    """The sessions of a course, ordered by date: the first is the baseline."""
    require(actor, "view")
    return ws.repository.sessions(actor, course_id)


def add_session(
    ws: Workspace,
    actor: Actor,
    course_id: str,
    uploads: Sequence[Upload],
    *,
    taken_on: str | None = None,
    treatment: Treatment | None = None,
    skin_state: str | None = None,
    note: str = "",
    with_card: bool | None = None,
    compare: bool = True,
    progress: Say | None = None,
) -> SessionReceipt:
    """Add the photos of one day.

    Every file is looked at by itself: what cannot be used is refused with its reason, the others are kept,
    each in a transaction of its own. Handing in the same files again changes nothing and completes what was
    interrupted.

    Args:
        taken_on: the day the photos were taken; without it, the day that the photos themselves record.
        with_card: whether a colour card is in these photos: then it is looked for in each. The course
            remembers it, and None is what it remembers.
        compare: measure against the baseline at once, so that the receipt can say if that is impossible.
        progress: called with the share done and a few words.

    Raises:
        InvalidInput: no files, too many, or a fact that cannot be right; nothing is stored.
        SessionOrder: older than the baseline; nothing is stored.
        ModelsMissing: a face has to be found and the face model has not been fetched.
    """
    require(actor, "add_photos")
    ws.require_writable()
    say = progress or _silent
    course = ws.repository.course(actor, course_id)
    _check_amount(uploads)
    day = None if taken_on is None else parse_date(taken_on)
    state = parse_skin_state(skin_state)
    known = ws.repository.sessions(actor, course_id)
    _check_order(day, known)

    if with_card is not None and with_card != course.with_card:
        course = ws.repository.remember_card(actor, course_id, with_card)
    looked_at = look_at_all(ws, actor, course, known, uploads, say)
    usable = [looked.receipt for looked in looked_at if looked.receipt.error is None]
    if not usable:
        return SessionReceipt(None, (), tuple(looked.receipt for looked in looked_at))
    source: DateSource = "user"
    if day is None:
        day, source = recorded_day([one.analysis for one in usable if one.analysis is not None])
    _check_order(day, known)

    session = Session(
        new_id(), course_id, day, source, treatment, state, clean_text(note, NOTE_LENGTH), (), now()
    )
    session = _interrupted(known, session, usable) or session
    say(0.7, "Storing")
    receipts = [_store(ws, actor, course, session, looked) for looked in looked_at]
    accepted = tuple(receipt for receipt in receipts if receipt.error is None)
    refused = tuple(receipt for receipt in receipts if receipt.error is not None)
    if not accepted:
        return SessionReceipt(None, (), refused)
    result = SessionReceipt(ws.repository.session(actor, session.id), accepted, refused)
    if compare and known and known[0].id != session.id:
        say(0.75, "Comparing with the baseline")
        try:
            made = compare_sessions(
                ws, actor, course_id, session.id, progress=lambda share, words: say(0.75 + share / 4, words)
            )
            result = replace(result, comparison=made)
        except AnalysisError as error:
            # The photos are kept: why they cannot be compared is part of the answer.
            result = replace(result, comparison_error=error.as_json())
    say(1.0, "Done")
    return result


def edit_session(
    ws: Workspace,
    actor: Actor,
    session_id: str,
    *,
    taken_on: str,
    treatment: Treatment | None,
    skin_state: str | None,
    note: str,
) -> Session:
    """Correct the facts of a session. A date that differs from the stored one counts as given by a person.

    Raises:
        InvalidInput: a fact that cannot be right.
        SessionOrder: the date would make a follow-up older than the baseline.
    """
    require(actor, "edit")
    ws.require_writable()
    old = ws.repository.session(actor, session_id)
    day = parse_date(taken_on)
    known = ws.repository.sessions(actor, old.course_id)
    if known[0].id != session_id:
        _check_order(day, known)
    elif len(known) > 1 and day > known[1].taken_on:
        raise SessionOrder(
            "The baseline cannot be moved behind a later session",
            expected=f"{known[1].taken_on}, the date of the next session, or earlier",
            got=day,
            advice="Correct the date of the other session first, if that is the wrong one",
        )
    return ws.repository.change_session(
        actor,
        session_id,
        taken_on=day,
        taken_on_source=old.taken_on_source if day == old.taken_on else "user",
        treatment=treatment,
        skin_state=parse_skin_state(skin_state),
        note=clean_text(note, NOTE_LENGTH),
    )


def remove_session(ws: Workspace, actor: Actor, session_id: str) -> None:
    """Remove a session entered by mistake, and its originals where no other session holds them."""
    require(actor, "remove")
    ws.require_writable()
    session = ws.repository.session(actor, session_id)
    known = ws.repository.sessions(actor, session.course_id)
    if known[0].id == session_id and len(known) > 1:
        raise InvalidInput(
            "The baseline cannot be removed while other sessions are compared with it",
            expected="a course whose only session is the baseline",
            got=f"{len(known)} sessions",
            advice="Remove the others first, or start a new course",
        )
    person_id = ws.repository.course(actor, session.course_id).person_id
    for photo in session.photos:
        ws.photos.mark(person_id, photo.id)
    ws.repository.remove_session(actor, session_id)
    for photo in session.photos:
        ws.settle(person_id, photo.id)


def _store(ws: Workspace, actor: Actor, course: Course, session: Session, looked: Looked) -> PhotoReceipt:
    receipt, analysis = looked.receipt, looked.receipt.analysis
    if analysis is None or receipt.already_there:
        return receipt
    try:
        with ws.photos.adding(course.person_id, looked.upload.data) as photo_id:
            photo = StoredPhoto(
                photo_id,
                session.id,
                receipt.name,
                analysis.format,
                len(looked.upload.data),
                analysis.width,
                analysis.height,
                analysis.facts,
                now(),
                looked.card_corners,
            )
            key = analysis_key(photo_id, course.plan, drawn_on=looked.drawn_on, corners=looked.card_corners)
            new = ws.repository.add_photo(actor, session, photo, (key, _as_keyed(analysis)))
            if not new and looked.card_corners is not None:
                ws.repository.put_card_corners(actor, course.id, photo_id, looked.card_corners)
        return replace(receipt, already_there=not new)
    except AnalysisError as error:
        # No crash, so the file need not wait for the next start: it goes unless another row names it.
        ws.settle(course.person_id, receipt.photo_id or "")
        return refusal(receipt.name, error)


def _as_keyed(analysis: PhotoAnalysis) -> PhotoAnalysis:
    """Without the remark that no card was found: the key of a photo without corners asks for none."""
    return replace(analysis, flags=tuple(flag for flag in analysis.flags if flag != "card_not_found"))


def _interrupted(
    known: Sequence[Session], session: Session, usable: Sequence[PhotoReceipt]
) -> Session | None:
    """The session of the same day that holds one of these photos already: the one to complete."""
    ids = {receipt.photo_id for receipt in usable}
    for old in known:
        if old.taken_on == session.taken_on and any(photo.id in ids for photo in old.photos):
            return old
    return None


def recorded_day(analyses: Sequence[PhotoAnalysis]) -> tuple[str, DateSource]:
    """The day that the photos themselves record.

    Raises:
        InvalidInput: none of them does.
    """
    facts = [analysis.facts for analysis in analyses]
    # What the camera recorded goes before what the file's editor wrote; of equals, the earliest.
    dated = sorted(
        (fact.captured_at_source != "exif_original", fact.captured_at[:10], fact.captured_at_source)
        for fact in facts
        if fact.captured_at and fact.captured_at_source
    )
    if not dated:
        raise InvalidInput(
            "The photos do not say when they were taken",
            expected="a date in a photo, or one given with the session",
            got="neither",
            advice="Enter the day on which the photos were taken",
        )
    _, day, source = dated[0]
    return parse_date(day), source


def _check_order(day: str | None, known: Sequence[Session]) -> None:
    if day is not None and known and day < known[0].taken_on:
        raise SessionOrder(
            "This session is older than the baseline",
            expected=f"{known[0].taken_on} or later: all sessions are compared with the first",
            got=day,
            advice="Correct the date; to begin earlier, start a new course with the oldest photos",
        )


def _check_amount(uploads: Sequence[Upload]) -> None:
    total = sum(len(upload.data) for upload in uploads)
    if not uploads or len(uploads) > MAX_PHOTOS or total > MAX_BYTES:
        raise InvalidInput(
            "A session cannot be made of this" if uploads else "There is no photo",
            expected=f"1 to {MAX_PHOTOS} photos of together at most {MAX_BYTES // 1_000_000} MB",
            got=f"{len(uploads)} files, {total / 1e6:.0f} MB",
            advice="Choose the sharpest two or three photos of each view",
        )


def _silent(_share: float, _words: str) -> None:
    return None
