"""Which reference a level gets when there is a colour card, decided on made-up pairs."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from analysis.card_fit import fit_patches
from analysis.card_layouts import colorchecker
from analysis.card_pair import PairCard, card_level
from analysis.constants import PRIOR_SD, WEIGHTS
from analysis.metrics import registry
from analysis.pairs import PairResult
from analysis.regions import FACE_REGIONS
from tests.analysis.raw_pairs import BODY, body, face, judged, pair, regions, whole_face

SHEET = colorchecker()
USED = PairCard(
    fit_patches(SHEET.published, SHEET.published, SHEET.greys),
    np.full(3, 0.2, np.float32),
    flag="card_corrected",
)
REFUSED = PairCard(flag="card_refused")


def with_card(made: PairResult, card: PairCard = USED) -> PairResult:
    return dataclasses.replace(made, card=card)


def test_a_face_without_roles_is_taken_against_the_card() -> None:
    everywhere = whole_face(**dict.fromkeys(FACE_REGIONS, 9.0))
    found = judged(with_card(pair(everywhere)), where=face())
    assert {change.reference for change in found.values()} == {"card"}
    # The rest of the face cannot see what happens everywhere; the card does.
    assert all(change.difference == 9.0 for change in found.values())
    assert judged(pair(everywhere), where=face())["chin"].difference == 0.0


def test_untreated_skin_of_a_face_goes_before_the_card() -> None:
    found = judged(with_card(pair(whole_face(chin=9.0))), where=face(("chin",)))
    assert found["chin"].reference == "rest_of_face"
    assert {"card_corrected", "rest_of_face"} <= set(found["chin"].flags)


def test_a_face_that_is_treated_all_over_has_only_the_card() -> None:
    where = face(FACE_REGIONS)
    changes = whole_face(**dict.fromkeys(FACE_REGIONS, -9.0))
    assert judged(pair(changes), where=where)["nose"].flags == ("no_reference",)
    found = judged(with_card(pair(changes)), where=where)["nose"]
    assert found.reference == "card"
    assert found.difference == -9.0


def test_drawn_reference_skin_goes_before_the_card() -> None:
    found = judged(with_card(pair(body(5.0, 1.0))), where=BODY)["treated"]
    assert found.reference == "reference"
    assert found.difference == 4.0


def test_a_shot_without_its_card_takes_no_part_where_the_card_is_the_reference() -> None:
    alone = regions(treated="treated")
    good, bad = with_card(pair({"treated": 3.0})), with_card(pair({"treated": 50.0}), REFUSED)
    found = judged(good, bad, where=alone)["treated"]
    assert found.reference == "card"
    assert found.difference == 3.0
    assert "single_shot" in found.flags
    # With reference skin both count, and the band is that of the worse kind.
    both = judged(with_card(pair(body(2.0))), with_card(pair(body(4.0)), REFUSED))["treated"]
    assert both.difference == 3.0
    assert {"card_corrected", "card_refused"} <= set(both.flags)


def test_the_band_of_a_level_against_the_card_is_wider() -> None:
    alone = judged(with_card(pair({"treated": 0.0})), where=regions(treated="treated"))["treated"]
    beside = judged(with_card(pair(body(0.0))))["treated"]
    ratio = PRIOR_SD["redness"]["card"] / PRIOR_SD["redness"]["body_card"]
    assert alone.mdc95 / beside.mdc95 == pytest.approx(ratio, rel=1e-6)


def test_pattern_metrics_need_no_card() -> None:
    found = judged(with_card(pair(body(1.0), "redness_uniformity")), metric="redness_uniformity")["treated"]
    assert found.reference is None
    assert found.difference == 1.0
    texture = judged(
        with_card(pair({"treated": 1.0}, "texture_medium")),
        where=regions(treated="treated"),
        metric="texture_medium",
    )["treated"]
    assert texture.reference is None
    assert "no_reference" in texture.flags


def test_the_zero_of_a_level_is_the_cards_grey() -> None:
    # A neutral grey has no redness and no pigment: both indices sum to zero over the channels.
    for metric in ("redness", "pigment"):
        assert card_level(registry()[metric], USED, 8.0) == pytest.approx(0.0, abs=1e-3)
    reddish = dataclasses.replace(USED, grey=np.array([0.3, 0.2, 0.2], np.float32))
    assert card_level(registry()["redness"], reddish, 8.0) == pytest.approx(
        -WEIGHTS["haemoglobin"][0] * math.log10(1.5), rel=0.01
    )
    with pytest.raises(ValueError, match="no colour card"):
        card_level(registry()["redness"], REFUSED, 8.0)


def test_pigment_of_dark_skin_is_set_against_the_red_of_the_cards_grey() -> None:
    """Both from red: skin's density in red less M of a grey would be a number of no meaning."""
    alone = regions(treated="treated")
    levels = {
        tone: judged(
            with_card(pair({"treated": 0.0}, "pigment", tone_deg=tone)), where=alone, metric="pigment"
        )["treated"].baseline
        for tone in (40.0, -40.0)
    }
    assert levels[40.0] - levels[-40.0] == pytest.approx(-100 * math.log10(0.2), abs=0.01)
