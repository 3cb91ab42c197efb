"""The one process pool: every photo is read and measured in a process of its own kind, never in the app.

One thread per worker hands it jobs and waits. A worker that crashes, hangs or runs out of memory is replaced,
and its job becomes a `WorkerFailed`.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from dermatrend import worker_process
from dermatrend.worker import Progress, Worker, silent
from dermatrend.worker_process import CompareResult, Job, WorkerFailed

if TYPE_CHECKING:
    from analysis.records import CardSearch, PhotoAnalysis, RegionPlan
    from analysis.repeatability import Repeatability
    from dermatrend.settings import Settings

__all__ = ["CompareResult", "WorkerFailed", "WorkerPool"]

T = TypeVar("T")

_QUEUE_END = None


class WorkerPool:
    """Runs photo jobs in worker processes. Cheap to make: workers start with their first job.

    Safe to use from several threads. Use as a context manager, or `close()` it.

    >>> from dermatrend.settings import Settings
    >>> with WorkerPool(Settings()) as pool:
    ...     pool.thumbnail(b"", 320)
    Traceback (most recent call last):
    analysis.errors.EmptyFile: The file is empty; expected ...
    """

    def __init__(self, settings: Settings) -> None:
        self._seconds = settings.photo_seconds
        self._jobs: queue.SimpleQueue[_Entry | None] = queue.SimpleQueue()
        # The password of a database has no business where hostile bytes are decoded.
        quiet = settings.model_copy(update={"database_url": None})
        threads = max(1, (os.cpu_count() or 1) // settings.worker_count)
        self._workers = [Worker(quiet, threads) for _ in range(settings.worker_count)]
        for number, worker in enumerate(self._workers):
            # Daemons: a job that hangs must not keep the app from ending.
            threading.Thread(
                target=_work, args=(worker, self._jobs), name=f"worker-{number}", daemon=True
            ).start()
        self._finalizer = weakref.finalize(self, _close, self._workers, self._jobs)

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def analyse(
        self, data: bytes, plan: RegionPlan, captured_at: str | None = None, card: CardSearch | None = None
    ) -> PhotoAnalysis:
        """Measure one photo; `card` says whether and where a colour card is looked for.

        Raises:
            AnalysisError: as `analysis.pipeline.analyse`, ModelsMissing, or WorkerFailed.
        """
        return self.submit_analyse(data, plan, captured_at, card).result()

    def compare(
        self,
        baseline: Sequence[bytes],
        follow_up: Sequence[bytes],
        plan: RegionPlan,
        captured_at: Mapping[str, str] | None = None,
        own_noise: Repeatability | None = None,
        card: CardSearch | None = None,
        progress: Progress | None = None,
    ) -> CompareResult:
        """Compare two sessions; `captured_at` maps a photo's sha256 to the person's own date.

        A study of the person's own repeat shots, given as `own_noise`, enters the bands.
        `progress` is told of every photo that was read, of the measuring and of the pictures.

        Raises:
            AnalysisError: as `analysis.pipeline.compare`, ModelsMissing, or WorkerFailed.
        """
        return self.submit_compare(
            baseline, follow_up, plan, captured_at, own_noise, card, progress=progress
        ).result()

    def repeatability(
        self, photos: Sequence[bytes], plan: RegionPlan, baseline: bytes | None = None
    ) -> Repeatability:
        """Study repeat shots of the same skin.

        Raises:
            AnalysisError: as `analysis.pipeline.repeatability`, ModelsMissing, or WorkerFailed.
        """
        return self.submit_repeatability(photos, plan, baseline).result()

    def thumbnail(self, data: bytes, max_px: int) -> bytes:
        """The photo upright, in sRGB, within `max_px` by `max_px`, as JPEG without metadata.

        Raises:
            PhotoError: the photo cannot be read, or WorkerFailed.
        """
        return self.submit_thumbnail(data, max_px).result()

    def submit_analyse(
        self, data: bytes, plan: RegionPlan, captured_at: str | None = None, card: CardSearch | None = None
    ) -> Future[PhotoAnalysis]:
        """As `analyse`, at once with a future."""
        return self.submit(worker_process.analyse, data, plan, captured_at, card)

    def submit_compare(
        self,
        baseline: Sequence[bytes],
        follow_up: Sequence[bytes],
        plan: RegionPlan,
        captured_at: Mapping[str, str] | None = None,
        own_noise: Repeatability | None = None,
        card: CardSearch | None = None,
        *,
        progress: Progress | None = None,
    ) -> Future[CompareResult]:
        """As `compare`, at once with a future. The time limit grows with the number of photos."""
        before, after = tuple(baseline), tuple(follow_up)
        seconds = self._seconds * max(1, len(before) + len(after))
        dates = dict(captured_at) if captured_at else None
        return self.submit(
            worker_process.compare,
            before,
            after,
            plan,
            dates,
            own_noise,
            card,
            seconds=seconds,
            progress=progress,
        )

    def submit_repeatability(
        self, photos: Sequence[bytes], plan: RegionPlan, baseline: bytes | None = None
    ) -> Future[Repeatability]:
        """As `repeatability`, at once with a future. The time limit grows with the number of photos."""
        shots = tuple(photos)
        seconds = self._seconds * (len(shots) + 1)
        return self.submit(worker_process.repeatability, shots, plan, baseline, seconds=seconds)

    def submit_thumbnail(self, data: bytes, max_px: int) -> Future[bytes]:
        """As `thumbnail`, at once with a future."""
        return self.submit(worker_process.thumbnail, data, max_px)

    def submit(
        self,
        function: Callable[..., T],
        *arguments: Any,
        seconds: float | None = None,
        progress: Progress | None = None,
    ) -> Future[T]:
        """Run a module-level function in a worker. It may return our records, arrays and plain values."""
        if not self._finalizer.alive:
            raise RuntimeError("the worker pool is closed; open a new one")
        seconds = seconds or self._seconds
        job = Job(function, arguments, cpu_seconds=seconds * (os.cpu_count() or 1))
        future: Future[T] = Future()
        self._jobs.put(_Entry(future, job, seconds, progress or silent))
        return future

    def warm(self) -> Future[int]:
        """Start a worker now, so that the first photo does not wait for libraries to load."""
        return self.submit(os.getpid)

    def close(self) -> None:
        """End the workers: idle ones cleanly, busy ones at once. Jobs that wait are cancelled."""
        self._finalizer()


@dataclass(frozen=True, slots=True)
class _Entry:
    """A job that waits for a worker."""

    future: Future[Any]
    job: Job
    seconds: float
    progress: Progress


def _work(worker: Worker, jobs: queue.SimpleQueue[_Entry | None]) -> None:
    while (entry := jobs.get()) is not _QUEUE_END:
        if not entry.future.set_running_or_notify_cancel():
            continue
        try:
            entry.future.set_result(worker.run(entry.job, entry.seconds, entry.progress))
        except BaseException as error:  # noqa: BLE001 - the one who waits gets it, whatever it is
            entry.future.set_exception(error)


def _close(workers: list[Worker], jobs: queue.SimpleQueue[_Entry | None]) -> None:
    with contextlib.suppress(queue.Empty):
        while entry := jobs.get_nowait():
            entry.future.cancel()
    for worker in workers:
        jobs.put(_QUEUE_END)
        worker.close()
