"""What the method takes for granted. Written by benchmarks/derive.py: change that, not this.

Derived on a spectral two-layer skin model (analysis/phantom), or cited. A test derives the weights again.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

Triple = tuple[float, float, float]

PROVENANCE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "weights": "seed 20260101, 300 people in each of 5 tone classes, 3 cameras, numpy 2.4.6",
        "noise": "seeds from 7000000, 48 untreated pairs in each of 5 tone classes, moderate",
        "card_noise": "seeds from 7500000, 24 untreated pairs in each of 5 tone classes, moderate",
        "response": "seeds from 7700000, 16 people in each of 5 tone classes, moderate",
    }
)
"""How each group below was made."""

WEIGHTS: Final[Mapping[str, Triple]] = MappingProxyType(
    {
        "haemoglobin": (-60.5, 100.0, -39.5),
        "melanin": (-25.0, -75.0, 100.0),
        "shading": (1.436, 0.016, -0.453),
    }
)
"""Rows over the optical densities -log10 of linear (R, G, B). H and M are times 100 and sum to 0, so that
exposure and shading cancel; the shading row sums to 1 and answers least to either pigment."""

HAEMOGLOBIN_DIRECTION: Final[Triple] = (0.25, 1.0, 0.842)
"""Mean change of optical density (R, G, B) when haemoglobin changes, green = 1."""

MELANIN_DIRECTION: Final[Triple] = (0.33, 0.597, 1.0)
"""Mean change of optical density (R, G, B) when melanin changes, blue = 1."""

TONE_LIMITS_DEG: Final[tuple[float, ...]] = (47.5, 32.5, 15.0, -15.0)
"""Typology angles between the tone classes I-II, III, IV, V and VI of the phantom."""

TONE_CENTRES_DEG: Final[tuple[float, ...]] = (55.0, 40.0, 25.0, 5.0, -35.0)
"""Typology angles at which the classes' people were made."""

LEAK: Final[Mapping[str, tuple[float, ...]]] = MappingProxyType(
    {
        "redness": (0.019, 0.018, 0.019, 0.02, 0.02),
        "pigment": (0.435, 0.349, 0.236, 0.279, 0.279),
        "pigment_by_red": (0.534, 0.512, 0.486, 0.423, 0.423),
        "redness_by_red": (0.031, 0.027, 0.029, 0.026, 0.327),
        "texture_pore": (0.65, 0.53, 0.61, 0.58, 0.6),
        "texture_medium": (1.0, 1.2, 0.84, 1.2, 1.2),
        "texture_coarse": (1.7, 1.7, 1.4, 1.7, 1.7),
    }
)
"""Per tone class: how far the index moves, per unit of the other one, when only the other pigment changes
(RMS over people). Redness that fades looks a little like pigment, and the other way round; texture moves, in
% per H, when only redness does."""

RED_PER_M: Final[tuple[float, float]] = (0.71, 0.13)
"""Change of 100 x optical density of red per unit of M when melanin changes, in classes I to V: median over
people, and spread."""

PHANTOM_SD: Final[Mapping[str, float]] = MappingProxyType(
    {
        "redness": 0.27,
        "redness_uniformity": 0.17,
        "pigment": 0.41,
        "pigment_uniformity": 0.21,
        "texture_pore": 1.3,
        "texture_medium": 1.8,
        "texture_coarse": 3.1,
    }
)
"""Metric -> SD of a one-shot to one-shot difference between untreated phantom pairs."""

PHANTOM_EVEN_LIGHT_SD: Final[Mapping[str, float]] = MappingProxyType(
    {
        "redness": 0.15,
        "pigment": 0.16,
    }
)
"""The same of levels in light of one colour: what light of two does to drawn regions, the pair shows."""

PHANTOM_TONE_FACTOR: Final[Mapping[str, tuple[float, ...]]] = MappingProxyType(
    {
        "redness": (0.998, 1.15, 0.966, 0.939, 0.932),
        "redness_uniformity": (1.15, 1.09, 0.953, 0.958, 0.81),
        "pigment": (1.01, 1.13, 0.936, 0.917, 0.988),
        "pigment_uniformity": (1.01, 0.987, 1.1, 0.844, 1.04),
        "texture_pore": (0.937, 0.9, 0.971, 1.02, 1.15),
        "texture_medium": (0.964, 0.865, 0.959, 1.16, 1.03),
        "texture_coarse": (1.04, 0.994, 0.954, 1.01, 1.0),
    }
)
"""Metric -> per tone class the phantom's SD over that of all tones, drawn towards 1 by 20 pairs."""

