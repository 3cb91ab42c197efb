"""One worker process as the app sees it: started, asked, watched by the clock, ended.

A worker is a fresh interpreter that runs `worker_process.serve`: not a fork, and not `multiprocessing`,
which would run the app's script again in each worker.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dermatrend.worker_process import Answer, AnswerReader, Job, WorkerFailed
from dermatrend.worker_steps import STAGES, Step

if TYPE_CHECKING:
    from dermatrend.settings import Settings

Progress = Callable[[float, str], None]
"""Told the share that is done and a few words, from a thread of the pool."""

START_SECONDS = 120.0
"""Longest time a worker may take to load its libraries, on a busy machine with cold disks."""
CLOSE_SECONDS = 5.0

_COMMAND = "from dermatrend.worker_process import serve; serve()"


def silent(_share: float, _words: str) -> None:
    """The progress of work that nobody watches."""


class Worker:
    """One worker process, started when needed and replaced when it fails. Used by one thread."""

    def __init__(self, settings: Settings, threads: int) -> None:
        self._settings = settings
        self._threads = threads
        self._process: subprocess.Popen[bytes] | None = None
        self._busy = threading.Lock()
        self._closed = False

    def run(self, job: Job, seconds: float, progress: Progress = silent) -> Any:
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
        progress: Progress = silent,
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
