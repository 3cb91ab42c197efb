"""Everything the analysis can refuse, as one tree.

    AnalysisError
    ├── PhotoError              the bytes did not become a photo
    │   ├── EmptyFile
    │   ├── UnsupportedFormat   not JPEG, PNG, WebP, HEIC or TIFF by content
    │   ├── PhotoTooLarge       more bytes, pixels or frames than is read
    │   ├── PhotoTooSmall
    │   ├── DamagedPhoto        truncated or corrupt
    │   ├── UnsupportedColour   a colour mode that cannot be measured
    │   └── SamePicture         another file of a picture that is there already
    ├── SubjectError            the photo is fine, what it shows is not
    │   ├── NoFace
    │   ├── SeveralFaces
    │   ├── FaceTurned          profile, or beyond the pose limits
    │   ├── FaceCovered         sunglasses, mask, hand
    │   ├── NoColour            black and white
    │   └── TooDark
    ├── RegionsError            the drawn regions cannot be used
    ├── CardError               no colour card, or one that cannot be read
    ├── ModelsMissing           the face model has not been fetched
    ├── RepeatabilityError      repeat shots, or a study of them, that cannot be used
    │   ├── TooFewShots
    │   └── StudyMismatch       another method, or other regions than those compared
    └── ComparisonRefused       two photos that do not belong together
        ├── NotRegistered       no trustworthy alignment: other body part, other person
        ├── NotReadable         all skin clipped, black or hidden in one of them
        ├── ShotsDiffer         repeat shots that do not show the same skin
        └── SessionOrder        a follow-up older than its baseline

Every error says what happened, what was expected, what was found and what to do, so that a page, a
shell and a log can print the same sentence.
"""

from __future__ import annotations


class AnalysisError(Exception):
    """A refusal with its reason.

    Args:
        what: one plain sentence, no full stop needed.
        expected: what would have been accepted.
        got: what was found, with figures where there are any.
        advice: what the person can do about it.
    """

    code = "analysis_error"

    def __init__(self, what: str, *, expected: str = "", got: str = "", advice: str = "") -> None:
        super().__init__(what)
        self.what = what.rstrip(".")
        self.expected = expected.rstrip(".")
        self.got = got.rstrip(".")
        self.advice = advice.rstrip(".")

    def __str__(self) -> str:
        parts = [self.what]
        if self.expected:
            parts.append(f"expected {self.expected}")
        if self.got:
            parts.append(f"got {self.got}")
        sentence = "; ".join(parts) + "."
        return f"{sentence} {self.advice}." if self.advice else sentence

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross the process boundary of the worker pool: keep all four parts.
        return (_rebuild, (type(self), self.what, self.expected, self.got, self.advice))

    def as_json(self) -> dict[str, str]:
        """The error as plain strings: code, what, expected, got, advice."""
        return {
            "code": self.code,
            "what": self.what,
            "expected": self.expected,
            "got": self.got,
            "advice": self.advice,
        }


def _rebuild(kind: type[AnalysisError], what: str, expected: str, got: str, advice: str) -> AnalysisError:
    return kind(what, expected=expected, got=got, advice=advice)


class PhotoError(AnalysisError):
    """The bytes did not become a photo."""

    code = "photo"


class EmptyFile(PhotoError):
    """No bytes at all."""

    code = "empty_file"


class UnsupportedFormat(PhotoError):
    """The content is not one of the formats that are read."""

    code = "unsupported_format"


class PhotoTooLarge(PhotoError):
    """More bytes, pixels or frames than is read."""

    code = "photo_too_large"


class PhotoTooSmall(PhotoError):
    """Too few pixels to measure anything."""

    code = "photo_too_small"


class DamagedPhoto(PhotoError):
    """Truncated or corrupt."""

    code = "damaged_photo"


class UnsupportedColour(PhotoError):
    """A colour mode that cannot be converted to measurable sRGB."""

    code = "unsupported_colour"


class SamePicture(PhotoError):
    """Pixel for pixel a picture that is there already, saved as another file."""

    code = "same_picture"


class SubjectError(AnalysisError):
    """The photo can be read, but what it shows cannot be measured."""

    code = "subject"


class NoFace(SubjectError):
    """No face was found."""

    code = "no_face"


class SeveralFaces(SubjectError):
    """More than one face: which one is meant is not guessed."""

    code = "several_faces"


class FaceTurned(SubjectError):
    """Turned or tilted beyond the pose limits."""

    code = "face_turned"


class FaceCovered(SubjectError):
    """Sunglasses, a mask, a hand or hair over what must be seen."""

    code = "face_covered"


class NoColour(SubjectError):
    """A black and white picture, whatever its file format says."""

    code = "no_colour"


class TooDark(SubjectError):
    """Under-exposed skin."""

    code = "too_dark"


class RegionsError(AnalysisError):
    """The drawn regions cannot be used."""

    code = "regions"


class CardError(AnalysisError):
    """There is no colour card where one was looked for, or it cannot be read."""

    code = "card"


class ModelsMissing(AnalysisError):
    """The face model has not been fetched."""

    code = "models_missing"


class RepeatabilityError(AnalysisError):
    """Repeat shots, or a study made of them, that cannot be used."""

    code = "repeatability"


class TooFewShots(RepeatabilityError):
    """Fewer usable shots than a study needs."""

    code = "too_few_shots"


class StudyMismatch(RepeatabilityError):
    """A study of another method, or of other regions than those compared."""

    code = "study_mismatch"


class ComparisonRefused(AnalysisError):
    """Two photos that cannot be compared."""

    code = "comparison_refused"


class NotRegistered(ComparisonRefused):
    """No trustworthy alignment was found."""

    code = "not_registered"


class NotReadable(ComparisonRefused):
    """No skin within the regions can be read in one of the photos."""

    code = "not_readable"


class ShotsDiffer(ComparisonRefused):
    """Repeat shots that do not show the same skin, so that too few of them can be paired."""

    code = "shots_differ"


class SessionOrder(ComparisonRefused):
    """A follow-up taken before its baseline."""

    code = "session_order"
