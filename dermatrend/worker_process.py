"""Inside a worker process: one photo job after the other, within limits, until the pool closes its pipe.

Started by `dermatrend.workers` as a fresh interpreter, never as a copy of the app: nothing of the app's
memory, connections or secrets is in it, and the app's own script is not run a second time. Hostile bytes
can at worst end this process.
"""

from __future__ import annotations

import contextlib
import math
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, BinaryIO

from analysis.errors import AnalysisError, PhotoError
from dermatrend import worker_steps
from dermatrend.worker_steps import MEASURED_SHARE, Count, Watched

if TYPE_CHECKING:
    from analysis.landmarks import FaceFinder
    from analysis.records import CardSearch, PhotoAnalysis, RegionPlan, SessionComparison
    from analysis.repeatability import Repeatability
    from dermatrend.pictures import Picture
    from dermatrend.settings import Settings


class WorkerFailed(PhotoError):
    """The worker process crashed, hung, ran out of memory or met an error of the program."""

    code = "worker_failed"


@dataclass(frozen=True, slots=True)
class CompareResult:
    """A comparison without its arrays, and the pictures that were drawn from them."""

    comparison: SessionComparison
    pictures: Mapping[str, Picture]


@dataclass(frozen=True, slots=True)
class Job:
    """A module-level function, what to call it with, and the CPU seconds it may use."""

    function: Any
    arguments: tuple[Any, ...]
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What a job returned or raised; `retire` asks for a fresh process after it."""

    value: Any = None
    error: AnalysisError | None = None
    retire: bool = False


_settings: Settings | None = None
_finder: FaceFinder | None = None


def analyse(
    data: bytes, plan: RegionPlan, captured_at: str | None, card: CardSearch | None = None
) -> PhotoAnalysis:
    """Measure one photo. Errors as `analysis.pipeline.analyse`."""
    from analysis import pipeline

    return pipeline.analyse(
        data,
        finder=_face_finder(plan),
        plan=plan,
        captured_at=captured_at,
        with_card=card is not None and card.everywhere,
        card_corners=card.corners if card is not None else None,
    )


def compare(
    baseline: Sequence[bytes],
    follow_up: Sequence[bytes],
    plan: RegionPlan,
    captured_at: Mapping[str, str] | None,
    own_noise: Repeatability | None = None,
    card: CardSearch | None = None,
) -> CompareResult:
    """Compare two sessions and draw their pictures; the arrays stay in this process."""
    from analysis import pipeline
    from dermatrend.pictures import encode_views

    taken_up = Count(len(baseline) + len(follow_up))
    comparison = pipeline.compare(
        Watched(baseline, taken_up),
        Watched(follow_up, taken_up),
        finder=_face_finder(plan),
        plan=plan,
        captured_at=captured_at,
        own_noise=own_noise,
        with_card=card is not None and card.everywhere,
        card_corners=card.corners if card is not None else None,
    )
    worker_steps.tell(MEASURED_SHARE, "pictures")
    pictures = encode_views(comparison.views) if comparison.views is not None else {}
    return CompareResult(replace(comparison, views=None), pictures)


def repeatability(photos: Sequence[bytes], plan: RegionPlan, baseline: bytes | None) -> Repeatability:
    """Study repeat shots. Errors as `analysis.pipeline.repeatability`."""
    from analysis import pipeline

    return pipeline.repeatability(photos, finder=_face_finder(plan), plan=plan, baseline=baseline)


def thumbnail(data: bytes, max_px: int) -> bytes:
    """The photo upright, in sRGB, at most `max_px` on the longer side, as JPEG without any metadata."""
    from analysis.decode import decode
    from dermatrend.pictures import encode_photo

    return encode_photo(decode(data).pixels, max_px).data


def _face_finder(plan: RegionPlan) -> FaceFinder | None:
    """The face finder, built once; None where regions are drawn and no face is looked for.

    Raises:
        ModelsMissing: a face is needed and the model has not been fetched.
    """
    global _finder  # noqa: PLW0603 - one model per process, kept between jobs
    if plan.drawn:
        return None
    if _finder is None:
        from analysis.landmarks import FaceFinder
        from dermatrend.face_models import load_models

        if _settings is None:
            raise RuntimeError("the worker was given no settings")
        _finder = FaceFinder(load_models(_settings))
    return _finder


def serve() -> None:
    """Read jobs from standard input and write answers to what was standard output, until the input ends."""
    global _settings
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the pool's business: it closes our input
    jobs = sys.stdin.buffer
    # Native libraries may print; the answer pipe must carry answers only.
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        _settings, threads = pickle.load(jobs)  # noqa: S301 - comes from our own parent
        ready = _run(Job(_prepare, (threads, _settings.worker_memory_mb), math.inf))
        _send(answers, ready)
        worker_steps.listen(answers)
        while ready.error is None:
            try:
                job = pickle.load(jobs)  # noqa: S301 - comes from our own parent
            except EOFError:
                return
            _limit_cpu(job.cpu_seconds)
            answer = _run(job)
            _send(answers, answer)
            if answer.retire:
                return


def _send(answers: BinaryIO, answer: Answer) -> None:
    try:
        message = pickle.dumps(answer, protocol=5)
    except Exception as error:  # noqa: BLE001 - a result that cannot travel is an error of the program
        message = pickle.dumps(Answer(error=_program_error(error)), protocol=5)
    answers.write(message)
    answers.flush()


def _run(job: Job) -> Answer:
    try:
        return Answer(job.function(*job.arguments))
    except AnalysisError as error:
        return Answer(error=error)
    except MemoryError:
        return Answer(error=_out_of_memory(), retire=True)
    except Exception as error:  # noqa: BLE001 - whatever it is, the app gets an answer
        if "Insufficient memory" in str(error):  # how OpenCV says MemoryError
            return Answer(error=_out_of_memory(), retire=True)
        return Answer(error=_program_error(error))


def _out_of_memory() -> WorkerFailed:
    limit = f"at most {_settings.worker_memory_mb} MB" if _settings else ""
    return WorkerFailed(
        "The photo needs more memory than a job may use",
        expected=limit,
        advice="Use a photo with fewer megapixels, or raise DERMATREND_WORKER_MEMORY_MB",
    )


def _program_error(error: Exception) -> WorkerFailed:
    # The text of a foreign exception may hold anything, so only its kind and place are told.
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.lineno]
    places = [f"{os.path.basename(frame.filename)}, line {frame.lineno}" for frame in frames[-1:]]
    return WorkerFailed(
        "The photo could not be processed because of an error of the program",
        expected="a result or a named refusal",
        got=f"{type(error).__name__} at {places[0]}" if places else type(error).__name__,
        advice="Leave this photo out, and report the error with this line",
    )


def _warm_up(threads: int) -> None:
    """Load what every job needs, so that the first photo waits no longer than the second."""
    import cv2

    from analysis import pipeline  # noqa: F401 - loaded for later
    from dermatrend import pictures  # noqa: F401 - loaded for later

    cv2.setNumThreads(threads)


def _prepare(threads: int, megabytes: int) -> None:
    _warm_up(threads)
    _limit_memory(megabytes)


def _limit_memory(megabytes: int) -> None:
    """Bound the memory that jobs may add to what the libraries have mapped already."""
    with contextlib.suppress(ImportError, OSError, ValueError):  # Windows has none of this, macOS half
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold a photo
        with open("/proc/self/statm") as statm:
            mapped = int(statm.read().split()[0]) * resource.getpagesize()
        limit = mapped + megabytes * 1024**2
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _limit_cpu(seconds: float) -> None:
    """Bound the CPU time of the next job, in case nobody is left to watch the clock."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        limit = math.ceil(used.ru_utime + used.ru_stime + seconds)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))


class AnswerReader(pickle.Unpickler):
    """Reads answers in the app: only our own records and errors and plain arrays can come out.

    A decoder taken over by hostile bytes writes the other end of this pipe.
    """

    def find_class(self, module: str, name: str) -> Any:
        """The class or array constructor of this name, if answers may hold it."""
        if (module, name) in _PLAIN_PARTS:
            return super().find_class(module, name)
        if module.startswith(("analysis.", "dermatrend.")) and "." not in name:
            found = super().find_class(module, name)
            own = isinstance(found, type) and found.__module__ == module
            if own and (module in _RECORD_MODULES or issubclass(found, AnalysisError)):
                return found
        raise pickle.UnpicklingError(f"an answer may not hold {module}.{name}")


_RECORD_MODULES = {
    "analysis.records",
    "analysis.repeatability",
    "dermatrend.pictures",
    "dermatrend.worker_process",
    "dermatrend.worker_steps",
}
_PLAIN_PARTS = {
    ("analysis.errors", "_rebuild"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy._core.numeric", "_frombuffer"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "scalar"),
    ("numpy.core.numeric", "_frombuffer"),
}
