"""One drawn pair through the public pipeline, with what it saw inside."""

from __future__ import annotations

from unittest import mock

from analysis import mirrored, pairs, pipeline
from analysis.errors import AnalysisError
from analysis.pairs import PairResult
from analysis.phantom.scene import SyntheticPhoto
from analysis.records import RegionPlan


def seen_pair(
    before: SyntheticPhoto, after: SyntheticPhoto, *, with_card: bool = False
) -> tuple[dict[str, float], PairResult] | None:
    """Metric -> change of the treated region, and the registered pair; None where it is refused."""
    kept: list[PairResult] = []

    def noted(*given: object) -> PairResult:
        kept.append(measure(*given))  # type: ignore[arg-type]  # handed on as they come
        return kept[-1]

    measure = pairs.measure_pair
    plan = RegionPlan(drawn=before.regions, px_per_mm=before.px_per_mm)
    try:
        with mock.patch.object(mirrored, "measure_pair", noted):
            result = pipeline.compare(
                [before.jpeg], [after.jpeg], finder=None, plan=plan, with_card=with_card, with_views=False
            )
    except AnalysisError:
        return None
    # A refused pair of the session is no error of the comparison: then nothing was kept.
    changes = {change.metric: change.difference for change in result.changes if change.region == "treated"}
    return (changes, kept[-1]) if kept else None
