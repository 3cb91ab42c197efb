"""Single nuisances at the limits of a level, and which families of metrics each one touches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from analysis.phantom.disturbance import NEUTRAL, Disturbance, draw

BOTH, COLOUR, TEXTURE = ("colour", "texture"), ("colour",), ("texture",)


@dataclass(frozen=True, slots=True)
class Nuisance:
    """How one factor departs from the ideal, given the signs that chance chose."""

    touches: tuple[str, ...]
    mild: Callable[[float, float], Mapping[str, Any]] | None
    severe: Callable[[float, float], Mapping[str, Any]]
    other_camera: bool = False
    """Whether the follow-up is taken with another camera of the same generator."""

    def drawn(self, level: str, rng: np.random.Generator) -> Disturbance:
        """The disturbance at "mild" or "severe", with random signs."""
        make = self.mild if level == "mild" else self.severe
        if make is None:
            raise ValueError("this nuisance has no mild form")
        one, two = rng.choice((-1.0, 1.0), 2)
        return replace(NEUTRAL, **make(float(one), float(two)))


NUISANCES: dict[str, Nuisance] = {
    "exposure": Nuisance(BOTH, lambda s, _: {"gain_ev": 0.25 * s}, lambda s, _: {"gain_ev": 1.0 * s}),
    "white balance": Nuisance(
        COLOUR,
        lambda s, t: {"white_balance": (0.02 * s, 0.02 * t)},
        lambda s, t: {"white_balance": (0.10 * s, 0.10 * t)},
    ),
    "gamma": Nuisance(BOTH, lambda s, _: {"gamma": 1 + 0.05 * s}, lambda s, _: {"gamma": 1 + 0.20 * s}),
    "S-curve": Nuisance(BOTH, lambda _s, _t: {"s_curve": 0.1}, lambda _s, _t: {"s_curve": 0.4}),
    "mixed light": Nuisance(
        COLOUR,
        lambda s, t: {"mixed_light": (0.005 * s, 0.005 * t)},
        lambda s, t: {"mixed_light": (0.02 * s, 0.02 * t)},
    ),
    "illuminant": Nuisance(COLOUR, lambda _s, _t: {"illuminant": "D50"}, lambda _s, _t: {"illuminant": "A"}),
    "light direction": Nuisance(
        TEXTURE,
        lambda s, t: {"azimuth_deg": 135 + 4 * s, "elevation_deg": 45 + 4 * t},
        lambda s, t: {"azimuth_deg": 135 + 20 * s, "elevation_deg": 45 + 20 * t},
    ),
    "frontal light": Nuisance(TEXTURE, None, lambda _s, _t: {"elevation_deg": 75.0}),
    "blur": Nuisance(TEXTURE, lambda _s, _t: {"blur_px": 0.7}, lambda _s, _t: {"blur_px": 1.6}),
    "noise": Nuisance(TEXTURE, lambda _s, _t: {"noise_dn": 1.0}, lambda _s, _t: {"noise_dn": 4.0}),
    "JPEG": Nuisance(TEXTURE, lambda _s, _t: {"jpeg_quality": 95}, lambda _s, _t: {"jpeg_quality": 70}),
    "sharpening": Nuisance(TEXTURE, None, lambda _s, _t: {"sharpening": 0.8}),
    "scale": Nuisance(
        TEXTURE, lambda s, _: {"px_per_mm": 9.0 if s < 0 else 12.0}, lambda _s, _t: {"px_per_mm": 5.0}
    ),
    "pose": Nuisance(
        BOTH,
        lambda s, _: {"yaw_deg": 2.0 * s, "warp_mm": 0.3},
        lambda s, _: {"yaw_deg": 12.0 * s, "warp_mm": 2.0},
    ),
    "gloss": Nuisance(TEXTURE, None, lambda _s, _t: {"specular": 0.03}),
    # There is no mild other camera; both photos name theirs, as telephones do.
    "other camera": Nuisance(COLOUR, None, lambda _s, _t: {}, other_camera=True),
}
"""By name. Untranslated P3 is row 15's."""


BEYOND: dict[str, Callable[[np.random.Generator], Mapping[str, Any]]] = {
    "dark": lambda rng: {"gain_ev": rng.uniform(-6, -1)},
    "bright": lambda rng: {"gain_ev": rng.uniform(1, 3)},
    "white balance": lambda rng: {"white_balance": tuple(_either(rng, 0.1, 0.6) for _ in range(2))},
    "light direction": lambda rng: {
        "azimuth_deg": 135 + _either(rng, 20, 120), "elevation_deg": 45 + _either(rng, 20, 35),
    },
    "blur": lambda rng: {"blur_px": rng.uniform(1.6, 8)},
    "noise": lambda rng: {"noise_dn": float(np.exp(rng.uniform(np.log(4), np.log(40))))},
    "JPEG": lambda rng: {"jpeg_quality": int(rng.integers(20, 70))},
    "scale": lambda rng: {"px_per_mm": float(np.exp(rng.uniform(np.log(1.5), np.log(5))))},
    "turn": lambda rng: {"yaw_deg": _either(rng, 12, 50)},
    "shift": lambda rng: {"shift_mm": tuple(_either(rng, 1.5, 30) for _ in range(2))},
    "warp": lambda rng: {"warp_mm": rng.uniform(2, 8)},
    "gloss": lambda rng: {"specular": rng.uniform(0.03, 0.3)},
}  # fmt: skip
"""One thing from where "severe" ends to where hardly anything can be measured, across the limits."""


def _either(rng: np.random.Generator, low: float, high: float) -> float:
    return float(rng.choice((-1.0, 1.0)) * rng.uniform(low, high))


def pushed(rng: np.random.Generator) -> Disturbance:
    """Every factor at moderate, and one of them, by chance, beyond severe."""
    name = str(rng.choice(sorted(BEYOND)))
    return replace(draw("moderate", rng), **BEYOND[name](rng))


def mixed(rng: np.random.Generator) -> Disturbance:
    """Every factor at moderate or at severe, by chance and independently of the others.

    All at severe would show every check at its worst at once, and none apart from the rest.
    """
    usual, severe = draw("moderate", rng), draw("severe", rng)
    worse = [item.name for item in fields(usual) if rng.random() < 0.5]
    return replace(usual, **{name: getattr(severe, name) for name in worse})
