"""A photo of a treated patch beside an untreated one, with a strip of hair and paper for sharpness.

    site = Site.of(seed=7, tone="III")
    before = site.photo()
    after = site.photo(Dose(haemoglobin=-0.3), draw("moderate", rng), shot_seed=1)

A site is one person's skin; a dose changes what is under the treated patch and nothing else; a
disturbance changes the photo and nothing of the skin.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import Self

import cv2
import numpy as np
from PIL import Image

from analysis.phantom.camera import Rendering, render
from analysis.phantom.colorchecker import card_size_mm, lay_card
from analysis.phantom.disturbance import NEUTRAL, Disturbance, Level, draw
from analysis.phantom.optics import TONE_ITA_DEG, TYPICAL_BLOOD, SkinModel, random_skin
from analysis.phantom.texture import Relief, Texture, skin_texture, smooth_noise
from analysis.records import FloatMap, Pixels, Region

MASTER_PX_PER_MM = 20.0
_MARGIN_MM = 5.0
_STRIP_MM = 8.0
"""Below the patches: a little skin, hairs, and the edge of a grey paper."""
_CAMERA_DISTANCE_MM = 400.0
_LATTICE = 8
"""Pixels; a photo's view of the skin bends only over many times that."""
_CARD_EXPOSURE = 0.6
"""With a card in the picture the exposure is set on its white patch, which must not clip half a stop up."""
_HAIR = np.array([0.030, 0.020, 0.014], np.float32)
_INSET_MM = 1.5
"""Regions keep this far inside the dosed patch, where the dose is whole."""

Part = tuple[slice, slice]
"""Rows and columns of the hidden original."""
WHOLE: Part = (slice(None), slice(None))


@dataclass(frozen=True, slots=True)
class Dose:
    """What a treatment did, as physics: 0 or 1 is nothing."""

    haemoglobin: float = 0.0
    """Relative change of blood, -0.3 is 30 % less."""
    melanin: float = 0.0
    """Relative change of all melanin."""
    relief: float = 1.0
    """Factor on all heights."""
    spots: float = 1.0
    """Factor on the extra melanin of spots."""


NO_DOSE = Dose()


@dataclass(frozen=True, slots=True)
class SyntheticPhoto:
    """A photo with its truth."""

    pixels: Pixels
    """(h, w, 3) uint8 sRGB, before compression."""
    jpeg: bytes
    regions: tuple[Region, Region]
    """Treated and reference, in pixels of this photo."""
    px_per_mm: float
    dose: Dose
    disturbance: Disturbance


