"""How the command line speaks: option lists, exit codes, errors, tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import errors
from dermatrend import console
from dermatrend.console import Exit, UsageProblem, join_lists, report_error, say, split_list

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).filter(
    lambda word: not word.startswith("-")
)


@given(st.lists(WORDS, min_size=1), st.lists(WORDS, min_size=1))
def test_shots_of_sessions_survive_packing(first: list[str], second: list[str]) -> None:
    packed = join_lists(["compare", "--session", *first, "--session", *second, "--json"])
    assert packed[0::2][:3] == ["compare", packed[2], packed[4]]
    assert split_list(packed[2]) == first
    assert split_list(packed[4]) == second
    assert packed[5] == "--json"


@pytest.mark.parametrize(
    ("given_words", "expected"),
    [
        (["--treated", "nose", "chin", "a.jpg"], ["--treated", "nose\0chin", "a.jpg"]),
        (["--treated=nose", "a.jpg"], ["--treated", "nose", "a.jpg"]),
        (["--", "--session", "a", "b"], ["--", "--session", "a", "b"]),
        (["a", "--baseline", "b", "c"], ["a", "--baseline", "b\0c"]),
        (["--treated", "nose", "./chin"], ["--treated", "nose", "./chin"]),
    ],
)
def test_where_a_list_ends(given_words: list[str], expected: list[str]) -> None:
    assert join_lists(given_words) == expected


@pytest.mark.parametrize("given_words", [["--session", "--json"], ["--treated"], ["--reference", "./a.jpg"]])
def test_a_list_needs_a_value(given_words: list[str]) -> None:
    with pytest.raises(UsageProblem, match="has no value"):
        join_lists(given_words)


def test_a_file_without_a_dot_is_no_region(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photo").write_bytes(b"x")
    assert join_lists(["--treated", "nose", "photo"]) == ["--treated", "nose", "photo"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.DamagedPhoto("x"), Exit.ERROR),
        (errors.NoFace("x"), Exit.ERROR),
        (errors.ModelsMissing("x"), Exit.ERROR),
        (UsageProblem("x"), Exit.USAGE),
        (errors.NotRegistered("x"), Exit.NOT_COMPARABLE),
        (errors.NotReadable("x"), Exit.NOT_COMPARABLE),
        (errors.SessionOrder("x"), Exit.NOT_COMPARABLE),
    ],
)
def test_exit_codes(error: errors.AnalysisError, code: Exit, capsys: pytest.CaptureFixture[str]) -> None:
    assert report_error(error, as_json=False) is code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "error: x\n"


def test_an_error_as_json_goes_to_both_streams(capsys: pytest.CaptureFixture[str]) -> None:
    error = errors.PhotoTooSmall("Too small", expected="200 px", got="10 px", advice="Come closer")
    report_error(error, as_json=True)
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"error": error.as_json()}
    assert captured.err.splitlines() == [
        "error: Too small",
        "  expected: 200 px",
        "  got: 10 px",
        "  what to do: Come closer",
    ]


def test_colour_only_on_a_terminal_and_without_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\033" not in console.error_lines(errors.NoFace("x"))
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\033" in console.error_lines(errors.NoFace("x"))
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\033" not in console.error_lines(errors.NoFace("x"))


def test_progress_renews_one_line_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    show = console.progress_line()
    show(0.5, "half")
    show(1.0, "done")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "\r\033[K 50%  half\r\033[K100%  done\n"


def test_progress_says_each_text_once_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    show = console.progress_line()
    for share in (0.1, 0.2, 0.3):
        show(share, "measuring")
    assert capsys.readouterr().err == "measuring\n"


def test_nan_never_reaches_json() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        console.write_json({"value": float("nan")})


def test_the_name_of_a_file_steers_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say("note: a\033]0;title\a\033[2Jb.jpg, \033[1mbold\033[0m")
    assert capsys.readouterr().err == "note: a\ufffd]0;title\ufffd\ufffd[2Jb.jpg, \033[1mbold\033[0m\n"
