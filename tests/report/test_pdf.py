"""The PDF as its reader meets it: opened again, tagged, titled, complete, and without hidden facts."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pikepdf
import pytest
from PIL import Image

from dermatrend.report import labels, phrases
from dermatrend.report.content import RepeatShots, report_content
from dermatrend.report.pdf import render_pdf
from tests import factories
from tests.pdf_text import pdf_text, runs, squeeze
from tests.report.test_content import long_course

NEVER = ("diagnosis", "severity", "normal", "abnormal", "healed", "cured", "skin age", "percentile", "score")
MARKUP = '*Dr* #panic("x") $x^2$ <lab> @ref \\ `raw` _it_ // no comment "q" #image("data.json")'


def content_of(history: factories.History, **options: Any) -> dict[str, Any]:
    return report_content(
        history.person.label,
        history.course,
        history.sessions,
        history.comparisons,
        history.trends,
        software_version="0.1.0",
        analyses=history.analyses,
        **options,
    )


def pdf_of(history: factories.History, **options: Any) -> bytes:
    return render_pdf(content_of(history, **options), history.pictures)


@pytest.fixture(scope="module")
def course() -> factories.History:
    return factories.history(regions=("left_cheek", "nose"), metrics=("redness", "texture_medium"))


@pytest.fixture(scope="module")
def course_pdf(course: factories.History) -> bytes:
    return pdf_of(course)


def test_is_tagged_titled_and_in_a_language(course_pdf: bytes) -> None:
    with pikepdf.open(io.BytesIO(course_pdf)) as pdf:
        assert "/StructTreeRoot" in pdf.Root
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang).lower().startswith("en")
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        with pdf.open_metadata() as meta:
            assert meta["dc:title"] == "Cheeks, fine lines"
            assert meta["pdfuaid:part"] == "1"


def test_every_figure_has_an_alternative_text(course_pdf: bytes) -> None:
    found: list[str] = []

    def walk(node: Any) -> None:
        if isinstance(node, pikepdf.Array):
            for item in node:
                walk(item)
        elif isinstance(node, pikepdf.Dictionary):
            if node.get("/S") == "/Figure":
                found.append(str(node.get("/Alt", "")))
            if "/K" in node:
                walk(node.K)

    with pikepdf.open(io.BytesIO(course_pdf)) as pdf:
        walk(pdf.Root.StructTreeRoot.K)
    # Three compared sessions with two photos each, two regions with two charts each.
    assert len(found) == 6 + 4
    assert all(found)
    assert any("day 150 −4.5 ± 2.2 H, measurable decrease" in alt for alt in found)


def test_text_holds_who_when_numbers_verdicts_and_reasons(course_pdf: bytes) -> None:
    text = pdf_text(course_pdf)
    for expected in (
        "Sample person",
        "2026-01-10",
        "2026-06-09 (day 150)",
        "Redness, left cheek: −4.5 ± 2.2 H, a measurable decrease relative to the rest of the face.",
        "Relative to: the rest of the face.",
        "within noise",
        "not comparable",
        "Found 0.65, expected at most 0.50.",
        "Use two lamps at the same distance, left and right.",
        "Phone 12",
        "Differences inside the stated band are not changes.",
        "dermatrend 0.1.0",
    ):
        assert squeeze(expected) in text, expected


def test_how_well_a_colour_card_fits_stands_where_the_photos_are_described() -> None:
    course = factories.history(regions=("nose",), metrics=("redness", "redness_uniformity"))
    assert "Colourcards" not in pdf_text(pdf_of(course))
    photo_id = course.sessions[0].photos[0].id
    with_card = replace(course.analyses[photo_id], card=factories.card_reading())
    text = pdf_text(pdf_of(replace(course, analyses={**course.analyses, photo_id: with_card})))
    for expected in (
        f"{photo_id[:8]} ColorChecker of 24 patches 1.2 4.6 0",
        "published colours, in CIEDE2000",
    ):
        assert squeeze(expected) in text, expected


def test_no_claims_on_any_page(course_pdf: bytes) -> None:
    text = pdf_text(course_pdf)
    for word in NEVER:
        assert squeeze(word) not in text.lower(), word
    assert squeeze(labels.WORDING) in text


def test_same_inputs_same_bytes(course: factories.History, course_pdf: bytes) -> None:
    assert pdf_of(course) == course_pdf


def test_photos_carry_nothing_of_their_files(course: factories.History) -> None:
    exif = Image.Exif()
    exif[0x010F] = "CanaryMaker"
    exif.get_ifd(0x8825)[1] = "N"
    raw = io.BytesIO()
    Image.new("RGB", (2400, 3200), (200, 160, 140)).save(
        raw, "JPEG", exif=exif, comment=b"CanaryComment", icc_profile=b"CanaryProfile" * 20
    )
    assert b"CanaryMaker" in raw.getvalue()
    pdf = render_pdf(content_of(course), dict.fromkeys(course.pictures, raw.getvalue()))
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        images = [
            image
            for page in opened.pages
            for image in page.get_images(recursive=True).values()
            if image.get("/Filter") == "/DCTDecode"
        ]
        assert images
        for image in images:
            data = image.read_raw_bytes()
            assert b"Exif" not in data
            assert b"Canary" not in data
            with Image.open(io.BytesIO(data)) as copy:
                assert max(copy.size) <= 1000
                assert not copy.getexif()
    assert b"Canary" not in pdf


def test_pictures_may_be_records_with_data(course: factories.History) -> None:
    class Holder:
        def __init__(self, data: bytes) -> None:
            self.data = data

    boxed = {key: Holder(data) for key, data in course.pictures.items()}
    assert render_pdf(content_of(course), boxed) == render_pdf(content_of(course), course.pictures)


def test_markup_in_names_prints_as_typed() -> None:
    history = factories.history(
        MARKUP,
        dates=("2026-01-10", "2026-03-01"),
        refused=(),
        metrics=("redness",),
        regions=(MARKUP, "nose"),
        note=MARKUP,
    )
    history = replace(history, course=factories.course(MARKUP))
    text = pdf_text(pdf_of(history))
    assert text.count(squeeze(MARKUP)) >= 4
    with pikepdf.open(io.BytesIO(pdf_of(history))) as pdf:
        assert str(pdf.docinfo.Title) == MARKUP


@pytest.mark.parametrize(
    "name", ["Łukasz Żółć", "Ελένη", "Наташа", "你好", "محمد", "\U000e0041\U0010fffd", "😀 x"]
)
def test_any_script_makes_a_report(name: str) -> None:
    history = factories.history(name, dates=("2026-01-10",))
    assert pdf_of(history).startswith(b"%PDF-")


def test_a_character_without_any_font_is_shown_by_its_code() -> None:
    history = factories.history("A\U000f1234B", dates=("2026-01-10",))
    assert "A[U+F1234]B" in pdf_text(pdf_of(history))


@pytest.mark.parametrize(
    "history",
    [
        factories.history(dates=("2026-01-10",)),
        factories.history(dates=("2026-01-10", "2026-03-01"), refused=("2026-03-01",)),
        factories.history("Wolfeschlegelsteinhausenbergerdorff" * 5, dates=("2026-01-10",), note="x" * 4000),
        factories.history(
            dates=("2026-01-10", *(f"2026-0{month}-{day:02d}" for month in range(2, 8) for day in (3, 20))),
            regions=("treated",),
            metrics=("redness",),
        ),
    ],
    ids=["baseline only", "all refused", "long words", "twelve follow-ups"],
)
def test_unusual_courses_make_a_report(history: factories.History) -> None:
    with pikepdf.open(io.BytesIO(pdf_of(history))) as pdf:
        assert len(pdf.pages) >= 2


def test_nothing_is_printed_beyond_the_page() -> None:
    dates = ("2026-01-10", "2026-03-01")
    history = factories.history("W" * 120, dates, refused=(), regions=("M" * 90, "nose"), note="W" * 200)
    found = list(runs(pdf_of(replace(history, course=factories.course("W" * 150)))))
    assert min(run.left for run in found) >= 50
    assert max(run.right for run in found) <= 595.3 - 50


def test_missing_pictures_are_left_out(course: factories.History) -> None:
    text = pdf_text(render_pdf(content_of(course)))
    assert squeeze("Photos in identical crop") not in text
    assert squeeze("−4.5 ± 2.2") in text


def test_created_at_is_printed_when_given(course: factories.History) -> None:
    pdf = pdf_of(course, created_at="2026-07-01T08:00:00+00:00", session_ids=[])
    assert "2026-07-01" in pdf_text(pdf)


def test_a_single_follow_up_compares_regions_and_says_whose_date_it_is() -> None:
    history = factories.history(
        dates=("2026-01-10", "2026-06-09"), refused=(), regions=("treated", "reference"), metrics=("redness",)
    )
    copied = replace(history.sessions[1], taken_on_source="file")
    text = pdf_text(pdf_of(replace(history, sessions=(history.sessions[0], copied))))
    assert squeeze("Change by region") in text
    assert squeeze("Treated −4.5 ± 2.2 −6.1 to −2.9 decrease") in text
    assert squeeze("2026-06-09, date of the file") in text


def test_a_slope_and_repeat_shots_stand_in_the_text() -> None:
    history = long_course()
    slope = history.trends[0].slope
    assert slope is not None
    ids = tuple(factories.sha(f"repeat {n}") for n in range(4))
    text = pdf_text(pdf_of(history, studies=[RepeatShots("2026-01-09", ids)]))
    assert squeeze(phrases.slope_sentence(slope, "H")) in text
    assert squeeze("How the band was made") in text
    assert squeeze("4 shots of 2026-01-09") in text


def test_several_follow_ups_show_the_course(course_pdf: bytes) -> None:
    text = pdf_text(course_pdf)
    assert squeeze("Course over time") in text
    assert squeeze("Change by region") not in text
