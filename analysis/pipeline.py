"""The straight line: bytes -> photo -> face or drawn regions -> maps -> changes."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from analysis import quality
from analysis.compare import judge
from analysis.decode import decode
from analysis.errors import (
    AnalysisError,
    ComparisonRefused,
    RepeatabilityError,
    SessionOrder,
    ShotsDiffer,
    TooFewShots,
)
from analysis.landmarks import FaceFinder
from analysis.mirrored import checked_pair
from analysis.pairs import PairResult
from analysis.parallel import both
from analysis.records import (
    FAMILIES,
    CardSearch,
    Change,
    FloatMap,
    LeftOut,
    Parameters,
    Photo,
    PhotoAnalysis,
    Region,
    RegionPlan,
    SessionComparison,
    Subject,
)
from analysis.repeatability import MIN_SHOTS, Repeatability, check_fits, study
from analysis.repeatability_document import study_sha256
from analysis.session_gates import families, refusal_reasons, shown_pair
from analysis.single import analyse_subject
from analysis.subjects import regions_of, shown_again, subject_of, subjects_of
from analysis.views import aligned_views

DEFAULTS = Parameters()
MAX_MINUTES = 60
"""Between the first and the last repeat shot."""


def analyse(
    data: bytes,
    *,
    finder: FaceFinder | None,
    plan: RegionPlan,
    parameters: Parameters = DEFAULTS,
    captured_at: str | None = None,
    with_card: bool = False,
    card_corners: Mapping[str, FloatMap] | None = None,
) -> PhotoAnalysis:
    """What can be measured in one photo, and its gates.

    Args:
        data: the file's bytes.
        finder: finds the face; may be None if the plan has drawn regions.
        plan: where to measure. Drawn regions are pixels of this photo.
        parameters: of the method.
        captured_at: the user's own date, which wins over the file's.
        with_card: whether a colour card is looked for.
        card_corners: photo sha256 -> (4, 2) corners of its card in px, marked by hand.

    Raises:
        PhotoError: the bytes are not a readable photo.
        SubjectError: no face, several, turned, covered, no colour or too dark.
        RegionsError: regions outside the photo or of the wrong kind.
        ModelsMissing: a face is wanted and there is no finder.
    """
    cards = CardSearch(with_card, card_corners or {})
    subject = subject_of(decode(data, captured_at=captured_at), finder, plan, cards)
    return analyse_subject(subject, regions_of(subject, plan), parameters)


def compare(
    baseline: Sequence[bytes],
    follow_up: Sequence[bytes],
    *,
    finder: FaceFinder | None,
    plan: RegionPlan,
    parameters: Parameters = DEFAULTS,
    captured_at: Mapping[str, str] | None = None,
    with_views: bool = True,
    own_noise: Repeatability | None = None,
    with_card: bool = False,
    card_corners: Mapping[str, FloatMap] | None = None,
) -> SessionComparison:
    """One follow-up session against the baseline session, several shots each.

    Args:
        baseline: the files of the baseline's shots; drawn regions are pixels of the first.
        follow_up: the files of the follow-up's shots.
        finder: finds faces; may be None if the plan has drawn regions.
        plan: where to measure.
        parameters: of the method.
        captured_at: photo sha256 -> the user's own date, which wins over the file's.
        with_views: whether the aligned crops and maps are wanted, for pictures.
        own_noise: what this person's own repeat shots differ by, from `repeatability`; it enters the bands.
        with_card: whether a colour card is looked for in every photo; takes a second or less each.
        card_corners: photo sha256 -> (4, 2) corners of its card in px, marked by hand.

    Raises:
        AnalysisError: no baseline photo is usable, or with drawn regions not the one that they are pixels of;
            the first one's reason.
        StudyMismatch: `own_noise` is of another method, other parameters or other regions.
        SessionOrder: the follow-up was taken before the baseline.

    A follow-up that cannot be used is no error but a comparison that says so.
    """
    dates = captured_at or {}
    cards = CardSearch(with_card, card_corners or {})
    (earlier, lost), (later, unread) = both(
        lambda: subjects_of(baseline, finder, plan, dates, cards, is_baseline=True),
        lambda: subjects_of(follow_up, finder, plan, dates, cards, is_baseline=False),
    )
    if not earlier or _first_lost(plan, baseline, lost):
        raise lost[0][1]
    anchor = earlier[0]
    regions = regions_of(anchor, plan)
    on_face = anchor.mesh is not None
    if own_noise is not None:
        shots = [
            [*(subject.photo.sha256 for subject in good), *(photo_id for photo_id, _ in bad)]
            for good, bad in ((earlier, lost), (later, unread))
        ]
        check_fits(own_noise, regions, parameters, on_face=on_face, sessions=shots)
    _check_order(anchor.photo, [subject.photo for subject in later])
    left_out = [LeftOut(photo_id, error.code, str(error)) for photo_id, error in (*lost, *unread)]

    repeats = _pairs(anchor, earlier[1:], regions, parameters, finder, left_out)
    pairs = _pairs(anchor, later, regions, parameters, finder, left_out)
    ids = tuple(subject.photo.sha256 for subject in earlier), tuple(s.photo.sha256 for s in later)
    if not pairs:
        return SessionComparison(
            ids[0], ids[1], "not_comparable", False, tuple(dict.fromkeys(item.reason for item in left_out)),
            (), None, (), tuple(left_out), parameters_sha256=parameters.sha256(),
        )  # fmt: skip
    changes, gates = judge(repeats, pairs, regions, parameters, on_face=on_face, own_noise=own_noise)
    if shown_again(earlier, later):
        changes = tuple(_flagged(change, "picture_of_baseline") for change in changes)
    shown = shown_pair(pairs)
    used = any("own_noise" in change.flags for change in changes)
    open_families = families(gates, changes)
    grade = quality.grade(gates, FAMILIES) if open_families else "not_comparable"
    return SessionComparison(
        baseline_ids=ids[0],
        photo_ids=ids[1],
        grade=grade,
        comparable=bool(open_families),
        reasons=refusal_reasons(gates, changes),
        gates=gates,
        alignment=shown.alignment,
        changes=changes,
        left_out=tuple(left_out),
        parameters_sha256=parameters.sha256(),
        own_repeat_shots=own_noise.n_shots if own_noise and used else 0,
        own_noise_sha256=study_sha256(own_noise) if own_noise and used else "",
        views=aligned_views(shown, regions, changes, on_face=on_face) if with_views else None,
    )


def repeatability(
    photos: Sequence[bytes],
    *,
    finder: FaceFinder | None,
    plan: RegionPlan,
    parameters: Parameters = DEFAULTS,
    baseline: bytes | None = None,
) -> Repeatability:
    """How much a person's own photographs differ, from shots of the same skin taken within minutes.

    Args:
        photos: at least three shots, each posed anew, with nothing done to the skin in between.
        finder: finds faces; may be None if the plan has drawn regions.
        plan: where to measure; drawn regions are pixels of the baseline, or of the first shot without one.
        parameters: of the method.
        baseline: the photo that later sessions are compared with. A face is placed on the first shot even
            so, and the baseline only shows that it is the same skin.

    Raises:
        AnalysisError: the first photo cannot be used, or the baseline.
        NotRegistered: the shots do not show the baseline's skin.
        TooFewShots: fewer than three can be used.
        ShotsDiffer: likewise, because they do not show the same skin.
        RepeatabilityError: taken more than an hour apart.
    """
    drawn_on = baseline if plan.drawn else None
    offered = [*([drawn_on] if drawn_on is not None else []), *photos]
    subjects, lost = subjects_of(offered, finder, plan, {}, CardSearch(), is_baseline=True)
    if lost and (not subjects or _first_lost(plan, offered, lost)):
        raise lost[0][1]
    left_out = [LeftOut(photo_id, error.code, str(error)) for photo_id, error in lost]
    shots = subjects if drawn_on is None else subjects[1:]
    if len(shots) < MIN_SHOTS:
        raise _too_few(TooFewShots, len(shots), left_out)
    _check_sitting([subject.photo for subject in shots])
    anchor = subjects[0]
    if baseline is not None and drawn_on is None:
        first = subject_of(decode(baseline), finder, plan, CardSearch())
        checked_pair(first, anchor, regions_of(first, plan), parameters, finder)
    pairs = _pairs(anchor, subjects[1:], regions_of(anchor, plan), parameters, finder, left_out)
    refused = {item.photo_id for item in left_out}
    used = [subject.photo.sha256 for subject in shots if subject.photo.sha256 not in refused]
    if len(used) < MIN_SHOTS:
        raise _too_few(ShotsDiffer, len(used), left_out)
    return study(
        pairs,
        used,
        regions_of(anchor, plan),
        parameters,
        on_face=anchor.mesh is not None,
        with_anchor=drawn_on is None,
        left_out=left_out,
    )


def _flagged(change: Change, flag: str) -> Change:
    """With one more remark, where there is a number to remark on."""
    return replace(change, flags=(*change.flags, flag)) if math.isfinite(change.difference) else change


def _first_lost(plan: RegionPlan, photos: Sequence[bytes], lost: Sequence[tuple[str, AnalysisError]]) -> bool:
    """Whether the photo that drawn regions are pixels of cannot be used: on others they mean other skin."""
    return bool(plan.drawn and lost) and lost[0][0] == hashlib.sha256(photos[0]).hexdigest()


def _check_sitting(photos: Sequence[Photo]) -> None:
    """Shots of several hours or days hold changes of skin and light too; undated ones are believed."""
    moments = [moment.replace(tzinfo=None) for photo in photos if (moment := _taken(photo))]
    apart = (max(moments) - min(moments)).total_seconds() / 60 if moments else 0.0
    if apart > MAX_MINUTES:
        raise RepeatabilityError(
            "The shots are not of one sitting",
            expected=f"all taken within {MAX_MINUTES} minutes, by the time that the photos record",
            got=f"{apart:.0f} minutes between the first and the last",
            advice="Take all shots in a row, posing anew for each",
        )


def _too_few(kind: type[AnalysisError], found: int, left_out: Sequence[LeftOut]) -> AnalysisError:
    reasons = " ".join(dict.fromkeys(item.reason for item in left_out))
    return kind(
        "A repeatability study needs more shots than can be used here",
        expected=f"at least {MIN_SHOTS} shots of the same skin, each taken anew",
        got=f"{found}{': ' + reasons if reasons else ''}",
        advice="Take more shots in the same place and light, posing anew for each",
    )


def _pairs(
    anchor: Subject,
    others: Sequence[Subject],
    regions: Sequence[Region],
    parameters: Parameters,
    finder: FaceFinder | None,
    left_out: list[LeftOut],
) -> list[PairResult]:
    """Each of the others with the anchor; those that cannot be compared are added to `left_out`.

    Only the pair that will be shown keeps its maps: of a 12 MP photo they take a few hundred MB.
    """
    out: list[PairResult] = []
    for other in others:
        try:
            pair = checked_pair(anchor, other, regions, parameters, finder)
        except ComparisonRefused as error:
            left_out.append(LeftOut(other.photo.sha256, error.code, str(error)))
            continue
        shown = shown_pair([*out, pair])
        out = [one if one is shown else one.without_pictures() for one in (*out, pair)]
    return out


def _check_order(baseline: Photo, follow_ups: Sequence[Photo]) -> None:
    """Local calendar dates decide; photos without a date are taken in the order given."""
    first = _day(baseline)
    for photo in follow_ups:
        day = _day(photo)
        if first is not None and day is not None and day < first:
            raise SessionOrder(
                "The follow-up is older than the baseline",
                expected=f"a photo taken on {first} or later",
                got=f"{day}",
                advice="Swap the two, or correct the date if the camera's clock was wrong",
            )


def _day(photo: Photo) -> str | None:
    moment = _taken(photo)
    return moment.date().isoformat() if moment else None


def _taken(photo: Photo) -> datetime | None:
    """When a photo was taken, where that is known: a file's own date may be that of its last edit."""
    facts = photo.facts
    if not facts.captured_at or facts.captured_at_source == "file":
        return None
    return datetime.fromisoformat(facts.captured_at)
