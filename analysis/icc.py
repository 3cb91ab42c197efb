"""Matrix colour profiles: three tone curves and one matrix, which is what cameras, phones and screens use.

Read here instead of by LittleCMS because its 8-bit output is rounded, and rounding does not average out
over skin: few codes, all near each other. That alone moved mean H by up to 0.27. Here the remainder is
dithered with a fixed pattern, so that the mean over a region keeps its value (within 0.03 H).
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.records import Pixels

Floats = NDArray[np.float64]

# Colorants as XYZ relative to D50, one row for each of red, green and blue (ICC.1, IEC 61966-2-1).
_SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410))
_NAMED = {
    "Display P3": ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)),
    "Adobe RGB (1998)": (
        (0.60974, 0.31111, 0.01947),
        (0.20528, 0.62567, 0.06087),
        (0.14919, 0.06322, 0.74457),
    ),
}
_STEPS = np.arange(256) / 255
STRIP_ROWS = 64
"""Rows converted at a time: what fits the cache, and the period of the dither pattern."""


class MatrixProfile(NamedTuple):
    """A way from 8-bit codes to linear sRGB."""

    curves: Floats
    """(256, 3): linear light of every code, per channel."""
    matrix: Floats
    """(3, 3): linear colours of the file -> linear sRGB, as matrix @ column."""

    def is_srgb(self) -> bool:
        """True where no colour moves by more than one code value: then there is nothing to convert."""
        codes = np.arange(0, 256, 15)
        grid = np.stack(np.meshgrid(codes, codes, codes, indexing="ij"), -1).reshape(-1, 3)
        linear = np.stack([self.curves[grid[:, channel], channel] for channel in range(3)], -1)
        return bool(np.abs(_encode_srgb(linear @ self.matrix.T) * 255 - grid).max() <= 1)


def named_profile(name: str) -> MatrixProfile:
    """The profile of a space that files may name without enclosing it: "Display P3", "Adobe RGB (1998)".

    >>> named_profile("Display P3").is_srgb()
    False
    """
    curve = _decode_srgb(_STEPS) if name == "Display P3" else _STEPS ** (563 / 256)
    return _profile(np.stack([curve] * 3, -1), np.array(_NAMED[name]).T)


def parse_profile(icc: bytes) -> MatrixProfile | None:
    """The matrix profile in these bytes; None where it is of another kind or broken."""
    try:
        if icc[16:20] != b"RGB " or icc[20:24] != b"XYZ " or icc[36:40] != b"acsp":
            return None
        tags = _tags(icc)
        if b"A2B0" in tags:  # a table that is to be preferred to the matrix
            return None
        curves = np.stack([_curve(tags[key]) for key in (b"rTRC", b"gTRC", b"bTRC")], -1)
        columns = [_xyz(tags[key]) for key in (b"rXYZ", b"gXYZ", b"bXYZ")]
    except (KeyError, ValueError, struct.error):
        return None
    profile = _profile(curves, np.array(columns).T)
    return profile if np.isfinite(profile.curves).all() and np.isfinite(profile.matrix).all() else None


def convert(strip: Pixels, profile: MatrixProfile) -> Pixels:
    """One strip of at most `STRIP_ROWS` rows of 8-bit pixels in a matrix profile, as 8-bit sRGB.

    Raises:
        ValueError: more rows.
    """
    height, width = strip.shape[:2]
    table = np.rint(np.clip(profile.curves, 0, 1) * 65535).astype(np.uint16)[None]
    linear = cv2.transform(cv2.LUT(strip, table), profile.matrix.astype(np.float32))
    codes = _encode_table().take(linear)
    codes += _dither(width)[:height]
    codes >>= 8
    return codes.astype(np.uint8)


@lru_cache(maxsize=1)
def _encode_table() -> NDArray[np.uint16]:
    """16-bit linear light -> sRGB code in 8.8 fixed point."""
    return np.rint(_encode_srgb(np.arange(65536) / 65535) * 255 * 256).astype(np.uint16)


@lru_cache(maxsize=2)
def _dither(width: int) -> NDArray[np.uint16]:
    """(STRIP_ROWS, width, 3) remainders 0..255, without pattern, the same on every machine."""
    return np.random.default_rng(2017).integers(0, 256, (STRIP_ROWS, width, 3), dtype=np.uint16)


def _profile(curves: Floats, to_xyz: Floats) -> MatrixProfile:
    return MatrixProfile(curves, np.linalg.inv(np.array(_SRGB).T) @ to_xyz)


def _decode_srgb(code: Floats) -> Floats:
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)


def _encode_srgb(linear: Floats) -> Floats:
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def _tags(icc: bytes) -> dict[bytes, bytes]:
    count = struct.unpack_from(">I", icc, 128)[0]
    if count > 100:
        raise ValueError("an ICC profile with over a hundred tags")
    entries = [struct.unpack_from(">4sII", icc, 132 + 12 * index) for index in range(count)]
    return {key: icc[at : at + size] for key, at, size in entries}


def _xyz(tag: bytes) -> tuple[float, ...]:
    return tuple(value / 65536 for value in struct.unpack_from(">3i", tag, 8))


def _curve(tag: bytes) -> Floats:
    """Linear light of the 256 codes, from a `curv` or a `para` tag (ICC.1:2010, 10.5 and 10.15)."""
    x = _STEPS
    if tag[:4] == b"curv":
        count = struct.unpack_from(">I", tag, 8)[0]
        if count == 0:
            return x
        values = np.array(struct.unpack_from(f">{min(count, 65536)}H", tag, 12))
        if count == 1:
            return np.asarray(x ** (values[0] / 256))
        return np.interp(x, np.linspace(0, 1, len(values)), values / 65535)
    if tag[:4] != b"para":
        raise ValueError("an unknown kind of tone curve")
    kind = struct.unpack_from(">H", tag, 8)[0]
    size = (1, 3, 4, 5, 7)[kind] if kind < 5 else 0
    if size == 0:
        raise ValueError("an unknown parametric curve")
    g, *rest = (value / 65536 for value in struct.unpack_from(f">{size}i", tag, 12))
    a, b, c, d, e, f = (*rest, *(0.0,) * (6 - len(rest))) if rest else (1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    if kind in (1, 2):  # below -b/a: the constant c (0 in kind 1)
        c, d, e, f = 0.0, -b / a if a else 0.0, c, c
    upper = np.maximum(a * x + b, 0) ** g + e
    return np.where(x >= d, upper, c * x + f)
