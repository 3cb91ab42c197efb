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
        "noise": "seeds from 7000000, 24 untreated pairs in each of 5 tone classes, moderate",
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
        "redness": 0.25,
        "redness_uniformity": 0.17,
        "pigment": 0.36,
        "pigment_uniformity": 0.22,
        "texture_pore": 1.5,
        "texture_medium": 2.0,
        "texture_coarse": 3.0,
    }
)
"""Metric -> SD of a one-shot to one-shot difference between untreated phantom pairs."""

GAIN_SD: Final[Mapping[str, float]] = MappingProxyType(
    {
        "redness_uniformity": 0.085,
        "pigment_uniformity": 0.0,
    }
)
"""Pattern metric -> SD of the ratio at which two photos render one pattern. Their tone curves scale it, so
the noise grows with the pattern."""

CARD_SD: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {
        "body_card": MappingProxyType({"pigment": 0.44, "redness": 0.2}),
        "card": MappingProxyType({"pigment": 4.0, "redness": 2.1}),
    }
)
"""Place -> metric -> the same with a colour card in both photos: against reference skin whose light the card
corrected ("body_card"), and against the card alone ("card")."""

PRIOR_SD: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {
        "redness": MappingProxyType(
            {
                "body": 0.44,
                "body_card": 0.414,
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
                "body": 0.17,
                "forehead": 0.51,
                "glabella": 0.476,
                "nose": 0.442,
                "cheeks": 0.544,
                "periorbital": 0.986,
                "perioral": 0.85,
                "chin": 0.646,
            }
        ),
        "pigment": MappingProxyType(
            {
                "body": 0.63,
                "body_card": 0.679,
                "card": 4.03,
                "forehead": 1.08,
                "glabella": 1.01,
                "nose": 0.936,
                "cheeks": 1.15,
                "periorbital": 2.09,
                "perioral": 1.8,
                "chin": 1.37,
            }
        ),
        "pigment_uniformity": MappingProxyType(
            {
                "body": 0.22,
                "forehead": 0.66,
                "glabella": 0.616,
                "nose": 0.572,
                "cheeks": 0.704,
                "periorbital": 1.28,
                "perioral": 1.1,
                "chin": 0.836,
            }
        ),
        "texture_pore": MappingProxyType({"body": 2.92}),
        "texture_medium": MappingProxyType({"body": 3.2}),
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
