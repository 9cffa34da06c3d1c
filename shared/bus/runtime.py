"""The loops of the bus, ready to be run by a process: relay, consumers, retries.

Production (RabbitMQ)
    relay process:   run_relay(stop, database=…, service=…, wakeup=…, publisher=RabbitPublisher(url, service))
    worker process:  run_consumers(stop, …) and run_retries(stop, …), each in a thread
One-box (in-process)
    bus = LocalBus(); for each service attach_consumers(stop, bus=bus, …), then
    run_relay(stop, publisher=bus.publisher(service), …) and run_retries(stop, …), each in a thread

Every loop ends within a few seconds after `stop` is set. Order at the end: consumers, then the relay.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pika
import structlog
from sqlalchemy.exc import SQLAlchemyError

from shared.bus import metrics, operations
from shared.bus.bootstrap import SnapshotSource, SnapshotUnavailable, fill_copy
from shared.bus.consumer import Consumer
from shared.bus.inbox import Inbox
from shared.bus.local import LocalBus
from shared.bus.publisher import Publisher
from shared.bus.rabbitmq import RabbitConsumer, Subscription, connection_parameters
from shared.bus.relay import Relay
from shared.bus.schedule import back_off_s
from shared.bus.topology import Topology, apply, check_consumer, default_topology
from shared.bus.wakeup import Wakeup, wait_or_stop
from shared.clock import utc_now
from shared.db import Database

_log = structlog.get_logger(module=__name__)

INBOX_TOPIC = "inbox"
KEEP_DONE = timedelta(days=30)
_RETRY_POLL_S = 1.0
_HOUSEKEEPING_S = 15.0


def run_relay(stop: threading.Event, *, database: Database, service: str, wakeup: Wakeup, publisher: Publisher) -> None:
    """Publish the outbox of `service` until `stop` is set; closes the publisher at the end."""
    try:
        Relay(database, publisher, service, wakeup).run(stop)
    finally:
        publisher.close()


def run_consumers(
    stop: threading.Event,
    *,
    database: Database,
    service: str,
    consumers: Sequence[Consumer],
    amqp_url: str,
    prefix: str = "",
    snapshots: SnapshotSource | None = None,
    lanes: int = 4,
    topology: Topology | None = None,
    started: Callable[[RabbitConsumer], None] | None = None,
) -> None:
    """Consume the queues of `service` from RabbitMQ until `stop` is set.

    snapshots  fills a consumer's copies before it consumes for the first time; None leaves them as they are
    lanes      worker threads for each queue
    started    gets the running `RabbitConsumer`, whose `active` is the worker's readiness
    Exchanges, queues and bindings must be there (`apply_topology`): services have no permission to make them.
    Raises ValueError if a consumer does not fit its queue.
    """
    layout = topology or default_topology()
    for consumer in consumers:
        check_consumer(layout, consumer)
    inboxes = {consumer.name: Inbox(database, consumer) for consumer in consumers}
    rabbit = RabbitConsumer(amqp_url, service, prefix=prefix)
    if inboxes:
        rabbit.add(Subscription(f"{service}.dead", partial(_park_dead, inboxes, prefix), lanes=1))
    rabbit.start()
    if started is not None:
        started(rabbit)
    fillers = [
        threading.Thread(target=_fill_then_consume, args=(stop, database, inbox, snapshots, rabbit, lanes), daemon=True)
        for inbox in inboxes.values()
    ]
    try:
        for filler in fillers:
            filler.start()
        stop.wait()
    finally:
        for filler in fillers:
            filler.join(timeout=30)
        rabbit.stop()


def attach_consumers(
    stop: threading.Event,
    *,
    bus: LocalBus,
    database: Database,
    consumers: Sequence[Consumer],
    snapshots: SnapshotSource | None = None,
    topology: Topology | None = None,
) -> None:
    """Fill the copies of each consumer, then let it have its queue of the in-process bus.

    Returns when all are attached, or when `stop` is set. Until then the events that they need stay pending.
    """
    layout = topology or default_topology()
    for consumer in consumers:
        check_consumer(layout, consumer)
    for consumer in consumers:
        if not fill_copies(stop, database=database, consumer=consumer, snapshots=snapshots):
            return
        bus.attach(consumer.name, Inbox(database, consumer).take)


def fill_copies(
    stop: threading.Event, *, database: Database, consumer: Consumer, snapshots: SnapshotSource | None
) -> bool:
    """Fill what a consumer's copies lack, with back-off while their owners cannot be reached; False if
    stopped."""
    failures = 0
    while not stop.is_set():
        try:
            for source in consumer.copies if snapshots is not None else ():
                fill_copy(database, consumer, source, _given(snapshots), stop=stop)
            if not stop.is_set():
                return True
        except (SnapshotUnavailable, SQLAlchemyError) as error:
            failures += 1
            _log.warning("copy.not_filled", consumer=consumer.name, error=str(error)[:200], failures=failures)
            stop.wait(back_off_s(failures, random.random()))  # noqa: S311 - jitter
    return False


def run_retries(
    stop: threading.Event,
    *,
    database: Database,
    consumers: Sequence[Consumer],
    wakeup: Wakeup,
    clock: Callable[[], datetime] = utc_now,
) -> None:
    """Try waiting events again when their time comes, measure the inbox and delete old rows, until `stop`
    is set."""
    inboxes = [Inbox(database, consumer, clock=clock) for consumer in consumers]
    next_housekeeping = 0.0
    failures = 0
    while not stop.is_set():
        try:
            tried = sum(inbox.retry_due() for inbox in inboxes)
            if time.monotonic() >= next_housekeeping:
                keep_inbox_house(database, consumers, clock())
                next_housekeeping = time.monotonic() + _HOUSEKEEPING_S
            failures = 0
        except SQLAlchemyError as error:
            tried, failures = 0, failures + 1
            _log.warning("retries.database_failed", error=type(error).__name__)
            stop.wait(back_off_s(failures, random.random()))  # noqa: S311 - jitter
        if not tried:
            wait_or_stop(wakeup, INBOX_TOPIC, stop, _RETRY_POLL_S)


def keep_inbox_house(database: Database, consumers: Sequence[Consumer], now: datetime) -> None:
    """Set the gauges of the inbox and delete one slice of rows that were done long ago."""
    found = {entry.consumer: entry for entry in operations.status(database).consumers}
    for consumer in consumers:
        entry = found.get(consumer.name)
        oldest = entry.oldest_waiting_at if entry else None
        metrics.inbox_waiting.labels(consumer.name).set(entry.waiting if entry else 0)
        metrics.inbox_parked.labels(consumer.name).set(entry.parked if entry else 0)
        metrics.inbox_oldest_waiting_seconds.labels(consumer.name).set(
            (now - oldest).total_seconds() if oldest else 0.0
        )
    operations.delete_done(database, now - KEEP_DONE)


def apply_topology(amqp_url: str, prefix: str = "", topology: Topology | None = None) -> None:
    """Declare exchanges, queues and bindings at the broker; a deploy job, which may configure."""
    connection = pika.BlockingConnection(connection_parameters(amqp_url, "topology"))
    try:
        apply(connection, topology or default_topology(), prefix)
    finally:
        connection.close()


def _fill_then_consume(
    stop: threading.Event,
    database: Database,
    inbox: Inbox,
    snapshots: SnapshotSource | None,
    rabbit: RabbitConsumer,
    lanes: int,
) -> None:
    consumer = inbox.consumer
    if fill_copies(stop, database=database, consumer=consumer, snapshots=snapshots):
        rabbit.add(Subscription(consumer.name, lambda body, _headers: inbox.take(body), lanes))


def _park_dead(inboxes: Mapping[str, Inbox], prefix: str, body: bytes, headers: Mapping[str, Any]) -> None:
    """Park a dead letter at the consumer that it killed, so that there is one place to look."""
    queue = str(headers.get("x-first-death-queue", "")).removeprefix(prefix)
    inbox = inboxes.get(queue) or next(iter(inboxes.values()))
    reason = str(headers.get("x-first-death-reason", "unknown"))
    inbox.park_dead(body, f"the broker gave up on it in {queue or 'an unknown queue'}: {reason}")


def _given(snapshots: SnapshotSource | None) -> SnapshotSource:
    if snapshots is None:
        raise ValueError("there is no source of snapshots")
    return snapshots
