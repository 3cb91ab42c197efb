"""What a photo's file says about the camera and about editing."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.editing import EDITORS, RETOUCHING, retouched
from analysis.pair_gates import other_camera
from analysis.quality import gate
from analysis.records import CaptureFacts, Photo


def photo(**facts: object) -> Photo:
    return Photo("0" * 64, np.zeros((8, 8, 3), np.uint8), CaptureFacts(**facts), "JPEG", "sRGB")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", RETOUCHING)
def test_a_retouched_photo_is_refused(name: str) -> None:
    value = retouched(CaptureFacts(software=f"{name.upper()} 3.2"))
    assert gate("retouching", "texture", value).state == "refuse"
    assert gate("retouching", "colour", value).state == "refuse"


@pytest.mark.parametrize("name", EDITORS)
def test_an_edited_photo_is_warned_of(name: str) -> None:
    assert gate("retouching", "texture", retouched(CaptureFacts(software=f"Some {name} 9"))).state == "warn"


@pytest.mark.parametrize(
    "name", ["17.5.1", "HDR+ 1.0.540104767zd", "G998BXXU3AUE1", "Snowflake OS", "", None]
)
def test_a_camera_is_no_editor(name: str | None) -> None:
    assert retouched(CaptureFacts(software=name)) == 0


def test_another_lens_or_software_is_another_camera() -> None:
    first = photo(camera_model="Phone 3", lens="main", software="17.1", focal_length_mm=5.7)
    assert not other_camera(first, first)
    assert other_camera(first, photo(camera_model="Phone 4", lens="main"))
    assert other_camera(first, photo(camera_model="Phone 3", software="18.0"))
    assert other_camera(first, photo(camera_model="Phone 3", focal_length_mm=2.2))
    assert not other_camera(first, photo()), "what a file does not say is taken as the same"
