"""The relay against a bare loop that publishes the same bytes with the same batches and confirms."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pika
from pika.adapters.select_connection import SelectConnection
from sqlalchemy import select

from shared.bus.envelope import CONTENT_TYPE, NewEvent
from shared.bus.leader import leadership
from shared.bus.outbox import Outbox
from shared.bus.rabbitmq import RabbitPublisher, connection_parameters
from shared.bus.relay import Relay, RelaySettings
from shared.bus.tables import outbox
from shared.bus.topology import exchange_of
from shared.bus.wakeup import LocalWakeup
from shared.context import Context
from shared.db import Database, make_engine, migrate
from shared.ids import new_id
from shared.testing.servers import amqp_server, broker_connection, temporary_database, temporary_topology
from shared.testing.waiting import eventually

SERVICE = "identity"
TYPE = "user.changed.v1"
QUEUE = "billing.copies"
BATCH = 500
WITHIN_S = 600.0
"""Events that are not published by then never will be."""


@dataclass(frozen=True, slots=True)
class RelayFigures:
    """Events per second of the relay and of the bare loop, each the best of its rounds, and their ratio."""

    relay_per_s: float
    bare_per_s: float

    @property
    def ratio(self) -> float:
        """The relay's part of what the bare loop does."""
        return self.relay_per_s / self.bare_per_s


def measure_relay(events: int = 10_000, rounds: int = 3) -> RelayFigures:
    """Publish `events` stored events by the relay, and the same bytes by the bare loop, in turn; best of each.

    Both publish persistent, mandatory messages of about 900 bytes in batches of 500 to one quorum queue and wait for
    all confirms of a batch before the next. The relay also reads them from PostgreSQL and marks them there.
    """
    relayed, bare = [], []
    with temporary_database("bench") as url, temporary_topology() as prefix:
        _bind(prefix)
        engine = make_engine(url)
        migrate.upgrade(engine, SERVICE)
        database = Database(engine, event_sink=Outbox(SERVICE).append)
        for _ in range(rounds):
            _fill(database, events)
            bodies = _pending_bodies(database)
            bare.append(events / _bare_loop(prefix, bodies))
            _empty(prefix)
            relayed.append(events / _drain(database, prefix, events))
            _empty(prefix)
        engine.dispose()
    return RelayFigures(max(relayed), max(bare))


def _fill(database: Database, events: int) -> None:
    context = Context(tenant_id=new_id(), actor="bench")
    with database.begin(context) as uow:
        for _ in range(events):
            user_id = new_id()
            data = {
                "id": user_id,
                "name": "Ville Asentaja " + "x" * 80,
                "email": "ville@firma.example",
                "roles": ["worker"],
                "active": True,
            }
            uow.emit(NewEvent(TYPE, "user", user_id, 1, data))
        uow.commit()


def _pending_bodies(database: Database) -> list[bytes]:
    with database.read(Context(tenant_id="*", actor="bench")) as uow:
        rows = uow.session.execute(select(outbox.c.payload).where(outbox.c.published_at.is_(None)))
        return [bytes(row.payload) for row in rows]


def _drain(database: Database, prefix: str, events: int) -> float:
    publisher = RabbitPublisher(amqp_server(), SERVICE, prefix=prefix)
    lead = leadership(database.engine, f"outbox:{SERVICE}")
    relay = Relay(database, publisher, SERVICE, LocalWakeup(), settings=RelaySettings(batch_rows=BATCH), lead=lead)
    try:
        eventually(publisher.ready)
        done = 0
        started = time.perf_counter()
        while done < events:
            done += relay.run_once().published
            if time.perf_counter() - started > WITHIN_S:
                raise RuntimeError(f"{events - done} of {events} events were not published")
        return time.perf_counter() - started
    finally:
        lead.release()  # the next round's relay wants it; a connection that is only forgotten holds it for long
        publisher.close()


def _bare_loop(prefix: str, bodies: Sequence[bytes]) -> float:
    loop = _BareLoop(prefix, bodies)
    loop.run()
    return loop.seconds


class _BareLoop:
    """The least that publishes in batches with confirms through a SelectConnection, in this thread."""

    def __init__(self, prefix: str, bodies: Sequence[bytes]) -> None:
        self._exchange = prefix + exchange_of(SERVICE)
        self._bodies = bodies
        self._next = 0
        self._open_tags: set[int] = set()
        self._started = 0.0
        self.seconds = 0.0
        self._connection = SelectConnection(connection_parameters(amqp_server(), "bare"), on_open_callback=self._open)

    def run(self) -> None:
        """Publish everything."""
        self._connection.ioloop.start()

    def _open(self, connection: Any) -> None:
        connection.channel(on_open_callback=self._channel)

    def _channel(self, channel: Any) -> None:
        self._publishing = channel
        channel.confirm_delivery(self._confirmed, callback=lambda _: self._begin())

    def _begin(self) -> None:
        self._started = time.perf_counter()
        self._batch()

    def _batch(self) -> None:
        batch = self._bodies[self._next : self._next + BATCH]
        if not batch:
            self.seconds = time.perf_counter() - self._started
            self._connection.close()
            self._connection.ioloop.stop()
            return
        self._open_tags = set(range(self._next + 1, self._next + len(batch) + 1))
        self._next += len(batch)
        for body in batch:
            properties = pika.BasicProperties(content_type=CONTENT_TYPE, delivery_mode=2, message_id=new_id())
            self._publishing.basic_publish(self._exchange, TYPE, body, properties, mandatory=True)

    def _confirmed(self, frame: Any) -> None:
        tag = frame.method.delivery_tag
        confirmed = {t for t in self._open_tags if t <= tag} if frame.method.multiple else {tag}
        self._open_tags -= confirmed
        if not self._open_tags:
            self._batch()


def _bind(prefix: str) -> None:
    with broker_connection() as connection:
        connection.channel().queue_bind(prefix + QUEUE, prefix + exchange_of(SERVICE), routing_key=TYPE)


def _empty(prefix: str) -> None:
    with broker_connection() as connection:
        connection.channel().queue_purge(prefix + QUEUE)
