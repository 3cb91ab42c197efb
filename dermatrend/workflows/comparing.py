"""Comparing a session with the baseline, and following a course: measured once, kept under its key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from analysis.records import CardSearch, Change, RegionPlan, SessionComparison, Trend
from analysis.repeatability import Repeatability
from analysis.repeatability_document import study_sha256
from analysis.trend import trends
from dermatrend.access import require
from dermatrend.records import Actor, CardCorners, Course, Session, days_between
from dermatrend.report.phases import HEALING_DAYS, TEXTURE_DAYS
from dermatrend.storage import documents
from dermatrend.storage.errors import NotFound
from dermatrend.storage.results import StoredPicture
from dermatrend.workflows.method import METHOD
from dermatrend.workflows.own_noise import Repeats, course_repeats
from dermatrend.workflows.photos import PARAMETERS, card_arrays, marked_cards
from dermatrend.workflows.workspace import Workspace

Say = Callable[[float, str], None]
"""Progress: the share that is done, and a few words."""


@dataclass(frozen=True, slots=True)
class StoredComparison:
    """A session against the baseline, with the pictures of it."""

    session_id: str
    comparison: SessionComparison
    pictures: dict[str, str]
    """Name -> picture id."""
    day: int
    """Days since the baseline."""
    days_since_treatment: int | None
    """Since the last treatment before this session; None without one."""
    picture_facts: dict[str, StoredPicture] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """A course as a whole."""

    course: Course
    sessions: tuple[Session, ...]
    comparisons: tuple[StoredComparison, ...]
    trends: tuple[Trend, ...]
    repeats: Repeats
    """The course's own repeat shots, which are in every band of a number with their reference."""


def comparison_key(
    baseline: Sequence[str],
    follow_up: Sequence[str],
    plan: RegionPlan,
    own: Repeatability | None = None,
    cards: Mapping[str, CardCorners] | None = None,
) -> str:
    """What a stored comparison depends on, as one hash; colour cards only where there are any."""
    studied = study_sha256(own) if own else None
    marked = (dict(cards),) if cards else ()
    return documents.digest(
        "comparison", list(baseline), list(follow_up), METHOD, PARAMETERS, plan, studied, *marked
    )


def compare_sessions(
    ws: Workspace,
    actor: Actor,
    course_id: str,
    session_id: str,
    *,
    progress: Say | None = None,
) -> StoredComparison:
    """Compare a session with the baseline of its course.

    Raises:
        NotFound: the session is not in this course, or is the baseline itself.
        AnalysisError: no photo of the baseline can be measured, or the worker failed.
    """
    require(actor, "compare")
    course = ws.repository.course(actor, course_id)
    known = ws.repository.sessions(actor, course_id)
    own = course_repeats(ws, actor, course, known).noise
    return _compare(ws, actor, course, known, session_id, own, progress or (lambda _share, _words: None))


def track_progress(
    ws: Workspace,
    actor: Actor,
    course_id: str,
    *,
    progress: Say | None = None,
) -> Progress:
    """All sessions of a course against its baseline, and the trend of each metric and region."""
    require(actor, "compare")
    say = progress or (lambda _share, _words: None)
    course = ws.repository.course(actor, course_id)
    known = ws.repository.sessions(actor, course_id)
    repeats = course_repeats(ws, actor, course, known)
    made = []
    for number, session in enumerate(known[1:]):
        words = f"Comparing session {number + 2} of {len(known)}"
        say(number / (len(known) - 1), words)
        made.append(
            _compare(
                ws,
                actor,
                course,
                known,
                session.id,
                repeats.noise,
                part_of(say, number, len(known) - 1, words),
            )
        )
    # The trend is told every day's number; what a day means is drawn from the dates, phase by phase.
    since = {item.day: item.days_since_treatment for item in made}
    healing = {day for day, days in since.items() if days is not None and days <= HEALING_DAYS}
    result = trends([(item.day, item.comparison) for item in made], apart=healing)
    say(1.0, "Done")
    return Progress(course, tuple(known), tuple(made), tuple(result), repeats)


def part_of(say: Say, number: int, total: int, title: str) -> Say:
    """The progress of one of several equal parts, as progress of the whole.

    >>> said = []
    >>> part_of(lambda share, words: said.append((share, words)), 1, 4, "Second")(0.5, "half way")
    >>> said
    [(0.375, 'Second: half way')]
    """
    return lambda share, words: say((number + share) / total, f"{title}: {words[:1].lower()}{words[1:]}")


