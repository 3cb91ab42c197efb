"""How sharp two photos are, judged on edges that are not skin, and making them alike.

Smoother skin and a blurred photo look alike on skin, so skin itself never decides: brows, lashes, lips,
hair and the edges around a body site do.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np

from analysis.bands import blur
from analysis.chromophores import relief_of
from analysis.parallel import both
from analysis.records import FloatMap, Mask

_FINE_PX, _WIDE_PX = 0.6, 2.4
_MOST_BLUR_PX = 4.0
_STRONG = 0.05
"""Gradient of the relief per px, natural-log units, above which an edge counts."""
_MIN_EDGE_PIXELS = 150
_TILE_PX, _TILES = 96, 16


class Matched(NamedTuple):
    """Two photos made equally sharp, and what that took."""

    first: FloatMap
    second: FloatMap
    mismatch: float
    """What is left, as a natural-log ratio; NaN where there are no edges to go by."""
    edge_mm: tuple[float, float]
    """Width of the edges of either, as a Gaussian sigma, before matching."""
    sharper: float
    """Natural log of how much steeper the second photo's edges were before matching; NaN without edges."""


def match_sharpness(first: FloatMap, second: FloatMap, edges: Mask, px_per_mm: float) -> Matched:
    """Blur the sharper photo until edges that are not skin are equally steep in both.

    Args:
        first: (h, w, 3) linear light.
        second: the other photo on the same grid.
        edges: (h, w) where edges may be looked for: no skin, seen in both, well aligned.
        px_per_mm: of the grid.
    """
    from scipy.optimize import brentq  # a sixth of a second, which pages that only show need not wait for

    views = both(lambda: relief_of(first), lambda: relief_of(second))
    # Outside its photo a view is black (`register.sample`): that border would be its strongest edge.
    outside = (cv2.extractChannel(first, 1) <= 0) | (cv2.extractChannel(second, 1) <= 0)
    near = cv2.dilate(outside.astype(np.uint8), np.ones((17, 17), np.uint8)) > 0
    tiles = _edge_tiles(list(views), edges & ~near)
    if tiles is None:
        return Matched(first, second, math.nan, (math.nan, math.nan), math.nan)
    mosaics, strong = tiles
    steepness = [_steepness(mosaic, strong) for mosaic in mosaics]
    widths = tuple(_edge_width(value) / px_per_mm for value in steepness)
    sharper = int(steepness[1] > steepness[0])
    target, view = steepness[1 - sharper], mosaics[sharper]

    def excess(amount: float) -> float:
        return math.log(_steepness(view, strong, amount) / target)

    amount = _MOST_BLUR_PX
    if excess(0.0) <= 0:
        amount = 0.0
    elif excess(_MOST_BLUR_PX) < 0:
        amount = float(brentq(excess, 0.0, _MOST_BLUR_PX, xtol=0.01))
    mismatch = abs(excess(amount))
    if amount >= 0.3:
        if sharper == 0:
            first = blur(first, amount)
        else:
            second = blur(second, amount)
    ratio = math.log(steepness[1] / steepness[0])
    return Matched(first, second, mismatch, (widths[0], widths[1]), ratio)


def edge_width_mm(linear: FloatMap, edges: Mask, px_per_mm: float) -> float:
    """Width of the edges of one photo as a Gaussian sigma in mm; NaN where there are too few."""
    tiles = _edge_tiles([relief_of(linear)], edges)
    if tiles is None:
        return math.nan
    return _edge_width(_steepness(tiles[0][0], tiles[1])) / px_per_mm


def _edge_tiles(views: list[FloatMap], edges: Mask) -> tuple[list[FloatMap], Mask] | None:
    """The tiles with the most edges, stacked, and which of their pixels are strong edges in every view."""

    def steep(view: FloatMap) -> Mask:
        return _energy(cv2.GaussianBlur(view, (0, 0), 1.0)) > _STRONG**2

    found = both(lambda: steep(views[0]), lambda: steep(views[1])) if len(views) == 2 else (steep(views[0]),)
    strong = np.logical_and.reduce([edges, *found])
    corners = []
    margin = 8  # a tile's border is blurred with its neighbour in the stack
    step = _TILE_PX - 2 * margin
    for top in range(0, max(1, strong.shape[0] - 2 * margin), step):
        for left in range(0, max(1, strong.shape[1] - 2 * margin), step):
            inner = strong[top + margin : top + _TILE_PX - margin, left + margin : left + _TILE_PX - margin]
            corners.append((int(np.count_nonzero(inner)), top, left))
    corners = sorted(corners, reverse=True)[:_TILES]
    if sum(count for count, *_ in corners) < _MIN_EDGE_PIXELS:
        return None
    frame = np.zeros((_TILE_PX, _TILE_PX), bool)
    frame[margin:-margin, margin:-margin] = True

    def stack(image: FloatMap, border: int) -> FloatMap:
        cut = [image[top : top + _TILE_PX, left : left + _TILE_PX] for _, top, left in corners]
        return np.concatenate(
            [cv2.copyMakeBorder(t, 0, _TILE_PX - t.shape[0], 0, _TILE_PX - t.shape[1], border) for t in cut]
        )

    chosen = stack(strong.astype(np.uint8), cv2.BORDER_CONSTANT).astype(bool) & np.tile(
        frame, (len(corners), 1)
    )
    return [stack(view, cv2.BORDER_REPLICATE) for view in views], chosen


def _energy(image: FloatMap) -> FloatMap:
    """Squared gradient per px^2."""
    across = cv2.Sobel(image, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(image, cv2.CV_32F, 0, 1, scale=1 / 8)
    return cv2.accumulateSquare(down, cv2.multiply(across, across))


def _steepness(view: FloatMap, strong: Mask, more_px: float = 0.0) -> float:
    """Gradient energy at a fine scale over that at a wide one, of the view blurred by `more_px` more."""
    where = strong.view(np.uint8)
    fine, wide = (
        cv2.mean(_energy(cv2.GaussianBlur(view, (0, 0), math.hypot(scale, more_px))), where)[0]
        for scale in (_FINE_PX, _WIDE_PX)
    )
    return math.sqrt(fine / wide)


def _edge_width(steepness: float) -> float:
    """Sigma in px of a straight edge with this ratio; 0 for one sharper than can be told.

    The energy across a straight edge of sigma s, seen at blur a, goes as 1 / sqrt(a^2 + s^2), so
    ratio^4 = (wide^2 + s^2) / (fine^2 + s^2).
    """
    fourth = steepness**4
    if fourth <= 1.0001:
        return 10.0
    return math.sqrt(max(0.0, (_WIDE_PX**2 - fourth * _FINE_PX**2) / (fourth - 1)))
