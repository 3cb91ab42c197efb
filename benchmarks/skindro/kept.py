"""What repeats from photo to photo of one person is made once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

T = TypeVar("T")


class Kept:
    """The results that were used last, by key.

    >>> kept = Kept(2)
    >>> [kept.get(key, lambda: len(kept)) for key in "aba"], [kept.get(key, lambda: 9) for key in "cab"]
    ([0, 1, 0], [9, 0, 9])
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._results: dict[Hashable, object] = {}

    def __len__(self) -> int:
        return len(self._results)

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gave for this key, which must say everything that `make` depends on."""
        found = self._results.pop(key) if key in self._results else make()
        self._results[key] = found
        if len(self._results) > self._most:
            self._results.pop(next(iter(self._results)))
        return found  # type: ignore[return-value]  # one key is always asked for by one `make`
