"""Tables that every service database has: audit log, idempotent creations, number series."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, String, Table

from shared.db.metadata import INFRASTRUCTURE
from shared.db.types import Json, UtcDateTime

BIG_IDENTITY = BigInteger().with_variant(Integer(), "sqlite")
"""A growing row number; SQLite numbers rows by itself only in a column of type INTEGER."""

audit_log = Table(
    "audit_log",
    INFRASTRUCTURE,
    Column("id", BIG_IDENTITY, Identity(), primary_key=True),
    Column("tenant_id", String(36), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(80), nullable=False),
    Column("action", String(20), nullable=False),
    Column("entity", String(60), nullable=False),
    Column("entity_id", String(80), nullable=False),
    Column("changes", Json, nullable=False),
    Column("correlation_id", String(80), nullable=False),
    Index("ix_audit_log_entity", "tenant_id", "entity", "entity_id"),
)
"""Append-only: who changed what, when, from what to what."""

creations = Table(
    "creations",
    INFRASTRUCTURE,
    Column("tenant_id", String(36), primary_key=True),
    Column("scope", String(60), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("body_hash", String(64), nullable=False),
    Column("aggregate_id", String(36), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)
"""One row for each thing made under a key of the client's: an Idempotency-Key or an id that it chose itself."""

number_series = Table(
    "number_series",
    INFRASTRUCTURE,
    Column("tenant_id", String(36), primary_key=True),
    Column("name", String(60), primary_key=True),
    Column("last", BigInteger, nullable=False),
)
"""The last number given in each series of a tenant."""
