"""What became of each photo: its verdict and its advice beside the photo, refusals included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from analysis.errors import AnalysisError
from dermatrend.records import StoredPhoto
from dermatrend.report import labels
from dermatrend.ui import cards, components, drafts, numbers, style
from dermatrend.workflows import PhotoReceipt, SessionReceipt, Upload, Workspace

REFUSED_PX = 480


def refused_pictures(ws: Workspace, uploads: Sequence[Upload], receipt: SessionReceipt) -> dict[str, str]:
    """File name -> draft id of the refused photos that are pictures: the reason stands beside them."""
    refused = {photo.name for photo in receipt.refused}
    found = {}
    for upload in uploads:
        if upload.name in refused:
            try:
                found[upload.name] = drafts.put(ws.pool.thumbnail(upload.data, REFUSED_PX))
            except AnalysisError:
                continue
    return found


def draw(receipt: SessionReceipt, pictures: Mapping[str, str], stored: Mapping[str, StoredPhoto]) -> None:
    """Draw every photo of a session that was just added.

    Args:
        receipt: what became of the files.
        pictures: file name -> draft id of the refused ones.
        stored: photo id -> the photo as it is stored now; its card may have been marked since.
    """
    if receipt.session is None:
        style.lead("No photo could be used, so no session was stored. Nothing is half stored.")
    for photo in receipt.refused:
        left, right = st.columns([1, 3], gap="medium")
        if photo.name in pictures:
            with left:
                shown = {"url": f"/draft/{pictures[photo.name]}", "label": photo.name}
                components.gallery(key=f"refused_{pictures[photo.name]}", pictures=[shown])
        with right:
            style.refusal(as_error(photo.error or {}), f"{photo.name} was not kept")
    for photo in receipt.accepted:
        _photo(photo)
        kept = stored.get(photo.photo_id or "")
        if photo.card_missing and receipt.session is not None and kept is not None:
            _card_missing(receipt.session.course_id, kept)
    if receipt.comparison_error is not None:
        style.refusal(as_error(receipt.comparison_error), "Kept, but it cannot be compared with the baseline")
    elif receipt.comparison is not None and not receipt.comparison.comparison.comparable:
        style.note(
            "Kept, but it cannot be compared with the baseline",
            *[("Because", reason) for reason in receipt.comparison.comparison.reasons],
            attention=True,
        )


def _card_missing(course_id: str, photo: StoredPhoto) -> None:
    if photo.card_corners is None:
        style.note(f"{cards.MISSING}: {photo.name}", ("What to do", cards.ADVICE), attention=True)
    if st.toggle("Mark the card in this photo", key=f"mark_{photo.id}"):
        cards.mark("receipt", course_id, photo)


def _card(photo: PhotoReceipt) -> str:
    card = photo.analysis.card if photo.analysis is not None else None
    if card is None:
        return ""
    return f"{labels.CARD_KINDS[card.kind]}, {labels.number(card.fit_mean, decimals=1)} CIEDE2000"


def as_error(parts: dict[str, str]) -> AnalysisError:
    """The stored four parts as an error again, to be drawn like any other."""
    return AnalysisError(
        parts.get("what", "This photo cannot be used"),
        expected=parts.get("expected", ""),
        got=parts.get("got", ""),
        advice=parts.get("advice", ""),
    )


def _photo(photo: PhotoReceipt) -> None:
    picture, words = st.columns([1, 3], gap="medium")
    with picture:
        components.gallery(
            key=f"kept_{photo.photo_id}", pictures=[{"url": f"/photo/{photo.photo_id}", "label": photo.name}]
        )
    with words:
        usable = [labels.FAMILIES.get(family, family) for family, good in photo.usable.items() if good]
        not_usable = [
            labels.FAMILIES.get(family, family) for family, good in photo.usable.items() if not good
        ]
        verdict = (
            f"Usable for {' and '.join(usable)}" if usable else "Kept, but nothing can be measured in it"
        )
        if usable and not_usable:
            verdict += f", not for {' and '.join(not_usable)}"
        st.markdown(f"**{verdict}**" + (" (this photo was there already)" if photo.already_there else ""))
        if photo.analysis is not None:
            facts = photo.analysis.facts
            style.figures(
                ("Taken", (facts.captured_at or "not recorded").replace("T", " ")[:16]),
                ("Camera", " ".join(part for part in (facts.camera_make, facts.camera_model) if part)),
                ("Scale", labels.number(photo.analysis.px_per_mm, "px/mm")),
                ("Colour card", _card(photo)),
            )
            numbers.gate_notes(photo.analysis.gates)
