"""What the store can refuse."""

from __future__ import annotations

from analysis.errors import AnalysisError


class StoreError(AnalysisError):
    """The store cannot do this."""

    code = "store"


class NotFound(StoreError):
    """No such record, or none that this actor may see: the two look the same on purpose."""

    code = "not_found"

    @classmethod
    def of(cls, what: str) -> NotFound:
        """The refusal for one kind of record, such as "person"."""
        return cls(
            f"There is no such {what}",
            expected=f"the id of a {what} that you may see",
            got="an id that leads nowhere",
            advice="Go back to the list; it may have been removed meanwhile",
        )


class StoreTooNew(StoreError):
    """The database was made by a newer version."""

    code = "store_too_new"


class StoreUnavailable(StoreError):
    """The folder of the photos is not there, or may not be written."""

    code = "store_unavailable"


class DamagedOriginal(StoreError):
    """A stored file no longer has the content it was stored with."""

    code = "damaged_original"


class AlreadyStored(StoreError):
    """This photo is in another session of the course."""

    code = "already_stored"
