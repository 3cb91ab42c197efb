"""The report of a course as files: report.json is the source, the PDF a rendering of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dermatrend.access import require
from dermatrend.records import Actor
from dermatrend.workflows.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """A report, ready to be handed over."""

    json: bytes = field(repr=False)
    pdf: bytes = field(repr=False)
    file_name: str
    """Without an ending, and without the name of anyone."""


def export_report(
    ws: Workspace,
    actor: Actor,
    course_id: str,
    *,
    session_ids: Sequence[str] | None = None,
    regions: Sequence[str] | None = None,
    metrics: Sequence[str] | None = None,
    language: str = "en",
) -> ReportFiles:
    """Make the report of a course, of all sessions, regions and metrics or of the chosen ones."""
    require(actor, "report")
    raise NotImplementedError
