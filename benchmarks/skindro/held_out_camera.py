"""The held-out generator's cameras: Gaussian sensitivities, another colour matrix, tone, noise, sharpening.

Light is exposed, blurred, made noisy (shot noise whose colour part is smoothed, as cameras do), put through
the maker's tone curve with a soft shoulder, encoded, sharpened in luminance only with limited halos.

The sensitivities are parametrised, no measured sensors. Illuminants by name are those of the disturbances;
the LED here has three phosphor humps.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from analysis.phantom.disturbance import Disturbance
from analysis.phantom.spectra import CIE_1931, ILLUMINANTS, WAVELENGTHS_NM, Spectrum
from analysis.records import FloatMap, Pixels

_PEAKS_AND_WIDTHS_NM = {
    "alpha": ((598.0, 31.0), (538.0, 36.0), (462.0, 27.0)),
    "beta": ((612.0, 38.0), (528.0, 40.0), (452.0, 30.0)),
}
CAMERAS = tuple(_PEAKS_AND_WIDTHS_NM)
_SHOULDER = {"alpha": 0.10, "beta": 0.18}
"""How much of the highlights' slope the maker's curve takes away."""
_REC709: Spectrum = np.array([
    [3.2404542, -1.5371385, -0.4985314],
    [-0.9692660, 1.8760108, 0.0415560],
    [0.0556434, -0.2040259, 1.0572252],
])  # fmt: skip
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


def power_of(illuminant: str) -> Spectrum:
    """(31,) relative power; the LED is this generator's own."""
    if illuminant != "LED":
        return ILLUMINANTS[illuminant]
    humps = ((0.75, 448.0, 9.0), (0.8, 545.0, 38.0), (0.9, 612.0, 34.0))
    return np.asarray(sum(h * np.exp(-0.5 * ((WAVELENGTHS_NM - c) / w) ** 2) for h, c, w in humps))


@cache
def weights_of(camera: str, illuminant: str) -> Spectrum:
    """(31, 3) weights from reflectance to linear sRGB, white to white.

    The matrix is fitted in the least squares sense on 200 smooth random reflectances, in daylight, and then
    used in every light, as a cheap camera does.
    """
    matrix = _matrix(camera)
    return np.asarray(_balanced(camera, illuminant) @ matrix)


def develop(light: FloatMap, disturbance: Disturbance, camera: str, rng: np.random.Generator) -> Pixels:
    """One exposure: (h, w, 3) linear light, white 1, to (h, w, 3) uint8."""
    error = np.exp([disturbance.white_balance[0], 0.0, disturbance.white_balance[1]])
    seen = light * (2.0**disturbance.gain_ev * error).astype(np.float32)
    if disturbance.blur_px > 0:
        seen = cv2.GaussianBlur(seen, (0, 0), disturbance.blur_px)
    seen = seen + _noise(seen, disturbance.noise_dn, rng)
    picture = np.empty_like(seen)
    for top in range(0, len(seen), 16):  # a few rows at a time stay in the processor's cache
        picture[top : top + 16] = _encoded(seen[top : top + 16], disturbance, camera)
    if disturbance.sharpening > 0:
        luma = cv2.transform(picture, _LUMA.reshape(1, 3))
        detail = 0.6 * (luma - cv2.GaussianBlur(luma, (0, 0), 0.8))
        detail += 0.6 * (luma - cv2.GaussianBlur(luma, (0, 0), 1.8))
        picture = picture + disturbance.sharpening * np.clip(detail, -0.06, 0.06)[..., None]
    return np.asarray(np.clip(np.rint(picture * 255.0), 0, 255), np.uint8)


def _encoded(light: FloatMap, disturbance: Disturbance, camera: str) -> FloatMap:
    """The tone curve, sRGB's own, and what disturbs them."""
    seen = np.clip(light, 0.0, 1.0)
    seen = seen * (1 + _SHOULDER[camera] * (1 - seen))  # lifts the middle, bends the top
    picture = np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** np.float32(1 / 2.4) - 0.055)
    picture = np.asarray(picture, np.float32) ** np.float32(disturbance.gamma)
    if disturbance.s_curve > 0:
        steep = 4.0
        bent = 0.5 + np.tanh(steep * (picture - 0.5)) / (2 * np.tanh(steep / 2))
        # A smoothstep has slope 1.5 in the middle, this curve 2.07: scaled to an equal change of slope.
        picture = picture + 0.47 * disturbance.s_curve * (bent - picture)
    return np.asarray(picture, np.float32)


def _noise(light: FloatMap, noise_dn: float, rng: np.random.Generator) -> FloatMap:
    """Shot noise over a read-out floor; what the channels do not share is smoothed over neighbours.

    Scaled so that `noise_dn` is its SD in 8-bit steps at mid grey, before tone and sharpening.
    """
    height, width = light.shape[:2]
    common = rng.standard_normal((height, width, 1), dtype=np.float32)
    own = cv2.GaussianBlur(rng.standard_normal((height, width, 3), dtype=np.float32), (0, 0), 0.7)
    alike = 0.6 / max(float(cv2.meanStdDev(own.reshape(-1, 1))[1].item()), 1e-6)
    for top in range(0, height, 16):
        part = slice(top, top + 16)
        sigma = noise_dn * 0.00365 * np.sqrt(np.clip(light[part], 0, 1) / 0.216 * 0.9 + 0.1)
        own[part] = sigma * (0.8 * common[part] + alike * own[part])
    return np.asarray(own, np.float32)


def _balanced(camera: str, illuminant: str) -> Spectrum:
    channels = [
        np.exp(-0.5 * ((WAVELENGTHS_NM - peak) / width) ** 2) for peak, width in _PEAKS_AND_WIDTHS_NM[camera]
    ]
    raw = np.stack(channels, axis=1) * power_of(illuminant)[:, None]
    return np.asarray(raw / raw.sum(axis=0))


@cache
def _matrix(camera: str) -> Spectrum:
    rng = np.random.default_rng(190_477)
    knots = rng.uniform(0.04, 0.8, (200, 7))
    places = np.linspace(400.0, 700.0, 7)
    samples = np.array([np.interp(WAVELENGTHS_NM, places, row) for row in knots])
    observer = ILLUMINANTS["D65"][:, None] * CIE_1931 @ _REC709.T
    target = samples @ (observer / observer.sum(axis=0))
    seen = samples @ _balanced(camera, "D65")
    free = np.linalg.lstsq(seen[:, :2] - seen[:, 2:], target - seen[:, 2:], rcond=None)[0]
    return np.vstack([free, 1.0 - free.sum(axis=0)])
