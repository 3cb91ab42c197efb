"""Originals never change, lie where they belong, and nothing that a person typed becomes a path."""

from __future__ import annotations

import errno
import os
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from dermatrend.records import LOCAL_ACTOR
from dermatrend.settings import Settings
from dermatrend.storage.errors import DamagedOriginal, NotFound, StoreUnavailable
from dermatrend.storage.photo_store import PhotoStore
from dermatrend.storage.verify import Problem, verify
from dermatrend.workflows import Workspace
from tests.storage.making import begin, keep, sha256

PERSON = "0123456789abcdef" * 2


@pytest.fixture
def store(tmp_path: Path) -> PhotoStore:
    made = PhotoStore(tmp_path / "photos")
    made.create("a store")
    return made


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_an_original_lies_under_its_hash_and_cannot_be_written(store: PhotoStore) -> None:
    with store.adding(PERSON, b"bytes") as photo_id:
        assert photo_id == sha256(b"bytes")
    place = store.root / PERSON / "originals" / photo_id
    assert place.read_bytes() == b"bytes"
    assert place.stat().st_mode & 0o777 == 0o400
    assert place.parent.stat().st_mode & 0o777 == 0o700
    assert files(store.root) == {"STORE", f"{PERSON}/originals/{photo_id}"}


def test_the_same_bytes_again_do_not_touch_the_file(store: PhotoStore) -> None:
    with store.adding(PERSON, b"bytes") as photo_id:
        pass
    place = store.root / PERSON / "originals" / photo_id
    before = place.stat()
    with store.adding(PERSON, b"bytes"):
        pass
    assert (place.stat().st_ino, place.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_flipped_bit_is_named_by_verify_and_never_served(workspace: Workspace) -> None:
    person, course = begin(workspace, LOCAL_ACTOR)
    keep(workspace, LOCAL_ACTOR, course, b"good", b"bad one")
    place = workspace.photos.root / person.id / "originals" / sha256(b"bad one")
    place.chmod(0o600)
    place.write_bytes(b"bad onf")
    assert verify(workspace.repository, workspace.photos) == [
        Problem("damaged", person.id, sha256(b"bad one"))
    ]
    with pytest.raises(DamagedOriginal):
        workspace.photos.read(person.id, sha256(b"bad one"))
    place.unlink()
    assert verify(workspace.repository, workspace.photos) == [
        Problem("missing", person.id, sha256(b"bad one"))
    ]
    with workspace.photos.adding(person.id, b"bad one"):  # the same file again heals it
        pass
    assert verify(workspace.repository, workspace.photos) == []


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_a_full_disk_leaves_nothing_behind(
    store: PhotoStore, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with store.adding(PERSON, b"there before"):
        pass
    before = files(store.root)

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/secret/path")

    with monkeypatch.context() as patch:
        if step == "fsync":
            synced = os.fsync
            calls = iter(range(100))
            # The first one is the mark's folder; the second is the photo itself.
            patch.setattr(os, "fsync", lambda handle: synced(handle) if next(calls) == 0 else fail())
        elif step == "replace":
            patch.setattr(Path, "replace", fail)
        else:
            opened = Path.open
            patch.setattr(
                Path, "open", lambda self, *a: fail() if self.suffix == ".part" else opened(self, *a)
            )
        with pytest.raises(StoreUnavailable) as caught, store.adding(PERSON, b"new"):
            pytest.fail("the row must not be written")
    assert "No space left" in str(caught.value)
    assert "/secret/path" not in str(caught.value)
    (mark,) = store.unsettled(older_than_s=0)
    store.settle(mark, keep=False)
    assert files(store.root) == before


def test_a_folder_that_went_away_is_not_made_anew(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    with Workspace.open(settings) as workspace:
        person, course = begin(workspace, LOCAL_ACTOR)
        keep(workspace, LOCAL_ACTOR, course, b"photo")
    away = tmp_path / "unplugged"
    (settings.data_dir / "photos").rename(away)
    with Workspace.open(settings) as workspace:
        assert workspace.read_only
        assert len(workspace.repository.sessions(LOCAL_ACTOR, course.id)[0].photos) == 1
        with pytest.raises(StoreUnavailable):
            workspace.photos.read(person.id, sha256(b"photo"))
        with pytest.raises(StoreUnavailable):
            workspace.require_writable()
        with pytest.raises(StoreUnavailable), workspace.photos.adding(person.id, b"new"):
            pass
    assert not (settings.data_dir / "photos").exists()
    away.rename(settings.data_dir / "photos")
    with Workspace.open(settings) as workspace:
        assert not workspace.read_only
        assert verify(workspace.repository, workspace.photos) == []


path_like = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["../../etc/passwd", "/etc/passwd", "..", ".", "", "C:\\x", "a\x00b", "~root/x", "incoming/x"]
    ),
    st.lists(st.sampled_from(["..", ".", "/", "\\", "originals", PERSON, "\x00"]), max_size=6).map("/".join),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(person=path_like, photo=path_like)
def test_no_id_that_is_not_one_becomes_a_path(store: PhotoStore, person: str, photo: str) -> None:
    assume(not any(re.fullmatch("[0-9a-f]{32}|[0-9a-f]{64}", text) for text in (person, photo)))
    before = files(store.root)
    for call in (
        lambda: store.read(person, photo),
        lambda: store.read(PERSON, photo),
        lambda: store.mark(person, photo),
        lambda: store.read_derived(PERSON, photo),
        lambda: store.put_derived(PERSON, photo, b"x"),
        lambda: store.put_derived(person, "0" * 32, b"x"),
        lambda: store.erase(person),
        lambda: store.count(person),
    ):
        with pytest.raises(NotFound):
            call()
    assert files(store.root) == before


@settings(max_examples=30, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=20), min_size=1, max_size=5))
def test_what_was_added_is_read_back(contents: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = PhotoStore(Path(folder) / "photos")
        store.create("a store")
        for data in contents:
            with store.adding(PERSON, data):
                pass
        assert store.originals(PERSON) == {sha256(data) for data in contents}
        assert all(store.read(PERSON, sha256(data)) == data for data in contents)
        assert store.unsettled(older_than_s=0) == []
        assert store.count(PERSON) == (len(set(contents)), sum(map(len, set(contents))))
