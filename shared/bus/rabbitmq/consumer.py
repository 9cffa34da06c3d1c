"""Consuming: the loop's thread only moves bytes, worker threads in lanes do the work, acks go back to the
loop.

An event's lane comes from its partition key, so that one process handles one event of an aggregate at a
time. An ack is sent after the commit, for the very channel object that brought the message: delivery tags
mean nothing on another one, and acking an old tag would close it. A message whose channel is gone is
simply delivered again, and the inbox answers.
"""

from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog

from shared.bus import metrics
from shared.bus.failpoints import AFTER_COMMIT, reach
from shared.bus.inbox import StoreUnavailable
from shared.bus.rabbitmq.connection import STACK_TIMEOUT_S, BrokerThread
from shared.bus.schedule import back_off_s, lane_of

_log = structlog.get_logger(module=__name__)

PREFETCH_PER_LANE = 8
_FINISH_S = 30.0

Take = Callable[[bytes, Mapping[str, Any]], object]
"""(body, headers): returns when the message may be acknowledged; raises StoreUnavailable to stop
consuming."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """One queue and what is done with its messages. `lanes` is the number of worker threads."""

    queue: str
    take: Take
    lanes: int = 4


@dataclass(frozen=True, slots=True)
class _Delivery:
    channel: Any
    tag: int
    body: bytes
    headers: Mapping[str, Any]


class RabbitConsumer:
    """Consumes the queues of one service over one connection of its own (not the publisher's: a blocked
    publisher would stop it too)."""

    def __init__(self, url: str, service: str, subscriptions: Iterable[Subscription] = (), *, prefix: str = "") -> None:
        self._prefix = prefix
        self._thread = BrokerThread(url, f"{service}/consume", "consume", self)
        self._lock = threading.Lock()
        self._readers = [_Reader(subscription, prefix, self._thread) for subscription in subscriptions]
        self._connection: Any = None
        self._stopped = False

    def start(self) -> None:
        """Start to connect and consume; returns at once."""
        with self._lock:
            for reader in self._readers:
                reader.start()
        self._thread.start()

    def add(self, subscription: Subscription) -> None:
        """Consume one more queue from now on, e.g. when its copies have been filled."""
        reader = _Reader(subscription, self._prefix, self._thread)
        with self._lock:
            if self._stopped:
                return
            self._readers.append(reader)
        reader.start()
        self._thread.call(lambda: self._open_if_connected(reader))

    @property
    def active(self) -> bool:
        """Whether every queue is being consumed: the worker's readiness."""
        with self._lock:
            return bool(self._readers) and all(reader.active for reader in self._readers)

    def stop(self) -> None:
        """Let the current events finish (at most 30 s), send their acks, close."""
        with self._lock:
            self._stopped = True
            readers = list(self._readers)
        deadline = time.monotonic() + _FINISH_S
        for reader in readers:
            reader.finish()
        for reader in readers:
            reader.join(deadline)
        self._thread.stop()

    def drop_connection(self, reason: str) -> None:
        """Close the connection and build a new one; for tests and for an operator in doubt."""
        self._thread.drop(reason)

    def opened(self, connection: Any) -> None:
        """See `Life.opened`."""
        self._connection = connection
        with self._lock:
            readers = list(self._readers)
        for reader in readers:
            reader.open(connection)

    def lost(self) -> None:
        """See `Life.lost`."""
        self._connection = None
        with self._lock:
            readers = list(self._readers)
        for reader in readers:
            reader.forget_channel()

    def _open_if_connected(self, reader: _Reader) -> None:
        if self._connection is not None and self._connection.is_open:
            reader.open(self._connection)


