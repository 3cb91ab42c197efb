"""Realistic frozen records for tests: a person, a course, sessions, comparisons, pictures.

Numbers follow one rule instead of a list: redness rises on the day after a treatment and falls below
the baseline later, pigment and relief answer slowly, and every change carries a band of its metric.
Nothing here is random: the same call gives equal records.
"""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from analysis.metrics import registry
from analysis.records import (
    AlignmentSummary,
    CaptureFacts,
    CardReading,
    Change,
    Family,
    Gate,
    Grade,
    LeftOut,
    Measurement,
    Parameters,
    PhotoAnalysis,
    RegionPlan,
    SessionComparison,
    Trend,
    TrendPoint,
    Verdict,
)
from dermatrend.records import Course, Person, Session, StoredPhoto, Treatment, days_between
from dermatrend.report.phases import HEALING_DAYS

FACE_REGIONS: Final = (
    "forehead",
    "glabella",
    "nose",
    "left_cheek",
    "right_cheek",
    "left_periorbital",
    "right_periorbital",
    "perioral",
    "chin",
)
METRICS: Final = (
    "redness",
    "redness_uniformity",
    "pigment",
    "pigment_uniformity",
    "texture_pore",
    "texture_medium",
    "texture_coarse",
)
BANDS: Final = {
    "redness": 2.2,
    "redness_uniformity": 0.62,
    "pigment": 2.6,
    "pigment_uniformity": 0.71,
    "texture_pore": 9.4,
    "texture_medium": 8.1,
    "texture_coarse": 10.3,
}
TREATED: Final = ("left_cheek", "right_cheek")


def sha(text: str) -> str:
    """A sha256 that depends on the text alone."""
    return hashlib.sha256(text.encode()).hexdigest()


def person(label: str = "Sample person", note: str = "") -> Person:
    """A person; the label may hold anything that people type."""
    return Person(id="p-0001", label=label, note=note, created_at="2026-01-10T09:00:00+00:00")


def course(
    title: str = "Cheeks, fine lines",
    *,
    plan: RegionPlan | None = None,
    concerns: Sequence[str] = ("redness", "uneven texture"),
) -> Course:
    """A course on the face with both cheeks treated, unless another plan is given."""
    return Course(
        id="c-0001",
        person_id="p-0001",
        title=title,
        plan=plan or RegionPlan(treated=TREATED),
        concerns=tuple(concerns),
        created_at="2026-01-10T09:00:00+00:00",
    )


def facts(taken_on: str) -> CaptureFacts:
    """Capture facts as a phone leaves them."""
    return CaptureFacts(
        captured_at=f"{taken_on}T10:15:00+01:00",
        captured_at_source="exif_original",
        camera_make="Example",
        camera_model="Phone 12",
        lens="main 5.1 mm",
        software="17.2",
        exposure_s=1 / 60,
        f_number=1.6,
        iso=100.0,
        focal_length_mm=5.1,
        white_balance="auto",
        flash=False,
    )


def treatment(depth: float = 1.0) -> Treatment:
    """A microneedling treatment with the facts people note."""
    return Treatment(needle_depth_mm=depth, device="Pen, 12 needles", passes=4, area="cheeks", led="red")


def session(
    taken_on: str,
    *,
    shots: int = 2,
    treated: bool = False,
    note: str = "",
    skin_state: str = "clean",
) -> Session:
    """A session of some shots of one view."""
    photos = tuple(
        StoredPhoto(
            id=sha(f"{taken_on}-{shot}"),
            session_id=f"s-{taken_on}",
            name=f"IMG_{shot:04d}.jpg",
            format="JPEG",
            n_bytes=2_400_000,
            width=3024,
            height=4032,
            facts=facts(taken_on),
            added_at=f"{taken_on}T12:00:00+00:00",
        )
        for shot in range(shots)
    )
    return Session(
        id=f"s-{taken_on}",
        course_id="c-0001",
        taken_on=taken_on,
        taken_on_source="exif_original",
        treatment=treatment() if treated else None,
        skin_state=skin_state,  # type: ignore[arg-type]  # tests hand in words
        note=note,
        photos=photos,
        created_at=f"{taken_on}T12:00:00+00:00",
    )


