"""analysis/constants.py as a record, read and written: what benchmarks/derive.py puts together."""

from __future__ import annotations

import importlib
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analysis.phantom.optics import TONE_ITA_DEG
from benchmarks.derivation_weights import Weights
from benchmarks.untreated_pairs import CARD_PLACES, REFERENCE_PRIOR

CONSTANTS_FILE = Path(__file__).resolve().parents[1] / "analysis" / "constants.py"

# Zero-change redness on real faces: 98 pairs of one person photographed minutes apart, neutral and smiling,
# each region against the inverse-variance-weighted median of the other units of the same face.
FACE_REDNESS = {
    "forehead": 0.75, "glabella": 0.70, "nose": 0.65, "cheeks": 0.80,
    "periorbital": 1.45, "perioral": 1.25, "chin": 0.95,
}  # fmt: skip


# Texture of real skin that was edited in 8 bits (white balance, exposure, crop) between two photos: RMS
# change of the zero-change cases of the real arm's R6, in %. A camera works before rounding, an app after.
EDITED_TEXTURE = 2.5


@dataclass(frozen=True, slots=True)
class Constants:
    """Everything that goes into the file."""

    weights: Weights
    weights_provenance: str
    leaks: Mapping[str, Mapping[str, float]]
    red_per_m: tuple[float, float]
    body_sd: Mapping[str, float] = field(default_factory=lambda: dict(REFERENCE_PRIOR))
    level_sd: Mapping[str, float] = field(default_factory=dict)
    """Of levels, in light of one colour."""
    cast_gain_sd: Mapping[str, float] = field(default_factory=dict)
    tone_factors: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Metric -> tone class -> factor on the phantom's own SD."""
    noise_provenance: str = "not measured yet: placeholders"
    card_sd: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Place -> metric -> SD."""
    card_provenance: str = "not measured yet"
    response_gain: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Metric -> least and most."""
    response_provenance: str = "not measured yet"
    detection_factor: Mapping[str, float] = field(default_factory=dict)


def stored() -> Constants | None:
    """What the file says now; None where there is none or it has another form."""
    try:
        module = importlib.import_module("analysis.constants")
        rows = module.WEIGHTS
        weights = Weights(
            haemoglobin=_row(rows["haemoglobin"], 0.01),
            melanin=_row(rows["melanin"], 0.01),
            shading=_row(rows["shading"], 1.0),
            haemoglobin_direction=module.HAEMOGLOBIN_DIRECTION,
            melanin_direction=module.MELANIN_DIRECTION,
        )
        body = dict(module.PHANTOM_SD)
        tones = dict(zip(TONE_ITA_DEG, range(len(TONE_ITA_DEG)), strict=True))
        found = {name: {tone: row[k] for tone, k in tones.items()} for name, row in module.LEAK.items()}
        return Constants(
            weights,
            module.PROVENANCE["weights"],
            found,
            module.RED_PER_M,
            body,
            dict(module.PHANTOM_EVEN_LIGHT_SD),
            dict(module.CAST_GAIN_SD),
            {
                name: {tone: row[k] for tone, k in tones.items()}
                for name, row in module.PHANTOM_TONE_FACTOR.items()
            },
            module.PROVENANCE["noise"],
            {place: dict(row) for place, row in module.CARD_SD.items()},
            module.PROVENANCE["card_noise"],
            dict(module.RESPONSE_GAIN),
            module.PROVENANCE["response"],
            dict(module.DETECTION_FACTOR),
        )
    except (ImportError, AttributeError, KeyError):
        return None


def _tone_limits() -> tuple[float, ...]:
    angles = list(TONE_ITA_DEG.values())
    return tuple((a + b) / 2 for a, b in itertools.pairwise(angles))


