"""Row 13: registration against a known displacement."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.skindro.records import Counts, Observation, Result
from benchmarks.skindro.rows.select import groups, pick
from benchmarks.skindro.statistics import median

LIMITS = (("median_mm", 0.08, False), ("p95_mm", 0.25, False), ("consistent", 0.90, True))


def results(observations: Sequence[Observation]) -> list[Result]:
    """Medians over pairs, per tone."""
    out = []
    for generator, tone in groups(pick(observations, "registration")):
        pairs = pick(observations, "registration", generator=generator, tones=(tone,))
        for name, limit, more in LIMITS:
            value = median(one.extra[name] for one in pairs)
            out.append(
                Result(
                    "13", f"registration, landmarks off by 1 mm: {name}", generator, tone, "B", value,
                    f"{'>=' if more else '<='} {limit:g}", value >= limit if more else value <= limit,
                    Counts(len(pairs)), higher_is_better=more,
                    note=f"before refinement {median(one.extra['start_median_mm'] for one in pairs):.2f} mm",
                )
            )  # fmt: skip
    return out
