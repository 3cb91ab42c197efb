"""Which pages there are. Other modules name a page by its key and never hold the page itself."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import Page

from dermatrend.ui.screens import add_session, compare, method, people, progress, repeatability, report, start

_DRAWN_BY = {
    "start": (start.draw, "Start"),
    "people": (people.draw, "People"),
    "add": (add_session.draw, "Add a session"),
    "compare": (compare.draw, "Compare"),
    "progress": (progress.draw, "Progress"),
    "repeatability": (repeatability.draw, "Repeatability"),
    "report": (report.draw, "Report"),
    "method": (method.draw, "Method"),
}


def pages() -> Page:
    """Draw the navigation; returns the page that is asked for."""
    made = {
        key: st.Page(function, title=title, url_path=key, default=key == "start")
        for key, (function, title) in _DRAWN_BY.items()
    }
    st.session_state["pages"] = made
    return st.navigation(list(made.values()), position="top")
