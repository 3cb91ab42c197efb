"""What else changed between two photos of a face: whether they show relief equally strongly.

A beauty filter smooths skin and leaves brows, lashes and lips sharp, so that the photo looks in focus and
skin that nobody treated looks smoother. It does not smooth all skin by the same factor, so that one region
set against the rest of the face moves too. A camera that removes noise in the dark does the same.

Limits: it needs skin that was not treated and a scale at which texture is resolved. A filter that smooths the
treated skin alone, or so little that ordinary photos differ as much, is not seen (docs/decisions/0031).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from analysis import quality
from analysis.metrics import registry
from analysis.records import Gate, Region
from analysis.region_values import RawChange


def face_gates(raw: Mapping[tuple[str, str], RawChange], regions: Sequence[Region]) -> tuple[Gate, ...]:
    """The checks of one registered pair of faces that its changes decide.

    Args:
        raw: (metric, region) -> change before any reference is taken off.
        regions: of the face, with roles.
    """
    changed = relief_change(raw, [region.name for region in regions if region.role != "treated"])
    return (quality.gate("relief_change_face", "texture", changed),) if math.isfinite(changed) else ()


def relief_change(raw: Mapping[tuple[str, str], RawChange], untreated: Sequence[str]) -> float:
    """Largest change, in %, of any texture in the middle one of these regions; NaN where none was read.

    The middle one, because a region may lie in another light, or hold a beard or a fold.
    """
    textures = [name for name, metric in registry().items() if metric.family == "texture"]
    table = np.array([[raw[name, region].difference for region in untreated] for name in textures])
    read = [row[np.isfinite(row)] for row in table]
    return max((abs(float(np.median(row))) for row in read if row.size), default=math.nan)
