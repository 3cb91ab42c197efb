"""The frozen records of the application: who, whose, which course, which session, which photo.

Checked once, here, when they are made: everything behind them may rely on them. Dates are ISO 8601
local calendar dates ("2026-01-10"), moments are UTC ("2026-01-10T09:30:00+00:00"), ids are random and
say nothing about a person, and a photo's id is the sha256 of its bytes.
"""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, cast, get_args

from analysis.errors import AnalysisError, CardError
from analysis.records import CaptureFacts, RegionPlan

Role = Literal["owner", "clinician", "assistant", "viewer", "person"]
Led = Literal["none", "red", "blue"]
SkinState = Literal["clean", "make-up", "exercised"]
DateSource = Literal["exif_original", "file", "user"]

CardCorners: TypeAlias = tuple[tuple[float, float], ...]
"""Four (x, y) in px of the upright photo: the outer corners of a colour card's corner patches."""

LABEL_LENGTH = 200
NOTE_LENGTH = 4000

NEEDLE_DEPTH_MM = (0.2, 3.5)
"""Depths that a record may hold. The treatment is described as 0.5 to 3.5 mm; published consumer charts go
down to 0.2 mm below the eye, and a record states what was done, so the lower figure is the limit."""


class InvalidInput(AnalysisError):
    """A fact that a person typed in and that cannot be right."""

    code = "invalid_input"


def clean_text(value: str, limit: int) -> str:
    """Text as a label: no control or direction-changing characters, no half characters, bounded.

    File names come through here too. They are labels only, so separators may stay: no path is made of them.

    >>> clean_text("../a\\x00b\\u202egpj.exe ", 200)
    '../abgpj.exe'
    """
    kept = (" " if char == "\t" else char for char in value if _may_stay(char))
    return "".join(kept).strip()[:limit].rstrip()


def _may_stay(char: str) -> bool:
    # The two joiners are format characters too, and names in several scripts need them.
    return char in "\n\t\u200c\u200d" or unicodedata.category(char) not in ("Cc", "Cf", "Cs")


def parse_date(text: str) -> str:
    """A local calendar date as ISO 8601; a date and time is cut to its date, its zone plays no part.

    Raises:
        InvalidInput: where it is not a date, or none of this time. The machine's clock is not asked: it
            may be wrong, and the same record has to be accepted everywhere.
    """
    try:
        day = dt.date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise InvalidInput(
            "The date is not a date",
            expected="year-month-day, such as 2026-01-10",
            got=repr(clean_text(text, 40)),
            advice="Write the day on which the photos were taken",
        ) from None
    first, last = dt.date(1900, 1, 1), dt.date(2199, 12, 31)
    if not first <= day <= last:
        raise InvalidInput(
            "The date cannot be right",
            expected=f"a day from {first} to {last}",
            got=day.isoformat(),
            advice="Write the day on which the photos were taken; the camera's clock may have been wrong",
        )
    return day.isoformat()


def days_between(earlier: str, later: str) -> int:
    """Days between two local calendar dates; negative where `later` is the earlier one.

    >>> days_between("2026-02-27", "2026-03-01")
    2
    """
    return (dt.date.fromisoformat(later) - dt.date.fromisoformat(earlier)).days


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. On one's own machine there is one: the local owner."""

    id: str
    role: Role
    clinic_id: str = "local"
    person_id: str | None = None
    """For the role "person": whose own photos these are."""


LOCAL_ACTOR = Actor("local-owner", "owner")
"""The one who sits at the machine: the app listens on loopback only, no account is needed."""


@dataclass(frozen=True, slots=True)
class Person:
    """Someone whose skin is photographed. The label is whatever helps to recognise them."""

    id: str
    label: str
    note: str = ""
    created_at: str = ""


@dataclass(frozen=True, slots=True)
class Course:
    """One body area of one person, followed over time."""

    id: str
    person_id: str
    title: str
    plan: RegionPlan = field(default_factory=RegionPlan)
    concerns: tuple[str, ...] = ()
    created_at: str = ""
    with_card: bool = False
    """Whether a colour card is looked for in photos that are added."""