def text_of(constants: Constants) -> str:
    """The source of analysis/constants.py."""
    weights = constants.weights
    noise_rows = []
    for metric, sd in (dict(constants.body_sd) | dict(constants.level_sd)).items():
        places = {"body": _on_a_body(metric, sd)}
        places |= {
            place: _on_a_body(metric, constants.card_sd[place][metric])
            for place in CARD_PLACES
            if metric in constants.card_sd.get(place, {})
        }
        places |= _on_a_face(metric, constants.body_sd)
        cells = [f'"{place}": {value!r}' for place, value in places.items()]
        if len(cells) == 1:
            noise_rows.append(f'        "{metric}": MappingProxyType({{{cells[0]}}}),')
        else:
            inside = "".join(f"                {cell},\n" for cell in cells)
            noise_rows.append(
                f'        "{metric}": MappingProxyType(\n            {{\n{inside}            }}\n        ),'
            )
    return f'''"""What the method takes for granted. Written by benchmarks/derive.py: change that, not this.

Derived on a spectral two-layer skin model (analysis/phantom), or cited. A test derives the weights again.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

Triple = tuple[float, float, float]

PROVENANCE: Final[Mapping[str, str]] = MappingProxyType(
    {{
        "weights": "{constants.weights_provenance}",
        "noise": "{constants.noise_provenance}",
        "card_noise": "{constants.card_provenance}",
        "response": "{constants.response_provenance}",
    }}
)
"""How each group below was made."""

WEIGHTS: Final[Mapping[str, Triple]] = MappingProxyType(
    {{
        "haemoglobin": {_scaled(weights.haemoglobin)},
        "melanin": {_scaled(weights.melanin)},
        "shading": {weights.shading},
    }}
)
"""Rows over the optical densities -log10 of linear (R, G, B). H and M are times 100 and sum to 0, so that
exposure and shading cancel; the shading row sums to 1 and answers least to either pigment."""

HAEMOGLOBIN_DIRECTION: Final[Triple] = {weights.haemoglobin_direction}
"""Mean change of optical density (R, G, B) when haemoglobin changes, green = 1."""

MELANIN_DIRECTION: Final[Triple] = {weights.melanin_direction}
"""Mean change of optical density (R, G, B) when melanin changes, blue = 1."""

TONE_LIMITS_DEG: Final[tuple[float, ...]] = {_tone_limits()}
"""Typology angles between the tone classes I-II, III, IV, V and VI of the phantom."""

TONE_CENTRES_DEG: Final[tuple[float, ...]] = {tuple(TONE_ITA_DEG.values())}
"""Typology angles at which the classes' people were made."""

LEAK: Final[Mapping[str, tuple[float, ...]]] = MappingProxyType(
    {{
{chr(10).join(f'        "{name}": {tuple(row.values())},' for name, row in constants.leaks.items())}
    }}
)
"""Per tone class: how far the index moves, per unit of the other one, when only the other pigment changes
(RMS over people). Redness that fades looks a little like pigment, and the other way round; texture moves, in
% per H, when only redness does."""

RED_PER_M: Final[tuple[float, float]] = {constants.red_per_m}
"""Change of 100 x optical density of red per unit of M when melanin changes, in classes I to V: median over
people, and spread."""

PHANTOM_SD: Final[Mapping[str, float]] = MappingProxyType(
    {{
{chr(10).join(f'        "{name}": {sd!r},' for name, sd in constants.body_sd.items())}
    }}
)
"""Metric -> SD of a one-shot to one-shot difference between untreated phantom pairs."""

PHANTOM_EVEN_LIGHT_SD: Final[Mapping[str, float]] = MappingProxyType(
    {{
{chr(10).join(f'        "{name}": {sd!r},' for name, sd in constants.level_sd.items())}
    }}
)
"""The same of levels in light of one colour: what light of two does to drawn regions, the pair shows."""

PHANTOM_TONE_FACTOR: Final[Mapping[str, tuple[float, ...]]] = MappingProxyType(
    {{
{_tone_rows(constants.tone_factors)}
    }}
)
"""Metric -> per tone class the phantom's SD over that of all tones, drawn towards 1 by 20 pairs."""

TONE_FACTOR: Final[Mapping[str, tuple[float, ...]]] = MappingProxyType(
    {{
{_tone_rows(_on_bodies(constants))}
    }}
)
"""The same for PRIOR_SD of a body, which adds in quadrature what does not depend on the tone."""

CAST_GAIN_SD: Final[Mapping[str, float]] = MappingProxyType(
    {{
{chr(10).join(f'        "{name}": {sd!r},' for name, sd in constants.cast_gain_sd.items())}
    }}
)
"""Pattern metric -> SD of the ratio at which two photos render one pattern, per unit of colour cast between
them (natural-log units). Light of another colour meets other sensitivities: the noise grows with both."""

RESPONSE_GAIN: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {{
{chr(10).join(f'        "{name}": {row!r},' for name, row in constants.response_gain.items())}
    }}
)
"""Metric -> the least and the most that a true change shows in disturbed photos, as a multiple of what
undisturbed ones in daylight show: 95 % of people, all tones pooled, lie between the two."""

DETECTION_FACTOR: Final[Mapping[str, float]] = MappingProxyType(
    {{
{chr(10).join(f'        "{name}": {value!r},' for name, value in constants.detection_factor.items())}
    }}
)
"""Metric -> how much larger than noise alone asks for a true change must be to be found in 80 % of cases: it
does not show equally strongly in every light, and the more changes the wider the limit."""

CARD_SD: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {{
{chr(10).join(_card_row(place, row) for place, row in constants.card_sd.items())}
    }}
)
"""Place -> metric -> the same with a colour card in both photos: with reference skin, in light that the card
made alike ("body_card"), and against the card alone ("card"); a pattern needs neither."""

PRIOR_SD: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {{
{chr(10).join(noise_rows)}
    }}
)
"""Metric -> place -> SD of a one-shot to one-shot difference at zero change, in the metric's unit.
"body" is from untreated pairs of the phantom at moderate disturbance, all tones, and stands for every place
that is not listed: of a level in light of one colour, because what light that falls unevenly does is each
pair's own (analysis/light_field.py). "body_card" and "card" are those of CARD_SD. Redness on a face is from
98 real pairs, one person minutes apart (neutral, smiling); the other colour metrics there are the phantom's
value in any light times the same ratio of face to phantom, until real pairs say otherwise. Texture adds in
quadrature what editing in 8 bits does ({EDITED_TEXTURE:g} %, real skin).
A phantom knows what photography does, not what blood and heat do between two days."""

NU0: Final = 20.0
"""Degrees of freedom such a prior is worth against a person's own repeat shots."""
'''