class _Reader:
    """One queue: its channel (the loop's thread) and its lanes (worker threads)."""

    def __init__(self, subscription: Subscription, prefix: str, thread: BrokerThread) -> None:
        self._subscription = subscription
        self._queue = prefix + subscription.queue
        self._thread = thread
        self._lanes: list[queue.SimpleQueue[_Delivery | None]] = [
            queue.SimpleQueue() for _ in range(subscription.lanes)
        ]
        self._workers: list[threading.Thread] = []
        self._channel: Any = None
        self._opening = False
        self._finishing = False
        self._failures = 0
        self.active = False

    def start(self) -> None:
        """Start the lanes; safe to call again."""
        if self._workers:
            return
        for number, lane in enumerate(self._lanes):
            worker = threading.Thread(
                target=self._work, args=(lane,), name=f"{self._subscription.queue}-{number}", daemon=True
            )
            self._workers.append(worker)
            worker.start()

    def finish(self) -> None:
        """Begin nothing new; what is in the lanes goes back to the broker with the channel."""
        self._finishing = True
        for lane in self._lanes:
            lane.put(None)

    def join(self, deadline: float) -> None:
        for worker in self._workers:
            worker.join(timeout=max(0.0, deadline - time.monotonic()))

    def open(self, connection: Any) -> None:
        if not self._finishing and not self._opening and self._channel is None and connection.is_open:
            self._opening = True
            connection.channel(on_open_callback=self._channel_open)
            self._thread.later(STACK_TIMEOUT_S, partial(self._give_up_opening, connection))

    def forget_channel(self) -> None:
        self._channel = None
        self._opening = False
        self._set_active(False)

    def _channel_open(self, channel: Any) -> None:
        self._channel = channel
        self._opening = False
        channel.add_on_close_callback(self._channel_closed)
        channel.add_on_cancel_callback(lambda _: self._cancelled(channel))
        channel.basic_qos(
            prefetch_count=PREFETCH_PER_LANE * len(self._lanes), callback=lambda _: self._consume(channel)
        )

    def _consume(self, channel: Any) -> None:
        if not channel.is_open:
            return
        channel.basic_consume(self._queue, self._received, callback=lambda _: self._set_active(True))

    def _give_up_opening(self, connection: Any) -> None:
        if not self.active and not self._finishing and connection.is_open and self._channel is not None:
            self._close_channel(self._channel, "consuming did not begin in time")

    def _cancelled(self, channel: Any) -> None:
        """The broker ended the consumer, e.g. because the queue was deleted: pika alone would just stay
        silent."""
        self._close_channel(channel, "cancelled by the broker")

    def _close_channel(self, channel: Any, reason: str) -> None:
        if channel is self._channel and channel.is_open:
            _log.warning("consumer.paused", queue=self._queue, reason=reason)
            self._set_active(False)
            channel.close()

    def _channel_closed(self, channel: Any, reason: Any) -> None:
        """Consume again after a pause, as long as the connection lives; else `opened` does it on the next
        one."""
        if channel is self._channel:
            self.forget_channel()
        connection = channel.connection
        if self._finishing or not connection.is_open:
            return
        self._failures += 1
        pause_s = back_off_s(self._failures, random.random())  # noqa: S311 - jitter
        _log.warning("consumer.channel_closed", queue=self._queue, reason=str(reason)[:200], pause_s=round(pause_s, 2))
        self._thread.later(pause_s, partial(self.open, connection))

    def _received(self, channel: Any, method: Any, properties: Any, body: bytes) -> None:
        headers = properties.headers or {}
        key = str(headers.get("partitionkey") or properties.message_id or "")
        lane = self._lanes[lane_of(key, len(self._lanes))]
        lane.put(_Delivery(channel, method.delivery_tag, body, headers))

    def _work(self, lane: queue.SimpleQueue[_Delivery | None]) -> None:
        while (delivery := lane.get()) is not None:
            if self._finishing or delivery.channel is not self._channel:
                continue
            self._take(delivery)

    def _take(self, delivery: _Delivery) -> None:
        try:
            self._subscription.take(delivery.body, delivery.headers)
        except StoreUnavailable as error:
            reason = str(error)
            self._thread.call(lambda: self._close_channel(delivery.channel, reason))
        except Exception:  # the outer edge of one message: the broker counts, and gives up at its delivery limit
            _log.exception("consumer.take_failed", queue=self._queue)
            self._thread.call(partial(self._reject, delivery))
        else:
            self._failures = 0
            reach(AFTER_COMMIT)
            self._thread.call(partial(self._ack, delivery))

    def _ack(self, delivery: _Delivery) -> None:
        if delivery.channel is self._channel and delivery.channel.is_open:
            delivery.channel.basic_ack(delivery.tag)

    def _reject(self, delivery: _Delivery) -> None:
        """`reject`, not `nack`: from RabbitMQ 4.3 on only the first counts towards the delivery limit."""
        if delivery.channel is self._channel and delivery.channel.is_open:
            delivery.channel.basic_reject(delivery.tag, requeue=True)

    def _set_active(self, active: bool) -> None:
        self.active = active
        metrics.consumer_active.labels(self._subscription.queue).set(int(active))
