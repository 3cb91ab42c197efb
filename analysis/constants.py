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

LEAK: Final[Mapping[str, tuple[float, ...]]] = MappingProxyType(
    {
        "redness": (0.019, 0.018, 0.019, 0.02, 0.02),
        "pigment": (0.435, 0.349, 0.236, 0.279, 0.279),
        "pigment_by_red": (0.534, 0.512, 0.486, 0.423, 0.423),
        "redness_by_red": (0.031, 0.027, 0.029, 0.026, 0.327),
    }
)
"""Per tone class: how far the index moves, per unit of the other one, when only the other pigment changes
(RMS over people). Redness that fades looks a little like pigment, and the other way round."""

PHANTOM_SD: Final[Mapping[str, float]] = MappingProxyType(
    {
        "redness": 0.27,
        "redness_uniformity": 0.18,
        "pigment": 0.42,
        "pigment_uniformity": 0.25,
        "texture_pore": 1.5,
        "texture_medium": 1.9,
        "texture_coarse": 3.0,
    }
)
"""Metric -> SD of a one-shot to one-shot difference between untreated phantom pairs."""

PHANTOM_TONE_FACTOR: Final[Mapping[str, tuple[float, ...]]] = MappingProxyType(
    {
        "redness": (1.09, 0.955, 0.926, 1.12, 0.888),
        "redness_uniformity": (1.14, 1.09, 0.944, 0.971, 0.82),
        "pigment": (1.07, 0.999, 0.964, 1.01, 0.945),
        "pigment_uniformity": (1.04, 1.05, 1.07, 0.797, 1.0),
        "texture_pore": (0.91, 0.873, 0.922, 0.951, 1.29),
        "texture_medium": (0.935, 0.849, 0.923, 1.09, 1.16),
        "texture_coarse": (1.07, 1.05, 1.01, 1.06, 0.787),
    }
)
"""Metric -> per tone class the phantom's SD over that of all tones, drawn towards 1 by 20 pairs."""

TONE_FACTOR: Final[Mapping[str, tuple[float, ...]]] = MappingProxyType(
    {
        "redness": (1.03, 0.985, 0.973, 1.04, 0.96),
        "redness_uniformity": (1.14, 1.09, 0.944, 0.972, 0.822),
        "pigment": (1.03, 1.0, 0.986, 1.0, 0.979),
        "pigment_uniformity": (1.04, 1.05, 1.07, 0.796, 1.0),
        "texture_pore": (0.976, 0.966, 0.979, 0.986, 1.08),
        "texture_medium": (0.978, 0.949, 0.971, 1.04, 1.06),
        "texture_coarse": (1.04, 1.03, 1.01, 1.04, 0.88),
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

CARD_SD: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {
        "body_card": MappingProxyType({"pigment": 0.39, "redness": 0.21}),
        "card": MappingProxyType({"pigment": 1.4, "redness": 2.1}),
    }
)
"""Place -> metric -> the same with a colour card in both photos: against reference skin whose light the card
corrected ("body_card"), and against the card alone ("card")."""

PRIOR_SD: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {
        "redness": MappingProxyType(
            {
                "body": 0.452,
                "body_card": 0.419,
                "card": 2.13,
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
                "body": 0.18,
                "forehead": 0.5,
                "glabella": 0.467,
                "nose": 0.433,
                "cheeks": 0.533,
                "periorbital": 0.967,
                "perioral": 0.833,
                "chin": 0.633,
            }
        ),
        "pigment": MappingProxyType(
            {
                "body": 0.666,
                "body_card": 0.648,
                "card": 1.49,
                "forehead": 1.17,
                "glabella": 1.09,
                "nose": 1.01,
                "cheeks": 1.24,
                "periorbital": 2.26,
                "perioral": 1.94,
                "chin": 1.48,
            }
        ),
        "pigment_uniformity": MappingProxyType(
            {
                "body": 0.25,
                "forehead": 0.694,
                "glabella": 0.648,
                "nose": 0.602,
                "cheeks": 0.741,
                "periorbital": 1.34,
                "perioral": 1.16,
                "chin": 0.88,
            }
        ),
        "texture_pore": MappingProxyType({"body": 2.92}),
        "texture_medium": MappingProxyType({"body": 3.14}),
        "texture_coarse": MappingProxyType({"body": 3.91}),
    }
)
"""Metric -> place -> SD of a one-shot to one-shot difference at zero change, in the metric's unit.
"body" is from untreated pairs of the phantom at moderate disturbance, all tones, and stands for every place
that is not listed; "body_card" and "card" are those of CARD_SD. Redness on a face is from 98 real pairs, one
person minutes apart (neutral, smiling); the other colour metrics there are the phantom's value times the same
ratio of face to phantom, until real pairs say otherwise. Texture adds in quadrature what editing in 8 bits
does (2.5 %, real skin), redness and pigment what light of two colours, 1 % apart, does.
A phantom knows what photography does, not what blood and heat do between two days."""

NU0: Final = 20.0
"""Degrees of freedom such a prior is worth against a person's own repeat shots."""
