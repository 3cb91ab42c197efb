"""A map between two lights is found, judged on what it has not seen, and kept as plain as it can be."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.card_fit import ROOTS_MUST_GAIN, fit_patches
from analysis.card_layouts import colorchecker
from analysis.errors import CardError
from analysis.lab import delta_e
from tests.analysis import cards

GREYS = colorchecker().greys


def tone(light, gamma: float):
    return np.asarray(light) ** gamma


def test_gain_balance_and_a_tone_curve_are_undone() -> None:
    wanted = cards.truth(exposure=0.9)
    mix = np.array([[0.9, 0.08, 0.02], [0.05, 0.9, 0.05], [0.0, 0.12, 0.88]])
    source = tone(wanted @ mix.T * (0.7, 0.8, 0.5), 1.12)
    fit = fit_patches(source, wanted, GREYS)
    assert fit.model == "matrix"
    assert fit.mean_error < 1
    image = source.reshape(4, 6, 3).astype(np.float32)
    assert delta_e(fit.apply(image).reshape(24, 3), wanted).mean() < 1
    assert delta_e(source, wanted).mean() > 8


def test_the_map_does_not_depend_on_exposure_where_there_is_no_tone_curve() -> None:
    wanted = cards.truth()
    source = wanted * (0.8, 1.0, 0.6)
    fit = fit_patches(source, wanted, GREYS)
    image = source.reshape(4, 6, 3).astype(np.float32)
    assert fit.apply(image * np.float32(0.5)) == pytest.approx(0.5 * fit.apply(image), rel=0.01, abs=1e-4)


def test_roots_are_taken_only_where_they_gain() -> None:
    wanted = cards.truth(exposure=0.9)
    bent = np.maximum(0.55 * wanted + 0.45 * np.sqrt(wanted * np.roll(wanted, 1, axis=1)), 1e-3)
    fit = fit_patches(bent, wanted, GREYS)
    assert fit.model == "roots"
    # The same light by itself needs none.
    assert fit_patches(wanted, wanted, GREYS).model == "matrix"
    assert ROOTS_MUST_GAIN > 0
    image = bent.reshape(4, 6, 3).astype(np.float32)
    assert delta_e(fit.apply(image).reshape(24, 3), wanted).mean() < 2


def test_left_out_errors_are_of_patches_that_the_fit_has_not_seen() -> None:
    wanted = cards.truth(exposure=0.9)
    spoiled = wanted.copy()
    spoiled[14] = spoiled[14][::-1]  # the red patch turned blue
    fit = fit_patches(spoiled, wanted, GREYS)
    assert int(np.argmax(fit.errors)) == 14
    assert fit.worst_error > 20
    assert fit_patches(spoiled, wanted, GREYS, skip=[14]).worst_error < 1


def test_colours_near_the_focus_are_met_best_when_not_all_can_be() -> None:
    day, lamp = cards.truth("dslr", "D65"), cards.truth("dslr", "A")
    skin = np.exp(np.log(day[:2]).mean(axis=0))
    even, near = fit_patches(lamp, day, GREYS), fit_patches(lamp, day, GREYS, focus=skin)
    assert near.errors == pytest.approx(even.errors)
    image = lamp.reshape(4, 6, 3).astype(np.float32)
    errors = [delta_e(fit.apply(image).reshape(24, 3), day)[:2].mean() for fit in (even, near)]
    assert errors[1] < 0.9 * errors[0]


def test_black_stays_black_and_nothing_becomes_negative() -> None:
    wanted = cards.truth()
    fit = fit_patches(wanted * (1.2, 1, 0.5), wanted, GREYS)
    ramp = np.zeros((1, 5, 3), np.float32)
    ramp[0, :, 0] = (-0.1, 0, 0.2, 1, 1.7)
    mapped = fit.apply(ramp)
    assert mapped.dtype == np.float32
    assert (mapped >= 0).all()
    assert not mapped[0, :2].any()
    assert mapped[0, 4] == pytest.approx(mapped[0, 3])
    assert ramp[0, 4, 0] == np.float32(1.7)  # the input is left alone


def test_greys_out_of_order_have_no_curve() -> None:
    wanted = cards.truth()
    source = wanted.copy()
    source[18:] = source[18:][::-1]
    with pytest.raises(CardError, match="cannot be told apart"):
        fit_patches(source, wanted, GREYS)


def test_two_greys_alike_are_one_step() -> None:
    wanted = cards.truth(exposure=0.9)
    source = wanted.copy()
    source[18] = source[19]  # white and the first grey, as in a photo that is a little too bright
    fit = fit_patches(source, wanted, GREYS)
    assert all(len(nodes[0]) == 5 for nodes in fit.nodes)
    assert fit.errors[:18].mean() < 3
