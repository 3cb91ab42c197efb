"""Start: what this is, and the first step."""

from __future__ import annotations

import streamlit as st

from dermatrend import workflows
from dermatrend.report.labels import WORDING
from dermatrend.ui import go, jobs, state, style


def draw() -> None:
    """Draw the page."""
    st.title("Dermatrend")
    style.lead(
        "Measures redness, texture and pigment in before and after photos of skin treated with "
        "microneedling. The same patch of skin is compared in every session, and for every number it says "
        "whether it is a real change or within the noise of photography."
    )
    _sample_course()
    st.write("")
    what, how, limits = st.columns(3, gap="large")
    with what:
        st.subheader("What it does")
        st.markdown(
            "Lays a later photo onto the first one, leaves out hair, glare and whatever only one of them "
            "shows, and measures both on the same skin. Each photo is checked first: what is too dark, "
            "blurred or taken too differently is refused, with the reason and how to retake it."
        )
    with how:
        st.subheader("What a number means")
        st.markdown(
            "**−4.1 ± 1.6 H** is a change of −4.1 with a noise band of 1.6. Outside the band it is a "
            "measured change; inside it, it is not a change. A number is never shown without its band, "
            "and there is no overall score."
        )
    with limits:
        st.subheader("Where your photos are")
        st.markdown(
            "In a folder on this computer, and nowhere else. There is no account and nothing is sent "
            "anywhere. You can erase a person with everything that belongs to them at any time."
        )
    style.quiet(WORDING)


def _sample_course() -> None:
    ended = jobs.collect("sample")
    if ended is not None:
        courses, error = ended
        if error is not None:
            style.refusal(error, "The sample course was not loaded")
        elif isinstance(courses, list) and courses:
            face = next((course for course in courses if not course.plan.drawn), courses[0])
            state.select("person", face.person_id)
            state.select("course", face.id)
            go.to("compare")
    if jobs.running("sample"):
        jobs.watch("sample", "Loading the sample course")
        return
    first, second = st.columns([1, 3], vertical_alignment="center")
    with first:
        if st.button("Try the sample course", type="primary", width="stretch"):
            workspace, actor = state.workspace(), state.actor()
            jobs.start(
                "sample", lambda report: workflows.load_sample_course(workspace, actor, progress=report)
            )
            st.rerun()
    with second:
        go.link("people", "Or begin with your own photos")
