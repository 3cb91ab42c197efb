"""The worker pool: whatever a photo does to its worker, the app gets an answer and goes on."""

from __future__ import annotations

import io
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from analysis.errors import AnalysisError, DamagedPhoto, EmptyFile, ModelsMissing, PhotoError
from analysis.records import Gate, PhotoAnalysis, Region, RegionPlan
from analysis.repeatability import OwnNoise, Repeatability
from dermatrend import worker_process, worker_steps
from dermatrend.pictures import ColourBar, Picture
from dermatrend.settings import Settings
from dermatrend.worker_process import Answer, AnswerReader, Job
from dermatrend.workers import CompareResult, WorkerFailed, WorkerPool


def photo(width: int = 400, height: int = 300, **options: Any) -> bytes:
    rng = np.random.default_rng(4)
    skin = np.array([200, 150, 130]) + rng.normal(0, 6, (height, width, 3))
    file = io.BytesIO()
    Image.fromarray(skin.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=92, **options)
    return file.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def pool(folder: Path) -> Iterator[WorkerPool]:
    with WorkerPool(Settings(data_dir=folder, models_dir=folder / "no-models")) as opened:
        yield opened


def test_importing_the_pool_loads_no_heavy_library() -> None:
    program = (
        "import sys, dermatrend.workers; "
        "print([m for m in ('cv2', 'numpy', 'PIL', 'scipy', 'pydantic', 'streamlit') if m in sys.modules])"
    )
    out = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent.parent,
    )
    assert out.stdout.strip() == "[]"


def test_a_thumbnail_is_small_upright_and_bare(pool: WorkerPool) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x013B] = "ARTIST-NAME"
    data = pool.thumbnail(photo(exif=exif, comment="COMMENT-TEXT"), 100)
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == (75, 100)
        assert not image.getexif()
        assert "exif" not in image.info
        assert "comment" not in image.info
    assert b"ARTIST" not in data


def test_refusals_arrive_with_all_four_parts(pool: WorkerPool) -> None:
    with pytest.raises(EmptyFile) as empty:
        pool.thumbnail(b"", 100)
    assert empty.value.advice
    with pytest.raises(DamagedPhoto, match="JPEG") as damaged:
        pool.thumbnail(photo()[:2000], 100)
    assert damaged.value.expected


def test_a_warm_worker_is_kept(pool: WorkerPool) -> None:
    assert pool.warm().result() == pool.warm().result() != os.getpid()


@pytest.mark.parametrize(
    ("function", "arguments", "says"),
    [
        (time.sleep, (60,), "took too long"),
        (max, (range(10**13),), "took too long"),  # busy inside one native call
        (os.abort, (), "ended by itself"),
        (os._exit, (0,), "ended by itself"),
        (os.kill, (0, 9), None),
        (bytearray, (10**12,), "more memory"),
        (int, ("SECRET-NAME",), "ValueError at"),
        (threading.Lock, (), "TypeError at"),  # a result that cannot travel
        (os.getenv, (b"x", b"y"), "error of the program"),
    ],
    ids=["sleep", "spin", "abort", "exit", "kill", "memory", "error", "unpicklable", "type-error"],
)
def test_a_failing_job_is_an_error_and_the_next_one_works(
    pool: WorkerPool, function: Any, arguments: tuple[Any, ...], says: str | None
) -> None:
    if function is os.kill:
        function, arguments, says = os.kill, (pool.warm().result(), 9), "ended by itself"
    start = time.perf_counter()
    with pytest.raises(WorkerFailed) as caught:
        pool.submit(function, *arguments, seconds=1.0).result(timeout=60)
    assert says is not None
    assert says in str(caught.value)
    assert time.perf_counter() - start < 30
    assert isinstance(caught.value, PhotoError)
    assert caught.value.advice
    assert "SECRET" not in str(caught.value)
    assert "/" not in str(caught.value)
    assert pool.warm().result(timeout=60) > 0


def test_a_worker_that_died_between_jobs_is_replaced(pool: WorkerPool) -> None:
    process = pool._workers[0]._process
    if process is None:
        pool.warm().result()
        process = pool._workers[0]._process
    assert process is not None
    process.kill()
    process.wait()
    assert pool.warm().result() != process.pid


