"""Photos as files: originals that never change, and pictures that can be made again.

    photos/STORE                                   the id of this store, also in the database
    photos/<person>/originals/<sha256>             the bytes as they came, mode 0400
    photos/<person>/derived/<picture id>           aligned crops and maps
    photos/incoming/<person>.<sha256>              mark: "file and row may not agree yet"

A file is written beside its place, synchronised, renamed, and its folder synchronised, before the database
row that names it is committed. The mark is set first and taken away last, so that whatever a crash leaves
between file and row is found by `unsettled` when the store is next opened. No name that a person gave is
ever part of a path: paths are made of random ids and hashes, and both are checked.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dermatrend.storage.errors import DamagedOriginal, NotFound, StoreUnavailable

ID = re.compile(r"[0-9a-f]{32}")
SHA256 = re.compile(r"[0-9a-f]{64}")
SETTLED_AFTER_S = 600.0
"""A mark this old belongs to nobody who is still writing."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A file that may or may not have its row."""

    person_id: str
    sha256: str


class PhotoStore:
    """The folder of the photos.

    Args:
        root: the folder; made by `create`, never by looking at it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def create(self, store_id: str) -> None:
        """Make the folder and mark it as belonging to the database with this id."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for partial in self.root.glob(".STORE.*.part"):  # of an attempt that was cut short
            self._remove(partial)
        self._write(self.root / "STORE", store_id.encode())

    def belongs_to(self, store_id: str) -> bool:
        """Whether this is the folder that the database with this id was made with."""
        try:
            return (self.root / "STORE").read_text() == store_id
        except OSError:
            return False

    @contextlib.contextmanager
    def adding(self, person_id: str, data: bytes) -> Iterator[str]:
        """Keep an original, then run the body, which commits the row.

        Yields:
            The sha256 of the bytes. Bytes that are there already are not written again.

        Raises:
            StoreUnavailable: the folder is not there or cannot be written; nothing is left behind.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        self.mark(person_id, sha256)
        place = self._original(person_id, sha256)
        if not (place.is_file() and place.read_bytes() == data):
            self._write(place, data)
        yield sha256
        # Not in a `finally`: where the row did not come, the mark has to stay.
        self._mark(person_id, sha256).unlink(missing_ok=True)

    def mark(self, person_id: str, sha256: str) -> None:
        """Mark a file before its row comes or goes; `settle` takes the mark away."""
        self._original(person_id, sha256)  # refuses what is not an id before anything is made
        mark = self._mark(person_id, sha256)
        try:
            self._folder(mark.parent)
            mark.touch(mode=0o600)
            _sync_folder(mark.parent)
        except OSError as error:
            raise _unavailable(error) from error

    def unsettled(self, *, older_than_s: float = SETTLED_AFTER_S) -> list[Marked]:
        """Files that a crash may have left without a row."""
        found = []
        for mark in self._list(self.root / "incoming"):
            person_id, _, sha256 = mark.name.partition(".")
            if not (ID.fullmatch(person_id) and SHA256.fullmatch(sha256)):
                continue
            with contextlib.suppress(FileNotFoundError):
                if time.time() - mark.stat().st_mtime >= older_than_s:
                    found.append(Marked(person_id, sha256))
        return found

    def settle(self, marked: Marked, *, keep: bool) -> None:
        """Take a mark away; the original too unless a row names it."""
        original = self._original(marked.person_id, marked.sha256)
        for partial in original.parent.glob(f".{marked.sha256}.*.part"):
            self._remove(partial)
        if not keep:
            self._remove(original)
        self._mark(marked.person_id, marked.sha256).unlink(missing_ok=True)

    def read(self, person_id: str, sha256: str) -> bytes:
        """The bytes of an original, checked against their hash.

        Raises:
            StoreUnavailable: the file, or the whole folder, is not there. Nothing is marked as deleted.
            DamagedOriginal: the bytes are not the ones that were stored.
        """
        try:
            data = self._original(person_id, sha256).read_bytes()
        except OSError as error:
            raise _unavailable(error) from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise DamagedOriginal(
                "A stored photo no longer has the content it was stored with",
                expected=f"sha256 {sha256[:12]}...",
                got="other bytes",
                advice="Bring this file back from a backup; the disk may be failing",
            )
        return data

    def originals(self, person_id: str) -> set[str]:
        """The hashes of the originals that are there."""
        folder = self._original(person_id, "0" * 64).parent
        return {path.name for path in self._list(folder) if SHA256.fullmatch(path.name)}

    def put_derived(self, person_id: str, picture_id: str, data: bytes) -> None:
        """Keep a picture that can be made again."""
        self._write(self._derived(person_id, picture_id), data)

    def read_derived(self, person_id: str, picture_id: str) -> bytes:
        """A kept picture.

        Raises:
            NotFound: it has been cleared away and has to be made again.
        """
        try:
            return self._derived(person_id, picture_id).read_bytes()
        except OSError:
            raise NotFound.of("picture") from None

    def has_derived(self, person_id: str, picture_id: str) -> bool:
        """Whether the picture is there."""
        return self._derived(person_id, picture_id).is_file()

    def remove_derived(self, person_id: str, picture_id: str) -> None:
        """Clear a picture away."""
        self._remove(self._derived(person_id, picture_id))

    def count(self, person_id: str) -> tuple[int, int]:
        """How many files a person has, and how many bytes."""
        sizes = [path.stat().st_size for path in self._person(person_id).rglob("*") if path.is_file()]
        return len(sizes), sum(sizes)

    def people(self) -> set[str]:
        """The ids that have a folder here."""
        return {path.name for path in self._list(self.root) if ID.fullmatch(path.name)}

    def erase(self, person_id: str) -> None:
        """Remove everything a person has here; being called again after a crash is fine.

        Raises:
            StoreUnavailable: some of it could not be removed.
        """
        folder = self._person(person_id)
        try:
            for mark in self._list(self.root / "incoming"):
                if mark.name.startswith(f"{person_id}."):
                    mark.unlink(missing_ok=True)
            if folder.exists():
                for path in folder.rglob("*"):
                    _make_removable(path)
                shutil.rmtree(folder)
                _sync_folder(self.root)
        except OSError as error:
            raise _unavailable(error) from error

    def _person(self, person_id: str) -> Path:
        if not ID.fullmatch(person_id):  # before any path is made: an empty id would name the root
            raise NotFound.of("person")
        return self.root / person_id

    def _original(self, person_id: str, sha256: str) -> Path:
        if not SHA256.fullmatch(sha256):
            raise NotFound.of("photo")
        return self._person(person_id) / "originals" / sha256

    def _derived(self, person_id: str, picture_id: str) -> Path:
        if not ID.fullmatch(picture_id):
            raise NotFound.of("picture")
        return self._person(person_id) / "derived" / picture_id

    def _mark(self, person_id: str, sha256: str) -> Path:
        return self.root / "incoming" / f"{person_id}.{sha256}"

    def _list(self, folder: Path) -> list[Path]:
        try:
            return sorted(folder.iterdir())
        except OSError:
            return []

    def _folder(self, folder: Path) -> None:
        # A root that is gone is a disk that is gone: it is never made anew beside the real one.
        self.root.stat()
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in missing:
            _sync_folder(path.parent)

    def _write(self, place: Path, data: bytes) -> None:
        partial = place.with_name(f".{place.name}.{secrets.token_hex(4)}.part")
        try:
            self._folder(place.parent)
            with partial.open("xb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            partial.chmod(0o400)
            if place.exists():
                _make_removable(place)
            partial.replace(place)
            _sync_folder(place.parent)
        except OSError as error:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            raise _unavailable(error) from error

    def _remove(self, place: Path) -> None:
        try:
            if place.exists():
                _make_removable(place)
            place.unlink(missing_ok=True)
            if place.parent.exists():
                _sync_folder(place.parent)
        except OSError as error:
            raise _unavailable(error) from error


def _sync_folder(folder: Path) -> None:
    """Make a rename in this folder last through a loss of power, where the system can."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:  # Windows does not open folders, and needs no such step
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _make_removable(path: Path) -> None:
    if os.name == "nt":  # pragma: no cover  # elsewhere the folder's rights decide, not the file's
        path.chmod(0o600)


def _unavailable(error: OSError) -> StoreUnavailable:
    # strerror, not str(error): the path belongs to this machine and to nobody's screen or log.
    return StoreUnavailable(
        "The folder of the photos cannot be used",
        expected="a local folder that can be read and written, with room left",
        got=error.strerror or type(error).__name__,
        advice="Check that the disk is connected and not full; nothing was changed",
    )
