"""The chromophore weights: derived on a population of synthetic people, judged by their cross-talk.

A change of haemoglobin moves the optical densities of R, G and B one way, a change of melanin another,
shading moves all three alike. Three rows follow from that:

    H   zero-sum (blind to light and shading), green weight 1: least answer to melanin
    M   zero-sum, blue weight 1: least answer to haemoglobin
    S   sum 1 (shading comes through whole): least answer to either pigment

H and M have one free number each, found by a plain search; S is a least squares solution.

What rests on the model: with an epidermis that scatters as well (a Kubelka-Munk slab, tried once, not
kept) the same search gave H (-0.56, 1, -0.44) and M (-0.56, -0.44, 1). H hardly depends on it, M does:
pigment is the weaker measurement of the two in three broad colour channels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.phantom.camera import CAMERAS, XYZ_TO_SRGB
from analysis.phantom.optics import TONE_ITA_DEG, TYPICAL_BLOOD, random_skin, rgb_weights
from analysis.phantom.spectra import ILLUMINANTS, WAVELENGTHS_NM, xyz

Array = NDArray[np.float64]

HAEMOGLOBIN_DOSE = 0.70
"""Factor on blood: a fall of 30 %."""
MELANIN_DOSE = 0.85
"""Factor on melanin: a fall of 15 %."""

HAEMOGLOBIN_TONES = ("I-II", "III", "IV", "V")
MELANIN_TONES = ("III", "IV", "V")
"""Where each row is asked to be selective. In I-II there is hardly melanin to measure, in VI hardly any
blue light comes back: there a row may not be bought with errors elsewhere."""


@dataclass(frozen=True, slots=True)
class Population:
    """Linear sRGB of one tone class: before, with less haemoglobin, with less melanin; each (n, 3)."""

    baseline: Array
    less_haemoglobin: Array
    less_melanin: Array

    @property
    def haemoglobin_step(self) -> Array:
        """(n, 3) change of optical density when haemoglobin falls."""
        return _density(self.less_haemoglobin) - _density(self.baseline)

    @property
    def melanin_step(self) -> Array:
        """(n, 3) change of optical density when melanin falls."""
        return _density(self.less_melanin) - _density(self.baseline)


@dataclass(frozen=True, slots=True)
class Weights:
    """Rows over (OD_R, OD_G, OD_B), and the mean direction of each pigment's change."""

    haemoglobin: tuple[float, float, float]
    melanin: tuple[float, float, float]
    shading: tuple[float, float, float]
    haemoglobin_direction: tuple[float, float, float]
    melanin_direction: tuple[float, float, float]


def population(people: int, seed: int) -> dict[str, Population]:
    """Random people per tone class, seen by every camera of G1 in turn, in daylight.

    Optics vary as in `random_skin`, blood with a log-SD of 0.35, the typology angle by +-5 degrees.
    """
    rng = np.random.default_rng(seed)
    cameras = sorted(CAMERAS)
    out = {}
    for tone, ita in TONE_ITA_DEG.items():
        rows = []
        for person in range(people):
            skin = random_skin(rng)
            blood = TYPICAL_BLOOD * float(np.exp(rng.normal(0.0, 0.35)))
            # Where the angle cannot be reached (little scattering, much blood), a trace of melanin stays.
            melanin = max(skin.melanin_for_ita(ita + float(rng.uniform(-5.0, 5.0)), blood), 0.01)
            to_rgb = rgb_weights(cameras[person % len(cameras)], "D65")
            reflectance = skin.reflectance(
                np.array([melanin, melanin, MELANIN_DOSE * melanin]),
                np.array([blood, HAEMOGLOBIN_DOSE * blood, blood]),
            )
            rows.append(reflectance @ to_rgb)
        stacked = np.array(rows)
        out[tone] = Population(stacked[:, 0], stacked[:, 1], stacked[:, 2])
    return out