def write(constants: Constants, path: Path = CONSTANTS_FILE) -> None:
    """Write the file, whole or not at all."""
    draft = path.with_suffix(".tmp")
    draft.write_text(text_of(constants), encoding="utf-8")
    draft.replace(path)


def _on_bodies(constants: Constants) -> dict[str, dict[str, float]]:
    """Factors of tone once what `_on_a_body` adds, the same for every tone, is in."""
    out = {}
    for metric, row in constants.tone_factors.items():
        sd = constants.body_sd[metric]
        whole = _on_a_body(metric, sd)
        out[metric] = {tone: _on_a_body(metric, factor * sd) / whole for tone, factor in row.items()}
    return out


def _tone_rows(factors: Mapping[str, Mapping[str, float]]) -> str:
    rows = {name: tuple(float(f"{value:.3g}") for value in row.values()) for name, row in factors.items()}
    return "\n".join(f'        "{name}": {row!r},' for name, row in rows.items())


def _on_a_body(metric: str, sd: float) -> float:
    """The phantom's SD and what it understates: editing in 8 bits."""
    extra = EDITED_TEXTURE if metric.startswith("texture") else 0.0
    return float(f"{math.hypot(sd, extra):.3g}")


def _on_a_face(metric: str, body: Mapping[str, float]) -> dict[str, float]:
    """What a living face adds to the phantom's noise; nothing is known for texture."""
    if metric.startswith("texture"):
        return {}
    ratio = body[metric] / body["redness"]
    return {place: float(f"{sd * ratio:.3g}") for place, sd in FACE_REDNESS.items()}


def _card_row(place: str, row: Mapping[str, float]) -> str:
    cells = "".join(f'                "{metric}": {sd!r},\n' for metric, sd in row.items())
    return f'        "{place}": MappingProxyType(\n            {{\n{cells}            }}\n        ),'


def _row(row: Sequence[float], factor: float) -> tuple[float, float, float]:
    red, green, blue = (round(value * factor, 6) for value in row)
    return red, green, blue


def _scaled(row: tuple[float, float, float]) -> tuple[float, float, float]:
    return _row(row, 100.0)
