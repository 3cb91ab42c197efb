"""A repeatability study as a JSON document, and back: what is read is checked before it is believed."""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any, Final

from analysis.errors import RepeatabilityError
from analysis.metrics import registry
from analysis.records import LeftOut, as_json
from analysis.repeatability import OwnNoise, Repeatability

KIND: Final = "dermatrend repeatability"
SCHEMA_VERSION: Final = "1.1"

_SHA256: Final = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_TEXT: Final = {"type": "string", "maxLength": 2000}
SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:dermatrend:schema:repeatability:1",
    "title": "Dermatrend repeatability study",
    "description": "What one person's repeat shots differ by. Within version 1 fields are only added.",
    "type": "object",
    "required": [
        "kind", "schema_version", "method_version", "parameters_sha256", "photo_ids", "on_face", "noise",
    ],
    "properties": {
        "kind": {"const": KIND},
        "schema_version": {"type": "string", "pattern": "^1\\.[0-9]+$"},
        "method_version": {"type": "string", "maxLength": 20},
        "parameters_sha256": _SHA256,
        "photo_ids": {
            "type": "array", "items": _SHA256, "minItems": 3, "maxItems": 1000, "uniqueItems": True,
        },
        "on_face": {"type": "boolean"},
        "noise": {
            "type": "array",
            "maxItems": 10000,
            "items": {
                "type": "object",
                "required": ["metric", "region", "reference", "unit", "contrasts"],
                "properties": {
                    "metric": _TEXT,
                    "region": _TEXT,
                    "reference": {"type": ["string", "null"]},
                    "unit": _TEXT,
                    "by_red": {
                        "type": ["boolean", "null"],
                        "description": "Pigment only: whether it was read from red light; null: not noted.",
                    },
                    "contrasts": {
                        "type": "array",
                        "items": {"type": "number", "minimum": -1e6, "maximum": 1e6},
                        "minItems": 1,
                        "description": "Independent differences between shots, each of variance 2 sw^2.",
                    },
                },
            },
        },
        "left_out": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["photo_id", "code", "reason"],
                "properties": {"photo_id": _SHA256, "code": _TEXT, "reason": _TEXT},
            },
        },
    },
}  # fmt: skip
"""JSON Schema (2020-12) of the document."""


def to_document(study: Repeatability) -> dict[str, Any]:
    """A study as plain JSON types; `SCHEMA` describes them."""
    return {"kind": KIND, "schema_version": SCHEMA_VERSION, **as_json(study)}


def study_sha256(study: Repeatability) -> str:
    """Hash of everything in the study: the same study, the same hash, on every machine."""
    text = json.dumps(to_document(study), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def from_text(text: str) -> Repeatability:
    """A study from the text of its JSON document. Fields that a later version added are passed over.

    Raises:
        RepeatabilityError: it is no such document; the message names the place that is wrong.
    """
    import jsonschema

    try:
        data = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _refusal("text that is not JSON") from error
    found = jsonschema.Draft202012Validator(SCHEMA).iter_errors(data)
    wrong = jsonschema.exceptions.best_match(found)
    if wrong is not None:
        place = "/".join(str(part) for part in wrong.absolute_path) or "the document"
        raise _refusal(f"at {place}: {wrong.message[:200]}")
    study = Repeatability(
        photo_ids=tuple(data["photo_ids"]),
        on_face=data["on_face"],
        noise=tuple(_noise(item) for item in data["noise"]),
        left_out=tuple(
            LeftOut(item["photo_id"], item["code"], item["reason"]) for item in data.get("left_out", ())
        ),
        method_version=data["method_version"],
        parameters_sha256=data["parameters_sha256"],
    )
    _check(study)
    return study


def _noise(item: dict[str, Any]) -> OwnNoise:
    contrasts = tuple(float(value) for value in item["contrasts"])
    return OwnNoise(
        item["metric"], item["region"], item["reference"], item["unit"], contrasts, item.get("by_red")
    )


def _check(study: Repeatability) -> None:
    """What a schema cannot say: units, no row twice, no more contrasts than shots can give."""
    known = registry()
    rows = set()
    for item in study.noise:
        row = (item.metric, item.region, item.reference, item.by_red)
        if row in rows:
            raise _refusal(f"{item.metric} in {item.region} twice")
        rows.add(row)
        if item.metric in known and item.unit != known[item.metric].unit:
            raise _refusal(f"{item.metric} in {item.unit}, which is measured in {known[item.metric].unit}")
        if item.df >= study.n_shots or not all(map(math.isfinite, item.contrasts)):
            raise _refusal(f"{item.df} contrasts of {study.n_shots} shots for {item.metric}, {item.region}")


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _refusal(got: str) -> RepeatabilityError:
    return RepeatabilityError(
        "This is not a repeatability study",
        expected="a JSON document as `dermatrend repeatability --out FILE` writes it",
        got=got,
        advice="Make it again: dermatrend repeatability PHOTO PHOTO PHOTO... --out FILE",
    )
