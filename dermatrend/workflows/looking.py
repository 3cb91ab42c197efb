"""Files that are handed in, looked at one by one before anything is stored."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from analysis.errors import AnalysisError, ModelsMissing
from analysis.records import CardReading, CardSearch, PhotoAnalysis
from dermatrend.records import (
    LABEL_LENGTH,
    Actor,
    CardCorners,
    Course,
    Session,
    clean_text,
    parse_corners,
)
from dermatrend.workflows.comparing import Say
from dermatrend.workflows.photos import card_arrays, is_drawn_on, look_at, marked_cards, stored_analysis
from dermatrend.workflows.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was handed in. The name is a label; what it is, its content says."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PhotoReceipt:
    """What became of one file."""

    name: str
    photo_id: str | None
    """sha256; None where the file was refused."""
    analysis: PhotoAnalysis | None
    error: dict[str, str] | None
    """code, what, expected, got, advice; None where the file was kept."""
    usable: dict[str, bool]
    """Family -> whether this photo can be measured for it."""
    advice: tuple[str, ...]
    """What to do about each gate that is not ok, the worst first."""
    already_there: bool = False
    """The same photo was there before, or came twice: it is stored once."""
    card_missing: bool = False
    """A colour card was looked for in it, and none was found."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A file with what was found in it, before anything is stored."""

    upload: Upload
    receipt: PhotoReceipt
    drawn_on: bool
    """Whether the plan's polygons are pixels of this photo."""
    card_corners: CardCorners | None = None


def look_at_all(
    ws: Workspace, actor: Actor, course: Course, known: Sequence[Session], uploads: Sequence[Upload], say: Say
) -> list[Looked]:
    """What is in every file, good or bad; a file that comes twice is looked at once."""
    seen: dict[str, Looked] = {}
    cards = marked_cards(known)
    found = []
    for number, upload in enumerate(uploads):
        say(0.7 * number / len(uploads), f"Looking at photo {number + 1} of {len(uploads)}")
        name = clean_text(upload.name, LABEL_LENGTH) or f"photo {number + 1}"
        photo_id = hashlib.sha256(upload.data).hexdigest()
        if photo_id in seen:
            first = seen[photo_id]
            found.append(replace(first, receipt=replace(first.receipt, name=name, already_there=True)))
            continue
        # In a new course, regions are drawn on the first photo that can be used.
        drawn_on = is_drawn_on(course.plan, known, photo_id) if known else not (course.plan.drawn and seen)
        corners = cards.get(photo_id)
        search = course.with_card and corners is None
        analysis = None
        try:
            if not search:
                analysis = stored_analysis(ws, actor, course, photo_id, drawn_on=drawn_on, corners=corners)
            if analysis is None:
                card = CardSearch(search, card_arrays({photo_id: corners} if corners else {}))
                analysis = look_at(
                    ws, upload.data, course.plan, drawn_on=drawn_on, card=card if search or corners else None
                )
        except ModelsMissing:
            raise  # no photo's fault: nothing can be looked at
        except AnalysisError as error:
            found.append(Looked(upload, refusal(name, error), drawn_on))
            continue
        receipt = PhotoReceipt(
            name,
            photo_id,
            analysis,
            None,
            dict(analysis.usable),
            _advice(analysis),
            card_missing=search and analysis.card is None,
        )
        seen[photo_id] = Looked(upload, receipt, drawn_on, corners or card_corners(analysis.card))
        found.append(seen[photo_id])
    return found


def card_corners(card: CardReading | None) -> CardCorners | None:
    """Where a card that was read lies, as it is stored."""
    return None if card is None else parse_corners(card.corners.tolist())


def refusal(name: str, error: AnalysisError) -> PhotoReceipt:
    """A file that is not kept, and why."""
    return PhotoReceipt(name, None, None, error.as_json(), {}, (error.advice,) if error.advice else ())


def _advice(analysis: PhotoAnalysis) -> tuple[str, ...]:
    worst_first = sorted(analysis.gates, key=lambda gate: gate.state != "refuse")
    return tuple(dict.fromkeys(gate.advice for gate in worst_first if gate.state != "ok" and gate.advice))
