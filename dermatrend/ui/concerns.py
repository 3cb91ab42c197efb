"""The concerns this treatment is used for: what is measured for each, and what cannot be."""

from __future__ import annotations

from typing import NamedTuple


class Concern(NamedTuple):
    """One concern in words, with the names of the metrics that speak to it."""

    metrics: tuple[str, ...]
    measured: str
    not_measured: str


CONCERNS: dict[str, Concern] = {
    "Fine lines": Concern(
        ("texture_pore", "texture_medium"),
        "Relief at the scale of fine lines, as contrast in the photo.",
        "Single lines are not traced yet. Photos need 16 px/mm for that; a whole face rarely has them.",
    ),
    "Wrinkles": Concern(
        ("texture_coarse", "texture_medium"),
        "Relief at the coarse and medium scale, against the same skin before.",
        "Depth in mm. A photo shows shading, and a changed light changes shading: such pairs are refused.",
    ),
    "Acne scars": Concern(
        ("texture_coarse", "texture_medium", "redness"),
        "Relief at the scale of scars, and their redness against the skin around.",
        "Depth, and grades of a scar scale: those are a clinician's.",
    ),
    "Enlarged pores": Concern(
        ("texture_pore",),
        "Relief at the scale of pores, where the photo has 8 px/mm or more.",
        "The number and size of single pores.",
    ),
    "Sunspots and hyperpigmentation": Concern(
        ("pigment", "pigment_uniformity"),
        "Pigment against a reference, and how evenly it lies.",
        "What a spot is. Moles are not checked: a changing spot belongs before a doctor's eyes.",
    ),
    "Stretch marks": Concern(
        ("redness", "pigment", "texture_coarse"),
        "Colour and relief of a drawn region against untreated skin beside it.",
        "Width and depth of single marks.",
    ),
    "Uneven texture": Concern(
        ("texture_pore", "texture_medium", "texture_coarse"),
        "Relief at three scales. Not judged before day 90 of a course.",
        "How skin feels.",
    ),
    "Uneven tone": Concern(
        ("redness_uniformity", "pigment_uniformity", "redness"),
        "How evenly redness and pigment lie within a region; this needs no reference.",
        "Tone as the eye sees it under another light.",
    ),
    "Lost elasticity": Concern(
        ("texture_coarse",),
        "Nothing directly. The contrast of folds is shown as what it is: shading of coarse relief.",
        "Elasticity. It cannot be measured in a still photo.",
    ),
}
"""concern -> what this app can say about it."""
