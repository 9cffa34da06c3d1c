"""Bringing a service's database to the newest schema; several starting processes may do it at once."""

from __future__ import annotations

import importlib
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from shared.db.engine import WRITES

_ENVIRONMENT = Path(__file__).parent / "alembic_env"
_LOCK_WAIT_S = 60


def upgrade(engine: Engine, service: str, revision: str = "head") -> bool:
    """Run the migrations of `services.<service>` that the database lacks, up to `revision`; returns whether any ran.

    One transaction for all of them, under a lock that belongs to it: an advisory lock on PostgreSQL, SQLite's own
    write lock otherwise. Whoever comes second waits up to a minute, then finds nothing left to do.
    """
    config = _config(service)
    head = ScriptDirectory.from_config(config).get_current_head()
    writer = engine.execution_options(**{WRITES: True})
    with writer.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_WAIT_S}s'"))
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(
                text("SELECT pg_advisory_xact_lock(hashtextextended(:lock, 0))"),
                {"lock": f"migrate:{service}"},
            )
        if MigrationContext.configure(connection).get_current_revision() == head:
            return False
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    return True


def pending(engine: Engine, service: str) -> bool:
    """Say whether the database lacks migrations (used by the readiness check)."""
    head = ScriptDirectory.from_config(_config(service)).get_current_head()
    reader = engine.execution_options(**{WRITES: False})
    with reader.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() != head


def _config(service: str) -> Config:
    package = importlib.import_module(f"services.{service}.migrations.versions")
    config = Config()
    config.set_main_option("script_location", str(_ENVIRONMENT))
    config.set_main_option("version_locations", str(Path(package.__path__[0])))
    config.set_main_option("path_separator", "newline")
    return config
