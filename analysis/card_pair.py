"""A colour card in both photos of a pair: the map between their lights, and whether it may be used."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from analysis import quality
from analysis.bands import MaskedBlur
from analysis.card import fit_cards, grey_light, layout_of
from analysis.card_fit import CardFit
from analysis.card_light import light_gradient
from analysis.chromophores import skin_maps
from analysis.errors import CardError
from analysis.records import FloatMap, Gate, Metric, SkinMaps, Subject


@dataclass(frozen=True, slots=True)
class PairCard:
    """What the cards of two photos allow."""

    fit: CardFit | None = None
    """From the follow-up's light to the baseline's; None where no card is used."""
    grey: FloatMap | None = None
    """(3,) linear light of the baseline card's greys: the zero of a level that is relative to the card."""
    gates: tuple[Gate, ...] = ()
    flag: str | None = None
    """Why the numbers are as they are; None where no card was asked for."""
    corners: FloatMap = field(default_factory=lambda: np.zeros((4, 2), np.float32))
    """(4, 2) px of the baseline photo; meaningless where no card is used."""


UNASKED = PairCard()


def pair_card(anchor: Subject, other: Subject) -> PairCard:
    """Fit the follow-up's card onto the baseline's and judge the fit.

    A card that is refused is not used; the pair is then measured as if there were none, and says so.

    Args:
        anchor: the baseline photo.
        other: the photo whose light is to be mapped.
    """
    if not (anchor.card_asked or other.card_asked):
        return UNASKED
    if anchor.card is None or other.card is None:
        return PairCard(flag="card_not_found")
    try:
        fit = fit_cards(other.card, anchor.card)
    except CardError:
        return PairCard(flag="card_refused")
    either = [one or two for one, two in zip(anchor.card.clipped, other.card.clipped, strict=True)]
    whole = [not clipped for clipped in either]
    gradient = light_gradient(
        other.card.linear[whole], anchor.card.linear[whole], layout_of(anchor.card).centres()[whole]
    )
    gates = (
        quality.gate("card_fit", "colour", fit.mean_error),
        quality.gate("card_worst", "colour", fit.worst_error),
        quality.gate("card_gradient", "colour", gradient),
        quality.gate("card_clipped", "colour", sum(either)),
    )
    if any(gate.state == "refuse" for gate in gates):
        return PairCard(gates=gates, flag="card_refused")
    return PairCard(fit, grey_light(anchor.card), gates, "card_corrected", anchor.card.corners)


def card_level(metric: Metric, card: PairCard, px_per_mm: float, by_red: bool | None = None) -> float:
    """What a metric shows on a plain surface of the card's grey: the zero of a level against the card.

    `by_red` as for the skin it is set against: see `tone.pigment_by_red`.
    """
    maps = grey_maps(card, px_per_mm, by_red)
    return float(metric.estimate(maps, maps.valid))


def grey_maps(card: PairCard, px_per_mm: float, by_red: bool | None = None) -> SkinMaps:
    """Maps of a plain surface of the card's grey in the baseline's light.

    Raises:
        ValueError: no card is used in this pair.
    """
    if card.grey is None:
        raise ValueError("no colour card is used in this pair")
    side = 32
    plain = np.tile(card.grey, (side, side, 1))
    noise = np.zeros((side, side), np.float32)
    return skin_maps(
        plain, MaskedBlur(np.ones((side, side), bool)), noise, px_per_mm, with_bands=False, by_red=by_red
    )
