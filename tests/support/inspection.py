"""Looking into the services' databases from outside, after a run: nothing pending, waiting or parked, nothing lost."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import text

from deploy.suite import SERVICES
from shared.bus import operations
from shared.crypto import new_key_text
from shared.db import Database, make_engine

ROOT = Path(__file__).resolve().parents[2]


def open_events(database_url: str) -> dict[str, str]:
    """Return what is not settled on the bus of each service (service → figures); empty when nothing is.

    database_url  with `{service}`
    """
    found = {}
    for service in SERVICES:
        engine = make_engine(database_url.replace("{service}", service), pool_size=1)
        try:
            status = operations.status(Database(engine))
            if status.pending or status.consumers:
                parked = [f"{event.type}: {event.error}" for event in operations.list_parked(Database(engine))]
                found[service] = f"pending {status.pending}, open {status.consumers}, parked {parked[:3]}"
        finally:
            engine.dispose()
    return found


def rows_of(database_url: str, service: str, query: str, **parameters: Any) -> list[Mapping[str, Any]]:
    """Run a query on one service's database, over all tenants, and return its rows."""
    engine = make_engine(database_url.replace("{service}", service), pool_size=1)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT set_config('urakka.tenant_id', '*', true)"))
            return [dict(row) for row in connection.execute(text(query), parameters).mappings()]
    finally:
        engine.dispose()


def contents(database_url: str) -> dict[str, tuple[int, str]]:
    """Return service.table → number of rows and a digest of all of them, over all services and tenants."""
    found = {}
    for service in SERVICES:
        for table in _tables(database_url, service):
            rows = sorted(
                repr(sorted(row.items())) for row in rows_of(database_url, service, f'SELECT * FROM "{table}"')
            )
            found[f"{service}.{table}"] = (len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest())
    return found


def _tables(database_url: str, service: str) -> list[str]:
    names = (
        "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
        if database_url.startswith("postgresql")
        else "SELECT name FROM sqlite_master WHERE type = 'table'"
    )
    return [str(row["name"]) for row in rows_of(database_url, service, names)]


def broken_invariants(service: str, database_url: str) -> str:
    """Run `python -m services.X check`; returns "" if it ends with status 0, else what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", f"services.{service}", "check"],
        cwd=ROOT,
        env={**os.environ, "URAKKA_SECRET_KEY": new_key_text(), "URAKKA_DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr
