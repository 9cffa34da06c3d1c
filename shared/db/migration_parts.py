"""Parts of migrations that all services share. Each part is frozen once released: a change is a new part."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

from shared.bus import migration as bus_migration
from shared.db.types import Json, UtcDateTime

_POLICY = """
CREATE POLICY {table}_tenant ON {table}
USING (tenant_id = current_setting('urakka.tenant_id', true) OR current_setting('urakka.tenant_id', true) = '*')
WITH CHECK (tenant_id = current_setting('urakka.tenant_id', true) OR current_setting('urakka.tenant_id', true) = '*')
"""


def create_infrastructure_v1() -> None:
    """Create audit_log, creations, number_series and the tables of the bus."""
    big_identity = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "audit_log",
        sa.Column("id", big_identity, sa.Identity(), nullable=False),
        sa.Column("tenant_id", sa.String(36), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("entity", sa.String(60), nullable=False),
        sa.Column("entity_id", sa.String(80), nullable=False),
        sa.Column("changes", Json, nullable=False),
        sa.Column("correlation_id", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_log"),
    )
    op.create_index("ix_audit_log_entity", "audit_log", ["tenant_id", "entity", "entity_id"])
    op.create_table(
        "creations",
        sa.Column("tenant_id", sa.String(36), nullable=False),
        sa.Column("scope", sa.String(60), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("body_hash", sa.String(64), nullable=False),
        sa.Column("aggregate_id", sa.String(36), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "scope", "key", name="pk_creations"),
    )
    op.create_table(
        "number_series",
        sa.Column("tenant_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "name", name="pk_number_series"),
    )
    bus_migration.create_v1()
    enable_row_level_security(["audit_log", "creations", "number_series"])


def create_search_pages_v1(table: str, pages: str) -> None:
    """Let the records of `table`, which have a search text, be found by `pages` (`shared.db.search_pages`)."""
    op.add_column(table, sa.Column("search_page", sa.String(36), nullable=True))
    op.create_index(f"ix_{table}_search_page", table, ["tenant_id", "search_page"])
    op.create_table(
        pages,
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("tenant_id", sa.String(36), nullable=False),
        sa.Column("first_id", sa.String(36), nullable=False),
        sa.Column("last_id", sa.String(36), nullable=False),
        sa.Column("texts", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{pages}"),
    )
    op.create_index(f"ix_{pages}_tenant_id", pages, ["tenant_id"])
    op.create_index(f"ix_{pages}_tenant_id_first_id", pages, ["tenant_id", "first_id"])
    enable_row_level_security([pages])


def ask_for_the_tenant_once(tables: Iterable[str]) -> None:
    """Let the policies of large tables read the setting once for each statement, not for each row."""
    if op.get_bind().dialect.name != "postgresql":
        return
    tenant = "(SELECT current_setting('urakka.tenant_id', true))"
    condition = f"(tenant_id = {tenant} OR {tenant} = '*')"
    for table in tables:
        op.execute(f"ALTER POLICY {table}_tenant ON {table} USING {condition} WITH CHECK {condition}")


def enable_row_level_security(tables: Iterable[str]) -> None:
    """Let PostgreSQL itself refuse rows of other tenants in these tables, for their owner too.

    The tenant is the transaction's setting `urakka.tenant_id`; `*` is the infrastructure, which sees all. SQLite has
    no such thing: there the condition of `UnitOfWork` stands alone (one-box mode, one machine, one firm).
    """
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in tables:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(_POLICY.format(table=table))
