"""What is known of one named photo by itself, before any comparison.

Drawn regions are pixels of one photo, the baseline's first. Where the same skin lies in any other photo only
the alignment tells, so nothing is measured there: what the file says of itself, and the colour card in it,
are all there is.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from analysis.errors import AnalysisError
from analysis.records import CardReading, CardSearch, PhotoAnalysis, RegionPlan

if TYPE_CHECKING:
    from dermatrend.photo_files import PhotoFile
    from dermatrend.workers import WorkerPool

UNKNOWN_SCALE = "not known"


def look_at(
    pool: WorkerPool, photo: PhotoFile, plan: RegionPlan, card: CardSearch | None, *, is_anchor: bool
) -> PhotoAnalysis:
    """The photo measured, or, where the drawn regions are pixels of another one, its facts.

    Args:
        pool: where it is read.
        photo: the file.
        plan: where to measure.
        card: whether and where a colour card is looked for.
        is_anchor: whether drawn regions are pixels of this photo; faces are found in every photo.

    Raises:
        AnalysisError: the photo cannot be used.
    """
    if photo.refusal is not None:
        raise photo.refusal
    if plan.drawn and not is_anchor:
        return pool.submit(photo_facts, photo.data, plan, card).result()
    return pool.analyse(photo.data, plan, card=card)


def facts_of(pool: WorkerPool, photo: PhotoFile) -> PhotoAnalysis | None:
    """What the file says of itself; None where it is no photo that can be read."""
    if photo.refusal is not None:
        return None
    try:
        return pool.submit(photo_facts, photo.data).result()
    except AnalysisError:
        return None


def photo_facts(data: bytes, plan: RegionPlan | None = None, card: CardSearch | None = None) -> PhotoAnalysis:
    """The facts of one photo and, for a plan of drawn regions, its colour card; nothing is measured.

    Runs in a worker process: the bytes are not trusted.

    Raises:
        PhotoError: the bytes are not a readable photo.
    """
    from analysis.decode import decode
    from analysis.subjects import subject_of

    photo = decode(data)
    found: CardReading | None = None
    scale, source, flags = math.nan, UNKNOWN_SCALE, photo.flags
    if plan is not None and plan.drawn:
        subject = subject_of(photo, None, plan, card or CardSearch(), is_anchor=False)
        found = subject.card
        if subject.scale_source == "card" and math.isfinite(subject.px_per_mm):
            scale, source = subject.px_per_mm, "card"  # its own; a scale that was given is the baseline's
        flags = subject.flags
    return PhotoAnalysis(
        photo_id=photo.sha256,
        width=photo.pixels.shape[1],
        height=photo.pixels.shape[0],
        format=photo.format,
        colour_profile=photo.colour_profile,
        facts=photo.facts,
        px_per_mm=scale,
        px_per_mm_source=source,
        pose_deg=None,
        regions=(),
        gates=(),
        measurements=(),
        usable={},
        flags=flags,
        card=found,
    )
