"""The colour cards that are known: where their patches lie, and what colours they are meant to have.

A layout counts its patches row by row from the corner that is the upper left one when the card is read as
printed. The unit square of a layout is spanned by the outer corners of its four corner patches.

Sources: ColorChecker values of November 2014 and later, published by X-Rite in CIELAB under D50, as
tabulated by colour-science 0.4 (doi 10.5281/zenodo.8284953). Bradford adaptation: Lindbloom,
brucelindbloom.com. The printed card's values are those that its PDF asks the printer for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from analysis.records import FloatMap

# name, L*, a*, b*
_COLORCHECKER = (
    ("dark skin", 37.54, 14.37, 14.92),
    ("light skin", 64.66, 19.27, 17.5),
    ("blue sky", 49.32, -3.82, -22.54),
    ("foliage", 43.46, -12.74, 22.72),
    ("blue flower", 54.94, 9.61, -24.79),
    ("bluish green", 70.48, -32.26, -0.37),
    ("orange", 62.73, 35.83, 56.5),
    ("purplish blue", 39.43, 10.75, -45.17),
    ("moderate red", 50.57, 48.64, 16.67),
    ("purple", 30.1, 22.54, -20.87),
    ("yellow green", 71.77, -24.13, 58.19),
    ("orange yellow", 71.51, 18.24, 67.37),
    ("blue", 28.37, 15.42, -49.8),
    ("green", 54.38, -39.72, 32.27),
    ("red", 42.43, 51.05, 28.62),
    ("yellow", 81.8, 2.67, 80.41),
    ("magenta", 50.63, 51.28, -14.12),
    ("cyan", 49.57, -29.71, -28.32),
    ("white", 95.19, -1.03, 2.93),
    ("neutral 8", 81.29, -0.57, 0.44),
    ("neutral 6.5", 66.89, -0.75, -0.06),
    ("neutral 5", 50.76, -0.13, 0.14),
    ("neutral 3.5", 35.63, -0.46, -0.48),
    ("black", 20.64, 0.07, -0.46),
)

_PRINTED = (
    ("white", "f4f4f4"), ("grey 1", "d6d6d6"), ("grey 2", "b8b8b8"), ("grey 3", "9a9a9a"),
    ("grey 4", "7a7a7a"), ("grey 5", "5c5c5c"), ("grey 6", "424242"), ("black", "262626"),
    ("skin 1", "f1d6c4"), ("skin 2", "e3bd9f"), ("skin 3", "d2a482"), ("skin 4", "bb8665"),
    ("skin 5", "9e6b4c"), ("skin 6", "7f5138"), ("skin 7", "5f3b29"), ("skin 8", "412a20"),
    ("flushed 1", "e6b0a3"), ("flushed 2", "b5705c"), ("red", "b8383c"), ("green", "4a9350"),
    ("blue", "38509a"), ("yellow", "e2c43a"), ("magenta", "b5568f"), ("cyan", "3591a8"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CardLayout:
    """One kind of card."""

    kind: Literal["colorchecker", "printed"]
    names: tuple[str, ...]
    rows: int
    columns: int
    filled: float
    """Side of a patch over the distance from patch to patch."""
    published: FloatMap
    """(n, 3) linear sRGB, 0-1, that the patches are meant to have under D65. Cyan lies a little outside
    sRGB; a photo cannot show that, so it is brought to the border."""
    greys: tuple[int, ...]
    """Indices of the greys, from white to black."""
    skins: tuple[int, ...]
    """Indices of the skin tones."""
    pitch_mm: float | None = None
    """From patch to patch; None where cards of this kind come in several sizes."""

    def centres(self) -> FloatMap:
        """(n, 2) x and y of the patches' centres in the unit square."""
        x = (np.arange(self.columns) + self.filled / 2) / (self.columns - 1 + self.filled)
        y = (np.arange(self.rows) + self.filled / 2) / (self.rows - 1 + self.filled)
        return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2).astype(np.float32)

    def half_side(self) -> FloatMap:
        """(2,) half of a patch's side along x and y in the unit square."""
        count = np.array([self.columns, self.rows])
        return (self.filled / 2 / (count - 1 + self.filled)).astype(np.float32)


