"""One photo by itself where regions are drawn on another: its facts and its card, and nothing measured."""

from __future__ import annotations

import math

from analysis.phantom.disturbance import NEUTRAL
from analysis.phantom.scene import NO_DOSE, Site
from analysis.records import CardSearch
from analysis.regions import parse_regions
from dermatrend.photo_looks import photo_facts
from tests.e2e.skin import REGIONS, photo

PLAN = parse_regions(REGIONS)


def test_the_facts_of_a_photo_without_any_region() -> None:
    found = photo_facts(photo("2026-03-10"))
    assert (found.width, found.height, found.format) == (900, 480, "JPEG")
    assert (found.facts.captured_at or "").startswith("2026-03-10")
    assert math.isnan(found.px_per_mm)
    assert (found.gates, found.measurements, found.regions) == ((), (), ())


def test_a_scale_that_was_given_is_the_baselines() -> None:
    assert PLAN.px_per_mm == REGIONS["px_per_mm"]
    assert math.isnan(photo_facts(photo("2026-03-10"), PLAN).px_per_mm)


def test_its_card_is_read_and_its_absence_said() -> None:
    site = Site.of(4244, "III", patch_mm=20.0, card=True)
    shown = site.photo(NO_DOSE, NEUTRAL, shot_seed=0)
    found = photo_facts(shown.jpeg, PLAN, CardSearch(everywhere=True))
    assert found.card is not None
    assert found.card.kind == "colorchecker"
    without = photo_facts(photo("2026-03-10"), PLAN, CardSearch(everywhere=True))
    assert without.card is None
    assert without.flags == ("untagged_colour", "card_not_found")
