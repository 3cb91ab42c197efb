"""One pair of photos through the public pipeline, as an observation."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Any
from unittest import mock

from analysis import pipeline, quality
from analysis.errors import AnalysisError
from analysis.phantom.scene import SyntheticPhoto
from analysis.records import Gate, RegionPlan
from benchmarks.skindro.jobs import Job
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
    try:
        with nothing_refused() if unlimited else nullcontext():
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