def derive_weights(people: dict[str, Population]) -> Weights:
    """The three rows for a population, rounded to what the population can tell (3 decimals)."""
    haemoglobin = _search(
        lambda free: np.array([-1.0 - free, 1.0, free]),
        lambda row: _mean_cross_talk(row, people, HAEMOGLOBIN_TONES, wanted="haemoglobin"),
    )
    melanin = _search(
        lambda free: np.array([-1.0 - free, free, 1.0]),
        lambda row: _mean_cross_talk(row, people, MELANIN_TONES, wanted="melanin"),
    )
    blood_steps = np.concatenate([people[tone].haemoglobin_step for tone in HAEMOGLOBIN_TONES])
    melanin_steps = np.concatenate([people[tone].melanin_step for tone in HAEMOGLOBIN_TONES])
    blood_directions = blood_steps / blood_steps[:, 1:2]
    melanin_directions = melanin_steps / melanin_steps[:, 2:3]
    leak = blood_directions.T @ blood_directions + melanin_directions.T @ melanin_directions
    shading = np.linalg.solve(leak, np.ones(3))
    return Weights(
        haemoglobin=_rounded(haemoglobin, zero_sum=True),
        melanin=_rounded(melanin, zero_sum=True),
        shading=_rounded(shading / shading.sum()),
        haemoglobin_direction=_rounded(blood_directions.mean(axis=0)),
        melanin_direction=_rounded(melanin_directions.mean(axis=0)),
    )


def cross_talk(
    index: Callable[[Array], Array], people: Population, wanted: str = "haemoglobin"
) -> tuple[float, float]:
    """Response to the wrong pigment over response to the right one: median and 90th percentile.

    Args:
        index: linear sRGB (n, 3) -> value (n,).
        people: one tone class.
        wanted: "haemoglobin" or "melanin".
    """
    before = index(people.baseline)
    blood = np.abs(index(people.less_haemoglobin) - before)
    melanin = np.abs(index(people.less_melanin) - before)
    right, wrong = (blood, melanin) if wanted == "haemoglobin" else (melanin, blood)
    ratio = wrong / np.maximum(right, 1e-12)
    return float(np.median(ratio)), float(np.quantile(ratio, 0.9))


def leaks(weights: Weights, people: dict[str, Population]) -> dict[str, dict[str, float]]:
    """How far each index moves, per unit of the other, when only the other pigment changes: RMS per tone.

    Returns:
        "pigment": M per H of a change of blood; "pigment_by_red": 100 x optical density of red per H;
        "redness" and "redness_by_red": H per M, or per 100 x that density, of a change of melanin. The RMS
        holds both the mean, which one row of weights cannot remove in every tone, and the spread of people.
    """
    red = np.array([1.0, 0.0, 0.0])
    blood, melanin = np.array(weights.haemoglobin), np.array(weights.melanin)
    out: dict[str, dict[str, float]] = {}
    # index, what it should answer to, the other index, and which pigment is dosed
    for name, row, other, dosed in (
        ("redness", blood, melanin, "melanin_step"),
        ("redness_by_red", blood, red, "melanin_step"),
        ("pigment", melanin, blood, "haemoglobin_step"),
        ("pigment_by_red", red, blood, "haemoglobin_step"),
    ):
        out[name] = {tone: _leak(getattr(group, dosed), row, other) for tone, group in people.items()}
        # The model's darkest skin sends back hardly any blue, which real dark skin does: M there says more
        # about the model than about skin, and is not shown. Red does come back.
        if name != "redness_by_red":
            out[name]["VI"] = out[name]["V"]
    return out


def red_per_melanin(weights: Weights, people: dict[str, Population]) -> tuple[float, float]:
    """Change of 100 x optical density of red per unit of M when only melanin changes: median and spread.

    Over the people of classes I to V, whose skin M reads; the spread is the robust standard deviation.
    """
    steps = np.concatenate([group.melanin_step for tone, group in people.items() if tone != "VI"])
    ratio = (steps @ np.array([1.0, 0.0, 0.0])) / (steps @ np.array(weights.melanin))
    middle = float(np.median(ratio))
    return round(middle, 2), round(1.4826 * float(np.median(np.abs(ratio - middle))), 2)


