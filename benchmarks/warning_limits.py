"""Where the checks that only warn stand, and what passes all checks unseen: runs pairs of its own people.

    python -m benchmarks.warning_limits G1     about 5 minutes on one core; G1 decides the limits
    python -m benchmarks.warning_limits G2     the same people's numbers where no limit comes from

A good photo is compared with a follow-up that has one thing wrong, untreated and treated, and ordinary photos
(everything moderate at once) with each other. A limit is halfway, by ratio, between the 95th
percentile of ordinary pairs and the 5th of what the check is meant for; where these overlap it is the 99th
percentile of ordinary pairs. Seeds are a block of their own: no
pair here is one of the benchmark's.

Writes benchmarks/results/warnings.json and docs/validation/warnings.md.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from analysis.phantom.disturbance import NEUTRAL, draw
from analysis.phantom.scene import NO_DOSE, Dose
from benchmarks.skindro import warning_page
from benchmarks.skindro.generator import TONES
from benchmarks.skindro.jobs import DEFAULT, Job
from benchmarks.skindro.nuisances import NUISANCES
from benchmarks.skindro.observing import observe
from benchmarks.skindro.records import METRICS, Observation
from benchmarks.skindro.rows.gates import is_flagged
from benchmarks.skindro.statistics import finite
from benchmarks.skindro.work import GENERATORS

FIRST_SEED = 47_000_000
ORDINARY = 24
"""Pairs of ordinary photos per person."""
DECIDES = "G1"
TREATED = Dose(haemoglobin=-0.3, relief=0.8)
MEANT_FOR = {
    "exposure_change": "exposure",
    "deformation": "pose",
    "sharpness_change": "blur",
    "relief_change": "light direction",
}
RESULTS = Path(__file__).resolve().parent / "results" / "warnings.json"
PAGE = Path(__file__).resolve().parents[1] / "docs" / "validation"


def pairs_of(generator: str, tone: str) -> Iterator[Observation]:
    """Everything that one person is photographed for."""
    number = list(TONES).index(tone)
    job = Job(generator, tone, 0, "gates", 0, 0, DEFAULT)  # says who it is; the seeds are our own
    seed = FIRST_SEED + number
    site = GENERATORS[generator].site(seed, tone)
    before = site.photo(NO_DOSE, NEUTRAL, 0)
    zero = dict.fromkeys(METRICS, 0.0)
    ideal = observe(job, "treated", before, site.photo(TREATED, NEUTRAL, 1).jpeg, label="none")
    truth = {metric: ideal.difference(metric) for metric in METRICS}
    for place, (name, nuisance) in enumerate(NUISANCES.items(), start=1):
        for level in ("mild", "severe") if nuisance.mild else ("severe",):
            disturbance = nuisance.drawn(level, np.random.default_rng([seed, place]))
            after = site.photo(NO_DOSE, disturbance, 10 * place)
            yield observe(job, "untreated", before, after.jpeg, label=name, level=level, truth=zero)
        after = site.photo(TREATED, disturbance, 10 * place + 1)
        yield observe(job, "treated", before, after.jpeg, label=name, level="severe", truth=truth)
    rng = np.random.default_rng([seed, 0])
    for shot in range(1000, 1000 + 2 * ORDINARY, 2):
        one, other = (site.photo(NO_DOSE, draw("moderate", rng), shot + k) for k in (0, 1))
        yield observe(job, "untreated", one, other.jpeg, label="ordinary", level="moderate", truth=zero)


def summary(pairs: Sequence[Observation]) -> dict[str, Any]:
    """What the checks saw, what passed them, and what that cost, as plain data."""
    ordinary = [one for one in pairs if one.level == "moderate"]
    checks: dict[str, Any] = {}
    for check, meant_for in MEANT_FOR.items():
        usual = _values(ordinary, check)
        severe = {name: _values(_severe(pairs, name), check) for name in NUISANCES}
        checks[check] = {
            "ordinary": [_at(usual, share) for share in (50, 95, 99)],
            "ordinary_warned": sum(_warned(one, check) for one in ordinary),
            "mild": max(_values([one for one in pairs if one.level == "mild"], check)),
            "severe": {name: [_at(found, share) for share in (5, 50)] for name, found in severe.items()},
        }
        if ordinary and ordinary[0].generator == DECIDES:
            checks[check]["limit"] = limit_of(usual, severe[meant_for])
    costs = {}
    for name in NUISANCES:
        here = _severe(pairs, name)
        silent = [one for one in here if not is_flagged(one)]
        treated = [one for one in pairs if one.kind == "treated" and one.label == name]
        unseen = [one for one in treated if not is_flagged(one)]
        costs[name] = {
            "pairs": len(here),
            "flagged": len(here) - len(silent),
            "unflagged_false": sum(any(r.changed for r in one.readings.values()) for one in silent),
            "treated": len(treated),
            "unflagged_treated": len(unseen),
            "numbers": sum(len(_judged(one)) for one in unseen),
            "outside": sorted(metric for one in unseen for metric in _judged(one) if _outside(one, metric)),
        }
    warned = [any(_warned(one, check) for check in MEANT_FOR) for one in ordinary]
    return {
        "ordinary_pairs": len(ordinary),
        "ordinary_newly_warned": sum(warned),
        "checks": checks,
        "costs": costs,
    }


def limit_of(ordinary: Sequence[float], severe: Sequence[float]) -> float:
    """Halfway by ratio between ordinary and severe pairs; where they overlap, the end of the ordinary ones.

    >>> limit_of([0.1] * 100, [0.4, 0.4])
    0.2
    >>> limit_of([0.1] * 100, [0.05, 0.4])
    0.1
    """
    most, least = _at(ordinary, 95), _at(severe, 5)
    chosen = math.sqrt(most * least) if least > most else _at(ordinary, 99)
    return float(f"{chosen:.2g}")


def _severe(pairs: Sequence[Observation], name: str) -> list[Observation]:
    return [one for one in pairs if one.kind == "untreated" and one.level == "severe" and one.label == name]


def _values(pairs: Sequence[Observation], check: str) -> list[float]:
    return finite(next((g.value for g in one.gates if g.name == check), math.nan) for one in pairs)


def _warned(one: Observation, check: str) -> bool:
    return any(gate.name == check and gate.state != "ok" for gate in one.gates)


def _at(values: Sequence[float], percentile: float) -> float:
    return float(np.percentile(values, percentile)) if values else math.nan


def _judged(one: Observation) -> list[str]:
    """Metrics that have a number, and whose true change is known."""
    return [m for m in METRICS if math.isfinite(one.difference(m)) and math.isfinite(one.truth[m])]


def _outside(one: Observation, metric: str) -> bool:
    reading = one.readings[metric]
    return not reading.low <= one.truth[metric] <= reading.high


def main() -> None:
    """Run one generator; keep what the file says of the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("generator", choices=sorted(GENERATORS))
    generator = parser.parse_args().generator
    cv2.setNumThreads(1)
    found = summary([pair for tone in TONES for pair in pairs_of(generator, tone)])
    stored = json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() else {}
    stored[generator] = _plain(found)
    RESULTS.write_text(json.dumps(dict(sorted(stored.items())), indent=1) + "\n", "utf-8")
    warning_page.write(stored, PAGE)


def _plain(value: Any) -> Any:
    """For JSON: three figures, and null for what could not be had."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.3g}") if math.isfinite(value) else None
    return value


if __name__ == "__main__":
    main()
