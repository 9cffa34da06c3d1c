"""The bus's part of each service's migrations. A part is frozen once released: a change is a new part."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.db.types import Json, UtcDateTime


def create_v1() -> None:
    """Create outbox, inbox and copy_state (release 0.1)."""
    _create_outbox()
    _create_inbox()
    op.create_table(
        "copy_state",
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("cursor", sa.String(200), nullable=True),
        sa.Column("taken", sa.Integer, nullable=False, server_default="0"),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("finished_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_copy_state"),
    )


def refill_copies_v1(consumer: str, *aggregates: tuple[str, str]) -> None:
    """Let copies be filled from their owners again when the worker starts: their tables have got new columns, which
    else stay empty until each record changes at its owner.

    aggregates  (aggregate, table) of copies of `consumer` that may have been filled before
    The versions go back by one: what the owner has now counts as newer, what it told before does not.
    """
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":  # the policies would hide every row from the migration
        connection.execute(sa.text("SELECT set_config('urakka.tenant_id', '*', true)"))
    state = sa.table("copy_state", sa.column("name"))
    for aggregate, table in aggregates:
        copies = sa.table(table, sa.column("version", sa.Integer))
        connection.execute(copies.update().values(version=copies.c.version - 1))
        connection.execute(state.delete().where(state.c.name == f"{consumer}:{aggregate}"))


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(), nullable=False),
        sa.Column("event_id", sa.String(36), nullable=False),
        sa.Column("aggregatetype", sa.String(64), nullable=False),
        sa.Column("aggregateid", sa.String(200), nullable=False),
        sa.Column("aggregateversion", sa.Integer, nullable=False),
        sa.Column("type", sa.String(200), nullable=False),
        sa.Column("routing_key", sa.String(200), nullable=False),
        sa.Column("partitionkey", sa.String(200), nullable=False),
        sa.Column("tenant_id", sa.String(36), nullable=False),
        sa.Column("headers", Json, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("occurred_at", UtcDateTime, nullable=False),
        sa.Column("published_at", UtcDateTime, nullable=True),
        sa.Column("routed", sa.Boolean, nullable=True),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_try_at", UtcDateTime, nullable=True),
        sa.Column("last_error", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("seq", name="pk_outbox"),
        sa.UniqueConstraint("event_id", name="uq_outbox_event_id"),
        sqlite_autoincrement=True,
    )
    pending = sa.text("published_at IS NULL")
    op.create_index("ix_outbox_pending", "outbox", ["seq"], postgresql_where=pending, sqlite_where=pending)
    held = sa.text("published_at IS NULL AND next_try_at IS NOT NULL")
    op.create_index("ix_outbox_held", "outbox", ["aggregateid", "seq"], postgresql_where=held, sqlite_where=held)
    op.create_index("ix_outbox_aggregate", "outbox", ["aggregateid", "aggregateversion"])
    op.create_index("ix_outbox_published", "outbox", ["published_at"])


def _create_inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.String(80), nullable=False),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("type", sa.String(200), nullable=False),
        sa.Column("aggregateid", sa.String(200), nullable=False),
        sa.Column("aggregateversion", sa.Integer, nullable=False),
        sa.Column("tenant_id", sa.String(200), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=True),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_try_at", UtcDateTime, nullable=True),
        sa.Column("first_seen_at", UtcDateTime, nullable=False),
        sa.Column("done_at", UtcDateTime, nullable=True),
        sa.Column("error", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("consumer", "event_id", name="pk_inbox"),
    )
    still_open = sa.text("state IN ('waiting', 'parked')")
    op.create_index(
        "ix_inbox_open",
        "inbox",
        ["consumer", "state", "next_try_at"],
        postgresql_where=still_open,
        sqlite_where=still_open,
    )
    op.create_index(
        "ix_inbox_open_aggregate",
        "inbox",
        ["consumer", "aggregateid"],
        postgresql_where=still_open,
        sqlite_where=still_open,
    )
    op.create_index("ix_inbox_done", "inbox", ["done_at"])
