"""Published spectra on one grid, 400-700 nm in steps of 10 nm.

Exact tables: molar extinction of haemoglobin, CIE 1931 observer, CIE daylight components.
By formula: CIE illuminant A. Parametrised, not measured: the white LED.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Spectrum = NDArray[np.float64]

WAVELENGTHS_NM: Spectrum = np.arange(400.0, 701.0, 10.0)
"""(31,) nm."""

# Molar extinction in cm-1 / (mol/l), tetramer of 64 500 g/mol: W. B. Gratzer and N. Kollias, compiled by
# S. Prahl, "Tabulated Molar Extinction Coefficient for Hemoglobin in Water", omlc.org/spectra/hemoglobin.
HBO2_EXTINCTION: Spectrum = np.array([
    266232, 466840, 480360, 246072, 102580, 62816, 44480, 33209.2, 26629.2, 23684.4, 20932.8,
    20035.2, 24202.4, 39956.8, 53236, 43016, 32613.2, 44496, 50104, 14400.8, 3200,
    1506, 942, 610, 442, 368, 319.6, 294, 277.6, 276, 290,
])  # fmt: skip
HB_EXTINCTION: Spectrum = np.array([
    223296, 303956, 407560, 528600, 413280, 103292, 23388.8, 16156.4, 14550, 16684, 20862,
    25773.6, 31589.6, 39036.4, 46592, 53412, 53788, 45072, 37020, 28324.4, 14677.2,
    9443.6, 6509.6, 5148.8, 4345.2, 3750.12, 3226.56, 2795.12, 2407.92, 2051.96, 1794.28,
])  # fmt: skip
HAEMOGLOBIN_G_PER_MOL = 64500.0

# CIE 1931 2 degree colour-matching functions, ISO/CIE 11664-1.
CIE_1931: Spectrum = np.array([
    [0.01431, 0.000396, 0.06785], [0.04351, 0.00121, 0.2074], [0.13438, 0.004, 0.6456],
    [0.2839, 0.0116, 1.3856], [0.34828, 0.023, 1.74706], [0.3362, 0.038, 1.77211],
    [0.2908, 0.06, 1.6692], [0.19536, 0.09098, 1.28764], [0.09564, 0.13902, 0.81295],
    [0.03201, 0.20802, 0.46518], [0.0049, 0.323, 0.272], [0.0093, 0.503, 0.1582],
    [0.06327, 0.71, 0.07825], [0.1655, 0.862, 0.04216], [0.2904, 0.954, 0.0203],
    [0.43345, 0.99495, 0.00875], [0.5945, 0.995, 0.0039], [0.7621, 0.952, 0.0021],
    [0.9163, 0.87, 0.00165], [1.0263, 0.757, 0.0011], [1.0622, 0.631, 0.0008],
    [1.0026, 0.503, 0.00034], [0.85445, 0.381, 0.00019], [0.6424, 0.265, 0.00005],
    [0.4479, 0.175, 0.00002], [0.2835, 0.107, 0.0], [0.1649, 0.061, 0.0],
    [0.0874, 0.032, 0.0], [0.04677, 0.017, 0.0], [0.0227, 0.00821, 0.0], [0.011359, 0.004102, 0.0],
])  # fmt: skip

# Components of daylight, CIE 015.
_S0: Spectrum = np.array([
    94.8, 104.8, 105.9, 96.8, 113.9, 125.6, 125.5, 121.3, 121.3, 113.5, 113.1, 110.8, 106.5, 108.8, 105.3,
    104.4, 100.0, 96.0, 95.1, 89.1, 90.5, 90.3, 88.4, 84.0, 85.1, 81.9, 82.6, 84.9, 81.3, 71.9, 74.3,
])  # fmt: skip
_S1: Spectrum = np.array([
    43.4, 46.3, 43.9, 37.1, 36.7, 35.9, 32.6, 27.9, 24.3, 20.1, 16.2, 13.2, 8.6, 6.1, 4.2,
    1.9, 0.0, -1.6, -3.5, -3.5, -5.8, -7.2, -8.6, -9.5, -10.9, -10.7, -12.0, -14.0, -13.6, -12.0, -13.3,
])  # fmt: skip
_S2: Spectrum = np.array([
    -1.1, -0.5, -0.7, -1.2, -2.6, -2.9, -2.8, -2.6, -2.6, -1.8, -1.5, -1.3, -1.2, -1.0, -0.5,
    -0.3, 0.0, 0.2, 0.5, 2.1, 3.2, 4.1, 4.7, 5.1, 6.7, 7.3, 8.6, 9.8, 10.2, 8.3, 9.6,
])  # fmt: skip


def daylight(kelvin: float) -> Spectrum:
    """Relative power of a phase of daylight, 100 at 560 nm (CIE 015). D65 is 6504 K, D50 is 5003 K.

    Raises:
        ValueError: outside 4000-25000 K, where the CIE formula is not defined.

    >>> float(daylight(6504.0)[0].round(1))     # tabulated: 82.75
    82.8
    """
    if not 4000.0 <= kelvin <= 25000.0:
        raise ValueError(f"daylight is defined from 4000 to 25000 K, got {kelvin}")
    t = 1000.0 / kelvin
    if kelvin <= 7000.0:
        x = 0.244063 + 0.09911 * t + 2.9678 * t**2 - 4.6070 * t**3
    else:
        x = 0.237040 + 0.24748 * t + 1.9018 * t**2 - 2.0064 * t**3
    y = -3.0 * x**2 + 2.870 * x - 0.275
    m = 0.0241 + 0.2562 * x - 0.7341 * y
    m1 = (-1.3515 - 1.7703 * x + 5.9114 * y) / m
    m2 = (0.0300 - 31.4424 * x + 30.0717 * y) / m
    return _S0 + m1 * _S1 + m2 * _S2


def incandescent() -> Spectrum:
    """CIE illuminant A, 100 at 560 nm: a Planckian radiator of 2848 K on the scale c2 = 1.435e-2 m K."""
    wavelength = WAVELENGTHS_NM
    ratio = np.expm1(1.435e7 / (2848.0 * 560.0)) / np.expm1(1.435e7 / (2848.0 * wavelength))
    return np.asarray(100.0 * (560.0 / wavelength) ** 5 * ratio)


def white_led(blue_share: float = 0.55) -> Spectrum:
    """A phosphor-converted white LED: a blue peak at 453 nm and a broad phosphor at 570 nm.

    Parametrised (peaks and widths as typical of CIE LED-B3/B4), not a measured lamp.
    `blue_share` is the blue peak's height over the phosphor's: more is cooler.
    """
    blue = np.exp(-0.5 * ((WAVELENGTHS_NM - 453.0) / 11.0) ** 2)
    width = np.where(WAVELENGTHS_NM < 570.0, 42.0, 58.0)
    phosphor = np.exp(-0.5 * ((WAVELENGTHS_NM - 570.0) / width) ** 2)
    return np.asarray(100.0 * (blue_share * blue + phosphor))


ILLUMINANTS: dict[str, Spectrum] = {
    "D65": daylight(6504.0),
    "D50": daylight(5003.0),
    "LED": white_led(),
    "A": incandescent(),
}
"""By name, (31,) relative power."""


def xyz(reflectance: Spectrum, illuminant: Spectrum) -> Spectrum:
    """CIE 1931 XYZ of reflectances under a light, white Y = 1. (..., 31) -> (..., 3)."""
    weights = illuminant[:, None] * CIE_1931
    return np.asarray(reflectance @ weights / weights[:, 1].sum())


def lab(reflectance: Spectrum, illuminant: Spectrum) -> Spectrum:
    """CIELAB of reflectances against the perfect diffuser under the same light. (..., 31) -> (..., 3)."""
    white = xyz(np.ones(WAVELENGTHS_NM.size), illuminant)
    ratio = xyz(reflectance, illuminant) / white
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def ita_deg(lab_values: Spectrum) -> Spectrum:
    """Individual typology angle atan2(L* - 50, b*) in degrees (Chardon et al. 1991). (..., 3) -> (...)."""
    return np.asarray(np.degrees(np.arctan2(lab_values[..., 0] - 50.0, lab_values[..., 2])))
