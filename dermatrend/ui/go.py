"""Leading from one page to another, with the selection going along."""

from __future__ import annotations

from typing import NoReturn

import streamlit as st

from dermatrend.ui.state import SELECTED, selected


def to(key: str) -> NoReturn:
    """Go to the page of this key."""
    kept = {name: value for name in SELECTED if (value := selected(name))}
    st.switch_page(st.session_state["pages"][key], query_params=kept)


def link(key: str, label: str) -> None:
    """A link to the page of this key."""
    kept = {name: value for name in SELECTED if (value := selected(name))}
    st.page_link(st.session_state["pages"][key], label=label, query_params=kept)
