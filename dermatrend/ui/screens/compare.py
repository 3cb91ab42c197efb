"""Compare: one session against the baseline, as pictures and as numbers."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dermatrend import workflows
from dermatrend.records import Course, Session, days_between
from dermatrend.report import labels, phrases
from dermatrend.report.phases import HEALING_DAYS
from dermatrend.ui import choose, components, jobs, numbers, state, style
from dermatrend.workflows import StoredComparison, StoredPicture

MAPS = {"redness": "Redness", "pigment": "Pigment", "relief": "Relief"}
ALL = "All regions"


def draw() -> None:
    """Draw the page."""
    st.title("Compare")
    _, course = choose.person_and_course()
    sessions = choose.sessions_of(course, at_least=2)
    session = state.chosen_session(sessions)
    assert session is not None
    choose.pick("Session", _session_words(sessions), session.id, "session")
    state.select("session", session.id)
    compared = _compared(course, session)
    if compared is None:
        return
    comparison = compared.comparison
    _head(compared, sessions[0], session)
    if comparison.reasons or not comparison.comparable:
        style.note(
            "These sessions cannot be compared" if not comparison.comparable else "Compared in part",
            *[("Because", reason) for reason in comparison.reasons],
            attention=True,
        )
    _pictures(compared, sessions[0], session)
    if comparison.changes:
        st.subheader("Numbers")
        _numbers(compared, course)
    if comparison.gates:
        refused = [gate for gate in comparison.gates if gate.state != "ok"]
        with st.expander(
            f"Quality checks ({len(refused)} of {len(comparison.gates)} with a remark)",
            expanded=not comparison.comparable,
        ):
            numbers.gates_table(comparison.gates)
    if comparison.left_out:
        st.subheader("What was left out, and why")
        names = {photo.id: photo.name for one in (sessions[0], session) for photo in one.photos}
        numbers.left_out_table(comparison.left_out, names)


def _session_words(sessions: list[Session]) -> dict[str, str]:
    return {
        one.id: f"{one.taken_on}, day {days_between(sessions[0].taken_on, one.taken_on)}"
        + (", treatment on this day" if one.treatment else "")
        for one in sessions[1:]
    }


def _compared(course: Course, session: Session) -> StoredComparison | None:
    """The stored comparison; measuring it for the first time takes a while and shows its progress."""
    workspace, actor = state.workspace(), state.actor()
    return jobs.kept(
        "comparison",
        (session.id, state.fingerprint_of(course)),
        f"compare_{session.id}",
        lambda report: workflows.compare_sessions(workspace, actor, course.id, session.id, progress=report),
        what="Laying the photos onto each other",
        refused="These sessions cannot be compared",
    )


def _head(compared: StoredComparison, baseline: Session, session: Session) -> None:
    comparison = compared.comparison
    since = compared.days_since_treatment
    alignment = comparison.alignment
    style.figures(
        ("Baseline", baseline.taken_on),
        ("This session", f"{session.taken_on}, day {compared.day}"),
        ("Since the last treatment", "" if since is None else f"{since} days"),
        ("Alignment", labels.number(alignment.residual_mm, "mm") if alignment else ""),
        ("Skin seen in both", labels.number(alignment.overlap * 100, "%", decimals=0) if alignment else ""),
    )
    style.quiet(f"Grade {labels.GRADES[comparison.grade]}")
    several = phrases.several_shots_sentence(comparison)
    if several:
        style.quiet(several)
    if since is not None and since <= HEALING_DAYS:
        style.note(
            "This is the healing phase",
            ("Meaning", f"Within {HEALING_DAYS} days of a treatment a photo shows recovery, not a result."),
        )


def _pictures(compared: StoredComparison, baseline: Session, session: Session) -> None:
    pictures = compared.picture_facts
    if "baseline" not in pictures or "follow_up" not in pictures:
        st.subheader("The photos, not aligned")
        components.gallery(
            key=f"apart_{session.id}",
            pictures=[
                {"url": f"/photo/{photo.id}", "label": f"{one.taken_on}: {photo.name}"}
                for one in (baseline, session)
                for photo in one.photos[:2]
            ],
        )
        return
    size = pictures["baseline"]
    components.comparison_viewer(
        key=f"viewer_{session.id}",
        baseline={"url": f"/picture/{size.id}", "label": f"Baseline, {baseline.taken_on}"},
        follow_up={
            "url": f"/picture/{pictures['follow_up'].id}",
            "label": f"Day {compared.day}, {session.taken_on}",
        },
        width=size.width,
        height=size.height,
        maps=_maps(compared),
    )


def _maps(compared: StoredComparison) -> list[dict[str, Any]]:
    levels, differences = [], []
    for name, label in MAPS.items():
        before, after, change = (
            compared.picture_facts.get(f"{name}_{which}") for which in ("baseline", "follow_up", "change")
        )
        if after is not None:
            note = "Only skin that is valid in both photos is coloured."
            levels.append(_overlay(f"{label} map", before, after, note))
        if change is not None:
            differences.append(_overlay(f"{label}: change", None, change, _hidden(change)))
    return levels + differences


def _overlay(label: str, before: StoredPicture | None, after: StoredPicture, note: str) -> dict[str, Any]:
    bar = after.colour_bar
    return {
        "label": label,
        "baseline": f"/picture/{before.id}" if before else None,
        "follow_up": f"/picture/{after.id}",
        "bar": bar
        and {"low": bar.low, "high": bar.high, "unit": bar.unit, "colours": bar.colours, "label": bar.label},
        "note": note,
    }


def _hidden(change: StoredPicture) -> str:
    bar = change.colour_bar
    if bar is None or bar.hidden_within is None:
        return "Uncoloured: not distinguishable from noise at this place alone."
    limit = labels.number(bar.hidden_within, bar.unit)
    return (
        f"Uncoloured: less than {limit}, not distinguishable from noise at this place alone. "
        "The numbers below speak of whole regions and see smaller changes."
    )


def _numbers(compared: StoredComparison, course: Course) -> None:
    changes = compared.comparison.changes
    lines = numbers.measured(changes)
    st.markdown("\n".join(f"- {line}" for line in lines))
    if not lines:
        style.lead("No difference here is larger than the noise of photography.")
    regions = list(dict.fromkeys(change.region for change in changes))
    if len(regions) == 1:
        numbers.changes_table(changes, with_region=False)
        numbers.band_explained(changes, compared.comparison.own_repeat_shots)
        return
    first = next((name for name in course.plan.treated if name in regions), regions[0])
    region = st.selectbox(
        "Region",
        [*regions, ALL],
        index=regions.index(first),
        format_func=lambda one: one if one == ALL else labels.region_label(one),
        key=f"compare_region_{course.id}",
    )
    shown = tuple(change for change in changes if region in (ALL, change.region))
    numbers.changes_table(shown, with_region=region == ALL)
    numbers.band_explained(shown, compared.comparison.own_repeat_shots)
