"""Databases of whole suites: one for each service, all thrown away together."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from deploy.suite import SERVICES
from shared.testing.servers import database_server


@contextmanager
def service_databases() -> Iterator[str]:
    """Give an address with `{service}` in it: a new, empty PostgreSQL database for each service.

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
        address = server.set(database="SUITE", username=name, password=name).render_as_string(hide_password=False)
        yield address.replace("SUITE", f"{name}_{{service}}")
    finally:
        with admin.connect() as connection:
            for database in databases:
                connection.execute(text(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)"))
            connection.execute(text(f"DROP ROLE IF EXISTS {name}"))
        admin.dispose()
