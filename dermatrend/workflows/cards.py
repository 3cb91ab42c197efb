"""The colour card of one stored photo: looked for again, marked by hand, or said not to be there."""

from __future__ import annotations

import contextlib

import numpy as np

from analysis.errors import AnalysisError
from analysis.records import CardReading
from dermatrend.access import require
from dermatrend.records import Actor, CardCorners, Course, parse_corners
from dermatrend.storage.errors import NotFound
from dermatrend.workflows.photos import is_drawn_on, marked_cards, photo_analysis, stored_analysis
from dermatrend.workflows.workspace import Workspace


def card_reading(ws: Workspace, actor: Actor, course_id: str, photo_id: str) -> CardReading | None:
    """What is stored of a photo's card; None where it has none, or was not measured with it yet.

    Raises:
        NotFound: the photo is not in this course.
    """
    require(actor, "view")
    course = _course_of(ws, actor, course_id, photo_id)
    known = ws.repository.sessions(actor, course_id)
    corners = marked_cards(known).get(photo_id)
    if corners is None:
        return None
    drawn_on = is_drawn_on(course.plan, known, photo_id)
    stored = stored_analysis(ws, actor, course, photo_id, drawn_on=drawn_on, corners=corners)
    return stored.card if stored is not None else None


def read_card(
    ws: Workspace, actor: Actor, course_id: str, photo_id: str, corners: object = None
) -> CardReading:
    """Read the card of a stored photo and keep where it lies; comparisons are measured with it from then on.

    Args:
        corners: four points (x, y) in px of the upright photo, in any order, as a person marked them;
            without them the card is looked for.

    Raises:
        NotFound: the photo is not in this course.
        CardError: there is no card, or none within these corners; what was stored before stays.
    """
    require(actor, "edit")
    ws.require_writable()
    course = _course_of(ws, actor, course_id, photo_id)
    marked = None if corners is None else parse_corners(corners)
    data = ws.photos.read(course.person_id, photo_id)
    reading = ws.pool.submit(_read, data, marked).result()
    # Where its patches lie, not where the finger was: the two differ by the order of the corners.
    ws.repository.put_card_corners(actor, course_id, photo_id, parse_corners(reading.corners.tolist()))
    with contextlib.suppress(AnalysisError):
        # Measured at once, so that the reading is at hand from now on; if not now, then when it is needed.
        photo_analysis(ws, actor, course_id, photo_id)
    return reading


def forget_card(ws: Workspace, actor: Actor, course_id: str, photo_id: str) -> None:
    """Measure a photo without a card: there is none in it, or it is not to be used.

    Raises:
        NotFound: the photo is not in this course.
    """
    require(actor, "edit")
    ws.require_writable()
    ws.repository.put_card_corners(actor, course_id, photo_id, None)


def _course_of(ws: Workspace, actor: Actor, course_id: str, photo_id: str) -> Course:
    course = ws.repository.course(actor, course_id)
    known = ws.repository.sessions(actor, course_id)
    if not any(photo.id == photo_id for session in known for photo in session.photos):
        raise NotFound.of("photo")
    return course


def _read(data: bytes, corners: CardCorners | None) -> CardReading:
    # Runs in a worker process: the bytes are not trusted.
    from analysis import card
    from analysis.decode import decode

    return card.read_card(decode(data), None if corners is None else np.array(corners, np.float32))
