"""The three tables of the bus that every service database has: outbox, inbox and the progress of read copies.

They belong to the infrastructure: no row-level security, because relay and retry loops serve all tenants;
nothing of them is reachable over HTTP.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from shared.db.metadata import INFRASTRUCTURE
from shared.db.types import Json, UtcDateTime

_PENDING = text("published_at IS NULL")
_HELD = text("published_at IS NULL AND next_try_at IS NOT NULL")
_OPEN = text("state IN ('waiting', 'parked')")

outbox = Table(
    "outbox",
    INFRASTRUCTURE,
    Column("seq", BigInteger().with_variant(Integer(), "sqlite"), Identity(), primary_key=True),
    Column("event_id", String(36), nullable=False),
    Column("aggregatetype", String(64), nullable=False),
    Column("aggregateid", String(200), nullable=False),
    Column("aggregateversion", Integer, nullable=False),
    Column("type", String(200), nullable=False),
    Column("routing_key", String(200), nullable=False),
    Column("partitionkey", String(200), nullable=False),
    Column("tenant_id", String(36), nullable=False),
    Column("headers", Json, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("published_at", UtcDateTime, nullable=True),
    Column("routed", Boolean, nullable=True),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_try_at", UtcDateTime, nullable=True),
    Column("last_error", Text, nullable=True),
    UniqueConstraint("event_id", name="uq_outbox_event_id"),
    Index("ix_outbox_pending", "seq", postgresql_where=_PENDING, sqlite_where=_PENDING),
    Index("ix_outbox_held", "aggregateid", "seq", postgresql_where=_HELD, sqlite_where=_HELD),
    Index("ix_outbox_aggregate", "aggregateid", "aggregateversion"),
    Index("ix_outbox_published", "published_at"),
    sqlite_autoincrement=True,
)
"""Events of this service, in the order in which an aggregate's changes were committed.

published_at  null: still to be published
routed        false: published, but nobody wanted it (allowed for its type)
next_try_at   not before this moment; later rows of the same aggregate wait behind it
payload       the final envelope
"""

inbox = Table(
    "inbox",
    INFRASTRUCTURE,
    Column("consumer", String(80), primary_key=True),
    Column("event_id", String(64), primary_key=True),
    Column("type", String(200), nullable=False),
    Column("aggregateid", String(200), nullable=False),
    Column("aggregateversion", Integer, nullable=False),
    Column("tenant_id", String(200), nullable=False),
    Column("state", String(10), nullable=False),
    Column("payload", LargeBinary, nullable=True),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_try_at", UtcDateTime, nullable=True),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime, nullable=True),
    Column("error", Text, nullable=True),
    Index("ix_inbox_open", "consumer", "state", "next_try_at", postgresql_where=_OPEN, sqlite_where=_OPEN),
    Index("ix_inbox_open_aggregate", "consumer", "aggregateid", postgresql_where=_OPEN, sqlite_where=_OPEN),
    Index("ix_inbox_done", "done_at"),
)
"""What each consumer of this service has seen: `done`, `waiting` (tried again at next_try_at) or `parked`.

payload is kept while the event may still be handled, and dropped when it is done.
"""

copy_state = Table(
    "copy_state",
    INFRASTRUCTURE,
    Column("name", String(120), primary_key=True),
    Column("cursor", String(200), nullable=True),
    Column("taken", Integer, nullable=False, server_default="0"),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime, nullable=True),
)
"""How far the first filling of each read copy has come; `cursor` is the `next` of the last stored page."""
