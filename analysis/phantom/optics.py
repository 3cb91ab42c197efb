"""Skin as two layers: melanin in the epidermis over blood in the dermis, to spectral reflectance.

    R(lambda) = s + (1 - s) T_epi^2 R_dermis
    T_epi     = exp(-mu_a,mel d f_mel),   mu_a,mel = 6.6e11 (lambda/nm)^-k cm-1, k = 3.33   (Jacques 1998)
    mu_a,derm = f_blood c_Hb (S eps_HbO2 + (1-S) eps_Hb) ln10 + (1 - f_blood) mu_a,base
    mu_a,base = 0.244 + 85.3 exp(-(lambda - 154)/66.2) cm-1                                   (Jacques 1998)
    mu_s'     = 46 (lambda/500)^-1.421 cm-1                                                   (Jacques 2013)
    R_dermis  = a' / (1 + 2k(1-a') + (1 + 2k/3) sqrt(3(1-a'))),  a' = mu_s'/(mu_a + mu_s')    (Flock 1989)

with k = (1+r)/(1-r) for the internal reflection r of n = 1.4 (Groenhuis 1983).

Limits: light does not scatter in this epidermis, blood is spread evenly (no vessels), and dark skin comes out
too yellow. It ranks estimators; it does not replace measurements on people.

Sources: S. L. Jacques, "Skin Optics", omlc.org/news/jan98/skinoptics.html (1998); S. L. Jacques 2013, Phys.
Med. Biol. 58:R37, doi 10.1088/0031-9155/58/11/R37; S. T. Flock, M. S. Patterson, B. C. Wilson, D. R. Wyman
1989, IEEE Trans. Biomed. Eng. 36:1162; R. A. J. Groenhuis, H. A. Ferwerda, J. J. ten Bosch 1983, Appl. Opt.
22:2456.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.ndimage import map_coordinates

from analysis.phantom.camera import colorimetric_weights, spectral_weights
from analysis.phantom.spectra import (
    HAEMOGLOBIN_G_PER_MOL,
    HB_EXTINCTION,
    HBO2_EXTINCTION,
    ILLUMINANTS,
    WAVELENGTHS_NM,
    Spectrum,
    ita_deg,
    lab,
)
from analysis.records import FloatMap

MELANIN_RANGE = (0.0, 1.2)
BLOOD_RANGE = (0.0, 0.12)
"""Volume fractions the look-up covers; values beyond are clipped to it."""
TYPICAL_BLOOD = 0.007
"""Blood volume fraction of calm facial skin in this model: gives L*a*b* of about 70, 6, 16 in light skin."""
TONE_ITA_DEG = {"I-II": 55.0, "III": 40.0, "IV": 25.0, "V": 5.0, "VI": -35.0}
"""The five tone classes of the benchmark by individual typology angle."""

_TABLE = 72


@dataclass(frozen=True, slots=True)
class SkinModel:
    """The optics of one person's skin. Fractions of melanin and blood are what varies over the skin."""

    oxygenation: float = 0.7
    epidermis_um: float = 60.0
    melanin_exponent: float = 3.33
    scattering: float = 1.0
    """Factor on the reduced scattering coefficient."""
    haemoglobin_g_per_l: float = 150.0
    surface: float = 0.012
    """Light returned by the surface itself, without colour."""
    path_factor: float = 2.0
    """Passes through the epidermis: once in, once out."""

    def reflectance(self, melanin_fraction: Spectrum | float, blood_fraction: Spectrum | float) -> Spectrum:
        """Diffuse spectral reflectance, fractions of shape (...) -> (..., 31)."""
        melanin = np.asarray(melanin_fraction, float)[..., None]
        blood = np.asarray(blood_fraction, float)[..., None]
        extinction = self.oxygenation * HBO2_EXTINCTION + (1 - self.oxygenation) * HB_EXTINCTION
        blood_mu = np.log(10.0) * extinction * self.haemoglobin_g_per_l / HAEMOGLOBIN_G_PER_MOL
        base_mu = 0.244 + 85.3 * np.exp(-(WAVELENGTHS_NM - 154.0) / 66.2)
        dermis_mu = blood * blood_mu + (1 - blood) * base_mu
        scattering_mu = self.scattering * 46.0 * (WAVELENGTHS_NM / 500.0) ** -1.421
        albedo = scattering_mu / (scattering_mu + dermis_mu)
        k = _internal_reflection_factor(1.4)
        dermis = albedo / (1 + 2 * k * (1 - albedo) + (1 + 2 * k / 3) * np.sqrt(3 * (1 - albedo)))
        # The constant 6.6e11 belongs to the exponent 3.33: another exponent turns about 500 nm, so that the
        # amount of pigment and its slope are separate things.
        melanin_mu = 6.6e11 * 500.0**-3.33 * (WAVELENGTHS_NM / 500.0) ** -self.melanin_exponent
        passed = np.exp(-self.path_factor * melanin_mu * melanin * self.epidermis_um * 1e-4)
        return np.asarray(self.surface + (1 - self.surface) * passed * dermis)

    def linear_rgb(
        self, melanin_fraction: FloatMap, blood_fraction: FloatMap, camera: str, illuminant: str = "D65"
    ) -> FloatMap:
        """Linear sRGB of skin as `camera` renders it, white 1. Maps (h, w) -> (h, w, 3) float32.

        Interpolated in optical density from a table of the spectral model: about 0.4 s a megapixel, error
        below 0.001 in density. `camera` is a name in `camera.CAMERAS`, or "observer" for the ideal camera.

        >>> light = SkinModel().linear_rgb(np.full((1, 1), 0.03), np.full((1, 1), 0.01), "phone")
        >>> bool(light[0, 0, 0] > light[0, 0, 1] > light[0, 0, 2])
        True
        """
        table = _density_table(self, camera, illuminant)
        channels = [np.ascontiguousarray(table[..., c]) for c in range(3)]
        melanin, blood = np.broadcast_arrays(melanin_fraction, blood_fraction)
        light = np.empty((*melanin.shape, 3), np.float32)
        for first in range(0, len(light), 16):  # a few rows at a time stay in the processor's cache
            some = slice(first, first + 16)
            at = np.stack([_position(melanin[some], MELANIN_RANGE), _position(blood[some], BLOOD_RANGE)])
            for c, channel in enumerate(channels):
                light[some, ..., c] = np.exp(-map_coordinates(channel, at, order=1, mode="nearest"))
        return light

    def melanin_for_ita(self, ita: float, blood_fraction: float = TYPICAL_BLOOD) -> float:
        """The melanin fraction at which this skin has the given individual typology angle in D65.

        >>> round(SkinModel().melanin_for_ita(55.0), 2) < round(SkinModel().melanin_for_ita(-35.0), 2)
        True
        """
        fractions = np.linspace(0.0, MELANIN_RANGE[1], 600)
        angles = ita_deg(lab(self.reflectance(fractions, blood_fraction), ILLUMINANTS["D65"]))
        # The angle falls steadily with melanin until the skin is nearly black.
        stop = int(np.argmin(angles))
        return float(np.interp(-ita, -angles[: stop + 1], fractions[: stop + 1]))


