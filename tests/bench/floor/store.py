"""Connections to the databases, ids, and the one thing that both services do alike: storing an event."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

Connection = psycopg.Connection[Any]

_OUTBOX = """
INSERT INTO outbox (event_id, aggregatetype, aggregateid, aggregateversion, type, routing_key, partitionkey, tenant_id,
                    headers, payload, occurred_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_INBOX = """
INSERT INTO inbox (consumer, event_id, type, aggregateid, aggregateversion, tenant_id, state, attempts, first_seen_at,
                   done_at)
VALUES (%s, %s, %s, %s, %s, %s, 'done', 1, %s, %s)
ON CONFLICT DO NOTHING
"""


def connect(dsn: str) -> Connection:
    """Return a connection that sees all tenants; each thread has one of its own."""
    connection = psycopg.connect(dsn, autocommit=True)
    connection.execute("SELECT set_config('urakka.tenant_id', '*', false)")
    return connection


def new_id() -> str:
    """Return a new id."""
    return str(uuid.uuid4())


def store_event(
    database: Connection,
    *,
    service: str,
    type_: str,
    aggregate: str,
    aggregate_id: str,
    version: int,
    tenant_id: str,
    data: Mapping[str, Any],
    now: datetime,
) -> None:
    """Insert an outbox row whose envelope has the attributes of the product's."""
    event_id, traceparent = new_id(), f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-01"
    wire_type = f"urakka.{service}.{type_}"
    envelope = {
        "specversion": "1.0",
        "id": event_id,
        "source": f"/services/{service}",
        "type": wire_type,
        "subject": aggregate_id,
        "time": now.isoformat(),
        "datacontenttype": "application/json",
        "dataschema": f"urn:urakka:event:{type_}",
        "aggregatetype": aggregate,
        "aggregateversion": version,
        "partitionkey": aggregate_id,
        "correlationid": event_id,
        "tenantid": tenant_id,
        "traceparent": traceparent,
        "data": data,
    }
    body = json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()
    headers = Jsonb({"partitionkey": aggregate_id, "traceparent": traceparent})
    database.execute(
        _OUTBOX,
        (event_id, aggregate, aggregate_id, version, wire_type, type_, aggregate_id, tenant_id, headers, body, now),
    )


def is_first(database: Connection, consumer: str, event: Mapping[str, Any], now: datetime) -> bool:
    """Insert the inbox row; False if the event was here before."""
    cursor = database.execute(
        _INBOX,
        (
            consumer,
            event["id"],
            event["type"],
            event["subject"],
            event["aggregateversion"],
            event["tenantid"],
            now,
            now,
        ),
    )
    return cursor.rowcount == 1
