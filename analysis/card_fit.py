"""One set of patch colours mapped onto another, judged on patches that were left out.

Session to session, the card itself is the standard: what its patches show in the follow-up is mapped onto
what they showed in the baseline. Published values matter only where a single photo's card is judged.

    linear light -> curve per channel, through the greys -> 3x3, or 6x3 over the roots of degree 2

Roots of products keep the map independent of exposure, which powers do not: Finlayson, Mackiewicz and
Hurlbert 2015, IEEE Trans Image Process 24:1460, doi 10.1109/TIP.2015.2405336. The curve undoes what a
camera did to tones; it is monotone by construction (Fritsch and Carlson 1980, doi 10.1137/0717021).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from analysis.errors import CardError
from analysis.lab import LUMINANCE, delta_e
from analysis.records import FloatMap

FLOOR = 1e-4
"""Linear light under which nothing is told apart: half a step of 8 bits is 1.5e-4."""
ROOTS_MUST_GAIN = 0.2
"""CIEDE2000 by which six terms must beat three on left-out patches: otherwise they only bend more."""
FOCUS_WIDTH = 1.0
"""Natural log. On synthetic skin of five tones the error of redness falls from 4.4 to 2.8 H where the lamp
may have changed, and stays at 0.4 H where it has not (benchmarks/card_focus.py)."""
_LEAST_WEIGHT = 0.02
_LEAST_STEP = 0.03
"""Natural log of light between two greys: less is within the noise of a photo."""
_LEAST_STEPS = 4
_STEPS = 65536
_MAX_SLOPE = 2.0
"""Of a curve beyond its last grey, in log over log: a tone curve gets no steeper there."""

Model = Literal["matrix", "roots"]
Nodes = tuple[FloatMap, FloatMap, FloatMap]


@dataclass(frozen=True, slots=True)
class CardFit:
    """A map of linear light, and how well it does on patches that it was not fitted on."""

    model: Model
    nodes: Nodes
    """Per channel, natural log of linear light: what the greys showed and what they should, (2, g)."""
    matrix: FloatMap
    """(3, 3) or (6, 3), from the terms of the curved light."""
    errors: FloatMap
    """(n,) CIEDE2000 of every patch, left out of the fit."""

    @property
    def mean_error(self) -> float:
        """Mean CIEDE2000 over the left-out patches."""
        return float(self.errors.mean())

    @property
    def worst_error(self) -> float:
        """Largest CIEDE2000 over the left-out patches."""
        return float(self.errors.max())

    def apply(self, linear: FloatMap) -> FloatMap:
        """Linear light as the other photo would show it.

        Args:
            linear: (h, w, 3) float32, 0-1. What lies outside is taken as 0 or 1; 0 stays 0.

        Returns:
            (h, w, 3) float32, not below 0.
        """
        # Even steps of the root are about even steps of what 8 bits hold.
        steps = np.linspace(0, 1, _STEPS)[:, None] ** 2
        table = _curved(np.repeat(steps, 3, axis=1), self.nodes).astype(np.float32)
        table[0] = 0
        root = np.sqrt(np.clip(linear, 0, 1)) * np.float32(_STEPS - 1) + np.float32(0.5)
        channels = [np.take(table[:, k], root[..., k].astype(np.uint16)) for k in range(3)]
        out = cv2.transform(cv2.merge(channels), self.matrix[:3].T.astype(np.float32))
        if self.model == "roots":
            red, green, blue = channels
            roots = cv2.merge([cv2.sqrt(red * green), cv2.sqrt(green * blue), cv2.sqrt(red * blue)])
            out += cv2.transform(roots, self.matrix[3:].T.astype(np.float32))
        return np.maximum(out, 0, out=out)


def fit_patches(
    source: FloatMap,
    target: FloatMap,
    greys: Sequence[int],
    *,
    skip: Sequence[int] = (),
    focus: FloatMap | None = None,
) -> CardFit:
    """Map measured patch colours onto wanted ones.

    Args:
        source: (n, 3) linear light as measured.
        target: (n, 3) linear light as wanted.
        greys: indices of the greys, from white to black.
        skip: patches that take no part, such as clipped ones.
        focus: (3,) linear light of the colour that matters most. Under another lamp no matrix suits all
            colours at once; patches near this one in chroma then weigh more. None: all alike. The errors
            are always those of a fit with all alike, because they judge the card.

    Raises:
        CardError: the greys do not get darker in their order, so there is no curve through them.

    >>> wanted = np.random.default_rng(1).uniform(0.05, 0.9, (24, 3))
    >>> wanted[18:] = np.array([0.9, 0.6, 0.35, 0.2, 0.1, 0.03])[:, None]
    >>> fit = fit_patches(wanted * (0.8, 1.0, 0.7), wanted, range(18, 24))
    >>> fit.model, round(fit.worst_error, 3)
    ('matrix', 0.0)
    """
    source, target = np.asarray(source, np.float64), np.asarray(target, np.float64)
    used = np.array([k for k in range(len(source)) if k not in set(skip)])
    weight = _nearness(target, focus)
    curved = _without_each(source, target, greys, used)
    plain, rooted = (_left_out(curved, target, used, model) for model in ("matrix", "roots"))
    gain = float(np.average(plain - rooted, weights=weight[used]))
    model: Model = "roots" if gain > ROOTS_MUST_GAIN else "matrix"
    nodes = _nodes(source, target, _kept(greys, used))
    matrix = _matrix(_curved(source[used], nodes), target[used], model, weight[used])
    return CardFit(model, nodes, matrix, rooted if model == "roots" else plain)


def _without_each(
    source: FloatMap, target: FloatMap, greys: Sequence[int], used: FloatMap
) -> dict[int, FloatMap]:
    """Patch -> (n, 3) all patches through the curve fitted without it, which only greys change."""
    whole = _curved(source, _nodes(source, target, _kept(greys, used)))
    return {
        k: _curved(source, _nodes(source, target, _kept(greys, used[used != k]))) if k in greys else whole
        for k in used.tolist()
    }


def _left_out(curved: Mapping[int, FloatMap], target: FloatMap, used: FloatMap, model: Model) -> FloatMap:
    """CIEDE2000 of every used patch, curve and matrix fitted on the others."""
    guesses = []
    for k, light in curved.items():
        others = used[used != k]
        matrix = _matrix(light[others], target[others], model)
        guesses.append(_terms(light[k : k + 1], model) @ matrix)
    return delta_e(np.concatenate(guesses), target[used])


def _nearness(target: FloatMap, focus: FloatMap | None) -> FloatMap:
    """(n,) weights by distance in the logs of red over green and blue over green."""
    if focus is None:
        return np.ones(len(target))
    log = np.log(np.maximum(np.vstack([target, focus]), 10 * FLOOR))
    chroma = log[:, [0, 2]] - log[:, [1]]
    distance = np.linalg.norm(chroma[:-1] - chroma[-1], axis=1)
    return np.exp(-0.5 * (distance / FOCUS_WIDTH) ** 2) + _LEAST_WEIGHT


def _matrix(light: FloatMap, target: FloatMap, model: Model, nearness: FloatMap | None = None) -> FloatMap:
    """(3 or 6, 3) that maps curved light onto what is wanted, least squares."""
    # The eye, and CIEDE2000, see about the cube root of light: dL* goes with luminance^(-2/3).
    weight = np.maximum(target @ LUMINANCE, 0.01)[:, None] ** (-2 / 3)
    if nearness is not None:
        weight = weight * nearness[:, None]
    return np.asarray(np.linalg.lstsq(_terms(light, model) * weight, target * weight, rcond=None)[0])


def _kept(greys: Sequence[int], used: FloatMap) -> list[int]:
    """The greys among the patches that take part, from dark to light."""
    return [k for k in greys if k in set(used.tolist())][::-1]


def _nodes(source: FloatMap, target: FloatMap, chosen: Sequence[int]) -> Nodes:
    """The greys as steps of each channel's curve, from dark to light; greys that look alike are one step."""
    out = []
    for channel in range(3):
        steps = [(k, 1) for k in np.log(np.maximum(source[chosen, channel], FLOOR))]
        wanted = list(np.log(np.maximum(target[chosen, channel], FLOOR)))
        k = 0
        while k < len(steps) - 1:
            (low, n), (high, m) = steps[k], steps[k + 1]
            if high - low > _LEAST_STEP and wanted[k + 1] - wanted[k] > _LEAST_STEP:
                k += 1
                continue
            steps[k : k + 2] = [((n * low + m * high) / (n + m), n + m)]
            wanted[k : k + 2] = [(n * wanted[k] + m * wanted[k + 1]) / (n + m)]
            k = max(0, k - 1)
        if len(steps) < _LEAST_STEPS:
            raise CardError(
                "The greys of the colour card cannot be told apart",
                expected=f"at least {_LEAST_STEPS} steps from white to black in every channel",
                got=f"{len(steps)}",
                advice="Photograph the card in even light, sharp, neither too bright nor too dark",
            )
        out.append(np.array([[step for step, _ in steps], wanted]))
    return out[0], out[1], out[2]


