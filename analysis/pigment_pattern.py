"""How much of coarse relief is the skin's pigment pattern, judged from a pair.

Relief is what the light's map shows once pigment is taken out, and no weights take it out whole in every
skin and camera: where relief is faint and pigment uneven, what is left is blotches. Then smoother skin is
not seen, and fading spots look like smoother skin. The pair shows it: relief of one photo is regressed on
H and M of the other, whose noise is its own.

Limits: relief that smooths by half while pigment stays doubles its share, so skin near the limit loses its
number with a strong change. Only for the coarse band: in finer ones shading shows in H and M by itself,
through tone curves, and a share of it means nothing.
"""

from __future__ import annotations

import math

import numpy as np

from analysis.bands import SMOOTHING_MM, TEXTURE_BANDS_MM, blur, explained, thinned
from analysis.records import FloatMap, Mask, SkinMaps

MOST_SHARE = 0.41
"""Above it coarse relief answers by less than half of what it changes. By `python -m
benchmarks.pigment_share`, on the development generator."""
_LEAST_SAMPLES = 50


def share_of_pigment(baseline: SkinMaps, follow_up: SkinMaps, region: Mask) -> float:
    """Share of the coarse relief that both photos show which the pigments of the other photo explain, 0 to 1.

    The mean of both ways round. NaN where the grid does not resolve the band or there is too little skin.
    """
    if "coarse" not in baseline.bands or "coarse" not in follow_up.bands:
        return math.nan
    photos = (baseline, follow_up)
    relief = [_centred(_relief(maps, region)) for maps in photos]
    pigment = [np.stack([_centred(_pigment(maps, name, region)) for name in _PIGMENTS]) for maps in photos]
    if relief[0].size < _LEAST_SAMPLES:
        return math.nan
    # What both photos show: noise of either would make the share look smaller.
    repeated = float(np.einsum("p,p->", *relief))
    if repeated <= 0:
        return 1.0  # what does not repeat is no relief that could be read
    both = explained(relief[0], pigment[1]), explained(relief[1], pigment[0])
    return min(1.0, float(np.mean(both)) / repeated)


_PIGMENTS = ("haemoglobin", "melanin")


def _step(maps: SkinMaps) -> int:
    """Maps smoothed over half a millimetre repeat themselves within it."""
    return max(1, int(SMOOTHING_MM * maps.px_per_mm))


def _relief(maps: SkinMaps, region: Mask) -> FloatMap:
    return thinned(maps.bands["coarse"], region, _step(maps))


def _pigment(maps: SkinMaps, name: str, region: Mask) -> FloatMap:
    """The same band of a pigment's map: what smoothing left of it, less its surroundings."""
    step = _step(maps)
    inside = region[::step, ::step]
    inner, outer = TEXTURE_BANDS_MM["coarse"]
    sigma = math.sqrt(outer**2 - inner**2) * maps.px_per_mm / step
    solid = inside.astype(np.float32)
    near = maps.smooth[name][::step, ::step]
    around = blur(near * solid, sigma) / np.maximum(blur(solid, sigma), np.float32(1e-4))
    return np.asarray((near - around)[inside])


def _centred(values: FloatMap) -> FloatMap:
    return np.asarray(values - values.mean()) if values.size else values
