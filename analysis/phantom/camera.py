"""A camera: spectral sensitivities, white balance, colour matrix, and the way to 8 bits.

The sensitivities are sums of two-sided Gaussian lobes, at most three a channel. Two sets approximate
measured cameras (Nikon D5100 and Sigma SD1 Merrill; Darrodi, Finlayson, Goodman, Mackiewicz 2015, J. Opt.
Soc. Am. A 32:381, doi 10.1364/JOSAA.32.000381; the lobes leave 0.01-0.04 rms of the peak), the third is a
typical telephone sensor, parametrised and not measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.phantom.spectra import CIE_1931, ILLUMINANTS, WAVELENGTHS_NM, Spectrum, xyz
from analysis.records import FloatMap, Pixels

XYZ_TO_SRGB: Spectrum = np.array([
    [3.2404542, -1.5371385, -0.4985314],
    [-0.9692660, 1.8760108, 0.0415560],
    [0.0556434, -0.2040259, 1.0572252],
])  # fmt: skip
"""IEC 61966-2-1, linear, white D65."""

Lobe = tuple[float, float, float, float]
"""Height, peak in nm, sigma below the peak, sigma above it."""


@dataclass(frozen=True, slots=True)
class Camera:
    """A sensor by name; red, green and blue as sums of lobes, with an optional infrared cut in nm."""

    name: str
    red: tuple[Lobe, ...]
    green: tuple[Lobe, ...]
    blue: tuple[Lobe, ...]
    infrared_cut_nm: float = 900.0

    def sensitivities(self) -> Spectrum:
        """(31, 3) relative sensitivity on the grid of `spectra`."""
        channels = [sum((_lobe(*lobe) for lobe in lobes), np.zeros(WAVELENGTHS_NM.size))
                    for lobes in (self.red, self.green, self.blue)]  # fmt: skip
        cut = 1.0 / (1.0 + np.exp((WAVELENGTHS_NM - self.infrared_cut_nm) / 3.0))
        return np.stack(channels, axis=1) * cut[:, None]


CAMERAS: dict[str, Camera] = {
    "dslr": Camera(
        "dslr",
        red=((0.97, 590.0, 9.0, 39.0), (0.09, 528.0, 11.0, 12.0), (0.06, 423.0, 5.0, 95.0)),
        green=((1.0, 532.0, 32.0, 40.0), (0.21, 475.0, 17.0, 9.0), (0.14, 434.0, 10.0, 16.0)),
        blue=((0.63, 425.0, 4.0, 56.0), (0.54, 471.0, 25.0, 27.0)),
    ),
    "stacked": Camera(
        "stacked",
        red=((1.09, 678.0, 92.0, 150.0),),
        green=((0.98, 570.0, 60.0, 150.0), (0.31, 479.0, 19.0, 39.0)),
        blue=((0.99, 480.0, 43.0, 150.0),),
        infrared_cut_nm=656.0,
    ),
    "phone": Camera(
        "phone",
        red=((1.0, 602.0, 17.0, 40.0), (0.10, 535.0, 18.0, 18.0), (0.05, 440.0, 20.0, 30.0)),
        green=((1.0, 533.0, 33.0, 36.0), (0.12, 455.0, 20.0, 20.0)),
        blue=((1.0, 457.0, 24.0, 34.0), (0.06, 535.0, 25.0, 25.0)),
        infrared_cut_nm=655.0,
    ),
}
"""The cameras of G1 by name."""


@cache
def spectral_weights(camera: str, illuminant: str) -> Spectrum:
    """(31, 3) weights that take a reflectance to linear sRGB as this camera renders it under this light.

    White balanced on the perfect diffuser, then the 3x3 matrix that fits `training_reflectances` best in
    the least squares sense, constrained to keep white white.

    >>> white = np.ones(31) @ spectral_weights("phone", "A")
    >>> [round(float(v), 6) for v in white]
    [1.0, 1.0, 1.0]
    """
    power = ILLUMINANTS[illuminant]
    raw = CAMERAS[camera].sensitivities() * power[:, None]
    raw = raw / raw.sum(axis=0)
    # What the picture should look like is the sample's colour in daylight: full adaptation to the light.
    samples = training_reflectances()
    target = xyz(samples, ILLUMINANTS["D65"]) @ XYZ_TO_SRGB.T
    white = xyz(np.ones(WAVELENGTHS_NM.size), ILLUMINANTS["D65"]) @ XYZ_TO_SRGB.T
    target = target / white
    seen = samples @ raw
    # Rows sum to 1, so white stays white: solve for two free entries of each row.
    free = seen[:, :2] - seen[:, 2:]
    solved = np.linalg.lstsq(free, target - seen[:, 2:], rcond=None)[0]
    matrix = np.vstack([solved, 1.0 - solved.sum(axis=0)])
    return np.asarray(raw @ matrix)


def colorimetric_weights() -> Spectrum:
    """(31, 3) weights to linear sRGB of an ideal camera in D65, the standard observer."""
    weights = ILLUMINANTS["D65"][:, None] * CIE_1931 @ XYZ_TO_SRGB.T
    return np.asarray(weights / weights.sum(axis=0))


@cache
def training_reflectances() -> Spectrum:
    """(n, 31) smooth reflectances a colour matrix is fitted on: greys, edges and bumps of many hues.

    Parametrised in place of a colour chart: three greys, and smooth steps and humps every 25 nm.
    """
    grey = [np.full(WAVELENGTHS_NM.size, level) for level in (0.9, 0.36, 0.09)]
    centres = np.arange(440.0, 661.0, 25.0)
    up = [0.06 + 0.6 / (1 + np.exp(-(WAVELENGTHS_NM - c) / 18.0)) for c in centres]
    down = [0.06 + 0.5 / (1 + np.exp((WAVELENGTHS_NM - c) / 22.0)) for c in centres]
    humps = [0.07 + 0.4 * np.exp(-0.5 * ((WAVELENGTHS_NM - c) / 40.0) ** 2) for c in centres]
    return np.stack([*grey, *up, *down, *humps])


def encode_srgb(linear: FloatMap) -> FloatMap:
    """Linear light 0-1 to sRGB 0-1 (IEC 61966-2-1), clipped. Any shape."""
    x = np.clip(linear, 0.0, 1.0).astype(np.float32)
    power = cv2.pow(x.reshape(-1, 1), 1 / 2.4).reshape(x.shape)
    return np.where(x <= 0.0031308, 12.92 * x, 1.055 * power - 0.055).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Rendering:
    """How one exposure is turned into 8 bits. The neutral values are those of a well set camera."""

    gain_ev: float = 0.0
    white_balance: tuple[float, float] = (0.0, 0.0)
    """ln of the error of red and of blue against green."""
    gamma: float = 1.0
    """Exponent on the encoded signal; 1 is plain sRGB."""
    s_curve: float = 0.0
    """Strength of a contrast curve about mid grey, 0 none, 1 a full smoothstep."""
    blur_px: float = 0.5
    """Sigma of the point spread in pixels of the photo."""
    noise_dn: float = 0.6
    """SD of noise in 8-bit steps at mid grey, growing with the square root of light."""
    sharpening: float = 0.0
    """Unsharp masking: amount, radius 1.2 px."""


def render(linear: FloatMap, rendering: Rendering, rng: np.random.Generator) -> Pixels:
    """One exposure: (h, w, 3) linear sRGB, white 1, to (h, w, 3) uint8 sRGB.

    Optics (blur) act on light, noise on the sensor's signal, curves and sharpening on the encoded picture.
    """
    light = np.asarray(linear, np.float32) * np.float32(2.0**rendering.gain_ev)
    error = np.array([rendering.white_balance[0], 0.0, rendering.white_balance[1]], np.float32)
    light = light * np.exp(error)
    if rendering.blur_px > 0:
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), rendering.blur_px), np.float32)
    if rendering.noise_dn > 0:
        # One step of 1/255 at mid grey (0.216 linear) is 0.00365 of light. Shot noise follows the square
        # root of light, over a floor for read-out.
        slope = 0.00365
        for first in range(0, len(light), 16):  # a few rows at a time stay in the processor's cache
            part = light[first : first + 16]
            sigma = rendering.noise_dn * slope * np.sqrt(np.clip(part, 0, 1) / 0.216 * 0.85 + 0.15)
            part += sigma * rng.standard_normal(part.shape, dtype=np.float32)
    picture = encode_srgb(light)
    if rendering.gamma != 1.0:
        picture = picture ** np.float32(rendering.gamma)
    if rendering.s_curve != 0.0:
        picture = picture + rendering.s_curve * (picture * picture * (3 - 2 * picture) - picture)
    if rendering.sharpening > 0:
        picture = picture + rendering.sharpening * (picture - cv2.GaussianBlur(picture, (0, 0), 1.2))
    return np.asarray(np.clip(np.rint(picture * 255.0), 0, 255), np.uint8)


def _lobe(height: float, peak_nm: float, below_nm: float, above_nm: float) -> NDArray[np.float64]:
    sigma = np.where(peak_nm > WAVELENGTHS_NM, below_nm, above_nm)
    return np.asarray(height * np.exp(-0.5 * ((WAVELENGTHS_NM - peak_nm) / sigma) ** 2))
