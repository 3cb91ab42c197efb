"""A pool that answers by the content of the files, for tests of what the command line makes of answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from analysis.errors import DamagedPhoto, NoFace, ShotsDiffer, StudyMismatch
from analysis.records import CardSearch, LeftOut, Parameters, PhotoAnalysis, RegionPlan, SessionComparison
from analysis.repeatability import OwnNoise, Repeatability
from dermatrend import workers
from dermatrend.workers import CompareResult
from tests import factories

FIRST = factories.session("2026-01-10", shots=1)
LATER = factories.session("2026-06-09", shots=1)
DAMAGED = DamagedPhoto("The photo is damaged", advice="Send the original file")


class ScriptedPool:
    """Answers by the content of the files: b"damaged", b"refused", b"no face", anything else is fine."""

    made: list[ScriptedPool]
    seen: list[tuple[Sequence[bytes], Sequence[bytes], RegionPlan]]

    def __init__(self, _settings: object) -> None:
        self.closed = False
        self.seen = []
        self.cards: list[CardSearch | None] = []
        ScriptedPool.made.append(self)

    def analyse(
        self,
        data: bytes,
        plan: RegionPlan,
        captured_at: str | None = None,
        card: CardSearch | None = None,
    ) -> PhotoAnalysis:
        self.cards.append(card)
        if data == b"damaged":
            raise DAMAGED
        if data == b"no face":
            raise NoFace("No face was found")
        return factories.analysis(FIRST.photos[0])

    def submit(
        self, function: Callable[..., PhotoAnalysis], data: bytes, *_: object
    ) -> Future[PhotoAnalysis]:
        """What is asked of a photo that drawn regions are no pixels of, or that cannot be measured."""
        assert function.__name__ == "photo_facts"
        answer: Future[PhotoAnalysis] = Future()
        if data == b"damaged":
            answer.set_exception(DAMAGED)
        else:
            answer.set_result(replace(factories.analysis(LATER.photos[0]), measurements=(), gates=()))
        return answer

    def compare(
        self,
        baseline: Sequence[bytes],
        follow_up: Sequence[bytes],
        plan: RegionPlan,
        captured_at: Mapping[str, str] | None = None,
        own_noise: Repeatability | None = None,
        card: CardSearch | None = None,
    ) -> CompareResult:
        self.cards.append(card)
        self.seen.append((baseline, follow_up, plan))
        if own_noise is not None and b"crash" in follow_up:
            raise StudyMismatch("The repeatability study is of other regions")
        if b"crash" in follow_up:
            raise workers.WorkerFailed("The worker stopped")
        if b"refused" in follow_up:
            found = factories.comparison(FIRST, LATER, refused=("pose",))
            return CompareResult(found, {})
        errors = {b"damaged": DAMAGED, b"no face": NoFace("No face was found")}
        left_out = [
            LeftOut(photo.id, errors[data].code, str(errors[data]))
            for photo, data in zip(LATER.photos, follow_up, strict=False)
            if data in errors
        ]
        if left_out:
            return CompareResult(nothing_left(left_out), {})
        if own_noise is not None:
            shots = own_noise.n_shots
            return CompareResult(replace(factories.comparison(FIRST, LATER), own_repeat_shots=shots), {})
        pictures: Any = {name: factories.picture() for name in ("baseline", "follow_up")}
        return CompareResult(factories.comparison(FIRST, LATER), pictures)

    def repeatability(
        self, photos: Sequence[bytes], plan: RegionPlan, baseline: bytes | None = None
    ) -> Repeatability:
        if b"no face" in photos:
            raise NoFace("No face was found")
        if b"refused" in photos:
            raise ShotsDiffer("The shots do not show the same skin")
        lost = [LeftOut(LATER.photos[0].id, DAMAGED.code, str(DAMAGED))] if b"damaged" in photos else []
        noise = OwnNoise("redness", "nose", "rest_of_face", "H", (0.5, -0.7))
        ids = tuple(hashlib.sha256(data).hexdigest() for data in photos if data != b"damaged")
        sha256 = Parameters().sha256()
        return Repeatability(ids, True, (noise,), tuple(lost), parameters_sha256=sha256)

    def close(self) -> None:
        self.closed = True


def nothing_left(left_out: Sequence[LeftOut]) -> SessionComparison:
    """A session whose every photo was left out."""
    return SessionComparison(
        (FIRST.photos[0].id,),
        tuple(entry.photo_id for entry in left_out),
        "not_comparable",
        False,
        tuple(entry.reason for entry in left_out),
        (),
        None,
        (),
        tuple(left_out),
    )
