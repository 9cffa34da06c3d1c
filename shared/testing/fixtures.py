"""pytest fixtures that every test may use; the root `conftest.py` loads this module as a plugin."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine

from shared.db import make_engine
from shared.testing.logs import logged, logging_unchanged
from shared.testing.servers import amqp_server, temporary_database, temporary_topology
from shared.testing.waiting import ManualClock

# Properties have no time limit per example, which a busy machine would break by chance.
settings.register_profile("urakka", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("urakka")


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """A command under test sets up logging for its whole process; no other test may notice."""
    with logging_unchanged():
        yield


@pytest.fixture
def manual_clock() -> ManualClock:
    """A clock that the test moves."""
    return ManualClock()


@pytest.fixture
def everything_logged() -> Iterator[io.StringIO]:
    """All that is logged during the test, by us and by libraries."""
    with logged(libraries=logging.DEBUG) as stream:
        yield stream


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of a new SQLite database file."""
    return f"sqlite:///{tmp_path}/test.sqlite"


@pytest.fixture
def sqlite_engine(sqlite_url: str) -> Iterator[Engine]:
    """An engine on a new SQLite database file, without tables."""
    engine = make_engine(sqlite_url)
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """The address of a new, empty PostgreSQL database; dropped after the test."""
    with temporary_database() as url:
        yield url


@pytest.fixture
def postgres_engine(postgres_url: str) -> Iterator[Engine]:
    """An engine on a new PostgreSQL database, without tables."""
    engine = make_engine(postgres_url)
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_database_url(request: pytest.FixtureRequest) -> str:
    """The address of a new database; the test runs once on each kind."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
def any_engine(any_database_url: str) -> Iterator[Engine]:
    """An engine on a new database without tables; the test runs once on each kind."""
    engine = make_engine(any_database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def amqp_url() -> str:
    """The address of the test broker."""
    return amqp_server()


@pytest.fixture
def bus_prefix() -> Iterator[str]:
    """A prefix under which the product's whole topology is declared for this test; deleted after it."""
    with temporary_topology() as prefix:
        yield prefix
