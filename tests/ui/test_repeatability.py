"""The page of repeat shots, and the chart of its bands, drawn by Streamlit's own harness."""

from __future__ import annotations

import json

import pytest
import vl_convert
from streamlit.testing.v1 import AppTest

from analysis.records import Parameters, RegionPlan
from analysis.repeatability import OwnNoise, Repeatability, bands
from dermatrend import workflows
from dermatrend.records import RepeatStudy
from dermatrend.report.repeat_chart import band_spec, describe_bands
from dermatrend.ui import choose, jobs, state
from dermatrend.workflows import Repeats, StoredStudy, StudyReceipt
from tests import factories

NOISE = (
    OwnNoise("redness", "left_cheek", "rest_of_face", "H", (0.1, -0.2, 0.1)),
    OwnNoise("redness", "nose", "rest_of_face", "H", (3.0, -2.0, 2.5)),
    OwnNoise("texture_medium", "nose", "rest_of_face", "%", (1.0, 2.0, 1.5)),
)
OWN = Repeatability(tuple(factories.sha(f"r{n}") for n in range(4)), True, NOISE)
BANDS = bands(OWN, Parameters())


def page() -> None:
    from dermatrend.ui.screens import repeatability

    repeatability.draw()


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page of a course with one study that is used and one that is not."""
    photos = factories.session("2026-01-09", shots=4).photos
    used = StoredStudy(RepeatStudy("s1", "c-0001", "2026-01-09", "user", photos), OWN)
    lost = StoredStudy(
        RepeatStudy("s2", "c-0001", "2026-02-01", "user", photos[:3]), None, {"what": "A <b> face & more"}
    )
    repeats = Repeats((used, lost), OWN, BANDS)
    course = factories.course(plan=RegionPlan())
    monkeypatch.setattr(state, "workspace", lambda: None)
    monkeypatch.setattr(state, "fingerprint_of", lambda _course: ("s1", "s2"))
    monkeypatch.setattr(choose, "person_and_course", lambda: (factories.person(), course))
    monkeypatch.setattr(workflows, "repeatability_of", lambda *_: repeats)
    monkeypatch.setattr(
        jobs, "collect", lambda name, **_: (repeats, None) if name.startswith("studies") else None
    )
    return AppTest.from_function(page, default_timeout=60).run()


def text(test: AppTest) -> str:
    return " ".join(str(element.proto) for element in test.main)


def test_the_page_says_why_how_and_what_the_shots_do(drawn: AppTest) -> None:
    assert not drawn.exception
    assert [title.value for title in drawn.title] == ["Repeatability"]
    said = text(drawn)
    for words in (
        "never quite the same", "pose anew", "In the band of this course", "what differs between days",
        "Your shots differ by", "Default band", "against a colour card keep their bands",
    ):  # fmt: skip
        assert words in said, words
    assert "wider" in said
    assert "narrower" in said
    assert "A &lt;b&gt; face &amp; more" in said
    assert "<b> face" not in said
    measure = next(button for button in drawn.button if button.label == "Measure my repeat shots")
    assert measure.disabled


def test_a_stored_study_says_which_bands_it_enters_and_which_not(
    drawn: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = StoredStudy(RepeatStudy("s3", "c-0001", "2026-03-01", "user", ()), OWN)
    receipt = StudyReceipt(stored, ())
    kept = jobs.collect
    monkeypatch.setattr(
        jobs, "collect", lambda name, **more: (receipt, None) if name == "repeats" else kept(name, **more)
    )
    said = text(drawn.run())
    assert "Comparisons of this course now take them into their bands." in said
    assert "Redness and pigment that a comparison reads against a colour card keep their bands" in said
    assert "Every comparison" not in said


def test_a_study_can_be_removed(drawn: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    removed: list[str] = []
    monkeypatch.setattr(workflows, "remove_study", lambda _ws, _actor, study_id: removed.append(study_id))
    next(box for box in drawn.selectbox if box.label == "Study").select("s2")
    next(button for button in drawn.button if button.label == "Remove this study").click().run()
    assert removed == ["s2"]


def test_the_chart_draws_both_bands_of_every_region() -> None:
    redness = [band for band in BANDS if band.noise.metric == "redness"]
    spec = band_spec(redness)
    default, own = (layer["data"]["values"] for layer in spec["layer"])
    assert default == own
    assert [(row["own"], row["default"]) for row in own] == [
        (band.mdc95, band.default_mdc95) for band in redness
    ]
    assert "left cheek" in spec["description"]
    assert describe_bands([]) == "No region."
    for theme in ("light", "dark", "print"):
        svg = vl_convert.vegalite_to_svg(json.loads(json.dumps(band_spec(redness, theme=theme))))
        assert "Left cheek" in svg
