"""What the pages share: the workspace of this process, and what this visitor has selected.

Widget state dies when its widget is not drawn, so what is selected lives under keys of its own, and
beside them in the address (ids only, never names): a reload or a link opens the same thing again.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from threading import Lock

import streamlit as st

from analysis.errors import AnalysisError
from dermatrend import workflows
from dermatrend.records import LOCAL_ACTOR, Actor, Course, Person, Session
from dermatrend.settings import load_settings
from dermatrend.workflows import Workspace

SELECTED = ("person", "course", "session")

_lock = Lock()
_open: list[Workspace] = []
"""The one workspace of this process, once it is open: pages and the picture routes share it."""


def workspace() -> Workspace:
    """The one workspace of this process, opened at first use.

    Raises:
        StoreError: the store cannot be opened; its message says why and what to do.
    """
    with _lock:
        if not _open:
            _open.append(Workspace.open(load_settings()))
        return _open[0]


def warm_up() -> None:
    """Load what the first visitor would wait for: the store, a worker with its libraries, the charts."""
    try:
        workspace().pool.warm()
    except AnalysisError:
        return  # the page says why
    importlib.import_module("altair")


def close_workspace() -> None:
    """Close the store and end the workers; the next use opens them again."""
    with _lock:
        while _open:
            _open.pop().close()


def actor() -> Actor:
    """Who asks. On one's own machine: its owner."""
    return LOCAL_ACTOR


def photo(photo_id: str) -> tuple[str, bytes]:
    """(media type, bytes) of a stored photo, upright and without metadata."""
    return workflows.photo_view(workspace(), actor(), photo_id)


def picture(picture_id: str) -> tuple[str, bytes]:
    """(media type, bytes) of a picture made by a comparison."""
    return workflows.picture(workspace(), actor(), picture_id)


def remember_selection() -> None:
    """Bring the address and the selection together; called once at the start of every run."""
    for name in SELECTED:
        if name in st.query_params:
            st.session_state[f"selected_{name}"] = st.query_params[name]
        elif st.session_state.get(f"selected_{name}"):
            st.query_params[name] = st.session_state[f"selected_{name}"]


def select(name: str, value: str | None) -> None:
    """Select a person, course or session; a new person forgets the course, a new course the session."""
    if st.session_state.get(f"selected_{name}") == value:
        return
    for later in SELECTED[SELECTED.index(name) :]:
        st.session_state.pop(f"selected_{later}", None)
        st.query_params.pop(later, None)
    if value is not None:
        st.session_state[f"selected_{name}"] = value
        st.query_params[name] = value


def selected(name: str) -> str | None:
    """The selected id, or None."""
    value = st.session_state.get(f"selected_{name}")
    return str(value) if value else None


def chosen_person(people: list[Person]) -> Person | None:
    """The selected person among those who may be seen; the first one where none is selected."""
    return next(
        (person for person in people if person.id == selected("person")), people[0] if people else None
    )


def chosen_course(courses: list[Course]) -> Course | None:
    """The selected course, or the first one."""
    return next(
        (course for course in courses if course.id == selected("course")), courses[0] if courses else None
    )


def chosen_session(sessions: list[Session]) -> Session | None:
    """The selected follow-up, or the latest one; never the baseline."""
    follow_ups = sessions[1:]
    return next(
        (s for s in follow_ups if s.id == selected("session")), follow_ups[-1] if follow_ups else None
    )


def fingerprint(sessions: Sequence[Session]) -> tuple[object, ...]:
    """What a result of these sessions depends on, to tell whether one that is held still holds."""
    return tuple(
        (one.id, one.taken_on, one.treatment, tuple(photo.card_corners for photo in one.photos))
        for one in sessions
    )


def fingerprint_of(course: Course) -> tuple[object, ...]:
    """What the numbers of a course depend on: its sessions, and its own repeat shots."""
    sessions = workflows.sessions(workspace(), actor(), course.id)
    studies = workflows.studies(workspace(), actor(), course.id)
    return (*fingerprint(sessions), *(one.id for one in studies))
