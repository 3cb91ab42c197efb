"""Add a session: photos in, each judged on its own, and the facts of the day."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from analysis.errors import AnalysisError
from analysis.records import RegionPlan
from dermatrend import workflows
from dermatrend.records import NEEDLE_DEPTH_MM, Course, Led, Session, Treatment
from dermatrend.report import labels
from dermatrend.ui import choose, drawn, go, jobs, receipts, state, style
from dermatrend.workflows import SessionReceipt, Upload

FORMATS = ["jpg", "jpeg", "png", "heic", "heif", "tif", "tiff", "webp"]
LIGHTS: dict[Led, str] = {"none": "None", "red": "Red LED", "blue": "Blue light"}


def draw() -> None:
    """Draw the page."""
    st.title("Add a session")
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
    ended = jobs.collect("add")
    if ended is not None:
        result, error = ended
        st.session_state["receipt"] = (*(result or (None, {})), error)
        # A new widget: what is stored must not stay in the memory of the upload.
        st.session_state["uploads"] = st.session_state.get("uploads", 0) + 1
        receipt = st.session_state["receipt"][0]
        if isinstance(receipt, SessionReceipt) and receipt.session is not None:
            st.session_state.pop("new_course", None)
            state.select("course", receipt.session.course_id)
            st.rerun()
    if jobs.running("add"):
        jobs.watch("add", "Looking at the photos")
        return
    _receipt(course)
    _form(course, new_course)


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
    treatment = _treatment("new", None)
    note = st.text_area("Note", max_chars=4000, height=80)
    ready = bool(uploads) and (new_course is None or plan is not None)
    if st.button("Save session", type="primary", disabled=not ready):
        _start(course, new_course, plan, uploads, given, skin, treatment, note)


def _start(
    course: Course | None,
    new_course: dict[str, str] | None,
    plan: RegionPlan | None,
    uploads: list[Upload],
    given: dt.date | None,
    skin: str,
    treatment: Treatment | AnalysisError | None,
    note: str,
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
            taken_on=day, treatment=treatment, skin_state=skin, note=note, progress=report,
        )  # fmt: skip
        return receipt, receipts.refused_pictures(workspace, uploads, receipt)

    jobs.start("add", add)
    st.rerun()


def _treatment(key: str, known: Treatment | None) -> Treatment | AnalysisError | None:
    """The facts of a treatment, None where there was none, or the refusal of what was typed."""
    if not st.toggle(
        "A treatment took place on this day, after the photos", value=known is not None, key=f"{key}_treated"
    ):
        return None
    low, high = NEEDLE_DEPTH_MM
    one, two, three = st.columns(3)
    depth = one.number_input(
        "Needle depth (mm)",
        low,
        high,
        value=known.needle_depth_mm if known else None,
        step=0.1,
        format="%.2f",
        key=f"{key}_depth",
    )
    passes = two.number_input("Passes", 1, 100, value=known.passes if known else None, key=f"{key}_passes")
    led = three.selectbox(
        "Light",
        list(LIGHTS),
        format_func=LIGHTS.__getitem__,
        key=f"{key}_led",
        index=list(LIGHTS).index(known.led) if known else 0,
    )
    four, five, six = st.columns(3)
    device = four.text_input(
        "Device", value=known.device if known else "", max_chars=200, key=f"{key}_device"
    )
    area = five.text_input("Area", value=known.area if known else "", max_chars=200, key=f"{key}_area")
    products = six.text_input(
        "Products", value=known.products if known else "", max_chars=200, key=f"{key}_products"
    )
    try:
        return Treatment(
            needle_depth_mm=depth, device=device, passes=passes, area=area, led=led, products=products
        )
    except AnalysisError as error:
        return error


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
    receipts.draw(receipt, pictures)
    if receipt.session is not None:
        _correct(receipt.session)
        go.link("compare", "See the comparison")
    st.divider()


def _correct(session: Session) -> None:
    with st.expander(f"Taken on {session.taken_on} ({_source(session)}). Correct the day or its facts"):
        given = st.date_input(
            "Date taken",
            value=dt.date.fromisoformat(session.taken_on),
            format="YYYY-MM-DD",
            key=f"correct_date_{session.id}",
        )
        treatment = _treatment(f"correct_{session.id}", session.treatment)
        note = st.text_area("Note", value=session.note, key=f"correct_note_{session.id}")
        if st.button("Save the correction"):
            if isinstance(treatment, AnalysisError):
                style.refusal(treatment)
                return
            try:
                workflows.edit_session(
                    state.workspace(),
                    state.actor(),
                    session.id,
                    taken_on=given.isoformat(),
                    treatment=treatment,
                    skin_state=session.skin_state,
                    note=note,
                )
            except AnalysisError as error:
                style.refusal(error)
                return
            st.session_state.pop("receipt", None)
            st.rerun()


def _source(session: Session) -> str:
    return {
        "exif_original": "as the camera recorded it",
        "file": "as the file says, perhaps when it was edited",
        "user": "as given by you",
    }[session.taken_on_source]
