"""The entry of the app: what every page shares, then the page that the address names."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from analysis.errors import AnalysisError
from dermatrend.ui import jobs, navigation, state, style, visits

HERE = Path(__file__).parent


def run() -> None:
    """Draw one run of the app."""
    st.set_page_config(
        page_title="Dermatrend",
        page_icon=str(HERE / "mark.svg"),
        layout="wide",
        initial_sidebar_state="collapsed",
    )
    if not any(visits.is_signed(value) for value in st.context.cookies.to_dict().values()):
        st.title("Please reload this page")
        style.lead(
            "The server was started again, so this page has lost its link to it. Nothing is lost: reload."
        )
        return
    st.logo(str(HERE / "wordmark.svg"), size="large")
    state.remember_selection()
    jobs.settle()
    page = navigation.pages()
    try:
        state.workspace()
    except AnalysisError as error:
        st.title("The photos cannot be reached")
        style.refusal(error)
        return
    page.run()


run()
