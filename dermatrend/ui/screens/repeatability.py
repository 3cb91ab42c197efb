"""Repeatability: how much one's own photographs differ when nothing has changed."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from analysis.errors import AnalysisError
from analysis.repeatability import Band
from dermatrend import workflows
from dermatrend.records import Course
from dermatrend.report import labels, phrases, repeat_chart
from dermatrend.ui import choose, jobs, receipts, state, style
from dermatrend.ui.screens.add_session import FORMATS
from dermatrend.workflows import Repeats, StoredStudy, StudyReceipt, Upload

HOW = """
1. Same place, same lamp, same distance as in your sessions. Nothing is done to the skin in between.
2. Take a photo. Put the camera down, step away, and pose anew.
3. Do this three to five times within a few minutes.
"""


def draw() -> None:
    """Draw the page."""
    st.title("Repeatability")
    _, course = choose.person_and_course()
    style.lead(
        "Two photos of the same skin are never quite the same. A few shots taken in a row show how much "
        "yours differ, and enter the noise bands of this course."
    )
    ended = jobs.collect("repeats")
    if ended is not None:
        st.session_state["repeats_receipt"] = (course.id, *ended)
        # A new widget: what is stored must not stay in the memory of the upload.
        st.session_state["repeat_uploads"] = st.session_state.get("repeat_uploads", 0) + 1
    if jobs.running("repeats"):
        jobs.watch("repeats", "Comparing the shots with each other")
        return
    _receipt(course)
    repeats = _measured(course)
    if repeats is None:
        return
    if repeats.studies:
        _studies(course, repeats)
    _form(course)


def _measured(course: Course) -> Repeats | None:
    """What the studies say; one that another plan or method made is measured again, with a bar."""
    workspace, actor = state.workspace(), state.actor()
    return jobs.kept(
        "repeats",
        (course.id, repr(course.plan), state.fingerprint_of(course)),
        f"studies_{course.id}",
        lambda _report: workflows.repeatability_of(workspace, actor, course.id),
        what="Reading the repeat shots",
        refused="The studies cannot be read",
    )


def _form(course: Course) -> None:
    st.subheader("Add repeat shots")
    st.markdown(HOW)
    files = st.file_uploader(
        "Drop three to five shots here",
        type=FORMATS,
        accept_multiple_files=True,
        key=f"repeats_{st.session_state.get('repeat_uploads', 0)}",
        help="Shots of their own: a photo that is in a session already counts there.",
    )
    given = st.date_input(
        "Date taken",
        value=None,
        format="YYYY-MM-DD",
        max_value=dt.date.today(),
        help="Leave empty to take the date that the photos record.",
        key="repeats_day",
    )
    uploads = [Upload(one.name, one.getvalue()) for one in files or []]
    if 0 < len(uploads) < 3:
        style.quiet("Three shots are the fewest that say something.")
    if st.button("Measure my repeat shots", type="primary", disabled=len(uploads) < 3):
        workspace, actor = state.workspace(), state.actor()
        day = given.isoformat() if given else None
        jobs.start(
            "repeats",
            lambda report: workflows.run_repeatability(
                workspace, actor, course.id, uploads, taken_on=day, progress=report
            ),
        )
        st.rerun()


def _receipt(course: Course) -> None:
    shown = st.session_state.get("repeats_receipt")
    if shown is None or shown[0] != course.id:
        return
    _, receipt, error = shown
    if error is not None:
        style.refusal(error, "No study was stored")
    elif isinstance(receipt, StudyReceipt):
        if receipt.stored is None:
            style.note("No study was stored", ("Because", "too few of the shots can be used"), attention=True)
        else:
            shots = len(receipt.stored.study.photos)
            style.note(
                f"{shots} shots were stored",
                ("Meaning", "Comparisons of this course now take them into their bands."),
                ("Except", phrases.CARD_EXCEPTION),
            )
        for name, parts in receipt.refused:
            style.refusal(receipts.as_error(parts), f"{name} was not kept")


def _studies(course: Course, repeats: Repeats) -> None:
    st.subheader("Your shots")
    style.table(
        ["Date", "Shots", "State"],
        [
            [item.study.taken_on, str(len(item.study.photos)), _state(item)]
            for item in repeats.studies
        ],
        caption="Repeatability studies",
        numeric={0, 1},
    )  # fmt: skip
    if repeats.bands:
        _bands(course, repeats)
    with st.expander("Remove a study"):
        dates = {
            item.study.id: f"{item.study.taken_on}, {len(item.study.photos)} shots"
            for item in repeats.studies
        }
        chosen = st.selectbox("Study", list(dates), format_func=lambda one: dates.get(one, ""))
        style.quiet("Its shots are erased, and comparisons of this course are measured again without them.")
        if st.button("Remove this study"):
            try:
                workflows.remove_study(state.workspace(), state.actor(), chosen)
            except AnalysisError as error:
                style.refusal(error)
                return
            st.session_state.pop("repeats_receipt", None)
            st.rerun()


def _state(item: StoredStudy) -> str:
    if item.error is not None:
        return f"Not used: {item.error.get('what', 'it cannot be measured')}"
    if item.result is None or not item.result.noise:
        return "Not used: nothing could be measured in these shots"
    return "In the band of this course"


def _bands(course: Course, repeats: Repeats) -> None:
    metrics = list(dict.fromkeys(band.noise.metric for band in repeats.bands))
    metric = st.selectbox(
        "Metric", metrics, format_func=labels.metric_label, key=f"repeats_metric_{course.id}"
    )
    bands = [band for band in repeats.bands if band.noise.metric == metric]
    dark = st.context.theme.type == "dark"
    chart = repeat_chart.band_chart(bands, theme="dark" if dark else "light", width="container")
    st.altair_chart(chart, theme=None, width="stretch", key=f"bands_{metric}")
    style.quiet("Grey bar: the default band. Blue mark: the band with your own shots.")
    style.table(
        [
            "Region",
            "Your shots differ by",
            "Smallest change they show alone",
            "Band with them",
            "Default band",
        ],
        [
            [
                labels.region_label(band.noise.region) + labels.from_red(band.noise.by_red),
                labels.number(band.noise.sd, band.noise.unit),
                labels.number(band.noise.mdc95, band.noise.unit),
                _with_word(band),
                labels.number(band.default_mdc95, band.noise.unit),
            ]
            for band in bands
        ],
        caption=f"{labels.metric_label(metric)}: own repeat shots and bands",
        numeric={1, 2, 4},
    )
    style.quiet(
        "Your shots differ by: the standard deviation of one shot. Alone, a few shots know their own noise "
        "badly, so the band is made of them and of what is known of photographs in general. Shots of one "
        "sitting cannot show what differs between days: however quiet they are, that part of the band stays. "
        "Each comparison adds what its own photos show: uneven light, warnings and skin tone. "
        f"{phrases.CARD_EXCEPTION}"
    )


def _with_word(band: Band) -> str:
    number = labels.number(band.mdc95, band.noise.unit)
    if abs(band.mdc95 / band.default_mdc95 - 1) < 0.02:
        return f"{number}, as before"
    return f"{number}, {'narrower' if band.mdc95 < band.default_mdc95 else 'wider'}"
