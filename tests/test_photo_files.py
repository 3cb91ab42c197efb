"""The files that a command names: what of them is read, and what is said of those that are not."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import pytest

from analysis.errors import PhotoTooLarge
from dermatrend import photo_files
from dermatrend.console import SEPARATOR
from dermatrend.photo_files import MEGABYTE, read_photo, sort_photos


@pytest.fixture
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photo_files, "READ_LIMIT", MEGABYTE)


def test_a_photo_keeps_the_path_it_was_named_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("week6").mkdir()
    Path("week6/IMG.jpg").write_bytes(b"photo")
    photo = read_photo(Path("week6/IMG.jpg"))
    assert (photo.name, photo.path, photo.data) == ("IMG.jpg", "week6/IMG.jpg", b"photo")
    assert photo.sha256 == hashlib.sha256(b"photo").hexdigest()


def test_a_file_above_the_limit_is_told_with_its_real_size(small_limit: None, tmp_path: Path) -> None:
    file = tmp_path / "film.mov"
    file.write_bytes(bytes(5 * MEGABYTE // 2))
    with pytest.raises(PhotoTooLarge) as refusal:
        read_photo(file)
    assert refusal.value.got == "2.5 MB"
    assert refusal.value.expected == "a photo of at most 30 MB"
    with pytest.raises(PhotoTooLarge) as refusal:
        read_photo(file, "a file of regions")
    assert refusal.value.expected == "a file of regions of at most 1 MB"


def test_a_shot_above_the_limit_has_the_hash_of_all_its_bytes(small_limit: None, tmp_path: Path) -> None:
    content = bytes(MEGABYTE) + b"beyond the limit"
    names = [str(tmp_path / name) for name in ("before.jpg", "film.mov", "other.mov")]
    for name, data in zip(names, (b"before", content, content[:-1] + b"!"), strict=True):
        Path(name).write_bytes(data)
    (before,), ((film, other),) = sort_photos([], names[:1], [SEPARATOR.join(names[1:])])
    assert before.refusal is None
    assert film.refusal is not None
    assert film.data == b""
    assert film.sha256 == hashlib.sha256(content).hexdigest()
    assert other.sha256 != film.sha256, "alike up to the limit only"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_without_an_end_is_not_read_for_ever(small_limit: None, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def write() -> None:
        with pipe.open("wb") as file:
            file.write(bytes(MEGABYTE + 1))

    writer = threading.Thread(target=write)
    writer.start()
    with pytest.raises(PhotoTooLarge, match="more than 1 MB"):
        read_photo(pipe)
    writer.join()
