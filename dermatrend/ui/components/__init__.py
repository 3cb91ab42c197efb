"""Our own components: the comparison viewer, drawn regions, a card's corners. Their code is in this folder.

Patient text reaches them only as `data`, and they put it into the page as text, never as markup.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import streamlit as st


def _source(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


_viewer = st.components.v2.component(
    "dermatrend_viewer", js=_source("viewer.js"), css=_source("base.css") + _source("viewer.css")
)
_drawing = st.components.v2.component(
    "dermatrend_drawing", js=_source("drawing.js"), css=_source("base.css") + _source("drawing.css")
)
_corners = st.components.v2.component(
    "dermatrend_corners", js=_source("corners.js"), css=_source("base.css") + _source("corners.css")
)
_gallery = st.components.v2.component(
    "dermatrend_gallery", js=_source("gallery.js"), css=_source("base.css") + _source("gallery.css")
)


def comparison_viewer(
    *,
    key: str,
    baseline: Mapping[str, Any],
    follow_up: Mapping[str, Any],
    width: int,
    height: int,
    maps: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Two aligned pictures under a slider, blinking, or side by side with one zoom for both.

    Args:
        key: identity of the viewer on its page.
        baseline: `{"url": "/picture/...", "label": "..."}`; the follow-up likewise.
        width: of both pictures, px; they share one crop.
        height: of both pictures, px.
        maps: per overlay `{"label", "baseline", "follow_up", "bar"}` with addresses (or None) and a bar
            `{"low", "high", "unit", "colours", "label"}` (or None).
    """
    _viewer(
        key=key,
        data={
            "baseline": dict(baseline),
            "follow_up": dict(follow_up),
            "width": width,
            "height": height,
            "maps": [dict(entry) for entry in maps],
        },
    )


def region_drawing(*, key: str, url: str, label: str, width: int, height: int) -> dict[str, Any] | None:
    """Let a person draw regions and mark a ruler on the upright baseline photo.

    Args:
        key: identity of the drawing on its page.
        url: of the picture to draw on, at any size.
        label: what it shows, for screen readers.
        width: of the full upright photo, px; the answer is in its pixels.
        height: likewise.

    Returns:
        `{"regions": [{"name", "role", "polygon"}], "ruler": [[x, y], [x, y]] | None}`, or None before
        anything was drawn.
    """
    data = {"url": url, "label": label, "width": width, "height": height}
    drawn = _drawing(key=key, data=data, on_drawn_change=_nothing).get("drawn")
    return dict(drawn) if drawn else None


def card_marking(
    *,
    key: str,
    url: str,
    label: str,
    width: int,
    height: int,
    corners: Sequence[Sequence[float]] | None = None,
) -> tuple[str, Any] | None:
    """Let a person mark the four corners of a colour card on the upright photo.

    Args:
        key: identity of the marking on its page.
        url: of the picture, at any size.
        label: what it shows, for screen readers.
        width: of the full upright photo, px; corners are in its pixels.
        height: likewise.
        corners: where the card lies as far as is known.

    Returns:
        In the run after a button was pressed ("use", "look" or "none", and the four corners as the browser
        sent them, unchecked), else None.
    """
    data = {
        "url": url,
        "label": label,
        "width": width,
        "height": height,
        "corners": None if corners is None else [list(corner) for corner in corners],
    }
    asked = _corners(key=key, data=data, on_asked_change=_nothing).get("asked")
    return (str(asked.get("action")), asked.get("corners")) if asked else None


def gallery(*, key: str, pictures: Sequence[Mapping[str, str]]) -> None:
    """A row of small photos: `{"url", "label"}` each."""
    _gallery(key=key, data={"pictures": [dict(picture) for picture in pictures]})


def _nothing() -> None:
    """Naming a callback is what tells Streamlit that the component has a value of its own."""
