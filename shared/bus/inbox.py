"""The inbox: every event takes effect once for each consumer, although it may arrive many times.

One transaction holds the inbox row, the handler's effect and the events that it emits. The row's unique
key decides between two workers with the same message: the second waits for the first to commit, then finds
the row.

A failure is stored too: as `waiting`, to be tried again later and later, or as `parked`, for a person.
Either way the message can be acknowledged, and one bad event never holds up the others.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import and_, exists, literal_column, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import SQLAlchemyError

from shared.bus import metrics
from shared.bus.catalogue import Catalogue, default_catalogue
from shared.bus.consumer import CannotEver, Consumer, Handled, NotYet, handler_context
from shared.bus.envelope import Event, UnreadableEvent, decode
from shared.bus.failpoints import BEFORE_COMMIT, reach
from shared.bus.schedule import next_attempt
from shared.bus.tables import inbox
from shared.clock import utc_now
from shared.context import system_context, use_context
from shared.db import Database, UnitOfWork
from shared.db.database import AlreadyExists
from shared.errors import TemporarilyUnavailable, UrakkaError, VersionMismatch
from shared.telemetry import span

_log = structlog.get_logger(module=__name__)

STALE_MARK = "bus.stale"
"""Key of `session.info`: a copy that already was newer left the event without effect."""

_PASSING = (NotYet, TemporarilyUnavailable, VersionMismatch, AlreadyExists)
"""Failures that the next attempt may not meet again; lost races are among them."""
_LASTING = (CannotEver, UnreadableEvent, UrakkaError)


class StoreUnavailable(Exception):
    """The consumer's own database cannot be used: nothing was stored, the message must not be
    acknowledged."""


@dataclass(frozen=True, slots=True)
class _Letter:
    """An event together with the bytes that it came in."""

    event: Event
    body: bytes


class Inbox:
    """Takes the events of one consumer into one database."""

    def __init__(
        self,
        database: Database,
        consumer: Consumer,
        *,
        catalogue: Catalogue | None = None,
        clock: Callable[[], datetime] = utc_now,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.consumer = consumer
        self._database = database
        self._catalogue = catalogue or default_catalogue()
        self._clock = clock
        self._chance = chance
        self._system = system_context(consumer.name)

    def take(self, body: bytes) -> Handled:
        """Handle one message; when this returns, it may be acknowledged.

        Raises StoreUnavailable if nothing could be stored: stop consuming, and let the broker deliver it
        again.
        """
        started = time.monotonic()
        try:
            letter = _Letter(self._read(body), body)
        except (UnreadableEvent, CannotEver) as error:
            return self._park_unreadable(body, error)
        try:
            handled = self._first_attempt(letter)
        except Exception as error:  # the outer edge of one event: whatever it was, it is stored
            handled = self._store_failure(letter, error)
        self._tell(letter.event, handled, 1, started)
        return handled

    def park_dead(self, body: bytes, reason: str) -> Handled:
        """Park a message that the broker gave up on (dead letters). Raises StoreUnavailable."""
        try:
            event = decode(body)
        except UnreadableEvent as error:
            return self._park_unreadable(body, error)
        row = {**_facts(event), "state": "parked", "payload": body, "attempts": 0, "error": reason}
        return self._store(row, Handled.PARKED)

    def retry_due(self, limit: int = 50) -> int:
        """Try waiting events again whose time has come; returns how many were tried.

        Of an ordered consumer only the oldest waiting event of an aggregate is due. Several processes may
        do this at once. Raises SQLAlchemyError while the database cannot be used.
        """
        return sum(self._retry(event_id, body) for event_id, body in self._due(limit))

    def _read(self, body: bytes) -> Event:
        event = decode(body)
        if event.type not in self.consumer.handlers:
            raise CannotEver(f"{self.consumer.name} has no handler for {event.type}")
        self._catalogue.check_read(event)
        return event

    def _first_attempt(self, letter: _Letter) -> Handled:
        event = letter.event
        context = handler_context(self.consumer.name, event)
        with use_context(context), self._database.begin(context) as uow:
            now = self._clock()
            row = {**self._row(event), "state": "done", "attempts": 1, "done_at": now, "first_seen_at": now}
            if not _insert(uow, row):
                return Handled.DUPLICATE
            if self.consumer.ordered and self._is_behind(uow, event):
                self._join_queue(uow, letter, now)
                return Handled.WAITING
            return self._run(uow, event)

    def _run(self, uow: UnitOfWork, event: Event) -> Handled:
        with span(f"process {self.consumer.name}", uow.context, _span_attributes(self.consumer, event)):
            self.consumer.handlers[event.type](uow, event)
            reach(BEFORE_COMMIT)
            uow.commit()
        metrics.event_age_seconds.labels(event.type).observe((self._clock() - event.time).total_seconds())
        return Handled.STALE if uow.session.info.get(STALE_MARK) else Handled.APPLIED

    def _is_behind(self, uow: UnitOfWork, event: Event) -> bool:
        waits = and_(
            inbox.c.consumer == self.consumer.name,
            inbox.c.aggregateid == event.aggregate_id,
            _in_state("waiting"),
        )
        return bool(uow.session.execute(select(exists().where(waits))).scalar_one())

    def _join_queue(self, uow: UnitOfWork, letter: _Letter, now: datetime) -> None:
        """Wait behind an earlier event of the same aggregate, without an attempt."""
        values = {"state": "waiting", "attempts": 0, "next_try_at": now, "done_at": None, "payload": letter.body}
        uow.session.execute(update(inbox).where(self._is(letter.event.id)).values(values))
        uow.commit()

    def _store_failure(self, letter: _Letter, error: Exception) -> Handled:
        state = self._after_failure(error, attempts=1)
        _log_failure(self.consumer.name, letter.event, error, state["state"])
        row = {**self._row(letter.event), **state, "payload": letter.body, "attempts": 1}
        return self._store(row, Handled(state["state"]))

    def _after_failure(self, error: Exception, attempts: int) -> dict[str, Any]:
        """Decide whether the event waits or is parked after its `attempts`-th failure."""
        lasting = isinstance(error, _LASTING) and not isinstance(error, _PASSING)
        again_at = None if lasting else next_attempt(attempts, self._clock(), self._chance())
        state = "parked" if again_at is None else "waiting"
        return {"state": state, "next_try_at": again_at, "error": _reason(error)}

    def _park_unreadable(self, body: bytes, error: Exception) -> Handled:
        digest = hashlib.sha256(body).hexdigest()
        event_id = getattr(error, "event_id", None)
        row: dict[str, Any] = {
            "event_id": event_id or digest,
            "type": "unreadable",
            "aggregateid": "",
            "aggregateversion": 0,
            "tenant_id": "",
            "state": "parked",
            "payload": body,
            "attempts": 1,
            "error": _reason(error),
        }
        with suppress(UnreadableEvent):
            row.update(_facts(decode(body)))
        _log.error("inbox.unreadable", consumer=self.consumer.name, event_id=row["event_id"], error=row["error"])
        handled = self._store(row, Handled.PARKED)
        metrics.inbox_handled_total.labels(row["type"], str(handled)).inc()
        return handled

    def _store(self, row: dict[str, Any], handled: Handled) -> Handled:
        complete = {"consumer": self.consumer.name, "first_seen_at": self._clock(), **row}
        try:
            with self._database.begin(self._system) as uow:
                inserted = _insert(uow, complete)
                uow.commit()
        except SQLAlchemyError as error:
            raise StoreUnavailable(f"{self.consumer.name}: {type(error).__name__}") from error
        return handled if inserted else Handled.DUPLICATE

    def _due(self, limit: int) -> list[tuple[str, bytes]]:
        conditions = [
            inbox.c.consumer == self.consumer.name,
            _in_state("waiting"),
            inbox.c.next_try_at <= self._clock(),
        ]
        if self.consumer.ordered:
            conditions.append(~self._has_older())
        statement = (
            select(inbox.c.event_id, inbox.c.payload)
            .where(*conditions)
            .order_by(inbox.c.next_try_at, inbox.c.event_id)
            .limit(limit)
        )
        with self._database.read(self._system) as uow:
            return [(row.event_id, bytes(row.payload or b"")) for row in uow.session.execute(statement)]

    def _has_older(self) -> Any:
        """An older waiting event of the same aggregate: by version, then by id (UUIDv7 sorts by time)."""
        older = inbox.alias("older")
        return (
            select(older.c.event_id)
            .where(
                older.c.consumer == inbox.c.consumer,
                older.c.aggregateid == inbox.c.aggregateid,
                older.c.state == literal_column("'waiting'"),
                or_(
                    older.c.aggregateversion < inbox.c.aggregateversion,
                    and_(
                        older.c.aggregateversion == inbox.c.aggregateversion,
                        older.c.event_id < inbox.c.event_id,
                    ),
                ),
            )
            .exists()
        )

    def _retry(self, event_id: str, body: bytes) -> int:
        started = time.monotonic()
        try:
            letter = _Letter(self._read(body), body)
        except (UnreadableEvent, CannotEver) as error:
            self._set_failure(event_id, error)
            return 1
        attempts = 0
        try:
            context = handler_context(self.consumer.name, letter.event)
            with use_context(context), self._database.begin(context) as uow:
                found = self._claim(uow, event_id)
                if found is None:
                    return 0
                attempts = found
                handled = self._finish(uow, letter.event, attempts)
        except Exception as error:  # the outer edge of one event: whatever it was, it is stored
            handled = self._set_failure(event_id, error, letter.event)
        self._tell(letter.event, handled, attempts, started)
        return 1

    def _claim(self, uow: UnitOfWork, event_id: str) -> int | None:
        """Lock a waiting row for this transaction; returns the number of this attempt, None if somebody
        has it.

        SQLite knows no row locks (SQLAlchemy renders none): there the transaction holds the only write lock.
        """
        statement = (
            select(inbox.c.attempts)
            .where(self._is(event_id), _in_state("waiting"), inbox.c.next_try_at <= self._clock())
            .with_for_update(skip_locked=True)
        )
        attempts = uow.session.execute(statement).scalar_one_or_none()
        return None if attempts is None else int(attempts) + 1

    def _finish(self, uow: UnitOfWork, event: Event, attempts: int) -> Handled:
        values = {
            "state": "done",
            "attempts": attempts,
            "done_at": self._clock(),
            "payload": None,
            "next_try_at": None,
            "error": None,
        }
        uow.session.execute(update(inbox).where(self._is(event.id)).values(values))
        return self._run(uow, event)

    def _set_failure(self, event_id: str, error: Exception, event: Event | None = None) -> Handled:
        """Count a failed attempt; raises SQLAlchemyError if even that fails."""
        with self._database.begin(self._system) as uow:
            condition = and_(self._is(event_id), _in_state("waiting"))
            attempts = uow.session.execute(
                select(inbox.c.attempts).where(condition).with_for_update()
            ).scalar_one_or_none()
            if attempts is None:
                return Handled.DUPLICATE
            state = self._after_failure(error, int(attempts) + 1)
            uow.session.execute(update(inbox).where(condition).values(**state, attempts=int(attempts) + 1))
            uow.commit()
        _log_failure(self.consumer.name, event, error, state["state"], event_id)
        return Handled(state["state"])

    def _row(self, event: Event) -> dict[str, Any]:
        return {"consumer": self.consumer.name, **_facts(event)}

    def _is(self, event_id: str) -> Any:
        return and_(inbox.c.consumer == self.consumer.name, inbox.c.event_id == event_id)

    def _tell(self, event: Event, handled: Handled, attempt: int, started: float) -> None:
        took_s = time.monotonic() - started
        metrics.inbox_handled_total.labels(event.type, str(handled)).inc()
        metrics.handler_seconds.labels(event.type).observe(took_s)
        _log.info(
            "inbox.handled",
            consumer=self.consumer.name,
            event_id=event.id,
            type=event.type,
            aggregateid=event.aggregate_id,
            aggregateversion=event.aggregate_version,
            correlation_id=event.correlation_id,
            tenant_id=event.tenant_id,
            trace_id=event.trace_id,
            outcome=str(handled),
            attempt=attempt,
            ms=round(took_s * 1000, 1),
        )


def _span_attributes(consumer: Consumer, event: Event) -> dict[str, str | int]:
    """Names of OpenTelemetry's semantic conventions for messaging."""
    return {
        "messaging.operation.type": "process",
        "messaging.destination.name": consumer.name,
        "messaging.message.id": event.id,
        "messaging.urakka.type": event.type,
    }