def random_skin(rng: np.random.Generator) -> SkinModel:
    """A person drawn from the population the weights are derived on.

    Oxygenation 0.5-0.9, epidermis 40-90 um, melanin exponent 2.8-3.6, scattering +-30 %, all uniform.
    """
    return SkinModel(
        oxygenation=float(rng.uniform(0.5, 0.9)),
        epidermis_um=float(rng.uniform(40.0, 90.0)),
        melanin_exponent=float(rng.uniform(2.8, 3.6)),
        scattering=float(rng.uniform(0.7, 1.3)),
    )


def rgb_weights(camera: str, illuminant: str) -> Spectrum:
    """(31, 3) weights from reflectance to linear sRGB: a camera of G1, or "observer"."""
    return colorimetric_weights() if camera == "observer" else spectral_weights(camera, illuminant)


@cache
def _density_table(skin: SkinModel, camera: str, illuminant: str) -> Spectrum:
    # Square-root spacing: density bends most where there is little pigment.
    axis = np.linspace(0.0, 1.0, _TABLE) ** 2
    melanin = MELANIN_RANGE[1] * axis[:, None]
    blood = BLOOD_RANGE[1] * axis[None, :]
    reflectance = skin.reflectance(melanin, blood)
    rgb = reflectance @ rgb_weights(camera, illuminant)
    return np.asarray(-np.log(np.maximum(rgb, 1e-4)))


def _position(fraction: FloatMap, limits: tuple[float, float]) -> FloatMap:
    share = np.clip(np.asarray(fraction, np.float32) / limits[1], 0.0, 1.0)
    return np.asarray(np.sqrt(share) * (_TABLE - 1), np.float32)


def _internal_reflection_factor(refractive_index: float) -> float:
    n = refractive_index
    r = -1.440 / n**2 + 0.710 / n + 0.668 + 0.0636 * n
    return (1 + r) / (1 - r)
