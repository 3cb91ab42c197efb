"""One pair of photos: laid onto each other, masked alike, sharpened alike, gated and measured.

A `Subject` is a photo with what was found in it. `measure_pair` gives, per metric and region, the raw
change of the region itself; references, noise and verdicts are `analysis.compare`'s.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from analysis import chromophores, features, quality, register, tone
from analysis.bands import MaskedBlur, median, thinned
from analysis.card import as_published
from analysis.card_pair import UNASKED, PairCard, pair_card
from analysis.drawn_gates import drawn_gates
from analysis.errors import NotReadable, NotRegistered
from analysis.expression import expression, scale_ratio
from analysis.metrics import registry
from analysis.pair_gates import TEXTURE_FROM_PX_PER_MM, colour_cast, median_colour, pair_gates, relief_gate
from analysis.parallel import both
from analysis.records import (
    AlignmentSummary,
    FloatMap,
    Gate,
    Grid,
    Mask,
    Parameters,
    Region,
    SkinMaps,
    Subject,
)
from analysis.region_values import RawChange, region_changes
from analysis.regions import rasterise
from analysis.relief_weights import relief_weights
from analysis.sharpness import match_sharpness
from analysis.uncertainty import seed_of
from analysis.working_grid import feature_mask, working_grid

COLOUR_ERROR_MM, TEXTURE_ERROR_MM = 1.0, 0.4


@dataclass(frozen=True, slots=True)
class PairResult:
    """Everything one pair gives."""

    grid: Grid
    baseline: SkinMaps
    follow_up: SkinMaps
    baseline_linear: FloatMap
    follow_up_linear: FloatMap
    areas: Mapping[str, Mask]
    raw: Mapping[tuple[str, str], RawChange]
    gates: tuple[Gate, ...]
    alignment: AlignmentSummary
    expression: Mapping[str, float]
    """Region -> how far its landmarks moved, in % of the distance between the outer eye corners."""
    tone_deg: float
    """Individual typology angle of the baseline skin: through its card to the published values where it has
    one, else as it was exposed."""
    card: PairCard = UNASKED
    """It has mapped the follow-up's light and colours already; its relief is of the light as taken."""
    cast: float = 0.0
    """Change of the light's colour between the photos as taken: a card takes the cast off the mean, not off
    how strongly either light rendered the pattern."""

    def without_pictures(self) -> PairResult:
        """The same numbers without light and maps, which are nearly all of its size."""
        none, nowhere = np.empty((0, 0), np.float32), np.empty((0, 0), bool)
        first, second = (
            replace(
                maps, haemoglobin=none, melanin=none, companion=none, relief=none, smooth={}, bands={},
                noise=none, valid=nowhere, plain=nowhere,
            )
            for maps in (self.baseline, self.follow_up)
        )  # fmt: skip
        return replace(
            self, baseline=first, follow_up=second, baseline_linear=none, follow_up_linear=none, areas={}
        )


