"""The frozen records that flow through the analysis, and the parameters stored with every result.

Definition, value and judgement are three types: `Metric`, `Measurement`, `Change`.
Arrays are read-only views. Could-not-measure is NaN plus a named flag (`analysis.flags`), never 0.
Pixels are (x, y), x to the right and y down, in the upright photo; angles in degrees; lengths in mm
unless the name says px.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

METHOD_VERSION = "1.0.0"
"""Rises whenever a golden number changes; a test fails otherwise."""

# OpenCV's type stubs promise no dtype, so these names say it for the reader: float32, bool, uint8.
FloatMap = NDArray[Any]
Mask = NDArray[Any]
Pixels = NDArray[Any]

Family = Literal["colour", "texture"]
FAMILIES: tuple[Family, ...] = ("colour", "texture")
State = Literal["ok", "warn", "refuse"]
Verdict = Literal[
    "not_comparable",
    "not_measurable",
    "no_measurable_change",
    "measurable_increase",
    "measurable_decrease",
]
CHANGED: tuple[Verdict, ...] = ("measurable_increase", "measurable_decrease")
"""The verdicts that say that something changed."""
Grade = Literal["A", "B", "C", "not_comparable"]
SCALE_TOLERANCE = 0.995
"""A scale is not known better than half a percent: what falls short of one by less is taken for it."""
Role = Literal["treated", "reference", "none"]


FALSE_CHANGE_RATE = 0.05
"""In how many comparisons of unchanged skin one region may be called changed."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """What the method may be told. Hashed, and stored with every result it made."""

    max_px_per_mm: float = 8.0
    bootstrap_resamples: int = 500
    false_change_rate: float = FALSE_CHANGE_RATE

    def sha256(self) -> str:
        """Hash of all parameters, stable across runs and machines."""
        text = json.dumps(as_json(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class CaptureFacts:
    """What the file says about how it was taken. Position and serial numbers are never read."""

    captured_at: str | None = None
    """ISO 8601; carries an offset only where the photo recorded one."""
    captured_at_source: Literal["exif_original", "file", "user"] | None = None
    camera_make: str | None = None
    camera_model: str | None = None
    lens: str | None = None
    software: str | None = None
    exposure_s: float | None = None
    f_number: float | None = None
    iso: float | None = None
    focal_length_mm: float | None = None
    white_balance: Literal["auto", "manual"] | None = None
    flash: bool | None = None


@dataclass(frozen=True, slots=True)
class Photo:
    """A decoded photo: upright, sRGB, 8 bits, read-only."""

    sha256: str
    pixels: Pixels
    """(height, width, 3) uint8 sRGB."""
    facts: CaptureFacts
    format: Literal["JPEG", "PNG", "WEBP", "HEIF", "TIFF"]
    colour_profile: str
    """What the pixels were converted from: a profile's name, or "untagged, read as sRGB"."""
    bit_depth: int = 8
    jpeg_quality: int | None = None
    """Estimated from the quantisation table; None where the file is not a JPEG."""
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FaceMesh:
    """468 landmarks of one face, in pixels of the upright photo."""

    points: FloatMap
    """(468, 3): x, y, and z in the same unit, smaller is nearer to the camera."""
    score: float
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    px_per_mm: float
    px_per_mm_source: Literal["iris", "intercanthal"]
    iris_px: float
    """Mean horizontal iris diameter in px; NaN where the irises were not found."""
    person: Mask | None = None
    """Who is in the picture and what is background, at reduced size; None without the model."""


@dataclass(frozen=True, slots=True)
class Region:
    """A named patch of skin: one polygon in pixels."""

    name: str
    role: Role
    polygon: FloatMap
    """(n, 2) float32."""


