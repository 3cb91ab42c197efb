"""Regions of a new course, drawn on one of its first photos or given as numbers."""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any

import streamlit as st

from analysis.errors import AnalysisError
from analysis.records import RegionPlan
from analysis.regions import parse_regions
from dermatrend.ui import components, drafts, jobs, state, style
from dermatrend.workflows import Upload
from dermatrend.workflows.drafts import draft_view

EXAMPLE = """{"px_per_mm": 10.0, "regions": [
  {"name": "treated",   "role": "treated",   "polygon": [[120, 80], [520, 80], [520, 480], [120, 480]]},
  {"name": "reference", "role": "reference", "polygon": [[600, 80], [1000, 80], [1000, 480], [600, 480]]}]}"""


def plan_on(uploads: list[Upload]) -> RegionPlan | None:
    """Let a person draw on one of the photos; the plan, or None until it is complete and right."""
    st.subheader("Regions")
    drawing, as_numbers = "Draw on the photo", "Give them as numbers"
    way = st.segmented_control("How", [drawing, as_numbers], default=drawing, label_visibility="collapsed")
    if way == as_numbers:
        text = st.text_area("Regions in pixels of the upright photo", value=EXAMPLE, height=140)
        return _parsed(text)
    return _drawn_on(uploads[0])


def _drawn_on(upload: Upload) -> RegionPlan | None:
    draft = _draft(upload)
    if draft is None:
        return None
    style.quiet(
        f"Drawing on {upload.name}. Draw the treated skin, then untreated skin nearby in the same light."
    )
    drawn = components.region_drawing(
        key=f"drawing_{draft['sha256'][:16]}",
        url=f"/draft/{draft['id']}",
        label="First photo of the course",
        width=draft["width"],
        height=draft["height"],
    )
    left, right = st.columns(2)
    length = left.number_input("Length of the ruler you marked (mm)", 0.0, 1000.0, value=None, step=1.0)
    typed = right.number_input("Or pixels per mm, if you know them", 0.0, 200.0, value=None, step=0.5)
    ruler = (drawn or {}).get("ruler")
    px_per_mm = typed or (math.dist(*ruler) / length if ruler and length else None)
    missing = [
        words
        for words, given in (
            ("a treated region", (drawn or {}).get("regions")),
            ("the scale: a ruler and its length", px_per_mm),
        )
        if not given
    ]
    if missing:
        style.quiet(f"Still missing: {' and '.join(missing)}.")
        return None
    return _parsed(json.dumps({"px_per_mm": px_per_mm, "regions": (drawn or {})["regions"]}))


def _parsed(text: str) -> RegionPlan | None:
    try:
        return parse_regions(text)
    except AnalysisError as error:
        style.refusal(error)
        return None


def _draft(upload: Upload) -> dict[str, Any] | None:
    """The photo made ready to be drawn on: in a worker, as any photo."""
    sha256 = hashlib.sha256(upload.data).hexdigest()
    known: dict[str, Any] | None = st.session_state.get("draft")
    if known is not None and known["sha256"] == sha256:
        return known
    ended = jobs.collect("draft", of=sha256)
    if ended is not None:
        result, error = ended
        if error is not None:
            style.refusal(error, upload.name)
            return None
        jpeg, width, height = result
        made = {"sha256": sha256, "id": drafts.put(jpeg), "width": width, "height": height}
        st.session_state["draft"] = made
        return made
    workspace, actor = state.workspace(), state.actor()
    jobs.start("draft", lambda _report: draft_view(workspace, actor, upload.data), of=sha256)
    jobs.watch("draft", "Opening the photo")
    return None
