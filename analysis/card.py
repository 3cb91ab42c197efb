"""A colour card in a photo -> what its patches show.

    reading = read_card(photo)                     found by itself, or CardError
    reading = read_card(photo, corners)            four corners by hand, in any order

Whatever is found is compared with what the card should show, patch by patch, before it is believed:
detectors take window panes, tiles and paint boxes for cards.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from analysis.card_find import Candidate, candidates, from_corners
from analysis.card_fit import CardFit, fit_patches
from analysis.card_layouts import CardLayout, colorchecker, printed
from analysis.card_light import light_gradient
from analysis.errors import CardError
from analysis.lab import LUMINANCE
from analysis.linear import linear_light
from analysis.records import CardReading, FloatMap, Photo, Pixels

MOST_ERROR = 10.0
"""CIEDE2000 of left-out patches against the published values up to which a candidate is a card. Four real
cards as telephones render them: 3.7 to 6.0; the best wrong orientation of one: 29; 2000 sets of random
patches beside true greys: none below 13 (tests/analysis/test_card.py)."""

_SHARE = 0.7
"""Of a patch's side that is looked at: away from its border, where sharpening and the frame reach."""
_LEAST_PIXELS = 16
_CLIPPED_CODE, _BLACK_CODE = 250, 2
_CLIPPED_SHARE = 0.05
_SMALL_SHEET_MM = 14.9
"""From patch to patch on the sheet of the Passport and the Classic Mini, which print a millimetre rule beside
the patches: 14.7 to 15.1 mm by that rule in three photos."""
_SMALL_GAP, _LARGE_GAP = (0.15, 0.26), (0.05, 0.13)
"""Share of the way from patch to patch that is frame, on the small sheet and on the large Classic."""


def read_card(photo: Photo, corners: FloatMap | None = None) -> CardReading:
    """Read the colour card of a photo.

    Args:
        photo: upright, sRGB.
        corners: (4, 2) px, the outer corners of the four corner patches, in any order; without them the
            card is looked for.

    Returns:
        The reading that fits the published colours best.

    Raises:
        CardError: there is no card, or what is there does not show a card's colours.

    A card below 12 px a patch is not found. Published colours are those of a clean card of November 2014 or
    later; older and faded cards read with a larger `fit_mean` and serve from session to session as well.
    """
    found = candidates(photo.pixels) if corners is None else from_corners(corners)
    best = _best(photo.pixels, found)
    if best is None:
        raise CardError(
            "No colour card was found" if corners is None else "No colour card lies within these corners",
            expected="a ColorChecker of 24 patches or the printed card, all of it in the photo",
            got=f"nothing that shows its colours within {MOST_ERROR:g} CIEDE2000",
            advice="Lay the card beside the skin, all patches visible, without glare"
            if corners is None
            else "Mark the outer corners of the four corner patches, or take the photo again",
        )
    (layout, homography), linear, clipped, fit = best
    scale, flags = _scale(photo.pixels, layout, homography)
    unit = np.array([[[0, 0]], [[1, 0]], [[1, 1]], [[0, 1]]], np.float32)
    usable = ~np.array(clipped)
    return CardReading(
        kind=layout.kind,
        found="automatic" if corners is None else "corners",
        corners=_frozen(cv2.perspectiveTransform(unit, homography).reshape(4, 2)),
        linear=_frozen(linear),
        clipped=clipped,
        px_per_mm=scale,
        gradient=light_gradient(linear[usable], layout.published[usable], layout.centres()[usable]),
        fit_mean=fit.mean_error,
        fit_worst=fit.worst_error,
        flags=flags,
    )


def layout_of(reading: CardReading) -> CardLayout:
    """The layout that a reading was made with."""
    return printed() if reading.kind == "printed" else colorchecker()


def fit_cards(session: CardReading, baseline: CardReading) -> CardFit:
    """The map that takes one photo's light to that of another, where both show the same card.

    Args:
        session: of the photo whose light is to be mapped.
        baseline: of the photo that it is to look like.

    Raises:
        CardError: two kinds of card, or greys that cannot be told apart.

    Patches that are clipped in either photo take no part; the gates refuse such a pair anyway.
    """
    if session.kind != baseline.kind:
        raise CardError(
            "The two photos show different colour cards",
            expected=f"the {baseline.kind} card of the baseline",
            got=f"a {session.kind} card",
            advice="Use one and the same card in every session",
        )
    skip = np.flatnonzero(np.array(session.clipped) | np.array(baseline.clipped))
    layout = layout_of(session)
    skin = _middle_light(baseline.linear, layout.skins)
    return fit_patches(session.linear, baseline.linear, layout.greys, skip=skip.tolist(), focus=skin)


def grey_light(reading: CardReading) -> FloatMap:
    """(3,) linear light of the card's greys: the geometric mean of those between white and black."""
    return _middle_light(reading.linear, layout_of(reading).greys[1:-1]).astype(np.float32)


def as_published(colour: FloatMap, reading: CardReading | None) -> FloatMap:
    """A colour of the photo as it would be if the card showed what it is meant to.

    A photo alone shows skin as light or dark as its exposure made it, by more than a class of skin tone;
    beside a card that is known. A printed card is only as good as its printer: the colour stays as it is.

    Limits: the card must lie in the light that the skin is in; in half of it skin reads lighter by a class.
    With so many patches clipped that no map can be made, the colour stays as it is.

    Args:
        colour: (3,) linear light.
        reading: of the photo's card; None where there is none.

    Returns:
        (3,) linear light, 0-1.
    """
    if reading is None or reading.kind == "printed":
        return colour
    layout = layout_of(reading)
    skip = np.flatnonzero(reading.clipped).tolist()
    skin = _middle_light(layout.published, layout.skins)
    try:
        fit = fit_patches(reading.linear, layout.published, layout.greys, skip=skip, focus=skin)
    except CardError:
        return colour
    return np.clip(fit.apply(np.asarray(colour, np.float32).reshape(1, 1, 3))[0, 0], 0, 1)


