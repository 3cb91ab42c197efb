"""Files -> subjects: a photo with its card, its face and its scale; or the reason why it cannot be used."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence

import numpy as np

from analysis.card import read_card
from analysis.decode import decode
from analysis.errors import AnalysisError, CardError, ModelsMissing, RegionsError, SamePicture
from analysis.landmarks import FaceFinder
from analysis.records import CardReading, CardSearch, FaceMesh, FloatMap, Photo, Region, RegionPlan, Subject
from analysis.regions import check_inside, face_regions

MOST_SCALE_RATIO = 1.25
"""Between the scale of the card and that of the face: people's irises differ by 4 %, and a card held half an
arm in front of the face looks a quarter larger."""


def subjects_of(
    photos: Sequence[bytes],
    finder: FaceFinder | None,
    plan: RegionPlan,
    dates: Mapping[str, str],
    cards: CardSearch,
    *,
    is_baseline: bool,
) -> tuple[list[Subject], list[tuple[str, AnalysisError]]]:
    """The usable photos, and the others with their reasons.

    Args:
        photos: the files' bytes; a copy of one that is there already is left out, and the same picture in
            another file is among the others.
        finder: finds faces; may be None if the plan has drawn regions.
        plan: where to measure.
        dates: photo sha256 -> the user's own date, which wins over the file's.
        cards: whether and where a colour card is looked for.
        is_baseline: whether the first usable one is the photo that drawn regions belong to.

    Raises:
        ModelsMissing: a face is wanted and there is no finder.
    """
    good: list[Subject] = []
    bad: list[tuple[str, AnalysisError]] = []
    for data in photos:
        photo_id = hashlib.sha256(data).hexdigest()
        if any(subject.photo.sha256 == photo_id for subject in good):
            continue  # a copy is no repeat: it would narrow the band by nothing
        try:
            photo = decode(data, captured_at=dates.get(photo_id))
            _check_new(photo, good)
            subject = subject_of(photo, finder, plan, cards, is_anchor=is_baseline and not good)
        except ModelsMissing:
            raise
        except AnalysisError as error:
            bad.append((photo_id, error))
        else:
            good.append(subject)
    return good, bad


def _check_new(photo: Photo, good: Sequence[Subject]) -> None:
    """A picture saved twice is one shot: as two it would say that nothing differs between shots."""
    if _is_among(photo, good):
        raise SamePicture(
            "The photo is one that is there already, saved as another file",
            expected="shots that were each taken anew",
            got="the same pixels",
            advice="Leave it out, or take another shot of the same skin",
        )


def shown_again(earlier: Sequence[Subject], later: Sequence[Subject]) -> bool:
    """Whether a photo of the later session is a picture of the earlier one, in this file or another."""
    return any(_is_among(subject.photo, earlier) for subject in later)


def _is_among(photo: Photo, subjects: Sequence[Subject]) -> bool:
    return any(np.array_equal(subject.photo.pixels, photo.pixels) for subject in subjects)


def subject_of(
    photo: Photo, finder: FaceFinder | None, plan: RegionPlan, cards: CardSearch, is_anchor: bool = True
) -> Subject:
    """One decoded photo with its card, its face and its scale.

    Raises:
        SubjectError: no face, several, turned, covered.
        RegionsError: drawn regions outside the photo, or without a scale.
        ModelsMissing: a face is wanted and there is no finder.
    """
    asked = cards.everywhere or photo.sha256 in cards.corners
    card = _card(photo, cards.corners.get(photo.sha256)) if asked else None
    if plan.drawn:
        if is_anchor:
            check_inside(plan, photo.pixels.shape[1], photo.pixels.shape[0])
        if plan.px_per_mm is not None:
            return Subject(photo, None, plan.px_per_mm, "given", card, asked)
        scale = card.px_per_mm if card is not None else math.nan
        if is_anchor and math.isnan(scale):
            raise RegionsError(
                "Drawn regions need a scale",
                expected="px_per_mm beside the regions, or a colour card of known size",
                got="none" if card is None else "a card that comes in several sizes",
                advice="Give px_per_mm: the pixels between two marks of a ruler over its millimetres",
            )
        return Subject(photo, None, scale, "card", card, asked)
    if finder is None:
        raise ModelsMissing(
            "The face model is not there",
            expected="the four model files in the data folder",
            got="none",
            advice="Run `dermatrend models fetch`, or draw the regions and give them with --regions",
        )
    mesh = finder.find(photo)
    if card is not None and _scales_agree(card, mesh):
        return Subject(photo, mesh, card.px_per_mm, "card", card, asked)
    return Subject(photo, mesh, mesh.px_per_mm, mesh.px_per_mm_source, card, asked)


def _card(photo: Photo, corners: FloatMap | None) -> CardReading | None:
    """None where there is none: a card is a help, and its absence no failure of the photo."""
    try:
        return read_card(photo, corners)
    except CardError:
        return None


def _scales_agree(card: CardReading, mesh: FaceMesh) -> bool:
    """A card of another size than it seems, or far from the face, must not set the scale of the face."""
    return 1 / MOST_SCALE_RATIO < card.px_per_mm / mesh.px_per_mm < MOST_SCALE_RATIO  # False for NaN


def regions_of(subject: Subject, plan: RegionPlan) -> tuple[Region, ...]:
    """Where a photo is measured: the regions that were drawn, or those of its face."""
    if subject.mesh is None:
        return plan.drawn
    return face_regions(subject.mesh, plan.treated, plan.reference)
