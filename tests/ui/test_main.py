"""The entry of the app, run by Streamlit's own harness."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

MAIN = Path(__file__).resolve().parents[2] / "dermatrend" / "ui" / "main.py"


def test_a_connection_without_the_cookie_is_shown_nothing() -> None:
    # The harness sends no cookie, like a page from before the server was started again.
    page = AppTest.from_file(str(MAIN), default_timeout=60).run()
    assert not page.exception
    assert [title.value for title in page.title] == ["Please reload this page"]
    assert not page.selectbox
    assert not page.button
