"""Pictures of photos that are not stored: drawn on, or refused. A few, in memory, re-encoded and small."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from threading import Lock

MAX_DRAFTS = 48
"""The oldest goes first, so forgotten pages cannot fill the memory."""

_lock = Lock()
_drafts: OrderedDict[str, bytes] = OrderedDict()


def put(jpeg: bytes) -> str:
    """Keep a re-encoded picture; returns the id for `/draft/{id}`.

    >>> get(put(b"picture"))
    b'picture'
    """
    draft_id = secrets.token_urlsafe(18)
    with _lock:
        _drafts[draft_id] = jpeg
        while len(_drafts) > MAX_DRAFTS:
            _drafts.popitem(last=False)
    return draft_id


def get(draft_id: str) -> bytes:
    """The picture of this id.

    Raises:
        KeyError: it is not there, or not any more.
    """
    with _lock:
        return _drafts[draft_id]
