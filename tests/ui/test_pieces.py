"""The pieces of the app that need no browser: names as text, cookies, drafts, jobs, the page policy."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest
import streamlit as st
from hypothesis import given
from hypothesis import strategies as some

from analysis.errors import AnalysisError, EmptyFile
from analysis.metrics import registry
from analysis.records import Change, Gate
from dermatrend import web
from dermatrend.report import labels
from dermatrend.ui import cards, drafts, jobs, numbers, style, visits
from dermatrend.ui.concerns import CONCERNS


@given(some.text())
def test_text_of_people_never_becomes_markdown(text: str) -> None:
    shown = style.plain_markdown(text)
    assert not re.search(r"(?<!\\)[*_`\[\]<>$:#|~]", shown.replace("\\\\", ""))
    # Without the signs of escape, it is what was typed.
    assert re.sub(r"\\(.)", r"\1", shown, flags=re.DOTALL) == text


@given(some.text(max_size=40))
def test_a_cookie_that_this_server_did_not_sign_is_refused(value: str) -> None:
    assert not visits.is_signed(value)


def test_a_changed_cookie_is_refused() -> None:
    cookie = visits.new_cookie()
    assert visits.is_signed(cookie)
    for at in range(len(cookie)):
        other = "x" if cookie[at] != "x" else "y"
        assert not visits.is_signed(cookie[:at] + other + cookie[at + 1 :])


def test_drafts_are_few_and_the_oldest_goes_first() -> None:
    ids = [drafts.put(bytes([number])) for number in range(drafts.MAX_DRAFTS + 1)]
    with pytest.raises(KeyError):
        drafts.get(ids[0])
    assert drafts.get(ids[-1]) == bytes([drafts.MAX_DRAFTS])


@given(some.text(max_size=60))
def test_no_host_name_but_the_own_ones(host: str) -> None:
    names = {"localhost", "127.0.0.1", "[::1]"}
    if host.partition(":")[0].lower() not in names and not host.lower().startswith("[::1]"):
        assert not web.host_allowed(f"{host}.example")


def test_the_policy_allows_no_other_place_and_no_code_from_text() -> None:
    policy = web.content_security_policy()
    assert "unsafe-eval" not in policy
    assert "http" not in policy
    assert re.search(r"script-src 'self' blob: 'sha256-[A-Za-z0-9+/=]{44}'", policy)


class Visit(dict[str, Any]):
    """What Streamlit keeps for one visitor."""


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Visit:
    kept = Visit()
    monkeypatch.setattr(st, "session_state", kept)
    return kept


def wait_for(visit: Visit, name: str) -> None:
    visit[f"job_{name}"].future.exception(timeout=10)
    jobs.settle()


def test_a_job_reports_and_is_collected_once(visit: Visit) -> None:
    go_on = threading.Event()

    def work(report: jobs.Progress) -> str:
        report(0.5, "half")
        go_on.wait(10)
        return "done"

    jobs.start("work", work)
    jobs.start("work", work)
    assert jobs.running("work")
    assert jobs.collect("work") is None
    go_on.set()
    wait_for(visit, "work")
    assert (visit["job_work"].fraction, visit["job_work"].text) == (0.5, "half")
    assert jobs.collect("work") == ("done", None)
    assert jobs.collect("work") is None
    assert not jobs.running("work")


def test_a_job_that_ends_while_the_page_is_drawn_is_collected_by_the_next_drawing(visit: Visit) -> None:
    go_on = threading.Event()
    jobs.start("work", lambda _report: go_on.wait(10) and "done")
    jobs.settle()
    go_on.set()
    visit["job_work"].future.exception(timeout=10)
    assert jobs.collect("work") is None
    assert jobs.running("work")
    jobs.settle()
    assert jobs.collect("work") == ("done", None)


def test_a_refusal_comes_back_as_it_is_and_anything_else_without_its_text(visit: Visit) -> None:
    def refuse(_report: jobs.Progress) -> None:
        raise EmptyFile("The file is empty", advice="Choose another")

    def break_down(_report: jobs.Progress) -> None:
        raise ValueError("Bea Example, born 1980")

    for work in (refuse, break_down):
        jobs.start(work.__name__, work)
        wait_for(visit, work.__name__)
    refused, broken = jobs.collect("refuse"), jobs.collect("break_down")
    assert refused is not None
    assert broken is not None
    assert isinstance(refused[1], EmptyFile)
    assert isinstance(broken[1], AnalysisError)
    assert "Bea" not in str(broken[1])
    assert "ValueError" in str(broken[1])


def test_a_result_is_made_once_and_again_only_when_it_would_be_another(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    watched: list[str] = []
    monkeypatch.setattr(jobs, "watch", lambda name, _what: watched.append(name))

    def ask(identity: str) -> str | None:
        def work(_report: jobs.Progress) -> str:
            made.append(identity)
            return f"result of {identity}"

        return jobs.kept("slot", identity, "work", work, what="Working", refused="Not made")

    assert ask("one") is None
    wait_for(visit, "work")
    assert [ask("one"), ask("one")] == ["result of one"] * 2
    assert ask("two") is None
    wait_for(visit, "work")
    assert ask("two") == "result of two"
    assert (made, watched) == (["one", "two"], ["work", "work"])


def test_a_result_that_ends_after_another_is_wanted_is_not_taken_for_it(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "watch", lambda *_: None)

    def ask(identity: str) -> str | None:
        return jobs.kept(
            "slot",
            identity,
            "work",
            lambda _report: f"result of {identity}",
            what="Working",
            refused="Not made",
        )

    assert ask("one") is None
    wait_for(visit, "work")
    assert ask("two") is None, "it is made, and the other one's is not shown"
    wait_for(visit, "work")
    assert ask("two") == "result of two"


def test_work_that_is_refused_says_why_and_can_be_tried_again(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, drawn: list[str]
) -> None:
    monkeypatch.setattr(jobs, "watch", lambda *_: None)
    asked: list[str] = []
    monkeypatch.setattr(st, "button", lambda label, **_: asked.append(label))

    def refuse(_report: jobs.Progress) -> str:
        raise EmptyFile("The file is empty", advice="Choose another")

    for _ in range(2):
        assert jobs.kept("slot", 1, "work", refuse, what="Working", refused="Not made") is None
        if jobs.running("work"):
            wait_for(visit, "work")
    assert "Not made: The file is empty" in drawn[0]
    assert asked == ["Try again"]
    assert "slot" not in visit


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The HTML that a piece would put into the page."""
    pieces: list[str] = []
    monkeypatch.setattr(st, "html", pieces.append)
    return pieces