def _leak(steps: Array, row: Array, other: Array) -> float:
    """RMS over people of one index's answer per unit of the other's, when only one pigment changes."""
    own = steps @ other
    ratio = (steps @ row) / np.where(np.abs(own) < 1e-9, np.nan, own)
    # Where the right index hardly answers, the ratio has no bound: a tenth of people is left out.
    size = np.sort(np.abs(ratio[np.isfinite(ratio)]))
    kept = size[: max(1, round(0.9 * size.size))]
    return round(float(np.sqrt(np.mean(kept**2))), 3)


def indices(weights: Weights) -> dict[str, dict[str, Callable[[Array], Array]]]:
    """What is compared: our rows, and what the literature uses, as functions of linear sRGB."""
    # Fixed vectors in public use (melanin, haemoglobin, shading), after Tsumura et al. 1999.
    vectors = np.array([[0.4143, 0.3570, 0.8372], [0.2988, 0.6838, 0.6657], [1.0, 1.0, 1.0]])
    literature = np.linalg.inv(vectors.T)
    return {
        "haemoglobin": {
            "H, these weights": _linear(np.array(weights.haemoglobin)),
            "erythema index, log R/G": _linear(np.array([-1.0, 1.0, 0.0])),
            "a*": lambda rgb: _lab(rgb)[:, 1],
            "fixed literature vectors": _linear(literature[1]),
        },
        "melanin": {
            "M, these weights": _linear(np.array(weights.melanin)),
            "melanin index, log 1/R": _linear(np.array([1.0, 0.0, 0.0])),
            "L*": lambda rgb: _lab(rgb)[:, 0],
            "ITA": lambda rgb: np.degrees(np.arctan2(_lab(rgb)[:, 0] - 50.0, _lab(rgb)[:, 2])),
            "fixed literature vectors": _linear(literature[0]),
        },
    }


def cross_talk_table(weights: Weights, people: dict[str, Population]) -> str:
    """The table that `derive.py` prints: a row per index, a column per tone, "median (p90)"."""
    lines = []
    for wanted, rows in indices(weights).items():
        other = "melanin -15 %" if wanted == "haemoglobin" else "haemoglobin -30 %"
        lines.append(f"{wanted}: |answer to {other}| / |answer to the right pigment|, median (p90)")
        lines.append(f"{'':28s}" + "".join(f"{tone:>14s}" for tone in people))
        for name, index in rows.items():
            cells = []
            for group in people.values():
                median, high = cross_talk(index, group, wanted)
                cells.append(f"{median:.2f} ({high:.2f})")
            lines.append(f"{name:28s}" + "".join(f"{cell:>14s}" for cell in cells))
    return "\n".join(lines)


def _search(row: Callable[[float], Array], cost: Callable[[Array], float]) -> Array:
    # One number, a smooth cost: a grid of 0.005 is finer than populations differ.
    candidates = [row(float(free)) for free in np.arange(-1.5, 0.001, 0.005)]
    return min(candidates, key=cost)


def _mean_cross_talk(
    row: Array, people: dict[str, Population], tones: Sequence[str], *, wanted: str
) -> float:
    # Capped at 2, so that one person in whom the pigment hardly answers does not decide.
    costs = []
    for tone in tones:
        blood, melanin = people[tone].haemoglobin_step @ row, people[tone].melanin_step @ row
        right, wrong = (blood, melanin) if wanted == "haemoglobin" else (melanin, blood)
        costs.append(np.minimum(np.abs(wrong) / np.maximum(np.abs(right), 1e-12), 2.0).mean())
    return float(np.mean(costs))


def _rounded(row: Array, *, zero_sum: bool = False) -> tuple[float, float, float]:
    red, green, blue = (round(float(value), 3) for value in row)
    if zero_sum:
        red = round(-green - blue, 3)
    return red, green, blue


def _density(rgb: Array) -> Array:
    return np.asarray(-np.log10(np.maximum(rgb, 1e-3)))


def _linear(row: Array) -> Callable[[Array], Array]:
    return lambda rgb: np.asarray(_density(rgb) @ row)


def _lab(rgb: Array) -> Array:
    white = xyz(np.ones(WAVELENGTHS_NM.size), ILLUMINANTS["D65"])
    ratio = rgb @ np.linalg.inv(XYZ_TO_SRGB).T / white
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=-1)
