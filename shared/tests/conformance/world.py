"""Two services and a pipe between them: the same world on SQLite in one process and on PostgreSQL with
RabbitMQ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Protocol

from sqlalchemy import Integer, String, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Mapped, mapped_column

from shared.bus.catalogue import Catalogue, default_catalogue
from shared.bus.consumer import Consumer
from shared.bus.copies import CopyRow, apply_copy
from shared.bus.envelope import Event, NewEvent
from shared.bus.inbox import Inbox
from shared.bus.local import LocalBus
from shared.bus.outbox import Outbox
from shared.bus.publisher import Publisher
from shared.bus.rabbitmq import RabbitConsumer, RabbitPublisher, Subscription
from shared.bus.relay import Relay, RelayReport
from shared.bus.tables import inbox, outbox
from shared.bus.topology import QueueDescription, Topology, apply, remove
from shared.bus.wakeup import LocalWakeup
from shared.context import Context, system_context
from shared.db import Database, UnitOfWork, make_engine, new_base
from shared.db.metadata import INFRASTRUCTURE
from shared.ids import new_id
from shared.testing.servers import amqp_server, broker_connection
from shared.testing.waiting import ManualClock, eventually

TENANT = "0190a000-0000-7000-8000-0000000000aa"
QUEUE = "billing.copies"
TYPE = "product.changed.v1"
SYSTEM = system_context("test")

Base = new_base()


class Effect(Base):
    """What the handler did: one row each time it ran and committed."""

    __tablename__ = "effects"
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    event_id: Mapped[str] = mapped_column(String(64))
    aggregate_id: Mapped[str] = mapped_column(String(36))
    version: Mapped[int]


class ProductCopy(CopyRow, Base):
    """A read copy as a service would have it."""

    __tablename__ = "copy_product"
    code: Mapped[str | None] = mapped_column(String(40))


class FragileDatabase(Database):
    """A database that can be taken away."""

    down = False

    def begin(self, context: Context) -> UnitOfWork:
        if self.down:
            raise OperationalError("BEGIN", None, Exception("the database is down"))
        return super().begin(context)


def catalogue_requiring(*queues: str) -> Catalogue:
    """The product's catalogue, with one type that must reach `queues`."""
    entries = {entry.type: entry for entry in default_catalogue()}
    entries[TYPE] = replace(entries[TYPE], required_consumers=queues)
    return Catalogue(entries)


class Pipe(Protocol):
    """What differs between the two worlds."""

    def publisher(self) -> Publisher: ...
    def connect(self, intake: Inbox) -> None: ...
    def bind(self) -> None: ...
    def interrupt(self) -> None: ...
    def close(self) -> None: ...


class LocalPipe:
    """The in-process bus."""

    def __init__(self, topology: Topology) -> None:
        self._bus = LocalBus(topology)
        self._waiting: Inbox | None = None
        self._bound = False

    def publisher(self) -> Publisher:
        return self._bus.publisher("catalog")

    def connect(self, intake: Inbox) -> None:
        self._waiting = intake
        if self._bound:
            self.bind()

    def bind(self) -> None:
        self._bound = True
        if self._waiting is not None:
            self._bus.attach(QUEUE, self._waiting.take)

    def interrupt(self) -> None:
        """Nothing to cut: there is no connection."""

    def close(self) -> None:
        self._bus.detach(QUEUE)


