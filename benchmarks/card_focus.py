"""How well the colour of skin is met after a colour card made two lights alike, by kind of fit.

    python -m benchmarks.card_focus           two minutes

One case is one synthetic skin and one card, photographed twice through one camera, both disturbed at
"moderate": gain, white balance, tone curve, and the lamp (or the same lamp in both). What is printed is the
error of H and M on the skin, RMS over all cases, and the 95th percentile of its size. Only colours are
rendered, no pictures: no blur, no compression, no gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from unittest import mock

import numpy as np

from analysis import card_fit
from analysis.card_fit import fit_patches
from analysis.card_layouts import colorchecker
from analysis.constants import WEIGHTS
from analysis.linear import linear_light
from analysis.phantom.camera import CAMERAS, Rendering, render, spectral_weights
from analysis.phantom.colorchecker import COLORCHECKER_REFLECTANCE
from analysis.phantom.disturbance import Disturbance, draw
from analysis.phantom.optics import TONE_ITA_DEG, TYPICAL_BLOOD, random_skin
from analysis.records import FloatMap

FIRST_SEED = 8_000_000
SKINS_PER_TONE = 40
EXPOSURE = 0.6
_SIDE = 16
"""Pixels of a patch along one side: the mean over them takes off noise and rounding."""

Fit = Callable[[FloatMap, FloatMap, FloatMap], FloatMap]


def cases(one_lamp: bool) -> list[tuple[FloatMap, FloatMap]]:
    """(25, 3) linear light of both photos, the card's patches and then the skin; none that is clipped."""
    out = []
    for tone, ita in enumerate(TONE_ITA_DEG.values()):
        for number in range(SKINS_PER_TONE):
            rng = np.random.default_rng([FIRST_SEED + 100 * number + tone])
            skin = random_skin(rng)
            blood = TYPICAL_BLOOD * float(np.exp(rng.normal(0.0, 0.2)))
            melanin = max(skin.melanin_for_ita(ita, blood), 0.01)
            camera = sorted(CAMERAS)[number % len(CAMERAS)]
            pair = [draw("moderate", rng), draw("moderate", rng)]
            if one_lamp:
                pair[1] = replace(pair[1], illuminant=pair[0].illuminant)
            seen = []
            for shot in pair:
                patches = COLORCHECKER_REFLECTANCE @ spectral_weights(camera, shot.illuminant)
                one, two = (np.full((1, 1), value, np.float32) for value in (melanin, blood))
                here = skin.linear_rgb(one, two, camera, shot.illuminant).reshape(1, 3)
                light = EXPOSURE * np.vstack([patches.reshape(24, 3), here])
                seen.append(_photographed(np.maximum(light, 0), shot, rng))
            if max(float(light.max()) for light in seen) < card_clip():
                out.append((seen[0], seen[1]))
    return out


def card_clip() -> float:
    """Linear light from which a patch counts as clipped."""
    return float(linear_light(np.array([[250]], np.uint8))[0, 0])


def errors(found: list[tuple[FloatMap, FloatMap]], fit: Fit) -> FloatMap:
    """(n, 2) error of H and M on the skin after the fit, follow-up onto baseline."""
    rows = np.array([WEIGHTS["haemoglobin"], WEIGHTS["melanin"]])

    def index(colour: FloatMap) -> FloatMap:
        return rows @ -np.log10(np.maximum(colour, 1e-4))

    return np.array(
        [index(fit(second[:24], first[:24], second[24])) - index(first[24]) for first, second in found]
    )


def plain(_source: FloatMap, _target: FloatMap, skin: FloatMap) -> FloatMap:
    """No card."""
    return skin


def all_alike(source: FloatMap, target: FloatMap, skin: FloatMap) -> FloatMap:
    """All patches weigh alike; roots where they win on left-out patches."""
    fit = fit_patches(source, target, colorchecker().greys)
    return fit.apply(skin.reshape(1, 1, 3).astype(np.float32))[0, 0]


def focused(width: float) -> Fit:
    """Patches near the card's skin tones weigh most."""

    def fit(source: FloatMap, target: FloatMap, skin: FloatMap) -> FloatMap:
        layout = colorchecker()
        centre = np.exp(np.log(target[list(layout.skins)]).mean(axis=0))
        with mock.patch.object(card_fit, "FOCUS_WIDTH", width):
            made = fit_patches(source, target, layout.greys, focus=centre)
        return made.apply(skin.reshape(1, 1, 3).astype(np.float32))[0, 0]

    return fit


def main() -> None:
    """Print the table."""
    kinds: dict[str, Fit] = {"no card": plain, "all patches alike": all_alike}
    kinds |= {f"near skin, width {width:g}": focused(width) for width in (0.6, card_fit.FOCUS_WIDTH, 1.6)}
    print(f"{'':24s}{'RMS H':>8s}{'RMS M':>8s}{'95 % H':>8s}{'95 % M':>8s}")
    for lamp in (True, False):
        found = cases(one_lamp=lamp)
        print(f"{'one lamp' if lamp else 'any two lamps'}, {len(found)} cases")
        for name, fit in kinds.items():
            error = errors(found, fit)
            cells = [*np.sqrt(np.mean(error**2, axis=0)), *np.percentile(np.abs(error), 95, axis=0)]
            print(f"  {name:22s}" + "".join(f"{cell:8.2f}" for cell in cells))


def _photographed(light: FloatMap, shot: Disturbance, rng: np.random.Generator) -> FloatMap:
    """(n, 3) light of patches as the photo shows it."""
    picture = np.repeat(light.astype(np.float32), _SIDE, axis=0)[:, None].repeat(_SIDE, axis=1)
    rendering = Rendering(
        gain_ev=shot.gain_ev, white_balance=shot.white_balance, gamma=shot.gamma, s_curve=shot.s_curve,
        blur_px=0.0, noise_dn=shot.noise_dn,
    )  # fmt: skip
    seen = linear_light(render(picture, rendering, rng))
    return np.asarray(seen.reshape(len(light), -1, 3).mean(axis=1, dtype=np.float64))


if __name__ == "__main__":
    main()
