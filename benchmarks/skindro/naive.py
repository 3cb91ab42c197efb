"""What simpler programs would report from the same photos: a number per photo, compared by subtraction.

No registration, no reference, no gate. Each takes the treated patch as its bounding box in the photo.
Colour is read as sRGB; EI is taken on linear light, texture measures in natural-log % of their value,
which is kinder to them than raw units.

Sources: Yamamoto 2008, Skin Res Technol 14:26, doi 10.1111/j.1600-0846.2007.00256.x (EI = log10 R/G);
Chardon 1991, Int J Cosmet Sci 13:191 (ITA); scikit-image's co-occurrence and local binary patterns.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import cv2
import numpy as np
from skimage.feature import graycomatrix, graycoprops, local_binary_pattern

from analysis.linear import linear_light
from analysis.phantom.scene import SyntheticPhoto
from analysis.records import Pixels

REDNESS = ("a* whole image", "a* patch", "EI", "raw difference")
PIGMENT = ("ITA", "L*", "raw difference")
TEXTURE = ("variance of Laplacian", "GLCM contrast", "LBP entropy", "raw difference")
_GREY_LEVELS = 32


def measure(photo: SyntheticPhoto) -> dict[str, float]:
    """Every single-photo baseline, by name."""
    patch = treated_patch(photo)
    lightness, a, b = _lab(patch)
    grey = cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY)
    red, green, _ = linear_light(patch).reshape(-1, 3).mean(0)
    return {
        "a* whole image": _lab(photo.pixels[::2, ::2])[1],
        "a* patch": a,
        "EI": 100 * math.log10(red / green),
        "ITA": math.degrees(math.atan2(lightness - 50.0, b)),
        "L*": lightness,
        "variance of Laplacian": 100 * math.log(float(cv2.Laplacian(grey, cv2.CV_32F).var())),
        "GLCM contrast": 100 * math.log(_contrast(grey)),
        "LBP entropy": _entropy(grey),
    }


def change(
    before: SyntheticPhoto, after: SyntheticPhoto, values: tuple[Mapping[str, float], Mapping[str, float]]
) -> dict[str, float]:
    """Follow-up minus baseline of every baseline metric, and the mean raw difference of the two patches.

    Args:
        before: the baseline.
        after: the follow-up.
        values: what `measure` gave for either.
    """
    out = {name: values[1][name] - value for name, value in values[0].items()}
    first, second = treated_patch(before), treated_patch(after)
    small = cv2.resize(second, first.shape[1::-1], interpolation=cv2.INTER_AREA)
    out["raw difference"] = float(np.mean(cv2.absdiff(first, small)))
    return out


def treated_patch(photo: SyntheticPhoto) -> Pixels:
    """(h, w, 3) the treated patch cut out straight."""
    corners = photo.regions[0].polygon
    (left, top), (right, bottom) = np.rint(corners.min(0)).astype(int), np.rint(corners.max(0)).astype(int)
    return photo.pixels[max(0, top) : bottom, max(0, left) : right]


def _lab(pixels: Pixels) -> tuple[float, float, float]:
    mean = cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2Lab).reshape(-1, 3).mean(0)
    return float(mean[0]), float(mean[1]), float(mean[2])


# scikit-image's feature functions carry no types.
def _contrast(grey: Pixels) -> float:
    levels = (grey // (256 // _GREY_LEVELS)).astype(np.uint8)
    angles = [0, np.pi / 4, np.pi / 2, 3 * np.pi / 4]
    pairs = graycomatrix(levels, [1], angles, _GREY_LEVELS, normed=True)  # type: ignore[no-untyped-call]
    return float(graycoprops(pairs, "contrast").mean())  # type: ignore[no-untyped-call]


def _entropy(grey: Pixels) -> float:
    codes = local_binary_pattern(grey, 8, 1, "uniform")  # type: ignore[no-untyped-call]
    counts = np.bincount(codes.astype(int).ravel())
    share = counts[counts > 0] / codes.size
    return float(-(share * np.log2(share)).sum())
