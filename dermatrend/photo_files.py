"""The files that a command names: photos and their sessions, and the regions of a plan."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from analysis.containers import MAX_BYTES
from analysis.errors import PhotoTooLarge
from analysis.records import RegionPlan
from dermatrend.console import UsageProblem, say, split_list

MEGABYTE = 1024**2
READ_LIMIT = 64 * MEGABYTE
"""Bytes above which no file is read. A photo between `MAX_BYTES` and this is the decoder's to refuse."""
A_PHOTO = "a photo"


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """A photo named on the command line, and its bytes."""

    name: str
    data: bytes
    modified_on: str
    """Local date on which the file was last written."""
    path: str = ""
    """As it was named on the command line; empty where it was not."""
    refusal: PhotoTooLarge | None = None
    """Why the file was not read: then `data` is empty, and `digest` is that of the whole file."""
    digest: str = ""

    @property
    def sha256(self) -> str:
        """The photo's id."""
        return self.digest or hashlib.sha256(self.data).hexdigest()

    @property
    def named(self) -> str:
        """What tells it from the other photos of the command line."""
        return self.path or self.name


def read_photo(path: Path, what: str = A_PHOTO) -> PhotoFile:
    """The bytes of a file that was named; `what` is what it should be.

    Raises:
        UsageProblem: there is nothing by that name, or it is a folder, or it cannot be read.
        PhotoTooLarge: it holds more than is read of any file.
    """
    file = _opened(path, what)
    if file.refusal is not None:
        raise file.refusal
    return file


def _opened(path: Path, what: str) -> PhotoFile:
    if path.is_dir():
        raise UsageProblem(
            f"{path} is a folder", expected=what, got="a folder", advice="Name the files in it one by one"
        )
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            written = dt.date.fromtimestamp(status.st_mtime).isoformat()
            if status.st_size > READ_LIMIT:
                refusal = _too_large(path, what, f"{status.st_size / MEGABYTE:.1f} MB")
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                return PhotoFile(path.name, b"", written, str(path), refusal, digest)
            return PhotoFile(path.name, _content(file, path, what), written, str(path))
    except FileNotFoundError as error:
        raise UsageProblem(
            f"{path} was not found", expected=what, got="no such file", advice="Check the name"
        ) from error
    except OSError as error:
        raise UsageProblem(
            f"{path} cannot be read",
            expected="a readable file",
            got=error.strerror or type(error).__name__,
            advice="Check its permissions",
        ) from error


def _content(file: BinaryIO, path: Path, what: str) -> bytes:
    """All bytes. What is no ordinary file, such as a pipe, tells no size beforehand, and may never end."""
    data = file.read(READ_LIMIT + 1)
    if len(data) > READ_LIMIT:
        raise _too_large(path, what, f"more than {READ_LIMIT // MEGABYTE} MB")
    return data


def _too_large(path: Path, what: str, got: str) -> PhotoTooLarge:
    most = MAX_BYTES if what == A_PHOTO else READ_LIMIT
    return PhotoTooLarge(
        f"{path} is too large",
        expected=f"{what} of at most {most // MEGABYTE} MB",
        got=got,
        advice="Export the photo as JPEG at full size" if what == A_PHOTO else "Check the name",
    )


def sort_photos(
    photos: Sequence[Path], baseline: Sequence[str], sessions: Sequence[str]
) -> tuple[list[PhotoFile], list[list[PhotoFile]]]:
    """Baseline shots, and the shots of each follow-up session, read from the words of the command line.

    Without --baseline the first plain photo is the baseline; every other plain photo is a session of its own.
    A second --baseline adds shots to the same session: there is one baseline. A file too large to be read is
    among the shots with its refusal, so that it costs its own session only.

    Raises:
        UsageProblem: a side is empty, or a file cannot be read.
    """
    plain = list(photos)
    first = [Path(name) for packed in baseline for name in split_list(packed)]
    if not first and plain:
        first = [plain.pop(0)]
    later = [[photo] for photo in plain]
    later += [[Path(name) for name in split_list(packed)] for packed in sessions]
    later = [session for session in later if session]
    if not first or not later:
        raise UsageProblem(
            "There is nothing to compare",
            expected="a baseline and at least one follow-up: BASELINE FOLLOW_UP..., or "
            "--baseline A B --session C D",
            got=f"{len(first)} baseline photos and {len(later)} follow-ups",
            advice="Run: dermatrend compare --help",
        )
    baseline_shots = _without_copies([_opened(path, A_PHOTO) for path in first], ())
    sessions_shots = [[_opened(path, A_PHOTO) for path in session] for session in later]
    return baseline_shots, [_without_copies(session, baseline_shots) for session in sessions_shots]


def _without_copies(session: Sequence[PhotoFile], baseline: Sequence[PhotoFile]) -> list[PhotoFile]:
    """Every shot once: a copy is no repeat and would make the noise look smaller than it is.

    A session of nothing but baseline photos is left as it is, because that shows zero change.
    """
    first_named = {photo.sha256: photo.name for photo in reversed(baseline)}
    kept, copies = [], []
    for photo in session:
        if photo.sha256 in first_named:
            say(f"note: {photo.name} is the same photo as {first_named[photo.sha256]}")
            copies.append(photo)
        else:
            first_named[photo.sha256] = photo.name
            kept.append(photo)
    return kept or copies[:1]


def read_plan(
    regions: Path | None, treated: Sequence[str], reference: Sequence[str], *, scale_needed: bool = True
) -> RegionPlan:
    """The plan of --regions, or of --treated and --reference, or of neither.

    Without `scale_needed` the file of regions may leave out px_per_mm: a colour card may give it.

    Raises:
        UsageProblem: both ways at once, or a region that a face does not have.
        RegionsError: the file of regions cannot be used.
    """
    from analysis.regions import FACE_REGIONS, parse_regions

    if regions is not None:
        if treated or reference:
            raise UsageProblem(
                "--regions was given together with --treated or --reference",
                expected="one of the two",
                got="both",
                advice='Write the roles into the file: "role": "treated" or "reference"',
            )
        try:
            text = read_photo(regions, "a file of regions").data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise UsageProblem(
                f"{regions} is not a file of regions",
                expected="JSON in UTF-8",
                got="bytes that are no such text",
                advice="Photos come before --regions; save the file of regions as UTF-8",
            ) from error
        return parse_regions(text, scale_needed=scale_needed)
    unknown = sorted({*treated, *reference} - {*FACE_REGIONS})
    if unknown:
        raise UsageProblem(
            "A region of the face is unknown",
            expected=", ".join(FACE_REGIONS),
            got=", ".join(unknown),
            advice="Left and right are the person's own. Photos come before --treated and --reference",
        )
    both = sorted({*treated} & {*reference})
    if both:
        raise UsageProblem(
            "A region of the face has two roles",
            expected="treated or reference",
            got=f"{', '.join(both)} as both",
            advice="Name each region once",
        )
    return RegionPlan(treated=tuple(treated), reference=tuple(reference))
