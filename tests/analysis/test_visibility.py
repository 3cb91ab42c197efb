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