def measure_pair(
    anchor: Subject, other: Subject, regions: Sequence[Region], parameters: Parameters
) -> PairResult:
    """Register, mask, match and measure one pair.

    Args:
        anchor: the baseline photo that the regions belong to.
        other: any other photo of the same skin. Its `px_per_mm` is not used: the scale is locked to
            the baseline's by the registration.

    Raises:
        NotRegistered: the two photos do not show the same patch of skin.
    """
    homography, ratio = _first_guess(anchor, other, regions)
    native = min(anchor.px_per_mm, anchor.px_per_mm * ratio)
    grid = working_grid(anchor, regions, min(native, parameters.max_px_per_mm))
    base, (source, guess) = both(
        lambda: register.on_grid(anchor.photo.pixels, grid),
        lambda: _source(anchor, other, homography, grid, ratio),
    )
    aligned = _aligned(base, source, guess, grid, on_face=anchor.mesh is not None)
    moved = register.sample(source, aligned.where)

    areas = {region.name: rasterise(region.polygon, grid) for region in regions}
    no_skin = feature_mask(anchor.mesh, grid)
    base_skin, moved_skin = both(
        lambda: chromophores.skin_mask(base, list(areas.values()), grid.px_per_mm) & ~no_skin,
        lambda: chromophores.skin_mask(moved, list(areas.values()), grid.px_per_mm) & ~no_skin,
    )
    seen = register.inside(aligned.where, other.photo.pixels)
    _check_readable(base_skin, moved_skin, seen)
    # Of the baseline alone: what a tone decides must not differ between a course's sessions.
    tone_deg = tone.ita_deg(as_published(median_colour(base, base_skin), anchor.card))
    # Colour maps are smooth at 0.5 mm and survive a millimetre of misplacement; texture does not.
    steady = aligned.error_mm < (COLOUR_ERROR_MM if native < TEXTURE_FROM_PX_PER_MM else TEXTURE_ERROR_MM)
    valid = base_skin & moved_skin & seen & steady
    alignment = _alignment_summary(aligned, base_skin, valid)
    alike = thinned(aligned.similarity, valid, 2)
    correlation = median(alike) if alike.size else 0.0
    _check_same_skin(alignment, correlation)

    edges = ~(base_skin | moved_skin) & seen & steady
    matched = match_sharpness(base, moved, edges, grid.px_per_mm)
    base, taken = matched.first, matched.second
    # Relief, glare and shadow are judged on the light as it was taken, all else on the light as mapped.
    card = pair_card(anchor, other)
    moved = taken if card.fit is None else card.fit.apply(taken)
    colours = [median_colour(light, valid) for light in (base, taken)] if valid.any() else []
    by_red = tone.pigment_by_red(tone_deg, on_face=anchor.mesh is not None)
    average = MaskedBlur(valid)
    row = relief_weights(base, taken, valid, grid.px_per_mm, tone_deg)
    positions = register.grid_positions(grid)
    first, second = both(
        lambda: _maps(anchor, base, positions, grid.scale, average, grid.px_per_mm, by_red, row),
        lambda: _maps(other, moved, aligned.where, source.scale, average, grid.px_per_mm, by_red, row, taken),
    )
    if first.bands:
        plain = chromophores.outside_spots([first, second], average)
        first, second = replace(first, plain=plain), replace(second, plain=plain)
    seed = seed_of(anchor.photo) ^ seed_of(other.photo)
    gates, raw = both(
        lambda: pair_gates(
            anchor, other, grid, areas, first, second, base, moved, alignment, correlation,
            matched.mismatch, matched.edge_mm, native, colours, None if card.fit is None else taken,
        ),
        lambda: _raw_changes(areas, base_skin, first, second, native, seed, parameters),
    )  # fmt: skip
    references = [region.name for region in regions if region.role == "reference"]
    if anchor.mesh is None:
        gates += drawn_gates(
            base, moved, taken, aligned.where, valid, areas, grid.px_per_mm, matched.sharper, references,
            with_texture=native >= TEXTURE_FROM_PX_PER_MM,
        )  # fmt: skip
    gates += relief_gate(raw, references)
    return PairResult(
        grid, first, second, base, moved, areas, raw, gates + card.gates, alignment,
        expression(anchor, other, regions), tone_deg, card, colour_cast(*colours) if colours else 0.0,
    )  # fmt: skip


def _raw_changes(
    areas: Mapping[str, Mask],
    base_skin: Mask,
    first: SkinMaps,
    second: SkinMaps,
    native: float,
    seed: int,
    parameters: Parameters,
) -> dict[tuple[str, str], RawChange]:
    """(metric, region) -> its change before any reference is taken off."""
    metrics = registry()
    out = {}
    for name, area in areas.items():
        in_baseline = int(np.count_nonzero(area & base_skin))
        by_metric = region_changes(
            metrics, area & first.valid, in_baseline, first, second, native, seed, parameters
        )
        out.update({(metric, name): change for metric, change in by_metric.items()})
    return out


def _first_guess(anchor: Subject, other: Subject, regions: Sequence[Region]) -> tuple[FloatMap, float]:
    """A homography between the photos (the identity where meshes do better) and the ratio of their scales."""
    if anchor.mesh is not None and other.mesh is not None:
        return np.eye(3), scale_ratio(anchor.mesh, other.mesh)
    homography = features.by_features(anchor.photo.pixels, other.photo.pixels, anchor.px_per_mm)
    return homography, _homography_scale(homography, regions)


