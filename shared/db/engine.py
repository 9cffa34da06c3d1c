"""Engines for the two databases that Urakka runs on."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url

WRITES = "urakka_writes"
"""Execution option: this transaction is going to write, so SQLite takes its write lock at once."""

SQLITE_BUSY_MS = 10_000
_WAL_PAUSE_S = 0.01


def make_engine(url: str, *, pool_size: int = 10) -> Engine:
    """Return an engine for a `sqlite:///…` or `postgresql+psycopg://…` address; connects to nothing yet.

    SQLite: WAL, foreign keys on, and `BEGIN IMMEDIATE` for transactions with the option `WRITES`. The driver's own
    transaction handling is off: it begins none before a SELECT, so read-then-write would be unprotected
    (messaging.md 13).
    PostgreSQL: connections are given up after half an hour, and every statement has a limit. Whether a pooled one still
    lives is found by the unit of work, whose first statement can be repeated: a ping would be one more transaction.
    Errors of statements carry no values: they end up in the log.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(
            parsed,
            connect_args={"check_same_thread": False, "timeout": SQLITE_BUSY_MS / 1000},
            pool_size=pool_size,
            max_overflow=pool_size,
            hide_parameters=True,
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(
        parsed,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_recycle=1800,
        pool_timeout=10,
        hide_parameters=True,
        connect_args={
            "connect_timeout": 5,
            "options": "-c statement_timeout=30000 -c lock_timeout=10000 "
            "-c idle_in_transaction_session_timeout=60000 -c timezone=UTC",
        },
    )


def _prepare_sqlite(raw: Any, _record: Any) -> None:
    raw.isolation_level = None
    cursor = raw.cursor()
    cursor.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_MS}")
    _switch_to_wal(cursor)
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _switch_to_wal(cursor: sqlite3.Cursor) -> None:
    """Set write-ahead logging; raises sqlite3.OperationalError if the file stays locked for the busy time.

    The first switch needs the file alone for a moment. Where two connections come at that moment, SQLite sees a
    deadlock and refuses one at once, whatever its busy time; so it is tried again here.
    """
    deadline = time.monotonic() + SQLITE_BUSY_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
        time.sleep(_WAL_PAUSE_S)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, True)
    connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writes else 'ON'}")  # PostgreSQL has READ ONLY for it
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
