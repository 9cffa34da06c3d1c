"""Publishing with confirms: batches, and an outcome for each message.

A publish is only "put into a buffer"; success is the confirm. pika has no time limit on a confirm, this
wrapper has one. A `mandatory` message that no queue wants comes back *before* its confirm, so what was
returned is remembered and decided when the confirm comes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

import pika
import structlog

from shared.bus.envelope import CONTENT_TYPE
from shared.bus.publisher import Outcome, Outgoing
from shared.bus.rabbitmq.connection import BLOCKED_TIMEOUT_S, STACK_TIMEOUT_S, BrokerThread
from shared.bus.topology import exchange_of

_log = structlog.get_logger(module=__name__)

CONFIRM_TIMEOUT_S = 30.0
_LOOK_S = 0.5


class RabbitPublisher:
    """The `Publisher` of one service; publishes to its own exchange over one connection in its own thread.

    Connects at the first `ready()`, so that it may be made before a process forks.
    """

    def __init__(
        self, url: str, service: str, *, prefix: str = "", confirm_timeout_s: float = CONFIRM_TIMEOUT_S
    ) -> None:
        self._exchange = prefix + exchange_of(service)
        self._service = service
        self._confirm_timeout_s = confirm_timeout_s
        self._thread = BrokerThread(url, f"{service}/relay", "publish", self)
        self._one_at_a_time = threading.Lock()
        self._channel: Any = None
        self._last_tag = 0
        self._flight: Flight | None = None
        self._ready = threading.Event()

    def ready(self) -> bool:
        """See `Publisher.ready`."""
        self._thread.start()
        return self._ready.is_set() and not self._thread.blocked

    def wait_ready(self, timeout_s: float) -> bool:
        """Wait until the channel is open; False at the timeout."""
        self._thread.start()
        return self._ready.wait(timeout_s)

    def publish(self, batch: Sequence[Outgoing]) -> Sequence[Outcome]:
        """See `Publisher.publish`; ends within the confirm timeout, or 60 s more while the broker blocks."""
        with self._one_at_a_time:
            flight = Flight(batch)
            if not self._ready.is_set() or not self._thread.call(lambda: self._send(flight)):
                return flight.outcomes()
            self._wait(flight)
            return flight.outcomes()

    def close(self) -> None:
        """See `Publisher.close`."""
        self._thread.stop()

    def drop_connection(self, reason: str) -> None:
        """Close the connection and build a new one; for tests and for an operator in doubt."""
        self._thread.drop(reason)

    def opened(self, connection: Any) -> None:
        """See `Life.opened`: open a channel, make sure that the exchange exists, ask for confirms."""
        connection.channel(on_open_callback=self._channel_open)
        self._thread.later(STACK_TIMEOUT_S, self._give_up_opening)

    def lost(self) -> None:
        """See `Life.lost`: what is in flight stays unknown."""
        self._ready.clear()
        self._channel = None
        flight, self._flight = self._flight, None
        if flight is not None:
            flight.end()

    def _channel_open(self, channel: Any) -> None:
        self._channel = channel
        self._last_tag = 0
        channel.add_on_close_callback(self._channel_closed)
        channel.add_on_return_callback(self._returned)
        channel.exchange_declare(self._exchange, passive=True, callback=lambda _: self._ask_confirms(channel))

    def _ask_confirms(self, channel: Any) -> None:
        if not channel.is_open:
            return
        channel.confirm_delivery(self._confirmed, callback=lambda _: self._ready.set())

    def _give_up_opening(self) -> None:
        if not self._ready.is_set():
            self._thread.drop("the channel did not open in time")

    def _channel_closed(self, channel: Any, reason: Any) -> None:
        """A missing exchange closes only the channel, and everything after it is lost: begin anew."""
        if channel is self._channel and channel.connection.is_open:
            _log.warning("publisher.channel_closed", service=self._service, reason=str(reason)[:200])
            self.lost()
            self._thread.drop("channel closed")

    def _send(self, flight: Flight) -> None:
        channel = self._channel
        if channel is None or not channel.is_open:
            flight.end()
            return
        self._flight = flight
        flight.first_tag = self._last_tag + 1
        for message in flight.batch:
            if self._flight is not flight:
                return
            self._last_tag += 1
            channel.basic_publish(
                self._exchange, message.routing_key, message.body, _properties(message, self._service), mandatory=True
            )

    def _returned(self, _channel: Any, _method: Any, properties: Any, _body: bytes) -> None:
        if self._flight is not None:
            self._flight.returned.add(properties.message_id)

    def _confirmed(self, frame: Any) -> None:
        flight = self._flight
        if flight is None:
            return
        method = frame.method
        flight.settle(method.delivery_tag, bool(method.multiple), isinstance(method, pika.spec.Basic.Ack))
        if flight.done.is_set():
            self._flight = None

    def _wait(self, flight: Flight) -> None:
        """Wait for the last outcome. While the broker blocks, the clock of the confirms stands still for a
        while: pika itself closes a connection that is blocked for longer."""
        deadline = time.monotonic() + self._confirm_timeout_s
        latest = deadline + BLOCKED_TIMEOUT_S
        while not flight.done.wait(_LOOK_S):
            now = time.monotonic()
            if self._thread.blocked:
                deadline = min(latest, now + self._confirm_timeout_s)
            if now > deadline:
                flight.end()
                self._thread.drop("no confirm in time")


class Flight:
    """A batch between its publishing and its last confirm.

    `settle` and `returned` belong to the loop's thread; `done` tells the other one that the outcomes are
    final. Tags are counted on the channel: message i has the tag `first_tag + i`.
    """

    def __init__(self, batch: Sequence[Outgoing]) -> None:
        self.batch = batch
        self.first_tag = 1
        self.returned: set[str] = set()
        self.done = threading.Event()
        self._outcomes = [Outcome.UNKNOWN] * len(batch)
        self._open = dict.fromkeys(range(len(batch)))

    def settle(self, tag: int, multiple: bool, taken: bool) -> None:
        """Note a confirm (`taken`) or a refusal of one tag, or of all open ones up to it (`multiple`)."""
        last = tag - self.first_tag
        indexes = [index for index in self._open if index <= last] if multiple else [last]
        for index in indexes:
            if index in self._open:
                del self._open[index]
                self._outcomes[index] = self._outcome(index, taken)
        if not self._open:
            self.done.set()

    def end(self) -> None:
        """Nothing more will come: what is open stays unknown."""
        self.done.set()

    def outcomes(self) -> list[Outcome]:
        """Return the outcomes so far, in the order of the batch."""
        return list(self._outcomes)

    def _outcome(self, index: int, taken: bool) -> Outcome:
        if not taken:
            return Outcome.REFUSED
        return Outcome.RETURNED if self.batch[index].event_id in self.returned else Outcome.CONFIRMED


def _properties(message: Outgoing, service: str) -> pika.BasicProperties:
    return pika.BasicProperties(
        content_type=CONTENT_TYPE,
        delivery_mode=2,
        message_id=message.event_id,
        type=message.type,
        timestamp=int(message.occurred_at.timestamp()),
        app_id=service,
        headers=dict(message.headers),
    )
