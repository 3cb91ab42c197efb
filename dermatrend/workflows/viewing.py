"""What the guarded routes serve: a photo made smaller and stripped, or a stored picture."""

from __future__ import annotations

from dermatrend.access import require
from dermatrend.records import Actor
from dermatrend.workflows.workspace import Workspace

MAX_PX = 4096


def photo_view(ws: Workspace, actor: Actor, photo_id: str, max_px: int = 1600) -> tuple[str, bytes]:
    """A photo for the screen: upright, sRGB, JPEG, at most `max_px` long, nothing of the camera's notes.

    Returns:
        The media type and the bytes.

    Raises:
        NotFound: there is none with this id that the actor may see.
        StoreUnavailable: the folder of the photos is not there.
    """
    require(actor, "view")
    person_id, photo = ws.repository.photo(actor, photo_id)
    data = ws.photos.read(person_id, photo.id)
    return "image/jpeg", ws.pool.thumbnail(data, max(16, min(max_px, MAX_PX)))


def picture(ws: Workspace, actor: Actor, picture_id: str) -> tuple[str, bytes]:
    """An aligned crop or a map of a comparison: the media type and the bytes."""
    require(actor, "view")
    person_id, item = ws.repository.picture(actor, picture_id)
    return item.media_type, ws.photos.read_derived(person_id, item.id)
