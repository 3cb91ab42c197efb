"""A course whose third follow-up stands on a colour card, and the others on the rest of the face."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from analysis.trend import trends
from dermatrend.records import days_between
from tests import factories

DATES: Final = ("2026-01-10", *(f"2026-0{month}-10" for month in range(2, 9)))
ODD_DAY: Final = 90
"""Of the follow-up against the card."""


def history(
    regions: tuple[str, ...] = ("left_cheek",), metrics: tuple[str, ...] = ("redness",)
) -> factories.History:
    """Seven follow-ups, of which six share a reference."""
    made = factories.history(dates=DATES, refused=(), treated_on=(), regions=regions, metrics=metrics)
    compared = list(made.comparisons)
    days = [days_between(DATES[0], day) for day in DATES[1:]]
    odd = days.index(ODD_DAY)
    against_card = factories.comparison(
        made.sessions[0], made.sessions[odd + 1], regions=regions, metrics=metrics, reference="card"
    )
    compared[odd] = replace(compared[odd], comparison=against_card)
    found = [(day, item.comparison) for day, item in zip(days, compared, strict=True)]
    return replace(made, comparisons=tuple(compared), trends=trends(found))