def _compare(
    ws: Workspace,
    actor: Actor,
    course: Course,
    known: Sequence[Session],
    session_id: str,
    own: Repeatability | None,
    say: Say,
) -> StoredComparison:
    baseline = known[0] if known else None
    session = next((item for item in known[1:] if item.id == session_id), None)
    if baseline is None or session is None:
        raise NotFound.of("follow-up session")
    first, second = [p.id for p in baseline.photos], [p.id for p in session.photos]
    cards = marked_cards((baseline, session))
    key = comparison_key(first, second, course.plan, own, cards)
    with ws.measuring(key):
        comparison = ws.repository.comparison(actor, course.person_id, key)
        pictures = _pictures(ws, actor, course.person_id, key)
        if comparison is None or pictures is None:
            comparison, pictures = _measure(ws, actor, course, baseline, session, own, cards, key, say)
    say(1.0, "Done")
    return StoredComparison(
        session.id,
        _with_timing(comparison, known, session),
        {name: item.id for name, item in pictures.items()},
        days_between(baseline.taken_on, session.taken_on),
        min(_days_since_treatments(known, session), default=None),
        pictures,
    )


def _measure(
    ws: Workspace,
    actor: Actor,
    course: Course,
    baseline: Session,
    session: Session,
    own: Repeatability | None,
    cards: Mapping[str, CardCorners],
    key: str,
    say: Say,
) -> tuple[SessionComparison, dict[str, StoredPicture]]:
    person_id = course.person_id
    first = [ws.photos.read(person_id, photo.id) for photo in baseline.photos]
    second = [ws.photos.read(person_id, photo.id) for photo in session.photos]
    dates = _corrected_dates(baseline, session)
    result = ws.pool.compare(
        first,
        second,
        course.plan,
        captured_at=dates,
        own_noise=own,
        card=CardSearch(corners=card_arrays(cards)) if cards else None,
        progress=say,
    )
    facts = {
        name: StoredPicture(
            documents.digest("picture", person_id, key, name)[:32],
            name,
            item.media_type,
            item.width,
            item.height,
            item.colour_bar,
        )
        for name, item in result.pictures.items()
    }
    if not ws.read_only:
        # Files first: a row never names a picture that is not there.
        try:
            for name, item in result.pictures.items():
                ws.photos.put_derived(person_id, facts[name].id, item.data)
            ws.repository.put_comparison(actor, person_id, key, result.comparison, list(facts.values()))
        except NotFound:
            # Erased while the measurement ran: what was just written has to go the same way.
            ws.photos.erase(person_id)
            raise
    return result.comparison, facts


def _pictures(ws: Workspace, actor: Actor, person_id: str, key: str) -> dict[str, StoredPicture] | None:
    """The stored pictures of a comparison; None where one was cleared away and all are made again."""
    found = ws.repository.pictures(actor, person_id, key)
    if not all(ws.photos.has_derived(person_id, item.id) for item in found):
        return None
    return {item.name: item for item in found}


def _corrected_dates(*sessions: Session) -> Mapping[str, str]:
    """Photo id -> date, where a person corrected what the photo says or it says nothing."""
    return {
        photo.id: session.taken_on
        for session in sessions
        for photo in session.photos
        if (photo.facts.captured_at or "")[:10] != session.taken_on
    }


def _with_timing(
    comparison: SessionComparison, known: Sequence[Session], session: Session
) -> SessionComparison:
    """Say on each change what its day means. Not stored: dates can be corrected, measurements cannot."""
    since = _days_since_treatments(known, session)
    if not since:
        return comparison

    def timed(change: Change) -> Change:
        flags = change.flags
        if min(since) <= HEALING_DAYS:
            flags += ("recovery_phase",)
        if change.family == "texture" and max(since) < TEXTURE_DAYS:
            flags += ("texture_too_early",)
        return replace(change, flags=flags)

    return replace(comparison, changes=tuple(timed(change) for change in comparison.changes))


def _days_since_treatments(known: Sequence[Session], session: Session) -> list[int]:
    # Photos are taken before the treatment of their day, so that day's own treatment does not count.
    return [
        days_between(other.taken_on, session.taken_on)
        for other in known
        if other.treatment is not None and other.taken_on < session.taken_on
    ]
