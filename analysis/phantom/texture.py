"""What skin looks like up close: relief, pores, wrinkles, spots, blotches, and light falling on relief.

Heights are in mm, maps are float32 (h, w) at a stated px/mm. Everything is drawn from a
`numpy.random.Generator` handed in, so the same seed gives the same skin.

Sizes follow what is reported: pores 0.15-0.4 mm wide, 20-60 per cm2 (Flament et al. 2015, Clin Cosmet
Investig Dermatol 8:85). Depths and spectra are parametrised so that the shading of bands of 0.12-1.2 mm is
1-2 % RMS, as in photos of cheeks; they are not measured heights.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from analysis.phantom.spectra import Spectrum
from analysis.records import FloatMap

SUBSURFACE_MM = 0.06
"""Light that enters at one point leaves around it: shading is blurred by this sigma."""
AMBIENT = 0.45
"""Share of the light that comes from everywhere."""


@dataclass(frozen=True, slots=True)
class Texture:
    """The skin of one site. Pigments are factors on the person's own level, 1 is the level itself."""

    height_mm: FloatMap
    spots: FloatMap
    """Strength of melanin spots: 0 outside them, 0.3-1.5 in them. `scene` says how much melanin that is."""
    melanin_unevenness: FloatMap
    """Factor, mean about 1."""
    blood: FloatMap
    """Factor, mean about 1: blotches, red spots and fine unevenness."""
    px_per_mm: float


def skin_texture(
    size_mm: tuple[float, float],
    px_per_mm: float,
    rng: np.random.Generator,
    *,
    pores_per_cm2: float | None = None,
    spots_per_cm2: float = 2.0,
    relief: float = 1.0,
) -> Texture:
    """A patch of skin with everything on it.

    Args:
        size_mm: height, width.
        px_per_mm: of the maps; 20 resolves pores of 0.15 mm.
        rng: the only source of chance.
        pores_per_cm2: 20-60 if not given.
        spots_per_cm2: melanin spots.
        relief: factor on all heights, for young (0.5) to weathered (1.5) skin.

    >>> one = skin_texture((4, 4), 10, np.random.default_rng(1))
    >>> one.height_mm.shape, float(one.spots.min())
    ((40, 40), 0.0)
    """
    shape = (round(size_mm[0] * px_per_mm), round(size_mm[1] * px_per_mm))
    area_cm2 = size_mm[0] * size_mm[1] / 100.0
    density = float(rng.uniform(20.0, 60.0)) if pores_per_cm2 is None else pores_per_cm2
    height = micro_relief(shape, px_per_mm, rng)
    height -= pores(shape, px_per_mm, round(density * area_cm2), rng)
    height -= wrinkles(shape, px_per_mm, max(2, round(0.5 * area_cm2)), rng)
    fine, broad = (smooth_noise(shape, px_per_mm * sigma_mm, rng) for sigma_mm in (0.4, 3.0))
    blood = np.exp(0.13 * fine + 0.16 * broad)
    blood += 0.7 * discs(shape, px_per_mm, round(0.3 * area_cm2), (0.8, 2.5), (0.4, 1.0), rng)
    return Texture(
        height_mm=(relief * height).astype(np.float32),
        spots=discs(shape, px_per_mm, round(spots_per_cm2 * area_cm2), (0.5, 4.0), (0.3, 1.5), rng),
        melanin_unevenness=np.exp(0.07 * smooth_noise(shape, px_per_mm * 2.5, rng)).astype(np.float32),
        blood=blood.astype(np.float32),
        px_per_mm=px_per_mm,
    )


def micro_relief(shape: tuple[int, int], px_per_mm: float, rng: np.random.Generator) -> FloatMap:
    """Fractal ground relief in mm: power falls with frequency, none above 6 or below 0.15 cycles per mm.

    RMS 24 um, the furrows somewhat stronger across one direction, as skin lines are.
    """
    rows = np.fft.fftfreq(shape[0], 1 / px_per_mm)[:, None]
    columns = np.fft.rfftfreq(shape[1], 1 / px_per_mm)[None, :]
    radius = np.hypot(rows, columns)
    lines = float(rng.uniform(0.0, np.pi))
    along = rows * np.sin(lines) + columns * np.cos(lines)
    gain = np.where(radius > 0, np.maximum(radius, 0.15) ** -1.75, 0.0)
    gain *= np.exp(-((radius / 4.5) ** 4)) * (radius > 0.15)
    gain *= 1.0 + 0.6 * (along / np.maximum(radius, 1e-6)) ** 2
    noise = np.fft.rfft2(rng.standard_normal(shape))
    field = np.fft.irfft2(noise * gain, s=shape)
    return np.asarray(0.024 * field / field.std(), np.float32)


