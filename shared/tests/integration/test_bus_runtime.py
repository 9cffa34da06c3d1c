"""The loops as a process runs them, in both modes: a change here has its effect there, and all of it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pika
import pytest
from sqlalchemy import select

from shared.bus import operations
from shared.bus.catalogue import default_catalogue
from shared.bus.consumer import Consumer, NotYet
from shared.bus.envelope import Event, NewEvent
from shared.bus.local import LocalBus
from shared.bus.outbox import Outbox
from shared.bus.rabbitmq import RabbitConsumer, RabbitPublisher
from shared.bus.runtime import attach_consumers, run_consumers, run_relay, run_retries
from shared.bus.wakeup import LocalWakeup, PostgresWakeup, Wakeup
from shared.context import Context
from shared.db import Database, UnitOfWork, make_engine
from shared.db.metadata import INFRASTRUCTURE
from shared.testing.servers import broker_connection, temporary_database
from shared.testing.waiting import eventually
from shared.tests.conformance.world import SYSTEM, TENANT, Base, Effect

SAMPLE = default_catalogue().get("document.accepted.v1").samples[0]


class Loops:
    """Threads that run until the test ends; a loop that raised or did not end fails it."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.errors: list[BaseException] = []
        self._threads: list[threading.Thread] = []

    def start(self, loop: Callable[[], None]) -> None:
        thread = threading.Thread(target=self._run, args=(loop,))
        self._threads.append(thread)
        thread.start()

    def _run(self, loop: Callable[[], None]) -> None:
        try:
            loop()
        except BaseException as error:  # shown by the test
            self.errors.append(error)

    def end(self) -> None:
        self.stop.set()
        for thread in self._threads:
            thread.join(20)
        assert not [thread for thread in self._threads if thread.is_alive()]
        assert self.errors == []


@pytest.fixture
def loops() -> Iterator[Loops]:
    made = Loops()
    yield made
    made.end()


class Documents:
    """The consumer `workorders.documents`, which once says "not yet"."""

    def __init__(self) -> None:
        self.refusals = 1
        self.consumer = Consumer("workorders.documents", {"document.accepted.v1": self.handle})

    def handle(self, uow: UnitOfWork, event: Event) -> None:
        if self.refusals:
            self.refusals -= 1
            raise NotYet("the first time")
        uow.session.add(Effect(event_id=event.id, aggregate_id=event.aggregate_id, version=event.aggregate_version))


def database(url: str, service: str, wakeup: Wakeup) -> Database:
    engine = make_engine(url)
    INFRASTRUCTURE.create_all(engine)
    Base.metadata.create_all(engine)
    return Database(engine, event_sink=Outbox(service).append, nudge=wakeup.nudge)


def emit(target: Database) -> None:
    event = SAMPLE.event
    with target.begin(Context(TENANT, "test")) as uow:
        uow.emit(NewEvent(event.type, event.aggregate_type, event.subject, event.aggregate_version, event.data))
        uow.commit()


def effects(source: Database) -> list[str]:
    with source.read(SYSTEM) as uow:
        return list(uow.session.scalars(select(Effect.aggregate_id)))


def test_one_box(tmp_path: Path, loops: Loops) -> None:
    wakeup, bus, documents, stop = LocalWakeup(), LocalBus(), Documents(), loops.stop
    billing = database(f"sqlite:///{tmp_path}/billing.sqlite", "billing", wakeup)
    workorders = database(f"sqlite:///{tmp_path}/workorders.sqlite", "workorders", wakeup)
    consumers = [documents.consumer]
    attach_consumers(stop, bus=bus, database=workorders, consumers=consumers)
    bus.attach("customers.documents", lambda _body: None)
    publisher = bus.publisher("billing")
    loops.start(lambda: run_relay(stop, database=billing, service="billing", wakeup=wakeup, publisher=publisher))
    loops.start(lambda: run_retries(stop, database=workorders, consumers=consumers, wakeup=wakeup))
    emit(billing)
    assert eventually(lambda: effects(workorders)) == [SAMPLE.event.subject]
    assert operations.status(billing).pending == 0


def test_production(amqp_url: str, bus_prefix: str, loops: Loops) -> None:
    documents, stop = Documents(), loops.stop
    with temporary_database("billing") as billing_url, temporary_database("workorders") as workorders_url:
        wakes = PostgresWakeup(billing_url), PostgresWakeup(workorders_url)
        billing = database(billing_url, "billing", wakes[0])
        workorders = database(workorders_url, "workorders", wakes[1])
        consumers = [documents.consumer]
        publisher = RabbitPublisher(amqp_url, "billing", prefix=bus_prefix)
        running: list[RabbitConsumer] = []
        loops.start(lambda: run_relay(stop, database=billing, service="billing", wakeup=wakes[0], publisher=publisher))
        loops.start(
            lambda: run_consumers(
                stop,
                database=workorders,
                service="workorders",
                consumers=consumers,
                amqp_url=amqp_url,
                prefix=bus_prefix,
                started=running.append,
            )
        )
        loops.start(lambda: run_retries(stop, database=workorders, consumers=consumers, wakeup=wakes[1]))
        emit(billing)
        try:
            assert eventually(lambda: effects(workorders)) == [SAMPLE.event.subject]
            eventually(lambda: running[0].active)
            _send_dead_letter(bus_prefix)
            parked = eventually(lambda: operations.list_parked(workorders))
            assert parked[0].consumer == "workorders.documents"
            assert "delivery_limit" in parked[0].error
        finally:
            loops.end()
            for wakeup in wakes:
                wakeup.close()
            billing.engine.dispose()
            workorders.engine.dispose()


def _send_dead_letter(prefix: str) -> None:
    """What the broker does with a message that killed its consumer too often."""
    headers = {"x-first-death-queue": f"{prefix}workorders.documents", "x-first-death-reason": "delivery_limit"}
    with broker_connection() as connection:
        connection.channel().basic_publish(
            "", f"{prefix}workorders.dead", SAMPLE.body, pika.BasicProperties(headers=headers)
        )
