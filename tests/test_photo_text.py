"""What the command line prints for people: numbers with their remarks, checks in words, the alignment."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from analysis.flags import FLAGS
from analysis.quality import CARD_CHECKS, LIMITS, gate
from analysis.records import AlignmentSummary, Change, Gate, LeftOut, SessionComparison
from dermatrend.photo_text import analyse_text, compare_text
from tests import factories

BASE, LATER = (factories.session(day, shots=1) for day in ("2026-01-10", "2026-06-09"))
REGIONS = ("nose", "left_cheek", "right_cheek")


def flagged(flags: Mapping[tuple[str, str], Sequence[str]], *everywhere: str) -> SessionComparison:
    """A comparison whose (metric, region) carry these flags, and all of them `everywhere`."""
    found = factories.comparison(BASE, LATER, regions=REGIONS)
    changes = [
        replace(one, flags=(*everywhere, *flags.get((one.metric, one.region), ()))) for one in found.changes
    ]
    return replace(found, changes=tuple(changes))


def text_of(comparison: SessionComparison) -> str:
    return compare_text([["after.jpg"]], [comparison])


def rows_of(text: str) -> dict[tuple[str, str], str]:
    """(metric, region) -> row, of the table."""
    found = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("  ") if cell.strip()]
        if len(cells) > 5:
            found[cells[0], cells[1]] = line
    return found


def with_gates(*gates: Gate) -> SessionComparison:
    return replace(factories.comparison(BASE, LATER, regions=REGIONS), gates=gates)


@pytest.mark.parametrize(
    "flag", ["exploratory_tone", "card_refused", "pigment_by_red", "gate_warning", "light_taken_off"]
)
def test_a_remark_on_one_number_stands_beside_it(flag: str) -> None:
    rows = rows_of(text_of(flagged({("redness", "nose"): [flag]}, "single_shot")))
    assert rows["redness", "nose"].endswith(FLAGS[flag].short)
    assert not any(FLAGS[flag].short in row for key, row in rows.items() if key != ("redness", "nose"))


def test_what_all_numbers_share_is_said_once() -> None:
    texture = {
        (metric, region): ["gate_warning"]
        for metric in factories.METRICS
        if metric.startswith("texture")
        for region in REGIONS
    }
    text = text_of(flagged(texture, "single_shot", "card_refused"))
    lines = text.splitlines()
    assert "remarks on all numbers: one shot, colour card refused" in lines
    assert "remarks on texture: wider band" in lines
    for words in ("one shot", "colour card refused", "wider band"):
        assert text.count(words) == 1


def test_a_small_redness_of_dark_skin_is_never_told_without_its_remark() -> None:
    redness = {
        (metric, region): ["exploratory_tone"]
        for metric in ("redness", "redness_uniformity")
        for region in REGIONS
    }
    rows = rows_of(text_of(flagged(redness)))
    for key, row in rows.items():
        assert ("exploratory in this skin tone" in row) is key[0].startswith("redness")


def test_the_only_number_carries_its_remarks_itself() -> None:
    found = flagged({}, "single_shot")
    alone = replace(found, changes=found.changes[:1])
    assert rows_of(text_of(alone))["redness", "nose"].endswith("one shot")


def test_what_rest_of_the_face_means_is_said_once() -> None:
    text = text_of(factories.comparison(BASE, LATER, regions=REGIONS))
    assert text.count("a change of the whole face cannot be seen") == 1
    without = text_of(flagged({}))
    assert "whole face" not in without


def test_a_row_without_a_number_says_every_reason() -> None:
    found = flagged({}, "card_refused")
    nan = math.nan
    lost = replace(
        found.changes[0],
        baseline=nan,
        follow_up=nan,
        difference=nan,
        ci95=(nan, nan),
        mdc95=nan,
        verdict="not_measurable",
        flags=("reference_unreadable", "too_little_skin", "card_refused"),
    )
    text = text_of(replace(found, changes=(lost, *found.changes[1:])))
    reasons = "not measurable in these photos: reference not readable; too little skin"
    assert rows_of(text)["redness", "nose"].endswith(reasons)
    assert "remarks on all numbers: colour card refused" in text


def test_too_few_pixels_are_told_with_the_figures() -> None:
    found = factories.comparison(BASE, LATER, regions=REGIONS)
    fine = factories.change("texture_pore", "nose", 150, verdict="not_measurable")
    scale = gate("resolution", "texture", 3.3)
    text = text_of(replace(found, changes=(*found.changes[:3], fine), gates=(scale,)))
    assert rows_of(text)["texture pore", "nose"].endswith(
        "not measurable in these photos: 3.3 px/mm, needs 8"
    )


def test_how_well_the_photos_lie_on_each_other_is_always_said() -> None:
    found = factories.comparison(BASE, LATER, regions=REGIONS)
    assert not [gate for gate in found.gates if gate.state != "ok"]
    text = text_of(replace(found, alignment=AlignmentSummary(0.061, 0.204, 0.93, 0.97)))
    assert "  laid onto each other within 0.06 mm (95 %: 0.20 mm)" in text.splitlines()
    assert "laid onto" not in text_of(replace(found, alignment=None))


@pytest.mark.parametrize(
    ("visible", "words"), [(True, "likely to be seen"), (False, "likely too small to see"), (None, "")]
)
def test_whether_a_change_would_be_seen_stands_beside_it(visible: bool | None, words: str) -> None:
    found = flagged({})
    changed = replace(found.changes[0], verdict="measurable_decrease", visible=visible)
    rows = rows_of(text_of(replace(found, changes=(changed, *found.changes[1:]))))
    assert rows["redness", "nose"].endswith(f"measured change, lower{'; ' + words if words else ''}")


def test_a_difference_within_noise_says_nothing_of_being_seen() -> None:
    still = replace(flagged({}).changes[0], verdict="no_measurable_change", visible=None)
    row = rows_of(text_of(replace(flagged({}), changes=(still,))))["redness", "nose"]
    assert row.endswith("within noise")


def test_checks_whose_value_is_a_word_are_told_in_words() -> None:
    text = text_of(with_gates(gate("retouching", "texture", 1.0), gate("camera", "colour", 1.0)))
    retouching, camera = (
        next(line for line in text.splitlines() if line.startswith(f"  {name}"))
        for name in ("retouching (texture)", "camera (colour)")
    )
    for line in (retouching, camera):
        assert "limit" not in line
        assert "nan" not in line
        assert " 1" not in line.split(". ", 1)[0]
    assert "edited" in retouching


def test_a_check_tells_its_value_and_limit_with_their_unit() -> None:
    text = text_of(with_gates(gate("blur", "texture", 0.134)))
    assert "  blur (texture): warn, 0.13 mm with a limit of 0.12 mm. Hold the camera still" in text
    # Where both round to the same, the value is told with the digits that tell them apart.
    text = text_of(with_gates(gate("blur", "texture", 0.12004)))
    assert "warn, 0.12004 mm with a limit of 0.12 mm" in text
    text = text_of(with_gates(gate("noise_ratio", "texture", math.nan)))
    assert "warn, not known with a limit of 1.5" in text


@pytest.mark.parametrize("name", sorted(CARD_CHECKS))
def test_a_refused_check_of_the_card_is_told_though_it_refuses_no_number(name: str) -> None:
    refused = gate(name, "colour", 2 * LIMITS[name, "colour"].refuse)
    assert refused.state == "refuse"
    text = text_of(with_gates(refused))
    (line,) = [line for line in text.splitlines() if line.startswith(f"  {name} (colour): refuse, ")]
    assert "; the card is not used. " in line
    assert line.endswith(refused.advice)


def test_a_refused_check_is_told_once_as_the_reason() -> None:
    found = factories.comparison(BASE, LATER, regions=REGIONS, refused=("blur",))
    assert "  blur" not in text_of(found)
    assert "  Blur: 0.26, the limit is 0.2." in text_of(found)


def test_the_remarks_on_a_photo_are_told() -> None:
    found = replace(
        factories.analysis(BASE.photos[0], REGIONS), flags=("untagged_colour", "exploratory_tone")
    )
    text = analyse_text("before.jpg", found)
    assert "  remarks: no colour profile, exploratory in this skin tone" in text.splitlines()
    assert "remarks:" not in analyse_text("before.jpg", replace(found, flags=("card_not_found",)))


def test_every_change_has_a_row_or_shares_one() -> None:
    found = factories.comparison(BASE, LATER, regions=REGIONS, refused=("blur",))
    rows = rows_of(text_of(found))
    colour: list[Change] = [one for one in found.changes if one.family == "colour"]
    keys = {(one.metric.replace("_", " "), one.region.replace("_", " ")) for one in colour}
    assert keys <= set(rows)
    assert ("texture pore", "all regions") in rows


def test_a_photo_that_took_no_part_is_named_with_its_reason() -> None:
    lost = LeftOut("0123456789abcdef", "not_registered", "The two photos could not be laid onto each other.")
    text = text_of(replace(factories.comparison(BASE, LATER, regions=REGIONS), left_out=(lost,)))
    assert f"photo 01234567 took no part: {lost.reason}" in text
    # Where nothing was compared the reason stands there already.
    nothing = replace(
        factories.comparison(BASE, LATER, regions=REGIONS),
        grade="not_comparable", changes=(), reasons=(lost.reason,), left_out=(lost,),
    )  # fmt: skip
    assert text_of(nothing).count(lost.reason) == 1
