"""The two sample courses: what was done, what the skin did, and how each photo was taken.

Doses are physics and are the only truth; no verdict is written down anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from analysis.phantom.camera import Rendering
from analysis.phantom.scene import NO_DOSE, Dose
from benchmarks.samples.light import Light
from benchmarks.samples.photograph import Exposure, Pose


@dataclass(frozen=True, slots=True)
class Shot:
    """One photo of a session."""

    name: str
    pose: Pose
    light: Light
    exposure: Exposure


@dataclass(frozen=True, slots=True)
class SampleSession:
    """One day of a course."""

    day: int
    taken_on: str
    dose: Dose
    """Of the treated skin against the baseline; untreated skin has none."""
    shots: tuple[Shot, Shot]
    treatment: dict[str, Any] | None = None
    note: str = ""
    badly_lit: bool = False

    @property
    def folder(self) -> str:
        """Where its photos lie within the course."""
        return f"day-{self.day:03d}"


@dataclass(frozen=True, slots=True)
class SampleCourse:
    """A course as it goes to course.json and truth.json."""

    name: str
    kind: str
    title: str
    concerns: tuple[str, ...]
    sessions: tuple[SampleSession, ...]
    treated: tuple[str, ...]
    reference: tuple[str, ...]


UNDISTURBED = Exposure("2026:01:01 12:00:00", Rendering(blur_px=0.55, noise_dn=0.0), quality=98)
"""The exposure that truth is measured on: same camera, nothing moved, no noise."""


def _shots(
    date: str,
    seed: int,
    light: Light,
    rendering: Rendering,
    pose: Pose,
    second: Pose,
    *,
    iso: int = 100,
    quality: int = 90,
    second_blur_px: float | None = None,
) -> tuple[Shot, Shot]:
    """Two shots a minute apart: the head moved, focus and exposure were found anew."""
    day = date.replace("-", ":")
    first = Shot(
        "a.jpg",
        replace(pose, seed=seed),
        light,
        Exposure(f"{day} 10:{seed % 50:02d}:12", rendering, quality, iso, seed),
    )
    turned = replace(light, azimuth_deg=light.azimuth_deg + 0.6, elevation_deg=light.elevation_deg - 0.4)
    changed = replace(
        rendering, gain_ev=rendering.gain_ev + 0.06, blur_px=second_blur_px or rendering.blur_px
    )
    other = Shot(
        "b.jpg",
        replace(second, seed=seed + 1),
        turned,
        Exposure(f"{day} 10:{seed % 50 + 1:02d}:05", changed, quality, iso, seed + 1),
    )
    return first, other


_NEEDLING: dict[str, Any] = {
    "kind": "microneedling",
    "needle_depth_mm": 1.0,
    "device": "pen",
    "passes": 4,
    "area": "cheeks",
    "led": "none",
}

FACE = SampleCourse(
    name="face",
    kind="face",
    title="Sample course: face",
    concerns=("redness", "enlarged pores", "hyperpigmentation"),
    treated=("left_cheek", "right_cheek"),
    reference=("forehead", "glabella", "nose", "chin"),
    sessions=(
        SampleSession(
            0,
            "2026-01-10",
            NO_DOSE,
            _shots(
                "2026-01-10",
                11,
                Light(),
                Rendering(blur_px=0.60, noise_dn=1.1),
                Pose(),
                Pose(0.9, -0.6, 0.4, 1.004, (0.8, -0.5), 0.10),
            ),
            treatment=_NEEDLING,
        ),
        SampleSession(
            1,
            "2026-01-11",
            Dose(haemoglobin=0.75, melanin=0.0, relief=0.97, spots=1.0),
            _shots(
                "2026-01-11",
                21,
                Light(123.0, 52.8),
                Rendering(gain_ev=0.10, white_balance=(0.03, -0.035), gamma=1.02, blur_px=0.66, noise_dn=1.2),
                Pose(-1.8, 0.9, -0.8, 0.992, (-1.5, 1.0), 0.15),
                Pose(-1.1, 0.2, -0.3, 0.995, (-0.6, 0.4), 0.15),
            ),
            note="The day after the first treatment.",
        ),
        SampleSession(
            30,
            "2026-02-09",
            Dose(haemoglobin=-0.12, melanin=-0.06, relief=0.93, spots=0.85),
            _shots(
                "2026-02-09",
                31,
                Light(178.0, 14.0, 0.22, second_colour=(0.16, -0.24)),
                Rendering(gain_ev=-1.5, white_balance=(0.10, -0.12), blur_px=0.75, noise_dn=1.8),
                Pose(1.5, -1.2, 0.6, 0.99, (1.2, 0.8), 0.15),
                Pose(2.2, -0.8, 0.9, 0.988, (1.8, 0.2), 0.15),
                iso=800,
            ),
            treatment=_NEEDLING,
            note="Taken in the evening beside a lamp.",
            badly_lit=True,
        ),
        SampleSession(
            90,
            "2026-04-10",
            Dose(haemoglobin=-0.30, melanin=-0.20, relief=0.80, spots=0.60),
            _shots(
                "2026-04-10",
                41,
                Light(127.0, 51.2),
                Rendering(
                    gain_ev=-0.12,
                    white_balance=(-0.03, 0.03),
                    s_curve=0.04,
                    blur_px=0.70,
                    noise_dn=1.2,
                    sharpening=0.1,
                ),
                Pose(1.6, 1.2, 0.7, 1.006, (0.9, 1.5), 0.15),
                Pose(0.8, 0.5, 0.2, 1.002, (0.2, 0.8), 0.15),
                second_blur_px=0.78,
            ),
        ),
        SampleSession(
            150,
            "2026-06-09",
            Dose(haemoglobin=-0.42, melanin=-0.35, relief=0.68, spots=0.35),
            _shots(
                "2026-06-09",
                46,
                Light(123.5, 53.2),
                Rendering(
                    gain_ev=0.10,
                    white_balance=(0.02, 0.035),
                    gamma=0.98,
                    blur_px=0.63,
                    noise_dn=1.1,
                    sharpening=0.1,
                ),
                Pose(-1.2, -1.4, -0.5, 0.996, (-1.0, -1.2), 0.15),
                Pose(-1.9, -0.8, -0.9, 0.998, (-0.4, -0.4), 0.15),
            ),
        ),
    ),
)

_SCAR = {**_NEEDLING, "needle_depth_mm": 1.5, "passes": 6, "area": "scar on the forearm"}

BODY = SampleCourse(
    name="body",
    kind="body",
    title="Sample course: scar",
    concerns=("scar", "uneven texture"),
    treated=("scar",),
    reference=("untreated",),
    sessions=(
        SampleSession(
            0,
            "2026-01-12",
            NO_DOSE,
            _shots(
                "2026-01-12",
                12,
                Light(),
                Rendering(blur_px=0.60, noise_dn=1.0),
                Pose(),
                Pose(0.6, -0.5, 0.7, 1.004, (0.7, -0.6), 0.12),
            ),
            treatment=_SCAR,
        ),
        SampleSession(
            28,
            "2026-02-09",
            Dose(haemoglobin=-0.10, melanin=-0.08, relief=0.92, spots=0.95),
            _shots(
                "2026-02-09",
                22,
                Light(124.0, 52.6),
                Rendering(gain_ev=0.12, white_balance=(0.03, -0.03), blur_px=0.66, noise_dn=1.1),
                Pose(1.2, 0.8, -1.5, 0.994, (-1.4, 0.9), 0.2),
                Pose(0.5, 0.6, -0.9, 0.997, (-0.5, 0.6), 0.2),
            ),
            treatment=_SCAR,
        ),
        SampleSession(
            84,
            "2026-04-06",
            Dose(haemoglobin=-0.32, melanin=-0.22, relief=0.78, spots=0.8),
            _shots(
                "2026-04-06",
                32,
                Light(126.5, 51.5),
                Rendering(gain_ev=-0.15, white_balance=(-0.03, 0.04), gamma=1.02, blur_px=0.70, noise_dn=1.1),
                Pose(-1.0, 1.1, 1.2, 1.005, (1.1, 1.2), 0.2),
                Pose(-1.5, 0.3, 0.8, 1.002, (0.5, 0.3), 0.2),
            ),
            treatment=_SCAR,
        ),
        SampleSession(
            168,
            "2026-06-29",
            Dose(haemoglobin=-0.45, melanin=-0.38, relief=0.62, spots=0.6),
            _shots(
                "2026-06-29",
                42,
                Light(124.0, 52.8),
                Rendering(gain_ev=0.08, white_balance=(0.02, 0.02), gamma=0.98, blur_px=0.64, noise_dn=1.0),
                Pose(0.8, -1.0, -0.6, 0.997, (-0.8, -1.0), 0.2),
                Pose(1.3, -0.6, -1.1, 0.999, (-0.3, -0.4), 0.2),
            ),
        ),
    ),
)

COURSES = (FACE, BODY)
