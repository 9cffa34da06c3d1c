"""Where the books are kept: nowhere but memory, or written through to an SQLite file.

A record is `(simulator, company, kind, key) -> JSON object`. The simulators hold everything in memory and
call `save` before they answer, so what a client was told survives a killed process.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

Record = tuple[str, str, int, dict[str, Any]]


class Store(Protocol):
    """Keeps records; implementations are thread-safe."""

    def save(self, simulator: str, company: str, kind: str, key: int, value: dict[str, Any]) -> None:
        """Insert or replace one record."""

    def drop(self, simulator: str, company: str) -> None:
        """Forget every record of a company."""

    def load(self, simulator: str) -> Iterator[Record]:
        """Every record of a simulator as (company, kind, key, value), by kind and key; Decimals for numbers."""


class MemoryStore:
    """Keeps nothing: the simulators' own memory is the only copy."""

    def save(self, simulator: str, company: str, kind: str, key: int, value: dict[str, Any]) -> None:
        """Do nothing."""

    def drop(self, simulator: str, company: str) -> None:
        """Do nothing."""

    def load(self, simulator: str) -> Iterator[Record]:
        """Nothing was kept."""
        return iter(())


class SqliteStore:
    """Keeps records in one SQLite file, committed per record.

    synchronous=NORMAL with WAL: a killed process loses nothing, a power cut may lose the last records. That is
    enough for a sandbox and keeps a save well under a millisecond.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS record (simulator TEXT NOT NULL, company TEXT NOT NULL,"
            " kind TEXT NOT NULL, key INTEGER NOT NULL, value TEXT NOT NULL,"
            " PRIMARY KEY (simulator, company, kind, key)) WITHOUT ROWID"
        )

    def save(self, simulator: str, company: str, kind: str, key: int, value: dict[str, Any]) -> None:
        """Insert or replace one record, committed when this returns."""
        text = json.dumps(value, default=to_json, ensure_ascii=False)
        with self._lock:
            self._connection.execute(
                "INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?)", (simulator, company, kind, key, text)
            )

    def drop(self, simulator: str, company: str) -> None:
        """Delete every record of a company."""
        with self._lock:
            self._connection.execute("DELETE FROM record WHERE simulator = ? AND company = ?", (simulator, company))

    def load(self, simulator: str) -> Iterator[Record]:
        """Every record of a simulator, by company, kind and key."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT company, kind, key, value FROM record WHERE simulator = ? ORDER BY company, kind, key",
                (simulator,),
            ).fetchall()
        for company, kind, key, value in rows:
            yield company, kind, key, json.loads(value, parse_float=Decimal)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()


def open_store(path: Path | None) -> Store:
    """The store for a path, or the one that keeps nothing."""
    return MemoryStore() if path is None else SqliteStore(path)


def to_json(value: object) -> Any:
    """`default` for json.dumps: decimals as numbers, dates as ISO text."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"cannot write {type(value).__name__} as JSON")
