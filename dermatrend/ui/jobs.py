"""Long work beside the pages: one workflow call in a thread of its own, watched by the page.

The thread never touches Streamlit. It writes how far it is into its `Job`; a fragment of the page
reads that twice a second and draws the bar. A visitor who clicks elsewhere interrupts nothing.
A page that needs a result asks `kept` for it: what is at hand is drawn at once, the rest is made first.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import streamlit as st

from analysis.errors import AnalysisError
from dermatrend.ui import style

T = TypeVar("T")
Progress = Callable[[float, str], None]

# The measuring itself happens in the worker processes; these threads only wait for it.
_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="job")
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Job(Generic[T]):
    """A running workflow call: how far it is, and in the end what came of it."""

    future: Future[T] = field(default_factory=Future)
    fraction: float = 0.0
    text: str = ""
    of: object = None
    """What it is the result for."""
    ended: bool = False
    """Whether it had ended when the page began to be drawn: only then does all of it show what came."""

    def report(self, fraction: float, text: str) -> None:
        """Called by the workflow from its thread."""
        self.fraction, self.text = min(1.0, max(0.0, fraction)), text


def settle() -> None:
    """Mark the work that has ended; called once, before anything of a page is drawn."""
    for key, job in st.session_state.items():
        if str(key).startswith("job_"):
            job.ended = job.future.done()


def start(name: str, work: Callable[[Progress], T], *, of: object = None) -> None:
    """Start the work under this name for this visitor, unless it is running already."""
    key = f"job_{name}"
    if key in st.session_state:
        return
    job: Job[T] = Job(of=of)
    job.future = _threads.submit(work, job.report)
    st.session_state[key] = job


def running(name: str) -> bool:
    """Whether work of this name has been started and not yet been collected."""
    return f"job_{name}" in st.session_state


def watch(name: str, what: str) -> None:
    """Draw the bar of a running job, and run the page again when it ends."""

    @st.fragment(run_every=0.4)
    def bar() -> None:
        job: Job[object] | None = st.session_state.get(f"job_{name}")
        if job is None or job.future.done():
            st.rerun(scope="app")
        else:
            st.progress(job.fraction, text=job.text or what)

    bar()


def collect(name: str, *, of: object = None) -> tuple[Any, AnalysisError | None] | None:
    """(result, None) or (None, refusal) of an ended job, once; None while it runs or was never started.

    A job that ends while the page is being drawn counts as running: `watch` has the page drawn again. One
    that was started for something else than is wanted now (`of`) ends for nothing.
    """
    key = f"job_{name}"
    job: Job[Any] | None = st.session_state.get(key)
    if job is None or not job.ended:
        return None
    del st.session_state[key]
    if job.of != of:
        return None
    try:
        return job.future.result(), None
    except AnalysisError as refusal:
        return None, refusal
    except Exception as error:  # noqa: BLE001 - the page must go on: it says so, the log names the kind only
        _log.error("a job failed: %s", type(error).__name__)
        return None, AnalysisError(
            "This did not work, and the reason is not one that was foreseen",
            got=type(error).__name__,
            advice="Try again; nothing that was stored before is touched",
        )


def kept(
    slot: str, identity: object, name: str, work: Callable[[Progress], T], *, what: str, refused: str
) -> T | None:
    """The result of some work: the one at hand if it is still the same, else made now, with a bar.

    Args:
        slot: where this visitor's latest result of its kind is kept.
        identity: everything that the result depends on; another one is made when it differs.
        name: of the job.
        work: makes it.
        what: said beside the bar until the work itself says something.
        refused: title of the note that stands where there is no result.

    Returns:
        None while it is being made, or where it cannot be made; the page has been told then.
    """
    shown = st.session_state.get(slot)
    if shown is not None and shown[0] == identity:
        result: T = shown[1]
        return result
    ended = collect(name, of=identity)
    if ended is None:
        start(name, work, of=identity)
        watch(name, what)
        return None
    made, error = ended
    if error is not None or made is None:
        style.refusal(error or AnalysisError("Nothing was measured"), refused)
        if st.button("Try again", key=f"again_{name}"):
            st.rerun()
        return None
    st.session_state[slot] = (identity, made)
    done: T = made
    return done
