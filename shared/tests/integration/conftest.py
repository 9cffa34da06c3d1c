"""Databases with the tables of things: one PostgreSQL database for the whole run, emptied before each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, inspect, text

from shared.db import Database, make_engine
from shared.testing.servers import temporary_database
from shared.tests.things import create_tables


@pytest.fixture(scope="session")
def _things_postgres() -> Iterator[Engine]:
    with temporary_database("things") as url:
        engine = make_engine(url, pool_size=20)
        create_tables(engine)
        yield engine
        engine.dispose()


@pytest.fixture
def postgres_things(_things_postgres: Engine) -> Engine:
    """PostgreSQL with the tables of things, all empty."""
    with _things_postgres.begin() as connection:
        tables = ", ".join(inspect(connection).get_table_names())
        connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY"))
    return _things_postgres


@pytest.fixture
def sqlite_things(sqlite_url: str) -> Iterator[Engine]:
    """SQLite with the tables of things, all empty."""
    engine = make_engine(sqlite_url, pool_size=20)
    create_tables(engine)
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def things_engine(request: pytest.FixtureRequest) -> Engine:
    """A database with the tables of things; the test runs once on each kind."""
    engine: Engine = request.getfixturevalue("sqlite_things" if request.param == "sqlite" else "postgres_things")
    return engine


@pytest.fixture
def database(things_engine: Engine) -> Database:
    """A database without an outbox; the test runs once on each kind."""
    return Database(things_engine)