def gates(*, refused: Sequence[str] = (), warned: Sequence[str] = ()) -> tuple[Gate, ...]:
    """The usual checks; the named ones refused or warned."""
    table: tuple[tuple[str, Family | str, str, float, float, float, str], ...] = (
        ("resolution", "colour", "px/mm", 9.4, 3.0, 1.2, "Take the photo closer, with the main lens"),
        ("blur", "texture", "mm", 0.08, 0.12, 0.2, "Tap on the skin to focus and hold the phone still"),
        (
            "light_asymmetry",
            "colour",
            "",
            0.06,
            0.15,
            0.5,
            "Use two lamps at the same distance, left and right",
        ),
        ("light_direction", "texture", "deg", 4.0, 10.0, 20.0, "Sit in the same place with the same lamps"),
        ("colour_cast", "colour", "", 0.03, 0.1, 0.25, "Use the same lamps and switch other light off"),
        ("pose", "all", "deg", 2.4, 5.0, 10.0, "Look straight into the camera, as in the baseline"),
    )
    out = []
    for name, family, unit, good, warn, refuse, advice in table:
        if name in refused:
            out.append(Gate(name, family, refuse * 1.3, refuse, "refuse", advice, unit))  # type: ignore[arg-type]
        elif name in warned:
            out.append(Gate(name, family, warn * 1.2, warn, "warn", advice, unit))  # type: ignore[arg-type]
        else:
            out.append(Gate(name, family, good, warn, "ok", "", unit))  # type: ignore[arg-type]
    return tuple(out)


def analysis(photo: StoredPhoto, regions: Sequence[str] = FACE_REGIONS) -> PhotoAnalysis:
    """What was measured in one photo alone."""
    return PhotoAnalysis(
        photo_id=photo.id,
        width=photo.width,
        height=photo.height,
        format=photo.format,
        colour_profile="Display P3",
        facts=photo.facts,
        px_per_mm=9.4,
        px_per_mm_source="iris",
        pose_deg=(1.2, -3.1, 0.4),
        regions=(),
        gates=gates(),
        measurements=tuple(
            Measurement("redness_uniformity", 1, name, 1.9, "H", 0.08, 41_000) for name in regions
        ),
        usable={"colour": True, "texture": True},
    )


def true_change(metric: str, region: str, day: int) -> float:
    """How much a value moved by that day, before any noise; treated cheeks move most."""
    share = 1.0 if region in TREATED or region == "treated" else 0.12
    slow = 1 - math.exp(-day / 60)
    if metric == "redness":
        return share * (6.2 * math.exp(-day / 1.5) - 4.9 * slow)
    scale = {"redness_uniformity": -0.9, "pigment": -1.6, "pigment_uniformity": -0.8}.get(metric, -17.0)
    return share * scale * slow


def change(
    metric: str, region: str, day: int, *, verdict: Verdict | None = None, reference: str | None = None
) -> Change:
    """A change as the analysis judges it; a forced verdict carries no number."""
    definition = registry()[metric]
    unit, family = definition.unit, definition.family
    band = BANDS.get(metric, 1.0)
    against = (reference or "rest_of_face") if definition.relative else None
    flags = ("rest_of_face",) if against == "rest_of_face" else ()
    if verdict in ("not_comparable", "not_measurable"):
        extra = "gate_refused" if verdict == "not_comparable" else "low_resolution"
        nan = math.nan
        return Change(
            metric, family, region, against, unit, nan, nan, nan, (nan, nan), nan, verdict, None, (extra,)
        )
    difference = round(true_change(metric, region, day), 3)
    half = 0.73 * band
    decided: Verdict = (
        "no_measurable_change"
        if abs(difference) <= band
        else "measurable_increase"
        if difference > 0
        else "measurable_decrease"
    )
    if family == "texture" and day < 90:
        flags = (*flags, "texture_too_early")
    if day <= HEALING_DAYS:
        flags = (*flags, "recovery_phase")
    baseline = 4.0 if family == "colour" else 21.0
    return Change(
        metric,
        family,
        region,
        against,
        unit,
        baseline,
        baseline + difference,
        difference,
        (difference - half, difference + half),
        band,
        decided,
        None if definition.family == "texture" else abs(difference) > 3,
        flags,
        41_000,
        1.4 * band,
        band / 2.8,
    )


def comparison(
    baseline: Session,
    follow_up: Session,
    *,
    regions: Sequence[str] = FACE_REGIONS,
    metrics: Sequence[str] = METRICS,
    refused: Sequence[str] = (),
    warned: Sequence[str] = (),
    reference: str | None = None,
    left_out: Sequence[LeftOut] = (),
) -> SessionComparison:
    """One follow-up against the baseline; a refused check takes its family's numbers away."""
    found = gates(refused=refused, warned=warned)
    gone = {gate.family for gate in found if gate.state == "refuse"}
    families = {"colour", "texture"}
    lost = families if "all" in gone else gone & families
    day = days_between(baseline.taken_on, follow_up.taken_on)
    changes = tuple(
        change(
            metric,
            region,
            day,
            verdict="not_comparable" if registry()[metric].family in lost else None,
            reference=reference,
        )
        for metric in metrics
        for region in regions
    )
    grade: Grade = "not_comparable" if lost == families else "C" if lost else "B" if warned else "A"
    return SessionComparison(
        baseline_ids=tuple(photo.id for photo in baseline.photos),
        photo_ids=tuple(photo.id for photo in follow_up.photos),
        grade=grade,
        comparable=grade != "not_comparable",
        reasons=tuple(
            f"{gate.name.replace('_', ' ').capitalize()}: {gate.value:g}, the limit is {gate.limit:g}."
            for gate in found
            if gate.state == "refuse"
        ),
        gates=found,
        alignment=None if grade == "not_comparable" else AlignmentSummary(0.04, 0.11, 0.93, 0.97),
        changes=changes,
        left_out=tuple(left_out),
        parameters_sha256=Parameters().sha256(),
    )


