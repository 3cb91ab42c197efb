"""Writes analysis/constants.py: what the method takes for granted, from the phantom and cited sources.

    python -m benchmarks.derive --weights      chromophore weights, seconds; prints the cross-talk table
    python -m benchmarks.derive --noise        noise of every metric at zero change, minutes
    python -m benchmarks.derive --card-noise   noise of colour with a colour card in both photos, minutes
    python -m benchmarks.derive --response     how strongly a true change shows, minutes
    python -m benchmarks.derive                everything

Only the development generator (G1) is used here; the held-out one may not be imported.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from benchmarks.derivation_noise import (
    body_sd,
    cast_gain_sd,
    level_sd,
    noise_table,
    pattern_sd,
    tone_factors,
    widened_by_cast,
)
from benchmarks.derivation_response import FIRST_SEED as FIRST_RESPONSE_SEED
from benchmarks.derivation_response import (
    detection_factor,
    relief_leaks,
    response_gain,
    response_table,
    responses,
)
from benchmarks.derivation_weights import (
    cross_talk_table,
    derive_weights,
    leaks,
    population,
    red_per_melanin,
)
from benchmarks.derived_constants import CONSTANTS_FILE, Constants, stored, write
from benchmarks.untreated_pairs import (
    FIRST_CARD_SEED,
    FIRST_SEED,
    LEVELS,
    zero_change,
    zero_change_with_card,
)

WEIGHTS_SEED = 20_260_101
PEOPLE_PER_TONE = 300
PAIRS_PER_TONE = 48
CARD_PAIRS_PER_TONE = 24
PEOPLE_DOSED_PER_TONE = 16


def with_weights(people: int = PEOPLE_PER_TONE, seed: int = WEIGHTS_SEED) -> Constants:
    """Derive the weights and print how they compare."""
    groups = population(people, seed)
    weights = derive_weights(groups)
    print(cross_talk_table(weights, groups), file=sys.stderr)
    provenance = f"seed {seed}, {people} people in each of 5 tone classes, 3 cameras, numpy {np.__version__}"
    return Constants(weights, provenance, leaks(weights, groups), red_per_melanin(weights, groups))


def with_noise(constants: Constants, pairs_per_tone: int = PAIRS_PER_TONE) -> Constants:
    """Measure the noise with the weights in the file, and print it by tone."""
    outcomes = zero_change(pairs_per_tone)
    even = zero_change(pairs_per_tone, even_light=True)
    gain = dict(constants.cast_gain_sd) | cast_gain_sd(outcomes)
    outcomes = widened_by_cast(outcomes, gain)
    print(noise_table(outcomes), file=sys.stderr)
    print(f"in light of one colour\n{noise_table(even)}", file=sys.stderr)
    provenance = (
        f"seeds from {FIRST_SEED}, {pairs_per_tone} untreated pairs in each of 5 tone classes, moderate"
    )
    # A metric that was measured too rarely keeps what it had.
    body = dict(constants.body_sd) | body_sd(outcomes)
    factors = dict(constants.tone_factors) | tone_factors(outcomes) | tone_factors(even, LEVELS)
    level = dict(constants.level_sd) | level_sd(even)
    return replace(
        constants, body_sd=body, level_sd=level, cast_gain_sd=gain, tone_factors=factors,
        noise_provenance=provenance,
    )  # fmt: skip


def with_card_noise(constants: Constants, pairs_per_tone: int = CARD_PAIRS_PER_TONE) -> Constants:
    """Measure the noise of colour with a colour card in both photos, and print it by tone."""
    found = dict(constants.card_sd)
    for place, outcomes in zero_change_with_card(pairs_per_tone, constants.cast_gain_sd).items():
        print(f"{place}\n{noise_table(outcomes)}", file=sys.stderr)
        found[place] = dict(found.get(place, {})) | level_sd(outcomes) | pattern_sd(outcomes)
    provenance = (
        f"seeds from {FIRST_CARD_SEED}, {pairs_per_tone} untreated pairs in each of 5 tone classes, moderate"
    )
    return replace(constants, card_sd=found, card_provenance=provenance)


def with_response(constants: Constants, people_per_tone: int = PEOPLE_DOSED_PER_TONE) -> Constants:
    """Measure how strongly a true change shows, and print it by tone."""
    found, crossings = responses(people_per_tone)
    print(response_table(found, constants.body_sd), file=sys.stderr)
    provenance = (
        f"seeds from {FIRST_RESPONSE_SEED}, {people_per_tone} people in each of 5 tone classes, moderate"
    )
    return replace(
        constants,
        # A metric that answered too rarely keeps what it had.
        response_gain=dict(constants.response_gain) | response_gain(found, constants.body_sd),
        detection_factor=dict(constants.detection_factor) | detection_factor(found, constants.body_sd),
        leaks=dict(constants.leaks) | relief_leaks(crossings, constants.body_sd["redness"]),
        response_provenance=provenance,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--weights", action="store_true", help="derive the chromophore weights")
    parser.add_argument("--noise", action="store_true", help="measure the noise at zero change")
    parser.add_argument("--card-noise", action="store_true", help="measure the noise with a colour card")
    parser.add_argument("--response", action="store_true", help="measure how strongly a true change shows")
    parser.add_argument("--pairs", type=int, help="pairs, or dosed people, per tone class")
    chosen = parser.parse_args(arguments)
    everything = not (chosen.weights or chosen.noise or chosen.card_noise or chosen.response)

    constants = stored()
    if chosen.weights or everything or constants is None:
        fresh = with_weights()
        constants = (
            fresh
            if constants is None
            else replace(
                constants,
                weights=fresh.weights,
                weights_provenance=fresh.weights_provenance,
                leaks={**constants.leaks, **fresh.leaks},
                red_per_m=fresh.red_per_m,
            )
        )
        write(constants)
    if chosen.noise or everything:
        constants = with_noise(constants, chosen.pairs or PAIRS_PER_TONE)
        write(constants)
    if chosen.card_noise or everything:
        constants = with_card_noise(constants, chosen.pairs or CARD_PAIRS_PER_TONE)
        write(constants)
    if chosen.response or everything:
        write(with_response(constants, chosen.pairs or PEOPLE_DOSED_PER_TONE))
    print(f"wrote {CONSTANTS_FILE.name}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
