"""Add a session: photos in, each judged on its own, and the facts of the day."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from analysis.errors import AnalysisError
from analysis.records import RegionPlan
from dermatrend import workflows
from dermatrend.records import Course, Session, StoredPhoto, Treatment
from dermatrend.report import labels
from dermatrend.ui import cards, choose, drawn, facts, go, jobs, receipts, state, style
from dermatrend.workflows import SessionReceipt, Upload

FORMATS = ["jpg", "jpeg", "png", "heic", "heif", "tif", "tiff", "webp"]


def draw() -> None:
    """Draw the page."""
    st.title("Add a session")
    _take_result()
    new_course = st.session_state.get("new_course")
    if new_course is not None:
        style.note(
            f"New course: {new_course['title']}",
            (
                "Next",
                "Add the first photos, then draw the treated region and some untreated skin on one of them.",
            ),
        )
        if st.button("Not now"):
            del st.session_state["new_course"]
            st.rerun()
        course = None
    else:
        _, course = choose.person_and_course()
    if jobs.running("add"):
        jobs.watch("add", "Looking at the photos")
        return
    _receipt(course)
    _form(course, new_course)
    if course is not None:
        _stored(course)


def _take_result() -> None:
    """What became of photos that were handed in: before anything is drawn that may change with it."""
    ended = jobs.collect("add")
    if ended is None:
        return
    result, error = ended
    st.session_state["receipt"] = (*(result or (None, {})), error)
    # A new widget: what is stored must not stay in the memory of the upload.
    st.session_state["uploads"] = st.session_state.get("uploads", 0) + 1
    receipt = st.session_state["receipt"][0]
    if isinstance(receipt, SessionReceipt) and receipt.session is not None:
        st.session_state.pop("new_course", None)
        state.select("course", receipt.session.course_id)


def _form(course: Course | None, new_course: dict[str, str] | None) -> None:
    st.subheader("Photos of one day")
    files = st.file_uploader(
        "Drop photos here, several per view",
        type=FORMATS,
        accept_multiple_files=True,
        key=f"upload_{st.session_state.get('uploads', 0)}",
        help="JPEG, PNG, HEIC, TIFF or WebP, up to 30 MB each, as the camera made them.",
    )
    uploads = [Upload(one.name, one.getvalue()) for one in files or []]
    with_card = st.checkbox(
        cards.ASK,
        value=course is not None and course.with_card,
        key=f"with_card_{course.id if course else 'new'}",
        help="It is then looked for in each of them. A ColorChecker of 24 patches, or the card to print that "
        "the Method page has. This course remembers the choice.",
    )
    plan: RegionPlan | None = None
    if new_course is not None and uploads:
        plan = drawn.plan_on(uploads)
    st.subheader("The day")
    left, right = st.columns(2)
    with left:
        given = st.date_input(
            "Date taken",
            value=None,
            format="YYYY-MM-DD",
            max_value=dt.date.today(),
            help="Leave empty to take the date that the photos record. It can be corrected afterwards.",
        )
    with right:
        skin = st.selectbox(
            "State of the skin", list(labels.SKIN_STATES), format_func=labels.SKIN_STATES.__getitem__
        )
    treatment = facts.treatment("new", None)
    note = st.text_area("Note", max_chars=4000, height=80)
    ready = bool(uploads) and (new_course is None or plan is not None)
    if st.button("Save session", type="primary", disabled=not ready):
        _start(course, new_course, plan, uploads, given, skin, treatment, note, with_card)


def _start(
    course: Course | None,
    new_course: dict[str, str] | None,
    plan: RegionPlan | None,
    uploads: list[Upload],
    given: dt.date | None,
    skin: str,
    treatment: Treatment | AnalysisError | None,
    note: str,
    with_card: bool,
) -> None:
    if isinstance(treatment, AnalysisError):
        style.refusal(treatment)
        return
    workspace, actor = state.workspace(), state.actor()
    try:
        if new_course is not None:
            course = workflows.create_course(
                workspace, actor, new_course["person"], new_course["title"], plan, new_course["concerns"]
            )
            # From here on the course exists, whatever becomes of its photos: they are added to this one.
            del st.session_state["new_course"]
            state.select("person", course.person_id)
            state.select("course", course.id)
    except AnalysisError as error:
        style.refusal(error)
        return
    assert course is not None
    course_id, day = course.id, given.isoformat() if given else None

    def add(report: jobs.Progress) -> tuple[SessionReceipt, dict[str, str]]:
        receipt = workflows.add_session(
            workspace, actor, course_id, uploads,
            taken_on=day, treatment=treatment, skin_state=skin, note=note, with_card=with_card,
            progress=report,
        )  # fmt: skip
        return receipt, receipts.refused_pictures(workspace, uploads, receipt)

    jobs.start("add", add)
    st.rerun()


def _receipt(course: Course | None) -> None:
    """What became of the photos that were handed in last, and the facts of that day to correct."""
    shown = st.session_state.get("receipt")
    if shown is None:
        return
    receipt, pictures, error = shown
    if error is not None:
        style.refusal(error, "The session was not stored")
        return
    if not isinstance(receipt, SessionReceipt):
        return
    if receipt.session is not None and course is not None and receipt.session.course_id != course.id:
        return
    st.subheader("What became of the photos")
    stored = _photos(workflows.sessions(state.workspace(), state.actor(), course.id)) if course else []
    receipts.draw(receipt, pictures, {photo.id: photo for _, photo in stored})
    if receipt.session is not None:
        facts.correct(receipt.session)
        go.link("compare", "See the comparison")
    st.divider()


def _stored(course: Course) -> None:
    """The sessions that are there already: their facts can be corrected, and a mistake removed."""
    known = workflows.sessions(state.workspace(), state.actor(), course.id)
    if not known:
        return
    st.subheader("Sessions of this course")
    style.table(
        ["Date", "Photos", "Treatment", "Skin", "Note"],
        [
            [
                one.taken_on + (", baseline" if one is known[0] else ""),
                str(len(one.photos)),
                facts.treatment_words(one.treatment),
                labels.SKIN_STATES.get(one.skin_state or "", ""),
                one.note,
            ]
            for one in known
        ],
        caption="Sessions",
        numeric={0},
    )
    with st.expander("Correct or remove a session"):
        dates = {one.id: one.taken_on for one in known}
        chosen = st.selectbox(
            "Session", list(dates), index=len(known) - 1, format_func=lambda one: dates.get(one, "")
        )
        facts.correct_or_remove(next(one for one in known if one.id == chosen))
    photos = _photos(known)
    marked = sum(photo.card_corners is not None for _, photo in photos)
    with st.expander("Colour cards in the photos"):  # a label that changed would close it
        style.quiet(f"{marked} of {len(photos)} photos are measured with a card.")
        cards.choose_photo(
            course.id, {f"{number}. {words}": photo for number, (words, photo) in enumerate(photos, 1)}
        )


def _photos(known: list[Session]) -> list[tuple[str, StoredPhoto]]:
    """The photos of a course, each with what it is called in a list."""
    return [(f"{one.taken_on}: {photo.name}", photo) for one in known for photo in one.photos]