def test_what_a_worker_prints_does_not_disturb_its_answers(pool: WorkerPool) -> None:
    assert pool.submit(os.write, 1, b" ").result() == 1
    assert pool.submit(len, "abc").result() == 3


def test_a_worker_knows_nothing_of_the_apps_settings(
    pool: WorkerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DERMATREND_DATABASE_URL", "postgresql://user:PASSWORD@host/db")
    pool.submit(os._exit, 0).exception()  # so that the next worker starts with this environment
    assert pool.submit(os.getenv, "DERMATREND_DATABASE_URL").result() is None


@pytest.mark.skipif(sys.platform == "win32", reason="limits of processes are a Unix thing")
def test_limits_are_set_where_the_system_has_them(pool: WorkerPool) -> None:
    import resource

    assert pool.submit(resource.getrlimit, resource.RLIMIT_CORE).result() == (0, 0)
    assert 0 < pool.submit(resource.getrlimit, resource.RLIMIT_CPU).result()[0] < 3600
    if sys.platform == "linux":
        assert 0 < pool.submit(resource.getrlimit, resource.RLIMIT_AS).result()[0] < 16 * 1024**3


def test_a_face_without_the_model_is_refused_by_name(pool: WorkerPool) -> None:
    with pytest.raises(ModelsMissing, match="models fetch"):
        pool.analyse(photo(), RegionPlan())
    with pytest.raises(ModelsMissing):
        pool.compare([photo()], [photo()], RegionPlan())


def drawn_plan() -> RegionPlan:
    square = np.array([[40, 40], [360, 40], [360, 260], [40, 260]], np.float32)
    return RegionPlan(drawn=(Region("scar", "treated", square),), px_per_mm=8.0)


def test_drawn_regions_are_measured_without_the_model(pool: WorkerPool) -> None:
    result = pool.analyse(photo(), drawn_plan(), "2026-03-14")
    assert isinstance(result, PhotoAnalysis)
    assert result.facts.captured_at == "2026-03-14"


def test_two_sessions_are_compared_and_drawn(pool: WorkerPool) -> None:
    first, second = photo(), photo(comment="another file")
    result = pool.compare([first], [second], drawn_plan())
    assert isinstance(result, CompareResult)
    assert result.comparison.views is None
    assert len(result.comparison.photo_ids) + len(result.comparison.left_out) >= 1
    for name, picture in result.pictures.items():
        assert picture.name == name
        assert picture.data[:4] in (b"\xff\xd8\xff\xe0", b"\x89PNG")


def test_jobs_run_side_by_side(folder: Path) -> None:
    with WorkerPool(Settings(data_dir=folder, worker_count=2)) as two:
        jobs = [two.submit(time.sleep, 1.0) for _ in range(2)]
        for job in jobs:
            job.result(timeout=120)
        pids = {worker._process.pid for worker in two._workers if worker._process is not None}
        assert len(pids) == 2


def test_closing_ends_idle_workers_cleanly_and_busy_ones_at_once(folder: Path) -> None:
    idle = WorkerPool(Settings(data_dir=folder))
    idle.warm().result()
    process = idle._workers[0]._process
    assert process is not None
    idle.close()
    assert process.returncode == 0  # ran to its end: exit handlers, and with them coverage, have run

    busy = WorkerPool(Settings(data_dir=folder))
    busy.warm().result()
    running, waiting = busy.submit(time.sleep, 60), busy.submit(time.sleep, 60)
    while not running.running():
        time.sleep(0.01)
    time.sleep(0.2)
    start = time.perf_counter()
    busy.close()
    with pytest.raises(WorkerFailed, match="closed"):
        running.result(timeout=10)
    assert waiting.cancelled()
    assert time.perf_counter() - start < 10
    with pytest.raises(RuntimeError, match="closed"):
        busy.warm()


def test_a_script_without_a_main_guard_is_not_run_again_by_its_workers(tmp_path: Path) -> None:
    script = tmp_path / "page.py"
    script.write_text(
        "import sys, types\n"
        "print('page runs')\n"
        # What `streamlit run` does: the page script becomes the main module.
        "sys.modules['__main__'].__file__ = __file__\n"
        "from dermatrend.settings import Settings\n"
        "from dermatrend.workers import WorkerPool\n"
        "pool = WorkerPool(Settings())\n"
        "print(pool.warm().result() > 0)\n"
    )
    root = str(Path(__file__).parent.parent)
    out = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert out.stdout.split("\n")[:2] == ["page runs", "True"]
    assert out.stdout.count("page runs") == 1
    assert out.stderr == ""


# --- the answers ----------------------------------------------------------------------------------


def read(message: bytes) -> Any:
    return AnswerReader(io.BytesIO(message)).load()


def test_records_errors_and_arrays_pass_the_answer_reader() -> None:
    bar = ColourBar(-1, 1, "H", ("#000000", "#ffffff"), "Redness")
    values: list[Any] = [
        1.5,
        "text",
        {"a": (1, 2)},
        Gate("blur", "texture", 0.1, 0.12, "ok"),
        Picture("baseline", "image/jpeg", b"\xff\xd8", 2, 2, bar),
        Repeatability(("a",), False, (OwnNoise("redness", "arm", None, "H", (1.0,)),)),
    ]
    for value in values:
        assert read(pickle.dumps(Answer(value), protocol=5)).value == value
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert np.array_equal(read(pickle.dumps(Answer(array), protocol=5)).value, array)
    assert read(pickle.dumps(Answer(np.float64(2.5)), protocol=5)).value == 2.5
    for error in (
        DamagedPhoto("a", expected="b", got="c", advice="d"),
        WorkerFailed("x"),
        ModelsMissing("y"),
    ):
        found = read(pickle.dumps(Answer(error=error), protocol=5)).error
        assert type(found) is type(error)
        assert found.as_json() == error.as_json()


class Evil:
    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize(
    "evil",
    [
        Evil(os.system, "true"),
        Evil(eval, "1"),
        Evil(getattr, "x", "upper"),
        Evil(WorkerPool, None),
        Evil(worker_process.thumbnail, b"", 1),
        Evil(Settings),
        Evil(Path, "x"),
    ],
    ids=["os.system", "eval", "getattr", "pool", "function", "settings", "path"],
)
def test_a_worker_that_was_taken_over_cannot_make_the_app_run_anything(evil: Evil) -> None:
    with pytest.raises(pickle.UnpicklingError, match="may not hold"):
        read(pickle.dumps(Answer(evil), protocol=5))


# --- the jobs, in this process --------------------------------------------------------------------


def test_how_far_a_job_is_comes_in_our_own_words_or_not_at_all(pool: WorkerPool) -> None:
    said: list[tuple[float, str]] = []
    nan = float("nan")
    # What a worker that was taken over might say.
    steps = ((0.1, "photos"), (nan, "photos"), (7.0, "photos"), (0.2, "<b>"), (0.3, ["x"]), ("0.5", "photos"))
    for share, stage in (*steps, (0.9, "pictures")):
        pool.submit(
            worker_steps.tell, share, stage, progress=lambda share, words: said.append((share, words))
        ).result()
    assert said == [(0.1, worker_steps.STAGES["photos"]), (0.9, worker_steps.STAGES["pictures"])]
    assert pool.submit(len, "abc").result() == 3


def test_a_job_answers_for_every_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    assert worker_process._run(Job(len, ((1, 2),), 1)).value == 2
    refused = worker_process._run(Job(worker_process.thumbnail, (b"", 10), 1))
    assert isinstance(refused.error, EmptyFile)
    assert not refused.retire

    def raising(error: Exception) -> Any:
        def job() -> None:
            raise error

        return worker_process._run(Job(job, (), 1))

    assert raising(MemoryError()).retire
    assert raising(RuntimeError("OpenCV(4.13) Insufficient memory in function alloc")).retire
    wrong = raising(KeyError("/home/somebody/Jane Doe.jpg")).error
    assert isinstance(wrong, WorkerFailed)
    assert "KeyError at test_workers.py, line" in wrong.got
    assert "Jane" not in str(wrong)


def test_errors_are_not_lost_by_pickling() -> None:
    error = WorkerFailed("what", expected="expected", got="got", advice="advice")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - made in the same line
    assert (type(again), again.as_json()) == (WorkerFailed, error.as_json())
    assert isinstance(again, AnalysisError)
    assert replace(Answer(1), retire=True).retire
