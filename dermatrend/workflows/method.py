"""What every stored result depends on beside its photos: the method's version and its constants."""

from __future__ import annotations

from typing import Final

from analysis import constants
from analysis.records import METHOD_VERSION
from dermatrend.storage import documents

_CONSTANTS = [f"{name} {value!r}" for name, value in vars(constants).items() if name.isupper()]
METHOD: Final = documents.digest("method", METHOD_VERSION, _CONSTANTS)
"""Part of the key of everything stored: a constant that is derived anew makes every result anew."""
