"""What the tests of the analysis share: a photo of untreated skin, and property tests without a deadline."""

from __future__ import annotations

import pytest
from hypothesis import settings

from analysis.errors import ModelsMissing
from analysis.landmarks import FaceFinder
from analysis.phantom.scene import SyntheticPhoto
from tests.analysis.patches import shot
from tests.conftest import skip_or_fail

# They judge answers, not speed: a busy machine must not fail them.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


@pytest.fixture(scope="session")
def baseline() -> SyntheticPhoto:
    """Untreated skin in good light."""
    return shot()


@pytest.fixture(scope="session")
def finder() -> FaceFinder:
    """The face model of this machine."""
    from dermatrend.face_models import load_models
    from dermatrend.settings import load_settings

    try:
        return FaceFinder(load_models(load_settings()))
    except ModelsMissing as missing:
        skip_or_fail(str(missing))
