"""The colour card in the app: marked in a stored photo, told in words, and taken away to be printed."""

from __future__ import annotations

from functools import cache

import streamlit as st

from analysis.errors import AnalysisError
from analysis.records import CardReading
from dermatrend import workflows
from dermatrend.records import StoredPhoto
from dermatrend.report import labels, phrases
from dermatrend.ui import components, jobs, state, style

ASK = "There is a colour card in these photos"
MISSING = "No colour card was found in this photo"
ADVICE = (
    "Mark its four corners here, or take the photo again with the whole card beside the skin, in its plane, "
    "without glare. The photo is kept and measured without a card until then."
)


def mark(place: str, course_id: str, photo: StoredPhoto) -> None:
    """Let a person mark the card of a stored photo, and say what was read there.

    Args:
        place: where on the page this is, as several may show the same photo.
        course_id: of the photo.
        photo: as it is stored now.
    """
    workspace, actor = state.workspace(), state.actor()
    name, refused = f"card_{photo.id}", f"card_refused_{photo.id}"
    ended = jobs.collect(name)
    if ended is not None:
        st.session_state[refused] = ended[1]
    asked = components.card_marking(
        key=f"{place}_{photo.id}",
        url=f"/photo/{photo.id}",
        label=photo.name,
        width=photo.width,
        height=photo.height,
        corners=photo.card_corners,
    )
    if jobs.running(name):
        jobs.watch(name, "Reading the card")
        return
    action, corners = asked or _typed(place, photo) or ("", None)
    if action == "none":
        st.session_state[refused] = _forgotten(course_id, photo)
        st.rerun()
    if action in ("use", "look"):
        marked = corners if action == "use" else None
        jobs.start(name, lambda _report: workflows.read_card(workspace, actor, course_id, photo.id, marked))
        st.rerun()
    error = st.session_state.get(refused)
    if error is not None:
        style.refusal(error, "Not used")
    elif photo.card_corners is None:
        style.quiet("No card is marked: this photo is measured without one.")
    else:
        told(workflows.card_reading(workspace, actor, course_id, photo.id))


def _forgotten(course_id: str, photo: StoredPhoto) -> AnalysisError | None:
    try:
        workflows.forget_card(state.workspace(), state.actor(), course_id, photo.id)
    except AnalysisError as error:
        return error
    return None


def told(reading: CardReading | None) -> None:
    """What was read of a card that is used, in words."""
    if reading is None:
        style.note("A card is marked; it is read when the photo is next measured")
        return
    clipped = sum(reading.clipped)
    style.note(
        f"Card accepted: {labels.CARD_KINDS[reading.kind]}",
        *phrases.card_lines(reading),
        attention=clipped > 0,
    )


def choose_photo(course_id: str, photos: dict[str, StoredPhoto]) -> None:
    """Any photo of a course, to mark its card; `photos` are by what they are called on the page."""
    chosen = st.selectbox("Photo", list(photos), key=f"card_photo_{course_id}")
    mark("list", course_id, photos[chosen])


def download() -> None:
    """The card to print, and what a printed card is worth."""
    st.download_button(
        "Print a colour card",
        _pdf(),
        "dermatrend-colour-card.pdf",
        "application/pdf",
        on_click="ignore",
    )
    style.quiet(
        "Print it at 100 %, in colour, on matt paper; the line under the card must be 100 mm long. A printed "
        "card is only as good as its printer and it fades: photograph the same sheet in every session. It "
        "makes the light of two sessions alike and does not make colours true."
    )


@cache
def _pdf() -> bytes:
    from dermatrend.report.card import card_pdf

    return card_pdf()


def _typed(place: str, photo: StoredPhoto) -> tuple[str, object] | None:
    """The same without the picture: four pairs of numbers."""
    if not st.toggle("Type the corners as numbers", key=f"{place}_typed_{photo.id}"):
        return None
    with st.form(f"{place}_form_{photo.id}", border=False):
        style.quiet(f"In pixels of the upright photo, {photo.width} wide and {photo.height} high.")
        corners = []
        for number in range(4):
            x, y = photo.card_corners[number] if photo.card_corners else (None, None)
            across, down = st.columns(2)
            corners.append(
                (
                    across.number_input(
                        f"Corner {number + 1}, from the left", 0.0, float(photo.width), value=x,
                        key=f"{place}_x{number}_{photo.id}",
                    ),
                    down.number_input(
                        f"Corner {number + 1}, from the top", 0.0, float(photo.height), value=y,
                        key=f"{place}_y{number}_{photo.id}",
                    ),
                )
            )  # fmt: skip
        if st.form_submit_button("Use these numbers"):
            return "use", corners
    return None
