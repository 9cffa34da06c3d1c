"""One relay per service database: whoever holds the lock leads.

A leader that loses its database connection loses the lock at once, while its last batch may still be on
the wire: for a moment two relays may publish the same rows. Consumers tolerate that (inbox, versions).
"""

from __future__ import annotations

import fcntl
import threading
from pathlib import Path
from typing import IO, Protocol

import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

_log = structlog.get_logger(module=__name__)


class Leadership(Protocol):
    """The right to do something alone."""

    def hold(self) -> bool:
        """Try to get the right, or make sure that it is still ours; says whether it is."""
        ...

    def release(self) -> None:
        """Give it back; safe to call without holding it."""
        ...


def leadership(engine: Engine, name: str) -> Leadership:
    """Return the lock called `name` (e.g. `outbox:billing`) of a database."""
    if engine.dialect.name == "postgresql":
        return PostgresLeadership(engine, name)
    return FileLeadership(engine.url.database, name)


class PostgresLeadership:
    """A session-level advisory lock on a connection of its own.

    The connection must not go through a pooler in transaction mode, which would give the lock to a stranger.
    """

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._name = name
        self._connection: Connection | None = None

    def hold(self) -> bool:
        """See `Leadership.hold`; False too while the database cannot be reached."""
        try:
            if self._connection is not None:
                self._connection.execute(text("SELECT 1"))
                return True
            return self._try()
        except SQLAlchemyError as error:
            _log.warning("leader.lost", lock=self._name, error=type(error).__name__)
            self._drop()
            return False

    def release(self) -> None:
        """See `Leadership.release`. Closing the session alone would free the lock too, but some time
        later."""
        try:
            if self._connection is not None:
                self._connection.execute(
                    text("SELECT pg_advisory_unlock(hashtextextended(:name, 0))"), {"name": self._name}
                )
        except SQLAlchemyError as error:
            _log.debug("leader.unlock_failed", lock=self._name, error=type(error).__name__)
        self._drop()

    def _try(self) -> bool:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            statement = text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))")
            got = bool(connection.execute(statement, {"name": self._name}).scalar_one())
        except BaseException:
            connection.invalidate()
            connection.close()
            raise
        if got:
            connection.detach()
            self._connection = connection
        else:
            connection.close()
        return got

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.close()
        except SQLAlchemyError:
            _log.debug("leader.close_failed", lock=self._name)


class FileLeadership:
    """A lock file beside an SQLite database; a lock of this process for a database in memory."""

    _in_memory: dict[str, threading.Lock] = {}

    def __init__(self, database: str | None, name: str) -> None:
        self._path = Path(f"{database}.{name.replace(':', '-')}.lock") if _is_file(database) else None
        self._name = f"{database}:{name}"
        self._file: IO[str] | None = None
        self._held: threading.Lock | None = None

    def hold(self) -> bool:
        """See `Leadership.hold`."""
        if self._file is not None or self._held is not None:
            return True
        return self._lock_memory() if self._path is None else self._lock_file(self._path)

    def release(self) -> None:
        """See `Leadership.release`."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._held is not None:
            self._held.release()
            self._held = None

    def _lock_file(self, path: Path) -> bool:
        file = path.open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        self._file = file
        return True

    def _lock_memory(self) -> bool:
        lock = self._in_memory.setdefault(self._name, threading.Lock())
        if not lock.acquire(blocking=False):
            return False
        self._held = lock
        return True


def _is_file(database: str | None) -> bool:
    return bool(database) and database != ":memory:"
