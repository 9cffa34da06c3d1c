"""Several starting processes migrate at once; one does it, the others wait and find it done."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text

from shared.db import make_engine, migrate
from shared.db.engine import WRITES
from shared.testing.waiting import eventually
from shared.tests.things import at_once

SERVICE = "identity"
ROOT = Path(__file__).parents[3]
_LIMIT_S = 180


def test_four_threads_at_once(any_database_url: str) -> None:
    engines = [make_engine(any_database_url) for _ in range(4)]
    try:
        did_it = at_once(4, lambda number: migrate.upgrade(engines[number], SERVICE))
        tables = inspect(engines[0]).get_table_names()
    finally:
        for engine in engines:
            engine.dispose()

    assert sorted(did_it) == [False, False, False, True]
    assert {"users", "outbox", "audit_log", "alembic_version"} <= set(tables)


def test_four_processes_at_once(any_database_url: str) -> None:
    environment = {**os.environ, "URAKKA_DATABASE_URL": any_database_url, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", f"services.{SERVICE}", "migrate"]
    running = [
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    answers = [process.communicate(timeout=_LIMIT_S) for process in running]

    assert [process.returncode for process in running] == [0, 0, 0, 0], answers
    said = sorted(out.strip() for out, _ in answers)
    assert said == [f"{SERVICE}: already up to date"] * 3 + [f"{SERVICE}: migrated"]


def test_a_migration_waits_for_one_that_runs(any_engine: Engine) -> None:
    done: list[bool] = []
    thread = threading.Thread(target=lambda: done.append(migrate.upgrade(any_engine, SERVICE)))
    with any_engine.execution_options(**{WRITES: True}).begin() as connection:
        if any_engine.dialect.name == "postgresql":
            lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:lock, 0))")
            connection.execute(lock, {"lock": f"migrate:{SERVICE}"})
        thread.start()
        thread.join(0.3)
        assert thread.is_alive(), "it did not wait"
    thread.join(_LIMIT_S)

    assert done == [True]


def test_a_migration_that_fails_leaves_nothing(any_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_tables: list[str]) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("shared.db.migration_parts.enable_row_level_security", fail)
    with pytest.raises(ZeroDivisionError):
        migrate.upgrade(any_engine, SERVICE)

    assert inspect(any_engine).get_table_names() == []
    assert migrate.pending(any_engine, SERVICE) is True
    monkeypatch.undo()
    assert migrate.upgrade(any_engine, SERVICE) is True


def test_many_connections_may_open_a_new_sqlite_file_at_once(tmp_path: Path) -> None:
    """Switching a file to WAL needs it alone for a moment; whoever comes at that moment has to wait, not to fail."""
    for number in range(10):
        engines = [make_engine(f"sqlite:///{tmp_path}/{number}.sqlite") for _ in range(8)]

        def use(which: int, engines: list[Engine] = engines) -> str:
            with engines[which].begin() as connection:
                return str(connection.execute(text("PRAGMA journal_mode")).scalar())

        assert at_once(8, use) == ["wal"] * 8
        for engine in engines:
            engine.dispose()


def test_whether_something_is_pending_can_be_asked_of_an_empty_database(any_engine: Engine) -> None:
    assert migrate.pending(any_engine, SERVICE) is True
    migrate.upgrade(any_engine, SERVICE)
    assert eventually(lambda: migrate.pending(any_engine, SERVICE) is False)
