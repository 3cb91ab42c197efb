"""How real photography disturbs a photo, drawn at three levels (the table of the benchmark).

`+-x` is drawn uniformly, a log-SD normally. A whole disturbance is drawn independently for each session.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Level = Literal["none", "mild", "moderate", "severe"]


@dataclass(frozen=True, slots=True)
class Disturbance:
    """One photo's departures from the ideal; the defaults are a good photo of a still person."""

    gain_ev: float = 0.0
    white_balance: tuple[float, float] = (0.0, 0.0)
    """ln error of red and blue."""
    gamma: float = 1.0
    s_curve: float = 0.0
    mixed_light: tuple[float, float] = (0.0, 0.0)
    """ln of red and of blue over green, from the treated patch to the reference."""
    illuminant: str = "D65"
    azimuth_deg: float = 135.0
    elevation_deg: float = 45.0
    blur_px: float = 0.5
    noise_dn: float = 0.6
    jpeg_quality: int = 97
    sharpening: float = 0.0
    px_per_mm: float = 10.0
    yaw_deg: float = 0.0
    shift_mm: tuple[float, float] = (0.0, 0.0)
    warp_mm: float = 0.0
    """RMS of a smooth displacement of the skin."""
    specular: float = 0.0
    """Mean share of mirror-like light."""


NEUTRAL = Disturbance()


@dataclass(frozen=True, slots=True)
class _Limits:
    gain_ev: float
    white_balance: float
    gamma: float
    s_curve: float
    mixed_light: float
    illuminants: tuple[str, ...]
    light_deg: float
    blur_px: float
    noise_dn: float
    jpeg_quality: int
    sharpening: float
    px_per_mm: tuple[float, float]
    yaw_deg: float
    warp_mm: float
    specular: float


_LEVELS: dict[str, _Limits] = {
    "mild": _Limits(0.25, 0.02, 0.05, 0.1, 0.005, ("D65", "D50"), 4, 0.7, 1, 95, 0.0, (9, 12), 2, 0.3, 0.0),
    "moderate": _Limits(
        0.5, 0.05, 0.10, 0.2, 0.01, ("D65", "D50", "LED"), 8, 0.9, 2, 88, 0.3, (8, 14), 5, 0.8, 0.01
    ),
    "severe": _Limits(
        1.0, 0.10, 0.20, 0.4, 0.02, ("D50", "LED", "A"), 20, 1.6, 4, 70, 0.8, (5, 18), 12, 2.0, 0.03
    ),
}


def draw(level: Level, rng: np.random.Generator) -> Disturbance:
    """All factors at one level at once: the composite of the benchmark.

    >>> draw("none", np.random.default_rng(0)) == NEUTRAL
    True
    """
    if level == "none":
        return NEUTRAL
    limits = _LEVELS[level]

    def within(span: float) -> float:
        return float(rng.uniform(-span, span))

    return Disturbance(
        gain_ev=within(limits.gain_ev),
        white_balance=(
            float(rng.normal(0.0, limits.white_balance)),
            float(rng.normal(0.0, limits.white_balance)),
        ),
        gamma=1.0 + within(limits.gamma),
        s_curve=float(rng.uniform(0.0, limits.s_curve)),
        mixed_light=(within(limits.mixed_light), within(limits.mixed_light)),
        illuminant=str(rng.choice(limits.illuminants)),
        azimuth_deg=135.0 + within(limits.light_deg),
        elevation_deg=45.0 + within(limits.light_deg),
        blur_px=float(rng.uniform(0.5, limits.blur_px)),
        noise_dn=float(rng.uniform(0.5, 1.0)) * limits.noise_dn,
        jpeg_quality=limits.jpeg_quality,
        sharpening=float(rng.uniform(0.0, limits.sharpening)),
        # Log-uniform: half and double are equally far from the middle.
        px_per_mm=float(np.exp(rng.uniform(*np.log(limits.px_per_mm)))),
        yaw_deg=within(limits.yaw_deg),
        shift_mm=(within(1.5), within(1.5)),
        warp_mm=float(rng.uniform(0.0, limits.warp_mm)),
        specular=float(rng.uniform(0.0, limits.specular)),
    )
