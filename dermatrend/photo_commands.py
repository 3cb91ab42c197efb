"""`analyse` and `compare` on files: bytes into the worker pool, records out, as JSON and as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from analysis.errors import AnalysisError, StudyMismatch
from analysis.records import (
    METHOD_VERSION,
    CardSearch,
    LeftOut,
    Parameters,
    PhotoAnalysis,
    RegionPlan,
    SessionComparison,
    as_json,
)
from dermatrend.console import Exit
from dermatrend.photo_files import PhotoFile
from dermatrend.photo_looks import look_at

if TYPE_CHECKING:
    from analysis.repeatability import Repeatability
    from dermatrend.pictures import Picture
    from dermatrend.workers import WorkerPool

SCHEMA_VERSION = "1.0"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a comparison of files came to."""

    document: dict[str, Any]
    """The object of `compare --json`."""
    baseline: tuple[PhotoAnalysis, ...]
    comparisons: tuple[SessionComparison, ...]
    pictures: tuple[Mapping[str, Picture], ...]
    """One mapping a session, by the name of the view; empty where there is none."""
    exit_code: Exit


def _heading(parameters: Parameters) -> dict[str, Any]:
    from importlib.metadata import version

    return {
        "schema_version": SCHEMA_VERSION,
        "software": f"dermatrend {version('dermatrend')}",
        "method_version": METHOD_VERSION,
        "parameters_sha256": parameters.sha256(),
    }


def analyse_document(analysis: PhotoAnalysis) -> dict[str, Any]:
    """The object of `analyse --json`."""
    return {**_heading(Parameters()), "photo": as_json(analysis)}


def _baseline_document(analyses: Sequence[PhotoAnalysis], left_out: Sequence[LeftOut]) -> dict[str, Any]:
    first = analyses[0]
    return {
        "photo_ids": [analysis.photo_id for analysis in analyses],
        "captured_at": first.facts.captured_at,
        "px_per_mm": as_json(first.px_per_mm),
        "gates": [as_json(gate) for gate in first.gates],
        "left_out": [as_json(entry) for entry in left_out],
        "photos": [as_json(analysis) for analysis in analyses],
    }


def _follow_up_document(comparison: SessionComparison, session: Sequence[PhotoFile]) -> dict[str, Any]:
    document: dict[str, Any] = as_json(comparison)
    document["photo_ids"] = [photo.sha256 for photo in session]  # the unreadable ones too
    for name in ("baseline_ids", "method_version", "parameters_sha256"):  # said once, above
        document.pop(name, None)
    return document


def _refused(
    session: Sequence[PhotoFile], error: AnalysisError, baseline_left_out: Sequence[LeftOut]
) -> SessionComparison:
    """A session that an error kept from being compared, as an entry like every other."""
    ids = tuple(photo.sha256 for photo in session)
    return SessionComparison(
        baseline_ids=(),
        photo_ids=ids,
        grade="not_comparable",
        comparable=False,
        reasons=(str(error),),
        gates=(),
        alignment=None,
        changes=(),
        left_out=(*baseline_left_out, *(LeftOut(photo_id, error.code, str(error)) for photo_id in ids)),
    )


def _compared(
    pool: WorkerPool,
    baseline: Sequence[PhotoFile],
    session: Sequence[PhotoFile],
    plan: RegionPlan,
    own_noise: Repeatability | None,
    card: CardSearch | None,
) -> tuple[SessionComparison, Mapping[str, Picture]]:
    """One session against the baseline. Files that were not read are told beside what the analysis left out.

    Raises:
        AnalysisError: the two cannot be compared.
    """
    unread = [(one.sha256, one.refusal) for one in (*baseline, *session) if one.refusal is not None]
    earlier, later = ([one.data for one in side if one.refusal is None] for side in (baseline, session))
    if not later:
        raise unread[-1][1]
    result = pool.compare(earlier, later, plan, own_noise=own_noise, card=card)
    lost = [LeftOut(photo_id, error.code, str(error)) for photo_id, error in unread]
    return replace(result.comparison, left_out=(*result.comparison.left_out, *lost)), result.pictures


