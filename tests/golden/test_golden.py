"""The numbers of the method stay what they were, or its version rises."""

from __future__ import annotations

import json

from analysis.records import METHOD_VERSION
from tests.golden.make import FILE, differences, measured, rounded

KEPT = json.loads(FILE.read_text("utf-8"))


def test_the_numbers_belong_to_this_version() -> None:
    assert KEPT["method_version"] == METHOD_VERSION, (
        f"The golden numbers are of method {KEPT['method_version']}, the code is {METHOD_VERSION}; "
        "run `uv run python -m tests.golden.make` and look at what changed"
    )


def test_the_numbers_are_what_they_were() -> None:
    changed = list(differences(KEPT["numbers"], measured()))
    assert not changed, (
        f"{len(changed)} golden numbers changed. If that was not meant, find out why. If it was: raise "
        "METHOD_VERSION in analysis/records.py, say so in CHANGELOG.md, and run "
        "`uv run python -m tests.golden.make`. Changed:\n" + "\n".join(changed[:40])
    )


def test_a_changed_number_is_told_from_rounding() -> None:
    kept = {"a": [1.0, 2.0, None, "x"], "b": {"c": 3.0}}
    assert list(differences(kept, {"a": [1.002, 2.0, None, "x"], "b": {"c": 3.0}})) == []
    assert list(differences(kept, {"a": [1.02, 2.0, None, "x"], "b": {"c": 3.0}})) == ["/a[0]: 1 -> 1.02"]
    assert list(differences(kept, {"a": [1.0, 2.0, 4.0, "y"], "b": {}})) == [
        "/a[2]: None -> 4.0", "/a[3]: x -> y", "/b/c: 3.0 -> None",
    ]  # fmt: skip


def test_a_limit_may_scatter_as_its_bootstrap_does() -> None:
    assert list(differences({"resampled": 1.0}, {"resampled": 1.05})) == []
    assert list(differences({"resampled": 1.0}, {"resampled": 1.2}))


def test_rounding_keeps_five_digits() -> None:
    assert rounded({"a": [1.23456789, float("nan"), 3, "x"]}) == {"a": [1.2346, None, 3, "x"]}
