"""A connection to the broker that lives in a thread of its own and is built anew after each loss.

Everything on a pika connection belongs to the thread of its loop; the only thing that other threads may do
is to hand a function over (`BrokerThread.call`). A `SelectConnection` is used once. It is never rebuilt
from inside a callback of the dying one, which would let the stack grow (pika#399), but by the outer loop
of the thread.
"""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

import pika
import structlog
from pika.adapters.select_connection import IOLoop, SelectConnection

from shared.bus import metrics
from shared.bus.schedule import back_off_s

_log = structlog.get_logger(module=__name__)

HEARTBEAT_S = 20
BLOCKED_TIMEOUT_S = 60
SOCKET_TIMEOUT_S = 5
STACK_TIMEOUT_S = 15
TCP_OPTIONS = {"TCP_USER_TIMEOUT": 10_000, "TCP_KEEPIDLE": 30}
HEALTHY_AFTER_S = 60
RECONNECT_MOST_S = 20.0
"""Below the 30 s in which events must flow again once the broker is back."""
_CLOSE_WAIT_S = 5.0


class Life(Protocol):
    """What is done with each connection. Both run in the loop's thread and must return at once."""

    def opened(self, connection: Any) -> None:
        """The connection is open: build channels on it."""
        ...

    def lost(self) -> None:
        """It is gone; nothing on it will ever answer."""
        ...


def connection_parameters(url: str, name: str) -> pika.URLParameters:
    """Return the settings of messaging.md 4 for an address `amqp://user:password@host:port/vhost`.

    name  shown by the broker, e.g. `billing/relay/<host>`. The library's own defaults would wait for ever
          on a blocked connection and notice a cut network only after minutes.
    """
    parameters = pika.URLParameters(url)
    parameters.heartbeat = HEARTBEAT_S
    parameters.blocked_connection_timeout = BLOCKED_TIMEOUT_S
    parameters.socket_timeout = SOCKET_TIMEOUT_S
    parameters.stack_timeout = STACK_TIMEOUT_S
    parameters.connection_attempts = 1
    parameters.tcp_options = TCP_OPTIONS
    parameters.client_properties = {"connection_name": f"{name}/{socket.gethostname()}"}
    return parameters


class BrokerThread:
    """Keeps one connection open until `stop`; `role` (publish, consume) labels its metrics."""

    def __init__(self, url: str, name: str, role: str, life: Life) -> None:
        self._parameters = connection_parameters(url, name)
        self._name = name
        self._role = role
        self._life = life
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._loop: IOLoop | None = None
        self._connection: Any = None
        self._thread: threading.Thread | None = None
        self.blocked = False

    def start(self) -> None:
        """Start connecting; safe to call again. Only after the process has forked, if it does."""
        with self._lock:
            if self._thread is None and not self._stop.is_set():
                self._thread = threading.Thread(target=self._run, name=f"broker-{self._role}", daemon=True)
                self._thread.start()

    def call(self, function: Callable[[], None]) -> bool:
        """Let the loop's thread run `function` soon; False if there is no loop.

        True does not promise that it runs: the loop may end first, and then `Life.lost` is called.
        """
        with self._lock:
            if self._loop is None:
                return False
            self._loop.add_callback_threadsafe(function)
            return True

    def drop(self, reason: str) -> None:
        """Close the present connection, so that a new one is built. From any thread."""
        _log.warning("broker.dropped", name=self._name, role=self._role, reason=reason)
        self.call(self._close)

    def stop(self) -> None:
        """Close the connection for good and wait for the thread, at most twice the time of a close."""
        self._stop.set()
        self.call(self._close)
        if self._thread is not None:
            self._thread.join(timeout=2 * _CLOSE_WAIT_S)

    def later(self, delay_s: float, function: Callable[[], None]) -> None:
        """Run `function` in `delay_s` seconds if the loop still runs then. Only from the loop's thread."""
        if self._loop is not None:
            self._loop.call_later(delay_s, function)

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            started = time.monotonic()
            try:
                self._live_once()
            except Exception:  # the outer edge of this thread: whatever happened, the next connection may work
                _log.exception("broker.loop_failed", name=self._name, role=self._role)
            failures = 1 if time.monotonic() - started > HEALTHY_AFTER_S else failures + 1
            metrics.broker_reconnects_total.labels(self._role).inc()
            pause_s = back_off_s(failures, random.random(), most_s=RECONNECT_MOST_S)  # noqa: S311 - jitter
            self._stop.wait(pause_s)

    def _live_once(self) -> None:
        connection = SelectConnection(
            self._parameters,
            on_open_callback=self._opened,
            on_open_error_callback=self._not_opened,
            on_close_callback=self._closed,
        )
        connection.add_on_connection_blocked_callback(lambda *_: self._set_blocked(True))
        connection.add_on_connection_unblocked_callback(lambda *_: self._set_blocked(False))
        loop = connection.ioloop
        with self._lock:
            self._connection, self._loop = connection, loop
        if self._stop.is_set():
            loop.call_later(0, self._close)
        try:
            loop.start()
        finally:
            with self._lock:
                self._connection, self._loop = None, None
            self._set_blocked(False)
            metrics.broker_connected.labels(self._role).set(0)
            self._life.lost()
            loop.close()

    def _opened(self, connection: Any) -> None:
        _log.info("broker.connected", name=self._name, role=self._role)
        metrics.broker_connected.labels(self._role).set(1)
        self._life.opened(connection)

    def _not_opened(self, connection: Any, error: Any) -> None:
        _log.warning("broker.not_connected", name=self._name, role=self._role, error=type(error).__name__)
        connection.ioloop.stop()

    def _closed(self, connection: Any, reason: Any) -> None:
        level = _log.info if self._stop.is_set() else _log.warning
        level("broker.closed", name=self._name, role=self._role, reason=type(reason).__name__)
        connection.ioloop.stop()

    def _close(self) -> None:
        """Close in good order, and end the loop even if the broker never answers."""
        connection, loop = self._connection, self._loop
        if connection is None or loop is None:
            return
        if connection.is_open:
            connection.close()
            loop.call_later(_CLOSE_WAIT_S, loop.stop)
        else:
            loop.stop()

    def _set_blocked(self, blocked: bool) -> None:
        self.blocked = blocked
        metrics.broker_blocked.labels(self._role).set(int(blocked))
