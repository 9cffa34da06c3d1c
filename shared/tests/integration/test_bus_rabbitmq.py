"""What only a real broker shows: outcomes, lost connections, cancelled consumers, dead letters."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.bus.inbox import StoreUnavailable
from shared.bus.publisher import Outcome, Outgoing
from shared.bus.rabbitmq import RabbitConsumer, RabbitPublisher, Subscription
from shared.bus.topology import apply, default_topology
from shared.ids import new_id
from shared.testing.servers import broker_connection
from shared.testing.waiting import eventually

QUEUE = "billing.workorders"
ROUTE = "workorder.approved.v1"


def message(number: int = 0, *, route: str = ROUTE, key: str = "k") -> Outgoing:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    return Outgoing(new_id(), f"urakka.workorders.{route}", route, {"partitionkey": key}, b"%d" % number, now)


@pytest.fixture
def publisher(amqp_url: str, bus_prefix: str) -> Iterator[RabbitPublisher]:
    made = RabbitPublisher(amqp_url, "workorders", prefix=bus_prefix)
    eventually(made.ready)
    yield made
    made.close()


Consume = Callable[..., RabbitConsumer]


@pytest.fixture
def consume(amqp_url: str, bus_prefix: str) -> Iterator[Consume]:
    made: list[RabbitConsumer] = []

    def start(take: Callable[[bytes, Any], object], *, queue: str = QUEUE, lanes: int = 2) -> RabbitConsumer:
        consumer = RabbitConsumer(amqp_url, "billing", [Subscription(queue, take, lanes)], prefix=bus_prefix)
        made.append(consumer)
        consumer.start()
        return consumer

    yield start
    for consumer in made:
        consumer.stop()


def test_a_batch_has_one_outcome_for_each_message(publisher: RabbitPublisher) -> None:
    batch = [message(1), message(2, route="nobody.wants.v1"), *[message(n) for n in range(3, 501)]]
    outcomes = publisher.publish(batch)
    assert outcomes[1] is Outcome.RETURNED
    assert [*outcomes[:1], *outcomes[2:]] == [Outcome.CONFIRMED] * 499
    assert publisher.publish([message(0)]) == [Outcome.CONFIRMED]


def test_nothing_is_known_without_a_connection(amqp_url: str) -> None:
    lonely = RabbitPublisher("amqp://guest:guest@127.0.0.1:1/", "workorders")
    assert not lonely.ready()
    assert lonely.publish([message()]) == [Outcome.UNKNOWN]
    lonely.close()


def test_a_missing_exchange_is_never_ready(amqp_url: str, bus_prefix: str) -> None:
    lost = RabbitPublisher(amqp_url, "nowhere", prefix=bus_prefix)
    assert not lost.wait_ready(1.0)
    lost.close()


def test_a_deleted_exchange_gives_unknown_and_heals(publisher: RabbitPublisher, bus_prefix: str) -> None:
    with broker_connection() as connection:
        connection.channel().exchange_delete(bus_prefix + "workorders.events")
    assert set(publisher.publish([message(n) for n in range(3)])) == {Outcome.UNKNOWN}
    with broker_connection() as connection:
        apply(connection, default_topology(), bus_prefix)
    eventually(publisher.ready)
    assert publisher.publish([message()]) == [Outcome.CONFIRMED]


def test_a_dropped_connection_comes_back(publisher: RabbitPublisher) -> None:
    publisher.drop_connection("test")
    eventually(lambda: not publisher.ready())
    eventually(publisher.ready)
    assert publisher.publish([message()]) == [Outcome.CONFIRMED]


def test_a_closed_publisher_stays_closed(publisher: RabbitPublisher) -> None:
    publisher.close()
    publisher.close()
    assert not publisher.ready()
    assert publisher.publish([message()]) == [Outcome.UNKNOWN]


def test_messages_of_one_key_are_handled_one_at_a_time_in_order(publisher: RabbitPublisher, consume: Consume) -> None:
    seen: dict[bytes, list[int]] = {b"a": [], b"b": []}
    inside: set[str] = set()
    overlaps: list[str] = []

    def take(body: bytes, headers: Any) -> None:
        key = headers["partitionkey"]
        if key in inside:
            overlaps.append(key)
        inside.add(key)
        seen[key.encode()].append(int(body))
        inside.discard(key)

    publisher.publish([message(n, key="ab"[n % 2]) for n in range(200)])
    consume(take, lanes=4)
    eventually(lambda: sum(map(len, seen.values())) == 200)
    assert overlaps == []
    assert seen == {b"a": list(range(0, 200, 2)), b"b": list(range(1, 200, 2))}


def test_a_message_goes_back_when_the_store_is_down(publisher: RabbitPublisher, consume: Consume) -> None:
    bodies: list[bytes] = []
    down = [True, True]

    def take(body: bytes, _headers: Any) -> None:
        if down:
            down.pop()
            raise StoreUnavailable("down")
        bodies.append(body)

    publisher.publish([message(7)])
    consumer = consume(take)
    assert eventually(lambda: bodies) == [b"7"]
    eventually(lambda: consumer.active)


def test_an_ack_for_a_lost_channel_is_dropped(publisher: RabbitPublisher, consume: Consume) -> None:
    """Acking it on the new channel would close that one (406 unknown delivery tag)."""
    times: list[bytes] = []
    entered, proceed = threading.Event(), threading.Event()

    def take(body: bytes, _headers: Any) -> None:
        times.append(body)
        entered.set()
        proceed.wait(20)

    publisher.publish([message(1)])
    consumer = consume(take, lanes=1)
    assert entered.wait(10)
    consumer.drop_connection("test")
    eventually(lambda: not consumer.active)
    eventually(lambda: consumer.active)
    proceed.set()
    eventually(lambda: len(times) == 2)
    publisher.publish([message(2)])
    eventually(lambda: times[-1] == b"2")
    assert consumer.active


def test_a_consumer_that_the_broker_cancels_comes_back(
    publisher: RabbitPublisher, consume: Consume, bus_prefix: str
) -> None:
    bodies: list[bytes] = []
    consumer = consume(lambda body, _headers: bodies.append(body))
    eventually(lambda: consumer.active)
    with broker_connection() as connection:
        connection.channel().queue_delete(bus_prefix + QUEUE)
        eventually(lambda: not consumer.active)
        apply(connection, default_topology(), bus_prefix)
    eventually(lambda: consumer.active)
    publisher.publish([message(5)])
    assert eventually(lambda: bodies) == [b"5"]


def test_stopping_waits_for_the_current_message_and_returns_the_others(
    publisher: RabbitPublisher, consume: Consume, bus_prefix: str
) -> None:
    entered, proceed = threading.Event(), threading.Event()
    done: list[bytes] = []

    def take(body: bytes, _headers: Any) -> None:
        entered.set()
        proceed.wait(20)
        done.append(body)

    publisher.publish([message(n) for n in range(5)])
    consumer = consume(take, lanes=1)
    assert entered.wait(10)
    stopping = threading.Thread(target=consumer.stop)
    stopping.start()
    proceed.set()
    stopping.join(20)
    assert done == [b"0"]
    with broker_connection() as connection:
        channel = connection.channel()
        left = eventually(lambda: channel.queue_declare(bus_prefix + QUEUE, passive=True).method.message_count)
    assert left == 4
