"""The servers that tests use, and throw-away databases and broker names on them."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import pika
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from shared.bus.rabbitmq import connection_parameters
from shared.bus.topology import Topology, apply, default_topology, remove


def database_server() -> str:
    """Return the address of a PostgreSQL database whose server tests may fill
    (`URAKKA_TEST_DATABASE_URL`)."""
    return os.environ.get("URAKKA_TEST_DATABASE_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")


def amqp_server() -> str:
    """Return the address of a RabbitMQ that tests may use (`URAKKA_TEST_AMQP_URL`)."""
    return os.environ.get("URAKKA_TEST_AMQP_URL", "amqp://guest:guest@127.0.0.1:5672/")


_OWNER = "urakka_test"
_ENSURE_OWNER = f"""
DO $$ BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('{_OWNER}', 0));
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{_OWNER}') THEN
        CREATE ROLE {_OWNER} LOGIN PASSWORD '{_OWNER}';
    END IF;
END $$
"""


@contextmanager
def temporary_database(label: str = "t") -> Iterator[str]:
    """Give the address of a new, empty PostgreSQL database; it is dropped at the end, whoever is
    connected.

    Its owner, as whom the address logs in, is an ordinary role: a superuser would not be bound by
    row-level security.
    """
    server = make_url(database_server())
    name = f"urakka_{label}_{secrets.token_hex(5)}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with admin.connect() as connection:
            connection.execute(text(_ENSURE_OWNER))
            connection.execute(text(f'CREATE DATABASE "{name}" OWNER {_OWNER}'))
        yield server.set(database=name, username=_OWNER, password=_OWNER).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        admin.dispose()


@contextmanager
def broker_connection() -> Iterator[pika.BlockingConnection]:
    """Give a plain blocking connection to the test broker."""
    connection = pika.BlockingConnection(connection_parameters(amqp_server(), "test"))
    try:
        yield connection
    finally:
        if connection.is_open:
            connection.close()


@contextmanager
def temporary_topology(topology: Topology | None = None) -> Iterator[str]:
    """Declare a topology under a prefix that nobody else has, give the prefix, delete everything at the
    end."""
    layout = topology or default_topology()
    prefix = f"test-{secrets.token_hex(5)}."
    try:
        with broker_connection() as connection:
            apply(connection, layout, prefix)
        yield prefix
    finally:
        with broker_connection() as connection:
            remove(connection, layout, prefix)
