"""Method: what is measured, how to read it, what cannot be measured, and where the data is."""

from __future__ import annotations

import streamlit as st

from analysis.flags import FLAGS
from analysis.metrics import registry
from analysis.records import METHOD_VERSION
from dermatrend.report import labels
from dermatrend.ui import cards, state, style
from dermatrend.ui.concerns import CONCERNS


def draw() -> None:
    """Draw the page."""
    st.title("Method")
    style.lead(labels.WORDING)
    _concerns()
    _metrics()
    _reading()
    _flags()
    _card()
    _data()


def _concerns() -> None:
    st.subheader("What each concern can expect")
    known = registry()
    style.table(
        ["Concern", "What is measured", "Metrics", "What cannot be measured"],
        [
            [
                name,
                concern.measured,
                ", ".join(known[metric].label for metric in concern.metrics if metric in known) or "none",
                concern.not_measured,
            ]
            for name, concern in CONCERNS.items()
        ],
        caption="Concerns",
    )


def _metrics() -> None:
    st.subheader("The metrics")
    better = {"lower": "lower", "higher": "higher", None: "neither"}
    style.table(
        ["Metric", "In words", "Unit", "Wanted", "Needs", "Reference", "Source"],
        [
            [
                metric.label,
                metric.summary,
                metric.unit,
                better[metric.better],
                f"{metric.needs_px_per_mm:g} px/mm" if metric.needs_px_per_mm else "",
                "needs one" if metric.relative else "in itself",
                metric.reference,
            ]
            for metric in registry().values()
        ],
        caption="Metrics",
    )
    style.quiet(
        f"Method version {METHOD_VERSION}. Numbers of different versions are never mixed in one comparison."
    )


READING = """
- **The band** (±) is the smallest difference that can be told from noise at 95 %, allowing for how many
  regions are looked at. A difference inside it is not a change. A true change as large as the band is found
  in about half of the cases; what is found in 80 % stands below the numbers. The band holds what is known of
  photographs in general, and your own repeat shots where there are some; levels against a colour card hold
  none, for the shots are studied without one.
- **Likely to be seen, or too small to see**, stands beside a change of redness or pigment: it is about the
  mean colour of the region, and says whether half of people would notice. A change can be measured and too
  small to see.
- **The 95 % interval** says where the true change lies. It is not even around the number: blur and noise dull
  texture, and under some lamps redness shows about twice as strongly as in daylight, which a photo of skin
  alone does not tell. Daylight shows it as it is; one lamp throughout keeps a course's changes comparable.
- **A trend** is fitted from five follow-ups outside healing on. It is one where its interval excludes 0,
  which holds the true trend in at least 95 of 100 courses: it allows for nine regions looked at side by side.
- **Relative to**: a level is reported against a reference: the untreated skin you drew or named, a colour
  card in both photos, or the rest of the face. Against the rest of the face, a change of the whole face
  cannot be seen. Where it says "none (pattern only)", the number is a pattern and needs no reference.
- **Healing and outcome**: photos within 14 days of a treatment show recovery. An outcome is read from
  day 28 on, texture from day 90 on.
- **Not comparable** means that a quality check refused the pair; **not measurable** means that a photo
  does not hold enough for this metric. Neither is a zero.
- If something on your skin worries you, contact your practitioner. Moles are not checked here.
"""


def _reading() -> None:
    st.subheader("How to read a number")
    st.markdown(READING)
    style.table(
        ["Grade", "Meaning"],
        [[name.replace("_", " "), text.partition(": ")[2] or text] for name, text in labels.GRADES.items()],
        caption="Grades",
    )


def _flags() -> None:
    with st.expander("Remarks that a number may carry"):
        style.table(
            ["Remark", "Meaning"], [[flag.short, flag.long] for flag in FLAGS.values()], caption="Remarks"
        )


def _card() -> None:
    st.subheader("A colour card")
    st.markdown(
        "A card in the photos of every session makes their light alike, and gives a level something to be "
        "relative to where there is no untreated skin. Lay it beside the skin, in its plane and within "
        "15 cm, whole, without glare or shadow, and keep the same lamp. A ColorChecker of 24 patches serves, "
        "or this one:"
    )
    cards.download()


def _data() -> None:
    st.subheader("Where the data is")
    folder = state.workspace().settings.data_dir
    st.code(str(folder), language=None)
    style.quiet(
        "Photos, numbers and pictures are in this folder on this computer. Nothing is sent anywhere. "
        "Originals are never changed. Erasing a person removes all of it."
    )
