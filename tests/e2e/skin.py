"""Photos for the browser tests: plain skin texture with a treated patch whose redness is known."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 900, 480
PX_PER_MM = 10.0
TREATED = [[60, 60], [420, 60], [420, 420], [60, 420]]
REFERENCE = [[480, 60], [840, 60], [840, 420], [480, 420]]
REGIONS = {
    "px_per_mm": PX_PER_MM,
    "regions": [
        {"name": "treated", "role": "treated", "polygon": TREATED},
        {"name": "reference", "role": "reference", "polygon": REFERENCE},
    ],
}
EXIF_DATE, EXIF_MODEL, EXIF_GPS = 0x9003, 0x0110, 0x8825


def photo(taken_on: str, *, redness: float = 0.0, shot: int = 0, skin: int = 7) -> bytes:
    """A JPEG of skin, taken on that day, with GPS and camera notes inside.

    Args:
        taken_on: "2026-01-10".
        redness: haemoglobin in the treated patch, as optical density of the green channel.
        shot: another one has other pixel noise and a small shift.
        skin: whose skin it is.
    """
    rng = np.random.default_rng(skin)
    # Relief at several scales: the same skin in every photo, so that it can be registered.
    relief = np.zeros((HEIGHT, WIDTH))
    for size, weight in ((4, 0.02), (10, 0.03), (40, 0.03)):
        coarse = rng.normal(size=(HEIGHT // size + 2, WIDTH // size + 2))
        image = Image.fromarray(coarse.astype(np.float32)).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
        relief += weight * np.asarray(image)
    linear = np.array([0.52, 0.30, 0.22]) * np.exp(relief)[..., None]
    density = np.zeros((HEIGHT, WIDTH, 1))
    density[60:420, 60:420] = redness
    linear = linear * 10 ** (-density * np.array([0.18, 1.0, 0.75]))
    linear = np.roll(linear, (2 * shot, 3 * shot), axis=(0, 1))
    linear += np.random.default_rng(shot + len(taken_on)).normal(0, 0.003, linear.shape)
    linear = np.clip(linear, 0, 1)
    # sRGB's own curve: a plain power would make contrast depend on level, and redness look like texture.
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055) * 255
    exif = Image.Exif()
    exif[EXIF_MODEL] = "Test camera"
    exif.get_ifd(0x8769)[EXIF_DATE] = taken_on.replace("-", ":") + " 10:00:00"
    exif.get_ifd(EXIF_GPS)[1] = "N"
    exif.get_ifd(EXIF_GPS)[2] = (52.0, 31.0, 12.0)
    out = io.BytesIO()
    Image.fromarray(encoded.astype(np.uint8)).save(out, "JPEG", quality=94, exif=exif)
    return out.getvalue()