def _facts(event: Event) -> dict[str, Any]:
    return {
        "event_id": event.id,
        "type": event.type,
        "aggregateid": event.aggregate_id,
        "aggregateversion": event.aggregate_version,
        "tenant_id": event.tenant_id,
    }


def _reason(error: Exception) -> str:
    """The error as text that every database can store: short, no NUL, no lone surrogates."""
    text = f"{type(error).__name__}: {error}"[:2000]
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def _in_state(state: str) -> Any:
    """Compare with a literal, so that the partial indexes of the open states are used."""
    return inbox.c.state == literal_column(f"'{state}'")


_INSERT: dict[str, Any] = {
    name: insert(inbox).on_conflict_do_nothing().returning(inbox.c.event_id)
    for name, insert in (("postgresql", postgresql_insert), ("sqlite", sqlite_insert))
}
"""Built once: each event begins with it."""


def _insert(uow: UnitOfWork, row: dict[str, Any]) -> bool:
    """Insert an inbox row; False if the consumer already has one for this event."""
    connection = uow.session.connection()
    return connection.execute(_INSERT[connection.dialect.name], row).scalar_one_or_none() is not None


def _log_failure(consumer: str, event: Event | None, error: Exception, state: str, event_id: str | None = None) -> None:
    """Expected failures are one line; an unexpected one brings its traceback, because it is a bug."""
    expected = isinstance(error, (*_PASSING, *_LASTING, SQLAlchemyError))
    log = _log.warning if state == "waiting" and expected else _log.error
    log(
        f"inbox.{state}",
        consumer=consumer,
        event_id=event.id if event else event_id,
        type=event.type if event else None,
        correlation_id=event.correlation_id if event else None,
        error=type(error).__name__,
        exc_info=None if expected else error,
    )
