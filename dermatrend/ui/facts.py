"""The facts of a session: the day, the treatment, the skin; typed in, and corrected later."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from analysis.errors import AnalysisError
from dermatrend import workflows
from dermatrend.records import NEEDLE_DEPTH_MM, Led, Session, Treatment
from dermatrend.report import labels
from dermatrend.ui import state, style

LIGHTS: dict[Led, str] = {"none": "None", "red": "Red LED", "blue": "Blue light"}
SOURCES = {
    "exif_original": "as the camera recorded it",
    "file": "as the file says, perhaps when it was edited",
    "user": "as given by you",
}


def treatment(key: str, known: Treatment | None) -> Treatment | AnalysisError | None:
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


def treatment_words(known: Treatment | None) -> str:
    """A treatment in a few words.

    >>> treatment_words(Treatment(needle_depth_mm=1.5, passes=4, device="Pen")), treatment_words(None)
    ('1.50 mm, 4 passes, Pen', '')
    """
    if known is None:
        return ""
    said = [
        f"{known.needle_depth_mm:.2f} mm" if known.needle_depth_mm is not None else "",
        f"{known.passes} passes" if known.passes is not None else "",
        LIGHTS[known.led] if known.led != "none" else "",
        known.device,
        known.area,
        known.products,
    ]
    return ", ".join(part for part in said if part) or "yes"


def correct(session: Session) -> None:
    """Say which day a session has and where that comes from, and let it be corrected."""
    with st.expander(
        f"Taken on {session.taken_on} ({SOURCES[session.taken_on_source]}). Correct the day or its facts"
    ):
        _correction(session, "new")


def correct_or_remove(session: Session) -> None:
    """The same for a session of long ago, which can also be removed."""
    style.quiet(f"Taken on {session.taken_on}, {SOURCES[session.taken_on_source]}.")
    _correction(session, "old")
    sure = st.checkbox("Remove this session and its photos", key=f"sure_{session.id}")
    if st.button("Remove for good", disabled=not sure, key=f"remove_{session.id}"):
        try:
            workflows.remove_session(state.workspace(), state.actor(), session.id)
        except AnalysisError as error:
            style.refusal(error)
            return
        _measured_anew()


def _correction(session: Session, key: str) -> None:
    key = f"{key}_{session.id}"
    given = st.date_input(
        "Date taken",
        value=dt.date.fromisoformat(session.taken_on),
        min_value=dt.date(1900, 1, 1),
        format="YYYY-MM-DD",
        key=f"{key}_date",
    )
    done = treatment(key, session.treatment)
    skin = st.selectbox(
        "State of the skin",
        list(labels.SKIN_STATES),
        index=list(labels.SKIN_STATES).index(session.skin_state) if session.skin_state else None,
        format_func=labels.SKIN_STATES.__getitem__,
        key=f"{key}_skin",
    )
    note = st.text_area("Note", value=session.note, key=f"{key}_note")
    if not st.button("Save the correction", key=f"{key}_save"):
        return
    if isinstance(done, AnalysisError):
        style.refusal(done)
        return
    try:
        workflows.edit_session(
            state.workspace(),
            state.actor(),
            session.id,
            taken_on=given.isoformat(),
            treatment=done,
            skin_state=skin,
            note=note,
        )
    except AnalysisError as error:
        style.refusal(error)
        return
    _measured_anew()


def _measured_anew() -> None:
    # What these pages show was made with the old facts.
    for name in ("receipt", "comparison", "progress", "report"):
        st.session_state.pop(name, None)
    st.rerun()
