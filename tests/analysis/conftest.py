"""What the tests of the analysis share: a photo of untreated skin, and property tests without a deadline."""

from __future__ import annotations

import pytest
from hypothesis import settings

from analysis.phantom.scene import SyntheticPhoto
from tests.analysis.patches import shot

# They judge answers, not speed: a busy machine must not fail them.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


@pytest.fixture(scope="session")
def baseline() -> SyntheticPhoto:
    """Untreated skin in good light."""
    return shot()