@dataclass(frozen=True, slots=True)
class Treatment:
    """What was done on the day of a session, as far as it is known. The photos are taken before it.

    Raises:
        InvalidInput: for a needle depth outside 0.2-3.5 mm, passes below 1, or an unknown light.

    >>> Treatment(needle_depth_mm=1.5, passes=4, area="cheeks").led
    'none'
    """

    kind: Literal["microneedling"] = "microneedling"
    needle_depth_mm: float | None = None
    device: str = ""
    passes: int | None = None
    area: str = ""
    led: Led = "none"
    products: str = ""
    practitioner_note: str = ""

    def __post_init__(self) -> None:
        low, high = NEEDLE_DEPTH_MM
        depth, passes = self.needle_depth_mm, self.passes
        if depth is not None and not (math.isfinite(depth) and low <= depth <= high):
            raise InvalidInput(
                "The needle depth cannot be right",
                expected=f"{low} to {high} mm, or nothing where it is not known",
                got=f"{depth:g} mm",
                advice="Give the depth in millimetres; a depth in micrometres is divided by 1000",
            )
        if passes is not None and not 1 <= passes <= 100:
            raise InvalidInput(
                "The number of passes cannot be right",
                expected="a whole number from 1 to 100, or nothing where it is not known",
                got=str(passes),
                advice="Count how often the device went over the same area",
            )
        _one_of("treatment", self.kind, ("microneedling",))
        _one_of("light", self.led, get_args(Led))
        for name in ("device", "area", "products"):
            object.__setattr__(self, name, clean_text(getattr(self, name), LABEL_LENGTH))
        object.__setattr__(self, "practitioner_note", clean_text(self.practitioner_note, NOTE_LENGTH))


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """A photo as it was handed in. The original never changes."""

    id: str
    """sha256 of the bytes."""
    session_id: str
    """The session, or the study of repeat shots, that it belongs to."""
    name: str
    """The file's name where it came from: a label only."""
    format: str
    n_bytes: int
    width: int
    height: int
    facts: CaptureFacts = field(default_factory=CaptureFacts)
    added_at: str = ""
    card_corners: CardCorners | None = None
    """Where its colour card lies, found or marked by hand; None: it is measured without one."""


@dataclass(frozen=True, slots=True)
class Session:
    """The photos of one day of a course, and what was done on that day."""

    id: str
    course_id: str
    taken_on: str
    taken_on_source: DateSource
    treatment: Treatment | None = None
    skin_state: SkinState | None = None
    note: str = ""
    photos: tuple[StoredPhoto, ...] = ()
    created_at: str = ""


@dataclass(frozen=True, slots=True)
class RepeatStudy:
    """Repeat shots of unchanged skin, taken in one sitting: they say how much photographs differ."""

    id: str
    course_id: str
    taken_on: str
    taken_on_source: DateSource
    photos: tuple[StoredPhoto, ...] = ()
    created_at: str = ""


def parse_corners(points: object) -> CardCorners:
    """Four corners as a page gives them, to a hundredth of a pixel.

    Raises:
        CardError: not four points of two numbers each.

    >>> parse_corners([[520, 80], [760, 82.004], [758, 240], [518, 238]])[1]
    (760.0, 82.0)
    """
    if not are_corners(points):
        raise CardError(
            "The corners of the colour card cannot be used",
            expected="four points [x, y] in pixels of the upright photo",
            got=clean_text(repr(points), 80),
            advice="Mark the outer corners of the four corner patches",
        )
    return tuple((round(float(x), 2), round(float(y), 2)) for x, y in cast(list[list[float]], points))


def are_corners(points: object) -> bool:
    """Whether this is four points of two plain numbers each."""
    return (
        isinstance(points, (list, tuple))
        and len(points) == 4
        and all(
            isinstance(point, (list, tuple))
            and len(point) == 2
            and all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in point)
            and all(abs(v) < 1e6 and math.isfinite(v) for v in point)
            for point in points
        )
    )


def parse_skin_state(value: str | None) -> SkinState | None:
    """The skin's state on the day, or None where nobody noted it.

    Raises:
        InvalidInput: for any other word.
    """
    if value is None or value == "":
        return None
    _one_of("state of the skin", value, get_args(SkinState))
    return cast(SkinState, value)


def _one_of(what: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InvalidInput(
            f"This {what} is not known",
            expected=", ".join(allowed),
            got=repr(clean_text(str(value), 40)),
            advice="Choose one of these, and write the rest into the note",
        )