def pores(shape: tuple[int, int], px_per_mm: float, count: int, rng: np.random.Generator) -> FloatMap:
    """Depth of pores in mm, 0 elsewhere: round to slightly long pits 0.15-0.4 mm wide, 25-90 um deep."""
    depth = np.zeros(shape, np.float32)
    for _ in range(count):
        width = float(rng.uniform(0.15, 0.40))
        _stamp(
            depth,
            centre=(float(rng.uniform(0, shape[1])), float(rng.uniform(0, shape[0]))),
            sigma=(width / 2.5 * px_per_mm, width / 2.5 * px_per_mm * float(rng.uniform(1.0, 1.5))),
            angle=float(rng.uniform(0, np.pi)),
            value=float(rng.uniform(0.025, 0.090)) * width / 0.3,
            power=1.0,
        )
    return depth


def wrinkles(shape: tuple[int, int], px_per_mm: float, count: int, rng: np.random.Generator) -> FloatMap:
    """Depth of fine lines in mm: gently curved grooves 0.2-0.6 mm wide, 20-80 um deep."""
    depth = np.zeros(shape, np.float32)
    main = float(rng.uniform(-0.6, 0.6))
    for _ in range(count):
        length = float(rng.uniform(4.0, 16.0)) * px_per_mm
        angle = main + float(rng.normal(0.0, 0.25))
        start = np.array([rng.uniform(-0.1, 1.0) * shape[1], rng.uniform(0.0, 1.0) * shape[0]])
        along = np.linspace(0.0, length, 40)
        bend = np.cumsum(rng.normal(0.0, 0.05, along.size))
        x = start[0] + np.cumsum(np.gradient(along) * np.cos(angle + bend))
        y = start[1] + np.cumsum(np.gradient(along) * np.sin(angle + bend))
        groove = np.zeros(shape, np.float32)
        points = np.rint(np.stack([x, y], axis=1) * 16).astype(np.int32)
        cv2.polylines(groove, [points.reshape(-1, 1, 2)], False, 1.0, 1, cv2.LINE_AA, shift=4)
        sigma = float(rng.uniform(0.2, 0.6)) / 2.5 * px_per_mm
        groove = _blurred(groove, sigma)
        peak = float(groove.max())
        if peak > 0:
            depth += float(rng.uniform(0.020, 0.080)) * groove / peak
    return depth


def discs(
    shape: tuple[int, int],
    px_per_mm: float,
    count: int,
    diameter_mm: tuple[float, float],
    contrast: tuple[float, float],
    rng: np.random.Generator,
) -> FloatMap:
    """Spots with soft edges: log-uniform diameters, values within `contrast`, 0 elsewhere, never summed."""
    out = np.zeros(shape, np.float32)
    for _ in range(count):
        diameter = float(np.exp(rng.uniform(np.log(diameter_mm[0]), np.log(diameter_mm[1]))))
        _stamp(
            out,
            centre=(float(rng.uniform(0, shape[1])), float(rng.uniform(0, shape[0]))),
            sigma=(diameter / 2.4 * px_per_mm, diameter / 2.4 * px_per_mm * float(rng.uniform(0.7, 1.0))),
            angle=float(rng.uniform(0, np.pi)),
            value=float(rng.uniform(*contrast)),
            power=2.0,
            ragged=(float(rng.uniform(0, 2 * np.pi)), float(rng.uniform(0, 2 * np.pi))),
        )
    return out