@cache
def colorchecker() -> CardLayout:
    """The 24 patches of a ColorChecker, large (Classic) or small (Passport, Classic Mini).

    >>> layout = colorchecker()
    >>> layout.published.shape, layout.names[layout.greys[0]]
    ((24, 3), 'white')
    """
    lab = np.array([row[1:] for row in _COLORCHECKER], np.float64)
    return CardLayout(
        "colorchecker", tuple(row[0] for row in _COLORCHECKER), 4, 6, 0.86,
        _frozen(_lab_d50_to_linear(lab)), tuple(range(18, 24)), (0, 1),
    )  # fmt: skip


@cache
def printed() -> CardLayout:
    """The card that is printed by oneself: eight greys, ten skin tones, six saturated colours.

    A printed card is only as good as its printer and fades: it serves from session to session, not to
    compare with another person's card.

    >>> printed().published.shape
    (24, 3)
    """
    code = np.array([[int(text[k : k + 2], 16) for k in (0, 2, 4)] for _, text in _PRINTED]) / 255
    linear = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    return CardLayout(
        "printed", tuple(name for name, _ in _PRINTED), 3, 8, PATCH_MM / PITCH_MM, _frozen(linear),
        tuple(range(8)), tuple(range(8, 18)), PITCH_MM,
    )  # fmt: skip


def printed_colours() -> tuple[tuple[str, str], ...]:
    """Name and sRGB (six hexadecimal digits) of the printed card's patches, row by row."""
    return _PRINTED


# The printed card in mm from its upper left corner, x to the right and y down.
CARD_MM = (128.0, 62.0)
PATCH_MM, PITCH_MM = 11.0, 12.0
FIRST_PATCH_MM = (16.5, 13.5)
"""Upper left corner of the first patch."""
MARKER_MM = 9.0
MARKERS_MM = ((5.0, 5.0), (114.0, 5.0), (114.0, 48.0), (5.0, 48.0))
"""Upper left corners of the four markers: upper left, upper right, lower right, lower left."""
MARKER_IDS = (11, 23, 37, 42)
"""In the same order, of the dictionary DICT_4X4_50."""


def printed_to_unit(points_mm: FloatMap) -> FloatMap:
    """(n, 2) mm on the printed card to its layout's unit square."""
    layout = printed()
    count = np.array([layout.columns, layout.rows])
    size = (count - 1) * PITCH_MM + PATCH_MM
    return ((points_mm - np.array(FIRST_PATCH_MM)) / size).astype(np.float32)


_XYZ_TO_SRGB = np.array([
    [3.2404542, -1.5371385, -0.4985314],
    [-0.9692660, 1.8760108, 0.0415560],
    [0.0556434, -0.2040259, 1.0572252],
])  # fmt: skip
_D50_TO_D65 = np.array([
    [0.9555766, -0.0230393, 0.0631636],
    [-0.0282895, 1.0099416, 0.0210077],
    [0.0122982, -0.0204830, 1.3299098],
])  # fmt: skip
_D50 = np.array([0.96422, 1.0, 0.82521])


def _lab_d50_to_linear(lab: FloatMap) -> FloatMap:
    fy = (lab[:, 0] + 16) / 116
    f = np.stack([fy + lab[:, 1] / 500, fy, fy - lab[:, 2] / 200], axis=1)
    ratio = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29))
    return ratio * _D50 @ _D50_TO_D65.T @ _XYZ_TO_SRGB.T


def _frozen(values: FloatMap) -> FloatMap:
    out = np.clip(values, 0, 1).astype(np.float32)
    out.setflags(write=False)
    return out
