"""A face against its mirror image, which front cameras save: the cheeks would be taken for each other.

A face is so nearly even that its mirror image can be laid onto it within the limits of the registration, and
what changed on one cheek would be told of the other. Skin is not even: laid there and back, most of it agrees
with itself and hardly any with its mirror image. So where little agrees, the mirror image is tried as well.

Limits: which of the two fits better is all that is known. Where light and blur leave both hardly agreeing,
as between a dim room and daylight, a mirrored photo may pass, and one that is not may be refused if its
mirror image agrees by a good deal more, which was not seen in 22 pairs. Drawn skin needs none of this: the
first guess of `analysis.features` turns and moves, and does not flip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.errors import AnalysisError, NotRegistered
from analysis.landmarks import FaceFinder
from analysis.pairs import PairResult, measure_pair
from analysis.records import Parameters, Region, Subject

SURELY_NOT = 0.5
"""Share of the skin that agrees there and back (`AlignmentSummary.consistent`) from which nobody asks. Of
mirror images of six people at most 0.24 did, of photos minutes apart or at other distances at least 0.77
(docs/decisions/0035)."""
CLEARLY_BETTER = 1.3
"""How many times as much must agree mirrored. Of mirrored pairs that hardly agree twice to four times as much
did the right way round; below this the two are taken for equal, and nobody is refused for nothing."""


def checked_pair(
    anchor: Subject,
    other: Subject,
    regions: Sequence[Region],
    parameters: Parameters,
    finder: FaceFinder | None,
) -> PairResult:
    """`measure_pair`, and a refusal where the other photo is mirrored.

    Args:
        anchor: the baseline photo that the regions belong to.
        other: any other photo of the same skin.
        regions: where to measure.
        parameters: of the method.
        finder: finds the face in the mirror image; None asks nothing.

    Raises:
        NotRegistered: the photos do not show the same skin, or one is the mirror image of the other.
        NotReadable: see `measure_pair`.
    """
    asked = finder if anchor.mesh is not None else None
    try:
        pair = measure_pair(anchor, other, regions, parameters)
    except NotRegistered as refusal:
        if asked is not None:
            flipped = _share_of_mirror(anchor, other, regions, parameters, asked)
            if flipped > SURELY_NOT:
                raise _mirrored(0.0, flipped) from refusal
        raise
    share = pair.alignment.consistent
    if asked is not None and not share >= SURELY_NOT:
        flipped = _share_of_mirror(anchor, other, regions, parameters, asked)
        if flipped > CLEARLY_BETTER * share:
            raise _mirrored(share, flipped)
    return pair


def _mirrored(share: float, flipped: float) -> NotRegistered:
    return NotRegistered(
        "One of the two photos is mirrored, as front cameras save them",
        expected="left and right on the same side in both",
        got=f"{share:.0%} of the skin agrees as it is, {flipped:.0%} with the photo mirrored",
        advice="Mirror one of them back, and switch mirroring off in the camera's settings",
    )


def _share_of_mirror(
    anchor: Subject, other: Subject, regions: Sequence[Region], parameters: Parameters, finder: FaceFinder
) -> float:
    """How much of the skin agrees with the mirror image of the other photo; 0 where it cannot be laid on."""
    turned = np.ascontiguousarray(other.photo.pixels[:, ::-1])
    turned.flags.writeable = False
    photo = replace(other.photo, pixels=turned)
    try:
        mesh = finder.find(photo)
        mirror = replace(other, photo=photo, mesh=mesh, card=None, card_asked=False)
        return measure_pair(anchor, mirror, regions, parameters).alignment.consistent
    except AnalysisError:
        return 0.0