@dataclass(frozen=True, slots=True)
class Site:
    """One person's skin: optics, level of pigments, texture of one place, and the camera used."""

    skin: SkinModel
    melanin: float
    blood: float
    texture: Texture
    camera: str
    patch_mm: float
    seed: int
    card: bool = False
    """Whether a colour card lies to the right of the patches."""

    @classmethod
    def of(
        cls,
        seed: int,
        tone: str = "III",
        *,
        camera: str = "phone",
        patch_mm: float = 40.0,
        varied_optics: bool = True,
        master_px_per_mm: float = MASTER_PX_PER_MM,
        card: bool = False,
    ) -> Self:
        """A site drawn from the population.

        Args:
            seed: decides everything.
            tone: "I-II", "III", "IV", "V" or "VI".
            camera: a name of `camera.CAMERAS`.
            patch_mm: side of the treated and of the reference patch.
            varied_optics: False gives the textbook skin of `SkinModel()`.
            master_px_per_mm: of the hidden original; above the finest photo wanted.
            card: whether a colour card lies beside the patches. It makes the scene wider, and so the skin
                another one than without.
        """
        if tone not in TONE_ITA_DEG:
            raise ValueError(f"tone must be one of {', '.join(TONE_ITA_DEG)}; got {tone!r}")
        rng = np.random.default_rng([seed, 1])
        skin = random_skin(rng) if varied_optics else SkinModel()
        blood = TYPICAL_BLOOD * float(np.exp(rng.normal(0.0, 0.2)))
        melanin = max(skin.melanin_for_ita(TONE_ITA_DEG[tone], blood), 0.01)
        size = (_MARGIN_MM + patch_mm + _STRIP_MM, 2 * patch_mm + 3 * _MARGIN_MM)
        if card:
            size = (size[0], size[1] + card_size_mm(_card_pitch(patch_mm))[0] + _MARGIN_MM)
        texture = skin_texture(size, master_px_per_mm, rng, relief=float(rng.uniform(0.8, 1.25)))
        return cls(skin, melanin, blood, texture, camera, patch_mm, seed, card)

    def photo(
        self, dose: Dose = NO_DOSE, disturbance: Disturbance = NEUTRAL, shot_seed: int = 0
    ) -> SyntheticPhoto:
        """One exposure of this site. Same arguments, same bytes."""
        rng = np.random.default_rng([self.seed, 2, shot_seed])
        light = self._light(dose, disturbance)
        grid = self._grid(disturbance, rng)
        # The lens gathers what falls on a pixel: blur to the photo's own resolution before sampling.
        ratio = self.texture.px_per_mm / disturbance.px_per_mm
        if ratio > 1:
            sigma = 0.5 * float(np.sqrt(ratio**2 - 1)) + 1e-3
            light = np.asarray(cv2.GaussianBlur(light, (0, 0), sigma), np.float32)
        border = cv2.BORDER_REFLECT_101
        sampled = cv2.remap(light, grid[..., 0], grid[..., 1], cv2.INTER_CUBIC, borderMode=border)
        seen = np.maximum(np.asarray(sampled, np.float32), 0)
        pixels = render(
            seen,
            Rendering(
                gain_ev=disturbance.gain_ev,
                white_balance=disturbance.white_balance,
                gamma=disturbance.gamma,
                s_curve=disturbance.s_curve,
                blur_px=disturbance.blur_px,
                noise_dn=disturbance.noise_dn,
                sharpening=disturbance.sharpening,
            ),
            rng,
        )
        return SyntheticPhoto(
            pixels=pixels,
            jpeg=jpeg_bytes(pixels, disturbance.jpeg_quality),
            regions=self._regions(grid),
            px_per_mm=disturbance.px_per_mm,
            dose=dose,
            disturbance=disturbance,
        )

    def _light(self, dose: Dose, disturbance: Disturbance) -> FloatMap:
        """Linear light of the whole scene at the hidden original's resolution."""
        scale = self.texture.px_per_mm
        relief = self._relief(dose.relief)
        light = self._flat_light(dose, disturbance.illuminant)
        direction = (disturbance.azimuth_deg, disturbance.elevation_deg)
        cv2.multiply(light, _grey(relief.shade(*direction)), dst=light)
        if disturbance.specular > 0:
            cv2.add(light, _grey(disturbance.specular * relief.gloss(*direction)), dst=light)
        self._lay_strip(light)
        if self.card:
            corner, pitch_mm = (2 * self.patch_mm + 3 * _MARGIN_MM, 1.0), _card_pitch(self.patch_mm)
            exposure = self._exposure()
            lay_card(light, scale, corner, pitch_mm, self.camera, disturbance.illuminant, exposure)
        # Two lamps of different colour: their ratio changes from one patch to the other.
        x_mm = np.arange(light.shape[1], dtype=np.float32) / scale
        treated_centre = _MARGIN_MM + self.patch_mm / 2
        across = (x_mm - treated_centre) / (self.patch_mm + _MARGIN_MM)
        tint = np.exp(np.outer(across, [disturbance.mixed_light[0], 0.0, disturbance.mixed_light[1]]))
        light *= tint.astype(np.float32)[None]
        return light

    def _relief(self, factor: float) -> Relief:
        """The surface with the treated patch's heights times `factor`."""
        height = self.texture.height_mm * (1 + (factor - 1) * self._treated_weight())
        return Relief.of(height, self.texture.px_per_mm)

    def _flat_light(self, dose: Dose, illuminant: str, part: Part = WHOLE) -> FloatMap:
        """Linear light of the skin's colours alone, as if it had no relief; a new array."""
        texture, dosed = self.texture, self._treated_weight()[part]
        # A spot holds melanin of its own, more in skin that makes more: it shows on every tone.
        spots = texture.spots[part] * (0.035 + 0.35 * self.melanin) * (1 + (dose.spots - 1) * dosed)
        melanin = (self.melanin * texture.melanin_unevenness[part] + spots) * (1 + dose.melanin * dosed)
        blood = self.blood * texture.blood[part] * (1 + dose.haemoglobin * dosed)
        light = self.skin.linear_rgb(melanin, blood, self.camera, illuminant)
        light *= self._exposure()
        return light

    def skin_light(self, dose: Dose = NO_DOSE) -> FloatMap:
        """(3,) linear RGB of even, flat skin in daylight, as this camera's sensor has it."""
        melanin = np.full((1, 1), self.melanin * (1 + dose.melanin), np.float32)
        blood = np.full((1, 1), self.blood * (1 + dose.haemoglobin), np.float32)
        return np.asarray(self.skin.linear_rgb(melanin, blood, self.camera)[0, 0])

    def _exposure(self) -> float:
        """An automatic exposure brightens dark skin half way to mid grey, as a telephone does."""
        chosen = float(np.clip((0.30 / float(self.skin_light()[1])) ** 0.5, 0.5, 3.0))
        return min(chosen, _CARD_EXPOSURE) if self.card else chosen

    def _treated_weight(self) -> FloatMap:
        """1 inside the treated patch, 0 outside, with a soft edge."""
        scale = self.texture.px_per_mm
        weight = np.zeros(self.texture.height_mm.shape, np.float32)
        first, last = round(_MARGIN_MM * scale), round((_MARGIN_MM + self.patch_mm) * scale)
        weight[first:last, first:last] = 1.0
        return np.asarray(cv2.GaussianBlur(weight, (0, 0), 0.4 * scale), np.float32)

    def _lay_strip(self, light: FloatMap) -> None:
        """Grey paper along the lower edge and hairs that cross onto it: edges that are not skin."""
        paper, cover = self._strip()
        light[-len(paper) :] = paper
        below = light[-len(cover) :]
        below *= 1 - cover[..., None]
        below += cover[..., None] * _HAIR

    def _strip(self) -> tuple[FloatMap, FloatMap]:
        """Light of the paper (rows, w, 1), and what share of a pixel hairs cover (rows, w): the last rows."""
        scale = self.texture.px_per_mm
        rng = np.random.default_rng([self.seed, 3])
        height, width = self.texture.height_mm.shape
        patch_end = _MARGIN_MM + self.patch_mm
        hair_from, paper_from = (round((patch_end + mm) * scale) for mm in (0.9, 2.4))
        paper = 0.35 * (1 + 0.02 * rng.standard_normal((height - paper_from, width, 1)))
        cover = np.zeros((height, width), np.float32)
        for _ in range(round(width / scale * 0.7)):
            x, y = rng.uniform(0, width), rng.uniform(hair_from, height)
            steps = np.linspace(0, 1, 12)
            angle = rng.uniform(-0.5, 0.5)
            reach = rng.uniform(3.0, 9.0) * scale
            rise = 0.3 * (steps * np.sin(angle) + rng.normal(0, 0.35) * steps**2)
            line = np.stack([x + reach * steps * np.cos(angle), y + reach * rise], axis=1)
            line[:, 1] = np.maximum(line[:, 1], hair_from)
            points = np.rint(line * 16).astype(np.int32).reshape(-1, 1, 2)
            cv2.polylines(cover, [points], False, 1.0, max(1, round(0.09 * scale)), cv2.LINE_AA, shift=4)
        first = int(np.argmax(cover.any(axis=1)))
        return paper.astype(np.float32), np.ascontiguousarray(cover[first:])

    def _grid(self, disturbance: Disturbance, rng: np.random.Generator) -> FloatMap:
        """Where each pixel of the photo looks on the original: (h, w, 2) float32, x and y in its pixels."""
        scale = self.texture.px_per_mm
        tall, wide = (side / scale for side in self.texture.height_mm.shape)
        height, width = round(tall * disturbance.px_per_mm), round(wide * disturbance.px_per_mm)
        u = (np.arange(width, dtype=np.float32) + 0.5) / disturbance.px_per_mm - wide / 2
        v = (np.arange(height, dtype=np.float32) + 0.5) / disturbance.px_per_mm - tall / 2
        u, v = np.meshgrid(u - disturbance.shift_mm[0], v - disturbance.shift_mm[1])
        # A plane turned by yaw about its middle, seen from a finite distance.
        turn = np.radians(disturbance.yaw_deg)
        x = u / (np.cos(turn) - u * np.sin(turn) / _CAMERA_DISTANCE_MM)
        y = v * (1 + x * np.sin(turn) / _CAMERA_DISTANCE_MM)
        if disturbance.warp_mm > 0:
            sigma = 9.0 * disturbance.px_per_mm
            x = x + disturbance.warp_mm / np.sqrt(2) * smooth_noise((height, width), sigma, rng)
            y = y + disturbance.warp_mm / np.sqrt(2) * smooth_noise((height, width), sigma, rng)
        grid = np.stack([(x + wide / 2) * scale - 0.5, (y + tall / 2) * scale - 0.5], axis=-1)
        return grid.astype(np.float32)

    def _regions(self, grid: FloatMap) -> tuple[Region, Region]:
        scale = self.texture.px_per_mm
        low, high = _MARGIN_MM + _INSET_MM, _MARGIN_MM + self.patch_mm - _INSET_MM
        step = self.patch_mm + _MARGIN_MM
        out = []
        for offset in (0.0, step):
            corners = np.array([[low, low], [high, low], [high, high], [low, high]])
            corners[:, 0] += offset
            out.append(np.array([_nearest(grid, corner * scale) for corner in corners], np.float32))
        return Region("treated", "treated", out[0]), Region("reference", "reference", out[1])


