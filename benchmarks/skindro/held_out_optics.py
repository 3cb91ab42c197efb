"""Optics of the held-out generator: a stack of Kubelka-Munk layers that scatter, under a glossy surface.

    epidermis            melanin; scatters
    papillary dermis     0.15-0.25 mm, most of the blood that a photo sees
    reticular dermis     1.6 mm, half of that blood fraction
    subcutis             endless, pale

    layer      R = sinh(x) / (a sinh x + b cosh x),  T = b / (a sinh x + b cosh x),  x = b S d,
               a = 1 + K/S, b = sqrt(a^2 - 1),  K = 2 mu_a,  S = 3/4 mu_s'
    stack      R12 = R1 + T1^2 R2 / (1 - R1 R2)
    surface    Saunderson: R = r + (1 - r)(1 - r') R12 / (1 - r' R12)
    melanin    1.70e12 lambda^-3.48 cm-1 and, for part of it, lambda^-4.75 (pheomelanin)
    scattering 2e5 lambda^-1.5 + 2e12 lambda^-4 cm-1
    yellow     carotenoids and bilirubin as one hump at 460 nm, 38 nm wide
    blood      in vessels: mu_a C, C = (1 - exp(-2 r mu_a)) / (2 r mu_a), which flattens its bands

Limits: fluxes are diffuse in every layer, which thin layers are not; amounts are therefore set by the skin's
resulting colour and not by histology.

Sources: P. Kubelka 1948, J Opt Soc Am 38:448 (layers); J. L. Saunderson 1942, J Opt Soc Am 32:727;
S. L. Jacques, "Skin Optics", omlc.org/news/jan98/skinoptics.html (1998: melanin, scattering); C. Donner and
H. W. Jensen 2006, Eurographics Symposium on Rendering (pheomelanin's exponent); R. L. P. van Veen,
W. Verkruysse, H. J. C. M. Sterenborg 2002, Opt Lett 27:246 (vessels). Haemoglobin: the phantom's table.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

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
from benchmarks.skindro.held_out_camera import weights_of

MOST_MELANIN, MOST_BLOOD = 0.9, 0.10
"""Volume fractions the table covers."""
CALM_BLOOD = 0.022
"""Gives light skin an a* of about 9, as cheeks have."""
_TABLE = 96
_SURFACE, _INSIDE = 0.02, 0.45
"""Reflection from outside, seen only in part by the camera, and of diffuse light from inside."""


@dataclass(frozen=True, slots=True)
class LayeredSkin:
    """The optics of one person."""

    oxygenation: float
    epidermis_mm: float
    papillary_mm: float
    pheomelanin: float
    """Share of melanin's absorption at 500 nm."""
    vessel_radius_mm: float
    scattering: float
    haemoglobin_g_per_l: float
    yellow: float
    """Absorption of carotenoids and bilirubin at 460 nm, per mm."""

    @classmethod
    def of(cls, rng: np.random.Generator) -> LayeredSkin:
        """A person of the held-out population."""
        return cls(
            oxygenation=float(np.clip(rng.normal(0.62, 0.10), 0.35, 0.92)),
            epidermis_mm=float(rng.uniform(0.05, 0.10)),
            papillary_mm=float(rng.uniform(0.15, 0.25)),
            pheomelanin=float(rng.uniform(0.05, 0.35)),
            vessel_radius_mm=float(rng.uniform(0.006, 0.020)),
            scattering=float(np.exp(rng.normal(0.0, 0.15))),
            haemoglobin_g_per_l=float(rng.uniform(125.0, 160.0)),
            yellow=float(rng.uniform(0.10, 0.25)),
        )

    def reflectance(self, melanin: Spectrum | float, blood: Spectrum | float) -> Spectrum:
        """Diffuse spectral reflectance of volume fractions (...) -> (..., 31)."""
        melanin, blood = np.broadcast_arrays(np.asarray(melanin, float), np.asarray(blood, float))
        f_mel, f_blood = melanin[..., None], blood[..., None]
        scatter = 0.1 * self.scattering * (2e5 * WAVELENGTHS_NM**-1.5 + 2e12 * WAVELENGTHS_NM**-4.0)
        bloodless = 0.1 * (0.244 + 85.3 * np.exp(-(WAVELENGTHS_NM - 154.0) / 66.2))
        bloodless = bloodless + self.yellow * np.exp(-0.5 * ((WAVELENGTHS_NM - 460.0) / 38.0) ** 2)
        at_500 = 0.1 * 1.70e12 * 500.0**-3.48
        steep = self.pheomelanin * (WAVELENGTHS_NM / 500.0) ** -4.75
        pigment = at_500 * (steep + (1 - self.pheomelanin) * (WAVELENGTHS_NM / 500.0) ** -3.48)
        in_vessels = self._blood()
        below = np.full(WAVELENGTHS_NM.size, 0.55)  # subcutis
        for f, thickness in ((0.5 * f_blood, 1.6), (f_blood, self.papillary_mm)):
            below = _over(*_layer(bloodless * (1 - f) + f * in_vessels, scatter, thickness), below)
        epidermis = _layer(bloodless + f_mel * pigment, scatter, self.epidermis_mm)
        inside = _over(*epidermis, below)
        return np.asarray(_SURFACE + (1 - _SURFACE) * (1 - _INSIDE) * inside / (1 - _INSIDE * inside))

    def melanin_for_ita(self, angle_deg: float, blood: float = CALM_BLOOD) -> float:
        """The melanin fraction at which this skin has a typology angle in D65; the least that comes near."""
        fractions = np.linspace(0.0, MOST_MELANIN, 500)
        angles = ita_deg(lab(self.reflectance(fractions, blood), ILLUMINANTS["D65"]))
        stop = int(np.argmin(angles)) + 1
        return float(np.interp(-angle_deg, -angles[:stop], fractions[:stop]))

    def linear_rgb(self, melanin: FloatMap, blood: FloatMap, camera: str, illuminant: str) -> FloatMap:
        """Linear sRGB (h, w, 3) float32 of fraction maps, white 1, read from a table of the model."""
        table = _table(self, camera, illuminant)
        rows = np.sqrt(np.clip(melanin / MOST_MELANIN, 0, 1)).astype(np.float32) * (_TABLE - 1)
        columns = np.sqrt(np.clip(blood / MOST_BLOOD, 0, 1)).astype(np.float32) * (_TABLE - 1)
        density = cv2.remap(table, columns, rows, cv2.INTER_LINEAR)
        return np.asarray(cv2.exp(-density), np.float32)

    def _blood(self) -> Spectrum:
        """Absorption of blood in vessels, per mm of tissue that is all vessel."""
        mixed = self.oxygenation * HBO2_EXTINCTION + (1 - self.oxygenation) * HB_EXTINCTION
        whole = 0.1 * np.log(10.0) * mixed * self.haemoglobin_g_per_l / HAEMOGLOBIN_G_PER_MOL
        across = 2 * self.vessel_radius_mm * whole
        return np.asarray(whole * -np.expm1(-across) / across)


def _layer(absorption: Spectrum, scatter: Spectrum, thickness_mm: float) -> tuple[Spectrum, Spectrum]:
    """Reflectance and transmittance of one layer; coefficients per mm."""
    k, s = 2.0 * absorption, 0.75 * scatter
    a = 1.0 + k / s
    b = np.sqrt(a * a - 1.0)
    x = np.minimum(b * s * thickness_mm, 50.0)
    bottom = a * np.sinh(x) + b * np.cosh(x)
    return np.sinh(x) / bottom, b / bottom


def _over(reflectance: Spectrum, transmittance: Spectrum, below: Spectrum) -> Spectrum:
    return np.asarray(reflectance + transmittance**2 * below / (1.0 - reflectance * below))


@cache
def _table(skin: LayeredSkin, camera: str, illuminant: str) -> FloatMap:
    """(melanin, blood, 3) natural-log density; square-root spacing, as density bends most near zero."""
    axis = np.linspace(0.0, 1.0, _TABLE) ** 2
    spectra = skin.reflectance(MOST_MELANIN * axis[:, None], MOST_BLOOD * axis[None, :])
    rgb = spectra @ weights_of(camera, illuminant)
    return np.asarray(-np.log(np.maximum(rgb, 1e-4)), np.float32)
