"""What no weights could do: how far redness and pigment move each other in the skin's own light.

    python -m benchmarks.least_leak            a few seconds

No camera, no rounding, no noise, no unevenness: the mean light of the people whom the benchmark doses, of
both generators, before and after 30 % less blood and 15 % less melanin. Of all weights over the optical
densities that sum to 0, blind to exposure as redness and pigment are, the ratio of the answer to the wrong
dose to the answer to the right one is printed: ours, and the least in each class by itself, which is what
people of one class differ by. Then, over the classes that the cross-talk rows ask, the least of the worst.

Limits: eight people a class; the median of them, as the cross-talk rows take it. Nothing is derived from it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.constants import WEIGHTS
from benchmarks.skindro.dosing import LEAK_DOSES, dose_of
from benchmarks.skindro.generator import TONES
from benchmarks.skindro.jobs import FULL, plan
from benchmarks.skindro.rows.cross_talk import OWN
from benchmarks.skindro.work import GENERATORS

DOSES = {metric: dose_of(OWN[metric], LEAK_DOSES[OWN[metric]]) for metric in ("redness", "pigment")}
OURS = {"redness": WEIGHTS["haemoglobin"], "pigment": WEIGHTS["melanin"]}
OTHER = {"redness": "pigment", "pigment": "redness"}
ASKED = {"redness": ("I-II", "III", "IV"), "pigment": ("III", "IV")}
"""The classes that the row's limit of 0.1 and of 0.3 is asked of."""

Array = NDArray[np.float64]
Light = Mapping[tuple[str, str], Mapping[str, Array]]
"""(generator, tone) -> the index that a dose is meant for -> (people, 3) change of optical density."""


def light() -> Light:
    """What either dose does to the light of the people whom the benchmark doses."""
    out: dict[tuple[str, str], dict[str, list[Array]]] = {}
    for job in plan(FULL):
        if job.task not in ("dose", "leaks"):
            continue
        site = GENERATORS[job.generator].site(job.seed, job.tone)
        bare = site.skin_light().astype(np.float64)
        changes = out.setdefault((job.generator, job.tone), {metric: [] for metric in DOSES})
        for metric, dose in DOSES.items():
            changes[metric].append(-np.log10(site.skin_light(dose) / bare))
    return {key: {metric: np.array(found) for metric, found in its.items()} for key, its in out.items()}


def directions(step_deg: float = 0.25) -> Array:
    """(n, 3) weights that sum to 0, in every direction; their size does not matter to a ratio."""
    angle = np.radians(np.arange(0, 180, step_deg))
    plane = np.array([[1, -1, 0], [1, 1, -2]]) / np.sqrt([[2], [6]])
    return np.column_stack([np.cos(angle), np.sin(angle)]) @ plane


def leak(metric: str, changes: Mapping[str, Array], rows: Array) -> Array:
    """(n,) median over people of the answer to the other dose over that to the metric's own.

    >>> changes = {"redness": np.array([[0.0, 1.0, 0.5]]), "pigment": np.array([[0.0, 0.0, 1.0]])}
    >>> [float(one) for one in leak("redness", changes, np.array([[-1.0, 1.0, 0.0], [0.0, 1.0, -1.0]]))]
    [0.0, 2.0]
    """
    wrong, right = (np.abs(changes[dosed] @ rows.T) for dosed in (OTHER[metric], metric))
    return np.asarray(np.median(wrong / np.maximum(right, 1e-12), axis=0))


def together(metric: str, seen: Light, rows: Array, generators: Sequence[str]) -> tuple[float, Array]:
    """The least of the worst over the classes asked, and its weights, the largest of them 100."""
    worst = np.max([leak(metric, seen[one, tone], rows) for one in generators for tone in ASKED[metric]], 0)
    row = rows[int(worst.argmin())]
    return float(worst.min()), 100 * row / row[np.abs(row).argmax()]


def main() -> int:
    """Print a table per metric."""
    seen, rows, generators = light(), directions(), sorted(GENERATORS)
    for metric in DOSES:
        print(f"{metric} <- {OTHER[metric]}, ours and the least of any weights")
        for generator in generators:
            for tone in TONES:
                changes = seen[generator, tone]
                ours, least = leak(metric, changes, np.array([OURS[metric]]))[0], leak(metric, changes, rows)
                print(f"  {generator} {tone:5s}{ours:8.3f}{least.min():8.3f}")
        for chosen in (*([one] for one in generators), generators):
            worst, row = together(metric, seen, rows, chosen)
            classes = f"{' and '.join(chosen)}, {', '.join(ASKED[metric])}"
            print(f"  {classes} together: {worst:.3f} by {' '.join(f'{value:.0f}' for value in row)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
