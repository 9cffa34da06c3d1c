"""Databases of a release before this one, for the tests of migrations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Table, column, table, text

from shared.db.engine import WRITES


@contextmanager
def rows_of_every_tenant(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that reads and writes rows of every tenant, as only migrations may."""
    with engine.execution_options(**{WRITES: True}).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT set_config('urakka.tenant_id', '*', true)"))
        yield connection


def insert_of_then(connection: Connection, today: Table, values: Mapping[str, Any]) -> None:
    """Write a row with the columns in `values` alone: today's model has more than the release before it had."""
    columns = (column(name, today.c[name].type) for name in values)
    connection.execute(table(today.name, *columns).insert().values(values))
