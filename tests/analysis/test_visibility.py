"""Which changes people see."""

from __future__ import annotations

import numpy as np

from analysis.visibility import is_visible


def test_people_see_large_changes_of_level_only() -> None:
    light = np.array([0.42, 0.22, 0.14], np.float32)
    assert is_visible("redness", 0.05, light) is False
    assert is_visible("redness", 8.0, light) is True
    assert is_visible("redness", -8.0, light) is True
    assert is_visible("pigment", 0.05, light) is False
    assert is_visible("pigment", 20.0, light) is True
    assert is_visible("texture_medium", 90.0, light) is None


def test_pigment_read_from_red_is_more_melanin_for_the_same_number() -> None:
    brown = np.array([0.2, 0.1, 0.06], np.float32)

    def least(by_red: bool) -> float:
        steps = np.arange(0.1, 20, 0.1)
        return next(float(step) for step in steps if is_visible("pigment", float(step), brown, by_red=by_red))

    # 100 times the optical density of red moves by 0.7 where M moves by 1.
    assert 0.6 < least(by_red=True) / least(by_red=False) < 0.8
