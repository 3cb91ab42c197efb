"""G2, the held-out generator: nothing that measures, and nothing that derives a constant, may import it.

    held_out_optics   skin as scattering layers         held_out_skin     relief and pigment maps
    held_out_camera   sensitivities, tone, sharpening   held_out_light    lamps

It shares with the phantom the haemoglobin table, the colorimetric tables, and the records that say what was
done. `positions_mm` and `photo` draw the same warp, so that where each pixel looks is known.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from PIL import Image

from analysis.phantom.disturbance import NEUTRAL, Disturbance
from analysis.phantom.scene import NO_DOSE, Dose, SyntheticPhoto
from analysis.records import FloatMap, Region
from benchmarks.skindro.generator import TONES
from benchmarks.skindro.held_out_camera import CAMERAS, develop
from benchmarks.skindro.held_out_light import Ground
from benchmarks.skindro.held_out_optics import CALM_BLOOD, LayeredSkin
from benchmarks.skindro.held_out_skin import Surface, bumps, surface
from benchmarks.skindro.kept import Kept

PATCH_MM, EDGE_MM, STRIP_MM = 40.0, 5.0, 8.0
_PX_PER_MM = 20.0
"""Of the hidden original."""
_TALL_MM, _WIDE_MM = EDGE_MM + PATCH_MM + STRIP_MM, 2 * PATCH_MM + 3 * EDGE_MM
_INSET_MM = 1.5
_FOCUS_MM = 350.0
"""From camera to skin."""


class HeldOut:
    """The population of G2."""

    name = "G2"
    has_card = False

    def site(self, seed: int, tone: str, *, card: bool = False) -> HeldOutSite:
        """A person, seen by one of two cameras."""
        if card:
            raise ValueError("G2 has no colour card")
        if tone not in TONES:
            raise ValueError(f"tone must be one of {', '.join(TONES)}; got {tone!r}")
        rng = np.random.default_rng([seed, 21])
        skin = LayeredSkin.of(rng)
        blood = CALM_BLOOD * float(np.exp(rng.normal(0.0, 0.2)))
        melanin = max(skin.melanin_for_ita(TONES[tone], blood), 0.006)
        shape = (round(_TALL_MM * _PX_PER_MM), round(_WIDE_MM * _PX_PER_MM))
        return HeldOutSite(seed, skin, melanin, blood, CAMERAS[seed % len(CAMERAS)],
                           surface(shape, _PX_PER_MM, rng))  # fmt: skip


@dataclass
class HeldOutSite:
    """One person's skin. Keeps what does not depend on the lamp's direction from one photo to the next."""

    seed: int
    skin: LayeredSkin
    melanin: float
    blood: float
    camera: str
    surface: Surface
    _coloured: Kept = field(default_factory=lambda: Kept(8), repr=False)
    _grounds: Kept = field(default_factory=lambda: Kept(2), repr=False)
    _strips: Kept = field(default_factory=lambda: Kept(1), repr=False)

    def by_another_camera(self) -> HeldOutSite:
        """The same skin in front of the other camera; its ground is the skin's and stays."""
        other = CAMERAS[(CAMERAS.index(self.camera) + 1) % len(CAMERAS)]
        return replace(self, camera=other, _coloured=Kept(8))

    def photo(
        self, dose: Dose = NO_DOSE, disturbance: Disturbance = NEUTRAL, shot_seed: int = 0
    ) -> SyntheticPhoto:
        """One exposure. Same arguments, same bytes."""
        light = self._light(dose, disturbance)
        where = self.positions_mm(disturbance, shot_seed)
        ratio = _PX_PER_MM / disturbance.px_per_mm
        if ratio > 1:
            # A pixel gathers the light of its square; a box as wide has this standard deviation.
            light = cv2.GaussianBlur(light, (0, 0), ratio / np.sqrt(12.0) + 1e-3)
        at = where * np.float32(_PX_PER_MM) - np.float32(0.5)
        seen = cv2.remap(light, at[..., 0], at[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
        rng = np.random.default_rng([self.seed, 23, shot_seed])
        pixels = develop(np.maximum(seen, 0), disturbance, self.camera, rng)
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=disturbance.jpeg_quality, subsampling=2)
        return SyntheticPhoto(
            pixels, file.getvalue(), _regions(where), disturbance.px_per_mm, dose, disturbance
        )

    def skin_light(self, dose: Dose = NO_DOSE) -> FloatMap:
        """(3,) linear RGB of even, flat skin in daylight, as this camera's sensor has it."""
        melanin = np.full((1, 1), self.melanin * (1 + dose.melanin), np.float32)
        blood = np.full((1, 1), self.blood * (1 + dose.haemoglobin), np.float32)
        return np.asarray(self.skin.linear_rgb(melanin, blood, self.camera, "D65")[0, 0])

    def positions_mm(self, disturbance: Disturbance, shot_seed: int) -> FloatMap:
        """(h, w, 2) mm on the skin that each pixel looks at."""
        scale = disturbance.px_per_mm
        height, width = round(_TALL_MM * scale), round(_WIDE_MM * scale)
        u = (np.arange(width, dtype=np.float32) + 0.5) / scale - _WIDE_MM / 2 - disturbance.shift_mm[0]
        v = (np.arange(height, dtype=np.float32) + 0.5) / scale - _TALL_MM / 2 - disturbance.shift_mm[1]
        u, v = np.meshgrid(u, v)
        # The camera stands aside by yaw, and a third of it above: a ray meets the plane of the skin.
        yaw, pitch = np.radians(disturbance.yaw_deg), np.radians(disturbance.yaw_deg) / 3
        depth = 1.0 / (1.0 - (u * np.tan(yaw) + v * np.tan(pitch)) / _FOCUS_MM)
        x, y = u * depth / np.cos(yaw), v * depth / np.cos(pitch)
        if disturbance.warp_mm > 0:
            rng = np.random.default_rng([self.seed, 22, shot_seed])
            each = disturbance.warp_mm / np.sqrt(2)
            x = x + each * bumps((height, width), scale, (18.0,), rng)
            y = y + each * bumps((height, width), scale, (18.0,), rng)
        return np.dstack([x + _WIDE_MM / 2, y + _TALL_MM / 2]).astype(np.float32)

    def _light(self, dose: Dose, disturbance: Disturbance) -> FloatMap:
        ground = self._grounds.get(dose.relief, lambda: self._ground(dose.relief))
        lamp = (disturbance.azimuth_deg, disturbance.elevation_deg)
        flat = Dose(dose.haemoglobin, dose.melanin, 1.0, dose.spots)
        colour = self._coloured.get(
            (flat, disturbance.illuminant), lambda: self._colour(flat, disturbance.illuminant)
        )
        light = cv2.multiply(colour, ground.shading(*lamp))
        if disturbance.specular > 0:
            light = cv2.add(light, cv2.merge([disturbance.specular * ground.shine(*lamp)] * 3))
        self._lay_strip(light)
        # A second lamp near one side: the mixture changes steadily from the treated patch to the other.
        x_mm = (np.arange(light.shape[1]) + 0.5) / _PX_PER_MM
        way = (x_mm - EDGE_MM - PATCH_MM / 2) / (PATCH_MM + EDGE_MM)
        red, blue = disturbance.mixed_light
        light *= np.exp(np.stack([red * way, 0 * way, blue * way], axis=-1)).astype(np.float32)[None]
        return np.asarray(light, np.float32)

    def _ground(self, factor: float) -> Ground:
        """The surface with the treated patch's heights times `factor`."""
        inside = _inside_treated(self.surface.height_mm.shape)
        return Ground.of(self.surface.height_mm * (1 + (factor - 1) * inside), _PX_PER_MM)

    def _colour(self, dose: Dose, illuminant: str) -> FloatMap:
        """Light of flat skin under one lamp, exposed as an automatic camera would."""
        inside = _inside_treated(self.surface.height_mm.shape)
        spots = self.surface.spots * (0.02 + 0.3 * self.melanin) * (1 + (dose.spots - 1) * inside)
        melanin = (self.melanin * self.surface.melanin + spots) * (1 + dose.melanin * inside)
        blood = self.blood * self.surface.blood * (1 + dose.haemoglobin * inside)
        light = self.skin.linear_rgb(melanin, blood, self.camera, illuminant)
        exposure = float(np.clip((0.36 / float(self.skin_light().max())) ** 0.6, 0.5, 3.5))
        return light * np.float32(exposure)

    def _lay_strip(self, light: FloatMap) -> None:
        """Hairs, a seam, and a card of grey stripes under the patches: edges that no treatment moves."""
        width = light.shape[1]
        paper_from = round((EDGE_MM + PATCH_MM + 2.8) * _PX_PER_MM)
        bars = 0.12 + 0.3 * (np.sin(np.arange(width) / _PX_PER_MM * 2 * np.pi / 11.0) > 0)
        light[paper_from:] = bars.astype(np.float32)[None, :, None]
        cover = self._strips.get("hairs", lambda: self._hairs((light.shape[0], width)))
        below = light[-len(cover) :]
        below *= 1 - cover[..., None]
        below += cover[..., None] * np.array([0.022, 0.017, 0.014], np.float32)

    def _hairs(self, shape: tuple[int, int]) -> FloatMap:
        """(rows, w) what share of a pixel hairs cover, in the last rows of the original: none above."""
        rng = np.random.default_rng([self.seed, 24])
        height, width = shape
        hair_from = round((EDGE_MM + PATCH_MM + 1.0) * _PX_PER_MM)
        cover = np.zeros((height, width), np.float32)
        for _ in range(round(_WIDE_MM * 0.6)):
            start = np.array([rng.uniform(0, width), rng.uniform(hair_from, height)])
            middle = start + rng.normal(0, 2.5, 2) * _PX_PER_MM
            end = middle + rng.normal(0, 2.5, 2) * _PX_PER_MM
            t = np.linspace(0, 1, 16)[:, None]
            line = (1 - t) ** 2 * start + 2 * t * (1 - t) * middle + t * t * end
            line[:, 1] = np.maximum(line[:, 1], hair_from)
            points = np.rint(line * 16).astype(np.int32).reshape(-1, 1, 2)
            cv2.polylines(cover, [points], False, 1.0, 2, cv2.LINE_AA, shift=4)
        return cover[int(np.argmax(cover.any(axis=1))) :]


def _inside_treated(shape: tuple[int, ...]) -> FloatMap:
    """1 in the treated patch, 0 elsewhere, a linear border of 1 mm."""
    y = (np.arange(shape[0], dtype=np.float32) + 0.5) / _PX_PER_MM - EDGE_MM
    x = (np.arange(shape[1], dtype=np.float32) + 0.5) / _PX_PER_MM - EDGE_MM
    ramp = [np.clip(np.minimum(at, PATCH_MM - at) + 0.5, 0.0, 1.0) for at in (y, x)]
    return np.asarray(np.outer(*ramp), np.float32)


def _regions(where: FloatMap) -> tuple[Region, Region]:
    """The patches, a little inside the border, in pixels of the photo."""
    low, high = EDGE_MM + _INSET_MM, EDGE_MM + PATCH_MM - _INSET_MM
    out = []
    for offset in (0.0, PATCH_MM + EDGE_MM):
        corners = [_pixel_at(where, (x + offset, y))
                   for x, y in ((low, low), (high, low), (high, high), (low, high))]  # fmt: skip
        out.append(np.array(corners, np.float32))
    return Region("treated", "treated", out[0]), Region("reference", "reference", out[1])


def _pixel_at(where: FloatMap, point_mm: tuple[float, float]) -> tuple[int, int]:
    """The pixel that looks at a point: the nearest of every sixteenth, and of every second beside it."""
    top = left = 0
    view = where
    for step, reach in ((16, 32), (2, 0)):
        off = np.square(view[::step, ::step] - np.array(point_mm, np.float32)).sum(-1)
        row, column = np.unravel_index(int(off.argmin()), off.shape)
        top, left = top + step * int(row), left + step * int(column)
        if reach:
            top, left = max(0, top - reach), max(0, left - reach)
            view = where[top : top + 2 * reach + 1, left : left + 2 * reach + 1]
    return left, top
