"""Speed, as multiples of decoding the same 12 MP JPEG with Pillow in the same process.

`uv run dermatrend bench`. Ratios, because these numbers are taken on whatever machine is at hand. The
photo is the sample face enlarged to 12 MP with sensor noise, at JPEG quality 95: about as many bytes
as a phone writes.
"""

from __future__ import annotations

import io
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from analysis import pipeline
from analysis.landmarks import FaceFinder
from analysis.records import RegionPlan
from dermatrend.face_models import load_models
from dermatrend.settings import load_settings

REPEATS = 5
WIDTH, HEIGHT = 3000, 4000
TARGETS = {"photo_over_decode": 5.0, "pair_over_decode": 14.0}
NOISE_SD = 2.5
QUALITY = 95


def twelve_megapixels(turn_deg: float, seed: int) -> bytes:
    """The sample face at 12 MP, turned a little, as a JPEG file."""
    path = Path(__file__).parent.parent / "sample_images" / "face" / "day-000" / "a.jpg"
    with Image.open(path) as image:
        face = image.convert("RGB")
    height = round(face.width * HEIGHT / WIDTH)
    framed = Image.new("RGB", (face.width, height), (150, 150, 152))
    framed.paste(face, (0, (height - face.height) // 2))
    large = framed.rotate(turn_deg, Image.Resampling.BICUBIC, fillcolor=(150, 150, 152)).resize(
        (WIDTH, HEIGHT), Image.Resampling.BICUBIC
    )
    noise = np.random.default_rng(seed).normal(0, NOISE_SD, (HEIGHT, WIDTH, 3)).astype(np.float32)
    noisy = np.clip(np.asarray(large, np.float32) + noise, 0, 255).round().astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(noisy).save(out, "JPEG", quality=QUALITY, subsampling=2)
    return out.getvalue()


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure() -> dict[str, float]:
    """Medians of five: decoding in seconds, photo and pair as multiples of the decoding just before.

    In turn, because a busy machine is busy for seconds: what slows one slows its neighbour.
    """
    finder = FaceFinder(load_models(load_settings()))
    plan = RegionPlan()
    first, second = twelve_megapixels(0, 1), twelve_megapixels(1.5, 2)

    def decode() -> None:
        with Image.open(io.BytesIO(first)) as image:
            image.load()

    steps = (
        decode,
        lambda: pipeline.analyse(first, finder=finder, plan=plan),
        lambda: pipeline.compare([first], [second], finder=finder, plan=plan, with_views=False),
    )
    for step in steps:
        step()  # the first run warms caches and loads nets
    rounds = [[_seconds(step) for step in steps] for _ in range(REPEATS)]
    return {
        "decode_seconds": statistics.median(decoding for decoding, *_ in rounds),
        "photo_over_decode": statistics.median(photo / decoding for decoding, photo, _ in rounds),
        "pair_over_decode": statistics.median(pair / decoding for decoding, _, pair in rounds),
        "megabytes": len(first) / 1e6,
    }


def main(json_out: bool) -> int:
    """Print the figures; always 0, because a busy machine is no failure of the program."""
    figures = measure()
    if json_out:
        print(json.dumps({**figures, "targets": TARGETS}, indent=1))
        return 0
    print(f"decoding one 12 MP JPEG of {figures['megabytes']:.1f} MB: {figures['decode_seconds']:.3f} s")
    for name, target in TARGETS.items():
        label = name.removesuffix("_over_decode")
        print(f"{label:5s} {figures[name]:5.1f} x decoding (target {target:g} x)")
    return 0


if __name__ == "__main__":
    sys.exit(main("--json" in sys.argv))
