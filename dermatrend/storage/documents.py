"""Frozen records to JSON text and back, faithfully.

Writing is `analysis.records.as_json`; this is the way back. JSON knows no NaN: could-not-measure is written
as null, and null read into a plain `float` is NaN again. Unknown fields are refused rather than dropped.
"""

from __future__ import annotations

import hashlib
import json
import math
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import numpy as np

from analysis.records import as_json

Record = TypeVar("Record")


def dumps(record: Any) -> str:
    """A record, or plain JSON types, as compact JSON with sorted keys: equal records give equal text."""
    return json.dumps(as_json(record), sort_keys=True, separators=(",", ":"), allow_nan=False)


def loads(kind: type[Record], text: str) -> Record:
    """A record of `kind` from what `dumps` wrote.

    Raises:
        ValueError: where the text does not hold such a record.

    >>> from analysis.records import Gate
    >>> gate = loads(Gate, dumps(Gate("blur", "texture", float("nan"), 0.12, "ok")))
    >>> gate.limit, gate.value
    (0.12, nan)
    """
    return cast(Record, _build(kind, json.loads(text)))


def digest(*parts: Any) -> str:
    """sha256 over records or JSON values: the key under which a result of exactly these inputs is kept."""
    return hashlib.sha256(dumps(list(parts)).encode()).hexdigest()


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _build(kind: Any, data: Any) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any or origin is Literal:
        return data
    if origin in (Union, types.UnionType):
        if data is None:
            return None
        (only,) = (option for option in inner if option is not types.NoneType)
        return _build(only, data)
    if kind is float:
        return math.nan if data is None else float(data)
    if is_dataclass(kind) and isinstance(kind, type):
        return _build_record(kind, data)
    if origin is np.ndarray:
        return _build_array(inner, data)
    if origin is tuple:
        return _build_tuple(inner, data)
    if origin is not None and issubclass(origin, Mapping):
        return {key: _build(inner[1], value) for key, value in data.items()}
    if isinstance(kind, type) and isinstance(data, kind):
        return data
    raise ValueError(f"cannot read {type(data).__name__} as {kind}")


def _build_record(kind: type, data: Any) -> Any:
    if not isinstance(data, Mapping):
        raise ValueError(f"cannot read {type(data).__name__} as {kind.__name__}")
    names = {item.name for item in fields(kind)}
    if unknown := set(data) - names:
        raise ValueError(f"{kind.__name__} has no field {sorted(unknown)[0]!r}")
    hints = _hints(kind)
    return kind(**{name: _build(hints[name], value) for name, value in data.items()})


def _build_tuple(inner: tuple[Any, ...], data: Any) -> tuple[Any, ...]:
    if len(inner) == 2 and inner[1] is Ellipsis:
        return tuple(_build(inner[0], value) for value in data)
    return tuple(_build(kind, value) for kind, value in zip(inner, data, strict=True))


def _build_array(inner: tuple[Any, ...], data: Any) -> Any:
    # NDArray[T] is ndarray[shape, dtype[T]]. Where the record leaves T open, JSON numbers are float32 maps.
    kind = get_args(inner[1])[0]
    array = np.array(data, dtype=None if kind is Any else kind)
    if kind is Any and array.dtype.kind in "fi":
        array = array.astype(np.float32)
    array.setflags(write=False)
    return array