def compare_files(
    pool: WorkerPool,
    baseline: Sequence[PhotoFile],
    sessions: Sequence[Sequence[PhotoFile]],
    plan: RegionPlan,
    progress: Callable[[float, str], None] | None = None,
    own_noise: Repeatability | None = None,
    card: CardSearch | None = None,
) -> Outcome:
    """Every session against the baseline session, in the order given.

    Raises:
        AnalysisError: no photo of the baseline can be used (the first one's reason), or with drawn regions
            not the first, which they are pixels of.
        StudyMismatch: the study of repeat shots does not belong to this comparison.
    """
    report = progress or (lambda _share, _text: None)
    steps = len(baseline) + len(sessions)
    analyses: list[PhotoAnalysis] = []
    left_out: list[LeftOut] = []
    first_error: AnalysisError | None = None
    for step, photo in enumerate(baseline):
        report(step / steps, f"Measuring {photo.name}")
        try:
            analyses.append(look_at(pool, photo, plan, card, is_anchor=step == 0))
        except AnalysisError as error:
            if plan.drawn and step == 0:
                raise  # drawn regions are pixels of this photo: on the next one they mean other skin
            first_error = first_error or error
            left_out.append(LeftOut(photo.sha256, error.code, str(error)))
    if not analyses:
        assert first_error is not None, "the baseline holds at least one photo"
        raise first_error

    comparisons: list[SessionComparison] = []
    pictures: list[Mapping[str, Picture]] = []
    for number, session in enumerate(sessions):
        report((len(baseline) + number) / steps, f"Comparing {', '.join(photo.name for photo in session)}")
        try:
            comparison, views = _compared(pool, baseline, session, plan, own_noise, card)
        except StudyMismatch:
            raise  # no session's fault: the wrong study was named
        except AnalysisError as error:
            comparison, views = _refused(session, error, left_out), {}
        comparisons.append(comparison)
        pictures.append(views)
    report(1.0, "Done")
    document = {
        **_heading(Parameters()),
        "baseline": _baseline_document(analyses, left_out),
        "follow_ups": [
            _follow_up_document(comparison, session)
            for comparison, session in zip(comparisons, sessions, strict=True)
        ],
    }
    return Outcome(
        document, tuple(analyses), tuple(comparisons), tuple(pictures), exit_code(comparisons, left_out)
    )


NOT_A_PHOTO = frozenset(
    {
        "empty_file",
        "unsupported_format",
        "photo_too_large",
        "photo_too_small",
        "damaged_photo",
        "unsupported_colour",
        "photo",
        "worker_failed",
    }
)
"""Reasons that lie in the file, not in what it shows."""


PAIR_REFUSED = frozenset({"not_registered", "not_readable", "session_order", "comparison_refused"})
"""Reasons that the pair is refused for: each file is a photo that can be used by itself."""


def _follow_up_codes(comparison: SessionComparison, baseline_left_out: Sequence[LeftOut]) -> set[str]:
    """Why photos of the follow-up took no part; the baseline's own losses stand in the same list."""
    codes = Counter(entry.code for entry in comparison.left_out)
    return set(codes - Counter(entry.code for entry in baseline_left_out))


def exit_code(comparisons: Sequence[SessionComparison], baseline_left_out: Sequence[LeftOut] = ()) -> Exit:
    """0 compared; 3 some sessions could not be used; 5 none is comparable; 1 no follow-up is a photo.

    A refused pair is a result; a session without a single usable photo is a failure.
    """
    reasons = [_follow_up_codes(comparison, baseline_left_out) for comparison in comparisons]
    failed = [
        not comparison.changes and bool(codes) and not codes & PAIR_REFUSED
        for comparison, codes in zip(comparisons, reasons, strict=True)
    ]
    if all(failed) and all(codes <= NOT_A_PHOTO for codes in reasons):
        return Exit.ERROR
    if not any(comparison.comparable for comparison in comparisons):
        return Exit.NOT_COMPARABLE
    return Exit.SOME_FAILED if any(failed) else Exit.OK
