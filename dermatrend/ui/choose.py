"""The row at the head of a page where person and course are chosen."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dermatrend import workflows
from dermatrend.records import Course, Person, Session
from dermatrend.ui import go, state, style


def person_and_course() -> tuple[Person, Course]:
    """Let the visitor choose; where there is nothing to choose from, say what to do and end the page."""
    workspace, actor = state.workspace(), state.actor()
    people = workflows.people(workspace, actor)
    person = state.chosen_person(people)
    if person is None:
        style.lead("There is nobody here yet. Add a person first, or try the sample course.")
        go.link("people", "Add a person")
        go.link("start", "Try the sample course")
        st.stop()
    left, right = st.columns(2)
    with left:
        pick("Person", {one.id: one.label for one in people}, person.id, "person")
    state.select("person", person.id)
    courses = workflows.courses(workspace, actor, person.id)
    course = state.chosen_course(courses)
    if course is None:
        style.lead(f"{person.label} has no course yet. A course follows one area of skin over time.")
        go.link("people", "Start a course")
        st.stop()
    with right:
        pick("Course", {one.id: one.title for one in courses}, course.id, "course")
    state.select("course", course.id)
    return person, course


def sessions_of(course: Course, *, at_least: int) -> list[Session]:
    """The sessions by date; where there are too few, say so and end the page."""
    sessions = workflows.sessions(state.workspace(), state.actor(), course.id)
    if len(sessions) < at_least:
        missing = "no session" if not sessions else "one session, its baseline"
        style.lead(f"This course has {missing}. A comparison needs a baseline and one later session.")
        go.link("add", "Add a session")
        st.stop()
    return sessions


def pick(label: str, options: Mapping[str, str], current: str, name: str) -> str:
    """A box to choose one of `options` (id -> words); the choice becomes the selection called `name`."""
    key = f"pick_{name}"
    st.session_state[key] = current
    st.selectbox(
        label,
        list(options),
        format_func=lambda one: options.get(one, ""),
        key=key,
        on_change=lambda: state.select(name, st.session_state[key]),
    )
    return current