@dataclass(frozen=True, slots=True)
class RegionPlan:
    """Where to measure. Empty `drawn` means: the nine regions of the face."""

    drawn: tuple[Region, ...] = ()
    px_per_mm: float | None = None
    """Of the baseline photo; given with drawn regions only."""
    treated: tuple[str, ...] = ()
    reference: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gate:
    """One check of photo quality, for one family of metrics."""

    name: str
    family: Literal["colour", "texture", "all"]
    value: float
    limit: float
    """The limit that decided the state: the refusal limit if refused, else the warning limit."""
    state: State
    advice: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class CardReading:
    """A colour card in a photo: what its patches show, and how well that can be trusted."""

    kind: Literal["colorchecker", "printed"]
    found: Literal["automatic", "corners"]
    """By itself, or from four corners that a person marked."""
    corners: FloatMap
    """(4, 2) px, the outer corners of the corner patches; the first patch's first, then along its row."""
    linear: FloatMap
    """(n, 3) linear light of the patches, row by row; the mean of the middle half of each one's pixels."""
    clipped: tuple[bool, ...]
    """Per patch, whether it holds pixels at the end of the range."""
    px_per_mm: float
    """At the card; NaN where cards of this kind come in sizes that look the same."""
    gradient: float
    """Share by which the light changes over the card."""
    fit_mean: float
    """CIEDE2000 against the published values, mean over patches that were left out of the fit."""
    fit_worst: float
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CardSearch:
    """Whether a colour card is looked for, and where one lies that a person marked."""

    everywhere: bool = False
    corners: Mapping[str, FloatMap] = field(default_factory=dict)
    """Photo sha256 -> (4, 2) px, the outer corners of the four corner patches, in any order."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A photo, where it is measured, and at what scale."""

    photo: Photo
    mesh: FaceMesh | None
    px_per_mm: float
    scale_source: Literal["given", "iris", "intercanthal", "card"] = "given"
    card: CardReading | None = None
    card_asked: bool = False
    """Whether a card was looked for: then its absence is said."""

    @property
    def flags(self) -> tuple[str, ...]:
        """What is to be said of the file, and of the card that was looked for."""
        if not self.card_asked:
            return self.photo.flags
        return self.photo.flags + (("card_not_found",) if self.card is None else self.card.flags)


@dataclass(frozen=True, slots=True)
class Grid:
    """The working grid: a crop of the baseline photo at the working scale.

    Working pixel (u, v) lies at photo pixel ((u + 0.5) / scale - 0.5 + left, the same with top).
    """

    left: float
    top: float
    scale: float
    """Working pixels per photo pixel, at most 1: never upsampled."""
    width: int
    height: int
    px_per_mm: float
    """Of the grid."""

    def to_grid(self, points: FloatMap) -> FloatMap:
        """Photo pixels (n, 2) to working pixels."""
        origin = np.array([self.left, self.top], np.float32)
        return ((points[:, :2] - origin + 0.5) * self.scale - 0.5).astype(np.float32)

    def to_photo(self, points: FloatMap) -> FloatMap:
        """Working pixels (n, 2) to photo pixels."""
        origin = np.array([self.left, self.top], np.float32)
        return ((points[:, :2] + 0.5) / self.scale - 0.5 + origin).astype(np.float32)


@dataclass(frozen=True, slots=True)
class SkinMaps:
    """Chromophore and relief maps of one photo on the working grid, all (h, w) float32.

    Both photos of a pair are on the baseline's grid and share `valid`.
    """

    haemoglobin: FloatMap
    """H, 100 x optical density: redness."""
    melanin: FloatMap
    """M, 100 x optical density: pigment."""
    companion: FloatMap
    """Erythema index 100 log10(R/G): the second estimator a redness verdict must agree with."""
    relief: FloatMap
    """Shading, natural-log units, bright positive."""
    smooth: Mapping[str, FloatMap]
    """"haemoglobin", "melanin" after masked smoothing of 0.5 mm; "pigment": what its level is
    read from, M or, in dark skin, red; "red": 100 x optical density in red, for drawn regions only."""
    bands: Mapping[str, FloatMap]
    """Band-passed relief, see `analysis.bands.TEXTURE_BANDS_MM`; a band not resolved is missing."""
    noise: FloatMap
    """SD of the pixel noise of `relief` on this grid."""
    valid: Mask
    px_per_mm: float
    plain: Mask
    """The valid skin without spots of another pigment than around them: where texture is read."""
    relief_fitted: bool = False
    """Whether relief is read by weights fitted to the pair, see `analysis.relief_weights`."""

    def window(self, area: tuple[slice, slice]) -> SkinMaps:
        """The same maps on a rectangle; views, no copies."""
        return SkinMaps(
            self.haemoglobin[area],
            self.melanin[area],
            self.companion[area],
            self.relief[area],
            {name: image[area] for name, image in self.smooth.items()},
            {name: image[area] for name, image in self.bands.items()},
            self.noise[area],
            self.valid[area],
            self.px_per_mm,
            self.plain[area],
            self.relief_fitted,
        )


