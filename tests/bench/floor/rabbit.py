"""The least pika that publishes with confirms and consumes with acks."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pika
from pika.adapters.select_connection import SelectConnection

from shared.bus.rabbitmq import connection_parameters
from tests.bench.floor.store import Connection, connect

BATCH = 500
LANES = 4
PREFETCH = 8
_LOOK_EVERY_S = 0.005

_PENDING = (
    "SELECT seq, event_id, type, routing_key, headers, payload FROM outbox WHERE published_at IS NULL "
    "ORDER BY seq LIMIT %s"
)
_MARK = "UPDATE outbox SET published_at = now(), routed = true, attempts = attempts + 1 WHERE seq = ANY(%s)"


class FloorRelay:
    """Reads, publishes, waits for all confirms, marks; all in one thread, for ever."""

    def __init__(self, dsn: str, amqp_url: str, exchange: str) -> None:
        self._database = connect(dsn)
        self._exchange = exchange
        self._last_tag = 0
        self._open: set[int] = set()
        self._in_flight: list[int] = []
        self._channel: Any = None
        self._connection = SelectConnection(
            connection_parameters(amqp_url, "floor/relay"),
            on_open_callback=lambda connection: connection.channel(on_open_callback=self._opened),
        )

    def run(self) -> None:
        """Publish until the process ends."""
        self._connection.ioloop.start()

    def _opened(self, channel: Any) -> None:
        self._channel = channel
        channel.confirm_delivery(self._confirmed, callback=lambda _: self._look())

    def _look(self) -> None:
        rows = self._database.execute(_PENDING, (BATCH,)).fetchall()
        if not rows:
            self._connection.ioloop.call_later(_LOOK_EVERY_S, self._look)
            return
        self._in_flight = [row[0] for row in rows]
        self._open = set(range(self._last_tag + 1, self._last_tag + len(rows) + 1))
        self._last_tag += len(rows)
        for _, event_id, type_, routing_key, headers, payload in rows:
            properties = pika.BasicProperties(
                content_type="application/cloudevents+json",
                delivery_mode=2,
                message_id=event_id,
                type=type_,
                headers=headers,
            )
            self._channel.basic_publish(self._exchange, routing_key, bytes(payload), properties, mandatory=True)

    def _confirmed(self, frame: Any) -> None:
        tag = frame.method.delivery_tag
        self._open -= {open_ for open_ in self._open if open_ <= tag} if frame.method.multiple else {tag}
        if not self._open:
            self._database.execute(_MARK, (self._in_flight,))
            self._look()


Handle = Callable[[Connection, dict[str, Any]], None]


def consume(dsn: str, amqp_url: str, queue: str, handle: Handle) -> None:
    """Start the lanes: each a thread with a database connection and a broker connection of its own."""
    for number in range(LANES):
        threading.Thread(target=_lane, args=(dsn, amqp_url, queue, handle), name=f"{queue}-{number}").start()


def _lane(dsn: str, amqp_url: str, queue: str, handle: Handle) -> None:
    database = connect(dsn)
    channel = pika.BlockingConnection(connection_parameters(amqp_url, "floor/consume")).channel()
    channel.basic_qos(prefetch_count=PREFETCH)
    for method, _properties, body in channel.consume(queue):
        handle(database, json.loads(body))
        channel.basic_ack(method.delivery_tag)
