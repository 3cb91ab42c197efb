"""The sample courses that ship with the source: generated photos of nobody, with known truth."""

from __future__ import annotations

from collections.abc import Callable

from dermatrend.access import require
from dermatrend.records import Actor, Course
from dermatrend.workflows.workspace import Workspace


def load_sample_course(
    ws: Workspace, actor: Actor, *, progress: Callable[[float, str], None] | None = None
) -> list[Course]:
    """Put the sample courses into the store; what is there already is left as it is."""
    require(actor, "add_photos")
    raise NotImplementedError
