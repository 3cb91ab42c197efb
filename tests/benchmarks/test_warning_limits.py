"""The limits of the checks that only warn are those of the committed run, and its page says what it found."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest

from analysis.quality import LIMITS
from benchmarks.skindro import warning_page
from benchmarks.skindro.nuisances import NUISANCES
from benchmarks.skindro.records import METRICS, GateValue, Observation
from benchmarks.warning_limits import DECIDES, FIRST_SEED, MEANT_FOR, PAGE, RESULTS, summary
from tests.benchmarks.test_rows import pair

STORED: dict[str, Any] = json.loads(RESULTS.read_text("utf-8"))


@pytest.mark.parametrize("check", list(MEANT_FOR))
def test_the_limit_is_what_g1_gave(check: str) -> None:
    (limit,) = {limit.warn for (name, _), limit in LIMITS.items() if name == check}
    assert limit == STORED["G1"]["checks"][check]["limit"]


def test_the_held_out_generator_decides_nothing() -> None:
    for generator, found in STORED.items():
        assert {"limit" in seen for seen in found["checks"].values()} == {generator == DECIDES}


def test_the_page_is_of_this_run() -> None:
    assert (PAGE / "warnings.md").read_text("utf-8") == warning_page.text(STORED)


def test_few_ordinary_pairs_gain_a_warning() -> None:
    for found in STORED.values():
        for name, seen in found["checks"].items():
            assert seen["ordinary_warned"] <= 0.05 * found["ordinary_pairs"]
            (limit,) = {limit.warn for (check, _), limit in LIMITS.items() if check == name}
            assert seen["mild"] < limit


def test_people_are_none_of_the_benchmarks() -> None:
    from benchmarks.skindro.jobs import FULL, plan

    assert FIRST_SEED not in range(
        min(job.seed for job in plan(FULL)) - 1000, max(job.seed for job in plan(FULL)) + 1000
    )


def seen(kind: str, label: str, level: str, value: float, **facts: Any) -> Observation:
    """A pair of which every check that only warns saw this much."""
    values = tuple(GateValue(name, "texture", value, "ok") for name in MEANT_FOR)
    base: dict[str, Any] = {"states": {"colour": "ok", "texture": "ok"}, "gates": values}
    truth = dict.fromkeys(METRICS, 0.0)
    return pair(kind, facts.pop("difference", 0.0), label=label, level=level, truth=truth, **base | facts)


def test_what_no_check_saw_is_counted_with_what_it_cost() -> None:
    flagged = {"states": {"colour": "ok", "texture": "warn"}}
    pairs = [seen("untreated", "ordinary", "moderate", value / 100) for value in range(101)]
    pairs += [seen("untreated", name, "mild", 0.2) for name in NUISANCES]
    pairs += [seen("untreated", name, "severe", 4.0) for name in NUISANCES if name != "blur"]
    pairs += [
        seen("untreated", "blur", "severe", 3.0, difference=5.0),
        seen("untreated", "blur", "severe", 3.0, difference=5.0, **flagged),
        seen("untreated", "blur", "severe", 3.0),
        seen("treated", "blur", "severe", 3.0, difference=5.0),
        seen("treated", "blur", "severe", 3.0, difference=5.0, **flagged),
    ]
    found = summary([replace(one, generator="G1") for one in pairs])
    cost = found["costs"]["blur"]
    assert (cost["pairs"], cost["flagged"], cost["unflagged_false"]) == (3, 1, 1)
    assert (cost["unflagged_treated"], cost["numbers"]) == (1, len(METRICS))
    assert cost["outside"] == sorted(METRICS)  # off by 5 with a band of 2
    # 0.95 is the 95th percentile of 0, 0.01 ... 1; severe ones begin at 3.
    assert found["checks"]["sharpness_change"]["limit"] == pytest.approx(math.sqrt(0.95 * 3.0), rel=0.03)
    assert found["checks"]["sharpness_change"]["mild"] == 0.2
