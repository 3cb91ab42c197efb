"""The one process pool: every photo is read and measured in a process of its own kind, never in the app.

A worker is a fresh interpreter that runs `worker_process.serve`: not a fork, and not `multiprocessing`,
which would run the app's script again in each worker. One thread per worker hands it jobs and waits. A
worker that crashes, hangs or runs out of memory is replaced, and its job becomes a `WorkerFailed`.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from dermatrend import worker_process
from dermatrend.worker_process import Answer, AnswerReader, CompareResult, Job, WorkerFailed
from dermatrend.worker_steps import STAGES, Step

if TYPE_CHECKING:
    from analysis.records import CardSearch, PhotoAnalysis, RegionPlan
    from analysis.repeatability import Repeatability
    from dermatrend.settings import Settings

__all__ = ["CompareResult", "WorkerFailed", "WorkerPool"]

T = TypeVar("T")
Progress = Callable[[float, str], None]
"""Told the share that is done and a few words, from a thread of the pool."""

START_SECONDS = 120.0
"""Longest time a worker may take to load its libraries, on a busy machine with cold disks."""
CLOSE_SECONDS = 5.0

_COMMAND = "from dermatrend.worker_process import serve; serve()"
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
        self._workers = [_Worker(quiet, threads) for _ in range(settings.worker_count)]
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
        self._jobs.put(_Entry(future, job, seconds, progress or _silent))
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


def _silent(_share: float, _words: str) -> None:
    return None


def _work(worker: _Worker, jobs: queue.SimpleQueue[_Entry | None]) -> None:
    while (entry := jobs.get()) is not _QUEUE_END:
        if not entry.future.set_running_or_notify_cancel():
            continue
        try:
            entry.future.set_result(worker.run(entry.job, entry.seconds, entry.progress))
        except BaseException as error:  # noqa: BLE001 - the one who waits gets it, whatever it is
            entry.future.set_exception(error)


def _close(workers: list[_Worker], jobs: queue.SimpleQueue[_Entry | None]) -> None:
    with contextlib.suppress(queue.Empty):
        while entry := jobs.get_nowait():
            entry.future.cancel()
    for worker in workers:
        jobs.put(_QUEUE_END)
        worker.close()


class _Worker:
    """One worker process, started when needed and replaced when it fails. Used by one thread."""

    def __init__(self, settings: Settings, threads: int) -> None:
        self._settings = settings
        self._threads = threads
        self._process: subprocess.Popen[bytes] | None = None
        self._busy = threading.Lock()
        self._closed = False

    def run(self, job: Job, seconds: float, progress: Progress = _silent) -> Any:
        """The job's result.

        Raises:
            AnalysisError: what the job raised, or WorkerFailed.
        """
        with self._busy:
            process = self._started()
            answer = self._ask(process, job, seconds, progress)
            if answer.retire:
                self._end(process)
        if answer.error is not None:
            raise answer.error
        return answer.value

    def close(self) -> None:
        """End the process: by the end of its input if it is idle, otherwise at once."""
        self._closed = True
        process = self._process
        if process is None:
            return
        if self._busy.acquire(blocking=False):
            try:
                self._end(process)
            finally:
                self._busy.release()
        else:
            process.kill()  # the thread that waits for it sees the end and cleans up

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        if self._process is not None:
            self._end(self._process)
        if self._closed:
            raise _failed("the worker pool was closed")
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _COMMAND],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # libtiff and others comment on broken files there
            env=_environment(),
        )
        process = self._process
        ready = self._ask(process, (self._settings, self._threads), START_SECONDS)
        if ready.error is not None:
            self._end(process)
            raise ready.error
        return process

    def _ask(
        self,
        process: subprocess.Popen[bytes],
        message: object,
        seconds: float,
        progress: Progress = _silent,
    ) -> Answer:
        """Send a message, pass on how far it is, and wait for its answer, no longer than `seconds`."""
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the worker has no pipes")
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            process.kill()

        watch = threading.Timer(seconds, expire)
        watch.daemon = True
        watch.start()
        try:
            # One buffer, one write: a job that cannot be pickled must not leave half a message behind.
            process.stdin.write(pickle.dumps(message, protocol=5))
            process.stdin.flush()
            while isinstance(answer := AnswerReader(process.stdout).load(), Step):
                _pass_on(answer, progress)
            if not isinstance(answer, Answer):
                raise pickle.UnpicklingError("no answer")
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            code = self._end(process)
            raise self._failure(code, seconds if expired.is_set() else None) from error
        finally:
            watch.cancel()
        return answer

    def _failure(self, code: int | None, seconds: float | None) -> WorkerFailed:
        if seconds is not None or (code is not None and code == -getattr(signal, "SIGXCPU", 0)):
            return WorkerFailed(
                "The photo took too long",
                expected=f"at most {seconds:g} seconds" if seconds else "a bounded amount of work",
                got="no result in that time",
                advice="Try again, or use a smaller photo; DERMATREND_PHOTO_SECONDS sets the limit",
            )
        if self._closed:
            return _failed("the worker pool was closed")
        return _failed(f"the worker process ended by itself (code {code})")

    def _end(self, process: subprocess.Popen[bytes]) -> int | None:
        """Close the pipes, wait, and kill what does not end. The exit code."""
        self._process = None
        with contextlib.suppress(OSError):
            if process.stdin:
                process.stdin.close()
        try:
            code = process.wait(CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        if process.stdout:
            process.stdout.close()
        return code


def _pass_on(step: Step, progress: Progress) -> None:
    """A worker may be hostile: the words are ours, and the share is a share."""
    share, stage = getattr(step, "share", None), getattr(step, "stage", None)
    if isinstance(stage, str) and stage in STAGES and isinstance(share, float) and 0 <= share <= 1:
        progress(share, STAGES[stage])


def _failed(got: str) -> WorkerFailed:
    return WorkerFailed(
        "The photo could not be processed",
        expected="a result or a named refusal",
        got=got,
        advice="Try again; if it stays, leave this photo out",
    )


def _environment() -> dict[str, str]:
    """The worker's environment: our import path, no settings or secrets of the app, quiet libraries."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("DERMATREND_")}
    # Threads of the linear algebra library would only compete with OpenCV's.
    kept |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENCV_LOG_LEVEL": "ERROR"}
    return kept | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