class RabbitPipe:
    """RabbitMQ, under a prefix of its own."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology
        self.prefix = f"test-{new_id()[-12:]}."
        self._open: list[RabbitConsumer | Publisher] = []
        with broker_connection() as connection:
            apply(connection, Topology([], topology.catalogue), self.prefix)

    def publisher(self) -> Publisher:
        publisher = RabbitPublisher(amqp_server(), "catalog", prefix=self.prefix)
        self._open.append(publisher)
        eventually(publisher.ready)
        return publisher

    def connect(self, intake: Inbox) -> None:
        take = Subscription(QUEUE, lambda body, _headers: intake.take(body))
        self.consumer = RabbitConsumer(amqp_server(), "billing", [take], prefix=self.prefix)
        self._open.append(self.consumer)
        self.consumer.start()

    def bind(self) -> None:
        with broker_connection() as connection:
            apply(connection, self._topology, self.prefix)

    def interrupt(self) -> None:
        self.consumer.drop_connection("test")

    def close(self) -> None:
        for part in self._open:
            part.stop() if isinstance(part, RabbitConsumer) else part.close()
        with broker_connection() as connection:
            remove(connection, self._topology, self.prefix)


class World:
    """catalog publishes `product.changed.v1`, billing consumes it into effects and a read copy."""

    def __init__(self, pipe: Callable[[Topology], Pipe], urls: tuple[str, str], *, ordered: bool = False) -> None:
        self.clock = ManualClock()
        self.wakeup = LocalWakeup()
        self.catalogue = catalogue_requiring(QUEUE)
        self.topology = Topology([QueueDescription(QUEUE, (TYPE,), single_active=ordered)], self.catalogue)
        self.producer = self._database(urls[0], nudge=self.wakeup.nudge)
        self.consumer_db = self._database(urls[1])
        self.failures: list[Exception] = []
        self.fail_on: Mapping[int, Exception] = {}
        self.calls: list[int] = []
        self.consumer = Consumer(QUEUE, {TYPE: self.handle}, ordered=ordered)
        self.inbox = self.new_inbox()
        self.pipe = pipe(self.topology)
        self.pipe.connect(self.inbox)
        self.publisher: Publisher | None = None

    def _database(self, url: str, **more: Any) -> FragileDatabase:
        engine = make_engine(url)
        INFRASTRUCTURE.create_all(engine)
        Base.metadata.create_all(engine)
        sink = Outbox("catalog", catalogue=self.catalogue, clock=self.clock).append
        return FragileDatabase(engine, event_sink=sink, **more)

    def new_inbox(self) -> Inbox:
        return Inbox(self.consumer_db, self.consumer, catalogue=self.catalogue, clock=self.clock, chance=lambda: 0.5)

    def new_relay(self) -> Relay:
        if self.publisher is None:
            self.publisher = self.pipe.publisher()
        return Relay(
            self.producer,
            self.publisher,
            "catalog",
            self.wakeup,
            catalogue=self.catalogue,
            clock=self.clock,
        )

    def handle(self, uow: UnitOfWork, incoming: Event) -> None:
        self.calls.append(incoming.aggregate_version)
        apply_copy(uow, ProductCopy, incoming, {"code": incoming.data["code"]})
        uow.session.add(
            Effect(event_id=incoming.id, aggregate_id=incoming.aggregate_id, version=incoming.aggregate_version)
        )
        uow.session.flush()
        if self.failures:
            raise self.failures.pop(0)
        if incoming.aggregate_version in self.fail_on:
            raise self.fail_on[incoming.aggregate_version]

    def change(self, aggregate_id: str, version: int, *, commit: bool = True) -> None:
        self.change_many([(aggregate_id, version)], commit=commit)

    def change_many(self, changes: list[tuple[str, int]], *, commit: bool = True) -> None:
        with self.producer.begin(Context(TENANT, "user")) as uow:
            for aggregate_id, version in changes:
                uow.emit(new_event(aggregate_id, version))
            if commit:
                uow.commit()
            else:
                uow.session.flush()

    def relay(self) -> RelayReport:
        """One round of a relay that comes, leads and goes."""
        with self.leading() as relay:
            report = relay.run_once()
        assert report.leading
        return report

    @contextmanager
    def leading(self) -> Iterator[Relay]:
        relay = self.new_relay()
        try:
            yield relay
        finally:
            relay._lead.release()

    def effects(self) -> list[tuple[str, int]]:
        with self.consumer_db.read(SYSTEM) as uow:
            rows = uow.session.execute(select(Effect.aggregate_id, Effect.version).order_by(Effect.number))
            return [(row.aggregate_id, row.version) for row in rows]

    def copy_version(self, aggregate_id: str) -> int | None:
        with self.consumer_db.read(SYSTEM) as uow:
            return uow.session.execute(
                select(ProductCopy.version).where(ProductCopy.id == aggregate_id)
            ).scalar_one_or_none()

    def inbox_rows(self, *states: str) -> list[Any]:
        statement = select(inbox).order_by(inbox.c.aggregateversion)
        with self.consumer_db.read(SYSTEM) as uow:
            return [row for row in uow.session.execute(statement) if not states or row.state in states]

    def pending(self) -> list[Any]:
        with self.producer.read(SYSTEM) as uow:
            statement = select(outbox).where(outbox.c.published_at.is_(None)).order_by(outbox.c.seq)
            return list(uow.session.execute(statement))

    def payloads(self) -> list[bytes]:
        with self.producer.read(SYSTEM) as uow:
            return [bytes(row.payload) for row in uow.session.execute(select(outbox).order_by(outbox.c.seq))]

    def close(self) -> None:
        self.pipe.close()
        self.wakeup.close()
        self.producer.engine.dispose()
        self.consumer_db.engine.dispose()


def new_event(aggregate_id: str, version: int) -> NewEvent:
    """A product in a version of its own; the code names the version."""
    sample = default_catalogue().get(TYPE).samples[0].event
    return NewEvent(TYPE, "product", aggregate_id, version, {**sample.data, "id": aggregate_id, "code": f"v{version}"})
