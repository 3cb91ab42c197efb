"""How far a job is: small messages that a worker sends before its answer.

The analysis knows nothing of it. A comparison is given photos that tell when one is taken up, so what is said
are photos read, and then what follows: a bar that moves with the work, not a clock.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

_pipe: BinaryIO | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """How far a job is, sent before its answer."""

    share: float
    stage: str
    """A key of `STAGES`."""


STAGES = {
    "photos": "Reading the photos and finding the skin",
    "compare": "Laying the photos onto each other and measuring",
    "pictures": "Drawing the pictures",
}
"""What the steps of a job are called in words."""

PHOTOS_SHARE, MEASURED_SHARE = 0.5, 0.9
"""Of a comparison: when all photos are read, and when all is measured. Rough, for a bar only."""


class Count:
    """Counts the photos of both sessions, which are read side by side, and reports each once."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._lock = threading.Lock()

    def one_more(self) -> None:
        """Another photo is done."""
        with self._lock:
            self._done += 1
            if self._done < self._total:
                tell(PHOTOS_SHARE * self._done / self._total, "photos")
            elif self._done == self._total:  # later rounds over the photos are not reading them
                tell(PHOTOS_SHARE, "compare")


class Watched(Sequence[bytes]):
    """Photos that tell when one of them is taken up: the one before it is done then."""

    def __init__(self, photos: Sequence[bytes], taken_up: Count) -> None:
        self._photos = photos
        self._taken_up = taken_up

    def __len__(self) -> int:
        return len(self._photos)

    def __getitem__(self, at: Any) -> Any:
        return self._photos[at]

    def __iter__(self) -> Iterator[bytes]:
        for photo in self._photos:
            yield photo
            self._taken_up.one_more()


def listen(pipe: BinaryIO) -> None:
    """Send the steps of this process into the pipe of its answers."""
    global _pipe  # noqa: PLW0603 - one pipe per worker process
    _pipe = pipe


def tell(share: float, stage: str) -> None:
    """Say how far the job is; silent where no pool listens."""
    if _pipe is not None:
        _pipe.write(pickle.dumps(Step(share, stage), protocol=5))
        _pipe.flush()
