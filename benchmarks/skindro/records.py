"""What flows from the processes to the rows, and what the rows give."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from analysis.phantom.scene import NO_DOSE, Dose
from analysis.records import CHANGED, SessionComparison

COLOUR = ("redness", "redness_uniformity", "pigment", "pigment_uniformity")
TEXTURE = ("texture_pore", "texture_medium", "texture_coarse")
METRICS = (*COLOUR, *TEXTURE)


@dataclass(frozen=True, slots=True)
class Reading:
    """One metric on the treated patch of one pair."""

    difference: float
    """NaN where it was not measured."""
    mdc95: float
    low: float
    high: float
    """Of ci95."""
    verdict: str
    flags: tuple[str, ...] = ()
    detectable80: float = math.nan
    """What the pair says would be found in 80 % of cases."""

    @property
    def measured(self) -> bool:
        """Whether there is a number."""
        return math.isfinite(self.difference)

    @property
    def changed(self) -> bool:
        """Whether it was called a real change."""
        return self.verdict in CHANGED


class GateValue(NamedTuple):
    """What one check of a pair saw."""

    name: str
    family: str
    """"colour", "texture" or "all"."""
    value: float
    """NaN where it could not be had."""
    state: str


@dataclass(frozen=True, slots=True)
class Observation:
    """One pair of photos, what the pipeline said and what naive programs would have."""

    generator: str
    tone: str
    site: int
    kind: str
    """zero, dosed, power, grid, leak, repeat, nuisance, unlimited, file or registration."""
    mode: str
    """B: treated and reference drawn. C: treated only."""
    label: str = ""
    """Of the nuisance, the file variant, or the dosed axis."""
    level: str = ""
    """Of the nuisance."""
    dose: Dose = NO_DOSE
    refused: str = ""
    """Why the whole pair was refused; empty where it was compared."""
    readings: Mapping[str, Reading] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    """Family -> worst state of its gates: ok, warn or refuse."""
    warned: tuple[str, ...] = ()
    """Gates that warned or refused."""
    gates: tuple[GateValue, ...] = ()
    """Every check that was made of this pair."""
    truth: Mapping[str, float] = field(default_factory=dict)
    """True change per metric: the pipeline on undisturbed photos with the same camera."""
    naive: Mapping[str, float] = field(default_factory=dict)
    extra: Mapping[str, float] = field(default_factory=dict)

    def difference(self, metric: str) -> float:
        """NaN where the metric or the pair was refused."""
        return self.readings[metric].difference if metric in self.readings else math.nan


class Counts(NamedTuple):
    """How many pairs a figure rests on."""

    measured: int = 0
    refused: int = 0
    """Or without this number for another reason; never a pass."""
    mdc95: float = math.nan
    """Median stated minimal detectable change."""


NO_COUNT = Counts()


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table."""

    row: str
    test: str
    generator: str
    tone: str
    mode: str
    value: float
    """NaN where nothing could be measured."""
    needed: str
    """The pass value in words, empty where the row is only reported."""
    passed: bool | None
    """None: reported only, or not run."""
    counts: Counts = NO_COUNT
    naive: Mapping[str, float] = field(default_factory=dict)
    note: str = ""
    higher_is_better: bool = True


def readings_of(result: SessionComparison) -> dict[str, Reading]:
    """The treated region's changes by metric."""
    return {
        change.metric: Reading(
            change.difference,
            change.mdc95,
            *change.ci95,
            verdict=change.verdict,
            flags=change.flags,
            detectable80=change.detectable80,
        )
        for change in result.changes
        if change.region == "treated"
    }


def gates_of(result: SessionComparison) -> tuple[GateValue, ...]:
    """Every check of a pair, with its value."""
    return tuple(GateValue(gate.name, gate.family, gate.value, gate.state) for gate in result.gates)


def states_of(result: SessionComparison) -> tuple[dict[str, str], tuple[str, ...]]:
    """Worst gate state per family, and the names of the gates that were not ok."""
    rank = ("ok", "warn", "refuse")
    worst = {"colour": 0, "texture": 0}
    for gate in result.gates:
        for family in worst if gate.family == "all" else (gate.family,):
            worst[family] = max(worst[family], rank.index(gate.state))
    names = tuple(dict.fromkeys(gate.name for gate in result.gates if gate.state != "ok"))
    return {family: rank[state] for family, state in worst.items()}, names
