"""G1, the development generator: the phantom, with what repeats from photo to photo kept."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from analysis.phantom.camera import CAMERAS
from analysis.phantom.disturbance import NEUTRAL, Disturbance
from analysis.phantom.scene import NO_DOSE, WHOLE, Dose, Part, Site, SyntheticPhoto
from analysis.phantom.texture import Relief
from analysis.records import FloatMap
from benchmarks.skindro.kept import Kept

COLOURS, SURFACES = 8, 2
"""Originals kept per site: 24 MB a coloured one, 64 MB a surface."""


class Development:
    """The population of G1: its three cameras in turn."""

    name = "G1"
    has_card = True

    def site(self, seed: int, tone: str, *, card: bool = False) -> DevelopmentSite:
        """A person of the phantom."""
        camera = sorted(CAMERAS)[seed % len(CAMERAS)]
        return DevelopmentSite(_KeptSite.of(seed, tone, camera=camera, card=card))


@dataclass(frozen=True, slots=True)
class DevelopmentSite:
    """One person of the phantom."""

    phantom: _KeptSite

    @property
    def camera(self) -> str:
        """Name of the camera."""
        return self.phantom.camera

    def by_another_camera(self) -> DevelopmentSite:
        """The same skin in front of the next camera; surfaces are the skin's and stay."""
        names = sorted(CAMERAS)
        other = names[(names.index(self.camera) + 1) % len(names)]
        return DevelopmentSite(replace(self.phantom, camera=other, colours=Kept(COLOURS)))

    def photo(
        self, dose: Dose = NO_DOSE, disturbance: Disturbance = NEUTRAL, shot_seed: int = 0
    ) -> SyntheticPhoto:
        """One exposure; the same bytes as the phantom's own."""
        return self.phantom.photo(dose, disturbance, shot_seed)

    def skin_light(self, dose: Dose = NO_DOSE) -> FloatMap:
        """(3,) linear RGB of even, flat skin; the phantom's own."""
        return self.phantom.skin_light(dose)

    def positions_mm(self, disturbance: Disturbance, shot_seed: int) -> FloatMap:
        """(h, w, 2) mm on the skin that each pixel looks at."""
        # The phantom draws the warp first from the shot's generator: the same seed gives the same warp.
        rng = np.random.default_rng([self.phantom.seed, 2, shot_seed])
        grid = self.phantom._grid(disturbance, rng)
        return np.asarray((grid + 0.5) / self.phantom.texture.px_per_mm, np.float32)


@dataclass(frozen=True)
class _KeptSite(Site):
    """A site that computes its colours once per dose and lamp, its surface once per dose, its strip once."""

    colours: Kept = field(default_factory=lambda: Kept(COLOURS), repr=False, compare=False)
    surfaces: Kept = field(default_factory=lambda: Kept(SURFACES), repr=False, compare=False)
    fixed: Kept = field(default_factory=lambda: Kept(3), repr=False, compare=False)

    # Named, not super(): a class with slots is made twice, and super() would mean the first.
    def _flat_light(self, dose: Dose, illuminant: str, part: Part = WHOLE) -> FloatMap:
        key = (dose.haemoglobin, dose.melanin, dose.spots, illuminant)
        return self.colours.get(key, lambda: self._coloured(dose, illuminant))[part].copy()

    def _coloured(self, dose: Dose, illuminant: str) -> FloatMap:
        """A dose colours the treated patch; around it the skin is what it was."""
        if dose == replace(NO_DOSE, relief=dose.relief):
            return Site._flat_light(self, NO_DOSE, illuminant)
        light = self._flat_light(NO_DOSE, illuminant)
        part = self.fixed.get("part", self._dosed_part)
        light[part] = Site._flat_light(self, dose, illuminant, part)
        return light

    def _dosed_part(self) -> Part:
        weight = self._treated_weight() > 0
        rows, columns = (np.flatnonzero(weight.any(axis=axis)) for axis in (1, 0))
        return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)

    def _relief(self, factor: float) -> Relief:
        return self.surfaces.get(factor, lambda: Site._relief(self, factor))

    def _treated_weight(self) -> FloatMap:
        return self.fixed.get("weight", lambda: Site._treated_weight(self))

    def _strip(self) -> tuple[FloatMap, FloatMap]:
        return self.fixed.get("strip", lambda: Site._strip(self))
