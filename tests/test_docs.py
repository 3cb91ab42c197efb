"""The docs cannot lie: commands, regions, settings and wording in them are those of the program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from analysis.metrics import registry
from analysis.regions import FACE_REGIONS
from dermatrend import cli
from dermatrend.console import Exit
from tests.conftest import ROOT

WORDING = (
    "Measures colour and texture in photographs you supply, for record-keeping and cosmetic appearance "
    "tracking. Not intended to diagnose, monitor, treat, predict or prevent disease, or to guide treatment. "
    "Differences inside the stated band are not changes."
)
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
README = (ROOT / "README.md").read_text("utf-8")


def commands() -> list[str]:
    found = []
    for name, command in get_command(cli.app).commands.items():  # type: ignore[attr-defined]  # a group
        inner = getattr(command, "commands", None)
        found += [f"{name} {word}" for word in inner] if inner else [name]
    return found


@pytest.mark.parametrize("name", commands())
def test_every_command_stands_in_the_readme(name: str) -> None:
    assert f"dermatrend {name}" in README


def test_every_option_stands_in_the_readme() -> None:
    group = get_command(cli.app)
    for command in group.commands.values():  # type: ignore[attr-defined]  # a group
        for parameter in command.params:
            for option in parameter.opts:
                if option.startswith("--") and option not in ("--help", "--quick", "--full"):
                    assert option in README, f"{command.name} {option}"


def test_every_exit_code_and_region_stands_in_the_readme() -> None:
    for code in Exit:
        assert f"| {int(code)} |" in README
    for region in FACE_REGIONS:
        assert f"`{region}`" in README


@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_the_wording_is_verbatim(page: str) -> None:
    text = " ".join(line.removeprefix("> ") for line in (ROOT / page).read_text("utf-8").splitlines())
    assert WORDING in text


NEVER = re.compile(
    r"\b(severity|normal skin|abnormal|healed|cured|skin age|percentile|skin score|improved by)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_words_that_are_never_used(page: Path) -> None:
    assert not NEVER.findall(page.read_text("utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8")):
        if not target.startswith(("http:", "https:")):
            assert (page.parent / target).exists(), target


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text("utf-8")
    for page in folder.glob("0*.md"):
        assert f"({page.name})" in index
        text = page.read_text("utf-8")
        assert all(heading in text for heading in ("Status: ", "## Why", "## Alternatives"))


def test_the_example_metric_of_the_how_to_works() -> None:
    import numpy as np

    text = (ROOT / "docs" / "how-to" / "add-a-metric.md").read_text("utf-8")
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert code
    space: dict[str, object] = {}
    exec(compile(code[1], "add-a-metric.md", "exec"), space)  # noqa: S102 - our own page
    metric = space["METRIC"]
    assert metric.name not in registry()  # type: ignore[attr-defined]  # METRIC is what the page defines

    class Maps:
        melanin = np.arange(100, dtype=np.float32).reshape(10, 10)

    everywhere = np.ones((10, 10), bool)
    assert metric.estimate(Maps, everywhere) == pytest.approx(89.1)  # type: ignore[attr-defined]
    assert np.isnan(metric.estimate(Maps, ~everywhere))  # type: ignore[attr-defined]