@dataclass(frozen=True, slots=True)
class Metric:
    """The definition of one metric. One file in `analysis/metrics/` each.

    `estimate(maps, region, sites=None)` gives the value over the pixels of the boolean mask `region`,
    NaN where there is nothing to measure. `difference(baseline, follow_up, region)`, where it is
    given, estimates follow-up minus baseline over the same pixels more steadily than two estimates.
    """

    name: str
    label: str
    unit: str
    better: Literal["lower", "higher"] | None
    family: Family
    version: int
    needs_px_per_mm: float
    reference: str
    """The source of the formula."""
    estimate: Callable[..., float]
    relative: bool = False
    """True where a value means something only against a reference region."""
    difference: Callable[[SkinMaps, SkinMaps, Mask], float] | None = None
    in_pair: Callable[[SkinMaps, SkinMaps, Mask, NDArray[Any], int], tuple[float, float, Any]] | None = None
    """Where a pair of photos knows more of either value than one photo does: both values, and the changes
    in n blocks of the region, whose pixels are numbered by block (-1 for none)."""
    agrees_with: Callable[[SkinMaps, SkinMaps, Mask], float] | None = None
    """A second estimator of the same change; a verdict needs both to have one sign."""
    unrepeated: Callable[[SkinMaps, SkinMaps, Mask], float] | None = None
    """Standard error that the pair itself reveals: how much of the pattern does not repeat in it."""
    unreadable: Callable[[SkinMaps, SkinMaps, Mask], str | None] | None = None
    """What the pair itself shows that this cannot be read from it: a flag, or None."""
    leaks_from: str | None = None
    """The metric whose change could be mistaken for this one's, see `analysis.constants.LEAK`."""
    find_sites: Callable[..., Any] | None = None
    order: int = 100
    """Where it stands in tables and reports."""
    summary: str = ""
    """One plain sentence for people."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One value of one metric in one photo."""

    metric: str
    version: int
    region: str
    value: float
    unit: str
    standard_error: float
    n_pixels: int
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AlignmentSummary:
    """How well a follow-up lies on its baseline."""

    residual_mm: float
    """Median forward-backward error."""
    residual_p95_mm: float
    overlap: float
    """Share of the baseline's regions that is valid skin in both photos."""
    consistent: float
    """Share of that area with a forward-backward error below 0.2 mm."""


@dataclass(frozen=True, slots=True)
class Change:
    """The judgement on one metric in one region: follow-up minus baseline."""

    metric: str
    family: Family
    region: str
    reference: str | None
    unit: str
    baseline: float
    follow_up: float
    difference: float
    ci95: tuple[float, float]
    mdc95: float
    verdict: Verdict
    visible: bool | None
    flags: tuple[str, ...] = ()
    n_pixels: int = 0
    detectable80: float = math.nan
    """The smallest true change that would be found in 80 % of cases, one of size mdc95 in about half; NaN
    where that is not known."""
    standard_error: float = math.nan
    """Of the difference, where nothing changed."""


