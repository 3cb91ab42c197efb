"""The open store and the worker pool: what every workflow works in."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING

from dermatrend.records import LOCAL_ACTOR, Actor
from dermatrend.storage import database
from dermatrend.storage.errors import StoreUnavailable
from dermatrend.storage.migrate import BACKUP_FOLDER, migrate
from dermatrend.storage.photo_store import SETTLED_AFTER_S, Marked, PhotoStore
from dermatrend.storage.repository import Repository

if TYPE_CHECKING:
    from dermatrend.settings import Settings
    from dermatrend.workers import WorkerPool


class Workspace:
    """Settings, database, photos and the pool, opened together. Safe to share between threads.

    >>> import tempfile, pathlib
    >>> from dermatrend.settings import Settings
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with Workspace.open(Settings(data_dir=pathlib.Path(folder))) as workspace:
    ...         workspace.repository.people(workspace.LOCAL_ACTOR)
    []
    """

    LOCAL_ACTOR: Actor = LOCAL_ACTOR

    def __init__(
        self,
        settings: Settings,
        repository: Repository,
        photos: PhotoStore,
        *,
        read_only: bool = False,
        pool: WorkerPool | None = None,
    ) -> None:
        self.settings = settings
        self.repository = repository
        self.photos = photos
        self.read_only = read_only
        self._pool = pool
        self._lock = threading.Lock()
        self._measuring: dict[str, threading.Lock] = {}

    @classmethod
    def open(
        cls,
        settings: Settings,
        read_only: bool = False,
        *,
        pool: WorkerPool | None = None,
        settled_after_s: float = SETTLED_AFTER_S,
    ) -> Workspace:
        """Open the store, bring its database up to date, and finish what a crash interrupted.

        Args:
            settings: where things are.
            read_only: change nothing, neither database nor photos.
            pool: a worker pool to use; without one, it is started when the first photo needs it.
            settled_after_s: leave alone what another process may still be writing, by its age.

        Raises:
            StoreTooNew: the database was made by a newer version.
            StoreUnavailable: read-only and there is nothing yet, or the folder cannot be used.
        """
        url = database.sqlite_url(settings.data_dir)
        if settings.database_url:
            url = database.parse_url(settings.database_url)
        if read_only and url.get_backend_name() == "sqlite" and not _exists(url.database):
            raise StoreUnavailable(
                "There is no store to read",
                expected="a database that was made before",
                got="no file",
                advice="Start the app once, or correct the setting of the data folder",
            )
        if not read_only:
            settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        engine = database.make_engine(url, read_only=read_only)
        try:
            migrate(engine, backups=settings.data_dir / BACKUP_FOLDER, allowed=not read_only)
            repository = Repository(engine)
            photos = PhotoStore(settings.data_dir / "photos")
            store_id = repository.store_id()
            if store_id is None and not read_only:
                store_id = repository.put_store_id(photos.create)
            if store_id is None or not photos.belongs_to(store_id):
                # The disk with the photos may just not be there: look, but change nothing.
                read_only = True
            workspace = cls(settings, repository, photos, read_only=read_only, pool=pool)
            if not read_only:
                workspace._finish_interrupted(settled_after_s)
        except BaseException:
            engine.dispose()
            raise
        return workspace

    @property
    def pool(self) -> WorkerPool:
        """The worker pool, started at first use."""
        with self._lock:
            if self._pool is None:
                from dermatrend.workers import WorkerPool

                self._pool = WorkerPool(self.settings)
            return self._pool

    def require_writable(self) -> None:
        """Pass, or refuse before anything is changed.

        Raises:
            StoreUnavailable: opened for reading only, or the folder of the photos is not the right one.
        """
        if self.read_only:
            raise StoreUnavailable(
                "The store can only be read at the moment",
                expected="the folder of the photos that belongs to this database",
                got="no such folder, or a store opened for reading only",
                advice="Connect the disk with the photos and start again; nothing was changed",
            )

    @contextmanager
    def measuring(self, key: str) -> Iterator[None]:
        """Let one thread at a time make the result with this key: the next one finds it stored."""
        with self._lock:
            lock = self._measuring.setdefault(key, threading.Lock())
        with lock:
            yield

    def close(self) -> None:
        """Stop the workers and close the database. Closing again does nothing."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()
        self.repository.engine.dispose()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _finish_interrupted(self, settled_after_s: float) -> None:
        unfinished = set(self.repository.erasures_to_finish())
        for person_id in unfinished | (self.repository.erased_people() & self.photos.people()):
            self.photos.erase(person_id)
            self.repository.finish_erasure(person_id)
        for marked in self.photos.unsettled(older_than_s=settled_after_s):
            self.settle(marked.person_id, marked.sha256)

    def settle(self, person_id: str, photo_id: str) -> None:
        """End what was begun with a photo's file: it stays where a row names it, and goes otherwise."""
        keep = self.repository.names_photo(person_id, photo_id)
        self.photos.settle(Marked(person_id, photo_id), keep=keep)


def _exists(path: str | None) -> bool:
    from pathlib import Path

    return path is not None and Path(path).is_file()
