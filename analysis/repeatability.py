"""Repeat shots of unchanged skin -> how much this person's own photographs differ.

Someone takes k >= 3 shots of the same skin within minutes, each posed anew, nothing done in between. What
the shots differ by is noise: k - 1 independent contrasts per metric and region, each of variance 2 sw^2,
where sw is the SD between shots of one sitting. They know nothing of sb, the SD between days.

Source: Raunig et al. 2015, Stat Methods Med Res 24:27 (within-subject SD, repeatability coefficient).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from scipy.special import stdtrit

from analysis.constants import NU0
from analysis.errors import StudyMismatch
from analysis.metrics import registry
from analysis.pairs import PairResult
from analysis.records import METHOD_VERSION, LeftOut, Parameters, Region
from analysis.relative import measured, prior_sd, reference_name, relative_changes
from analysis.session_gates import open_pairs
from analysis.tone import read_by_red
from analysis.uncertainty import limits, repeat_contrasts, session_variance

MIN_SHOTS = 3
"""Two shots give one contrast, and with one the true SD may be 30 times what it seems (chi-square)."""


@dataclass(frozen=True, slots=True)
class OwnNoise:
    """What the shots of a study differ by, for one metric and region."""

    metric: str
    region: str
    reference: str | None
    """What levels were taken relative to, as in `Change.reference`."""
    unit: str
    contrasts: tuple[float, ...]
    """Independent differences between shots, each of variance 2 sw^2, in the metric's unit."""
    by_red: bool | None = None
    """Whether pigment was read from red light (`tone.pigment_by_red`); None where that makes no difference,
    and in studies made before it was noted."""

    @property
    def df(self) -> int:
        """Degrees of freedom: one less than the shots that could be measured here."""
        return len(self.contrasts)

    @property
    def sd(self) -> float:
        """sw, the within-person SD of one shot within one sitting; NaN without contrasts.

        >>> OwnNoise("redness", "nose", None, "H", (2.0, -2.0)).sd
        1.41...
        """
        if not self.contrasts:
            return math.nan
        return math.sqrt(sum(value**2 for value in self.contrasts) / 2 / self.df)

    @property
    def mdc95(self) -> float:
        """The smallest detectable change between two single shots of one sitting, from these shots alone.

        t(0.975, df) sqrt(2) sw. It holds no difference between days, so it is no band for sessions.
        """
        return float(stdtrit(self.df, 0.975)) * math.sqrt(2) * self.sd if self.contrasts else math.nan


@dataclass(frozen=True, slots=True)
class Repeatability:
    """A study of one person's repeat shots, or several studies of the same regions taken together."""

    photo_ids: tuple[str, ...]
    """sha256 of the shots that were used."""
    on_face: bool
    """Whether a face placed the regions; drawn ones may bear a face region's name too."""
    noise: tuple[OwnNoise, ...]
    left_out: tuple[LeftOut, ...] = ()
    method_version: str = METHOD_VERSION
    parameters_sha256: str = ""

    @property
    def n_shots(self) -> int:
        """How many shots were used."""
        return len(self.photo_ids)

    def contrasts(
        self, metric: str, region: str, reference: str | None, by_red: bool | None = None
    ) -> tuple[float, ...]:
        """The contrasts of this metric in this region against this reference; empty where there are none.

        Pigment read from red light says nothing of pigment by `M`: `by_red` is how it is read now.
        """
        for item in self.noise:
            read_alike = None in (item.by_red, by_red) or item.by_red == by_red
            if read_alike and (item.metric, item.region, item.reference) == (metric, region, reference):
                return item.contrasts
        return ()


@dataclass(frozen=True, slots=True)
class Band:
    """What a study does to the band of two sessions of one shot each, without any warning."""

    noise: OwnNoise
    default_mdc95: float
    """Without the study; NaN where the metric's noise is not known."""
    mdc95: float
    """With the study."""