def card_reading(
    corners: Sequence[tuple[float, float]] = ((480, 20), (604, 20), (604, 208), (480, 208)),
) -> CardReading:
    """A card that fits well, of a kind that gives no scale."""
    return CardReading(
        kind="colorchecker",
        found="corners",
        corners=np.array(corners, np.float32),
        linear=np.full((24, 3), 0.2, np.float32),
        clipped=(False,) * 24,
        px_per_mm=math.nan,
        gradient=0.01,
        fit_mean=1.23,
        fit_worst=4.56,
        flags=("card_scale_unknown",),
    )


def trends(found: Sequence[tuple[int, SessionComparison]]) -> tuple[Trend, ...]:
    """The changes of a course, regrouped by metric and region."""
    groups: dict[tuple[str, str], list[tuple[int, Change]]] = {}
    for day, item in found:
        for one in item.changes:
            groups.setdefault((one.metric, one.region), []).append((day, one))
    return tuple(
        Trend(
            metric,
            region,
            items[0][1].unit,
            tuple(
                TrendPoint(day, one.difference, one.ci95, one.verdict, one.mdc95, one.reference)
                for day, one in items
            ),
            BANDS.get(metric, 1.0),
            reference=items[-1][1].reference,
        )
        for (metric, region), items in groups.items()
    )


def picture(seed: int = 0, size: tuple[int, int] = (480, 600), *, media_type: str = "image/jpeg") -> bytes:
    """A skin-coloured crop as an encoded picture."""
    image = Image.new("RGB", size, (214 - seed * 6 % 40, 168, 146))
    draw = ImageDraw.Draw(image)
    for step in range(60):
        x, y = (step * 97 + seed * 31) % size[0], (step * 61) % size[1]
        draw.ellipse((x, y, x + 9, y + 9), fill=(196, 140 + step % 20, 122))
    out = io.BytesIO()
    image.save(out, "PNG" if media_type == "image/png" else "JPEG", quality=90)
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class Compared:
    """What a report needs of one stored comparison."""

    session_id: str
    comparison: SessionComparison
    pictures: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class History:
    """A whole course: what the report is made from."""

    person: Person
    course: Course
    sessions: tuple[Session, ...]
    comparisons: tuple[Compared, ...]
    trends: tuple[Trend, ...]
    analyses: dict[str, PhotoAnalysis]
    pictures: dict[str, bytes]


def history(
    label: str = "Sample person",
    dates: Sequence[str] = ("2026-01-10", "2026-01-11", "2026-02-15", "2026-03-20", "2026-06-09"),
    *,
    refused: Sequence[str] = ("2026-03-20",),
    treated_on: Sequence[str] = ("2026-01-10", "2026-02-15"),
    regions: Sequence[str] = FACE_REGIONS,
    metrics: Sequence[str] = METRICS,
    note: str = "",
) -> History:
    """A face course over 150 days with one badly lit session, unless told otherwise."""
    sessions = tuple(session(day, treated=day in treated_on, note=note) for day in dates)
    made, pictures = [], {}
    for follow_up in sessions[1:]:
        bad = follow_up.taken_on in refused
        item = comparison(
            sessions[0],
            follow_up,
            regions=regions,
            metrics=metrics,
            refused=("light_asymmetry", "light_direction") if bad else (),
        )
        names = {} if bad else {view: f"{view}-{follow_up.id}" for view in ("baseline", "follow_up")}
        pictures |= {key: picture(len(pictures)) for key in names.values()}
        made.append(Compared(follow_up.id, item, names))
    found = [
        (days_between(dates[0], s.taken_on), c.comparison) for s, c in zip(sessions[1:], made, strict=True)
    ]
    return History(
        person=person(label),
        course=course(),
        sessions=sessions,
        comparisons=tuple(made),
        trends=trends(found),
        analyses={photo.id: analysis(photo, regions) for one in sessions for photo in one.photos},
        pictures=pictures,
    )


def without_photos(one: Session) -> Session:
    """The same session with no photo left."""
    return replace(one, photos=())
