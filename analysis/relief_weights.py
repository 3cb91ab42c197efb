"""The weights over the light's channels from which a pair's relief is read.

Relief is without colour: it dims all channels alike, so any weights over the log of light that sum to 1
let it through whole. What else they let through is pigment and noise, and a pair shows both: pigment as
the pattern of one to three millimetres that both photos share, where relief is faint; noise as what does
not repeat between them in a band of texture.

Weights fixed beforehand take pigment out of most skin, and in the darkest leave more of it than of
relief. There the weights are fitted to the pair: of all that sum to 1 those that let through least of
pattern and noise together. They replace the fixed ones where these let through more of the pattern than
of texture and the fitted ones less of it, and nowhere else (docs/decisions/0029).

Source: minimum-variance distortionless response, Capon 1969, Proc IEEE 57:1408, doi 10.1109/PROC.1969.7278.

Limits: one set of weights for the whole pair, so of skin that is alike all over.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.bands import TEXTURE_BANDS_MM, MaskedBlur
from analysis.constants import TONE_LIMITS_DEG, WEIGHTS
from analysis.linear import by_area, log_light
from analysis.parallel import both
from analysis.records import FloatMap, Mask

FIXED: FloatMap = np.array([WEIGHTS["shading"]], np.float32)
"""(1, 3) for a photo by itself: least pigment of either kind in skin of classes I to V."""
PATTERN_FROM_MM, PATTERN_TO_MM = 1.2, 3.0
"""Gaussian sigmas of the band in which pigment is looked for, above those of texture."""
NOISE_WEIGHT = 10.0
"""How much the noise of the medium band counts against the pattern. By `python -m
benchmarks.relief_noise_weight`, on the development generator."""
LEAST_GAIN = 1.1
"""How much less of the pattern's power the fitted weights must let through. A pattern that is relief, as
folds and scars are, comes through any weights alike, and then there is nothing to mend."""
LOOKS_DARK_DEG = TONE_LIMITS_DEG[1]
"""A photo without a card shows a tone 40 degrees too light or too dark, so class VI may look like IV, but not
like III. Beside a card fewer tones are in doubt, and skin that looks darker is tried all the same."""
FROM_PX_PER_MM = 7.9
"""Where the medium band is resolved, as its metric asks for (8), give or take a percent of scale."""
_PX_PER_MM = 4.0
"""Pattern and noise are read at this scale; finer costs more and says no more."""
_LEAST_SAMPLES = 400


def relief_weights(
    first: FloatMap, second: FloatMap, valid: Mask, px_per_mm: float, tone_deg: float
) -> FloatMap:
    """(1, 3) weights over R, G and B that sum to 1.

    Args:
        first: (h, w, 3) linear light of the baseline.
        second: the same of the other photo, laid onto it.
        valid: (h, w) skin that both show.
        px_per_mm: of the grid.
        tone_deg: typology angle of the skin in the baseline.

    Returns:
        `FIXED` unless these let through more of the pattern than of texture and those fitted to the pair
        less; also of skin that looks light, where texture is not resolved, and where there is too little
        skin to tell.
    """
    if not tone_deg < LOOKS_DARK_DEG:
        return FIXED
    scale = _PX_PER_MM / px_per_mm
    if px_per_mm < FROM_PX_PER_MM or np.count_nonzero(valid) * scale**2 < _LEAST_SAMPLES:
        return FIXED
    solid = cv2.resize(valid.view(np.uint8), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) > 0
    smooth = MaskedBlur(solid)
    photos = both(
        lambda: _bands(first, smooth, scale, px_per_mm), lambda: _bands(second, smooth, scale, px_per_mm)
    )
    pattern, detail = zip(*photos, strict=True)
    own = [_covariance(one, one) for one in detail]
    spots, relief = _covariance(*pattern), _covariance(*detail)
    row = least(spots + NOISE_WEIGHT * ((own[0] + own[1]) / 2 - relief))
    return row if _fixed_fail(row, spots, relief) else FIXED


def _fixed_fail(row: FloatMap, spots: NDArray[np.float64], relief: NDArray[np.float64]) -> bool:
    """Whether the fixed weights let through more of the pattern than of texture, and `row` mends it."""
    pigment = _through(FIXED, spots)
    return pigment > _through(FIXED, relief) and pigment > LEAST_GAIN * _through(row, spots)


def _through(row: FloatMap, covariance: NDArray[np.float64]) -> float:
    """The power that weights let through of something with this covariance."""
    return float(np.einsum("ij,jk,ik->", row, covariance, row))


def least(unwanted: NDArray[np.float64]) -> FloatMap:
    """(1, 3) weights of sum 1 that let through least of a (3, 3) covariance; `FIXED` where it has no least.

    >>> print(least(np.diag([1.0, 1.0, 2.0])))
    [[0.4 0.4 0.2]]
    """
    if not np.isfinite(unwanted).all() or np.linalg.eigvalsh(unwanted)[0] <= 0:
        return FIXED
    row = np.linalg.solve(unwanted, np.ones(3))
    return np.asarray((row / row.sum())[None], np.float32)


def _bands(light: FloatMap, smooth: MaskedBlur, scale: float, px_per_mm: float) -> tuple[FloatMap, FloatMap]:
    """The pattern's band and the medium one of each channel's log, over the mask: (3, n) each."""
    channels = cv2.split(log_light(by_area(light, scale)))
    pattern, detail = (
        np.stack(
            [_band(channel, smooth, [sigma * scale * px_per_mm for sigma in sigmas]) for channel in channels]
        )
        for sigmas in ((PATTERN_FROM_MM, PATTERN_TO_MM), TEXTURE_BANDS_MM["medium"])
    )
    return pattern, detail


def _band(channel: FloatMap, smooth: MaskedBlur, sigmas_px: list[float]) -> FloatMap:
    inner, outer = (smooth(channel, sigma) for sigma in sigmas_px)
    return (inner - outer)[smooth.mask]


def _covariance(first: FloatMap, second: FloatMap) -> NDArray[np.float64]:
    """(3, 3) mean product of two photos' bands, the same whichever comes first."""
    # Not NumPy's product: its threads go on spinning beside the work that follows.
    product = np.einsum("ip,jp->ij", first, second, dtype=np.float64) / max(1, first.shape[1])
    return np.asarray((product + product.T) / 2)