def study(
    pairs: Sequence[PairResult],
    photo_ids: Sequence[str],
    regions: Sequence[Region],
    parameters: Parameters,
    *,
    on_face: bool,
    with_anchor: bool,
    left_out: Sequence[LeftOut] = (),
) -> Repeatability:
    """The noise of a set of shots, from their pairs with one common photo.

    Args:
        pairs: the shots, each paired with the anchor.
        photo_ids: of the shots.
        regions: as placed on the anchor, with roles.
        parameters: of the method.
        on_face: whether a mesh placed the regions.
        with_anchor: whether the anchor is itself the first shot. Otherwise it is an older photo that the
            regions were drawn on: what it differs by is common to all shots and drops out of the contrasts.
        left_out: shots that took no part.
    """
    found = []
    for metric in registry().values():
        reference = reference_name(metric, regions, on_face)
        shots = [
            relative_changes(metric, pair, regions, on_face, reference, parameters.false_change_rate)
            for pair in open_pairs(pairs, metric.family)
        ]
        for region in regions:
            if region.role == "reference":
                continue
            values = [0.0] if with_anchor else []
            values += [one.without_light for one in (shot[region.name] for shot in shots) if measured(one)]
            contrasts = tuple(repeat_contrasts(values))
            if contrasts:
                by_red = read_by_red(metric.name, pairs[0].tone_deg, on_face=on_face)
                row = OwnNoise(metric.name, region.name, reference, metric.unit, contrasts, by_red)
                found.append(row)
    return Repeatability(
        tuple(photo_ids), on_face, tuple(found), tuple(left_out), parameters_sha256=parameters.sha256()
    )


def pooled(studies: Sequence[Repeatability]) -> Repeatability | None:
    """Several studies of one person's same regions as one; None of none.

    Contrasts are taken within each study, so what differs between the days of two studies is not in them.
    """
    if not studies:
        return None
    merged: dict[tuple[str, str, str | None, bool | None], OwnNoise] = {}
    for item in (item for one in studies for item in one.noise):
        key = (item.metric, item.region, item.reference, item.by_red)
        old = merged.get(key)
        merged[key] = replace(item, contrasts=old.contrasts + item.contrasts) if old else item
    return replace(
        studies[0],
        photo_ids=tuple(photo_id for one in studies for photo_id in one.photo_ids),
        noise=tuple(merged.values()),
        left_out=tuple(item for one in studies for item in one.left_out),
    )


def check_fits(
    own: Repeatability,
    regions: Sequence[Region],
    parameters: Parameters,
    *,
    on_face: bool,
    sessions: Sequence[Sequence[str]] = (),
) -> None:
    """Pass, or refuse a study that says nothing about this comparison.

    Args:
        own: the study.
        regions: of the comparison.
        parameters: of the comparison.
        on_face: whether a mesh placed the comparison's regions.
        sessions: photo ids of each session compared. Two shots of one session that are in the study too
            would be counted twice.

    Raises:
        StudyMismatch: another method, other parameters, other regions, or shots counted twice.
    """
    again = "Make the study again with this version: dermatrend repeatability PHOTO PHOTO PHOTO..."
    if own.method_version != METHOD_VERSION:
        raise StudyMismatch(
            "The repeatability study was made with another version of the method",
            expected=f"method {METHOD_VERSION}",
            got=f"method {own.method_version}",
            advice=again,
        )
    if own.parameters_sha256 != parameters.sha256():
        raise StudyMismatch(
            "The repeatability study was made with other parameters",
            expected=f"parameters {parameters.sha256()[:12]}",
            got=f"parameters {own.parameters_sha256[:12]}",
            advice=again,
        )
    wanted = [region.name for region in regions if region.role != "reference"]
    there = list(dict.fromkeys(item.region for item in own.noise))
    if own.on_face != on_face or not set(wanted) & set(there):
        raise StudyMismatch(
            "The repeatability study is of other regions",
            expected=f"{_place(on_face)}: {', '.join(wanted)}",
            got=f"{_place(own.on_face)}: {', '.join(there) or 'none'}",
            advice="Make the study with the regions of this comparison",
        )
    for session in sessions:
        twice = set(session) & set(own.photo_ids)
        if len(twice) > 1:
            raise StudyMismatch(
                "Shots of a session are in the repeatability study too",
                expected="repeat shots of their own, or one session's first shot at most",
                got=f"{len(twice)} shots of one session, which would count twice",
                advice="Leave the study out: several shots of a session enter its band by themselves",
            )


def _place(on_face: bool) -> str:
    return "regions of a face" if on_face else "drawn regions"


def bands(own: Repeatability, parameters: Parameters) -> tuple[Band, ...]:
    """The band of two sessions of one shot each, without and with the study.

    What a single pair adds to it (warnings, skin tone, its own pixels, uneven light) is not in here.
    """
    out = []
    for item in own.noise:
        judged = sum((other.metric, other.by_red) == (item.metric, item.by_red) for other in own.noise)
        prior = prior_sd(item.metric, item.region, own.on_face)
        both = []
        for contrasts in ((), item.contrasts):
            variance, df = session_variance(prior, NU0, contrasts, 1, 1)
            both.append(limits(0.0, math.sqrt(variance), df, judged, parameters.false_change_rate)[1])
        out.append(Band(item, *both))
    return tuple(out)