def _curved(linear: FloatMap, nodes: Nodes) -> FloatMap:
    """(n, 3) light through each channel's curve; straight on in log over log beyond the last greys."""
    from scipy.interpolate import PchipInterpolator  # a third of a second, only for photos with a card

    log = np.log(np.maximum(linear, FLOOR))
    out = np.empty_like(log)
    for channel in range(3):
        x, y = nodes[channel]
        curve = PchipInterpolator(x, y)
        ends = [
            float(np.clip((y[b] - y[a]) / (x[b] - x[a]), 1 / _MAX_SLOPE, _MAX_SLOPE))
            for a, b in ((0, 1), (-2, -1))
        ]
        here = log[:, channel]
        inside = curve(np.clip(here, x[0], x[-1]))
        out[:, channel] = (
            inside + ends[0] * np.minimum(here - x[0], 0) + ends[1] * np.maximum(here - x[-1], 0)
        )
    return np.exp(out)


def _terms(linear: FloatMap, model: Model) -> FloatMap:
    """(..., 3) light, or (..., 6) with the roots of the three products."""
    if model == "matrix":
        return linear
    red, green, blue = linear[..., 0], linear[..., 1], linear[..., 2]
    roots = [np.sqrt(red * green), np.sqrt(green * blue), np.sqrt(red * blue)]
    return np.stack([red, green, blue, *roots], axis=-1)