@dataclass(frozen=True, slots=True)
class Pair:
    """Two photos of one site, the truth in `follow_up.dose`."""

    baseline: SyntheticPhoto
    follow_up: SyntheticPhoto


def pair(
    seed: int,
    tone: str = "III",
    dose: Dose = NO_DOSE,
    level: Level = "moderate",
    *,
    camera: str = "phone",
    patch_mm: float = 40.0,
    card: bool = False,
    even_light: bool = False,
) -> Pair:
    """A baseline and a follow-up of one site, disturbed independently at one level.

    With `even_light` all else is drawn alike, and neither photo is lit in two colours.
    """
    site = Site.of(seed, tone, camera=camera, patch_mm=patch_mm, card=card)
    rng = np.random.default_rng([seed, 4])
    first, second = draw(level, rng), draw(level, rng)
    if even_light:
        first, second = (replace(one, mixed_light=(0.0, 0.0)) for one in (first, second))
    return Pair(site.photo(NO_DOSE, first, shot_seed=0), site.photo(dose, second, shot_seed=1))


def _card_pitch(patch_mm: float) -> float:
    """A card as high as the scene without its strip and a little more: 6.8 mm beside patches of 40 mm."""
    return (patch_mm + _MARGIN_MM) / card_size_mm(1.0)[1]


def jpeg_bytes(pixels: Pixels, quality: int) -> bytes:
    """A baseline JPEG with chroma at half size, as telephones write it."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality, subsampling=2)
    return buffer.getvalue()


def _grey(light: FloatMap) -> FloatMap:
    """(h, w) as three equal channels: several times faster to multiply by than broadcasting."""
    return cv2.merge([light, light, light])


def _nearest(grid: FloatMap, target: FloatMap) -> tuple[float, float]:
    """The photo's pixel that looks at a point of the original, found on a lattice and then beside it."""
    row, column = _closest(grid[::_LATTICE, ::_LATTICE], target)
    top, left = (max(0, _LATTICE * (at - 2)) for at in (row, column))
    window = grid[top : _LATTICE * (row + 2) + 1, left : _LATTICE * (column + 2) + 1]
    row, column = _closest(window, target)
    return float(left + column), float(top + row)


def _closest(grid: FloatMap, target: FloatMap) -> tuple[int, int]:
    distance = np.square(grid - target.astype(np.float32)).sum(axis=-1)
    row, column = np.unravel_index(int(np.argmin(distance)), distance.shape)
    return int(row), int(column)