TONE_FACTOR: Final[Mapping[str, tuple[float, ...]]] = MappingProxyType(
    {
        "redness": (0.996, 1.15, 0.967, 0.941, 0.933),
        "redness_uniformity": (1.15, 1.09, 0.953, 0.959, 0.812),
        "pigment": (1.01, 1.13, 0.937, 0.917, 0.988),
        "pigment_uniformity": (1.01, 0.986, 1.1, 0.843, 1.04),
        "texture_pore": (0.986, 0.979, 0.993, 1.0, 1.03),
        "texture_medium": (0.987, 0.958, 0.987, 1.06, 1.01),
        "texture_coarse": (1.03, 0.997, 0.972, 1.01, 1.0),
    }
)
"""The same for PRIOR_SD of a body, which adds in quadrature what does not depend on the tone."""

CAST_GAIN_SD: Final[Mapping[str, float]] = MappingProxyType(
    {
        "redness_uniformity": 1.0,
        "pigment_uniformity": 0.38,
    }
)
"""Pattern metric -> SD of the ratio at which two photos render one pattern, per unit of colour cast between
them (natural-log units). Light of another colour meets other sensitivities: the noise grows with both."""

RESPONSE_GAIN: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "redness": (0.85, 2.2),
        "redness_uniformity": (0.3, 1.4),
        "pigment": (0.6, 1.3),
        "texture_pore": (0.74, 1.1),
        "texture_medium": (0.71, 1.3),
        "texture_coarse": (0.7, 1.0),
    }
)
"""Metric -> the least and the most that a true change shows in disturbed photos, as a multiple of what
undisturbed ones in daylight show: 95 % of people, all tones pooled, lie between the two."""

DETECTION_FACTOR: Final[Mapping[str, float]] = MappingProxyType(
    {
        "redness": 1.0,
        "pigment": 1.18,
        "texture_pore": 1.11,
        "texture_medium": 1.15,
        "texture_coarse": 1.21,
    }
)
"""Metric -> how much larger than noise alone asks for a true change must be to be found in 80 % of cases: it
does not show equally strongly in every light, and the more changes the wider the limit."""

CARD_SD: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {
        "body_card": MappingProxyType(
            {
                "pigment": 0.14,
                "redness": 0.11,
                "pigment_uniformity": 0.25,
                "redness_uniformity": 0.13,
            }
        ),
        "card": MappingProxyType(
            {
                "pigment": 2.4,
                "redness": 2.2,
            }
        ),
    }
)
"""Place -> metric -> the same with a colour card in both photos: with reference skin, in light that the card
made alike ("body_card"), and against the card alone ("card"); a pattern needs neither."""

PRIOR_SD: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {
        "redness": MappingProxyType(
            {
                "body": 0.15,
                "body_card": 0.11,
                "card": 2.2,
                "forehead": 0.75,
                "glabella": 0.7,
                "nose": 0.65,
                "cheeks": 0.8,
                "periorbital": 1.45,
                "perioral": 1.25,
                "chin": 0.95,
            }
        ),
        "redness_uniformity": MappingProxyType(
            {
                "body": 0.17,
                "body_card": 0.13,
                "forehead": 0.472,
                "glabella": 0.441,
                "nose": 0.409,
                "cheeks": 0.504,
                "periorbital": 0.913,
                "perioral": 0.787,
                "chin": 0.598,
            }
        ),
        "pigment": MappingProxyType(
            {
                "body": 0.16,
                "body_card": 0.14,
                "card": 2.4,
                "forehead": 1.14,
                "glabella": 1.06,
                "nose": 0.987,
                "cheeks": 1.21,
                "periorbital": 2.2,
                "perioral": 1.9,
                "chin": 1.44,
            }
        ),
        "pigment_uniformity": MappingProxyType(
            {
                "body": 0.21,
                "body_card": 0.25,
                "forehead": 0.583,
                "glabella": 0.544,
                "nose": 0.506,
                "cheeks": 0.622,
                "periorbital": 1.13,
                "perioral": 0.972,
                "chin": 0.739,
            }
        ),
        "texture_pore": MappingProxyType({"body": 2.82}),
        "texture_medium": MappingProxyType({"body": 3.08}),
        "texture_coarse": MappingProxyType({"body": 3.98}),
    }
)
"""Metric -> place -> SD of a one-shot to one-shot difference at zero change, in the metric's unit.
"body" is from untreated pairs of the phantom at moderate disturbance, all tones, and stands for every place
that is not listed: of a level in light of one colour, because what light that falls unevenly does is each
pair's own (analysis/light_field.py). "body_card" and "card" are those of CARD_SD. Redness on a face is from
98 real pairs, one person minutes apart (neutral, smiling); the other colour metrics there are the phantom's
value in any light times the same ratio of face to phantom, until real pairs say otherwise. Texture adds in
quadrature what editing in 8 bits does (2.5 %, real skin).
A phantom knows what photography does, not what blood and heat do between two days."""

NU0: Final = 20.0
"""Degrees of freedom such a prior is worth against a person's own repeat shots."""
