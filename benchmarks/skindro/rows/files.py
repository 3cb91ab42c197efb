"""Row 15: the same picture in another file must measure the same."""

from __future__ import annotations

import math
from collections.abc import Sequence

from benchmarks.skindro.records import TEXTURE, Counts, Observation, Result
from benchmarks.skindro.rows.select import generators_in, pick
from benchmarks.skindro.statistics import finite

REDNESS, RELIEF = 0.1, 1.0
"""H, and % of any texture band."""


def results(observations: Sequence[Observation]) -> list[Result]:
    """The largest shift over people and tones, per kind of file, and where it is.

    A JPEG beside the lossless picture is reported, not judged: nothing but the file differs there.
    """
    out = []
    for generator in generators_in(pick(observations, "file")):
        for label in dict.fromkeys(one.label for one in pick(observations, "file", generator=generator)):
            pairs = pick(observations, "file", generator=generator, label=label)
            judged = not label.startswith("lossless to")
            for what, metrics, limit in (("redness", ("redness",), REDNESS), ("texture", TEXTURE, RELIEF)):
                shifts = {(one.tone, metric, one.site): abs(one.difference(metric))
                          for one in pairs for metric in metrics}  # fmt: skip
                found = finite(shifts.values())
                value = max(found, default=math.nan)
                where = sorted({f"{metric} in {tone}" for (tone, metric, _), shift in shifts.items()
                                if shift == value > 0})  # fmt: skip
                lost = len(pairs) * len(metrics) - len(found)
                if judged and lost and value <= limit:
                    where.append("what has no number does not pass")
                out.append(
                    Result("15", f"{label}: largest shift of {what}", generator, "all", "B", value,
                           f"<= {limit:g}" if judged else "", not lost and value <= limit if judged else None,
                           Counts(len(found), lost),
                           note=", ".join(where), higher_is_better=False)
                )  # fmt: skip
    return out
