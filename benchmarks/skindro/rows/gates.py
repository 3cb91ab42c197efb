"""Rows 11 and 12: what is refused or flagged, and that a level without a reference is."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.skindro.nuisances import NUISANCES
from benchmarks.skindro.records import COLOUR, TEXTURE, Counts, Observation, Result
from benchmarks.skindro.rows.select import generators_in, groups, pick

FLAGGED, WRONGLY_REFUSED = 0.95, 0.05
LEVELS = ("redness", "pigment")


def results(observations: Sequence[Observation]) -> list[Result]:
    """Severe nuisances flagged, by name too; mild ones refused; mode C."""
    out: list[Result] = []
    for generator in generators_in(pick(observations, "nuisance")):
        severe = [one for one in pick(observations, "nuisance", generator=generator) if one.level == "severe"]
        mild = [one for one in pick(observations, "nuisance", generator=generator) if one.level == "mild"]
        share = _share([is_flagged(one) for one in severe])
        out.append(
            Result("11", "severe single nuisance flagged", generator, "all", "B", share, f">= {FLAGGED:.0%}",
                   share >= FLAGGED, Counts(len(severe)), note=_false_ones(severe))
        )  # fmt: skip
        for name in NUISANCES:
            here = [one for one in severe if one.label == name]
            out.append(
                Result("11", f"severe {name} flagged", generator, "all", "B",
                       _share([is_flagged(one) for one in here]), "", None, Counts(len(here)),
                       note=_false_ones(here))
            )  # fmt: skip
        wrongly = _share([is_refused(one) for one in mild])
        names = sorted({one.label for one in mild if is_refused(one)})
        out.append(
            Result("11", "mild single nuisance refused", generator, "all", "B", wrongly,
                   f"<= {WRONGLY_REFUSED:.0%}", wrongly <= WRONGLY_REFUSED, Counts(len(mild)),
                   note=", ".join(names), higher_is_better=False)
        )  # fmt: skip
    return [*out, *_mode_c(observations)]


def is_flagged(one: Observation) -> bool:
    """Whether a check of a family this nuisance touches warned or refused, or the whole pair was refused."""
    return bool(one.refused) or any(
        one.states[family] != "ok" for family in NUISANCES[one.label].touches if family in one.states
    )


def is_refused(one: Observation) -> bool:
    """Whether anything was not compared."""
    return bool(one.refused) or "refuse" in one.states.values()


def _false_ones(pairs: Sequence[Observation]) -> str:
    """How many called something changed that was not: what a missing flag costs."""
    wrong = [one for one in pairs if any(reading.changed for reading in one.readings.values())]
    silent = sum(not is_flagged(one) for one in wrong)
    names = sorted({m for one in wrong for m in (*COLOUR, *TEXTURE)
                    if m in one.readings and one.readings[m].changed})  # fmt: skip
    return f"{len(wrong)} false changes ({', '.join(names)}), {silent} unflagged" if wrong else ""


def _mode_c(observations: Sequence[Observation]) -> list[Result]:
    out = []
    for generator, tone in groups(pick(observations, "zero", mode="C")):
        pairs = pick(observations, "zero", generator=generator, tones=(tone,), mode="C")
        honest = [one.refused != "" or all(not one.readings[level].measured for level in LEVELS)
                  for one in pairs]  # fmt: skip
        share = _share(honest)
        out.append(Result("12", "colour level refused without a reference", generator, tone, "C", share,
                          "100 %", share == 1.0, Counts(len(pairs))))  # fmt: skip
    return out


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits) if hits else float("nan")
