"""People: add one, open one, start a course, erase everything of one."""

from __future__ import annotations

import streamlit as st

from analysis.errors import AnalysisError
from analysis.records import RegionPlan
from dermatrend import workflows
from dermatrend.records import Course, Person
from dermatrend.report.labels import REGIONS
from dermatrend.ui import choose, concerns, go, state, style

FACE, BODY = "Face", "Another area, with regions drawn by hand"


def draw() -> None:
    """Draw the page."""
    st.title("People")
    workspace, actor = state.workspace(), state.actor()
    people = workflows.people(workspace, actor)
    if not people:
        style.lead("Nobody here yet. A label is enough: it is never written into a log or an address.")
        _add_person()
        return
    person = state.chosen_person(people)
    assert person is not None
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        choose.pick("Person", {one.id: one.label for one in people}, person.id, "person")
    state.select("person", person.id)
    with right, st.popover("Add a person", width="stretch"):
        _add_person()
    if person.note:
        style.quiet(person.note)
    courses = workflows.courses(workspace, actor, person.id)
    st.subheader("Courses")
    if not courses:
        style.quiet("A course follows one area of skin over time: its first session is the baseline.")
    for course in courses:
        _course(course)
    with st.expander("Start a course", expanded=not courses):
        _start_course(person)
    st.subheader("Everything of this person")
    if st.button("Erase this person…"):
        _erase(person)


def _add_person() -> None:
    with st.form("add_person", border=False, clear_on_submit=True):
        label = st.text_input("Name or label", max_chars=200)
        note = st.text_input("Note", max_chars=400)
        if st.form_submit_button("Add person", type="primary"):
            if not label.strip():
                style.note(
                    "The label is empty",
                    ("What to do", "Write any words that tell you who this is"),
                    attention=True,
                )
                return
            try:
                person = workflows.create_person(state.workspace(), state.actor(), label, note)
            except AnalysisError as error:
                style.refusal(error)
                return
            state.select("person", person.id)
            st.rerun()


def _course(course: Course) -> None:
    sessions = workflows.sessions(state.workspace(), state.actor(), course.id)
    with st.container(border=True):
        words, actions = st.columns([3, 2], vertical_alignment="center")
        with words:
            st.markdown(f"**{style.plain_markdown(course.title)}**")
            span = f"{sessions[0].taken_on} to {sessions[-1].taken_on}" if len(sessions) > 1 else ""
            area = ", ".join(region.name for region in course.plan.drawn) or "face"
            style.quiet(" · ".join(part for part in (f"{len(sessions)} sessions", span, area) if part))
        with actions:
            row = st.columns(3)
            for place, (key, label) in zip(
                row, (("compare", "Compare"), ("progress", "Progress"), ("add", "Add session")), strict=True
            ):
                disabled = key != "add" and len(sessions) < 2
                if place.button(label, key=f"{key}_{course.id}", disabled=disabled, width="stretch"):
                    state.select("course", course.id)
                    go.to(key)


def _start_course(person: Person) -> None:
    title = st.text_input(
        "Title", placeholder="such as: Face, spring course", max_chars=200, key="new_course_title"
    )
    area = st.radio("Area", [FACE, BODY], key="new_course_area")
    treated: list[str] = []
    if area == FACE:
        treated = st.multiselect(
            "Treated regions",
            list(REGIONS),
            format_func=REGIONS.__getitem__,
            placeholder="All of them count alike",
            help="Untreated regions then serve as the reference. Left and right are the person's own.",
            key="new_course_treated",
        )
    named = st.multiselect(
        "Concerns to follow", list(concerns.CONCERNS), placeholder="Optional", key="new_course_concerns"
    )
    if not st.button("Start course", type="primary"):
        return
    title = title.strip() or ("Face" if area == FACE else "Drawn regions")
    if area == BODY:
        # The regions are drawn on the first photo, so the course is made together with its first session.
        st.session_state["new_course"] = {"person": person.id, "title": title, "concerns": tuple(named)}
        go.to("add")
    try:
        course = workflows.create_course(
            state.workspace(),
            state.actor(),
            person.id,
            title,
            RegionPlan(treated=tuple(treated)),
            tuple(named),
        )
    except AnalysisError as error:
        style.refusal(error)
        return
    state.select("course", course.id)
    go.to("add")


@st.dialog("Erase this person")
def _erase(person: Person) -> None:
    workspace, actor = state.workspace(), state.actor()
    try:
        found = workflows.erase_person(workspace, actor, person.id, dry_run=True)
    except AnalysisError as error:
        style.refusal(error)
        return
    counts = ", ".join(f"{count} {kind}" for kind, count in found.rows.items() if count)
    st.markdown(
        f"This removes **{style.plain_markdown(person.label)}** with all photos, pictures and numbers: "
        f"{style.plain_markdown(counts)}; {found.files} files, {found.bytes / 1e6:.1f} MB. "
        "It cannot be undone."
    )
    typed = st.text_input("Type the name to confirm")
    if st.button("Erase for good", disabled=typed.strip() != person.label.strip()):
        workflows.erase_person(workspace, actor, person.id)
        state.select("person", None)
        st.rerun()
