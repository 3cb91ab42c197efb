"""Report: choose what it holds, see what it will say, take it away as PDF and JSON."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import streamlit as st

from analysis.records import METHOD_VERSION
from dermatrend import workflows
from dermatrend.records import days_between
from dermatrend.report import labels
from dermatrend.ui import choose, jobs, state, style
from dermatrend.ui.screens.progress import tracked
from dermatrend.workflows import ReportFiles


def draw() -> None:
    """Draw the page."""
    st.title("Report")
    _, course = choose.person_and_course()
    sessions = choose.sessions_of(course, at_least=2)
    progress = tracked(course)
    if progress is None:
        return
    follow_ups = {
        one.id: f"{one.taken_on}, day {days_between(sessions[0].taken_on, one.taken_on)}"
        for one in sessions[1:]
    }
    regions = list(
        dict.fromkeys(change.region for one in progress.comparisons for change in one.comparison.changes)
    )
    metrics = list(
        dict.fromkeys(change.metric for one in progress.comparisons for change in one.comparison.changes)
    )
    kept = st.multiselect(
        "Sessions, beside the baseline",
        list(follow_ups),
        default=list(follow_ups),
        format_func=lambda one: follow_ups.get(one, ""),
        key=f"report_sessions_{course.id}",
    )
    left, right = st.columns(2)
    with left:
        some_regions = st.multiselect(
            "Regions",
            regions,
            format_func=labels.region_label,
            placeholder="All",
            key=f"report_regions_{course.id}",
        )
    with right:
        some_metrics = st.multiselect(
            "Metrics",
            metrics,
            format_func=labels.metric_label,
            placeholder="All",
            key=f"report_metrics_{course.id}",
        )
    if len(kept) < len(follow_ups):
        style.quiet("Sessions left out by you are named in the report: it must not show only the best one.")
    wanted = (state.fingerprint_of(course), course.id, tuple(kept), tuple(some_regions), tuple(some_metrics))
    name = "report"
    ended = jobs.collect(name)
    if ended is not None:
        st.session_state["report"] = (st.session_state.pop("report_wanted", None), *ended)
    if jobs.running(name):
        jobs.watch(name, "Writing the report")
        return
    made = st.session_state.get("report")
    if made is None or made[0] != wanted:
        if st.button("Make the report", type="primary", disabled=not kept):
            workspace, actor = state.workspace(), state.actor()
            st.session_state["report_wanted"] = wanted
            jobs.start(
                name,
                lambda _report: workflows.export_report(
                    workspace,
                    actor,
                    course.id,
                    session_ids=[sessions[0].id, *kept],
                    regions=some_regions or None,
                    metrics=some_metrics or None,
                ),
            )
            st.rerun()
        return
    _, files, error = made
    if error is not None:
        style.refusal(error, "The report was not made")
        return
    _hand_over(files)


def _hand_over(files: ReportFiles) -> None:
    # Streamlit names a download by parts of its content: the hash makes every name its own.
    mark = hashlib.sha256(files.pdf).hexdigest()[:8]
    left, right, _ = st.columns([1, 1, 2])
    with left:
        st.download_button(
            "Download PDF",
            files.pdf,
            f"{files.file_name}-{mark}.pdf",
            "application/pdf",
            type="primary",
            width="stretch",
            on_click="ignore",
        )
    with right:
        st.download_button(
            "Download report.json",
            files.json,
            f"{files.file_name}-{mark}.json",
            "application/json",
            width="stretch",
            on_click="ignore",
        )
    style.quiet(
        f"The PDF holds photos. {len(files.pdf) / 1e6:.1f} MB; position and serial numbers are not in it."
    )
    _preview(json.loads(files.json))


def _preview(content: dict[str, Any]) -> None:
    st.subheader("What it says")
    st.markdown("\n".join(f"- {style.plain_markdown(line['text'])}" for line in content["summary"]))
    style.quiet(f"Method version {METHOD_VERSION}. {labels.WORDING}")