def _middle_light(linear: FloatMap, patches: Sequence[int]) -> FloatMap:
    """(3,) geometric mean of some patches."""
    return np.asarray(np.exp(np.log(np.maximum(linear[list(patches)], 1e-4)).mean(axis=0)))


def _best(
    pixels: Pixels, found: Iterable[Candidate]
) -> tuple[Candidate, FloatMap, tuple[bool, ...], CardFit] | None:
    best = None
    for candidate in found:
        layout, homography = candidate
        patches = _patches(pixels, layout, homography)
        if patches is None:
            continue
        linear = np.array([_middle(linear_light(patch)) for patch in patches])
        clipped = tuple(_is_clipped(patch, k in layout.greys) for k, patch in enumerate(patches))
        try:
            fit = fit_patches(linear, layout.published, layout.greys)
        except CardError:
            continue
        if fit.mean_error <= MOST_ERROR and (best is None or fit.mean_error < best[3].mean_error):
            best = candidate, linear, clipped, fit
    return best


def _patches(pixels: Pixels, layout: CardLayout, homography: FloatMap) -> list[Pixels] | None:
    """The (k, 3) pixels inside every patch; None where one leaves the photo or is too small."""
    reach = layout.half_side() * _SHARE
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * reach
    height, width = pixels.shape[:2]
    out = []
    for centre in layout.centres():
        corners = cv2.perspectiveTransform((centre + square).astype(np.float32)[:, None], homography)[:, 0]
        left, top = np.floor(corners.min(0)).astype(int)
        right, bottom = np.ceil(corners.max(0)).astype(int) + 1
        if left < 0 or top < 0 or right > width or bottom > height:
            return None
        inside = np.zeros((bottom - top, right - left), np.uint8)
        cv2.fillConvexPoly(inside, np.rint((corners - (left, top)) * 16).astype(np.int32), 1, shift=4)
        patch = pixels[top:bottom, left:right][inside > 0]
        if len(patch) < _LEAST_PIXELS:
            return None
        out.append(patch)
    return out


def _middle(values: FloatMap) -> FloatMap:
    """Mean of the middle half of the values, per channel: dust, glare and a pen mark do not move it."""
    ordered = np.sort(values, axis=0)
    quarter = len(ordered) // 4
    return np.asarray(ordered[quarter : len(ordered) - quarter].mean(axis=0))


def _is_clipped(patch: Pixels, grey: bool) -> bool:
    """Saturated patches reach zero in one channel by being saturated; a grey does not."""
    lost = patch.max(axis=1) >= _CLIPPED_CODE
    if grey:
        lost |= patch.min(axis=1) <= _BLACK_CODE
    return bool(lost.mean() > _CLIPPED_SHARE)


def _scale(pixels: Pixels, layout: CardLayout, homography: FloatMap) -> tuple[float, tuple[str, ...]]:
    """Pixels per mm over the card, from patch to patch along both sides; NaN and a flag if not known."""
    pitch_mm = layout.pitch_mm
    if pitch_mm is None:
        gap = _gap(pixels, layout, homography)
        if not _SMALL_GAP[0] <= gap <= _SMALL_GAP[1]:
            return math.nan, ("card_scale_unknown",)
        pitch_mm = _SMALL_SHEET_MM
    there = cv2.perspectiveTransform(layout.centres()[:, None], homography).reshape(
        layout.rows, layout.columns, 2
    )
    steps = [np.linalg.norm(np.diff(there, axis=axis), axis=-1).mean() for axis in (0, 1)]
    return float(math.sqrt(steps[0] * steps[1]) / pitch_mm), ()


def _gap(pixels: Pixels, layout: CardLayout, homography: FloatMap) -> float:
    """Share of the way between neighbouring patches that is dark frame, median over bright neighbours."""
    centres = layout.centres().reshape(layout.rows, layout.columns, 2)
    pairs = [(centres[:, k], centres[:, k + 1]) for k in range(layout.columns - 1)]
    pairs += [(centres[k], centres[k + 1]) for k in range(layout.rows - 1)]
    share = np.linspace(0, 1, 101)[:, None, None]
    shares = []
    for first, second in pairs:
        way = (first[None] * (1 - share) + second[None] * share).astype(np.float32)
        at = cv2.perspectiveTransform(way.reshape(-1, 1, 2), homography).reshape(*way.shape)
        seen = cv2.remap(pixels, at[..., 0], at[..., 1], cv2.INTER_LINEAR)
        light = (linear_light(seen) @ LUMINANCE).T
        for line in light:
            frame = float(line[40:61].min())
            ends = min(float(np.median(line[:20])), float(np.median(line[-20:])))
            if ends > 3 * frame:
                # Half way up on either side, wherever the blur of the photo puts the border.
                left, right = (
                    (frame + float(np.median(line[:20]))) / 2,
                    (frame + float(np.median(line[-20:]))) / 2,
                )
                shares.append((np.sum(line[:51] < left) + np.sum(line[51:] < right)) / len(line))
    return float(np.median(shares)) if len(shares) >= 6 else math.nan


def _frozen(values: FloatMap) -> FloatMap:
    out = values.astype(np.float32)
    out.setflags(write=False)
    return out
