"""Looking at one photo of a course: measured in a worker, kept under a key, measured once.

Drawn regions are pixels of one photo, the first of the baseline. Every other photo shows the same skin
somewhere nearby: there the regions say well enough where to judge light and focus, but numbers are taken only
after alignment (`comparing`), so a photo's own numbers are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from analysis.records import CardSearch, Parameters, PhotoAnalysis, Region, RegionPlan
from dermatrend.access import require
from dermatrend.records import Actor, CardCorners, Course, Session
from dermatrend.storage import documents
from dermatrend.storage.errors import NotFound
from dermatrend.workflows.method import METHOD
from dermatrend.workflows.workspace import Workspace

PARAMETERS = Parameters()


def photo_analysis(ws: Workspace, actor: Actor, course_id: str, photo_id: str) -> PhotoAnalysis:
    """What can be measured in one photo of a course; stored, or measured now.

    Raises:
        NotFound: the photo is not in this course.
        AnalysisError: it cannot be measured.
    """
    require(actor, "compare")
    course = ws.repository.course(actor, course_id)
    known = ws.repository.sessions(actor, course_id)
    if not any(photo.id == photo_id for session in known for photo in session.photos):
        raise NotFound.of("photo")
    drawn_on = is_drawn_on(course.plan, known, photo_id)
    corners = marked_cards(known).get(photo_id)
    key = analysis_key(photo_id, course.plan, drawn_on=drawn_on, corners=corners)
    with ws.measuring(key):
        stored = ws.repository.analysis(actor, course.person_id, key)
        if stored is None:
            data = ws.photos.read(course.person_id, photo_id)
            card = CardSearch(corners=card_arrays({photo_id: corners})) if corners else None
            stored = look_at(ws, data, course.plan, drawn_on=drawn_on, card=card)
            if not ws.read_only:
                ws.repository.put_analysis(actor, course.person_id, key, stored)
    return stored


def is_drawn_on(plan: RegionPlan, known: Sequence[Session], photo_id: str) -> bool:
    """Whether the plan's polygons are pixels of this photo; so for every photo where a face is looked for."""
    return not plan.drawn or known[0].photos[0].id == photo_id


def marked_cards(known: Sequence[Session]) -> dict[str, CardCorners]:
    """Photo id -> corners of its colour card, for the photos that have one."""
    return {
        photo.id: photo.card_corners
        for session in known
        for photo in session.photos
        if photo.card_corners is not None
    }


def card_arrays(corners: Mapping[str, CardCorners]) -> dict[str, np.ndarray]:
    """Corners as the analysis takes them: photo id -> (4, 2) px."""
    return {photo_id: np.array(points, np.float32) for photo_id, points in corners.items()}


def analysis_key(
    photo_id: str, plan: RegionPlan, *, drawn_on: bool = True, corners: CardCorners | None = None
) -> str:
    """What a stored analysis depends on, as one hash; a colour card only where there is one."""
    card = () if corners is None else (corners,)
    return documents.digest("analysis", photo_id, METHOD, PARAMETERS, plan, drawn_on, *card)


def stored_analysis(
    ws: Workspace,
    actor: Actor,
    course: Course,
    photo_id: str,
    *,
    drawn_on: bool,
    corners: CardCorners | None = None,
) -> PhotoAnalysis | None:
    """The analysis of a photo, if it was made with this plan, method and place of a colour card."""
    key = analysis_key(photo_id, course.plan, drawn_on=drawn_on, corners=corners)
    return ws.repository.analysis(actor, course.person_id, key)


def look_at(
    ws: Workspace, data: bytes, plan: RegionPlan, *, drawn_on: bool, card: CardSearch | None = None
) -> PhotoAnalysis:
    """Measure a photo now, in a worker; `card` says whether and where a colour card is looked for.

    Raises:
        AnalysisError: as `analysis.pipeline.analyse`, ModelsMissing or WorkerFailed.
    """
    if drawn_on:
        return ws.pool.analyse(data, plan, card=card)
    return ws.pool.submit(_analyse_nearby, data, plan, card).result()


def _analyse_nearby(data: bytes, plan: RegionPlan, card: CardSearch | None) -> PhotoAnalysis:
    # Runs in a worker process: the bytes are not trusted.
    from analysis import pipeline
    from analysis.decode import decode

    height, width = decode(data).pixels.shape[:2]
    nearby = replace(plan, drawn=tuple(_within(region, width, height) for region in plan.drawn))
    found = pipeline.analyse(
        data,
        finder=None,
        plan=nearby,
        with_card=card is not None and card.everywhere,
        card_corners=card.corners if card is not None else None,
    )
    return replace(found, measurements=())


def _within(region: Region, width: int, height: int) -> Region:
    """The region moved into the photo; made smaller first where it is larger than the photo."""
    size = np.array([width - 1, height - 1], np.float32)
    low = region.polygon.min(axis=0)
    extent = region.polygon.max(axis=0) - low
    shape = (region.polygon - low) * min(1.0, float((size / extent).min()))
    corner = np.clip(low, 0, size - shape.max(axis=0))
    return replace(region, polygon=np.clip(corner + shape, 0, size).astype(np.float32))