def smooth_noise(shape: tuple[int, int], sigma_px: float, rng: np.random.Generator) -> FloatMap:
    """Gaussian noise low-passed at `sigma_px`, mean 0, SD 1. Drawn on a coarse grid, so that it is cheap."""
    step = max(1.0, sigma_px / 2.5)
    small = (int(np.ceil(shape[0] / step)) + 4, int(np.ceil(shape[1] / step)) + 4)
    field = rng.standard_normal(small, dtype=np.float32)
    field = _blurred(field, sigma_px / step)
    wide = cv2.resize(field, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray((wide - wide.mean()) / wide.std(), np.float32)


def shade(
    height_mm: FloatMap, px_per_mm: float, azimuth_deg: float = 135.0, elevation_deg: float = 45.0
) -> FloatMap:
    """Light returned from matt relief, flat skin = 1.

    Lambert's law for a lamp at the given direction (azimuth counter-clockwise from the right, elevation from
    the surface), an ambient share, hollows darkened, blurred by the scatter under the surface.
    """
    return Relief.of(height_mm, px_per_mm).shade(azimuth_deg, elevation_deg)


def gloss(
    height_mm: FloatMap, px_per_mm: float, azimuth_deg: float = 135.0, elevation_deg: float = 45.0
) -> FloatMap:
    """Mirror-like light of a moist surface, mean 1: bright where the relief turns the lamp to the camera."""
    return Relief.of(height_mm, px_per_mm).gloss(azimuth_deg, elevation_deg)


@dataclass(frozen=True, slots=True)
class Facets:
    """Which way each pixel of a surface faces: the slopes, and the length of (slopes, 1)."""

    dy: FloatMap
    dx: FloatMap
    length: FloatMap

    @classmethod
    def of(cls, height_mm: FloatMap, px_per_mm: float) -> Facets:
        """Of heights in mm."""
        dy, dx = _slopes(height_mm, px_per_mm)
        return cls(dy, dx, np.sqrt(1 + dx * dx + dy * dy))

    def towards(self, direction: Spectrum, rows: slice) -> Spectrum:
        """Cosine to a unit vector (x right, y down, z to the camera) in some rows, float64."""
        dy, dx = self.dy[rows], self.dx[rows]
        return np.asarray((-dx * direction[0] - dy * direction[1] + direction[2]) / self.length[rows])


@dataclass(frozen=True, slots=True)
class Relief:
    """What a lamp meets, wherever it stands: facets and hollows of a surface. Made once for many photos."""

    matt: Facets
    open_sky: FloatMap
    """1 on flat skin, less in hollows."""
    moist: Facets
    """Of the film on the skin, which is smoother."""
    px_per_mm: float

    @classmethod
    def of(cls, height_mm: FloatMap, px_per_mm: float) -> Relief:
        """Of heights in mm, (h, w) float32."""
        hollow = _blurred(height_mm, 0.3 * px_per_mm) - height_mm
        return cls(
            matt=Facets.of(height_mm, px_per_mm),
            open_sky=np.exp(-5.0 * np.maximum(hollow, 0.0)),
            moist=Facets.of(_blurred(height_mm, 0.08 * px_per_mm), px_per_mm),
            px_per_mm=px_per_mm,
        )

    def shade(self, azimuth_deg: float, elevation_deg: float) -> FloatMap:
        """As `texture.shade`."""
        light = _lamp(azimuth_deg, elevation_deg)
        lit = np.empty(self.open_sky.shape, np.float32)
        for rows in _strips(lit):
            lambert = np.maximum(self.matt.towards(light, rows), 0.0) / light[2]
            lit[rows] = (AMBIENT + (1 - AMBIENT) * lambert) * self.open_sky[rows]
        return _blurred(lit, SUBSURFACE_MM * self.px_per_mm)

    def gloss(self, azimuth_deg: float, elevation_deg: float) -> FloatMap:
        """As `texture.gloss`."""
        half = _lamp(azimuth_deg, elevation_deg) + np.array([0.0, 0.0, 1.0])
        half /= np.linalg.norm(half)
        shine = np.empty(self.open_sky.shape)
        for rows in _strips(shine):
            shine[rows] = np.maximum(self.moist.towards(half, rows), 0.0) ** 24
        return np.asarray(shine / max(float(shine.mean()), 1e-6), np.float32)


def _lamp(azimuth_deg: float, elevation_deg: float) -> Spectrum:
    """Unit vector to the lamp."""
    azimuth, elevation = np.radians(azimuth_deg), np.radians(elevation_deg)
    return np.array(
        [np.cos(elevation) * np.cos(azimuth), -np.cos(elevation) * np.sin(azimuth), np.sin(elevation)]
    )


def _strips(image: FloatMap | Spectrum) -> Iterator[slice]:
    """A few rows at a time: what is computed from them stays in the processor's cache."""
    step = max(1, 32_768 // image.shape[1])
    return (slice(top, top + step) for top in range(0, image.shape[0], step))


def _blurred(image: FloatMap, sigma_px: float) -> FloatMap:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma_px), np.float32)


def _slopes(height_mm: FloatMap, px_per_mm: float) -> tuple[FloatMap, FloatMap]:
    scale = px_per_mm / 2.0
    dx = cv2.filter2D(height_mm, -1, np.array([[-scale, 0, scale]], np.float32))
    dy = cv2.filter2D(height_mm, -1, np.array([[-scale], [0], [scale]], np.float32))
    return np.asarray(dy, np.float32), np.asarray(dx, np.float32)


def _stamp(
    canvas: FloatMap,
    centre: tuple[float, float],
    sigma: tuple[float, float],
    angle: float,
    value: float,
    power: float,
    ragged: tuple[float, float] | None = None,
) -> None:
    """Lay one soft ellipse on the canvas, keeping the larger value.

    Power 1 is Gaussian, 2 flat-topped. `ragged` gives the phases of an uneven outline.
    """
    reach = int(np.ceil(3.0 * max(sigma))) + 1
    column, row = int(centre[0]), int(centre[1])
    left, top = max(0, column - reach), max(0, row - reach)
    right, bottom = min(canvas.shape[1], column + reach + 1), min(canvas.shape[0], row + reach + 1)
    if left >= right or top >= bottom:
        return
    x = np.arange(left, right, dtype=np.float32)[None, :] - np.float32(centre[0])
    y = np.arange(top, bottom, dtype=np.float32)[:, None] - np.float32(centre[1])
    along = (x * np.cos(angle) + y * np.sin(angle)) / sigma[0]
    across = (-x * np.sin(angle) + y * np.cos(angle)) / sigma[1]
    square = along * along + across * across
    if ragged is not None:
        turn = np.arctan2(across, along)
        square = square * (1 + 0.22 * np.sin(2 * turn + ragged[0]) + 0.18 * np.sin(3 * turn + ragged[1]))
    soft = value * np.exp(-0.5 * square**power)
    window = canvas[top:bottom, left:right]
    np.maximum(window, soft.astype(np.float32), out=window)
