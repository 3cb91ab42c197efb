"""Do database and photos agree? Rehashes every original and names what is wrong; changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dermatrend.storage.errors import DamagedOriginal, StoreUnavailable
from dermatrend.storage.photo_store import PhotoStore
from dermatrend.storage.repository import Repository


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it should be, named by ids only."""

    kind: Literal["missing", "damaged", "without_row", "unsettled", "unfinished_erasure"]
    person_id: str
    photo_id: str = ""


def verify(repository: Repository, photos: PhotoStore) -> list[Problem]:
    """Every disagreement between rows and files; an empty list is a clean store."""
    problems = [Problem("unfinished_erasure", person_id) for person_id in repository.erasures_to_finish()]
    problems += [
        Problem("unsettled", mark.person_id, mark.sha256) for mark in photos.unsettled(older_than_s=0)
    ]
    named = repository.named_originals()
    for person_id, photo_id in sorted(named):
        try:
            photos.read(person_id, photo_id)
        except StoreUnavailable:
            problems.append(Problem("missing", person_id, photo_id))
        except DamagedOriginal:
            problems.append(Problem("damaged", person_id, photo_id))
    for person_id in sorted(photos.people()):
        there = {(person_id, photo_id) for photo_id in photos.originals(person_id)}
        problems += [Problem("without_row", *extra) for extra in sorted(there - named)]
    return problems
