"""docs/reference.md says what the program's tables say."""

from __future__ import annotations

from pathlib import Path

from analysis.flags import FLAGS
from analysis.metrics import registry
from dermatrend.reference import reference_page

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference.md"


def test_the_page_is_what_the_program_prints() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference_page(), (
        "docs/reference.md is old; run: python -m dermatrend.reference > docs/reference.md"
    )


def test_every_metric_and_flag_is_on_the_page() -> None:
    page = reference_page()
    missing = [name for name in (*registry(), *FLAGS) if f"`{name}`" not in page]
    assert not missing
