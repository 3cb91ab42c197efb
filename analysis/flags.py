"""The one table of flags. The docs, the app and the PDF print their texts from it."""

from __future__ import annotations

from typing import NamedTuple


class Flag(NamedTuple):
    """A named remark on a value: a short text for tables, a long one for people who ask."""

    short: str
    long: str


FLAGS: dict[str, Flag] = {
    "low_resolution": Flag(
        "too few pixels per mm",
        "The photo does not resolve this pattern. Take it closer, or with the main lens at full size.",
    ),
    "no_reference": Flag(
        "no reference",
        "A level can only be judged beside untreated skin, the rest of the face or, for colour alone, a "
        "colour card. None of them is there for this one; patterns are measured without.",
    ),
    "reference_unreadable": Flag(
        "reference not readable",
        "None of the reference skin could be read in both photos, so its levels and texture have no number.",
    ),
    "too_little_skin": Flag(
        "too little skin",
        "Too little skin to measure: at least 60 mm² and two fifths of what the baseline shows are needed, "
        "in a patch rather than a thin line, after leaving out hair, glare, shadow, what is clipped and what "
        "is out of frame.",
    ),
    "mixed_references": Flag(
        "several references",
        "Not all sessions are relative to the same thing, because not all photos allowed it. Numbers against "
        "different references are not on one line: a slope is of those that share one.",
    ),
    "rest_of_face": Flag(
        "relative to the rest of the face",
        "Relative to the rest of the face: a change of the whole face cannot be seen.",
    ),
    "regions_disagree": Flag(
        "parts of the face disagree",
        "Parts of the face that are not named as treated changed differently from each other, as light from "
        "another side or a beauty filter makes them. The band is as wide as they differ, and no slope "
        "is fitted through it. Name the parts that were treated, keep the light and switch filters off.",
    ),
    "card_corrected": Flag(
        "colour card used",
        "The follow-up's colours were brought to the baseline's by the colour card in both photos.",
    ),
    "card_refused": Flag(
        "colour card refused",
        "The colour card in these photos failed its checks and was not used; the numbers are as without it.",
    ),
    "card_not_found": Flag(
        "no colour card found",
        "A colour card was asked for and is not to be read in this photo, or in one of the two.",
    ),
    "picture_of_baseline": Flag(
        "the same picture as the baseline",
        "This session holds a picture that the baseline holds too, so in it nothing can have changed. "
        "Was the right file chosen?",
    ),
    "card_scale_unknown": Flag(
        "scale of the card unknown",
        "Cards of this kind come in sizes that look alike, so the card gives no scale in millimetres.",
    ),
    "exploratory_tone": Flag(
        "exploratory in this skin tone",
        "Colour photographs have limited sensitivity to this in deeper skin tones. "
        "A small number here does not mean that there is no redness.",
    ),
    "light_taken_off": Flag(
        "uneven light taken off",
        "Between the photos the light changed more on one side of the skin than on the other. What both the "
        "region and its reference show of that was taken off; what only one of them shows is in the band. "
        "A change of the skin that goes against that light has to be larger to be found.",
    ),
    "pigment_by_red": Flag(
        "read from red light",
        "In deeper skin tones blue light hardly comes back, so pigment is read from red light, beside the "
        "reference skin. Uneven shading counts in, and what melanin moves by one unit elsewhere it moves by "
        "somewhat less here.",
    ),
    "relief_fitted": Flag(
        "relief fitted to this skin",
        "In this skin the usual way of taking colour out of relief leaves much of it there, so it was fitted "
        "to these two photos. Spots that fade still look in part like smoother skin.",
    ),
    "dark_pigment": Flag(
        "not measured in this skin tone",
        "In very deep skin tones an ordinary photo holds too little blue light to tell pigment by. Draw the "
        "region with untreated skin beside it: there red light tells its level.",
    ),
    "pigment_in_relief": Flag(
        "pigment shows as relief",
        "Here the skin's colour pattern is as strong as its relief, and a photo cannot tell one from the "
        "other at this size.",
    ),
    "colour_changed_too": Flag(
        "colour changed too",
        "The colour of this region changed as well. Relief is what is left of the light when colour is taken "
        "out, and no photo lets it be taken out whole: part of this change may be colour.",
    ),
    "colour_unknown": Flag(
        "colour not compared",
        "Whether the colour of this region changed as well could not be measured here. If it did, part of "
        "this change may be colour: no photo lets it be taken out of relief whole.",
    ),
    "estimators_disagree": Flag(
        "two estimators disagree",
        "The two ways of computing this point in different directions, so redness cannot be told from "
        "pigment here.",
    ),
    "red_disagrees": Flag(
        "red light disagrees",
        "Red light shows a change that the pigment index does not follow. The skin may be darker than it "
        "looks in these photos, and then the index cannot read it.",
    ),
    "gate_refused": Flag(
        "photo quality", "A quality check refused this family of measurements in these photos."
    ),
    "gate_warning": Flag(
        "wider band", "A quality check gave a warning, so the stated band is wider than usual."
    ),
    "expression": Flag(
        "expression differs",
        "The face moved here between the sessions: the skin is stretched differently. Keep a resting face "
        "with the mouth closed, as in the baseline.",
    ),
    "sixteen_bit_read_as_eight": Flag(
        "read with 8 bits", "The file holds more than 8 bits a channel; it was read with 8."
    ),
    "untagged_colour": Flag("no colour profile", "The file names no colour profile; it was read as sRGB."),
    "colour_profile_unreadable": Flag(
        "colour profile unreadable", "The colour profile in the file is broken; it was read as sRGB."
    ),
    "transparency_removed": Flag(
        "transparency removed", "Transparent parts were filled with white and are not measured as skin."
    ),
    "converted_from_cmyk": Flag(
        "converted from CMYK", "The file was made for print; its colours are approximate."
    ),
    "converted_from_grey": Flag(
        "greyscale file", "The file holds no colour: redness and pigment cannot be measured."
    ),
    "several_images_first_read": Flag(
        "first picture read", "The file holds several pictures; the main one was read."
    ),
    "capture_facts_unreadable": Flag(
        "capture facts unreadable", "The notes that the camera left in the file are broken and were ignored."
    ),
    "recovery_phase": Flag(
        "recovery",
        "Taken within 14 days of a treatment: this shows recovery, not a result.",
    ),
    "texture_too_early": Flag(
        "before day 90", "Texture takes about 90 days to answer a course; earlier changes say little."
    ),
    "noise_unknown": Flag(
        "noise not measured yet",
        "How much this metric moves between photos of unchanged skin has not been measured, so no change "
        "of it can be judged.",
    ),
    "own_noise": Flag(
        "band from own repeat shots",
        "Repeat shots of this person, taken minutes apart, entered the band beside what is known of "
        "photographs in general.",
    ),
    "single_shot": Flag(
        "one shot", "The session has a single photo; a second one of the same view narrows the band."
    ),
}
"""name -> texts. A flag that is not here may not be used; a test checks."""
