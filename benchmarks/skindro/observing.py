"""One pair of photos through the public pipeline, as an observation."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Any
from unittest import mock

import cv2

from analysis import card, features, pipeline, quality, subjects
from analysis.errors import AnalysisError
from analysis.phantom.scene import SyntheticPhoto
from analysis.records import CardReading, FloatMap, Gate, Photo, Pixels, RegionPlan
from benchmarks.skindro.jobs import Job
from benchmarks.skindro.kept import Kept
from benchmarks.skindro.records import Observation, gates_of, readings_of, states_of


def observe(
    job: Job,
    kind: str,
    before: SyntheticPhoto,
    follow_up: bytes,
    *,
    mode: str = "B",
    baseline: bytes | None = None,
    unlimited: bool = False,
    **facts: Any,
) -> Observation:
    """Compare two photos through the public pipeline.

    Args:
        job: who.
        kind: of observation.
        before: the baseline with its regions.
        follow_up: the other photo's file.
        mode: "A" has a card in the picture, "B" only a drawn reference, "C" not even that.
        baseline: the baseline's file where it is not `before.jpeg`.
        unlimited: whether the checks refuse nothing: what they would have refused is measured too.
        facts: further fields of the observation.
    """
    drawn = before.regions[:1] if mode == "C" else before.regions
    card: dict[str, Any] = {"with_card": True} if mode == "A" else {}
    empty = Observation(job.generator, job.tone, job.site, kind, mode)
    # The nearest-neighbour search of features draws from OpenCV's own chance: what a process did before
    # must not show.
    cv2.setRNGSeed(0)
    try:
        with nothing_refused() if unlimited else nullcontext(), remembered():
            result = pipeline.compare(
                [baseline or before.jpeg],
                [follow_up],
                finder=None,
                plan=RegionPlan(drawn=drawn, px_per_mm=before.px_per_mm),
                with_views=False,
                **card,
            )
    except AnalysisError as error:
        return replace(empty, refused=error.code, **facts)
    if not result.changes:
        return replace(empty, refused="; ".join(item.code for item in result.left_out), **facts)
    states, warned = states_of(result)
    return replace(
        empty, readings=readings_of(result), states=states, warned=warned, gates=gates_of(result),
        **facts,
    )  # fmt: skip


# What was asked last: one pair in two modes, one baseline before several follow-ups.
_guesses, _features, _cards = Kept(1), Kept(3), Kept(2)
_by_features, _read_card = features.by_features, card.read_card
_sift: Callable[..., Any] = cv2.SIFT.create


@contextmanager
def remembered() -> Iterator[None]:
    """Within it comparisons share what depends on photos alone: first guess, features, and card.

    These are two thirds of a comparison's time. Modes differ by regions; a baseline has many follow-ups.
    """
    with (
        mock.patch.object(features, "by_features", _first_guess),
        mock.patch.object(subjects, "read_card", _card),
        mock.patch.object(cv2, "SIFT", _Sift),
    ):
        yield


def _first_guess(baseline: Pixels, follow_up: Pixels, px_per_mm: float) -> FloatMap:
    key = (_digest(baseline), _digest(follow_up), px_per_mm)
    return _guesses.get(key, lambda: _by_features(baseline, follow_up, px_per_mm))


class _Sift:
    """In the place of OpenCV's."""

    def __init__(self, how: Mapping[str, float]) -> None:
        self._how = how

    @classmethod
    def create(cls, **how: float) -> _Sift:
        return cls(how)

    def detectAndCompute(self, image: Pixels, mask: None) -> tuple[Any, Any]:  # noqa: N802  # OpenCV's name
        key = (_digest(image), *self._how.items())
        return _features.get(key, lambda: _sift(**self._how).detectAndCompute(image, mask))


def _card(photo: Photo, corners: FloatMap | None = None) -> CardReading:
    if corners is not None:
        return _read_card(photo, corners)
    return _cards.get(photo.sha256, lambda: _read_card(photo))


def _digest(pixels: Pixels) -> bytes:
    return hashlib.sha1(pixels.tobytes(), usedforsecurity=False).digest()


@contextmanager
def nothing_refused() -> Iterator[None]:
    """Within it checks judge as ever and refuse nothing: what they would refuse counts as warned.

    Not by opening the limits: of a check made of both photos, the worse one's value is what a pair keeps, and
    the state is what tells which is worse. Only those of the whole pair are opened: they stop a comparison.
    """
    whole = {key: limit._replace(refuse=math.inf) for key, limit in quality.LIMITS.items() if key[1] == "all"}
    with (
        mock.patch.dict(quality.LIMITS, whole),
        mock.patch.object(quality, "refused", return_value=()),
        mock.patch.object(quality, "warned", _not_ok),
    ):
        yield


def _not_ok(gates: tuple[Gate, ...], family: str) -> tuple[Gate, ...]:
    return tuple(gate for gate in gates if gate.state != "ok" and gate.family in (family, "all"))