def change(verdict: str, difference: float = -4.12, flags: tuple[str, ...] = ()) -> Change:
    return Change(
        "redness", "colour", "left_cheek", "rest_of_face", "H", 0.0, difference, difference,
        (difference - 1, difference + 1), 1.61, verdict, None, flags,  # type: ignore[arg-type]  # any of the five
    )  # fmt: skip


def test_a_number_never_stands_without_its_band_and_unit(drawn: list[str]) -> None:
    numbers.changes_table([change("measurable_decrease")], with_region=True)
    assert "−4.1 ± 1.6 H" in drawn[0]
    assert "measurable decrease" in drawn[0]
    assert "Relative to" in drawn[0]
    assert "the rest of the face" in drawn[0]
    (line,) = numbers.measured([change("measurable_decrease"), change("no_measurable_change")])
    assert style.unbroken("−4.1 ± 1.6 H") in line


def test_what_could_not_be_measured_has_no_number(drawn: list[str]) -> None:
    nan = float("nan")
    numbers.changes_table([change("not_comparable", nan, ("gate_refused",))], with_region=False)
    assert "nan" not in drawn[0].lower()
    assert ">–<" in drawn[0]
    assert "quality check" in drawn[1]
    assert numbers.measured([change("not_comparable", nan)]) == []


def test_a_check_for_both_families_is_said_once_with_its_advice(drawn: list[str]) -> None:
    gates = [
        Gate("pose", family, 21.5, 10.0, "warn", "Look straight into the camera", "°")  # type: ignore[arg-type]  # both
        for family in ("colour", "texture")
    ]
    numbers.gate_notes([*gates, Gate("blur", "texture", 0.1, 0.2, "ok")])
    (note,) = drawn
    assert "colour and texture" in note
    assert "Look straight into the camera" in note


def test_tables_and_notes_take_text_as_text(drawn: list[str]) -> None:
    style.table(["A<b>"], [["<script>x</script>"]], caption='"><img>')
    style.note("<i>", ("<u>", "<s>"))
    style.figures(("<a>", "<em>"))
    for piece in drawn:
        assert not re.search(r"<(script|img|i|u|s|a|em)>", piece)


def test_every_concern_says_what_cannot_be_measured_and_names_known_metrics() -> None:
    known = set(registry()) | {
        "redness_focal",
        "spots",
        "wrinkles",
        "pores",
        "scar_relief",
        "striae_contrast",
    }
    assert len(CONCERNS) == 9
    for concern in CONCERNS.values():
        assert concern.measured
        assert concern.not_measured
        assert set(concern.metrics) <= known
    assert "still photo" in CONCERNS["Lost elasticity"].not_measured


def test_the_words_of_the_app_make_no_claims() -> None:
    import inspect

    from dermatrend.ui.screens import (
        add_session,
        compare,
        method,
        people,
        progress,
        repeatability,
        report,
        start,
    )

    never = r"\b(diagnosis|severity|abnormal|healed|cured|cure|skin age|percentile|better skin|worse)\b"
    pages = (add_session, compare, method, people, progress, repeatability, report, start)
    for module in (*pages, cards, numbers, style):
        assert not re.search(never, inspect.getsource(module), re.IGNORECASE), module.__name__
    for concern in CONCERNS.values():
        assert not re.search(never, f"{concern.measured} {concern.not_measured}", re.IGNORECASE)
    assert labels.WORDING.startswith("Measures colour and texture in photographs you supply")
