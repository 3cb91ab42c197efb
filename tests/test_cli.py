"""The command line's contract: words in, streams and exit code out. The pool is scripted here.

`test_cli_photos.py` runs the same commands on photos, with the real pool.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.errors import AnalysisError
from analysis.records import METHOD_VERSION, LeftOut, Parameters
from dermatrend import cli, console, photo_commands, photo_report, workers
from dermatrend.console import UsageProblem
from tests import factories
from tests.scripted_pool import DAMAGED, FIRST, LATER, ScriptedPool, nothing_left


@pytest.fixture(autouse=True)
def _pool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ScriptedPool.made = []
    monkeypatch.setattr(workers, "WorkerPool", ScriptedPool)
    monkeypatch.chdir(tmp_path)
    for name in ("good", "better", "damaged", "refused", "no face", "crash", "third"):
        Path(f"{name}.jpg").write_bytes(name.encode())
    Path("folder.jpg").mkdir()


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: str) -> tuple[int, str, str]:
        code = cli.run(words)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.mark.parametrize(
    ("follow_ups", "code"),
    [
        (["good"], 0),
        (["good", "refused"], 0),
        (["refused"], 5),
        (["no face"], 5),
        (["damaged"], 1),
        (["crash"], 1),
        (["damaged", "refused"], 5),
        (["good", "damaged"], 3),
        (["good", "no face"], 3),
        (["good", "crash"], 3),
    ],
)
def test_exit_code_of_compare(run: Run, follow_ups: list[str], code: int) -> None:
    found, out, _ = run("compare", "good.jpg", *[f"{name}.jpg" for name in follow_ups], "--json")
    assert found == code
    entries = json.loads(out)["follow_ups"]
    assert len(entries) == len(follow_ups)
    for entry, name in zip(entries, follow_ups, strict=True):
        assert entry["comparable"] is (name == "good")
        assert (entry["grade"] == "not_comparable") is (name != "good")
        assert bool(entry["reasons"]) is (name != "good")
    assert all(pool.closed for pool in ScriptedPool.made)


def test_a_photo_that_no_skin_can_be_read_in_is_a_refused_pair() -> None:
    good = factories.comparison(FIRST, LATER)
    dark = nothing_left([LeftOut(LATER.photos[0].id, "not_readable", "No skin can be read")])
    assert photo_commands.exit_code([good, dark]) == 0
    assert photo_commands.exit_code([dark]) == 5


def test_the_object_of_compare(run: Run) -> None:
    _, out, _ = run("compare", "good.jpg", "good.jpg", "--json")
    document = json.loads(out)
    assert document["schema_version"] == "1.0"
    assert document["software"] == "dermatrend 0.1.0"
    assert document["method_version"] == METHOD_VERSION
    assert document["parameters_sha256"] == Parameters().sha256()
    assert set(document["baseline"]) >= {"photo_ids", "captured_at", "px_per_mm", "gates"}
    entry = document["follow_ups"][0]
    fixed = {"photo_ids", "grade", "comparable", "reasons", "gates", "alignment", "changes"}
    assert set(entry) >= fixed
    assert set(entry["gates"][0]) >= {"name", "family", "value", "limit", "state", "advice"}
    assert set(entry["alignment"]) >= {"residual_mm", "overlap"}
    fields = (
        "metric family region reference unit baseline follow_up difference ci95 mdc95 verdict visible flags"
    )
    assert set(entry["changes"][0]) >= set(fields.split())
    assert len(entry["changes"][0]["ci95"]) == 2


def test_not_a_number_becomes_null(run: Run) -> None:
    _, out, _ = run("compare", "good.jpg", "refused.jpg", "--json")
    change = json.loads(out)["follow_ups"][0]["changes"][0]
    assert change["difference"] is None
    assert change["ci95"] == [None, None]
    assert change["flags"]


def test_data_on_stdout_progress_on_stderr(run: Run) -> None:
    _, out, err = run("compare", "good.jpg", "good.jpg")
    assert "Comparing good.jpg" in err
    assert "Comparing" not in out
    assert "grade A" in out
    # A number never stands without its band and unit.
    assert " ± " in out


def test_a_refused_session_is_told_in_words(run: Run) -> None:
    _, out, _ = run("compare", "good.jpg", "refused.jpg")
    assert "refused.jpg: not comparable" in out
    assert "Pose: 13, the limit is 10" in out


def test_sessions_of_several_shots(run: Run) -> None:
    code, _, _ = run(
        "compare",
        "--baseline",
        "good.jpg",
        "better.jpg",
        "--session",
        "better.jpg",
        "refused.jpg",
        "refused.jpg",
        "--session",
        "good.jpg",
    )
    assert code == 0
    shots = [(len(first), later) for first, later, _ in ScriptedPool.made[0].seen]
    # No photo counts twice, unless zero change is what is asked for.
    assert shots == [(2, [b"refused"]), (2, [b"good"])]


def test_plain_photos_after_a_named_baseline_are_follow_ups(run: Run) -> None:
    run("compare", "good.jpg", "refused.jpg", "--baseline", "good.jpg", "good.jpg")
    assert [later for _, later, _ in ScriptedPool.made[0].seen] == [[b"good"], [b"refused"]]


def test_a_second_baseline_option_adds_its_shots(run: Run) -> None:
    words = ("--baseline", "good.jpg", "--baseline", "better.jpg", "--session", "third.jpg")
    assert run("compare", *words)[0] == 0
    assert ScriptedPool.made[0].seen[0][0] == [b"good", b"better"]


def test_roles_of_regions(run: Run) -> None:
    words = ["--treated", "left_cheek", "right_cheek", "--reference", "forehead"]
    assert run("compare", "good.jpg", "good.jpg", *words)[0] == 0
    plan = ScriptedPool.made[0].seen[0][2]
    assert plan.treated == ("left_cheek", "right_cheek")
    assert plan.reference == ("forehead",)


def test_a_damaged_shot_of_the_baseline_is_named(run: Run) -> None:
    code, out, _ = run("compare", "--baseline", "good.jpg", "damaged.jpg", "--session", "good.jpg", "--json")
    assert code == 0
    assert json.loads(out)["baseline"]["left_out"][0]["code"] == "damaged_photo"


def test_a_damaged_baseline_is_an_error(run: Run) -> None:
    code, out, err = run("compare", "damaged.jpg", "good.jpg", "--json")
    assert code == 1
    assert json.loads(out) == {"error": DAMAGED.as_json()}
    assert "error: The photo is damaged\n  what to do: Send the original file" in err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["analyse", "none.jpg"], "none.jpg was not found"),
        (["analyse", "folder.jpg"], "folder.jpg is a folder"),
        (["analyse"], "Missing argument"),
        (["compare", "good.jpg", "none.jpg"], "none.jpg was not found"),
        (["compare", "good.jpg"], "nothing to compare"),
        (["compare"], "nothing to compare"),
        (["compare", "--baseline", "good.jpg", "good.jpg"], "nothing to compare"),
        (["compare", "good.jpg", "good.jpg", "--treated", "elbow"], "A region of the face is unknown"),
        (["compare", "good.jpg", "good.jpg", "--regions", "none.json"], "none.json was not found"),
        (["compare", "good.jpg", "good.jpg", "--regions", "x", "--treated", "nose"], "together with"),
        (["compare", "good.jpg", "good.jpg", "--report", "none/out.pdf"], "cannot be written there"),
        (["compare", "good.jpg", "good.jpg", "--report", "good.jpg"], "would replace a file"),
        (["compare", "good.jpg", "good.jpg", "--treated"], "--treated has no value"),
        (["compare", "good.jpg", "good.jpg", "--treated", "nose", "--reference", "nose"], "has two roles"),
        (["serve", "--port", "0"], "Invalid value"),
        (["unheard-of"], "No such command"),
        (["validate", "--quick", "--real"], "More than one kind"),
        (["validate", "--real", "--photos", "none"], "The real photos were not found"),
    ],
)
def test_mistakes_of_the_command_line(run: Run, words: list[str], says: str) -> None:
    code, out, err = run(*words)
    assert code == 2
    assert out == ""
    assert says in err
    assert not ScriptedPool.made
    if words[0] not in ("serve", "unheard-of"):
        code, out, _ = run(*words, "--json")
        assert says in json.loads(out)["error"]["what"]


def test_regions_that_are_no_json(run: Run) -> None:
    Path("regions.json").write_bytes(b"\xff\xfe\x00")
    assert run("analyse", "good.jpg", "--regions", "regions.json")[0] == 2
    Path("regions.json").write_text("{")
    assert run("analyse", "good.jpg", "--regions", "regions.json")[0] == 1


@pytest.mark.parametrize("kind", ["default", "quick", "full"])
def test_synthetic_validation_gets_its_size(run: Run, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    calls: list[tuple[object, ...]] = []
    module = types.ModuleType("benchmarks.skindro.runner")
    module.main = lambda *words: calls.append(words) or 1  # type: ignore[attr-defined]  # a stand-in
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr("benchmarks.skindro.runner", module, raising=False)
    option = [] if kind == "default" else [f"--{kind}"]
    assert run("validate", *option, "--json")[0] == 1
    assert calls == [(kind, True)]


def test_benchmarks_get_their_options(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[object, ...]] = []
    for name in ("real_arm", "speed"):
        module = types.ModuleType(f"benchmarks.{name}")
        module.main = lambda *words: calls.append(words) or 0  # type: ignore[attr-defined]  # a stand-in
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setattr(f"benchmarks.{name}", module, raising=False)
    Path("photos/faces").mkdir(parents=True)
    assert run("validate", "--real", "--json", "--photos", "photos")[0] == 0
    monkeypatch.setenv("DERMATREND_PHOTOS", "photos")
    assert run("validate", "--real")[0] == 0
    assert run("bench", "--json")[0] == 0
    assert calls == [(True, Path("photos")), (False, Path("photos")), (True,)]


def test_the_model_is_fetched_by_name(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from dermatrend import face_models

    monkeypatch.setattr(face_models, "fetch_models", lambda _settings, _progress: Path("models"))
    code, out, _ = run("models", "fetch", "--json")
    assert code == 0
    document = json.loads(out)
    assert document["folder"] == "models"
    assert len(document["files"]) == 4


def test_analyse_in_words_and_as_json(run: Run) -> None:
    code, out, _ = run("analyse", "good.jpg")
    assert code == 0
    assert "usable for: colour, texture" in out
    assert "redness uniformity" in out
    code, out, _ = run("analyse", "good.jpg", "--json")
    document = json.loads(out)
    assert document["photo"]["photo_id"] == FIRST.photos[0].id
    assert {"software", "method_version", "gates"} <= {*document, *document["photo"]}
    assert run("analyse", "no face.jpg")[0] == 1


def test_a_report_is_written_beside_the_answer(run: Run) -> None:
    code, _, err = run("compare", "good.jpg", "good.jpg", "no face.jpg", "--report", "out.pdf")
    assert code == 3
    assert "Report written: out.pdf" in err
    assert Path("out.pdf").read_bytes().startswith(b"%PDF-")


def refuse(*_: object) -> None:
    raise UsageProblem("The report could not be written", got="out.pdf: No space left on device")


def test_a_report_that_fails_costs_no_answer(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photo_report, "write_report", refuse)
    code, out, err = run("compare", "good.jpg", "better.jpg", "--json", "--report", "out.pdf")
    assert code == 2
    assert json.loads(out)["follow_ups"][0]["comparable"] is True
    assert "error: The report could not be written\n  got: out.pdf: No space left on device" in err
    assert "Report written" not in err
    code, out, _ = run("compare", "good.jpg", "better.jpg", "--report", "out.pdf")
    assert code == 2
    assert "better.jpg: grade A" in out


def test_a_reader_who_has_gone_costs_no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_value: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(console, "write_json", gone)
    words = ["compare", "good.jpg", "better.jpg", "--json", "--report", "out.pdf"]
    with pytest.raises(BrokenPipeError):
        cli.app(words, standalone_mode=False)
    assert Path("out.pdf").read_bytes().startswith(b"%PDF-")


def test_a_file_too_large_to_be_read_costs_its_own_session_only(run: Run) -> None:
    with Path("huge.jpg").open("wb") as file:
        file.truncate(70 * 1024**2)
    code, out, _ = run("compare", "good.jpg", "better.jpg", "huge.jpg", "--json")
    assert code == 3
    good, huge = json.loads(out)["follow_ups"]
    assert good["comparable"] is True
    assert "at most 30 MB; got 70.0 MB" in huge["reasons"][0]
    assert huge["photo_ids"] == [hashlib.sha256(bytes(70 * 1024**2)).hexdigest()]
    assert run("compare", "good.jpg", "huge.jpg")[0] == 1
    # Beside a good shot it is left out, and the analysis never sees it; so on either side.
    words = ("--baseline", "good.jpg", "huge.jpg", "--session", "better.jpg", "huge.jpg", "--json")
    code, out, _ = run("compare", *words)
    assert code == 0
    assert ScriptedPool.made[-1].seen[0][:2] == ([b"good"], [b"better"])
    document = json.loads(out)
    assert [one["code"] for one in document["baseline"]["left_out"]] == ["photo_too_large"]
    assert {one["code"] for one in document["follow_ups"][0]["left_out"]} == {"photo_too_large"}
    code, _, err = run("analyse", "huge.jpg")
    assert code == 1
    assert "got: 70.0 MB" in err


def test_a_session_is_not_excused_by_what_the_baseline_lost(run: Run) -> None:
    with Path("huge.jpg").open("wb") as file:
        file.truncate(70 * 1024**2)
    with Path("huger.jpg").open("wb") as file:
        file.truncate(71 * 1024**2)
    words = ("--baseline", "good.jpg", "huge.jpg", "--session", "huger.jpg", "--session", "better.jpg")
    assert run("compare", *words)[0] == 3


REPEATS = ("repeatability", "good.jpg", "better.jpg", "third.jpg")


def test_repeat_shots_in_words_and_as_json(run: Run) -> None:
    code, out, err = run(*REPEATS)
    assert code == 0
    assert out.startswith("3 shots: good.jpg, better.jpg, third.jpg\n")
    assert "rest of face" in out
    assert "0.43 H" in out, "sqrt((0.5^2 + 0.7^2) / 2 / 2)"
    assert "Studying 3 shots" in err
    code, out, _ = run(*REPEATS, "--json")
    document = json.loads(out)
    assert code == 0
    assert document["kind"] == "dermatrend repeatability"
    assert len(document["photo_ids"]) == 3
    (band,) = document["bands"]
    assert band["sd"] == pytest.approx(0.43, abs=0.005)
    assert 0 < band["default_mdc95"] < band["mdc95"], "restless for a nose"
    assert ScriptedPool.made[-1].closed


def test_a_study_is_written_and_used(run: Run) -> None:
    assert run(*REPEATS, "--out", "repeats.json")[0] == 0
    assert run(*REPEATS, "--out", "repeats.json")[0] == 0, "an earlier study may be replaced"
    code, out, _ = run("compare", "good.jpg", "better.jpg", "--repeatability", "repeats.json")
    assert code == 0
    assert "band from your own repeat shots (3)" in out
    assert "own repeat shots" not in run("compare", "good.jpg", "better.jpg")[1]
    code, _, err = run("compare", "good.jpg", "crash.jpg", "--repeatability", "repeats.json")
    assert code == 1
    assert "of other regions" in err


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["good.jpg", "better.jpg", "third.jpg", "damaged.jpg"], 3, "left out"),
        (["good.jpg", "better.jpg", "no face.jpg"], 1, "No face was found"),
        (["good.jpg", "better.jpg", "refused.jpg"], 5, "do not show the same skin"),
        (["good.jpg", "better.jpg"], 2, "Too few repeat shots"),
        (["good.jpg", "better.jpg", "good.jpg"], 2, "Too few repeat shots"),
        (["good.jpg", "better.jpg", "nowhere.jpg"], 2, "was not found"),
        ([*REPEATS[1:], "--out", "third.jpg"], 2, "would replace a file that is not a study"),
        ([*REPEATS[1:], "--out", "no/where.json"], 2, "cannot be written there"),
    ],
)
def test_repeat_shots_that_cannot_be_studied(run: Run, words: list[str], code: int, says: str) -> None:
    found, out, err = run("repeatability", *words)
    assert found == code
    assert says in out + err
    assert Path("third.jpg").read_bytes() == b"third"


def test_a_file_that_is_no_study(run: Run) -> None:
    words = ("compare", "good.jpg", "better.jpg", "--repeatability")
    assert run(*words, "nowhere.json")[0] == 2
    code, _, err = run(*words, "better.jpg")
    assert code == 1
    assert "not a repeatability study" in err


def test_version_and_help(run: Run) -> None:
    assert run("--version") == (0, "dermatrend 0.1.0\n", "")
    code, out, _ = run("--help")
    assert code == 0
    assert "compare" in out
    assert run() == (0, out, "")


def test_an_interrupt_ends_with_the_code_shells_expect(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ScriptedPool, "analyse", interrupt)
    assert run("analyse", "good.jpg")[0] == 130


def test_an_error_of_the_program_is_not_hidden(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(ScriptedPool, "analyse", fail)
    with pytest.raises(ZeroDivisionError):
        run("analyse", "good.jpg")


def test_help_is_quick() -> None:
    # The processor's time: what the wall clock says where nothing else runs. Coverage is not measured here.
    quiet = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    code = (
        "import subprocess, sys, resource\n"
        "help = [sys.executable, '-m', 'dermatrend', '--help']\n"
        "subprocess.run(help, check=True, stdout=subprocess.DEVNULL)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(used.ru_utime + used.ru_stime)"
    )
    command = [sys.executable, "-c", code]
    runs = [subprocess.run(command, check=True, capture_output=True, text=True, env=quiet) for _ in range(3)]
    assert min(float(run.stdout) for run in runs) < 0.5


def test_nothing_heavy_is_imported_for_help() -> None:
    code = "import sys, dermatrend.cli; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    assert not {"numpy", "cv2", "streamlit", "pydantic_settings", "sqlalchemy", "PIL"} & set(loaded)


def test_the_error_tree_has_one_exit_code_each() -> None:
    import dermatrend.face_models
    import dermatrend.storage.errors  # noqa: F401 - these errors join the tree
    from dermatrend.console import EXIT_BY_CODE

    def codes(kind: type[AnalysisError]) -> set[str]:
        return {kind.code}.union(*(codes(child) for child in kind.__subclasses__()))

    assert set(EXIT_BY_CODE) <= codes(AnalysisError)


def test_a_card_is_looked_for_only_when_asked(run: Run) -> None:
    assert run("compare", "good.jpg", "better.jpg", "--json")[0] == 0
    assert ScriptedPool.made[-1].cards == [None, None]
    assert run("compare", "good.jpg", "better.jpg", "--card", "--json")[0] == 0
    assert all(card is not None and card.everywhere for card in ScriptedPool.made[-1].cards)
    Path("corners.json").write_text('{"good.jpg": [[0, 0], [90, 0], [90, 60], [0, 60]]}')
    assert run("analyse", "good.jpg", "--card-corners", "corners.json", "--json")[0] == 0
    (card,) = ScriptedPool.made[-1].cards
    assert card is not None
    assert not card.everywhere
    assert len(card.corners) == 1
    code, out, _ = run("analyse", "better.jpg", "--card-corners", "corners.json", "--json")
    assert code == 1
    assert json.loads(out)["error"]["code"] == "card"


def test_the_card_to_print_is_written(run: Run) -> None:
    assert run("card", "card.pdf")[0] == 0
    assert Path("card.pdf").read_bytes()[:5] == b"%PDF-"
    assert run("card", "nowhere/card.pdf")[0] == 2
