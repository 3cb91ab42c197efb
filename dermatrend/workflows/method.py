"""What every stored result depends on beside its photos: the method's version, constants and limits."""

from __future__ import annotations

from typing import Final

from analysis import constants
from analysis.quality import LIMITS
from analysis.records import METHOD_VERSION
from dermatrend.storage import documents

_CONSTANTS = [f"{name} {value!r}" for name, value in vars(constants).items() if name.isupper()]
_LIMITS = [f"{name} {family} {limit.warn!r} {limit.refuse!r}" for (name, family), limit in LIMITS.items()]
METHOD: Final = documents.digest("method", METHOD_VERSION, _CONSTANTS, _LIMITS)
"""Part of the key of everything stored: a constant or limit derived anew makes every result anew."""
