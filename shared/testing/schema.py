"""Checks on a migrated database: does it look as the models say, and does it keep tenants apart by itself."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, MetaData, text

from shared.bus import tables as _bus_tables  # noqa: F401 - registers them on INFRASTRUCTURE
from shared.db import tables as _db_tables  # noqa: F401 - registers them on INFRASTRUCTURE
from shared.db.metadata import INFRASTRUCTURE


def schema_differences(engine: Engine, metadata: MetaData) -> list[str]:
    """Return what Alembic would still change to make the database look like the models; empty if nothing."""
    both = MetaData(naming_convention=INFRASTRUCTURE.naming_convention)
    for source in (INFRASTRUCTURE, metadata):
        for table in source.sorted_tables:
            table.to_metadata(both)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = compare_metadata(context, both)
    return [str(one) for one in found if not _is_of_alembic(one)]


def tables_open_to_other_tenants(engine: Engine, metadata: MetaData, tenant_id: str) -> list[str]:
    """Return the tables in which the engine's user, set to `tenant_id`, sees rows of others (PostgreSQL).

    Asks with plain SQL, past the condition of the unit of work. Raises AssertionError if the user is a superuser, whom
    no policy binds, or if no table has any row of the tenant: the check would prove nothing.
    """
    scoped = [table.name for table in metadata.sorted_tables if "tenant_id" in table.columns]
    open_tables, own_rows = [], 0
    with engine.connect() as connection:
        unbound = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        assert not connection.scalar(text(unbound)), "no policy binds this database user"
        for name in scoped:
            connection.execute(text("SELECT set_config('urakka.tenant_id', '', true)"))
            seen = set(connection.scalars(text(f"SELECT tenant_id FROM {name}")))
            connection.execute(text("SELECT set_config('urakka.tenant_id', :tenant, true)"), {"tenant": tenant_id})
            mine = list(connection.scalars(text(f"SELECT tenant_id FROM {name}")))
            own_rows += len(mine)
            if seen or set(mine) - {tenant_id}:
                open_tables.append(name)
        connection.rollback()
    assert own_rows, "no row of the tenant: the check would prove nothing"
    return open_tables


def _is_of_alembic(difference: object) -> bool:
    return isinstance(difference, tuple) and "alembic_version" in str(difference[1:])
