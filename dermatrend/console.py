"""How the command line speaks: data on stdout, everything else on stderr, exit codes, option lists.

Nothing here knows a photo. No prompt, no colour and no moving line without a terminal.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any

from analysis.errors import AnalysisError


class Exit(IntEnum):
    """What the exit code tells a script."""

    OK = 0
    ERROR = 1
    USAGE = 2
    SOME_FAILED = 3
    INTEGRITY = 4
    NOT_COMPARABLE = 5


class UsageProblem(AnalysisError):
    """The command line itself names something impossible: a missing file, a folder, an unknown region."""

    code = "usage"


EXIT_BY_CODE = {
    UsageProblem.code: Exit.USAGE,
    "models_damaged": Exit.INTEGRITY,
    "damaged_original": Exit.INTEGRITY,
    "comparison_refused": Exit.NOT_COMPARABLE,
    "not_registered": Exit.NOT_COMPARABLE,
    "not_readable": Exit.NOT_COMPARABLE,
    "shots_differ": Exit.NOT_COMPARABLE,
    "session_order": Exit.NOT_COMPARABLE,
}
"""Exit code by error code; every other error is 1."""

PHOTO_LISTS = frozenset({"--baseline", "--session"})
REGION_LISTS = frozenset({"--treated", "--reference"})
SEPARATOR = "\0"
"""Joins the values of one list option. It cannot be part of any argument of any operating system."""


def join_lists(arguments: Sequence[str]) -> list[str]:
    """Pack `--session C D` into one value, because an option of the parser takes exactly one.

    A list of photos ends at the next option; a list of regions also at the first thing that cannot be
    the name of a region (names hold no dot and no slash, and are no files here).

    >>> join_lists(["compare", "--session", "c.jpg", "d.jpg", "--json"])
    ['compare', '--session', 'c.jpg\\x00d.jpg', '--json']
    >>> join_lists(["compare", "--treated", "nose", "chin", "a.jpg", "b.jpg"])
    ['compare', '--treated', 'nose\\x00chin', 'a.jpg', 'b.jpg']
    """
    packed: list[str] = []
    waiting = list(arguments)
    while waiting:
        word = waiting.pop(0)
        if word == "--":  # everything after it is a plain argument
            return [*packed, word, *waiting]
        option, has_value, value = word.partition("=")
        if option not in PHOTO_LISTS | REGION_LISTS:
            packed.append(word)
            continue
        values = [value] if has_value else []
        while waiting and not waiting[0].startswith("-") and _fits(option, waiting[0]):
            values.append(waiting.pop(0))
        if not values:
            what = "photo" if option in PHOTO_LISTS else "region"
            raise UsageProblem(
                f"{option} has no value",
                expected=f"at least one {what} after it",
                got=waiting[0] if waiting else "the end of the line",
                advice="Run: dermatrend compare --help",
            )
        packed += [option, SEPARATOR.join(values)]
    return packed


def _fits(option: str, value: str) -> bool:
    if option in PHOTO_LISTS:
        return True
    return re.fullmatch(r"[\w ,-]+", value) is not None and not Path(value).exists()


def split_list(packed: str) -> list[str]:
    """The values that `join_lists` packed; commas work too for names of regions."""
    return [value for value in packed.split(SEPARATOR) if value]


def _colour_wanted() -> bool:
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _bold(text: str) -> str:
    return f"\033[1m{text}\033[0m" if _colour_wanted() else text


_CONTROL = re.compile(r"\033(?!\[[01]m)|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]")
"""What moves a terminal's cursor or changes its state; our own bold, tabs and line ends stay."""


def say(text: str) -> None:
    """A message for the person, on stderr. A file's name may hold anything; it steers no terminal."""
    print(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", text), file=sys.stderr, flush=True)


def write(text: str) -> None:
    """Data, on stdout; a file's name in it steers no terminal either."""
    print(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", text))


def write_json(value: Any) -> None:
    """Data as one JSON object on stdout; NaN may not get this far."""
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def error_lines(error: AnalysisError) -> str:
    """The four parts of an error, one a line.

    >>> from analysis.errors import EmptyFile
    >>> print(error_lines(EmptyFile("The file is empty", expected="a photo", got="0 bytes")))
    error: The file is empty
      expected: a photo
      got: 0 bytes
    """
    lines = [f"{_bold('error:')} {error.what}"]
    for name, text in (("expected", error.expected), ("got", error.got), ("what to do", error.advice)):
        if text:
            lines.append(f"  {name}: {text}")
    return "\n".join(lines)


def report_error(error: AnalysisError, *, as_json: bool) -> Exit:
    """Tell an error on stderr, and with --json on stdout too; returns the exit code it calls for."""
    say(error_lines(error))
    if as_json:
        write_json({"error": error.as_json()})
    return EXIT_BY_CODE.get(error.code, Exit.ERROR)


def progress_line() -> Callable[[float, str], None]:
    """A progress callback: one line that renews itself on a terminal, one line per new text elsewhere."""
    moving = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    last = ""

    def show(share: float, text: str) -> None:
        nonlocal last
        if moving:
            end = "\n" if share >= 1 else ""
            print(f"\r\033[K{share:4.0%}  {text}", end=end, file=sys.stderr, flush=True)
        elif text != last:
            say(text)
        last = text

    return show


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns padded to their widest cell; the first row is the heading.

    >>> print(table([["metric", "value"], ["redness", "1.0 H"]]))
    metric   value
    redness  1.0 H
    """
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
