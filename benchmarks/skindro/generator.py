"""What a generator of synthetic skin offers, so that every row runs on any of them.

Doses, disturbances and the photo with its truth are the phantom's records: they say what is done to the
skin and to the photo, and nothing of how a generator renders it.
"""

from __future__ import annotations

from typing import Protocol

from analysis.phantom.disturbance import NEUTRAL, Disturbance
from analysis.phantom.optics import TONE_ITA_DEG
from analysis.phantom.scene import NO_DOSE, Dose, SyntheticPhoto
from analysis.records import FloatMap

TONES = TONE_ITA_DEG
"""Tone classes of the benchmark by individual typology angle in degrees."""


class SyntheticSite(Protocol):
    """One person's skin in one place, photographed as often as wanted."""

    @property
    def camera(self) -> str:
        """Name of the camera."""
        ...

    def by_another_camera(self) -> SyntheticSite:
        """The same skin in front of another camera of this generator."""
        ...

    def photo(
        self, dose: Dose = NO_DOSE, disturbance: Disturbance = NEUTRAL, shot_seed: int = 0
    ) -> SyntheticPhoto:
        """One exposure: a treated patch, a reference patch, and a strip of hair and paper."""
        ...

    def skin_light(self, dose: Dose = NO_DOSE) -> FloatMap:
        """(3,) linear RGB of even, flat skin after this dose, before exposure, tone curve and rounding."""
        ...

    def positions_mm(self, disturbance: Disturbance, shot_seed: int) -> FloatMap:
        """(h, w, 2) float32: where on the skin, in mm, each pixel of that exposure looks."""
        ...


class Generator(Protocol):
    """A population of synthetic people."""

    name: str
    has_card: bool
    """Whether its photos can show a colour card (mode A)."""

    def site(self, seed: int, tone: str, *, card: bool = False) -> SyntheticSite:
        """The person with this seed. Tone is a key of `TONES`; the same seed gives the same skin.

        `card` puts a colour card beside the patches, where `has_card` says that there is one.
        """
        ...
