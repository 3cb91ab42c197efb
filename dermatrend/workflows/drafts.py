"""A photo that is not stored yet, made ready to be drawn on."""

from __future__ import annotations

from dermatrend.access import require
from dermatrend.records import Actor
from dermatrend.workflows.workspace import Workspace


def draft_view(ws: Workspace, actor: Actor, data: bytes, max_px: int = 1600) -> tuple[bytes, int, int]:
    """A photo for drawing regions on, before its course exists. Nothing is stored.

    Returns:
        An upright sRGB JPEG without metadata, at most `max_px` long, and the width and height in px of
        the full upright photo, in whose pixels regions are given.

    Raises:
        PhotoError: the photo cannot be read.
    """
    require(actor, "add_photos")
    return ws.pool.submit(_draft, data, max_px).result()


def _draft(data: bytes, max_px: int) -> tuple[bytes, int, int]:
    # Runs in a worker process: the bytes are not trusted.
    from analysis.decode import decode
    from dermatrend.pictures import encode_photo

    pixels = decode(data).pixels
    height, width = pixels.shape[:2]
    return encode_photo(pixels, max_px).data, width, height
