"""The relay: one leader per service database brings the outbox to the pipe.

It reads what is pending, publishes it, waits for the outcomes, and marks the rows in one short
transaction; no transaction is open while it waits. It never remembers a position: a row that was committed
late is simply still pending, so nothing can be skipped. A crash before the marking publishes again; the
inboxes take each event once.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    bindparam,
    delete,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.exc import SQLAlchemyError

from shared.bus import metrics
from shared.bus.catalogue import Catalogue, default_catalogue
from shared.bus.failpoints import AFTER_PUBLISH, reach
from shared.bus.leader import Leadership, leadership
from shared.bus.publisher import Outcome, Outgoing, Publisher
from shared.bus.schedule import Pace, back_off_s
from shared.bus.tables import outbox
from shared.bus.wakeup import Wakeup, wait_or_stop
from shared.clock import utc_now
from shared.context import system_context
from shared.db import Database, UtcDateTime

_log = structlog.get_logger(module=__name__)

TOPIC = "outbox"


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """Limits of one batch and times of the loop; seconds where not said otherwise."""

    batch_rows: int = 500
    batch_bytes: int = 4 * 1024 * 1024
    poll_s: float = 1.0
    unroutable_back_off_most_s: float = 60.0
    keep_published: timedelta = timedelta(days=30)
    delete_slice: int = 1000
    housekeeping_s: float = 15.0


@dataclass(frozen=True, slots=True)
class RelayReport:
    """What one round did. `full`: the batch was as large as allowed, so there may be more at once."""

    leading: bool
    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    full: bool = False

    @property
    def published(self) -> int:
        """How many events left the outbox for good."""
        return self.outcomes.get(Outcome.CONFIRMED, 0)

    @property
    def uncertain(self) -> bool:
        """Whether the pipe broke under the batch."""
        return self.outcomes.get(Outcome.UNKNOWN, 0) > 0


@dataclass(frozen=True, slots=True)
class _Row:
    seq: int
    attempts: int
    message: Outgoing


class Relay:
    """Publishes the outbox of one service. `run` is its loop, `run_once` one round of it."""

    def __init__(
        self,
        database: Database,
        publisher: Publisher,
        service: str,
        wakeup: Wakeup,
        *,
        catalogue: Catalogue | None = None,
        clock: Callable[[], datetime] = utc_now,
        settings: RelaySettings = RelaySettings(),
        lead: Leadership | None = None,
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._service = service
        self._wakeup = wakeup
        self._catalogue = catalogue or default_catalogue()
        self._clock = clock
        self._settings = settings
        self._lead = lead or leadership(database.engine, f"outbox:{service}")
        self._context = system_context("relay")
        self._next_housekeeping = 0.0
        self._pace = Pace()

    def run_once(self) -> RelayReport:
        """Publish one batch, if this relay leads and the pipe is ready.

        Raises SQLAlchemyError while the database cannot be used.
        """
        leading = self._lead.hold()
        metrics.outbox_leader.labels(self._service).set(int(leading))
        if not leading or not self._publisher.ready():
            return RelayReport(leading)
        rows, more = self._pending()
        if not rows:
            return RelayReport(leading)
        started = time.monotonic()
        outcomes = self._publisher.publish([row.message for row in rows])
        metrics.outbox_confirm_seconds.labels(self._service).observe(time.monotonic() - started)
        metrics.outbox_batch_size.labels(self._service).observe(len(rows))
        reach(AFTER_PUBLISH)
        counted = self._mark(rows, outcomes)
        return RelayReport(leading, counted, full=more)

    def run(self, stop: threading.Event) -> None:
        """Publish until `stop` is set, then what is pending for up to five seconds more, then give up the
        lead."""
        failures = 0
        try:
            while not stop.is_set():
                try:
                    report = self.run_once()
                    self._keep_house(report)
                except SQLAlchemyError as error:
                    _log.warning("relay.database_failed", service=self._service, error=type(error).__name__)
                    report = RelayReport(False, {Outcome.UNKNOWN: 1})
                failures = failures + 1 if report.uncertain else 0
                self._pause(report, failures, stop)
            self._flush(deadline=time.monotonic() + 5)
        finally:
            self._lead.release()
            metrics.outbox_leader.labels(self._service).set(0)

    def _pause(self, report: RelayReport, failures: int, stop: threading.Event) -> None:
        if failures:
            stop.wait(back_off_s(failures, random.random(), most_s=5.0))  # noqa: S311 - jitter
        elif not report.full:
            # Whatever was committed since the batch was read has left a nudge, so nobody need look for it twice.
            wait_or_stop(self._wakeup, TOPIC, stop, self._settings.poll_s)
            stop.wait(self._pace.pause_s())

    def _flush(self, deadline: float) -> None:
        try:
            while time.monotonic() < deadline and self.run_once().published:
                pass
        except SQLAlchemyError as error:
            _log.warning("relay.database_failed", service=self._service, error=type(error).__name__)

    def _pending(self) -> tuple[list[_Row], bool]:
        """Read what is to be published now, in the order of `seq`; says too whether there may be more."""
        limits = {"now": self._clock(), "rows": self._settings.batch_rows, "bytes": self._settings.batch_bytes}
        with self._database.read(self._context) as uow:
            connection = uow.session.connection()
            if not self._database.is_sqlite:
                connection.execute(_IN_ORDER)
            held = connection.execute(_ANY_HELD, {"now": limits["now"]}).first() is not None
            found = connection.execute(_PENDING_AROUND_HELD if held else _PENDING, limits).all()
        rows = [
            _Row(seq, attempts, Outgoing(event_id, type_, key, headers, bytes(payload), occurred_at))
            for seq, attempts, event_id, type_, key, headers, payload, occurred_at, _ in found
        ]
        return rows, bool(found) and (found[0].readable > len(rows) or len(rows) >= self._settings.batch_rows)

    def _mark(self, rows: Sequence[_Row], outcomes: Sequence[Outcome]) -> Mapping[Outcome, int]:
        """Write down all outcomes of a batch in one transaction."""
        now = self._clock()
        done: dict[bool, list[int]] = {True: [], False: []}
        late: list[tuple[_Row, Outcome]] = []
        for row, outcome in zip(rows, outcomes, strict=True):
            if outcome is Outcome.CONFIRMED:
                done[True].append(row.seq)
            elif outcome is Outcome.RETURNED and not self._is_required(row.message):
                done[False].append(row.seq)
            else:
                late.append((row, outcome))
        with self._database.begin(self._context) as uow:
            for routed, seqs in done.items():
                if seqs:
                    uow.session.execute(
                        update(outbox)
                        .where(self._are(seqs))
                        .values(published_at=now, routed=routed, attempts=outbox.c.attempts + 1)
                    )
            for row, outcome in late:
                uow.session.execute(
                    update(outbox).where(outbox.c.seq == row.seq).values(self._later(row, outcome, now))
                )
            uow.commit()
        self._tell(late)
        return self._count(outcomes)

    def _are(self, seqs: Sequence[int]) -> ColumnElement[bool]:
        """One array as parameter where the database can: 500 single ones cost more than the update itself."""
        if self._database.is_sqlite:
            return outbox.c.seq.in_(seqs)
        return outbox.c.seq == func.any(bindparam("seqs", list(seqs), type_=ARRAY(BigInteger())))

    def _later(self, row: _Row, outcome: Outcome, now: datetime) -> dict[str, Any]:
        """A refused or unroutable row backs off; after a broken pipe the whole relay does, not the row."""
        values: dict[str, Any] = {"attempts": row.attempts + 1, "last_error": str(outcome), "next_try_at": None}
        if outcome is not Outcome.UNKNOWN:
            pause = back_off_s(
                row.attempts + 1,
                random.random(),  # noqa: S311 - jitter
                first_s=1.0,
                most_s=self._settings.unroutable_back_off_most_s,
            )
            values["next_try_at"] = now + timedelta(seconds=pause)
        return values

    def _is_required(self, message: Outgoing) -> bool:
        return bool(self._catalogue.required_consumers(message.routing_key))

    def _tell(self, late: Sequence[tuple[_Row, Outcome]]) -> None:
        for row, outcome in late:
            if outcome is not Outcome.UNKNOWN:
                _log.warning(
                    "relay.not_taken",
                    service=self._service,
                    event_id=row.message.event_id,
                    type=row.message.routing_key,
                    outcome=str(outcome),
                    attempt=row.attempts + 1,
                )

    def _count(self, outcomes: Sequence[Outcome]) -> Mapping[Outcome, int]:
        counted: dict[Outcome, int] = {}
        for outcome in outcomes:
            counted[outcome] = counted.get(outcome, 0) + 1
        for outcome, number in counted.items():
            metrics.outbox_published_total.labels(self._service, str(outcome)).inc(number)
        return counted

    def _keep_house(self, report: RelayReport) -> None:
        """From time to time: measure the outbox and delete what was published long ago, one slice at a
        time."""
        if not report.leading or time.monotonic() < self._next_housekeeping:
            return
        deleted = self.delete_old()
        self._measure()
        if deleted < self._settings.delete_slice:
            self._next_housekeeping = time.monotonic() + self._settings.housekeeping_s

    def delete_old(self) -> int:
        """Delete one slice of rows that were published longer ago than they are kept; returns how many."""
        limit = self._clock() - self._settings.keep_published
        old = (
            select(outbox.c.seq)
            .where(outbox.c.published_at < limit)
            .limit(self._settings.delete_slice)
            .scalar_subquery()
        )
        with self._database.begin(self._context) as uow:
            statement = delete(outbox).where(outbox.c.seq.in_(old)).returning(outbox.c.seq)
            gone = uow.session.execute(statement).all()
            uow.commit()
        return len(gone)

    def _measure(self) -> None:
        is_pending = outbox.c.published_at.is_(None)
        returned = func.count().filter(outbox.c.last_error == str(Outcome.RETURNED))
        statement = select(func.count(), func.min(outbox.c.occurred_at), returned).where(is_pending)
        with self._database.read(self._context) as uow:
            pending, oldest, unroutable = uow.session.execute(statement).one()
        age_s = (self._clock() - oldest).total_seconds() if oldest else 0.0
        metrics.outbox_pending.labels(self._service).set(pending)
        metrics.outbox_unroutable.labels(self._service).set(unroutable)
        metrics.outbox_oldest_pending_seconds.labels(self._service).set(age_s)


_NEEDED = ("seq", "attempts", "event_id", "type", "routing_key", "headers", "payload", "occurred_at")


def _make_pending(*, around_held: bool) -> Select[Any]:
    earlier = outbox.alias("earlier")
    blocked = (
        select(earlier.c.seq)
        .where(
            earlier.c.published_at.is_(None),
            earlier.c.aggregateid == outbox.c.aggregateid,
            earlier.c.seq <= outbox.c.seq,
            earlier.c.next_try_at > bindparam("now", type_=UtcDateTime()),
        )
        .exists()
    )
    page = (
        select(*(outbox.c[name] for name in _NEEDED))
        .where(outbox.c.published_at.is_(None), *([~blocked] if around_held else []))
        .order_by(outbox.c.seq)
        .limit(bindparam("rows", type_=Integer()))
        .subquery("page")
    )
    size = func.length(page.c.payload)
    up_to_here = func.sum(size).over(order_by=page.c.seq, rows=(None, 0))
    sized = select(
        page, (up_to_here - size).label("before"), size.label("size"), func.count().over().label("readable")
    ).subquery("sized")
    fits = or_(sized.c.before + sized.c.size <= bindparam("bytes", type_=BigInteger()), sized.c.before == 0)
    return select(*(sized.c[name] for name in _NEEDED), sized.c.readable).where(fits).order_by(sized.c.seq)


_IN_ORDER = text("SET LOCAL enable_bitmapscan = off")
"""Reads pending rows by their index, in order, and stops at the limit. Where the statistics are older than a burst of
rows, the planner thinks that there are few and sorts them all: with 10,000 pending that was most of the reading."""

_ANY_HELD = (
    select(outbox.c.seq)
    .where(outbox.c.published_at.is_(None), outbox.c.next_try_at > bindparam("now", type_=UtcDateTime()))
    .limit(1)
)
"""Is any row waiting for its next try? Almost never; then no row needs to be compared with those before it."""

_PENDING = _make_pending(around_held=False)
_PENDING_AROUND_HELD = _make_pending(around_held=True)
"""At most `rows` rows and `bytes` bytes, but at least one row, in the order of `seq`.

A row waits while an earlier one of its aggregate must wait at `now`. The database counts the bytes, so that no more is
read than is published. readable: how many rows there were but for `bytes`.
"""