def _source(
    anchor: Subject, other: Subject, homography: FloatMap, grid: Grid, ratio: float
) -> tuple[register.Source, FloatMap]:
    """The follow-up at about the grid's scale, and where in it each pixel of the grid is first looked for."""
    if anchor.mesh is not None and other.mesh is not None:
        guess = register.by_landmarks(anchor.mesh, other.mesh, grid)
    else:
        guess = register.by_homography(homography, grid)
    return register.reduced(other.photo.pixels, min(1.0, grid.scale / ratio), guess), guess


def _aligned(
    base: FloatMap, source: register.Source, guess: FloatMap, grid: Grid, *, on_face: bool
) -> register.Alignment:
    if on_face:
        return register.refine(base, source, guess, grid.px_per_mm)
    # A body site has no landmarks to begin from: the better of two views of its detail is taken.
    relief, green = both(
        lambda: register.refine(base, source, guess, grid.px_per_mm),
        lambda: register.refine(base, source, guess, grid.px_per_mm, "green"),
    )
    return green if np.median(green.error_mm) < np.median(relief.error_mm) else relief


def _maps(
    subject: Subject,
    linear: FloatMap,
    where: FloatMap,
    scale: float,
    average: MaskedBlur,
    px_per_mm: float,
    by_red: bool | None,
    relief_row: FloatMap,
    taken: FloatMap | None = None,
) -> SkinMaps:
    """The maps of one photo, which was sampled at `where` from a copy of it at `scale`."""
    noise = chromophores.working_noise(subject.photo.pixels, where, scale)
    return chromophores.skin_maps(
        linear, average, noise, px_per_mm, by_red=by_red, taken=taken, relief_row=relief_row
    )


def _check_readable(baseline: Mask, follow_up: Mask, seen: Mask) -> None:
    """Where no skin can be read there is nothing to lay on anything, and no reason to doubt whose skin it is.

    A follow-up that hardly shows the place where the skin was looked for is left to the alignment.
    """
    n = np.count_nonzero(baseline)
    looked_at = np.count_nonzero(baseline & seen) >= 0.5 * n
    # A rim is left where the photo was sampled between skin and what lies on it.
    for name, none in (("baseline", n == 0), ("follow-up", np.count_nonzero(follow_up) < 0.02 * n)):
        if none and looked_at:
            raise NotReadable(
                f"No skin can be read within the regions in the {name} photo",
                expected="skin that is not all clipped or black, or under glare, hair or deep shadow",
                got="none",
                advice="Tap the skin to set the exposure, in even light; check where the regions lie",
            )


def _check_same_skin(alignment: AlignmentSummary, correlation: float) -> None:
    """Two people's faces can be warped onto each other; there and back they do not agree."""
    most = quality.LIMITS["registration", "all"].refuse
    least = -quality.LIMITS["alignment", "all"].refuse
    if alignment.residual_mm <= most and correlation >= least:
        return
    raise NotRegistered(
        "The two photos could not be laid onto each other",
        expected=f"the same skin within {most:g} mm and skin detail that agrees (at least {least:g})",
        got=f"{alignment.residual_mm:.2f} mm and {correlation:.2f}",
        advice="Check that both show the same person and skin, sharp and from about the same direction",
    )


def _homography_scale(matrix: FloatMap, regions: Sequence[Region]) -> float:
    """Local scale of a homography at the middle of the treated regions."""
    middle = np.concatenate([region.polygon for region in regions]).mean(0)
    around = np.array([[0, 0], [1, 0], [0, 1]], np.float64) * 10 + middle
    o, x, y = cv2.perspectiveTransform(around.reshape(-1, 1, 2), matrix).reshape(-1, 2)
    return float(np.sqrt(abs(np.cross(np.append(x - o, 0), np.append(y - o, 0))[2]))) / 10


def _alignment_summary(aligned: register.Alignment, skin: Mask, valid: Mask) -> AlignmentSummary:
    """How well the skin of the baseline was found again; `valid` is the part seen in both."""
    inside = thinned(aligned.error_mm, skin, 2)
    n = np.count_nonzero(skin)
    if inside.size == 0:
        return AlignmentSummary(math.nan, math.nan, 0.0, 0.0)
    return AlignmentSummary(
        residual_mm=median(inside),
        residual_p95_mm=float(np.percentile(inside, 95)),
        overlap=np.count_nonzero(valid) / n,
        consistent=float(np.mean(inside < 0.2)),
    )
