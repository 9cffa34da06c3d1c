"""What an operator may see and do: status, parked events, replay, discard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, literal_column, select, update

from shared.bus.tables import inbox, outbox
from shared.clock import utc_now
from shared.context import system_context
from shared.db import Database

_CONTEXT = system_context("operations")


@dataclass(frozen=True, slots=True)
class ConsumerStatus:
    """How many events of one consumer are open, and since when the oldest waiting one is."""

    consumer: str
    waiting: int
    parked: int
    oldest_waiting_at: datetime | None


@dataclass(frozen=True, slots=True)
class BusStatus:
    """The state of one service's bus.

    pending     events stored and not yet published; `held_back` of them were refused or found no queue
    consumers   only those that have open events
    """

    pending: int
    held_back: int
    oldest_pending_at: datetime | None
    consumers: tuple[ConsumerStatus, ...]


@dataclass(frozen=True, slots=True)
class ParkedEvent:
    """An event that needs a person. Its content is not shown: it may be personal data."""

    consumer: str
    event_id: str
    type: str
    aggregate_id: str
    aggregate_version: int
    tenant_id: str
    attempts: int
    first_seen_at: datetime
    error: str


def status(database: Database) -> BusStatus:
    """Count what is pending, waiting and parked."""
    is_pending = outbox.c.published_at.is_(None)
    pending = select(func.count(), func.count(outbox.c.next_try_at), func.min(outbox.c.occurred_at))
    open_rows = (
        select(inbox.c.consumer, inbox.c.state, func.count(), func.min(inbox.c.first_seen_at))
        .where(inbox.c.state.in_([literal_column("'waiting'"), literal_column("'parked'")]))
        .group_by(inbox.c.consumer, inbox.c.state)
    )
    with database.read(_CONTEXT) as uow:
        total, held_back, oldest = uow.session.execute(pending.where(is_pending)).one()
        counted = {(row[0], row[1]): (row[2], row[3]) for row in uow.session.execute(open_rows)}
    names = sorted({consumer for consumer, _ in counted})
    return BusStatus(
        pending=total,
        held_back=held_back,
        oldest_pending_at=oldest,
        consumers=tuple(_consumer_status(name, counted) for name in names),
    )


def _consumer_status(name: str, counted: dict[tuple[str, str], tuple[int, datetime]]) -> ConsumerStatus:
    waiting, oldest = counted.get((name, "waiting"), (0, None))
    parked, _ = counted.get((name, "parked"), (0, None))
    return ConsumerStatus(name, waiting, parked, oldest)


def list_parked(
    database: Database,
    *,
    consumer: str | None = None,
    event_type: str | None = None,
    since: datetime | None = None,
    limit: int = 100,
) -> list[ParkedEvent]:
    """Return parked events, oldest first, narrowed by what is given."""
    conditions = _parked_conditions(consumer=consumer, event_type=event_type, since=since)
    statement = select(inbox).where(*conditions).order_by(inbox.c.first_seen_at, inbox.c.event_id).limit(limit)
    with database.read(_CONTEXT) as uow:
        return [
            ParkedEvent(
                consumer=row.consumer,
                event_id=row.event_id,
                type=row.type,
                aggregate_id=row.aggregateid,
                aggregate_version=row.aggregateversion,
                tenant_id=row.tenant_id,
                attempts=row.attempts,
                first_seen_at=row.first_seen_at,
                error=row.error or "",
            )
            for row in uow.session.execute(statement)
        ]


def replay(
    database: Database,
    *,
    event_ids: Sequence[str] = (),
    consumer: str | None = None,
    event_type: str | None = None,
    since: datetime | None = None,
    now: datetime | None = None,
) -> int:
    """Let parked events be handled again, from their first attempt; returns how many.

    At least one of `event_ids`, `event_type`, `since` must be given (ValueError). The rows become
    *waiting*: the same code path and the same idempotency as every retry. Nudge the topic `inbox`
    afterwards to have it at once.
    """
    if not event_ids and event_type is None and since is None:
        raise ValueError("say which events: by id, type or time")
    conditions = _parked_conditions(consumer=consumer, event_type=event_type, since=since, event_ids=event_ids)
    values = {"state": "waiting", "attempts": 0, "next_try_at": now or utc_now()}
    return _change(database, conditions, values)


def discard(
    database: Database, event_id: str, *, reason: str, consumer: str | None = None, now: datetime | None = None
) -> int:
    """Give up on a parked event for good; returns how many rows that were (an event may be parked at several
    consumers). The row stays as *done* with the reason, so the event can never take effect. ValueError
    without one.
    """
    if not reason.strip():
        raise ValueError("discarding needs a reason")
    values = {
        "state": "done",
        "done_at": now or utc_now(),
        "next_try_at": None,
        "payload": None,
        "error": f"discarded: {reason.strip()}"[:2000],
    }
    return _change(database, _parked_conditions(consumer=consumer, event_ids=[event_id]), values)


def delete_done(database: Database, before: datetime, *, limit: int = 1000) -> int:
    """Delete one slice of inbox rows that were done before a moment; returns how many.

    Keep them longer than anything can come back: at least as long as the outboxes keep published rows.
    """
    old = select(inbox.c.consumer, inbox.c.event_id).where(inbox.c.done_at < before).limit(limit)
    with database.begin(_CONTEXT) as uow:
        keys = [(row.consumer, row.event_id) for row in uow.session.execute(old)]
        for consumer, event_id in keys:
            uow.session.execute(delete(inbox).where(inbox.c.consumer == consumer, inbox.c.event_id == event_id))
        uow.commit()
    return len(keys)


def _parked_conditions(
    *,
    consumer: str | None = None,
    event_type: str | None = None,
    since: datetime | None = None,
    event_ids: Sequence[str] = (),
) -> list[Any]:
    conditions: list[Any] = [inbox.c.state == literal_column("'parked'")]
    if consumer is not None:
        conditions.append(inbox.c.consumer == consumer)
    if event_type is not None:
        conditions.append(inbox.c.type == event_type)
    if since is not None:
        conditions.append(inbox.c.first_seen_at >= since)
    if event_ids:
        conditions.append(inbox.c.event_id.in_(list(event_ids)))
    return conditions


def _change(database: Database, conditions: list[Any], values: dict[str, Any]) -> int:
    statement = update(inbox).where(*conditions).values(values).returning(inbox.c.event_id)
    with database.begin(_CONTEXT) as uow:
        changed = len(uow.session.execute(statement).all())
        uow.commit()
    return changed
