"""Rows 11 and 12: what is refused or flagged, what passes unseen and misleads, and that a level without a
reference is refused."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.skindro.nuisances import NUISANCES
from benchmarks.skindro.records import COLOUR, TEXTURE, Counts, Observation, Result
from benchmarks.skindro.rows.select import generators_in, groups, pick

FLAGGED, WRONGLY_REFUSED = 0.95, 0.05
UNSEEN = 0.08
"""Of all severe pairs, how many may be falsely changed without a remark: row 8's share for a whole pair."""
LEVELS = ("redness", "pigment")


def results(observations: Sequence[Observation]) -> list[Result]:
    """Severe nuisances flagged, or unseen and falsely changed, by name too; mild ones refused; mode C."""
    out: list[Result] = []
    for generator in generators_in(pick(observations, "nuisance")):
        severe = [one for one in pick(observations, "nuisance", generator=generator) if one.level == "severe"]
        mild = [one for one in pick(observations, "nuisance", generator=generator) if one.level == "mild"]
        out += _severe(generator, "single nuisance", severe, judged=True)
        for name in NUISANCES:
            out += _severe(generator, name, [one for one in severe if one.label == name], judged=False)
        wrongly = _share([is_refused(one) for one in mild])
        names = sorted({one.label for one in mild if is_refused(one)})
        out.append(
            Result("11", "mild single nuisance refused", generator, "all", "B", wrongly,
                   f"<= {WRONGLY_REFUSED:.0%}", wrongly <= WRONGLY_REFUSED, Counts(len(mild)),
                   note=", ".join(names), higher_is_better=False)
        )  # fmt: skip
    return [*out, *_mode_c(observations)]


def _severe(
    generator: str, name: str, pairs: Sequence[Observation], *, judged: bool
) -> tuple[Result, Result]:
    """How many of these pairs are flagged, and how many mislead without a flag."""
    seen = _share([is_flagged(one) for one in pairs])
    misleading = [one for one in pairs if _changed(one) and not is_flagged(one)]
    unseen = _share([one in misleading for one in pairs])
    what = (generator, "all", "B")
    return (
        Result("11", f"severe {name} flagged", *what, seen, f">= {FLAGGED:.0%}" if judged else "",
               seen >= FLAGGED if judged else None, Counts(len(pairs)),
               note=_false_ones([one for one in pairs if is_flagged(one)])),
        Result("11", f"severe {name} unflagged and falsely changed", *what, unseen,
               f"<= {UNSEEN:.0%}" if judged else "", unseen <= UNSEEN if judged else None, Counts(len(pairs)),
               note=_false_ones(misleading), higher_is_better=False),
    )  # fmt: skip


def is_flagged(one: Observation) -> bool:
    """Whether a check of a family this nuisance touches warned or refused, or the whole pair was refused."""
    return bool(one.refused) or any(
        one.states[family] != "ok" for family in NUISANCES[one.label].touches if family in one.states
    )


def is_refused(one: Observation) -> bool:
    """Whether anything was not compared."""
    return bool(one.refused) or "refuse" in one.states.values()


def _changed(one: Observation) -> bool:
    return any(reading.changed for reading in one.readings.values())


def _false_ones(pairs: Sequence[Observation]) -> str:
    """How many called something changed that was not, and what, in which tones."""
    wrong = [one for one in pairs if _changed(one)]
    names = dict.fromkeys(f"{m} in {one.tone}" for one in wrong for m in (*COLOUR, *TEXTURE)
                          if m in one.readings and one.readings[m].changed)  # fmt: skip
    return f"{len(wrong)} false changes ({', '.join(names)})" if wrong else ""


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