@dataclass(frozen=True, slots=True)
class PhotoAnalysis:
    """What can be measured in one photo, and its gates."""

    photo_id: str
    width: int
    height: int
    format: str
    colour_profile: str
    facts: CaptureFacts
    px_per_mm: float
    px_per_mm_source: str
    pose_deg: tuple[float, float, float] | None
    """Yaw, pitch, roll; None with drawn regions."""
    regions: tuple[Region, ...]
    gates: tuple[Gate, ...]
    measurements: tuple[Measurement, ...]
    usable: Mapping[str, bool]
    """Per family: usable for colour, usable for texture."""
    flags: tuple[str, ...] = ()
    card: CardReading | None = None
    """None where there is none, or none was looked for."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A photo that took no part, and why."""

    photo_id: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class AlignedViews:
    """Baseline and follow-up on one grid, for pictures. Never stored, never sent between processes."""

    baseline: Pixels
    follow_up: Pixels
    """(h, w, 3) uint8 sRGB, the follow-up warped onto the baseline; identical crop."""
    valid: Mask
    maps: Mapping[str, tuple[FloatMap, FloatMap]]
    """"redness", "pigment", "relief" -> (baseline, follow-up), in H, M and % (100 x natural log).
    Levels are relative to the same reference as the numbers; smoothed as displayed."""
    local_limit: Mapping[str, float]
    """Per map: local differences smaller than this are not distinguishable from noise; NaN: no map."""
    px_per_mm: float
    regions: tuple[Region, ...]
    """In pixels of these crops."""


@dataclass(frozen=True, slots=True)
class SessionComparison:
    """One follow-up session against the baseline session."""

    baseline_ids: tuple[str, ...]
    photo_ids: tuple[str, ...]
    grade: Grade
    comparable: bool
    reasons: tuple[str, ...]
    gates: tuple[Gate, ...]
    alignment: AlignmentSummary | None
    changes: tuple[Change, ...]
    left_out: tuple[LeftOut, ...] = ()
    method_version: str = METHOD_VERSION
    parameters_sha256: str = ""
    own_repeat_shots: int = 0
    """Shots of the repeatability studies that entered the bands; 0 without a study."""
    own_noise_sha256: str = ""
    views: AlignedViews | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One session in a trend."""

    day: int
    """Days since the baseline, by local calendar dates."""
    difference: float
    ci95: tuple[float, float]
    verdict: Verdict
    mdc95: float = math.nan
    """The band behind this session's verdict: wider after a warning, narrower with more shots."""
    reference: str | None = None
    """What the level is relative to in this session."""


@dataclass(frozen=True, slots=True)
class LinePoint:
    """A fitted line on one day, with the interval of `Slope`."""

    day: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Slope:
    """How fast a value changes over a course of five follow-ups or more."""

    per_30_days: float
    ci95: tuple[float, float]
    """Of `per_30_days`; wider than 95 % asks for by about sqrt(2), see `analysis.trend.slope`."""
    verdict: Verdict
    """A change is measurable where the interval excludes 0."""
    n_points: int
    line: tuple[LinePoint, ...]
    """From the first to the last session that carries it; nothing is said beyond them."""


@dataclass(frozen=True, slots=True)
class Trend:
    """A course of sessions for one metric and region: changes against the baseline."""

    metric: str
    region: str
    unit: str
    points: tuple[TrendPoint, ...]
    mdc95: float
    flags: tuple[str, ...] = ()
    slope: Slope | None = None
    """None for fewer than five follow-ups outside healing against one reference."""
    reference: str | None = None
    """What the slope and the band are relative to: what most sessions with a number are, the last of equals.
    Points against another are listed and carry no slope."""


def as_json(record: Any) -> Any:
    """A record as plain JSON types: NaN and infinities become None, arrays lists, views are left out.

    >>> as_json(Gate("blur", "texture", float("nan"), 0.12, "ok"))["value"] is None
    True
    """
    if isinstance(record, AlignedViews):
        return None
    if is_dataclass(record) and not isinstance(record, type):
        out = {}
        for item in fields(record):
            value = getattr(record, item.name)
            if isinstance(value, AlignedViews) or item.name == "views" or callable(value):
                continue
            out[item.name] = as_json(value)
        return out
    if isinstance(record, Mapping):
        return {str(key): as_json(value) for key, value in record.items()}
    if isinstance(record, np.ndarray):
        return as_json(record.tolist())
    if isinstance(record, (list, tuple)):
        return [as_json(value) for value in record]
    if isinstance(record, np.generic):
        return as_json(record.item())
    if isinstance(record, float) and not math.isfinite(record):
        return None
    return record
