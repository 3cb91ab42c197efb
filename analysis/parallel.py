"""Two independent steps at the same time: OpenCV, NumPy and Pillow let go of the interpreter while they work.

Only where a step costs tens of milliseconds. Where OpenCV was told to use one thread (a pool of worker
processes, one a core), the steps run one after the other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import cv2

A = TypeVar("A")
B = TypeVar("B")

_helper = ThreadPoolExecutor(max_workers=1, thread_name_prefix="analysis")
_inside = threading.local()


def both(first: Callable[[], A], second: Callable[[], B]) -> tuple[A, B]:
    """The results of two calls that do not depend on each other.

    An error of the first is raised before one of the second, as if they had run in that order. Inside one
    of two such steps another pair runs in order: the helper thread never waits for itself.

    >>> both(lambda: 1, lambda: "a")
    (1, 'a')
    """
    if cv2.getNumThreads() == 1 or getattr(_inside, "busy", False):
        return first(), second()
    later = _helper.submit(_marked, second)
    try:
        _inside.busy = True
        one = first()
    finally:
        _inside.busy = False
        later.exception()  # waits: nothing of this pair outlives it
    return one, later.result()


def _marked(step: Callable[[], B]) -> B:
    _inside.busy = True
    return step()
