"""Progress: the course over time, one chart per metric and region, each with its table."""

from __future__ import annotations

import streamlit as st

from analysis.flags import FLAGS
from analysis.metrics import registry
from analysis.records import Trend
from dermatrend import workflows
from dermatrend.records import Course, days_between
from dermatrend.report import charts, labels, phrases
from dermatrend.report.phases import phase_of
from dermatrend.report.progress_layers import MIXED_REFERENCES, band_of, stands_apart
from dermatrend.ui import choose, jobs, state, style
from dermatrend.workflows import Progress

ALL = "All"


def draw() -> None:
    """Draw the page."""
    st.title("Progress")
    _, course = choose.person_and_course()
    choose.sessions_of(course, at_least=2)
    progress = tracked(course)
    if progress is None:
        return
    if not progress.trends:
        style.lead("No session of this course can be compared with its baseline yet.")
        return
    style.quiet(
        "Each point is a change against the baseline, with its interval. Inside the grey noise band a "
        "difference is not a change. The shaded days after a treatment show healing; an outcome is judged "
        "from day 28 after it, texture from day 90 of the course. From five follow-ups outside healing on, "
        "the dashed line is their trend, between the ends of its interval; with fewer, none can be told."
    )
    changes = [change for one in progress.comparisons for change in one.comparison.changes]
    power = phrases.power_sentence((change.mdc95, change.detectable80) for change in changes)
    if power:
        style.quiet(f"{power} The Compare page has the figures.")
    if progress.repeats.noise is not None:
        own = phrases.own_shots_sentence(changes, progress.repeats.noise.n_shots)
        if own:
            style.quiet(own)
    regions = list(dict.fromkeys(trend.region for trend in progress.trends))
    metrics = list(dict.fromkeys(trend.metric for trend in progress.trends))
    first = next((name for name in course.plan.treated if name in regions), regions[0])
    left, right = st.columns(2)
    with left:
        region = st.selectbox(
            "Region",
            [*regions, ALL] if len(regions) > 1 else regions,
            index=regions.index(first),
            format_func=lambda one: one if one == ALL else labels.region_label(one),
            key=f"progress_region_{course.id}",
        )
    with right:
        metric = st.selectbox(
            "Metric",
            [ALL, *metrics],
            format_func=lambda one: one if one == ALL else labels.metric_label(one),
            key=f"progress_metric_{course.id}",
        )
    for trend in progress.trends:
        if region in (ALL, trend.region) and metric in (ALL, trend.metric):
            _chart(trend, progress)


def tracked(course: Course) -> Progress | None:
    """The course's progress; what is not measured yet is measured, with a bar."""
    workspace, actor = state.workspace(), state.actor()
    return jobs.kept(
        "progress",
        (course.id, state.fingerprint_of(course)),
        f"progress_{course.id}",
        lambda report: workflows.track_progress(workspace, actor, course.id, progress=report),
        what="Comparing every session with the baseline",
        refused="The course cannot be measured",
    )


def _chart(trend: Trend, progress: Progress) -> None:
    metric = registry().get(trend.metric)
    family = metric.family if metric else "colour"
    first = progress.sessions[0].taken_on
    days = [days_between(first, one.taken_on) for one in progress.sessions if one.treatment]
    dark = st.context.theme.type == "dark"
    dates = {days_between(first, one.taken_on): one.taken_on for one in progress.sessions}
    st.subheader(f"{labels.metric_label(trend.metric)}, {labels.in_sentence(trend.region)}")
    chart = charts.progress_chart(
        trend,
        days,
        family=family,
        theme="dark" if dark else "light",
        width="container",
        title=False,
        dates=dates,
    )
    st.altair_chart(chart, theme=None, width="stretch", key=f"chart_{trend.metric}_{trend.region}")
    if trend.slope is not None:
        style.quiet(phrases.slope_sentence(trend.slope, trend.unit))
    if MIXED_REFERENCES in trend.flags:
        style.quiet(f"{FLAGS[MIXED_REFERENCES].long} The others are drawn hollow, apart from the line.")
    style.table(
        ["Day", "Date", "Phase", "Change ± band", "Verdict", "Relative to"],
        [
            [
                str(point.day),
                dates.get(point.day, ""),
                labels.PHASES[phase_of(point.day, days, family)],
                labels.with_band(point.difference, band_of(trend, point), trend.unit),
                labels.VERDICTS[point.verdict],
                style.with_remark(
                    labels.metric_rung(trend.metric, point.reference),
                    "not on the line of the others" if stands_apart(trend, point) else "",
                ),
            ]
            for point in trend.points
        ],
        caption=f"{labels.metric_label(trend.metric)}, {labels.in_sentence(trend.region)}, by day",
        numeric={0, 1, 3},
    )
