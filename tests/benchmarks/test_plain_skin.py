"""The third drawing of skin: what is dosed shows where it was, and the program sees it as anybody's photo."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from benchmarks.plain_pairs import DOSES, METRICS, Job, one, table
from benchmarks.plain_skin import REFERENCE, TONES, TREATED, Dose, draw_shot, draw_skin, photograph


def pixels(jpeg: bytes, corners: tuple[int, int, int, int]) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(jpeg)).crop(corners), np.float32)


@pytest.mark.parametrize("dose", [name for name in DOSES if name != "untreated"])
def test_a_dose_shows_on_the_treated_patch_alone(dose: str) -> None:
    rng = np.random.default_rng(4)
    skin, shot = draw_skin(rng), replace(draw_shot(rng, moved=False), quality=95)
    before, after = (photograph(skin, TONES["IV"], shot, given) for given in (Dose(), DOSES[dose]))
    there = np.abs(pixels(after, TREATED) - pixels(before, TREATED)).mean()
    beside = np.abs(pixels(after, REFERENCE) - pixels(before, REFERENCE)).mean()
    assert there > 10 * beside


def test_an_untreated_pair_is_unchanged_and_relief_is_found() -> None:
    jobs = [Job("III", 900, "untreated", 0), Job("III", 900, "relief x 0.8", 0)]
    still, smoother = (one(job) for job in jobs)
    assert set(still) == set(METRICS)
    assert not any(answer.changed for answer in still.values())
    assert smoother["texture_pore"].changed
    assert smoother["texture_pore"].difference == pytest.approx(-22, abs=6)  # 100 ln 0.8
    rows = table(jobs, [still, smoother]).splitlines()
    assert len(rows) == 1 + len(METRICS) * (len(DOSES) + 1)
    found = next(row for row in rows if row.startswith("texture_pore") and "relief x 0.8" in row)
    assert f"1/1 {smoother['texture_pore'].difference:.2g} " in found
    assert found.count("0/0 -") == len(TONES) - 1  # nobody of the other tones was photographed
