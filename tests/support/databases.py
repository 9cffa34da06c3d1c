"""Databases of whole suites: one for each service, all thrown away together."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url

from deploy.suite import SERVICES
from shared.testing.servers import database_server


@dataclass(frozen=True, slots=True)
class ServiceDatabases:
    """Addresses with `{service}` in them.

    url        as the services log in
    admin_url  as the server's owner: sees all tenants, and gets a connection when the services have taken all others
    """

    url: str
    admin_url: str


@contextmanager
def service_databases() -> Iterator[ServiceDatabases]:
    """Give a new, empty PostgreSQL database for each service.

    Each run has an owner of its own, an ordinary role, for row-level security does not bind a superuser. Databases and
    role are dropped at the end, whoever is connected.
    """
    server = make_url(database_server())
    name = f"urakka_suite_{secrets.token_hex(5)}"
    databases = [f"{name}_{service}" for service in SERVICES]
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with admin.connect() as connection:
            connection.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD '{name}'"))
            for database in databases:
                connection.execute(text(f"CREATE DATABASE {database} OWNER {name}"))
        owned = server.set(username=name, password=name)
        yield ServiceDatabases(_address(owned, name), _address(server, name))
    finally:
        with admin.connect() as connection:
            for database in databases:
                connection.execute(text(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)"))
            connection.execute(text(f"DROP ROLE IF EXISTS {name}"))
        admin.dispose()


def _address(server: URL, name: str) -> str:
    return server.set(database=f"{name}_SERVICE").render_as_string(hide_password=False).replace("SERVICE", "{service}")
