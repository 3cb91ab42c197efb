"""G1, the development generator: the phantom, with what repeats from photo to photo kept."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from analysis.phantom.camera import CAMERAS
from analysis.phantom.disturbance import NEUTRAL, Disturbance
from analysis.phantom.scene import NO_DOSE, Dose, Site, SyntheticPhoto
from analysis.records import FloatMap

KEPT = 8
"""Coloured originals kept per site, 24 MB each."""


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

    phantom: Site

    def photo(
        self, dose: Dose = NO_DOSE, disturbance: Disturbance = NEUTRAL, shot_seed: int = 0
    ) -> SyntheticPhoto:
        """One exposure; the same bytes as the phantom's own."""
        return self.phantom.photo(dose, disturbance, shot_seed)

    def positions_mm(self, disturbance: Disturbance, shot_seed: int) -> FloatMap:
        """(h, w, 2) mm on the skin that each pixel looks at."""
        # The phantom draws the warp first from the shot's generator: the same seed gives the same warp.
        rng = np.random.default_rng([self.phantom.seed, 2, shot_seed])
        grid = self.phantom._grid(disturbance, rng)
        return np.asarray((grid + 0.5) / self.phantom.texture.px_per_mm, np.float32)


@dataclass(frozen=True)
class _KeptSite(Site):
    """A site that computes its colours once per dose and lamp: they are most of a photo's cost."""

    kept: dict[tuple[float, float, float, str], FloatMap] = field(default_factory=dict, repr=False)

    def _flat_light(self, dose: Dose, illuminant: str) -> FloatMap:
        key = (dose.haemoglobin, dose.melanin, dose.spots, illuminant)
        if key not in self.kept:
            if len(self.kept) >= KEPT:
                self.kept.pop(next(iter(self.kept)))
            # Named, not super(): a class with slots is made twice, and super() would mean the first.
            self.kept[key] = Site._flat_light(self, dose, illuminant)
        return self.kept[key].copy()
