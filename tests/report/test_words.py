"""Words that stand for values: findings of checks, whether a change is seen, whose shots are in a band."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import pytest

from analysis import quality
from analysis.records import Gate, as_json
from dermatrend.report import labels, phrases
from dermatrend.report.content import RepeatShots, report_content
from dermatrend.report.layout import blocks
from dermatrend.report.pdf import render_pdf
from tests import factories
from tests.pdf_text import pdf_text, squeeze

WORDED = [
    ("camera", 1, "another camera, lens or software"),
    ("retouching", 1, "edited"),
    ("retouching", 2, "retouched"),
]


@pytest.mark.parametrize(("name", "value", "words"), WORDED)
@pytest.mark.parametrize("family", ["colour", "texture"])
def test_a_check_whose_value_is_a_code_says_what_it_stands_for(
    name: str, value: float, words: str, family: Literal["colour", "texture"]
) -> None:
    gate = quality.gate(name, family, value)
    for told in (gate, as_json(gate)):
        assert labels.gate_value(told) == words
        assert labels.gate_limit(told) == ""


def test_every_other_check_has_its_value_and_limit_with_their_unit() -> None:
    gate = Gate("light_direction", "texture", 12.34, 10.0, "warn", "", "deg")
    assert (labels.gate_value(gate), labels.gate_limit(gate)) == ("12.3°", "10.0°")
    unknown = Gate("blur", "texture", float("nan"), 0.12, "warn", "", "mm")
    assert (labels.gate_value(unknown), labels.gate_value(as_json(unknown))) == ("–", "–")
    assert labels.gate_limit(unknown) == "0.12 mm"


@pytest.mark.parametrize(
    ("visible", "words"), [(True, "likely to be seen"), (False, "likely too small to see")]
)
def test_a_measured_change_is_said_to_be_seen_or_not(visible: bool, words: str) -> None:
    change = replace(factories.change("redness", "left_cheek", 150), visible=visible)
    assert change.verdict == "measurable_decrease"
    for told in (change, as_json(change)):
        assert labels.visibility_words(told) == words
    assert labels.visibility_words(replace(change, verdict="no_measurable_change")) == ""
    assert labels.visibility_words(replace(change, visible=None)) == ""


def with_checks(*gates: Gate) -> dict[str, Any]:
    base, later = factories.session("2026-01-10"), factories.session("2026-04-20")
    compared = replace(factories.comparison(base, later), gates=gates)
    return blocks(
        report_content(
            "A",
            factories.course(),
            [base, later],
            [factories.Compared(later.id, compared)],
            software_version="0.1.0",
        )
    )


def test_the_pdf_prints_words_for_codes() -> None:
    page = with_checks(
        quality.gate("camera", "colour", 1),
        quality.gate("retouching", "colour", 2),
        quality.gate("pose", "colour", 12),
    )
    found = {row["what"]: row["figures"] for row in page["warnings"]}
    assert found == {
        "Camera, lens and software": "Found: another camera, lens or software.",
        "Turn of the head": "Found 12.0°, expected at most 10.0°.",
    }
    (refused,) = [row for row in page["left_out"] if row["what"] == "Edited or retouched"]
    assert refused["figures"] == "Found: retouched."
    cells = {row[0]: row[2] for row in page["checks"][0]["rows"]}
    assert cells["Edited or retouched"] == "retouched, refused"
    assert cells["Camera, lens and software"] == "another camera, lens or software, warning"


def test_a_card_that_is_not_used_refuses_no_colour_and_widens_nothing() -> None:
    page = with_checks(quality.gate("card_fit", "colour", 9), quality.gate("card_gradient", "colour", 0.08))
    (refused,) = [row for row in page["left_out"] if row["what"].startswith("Colour card")]
    assert refused["reason"] == "The colour card is not used."
    assert page["warnings"] == []
    (warned,) = with_checks(quality.gate("card_gradient", "colour", 0.08))["warnings"]
    assert warned["reason"] == "Widens the band of colour."


@pytest.mark.parametrize(("shots", "told"), [(1, False), (2, True)])
def test_the_pdf_says_what_is_of_which_of_several_shots(shots: int, told: bool) -> None:
    base, later = (factories.session(day, shots=shots) for day in ("2026-01-10", "2026-04-20"))
    item = factories.Compared(later.id, factories.comparison(base, later))
    content = report_content("A", factories.course(), [base, later], [item], software_version="0.1.0")
    assert blocks(content)["shots"] == (phrases.SEVERAL_SHOTS if told else "")
    assert (squeeze(phrases.SEVERAL_SHOTS) in pdf_text(render_pdf(content))) is told


def studied(metric: str, *flags: str) -> Any:
    return replace(factories.change(metric, "left_cheek", 150), flags=flags)


def test_own_shots_are_said_to_be_in_the_bands_that_hold_them_only() -> None:
    on_card, pattern = studied("redness", "card_corrected"), studied("redness_uniformity", "own_noise")
    assert phrases.own_shots_sentence([pattern], 4) == "Band from your own repeat shots (4)."
    some = phrases.own_shots_sentence([on_card, pattern], 4)
    assert some.startswith("Band from your own repeat shots (4). They are not in every band of Redness; ")
    assert "without a colour card" in some
    none = phrases.own_shots_sentence([on_card], 4)
    assert none.startswith("Your own repeat shots (4) are in none of these bands: ")
    nothing = factories.change("redness", "nose", 150, verdict="not_comparable")
    assert phrases.own_shots_sentence([nothing], 4) == ""
    assert phrases.own_shots_sentence([pattern], 0) == ""
    assert phrases.own_shots_sentence([pattern, nothing], 4) == "Band from your own repeat shots (4)."


def test_the_report_says_which_bands_hold_no_own_shots() -> None:
    base, later = factories.session("2026-01-10"), factories.session("2026-04-20")
    made = factories.comparison(base, later, regions=("left_cheek",))
    ids = tuple(factories.sha(f"repeat {n}") for n in range(4))

    def said(without: str) -> str:
        changes = tuple(
            replace(one, flags=() if one.metric == without else ("own_noise",)) for one in made.changes
        )
        item = factories.Compared(later.id, replace(made, changes=changes))
        content = report_content(
            "A", factories.course(), [base, later], [item],
            software_version="0.1.0", studies=[RepeatShots("2026-01-09", ids)],
        )  # fmt: skip
        return " ".join(content["how_the_band_was_made"])

    assert "not in every band of Redness; shots are studied without a colour card" in said("redness")
    assert "not in every band" not in said("")
