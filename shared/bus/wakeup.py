"""Waking whoever waits for work, right after the commit that made it.

A nudge may be lost; every waiter therefore also looks by itself from time to time. On PostgreSQL the
NOTIFY is sent after the commit on a connection of its own: inside the business transaction it would make
all commits of the server queue up behind each other (messaging.md 3).
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import psycopg
import structlog
from sqlalchemy.engine import make_url

from shared.bus.schedule import back_off_s

_log = structlog.get_logger(module=__name__)

CHANNEL = "urakka_wakeup"
COALESCE_S = 0.02
"""At most one NOTIFY per topic in this time."""
_LISTEN_SLICE_S = 0.5
_IDLE_S = 30.0
_SLICE_S = 0.5


class Wakeup(Protocol):
    """Topics are short words, e.g. `outbox`, `inbox`, `dispatch`."""

    def nudge(self, topic: str) -> None:
        """Wake those who wait for `topic`; returns at once and raises nothing."""
        ...

    def wait(self, topic: str, timeout_s: float) -> bool:
        """Wait for a nudge; True if one came since this thread last waited for the topic, False at the
        timeout."""
        ...

    def close(self) -> None:
        """End own threads and wake all waiters."""
        ...


class LocalWakeup:
    """Wakes threads of this process."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._counts: dict[str, int] = {}
        self._seen = threading.local()
        self._closed = False

    def nudge(self, topic: str) -> None:
        """See `Wakeup.nudge`."""
        with self._changed:
            self._counts[topic] = self._counts.get(topic, 0) + 1
            self._changed.notify_all()

    def wait(self, topic: str, timeout_s: float) -> bool:
        """See `Wakeup.wait`. Each thread has its own memory, so several may wait for one topic."""
        seen: dict[str, int] = self._seen.__dict__
        with self._changed:
            came = self._changed.wait_for(
                lambda: self._closed or self._counts.get(topic, 0) != seen.get(topic, 0), timeout_s
            )
            seen[topic] = self._counts.get(topic, 0)
        return bool(came)

    def nudge_all(self) -> None:
        """Wake everybody: nudges may have been missed."""
        with self._changed:
            for topic in self._counts:
                self._counts[topic] += 1
            self._changed.notify_all()

    def expect(self, topic: str) -> None:
        """Let `nudge_all` reach a topic that was never nudged here."""
        with self._changed:
            self._counts.setdefault(topic, 0)

    def close(self) -> None:
        """See `Wakeup.close`."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class PostgresWakeup:
    """Wakes threads of all processes that use the same database.

    Two connections of its own, opened only when first needed: one sends (autocommit, at most one NOTIFY
    per topic in 20 ms), one listens and reconnects; a reconnection counts as a nudge, because some may
    have been missed.
    """

    def __init__(self, url: str) -> None:
        """Take the SQLAlchemy address (`postgresql+psycopg://…`) of the service's database; connects
        later."""
        parsed = make_url(url)
        self._conninfo = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
        self._local = LocalWakeup()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._pending: set[str] = set()
        self._something = threading.Event()
        self._sender: threading.Thread | None = None
        self._listener: threading.Thread | None = None
        self.listening = threading.Event()

    def nudge(self, topic: str) -> None:
        """See `Wakeup.nudge`."""
        self._local.nudge(topic)
        with self._lock:
            self._pending.add(topic)
            if self._sender is None and not self._stop.is_set():
                self._sender = threading.Thread(target=self._send_loop, name="wakeup-send", daemon=True)
                self._sender.start()
        self._something.set()

    def wait(self, topic: str, timeout_s: float) -> bool:
        """See `Wakeup.wait`; the first call starts to listen."""
        self._local.expect(topic)
        with self._lock:
            if self._listener is None and not self._stop.is_set():
                self._listener = threading.Thread(target=self._listen_loop, name="wakeup-listen", daemon=True)
                self._listener.start()
        return self._local.wait(topic, timeout_s)

    def close(self) -> None:
        """See `Wakeup.close`."""
        self._stop.set()
        self._something.set()
        self._local.close()
        for thread in (self._sender, self._listener):
            if thread is not None:
                thread.join(timeout=5)

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self._conninfo, autocommit=True, connect_timeout=5, keepalives_idle=30)

    def _send_loop(self) -> None:
        failures = 0
        while not self._stop.is_set():
            try:
                with _closing(self._connect()) as connection:
                    while not self._stop.is_set():
                        self._send_pending(connection)
                        failures = 0
            except psycopg.Error as error:
                failures += 1
                _log.warning("wakeup.send_failed", error=type(error).__name__)
                self._stop.wait(back_off_s(failures, random.random()))  # noqa: S311 - jitter

    def _send_pending(self, connection: psycopg.Connection[Any]) -> None:
        self._something.wait(_IDLE_S)
        self._something.clear()
        with self._lock:
            topics, self._pending = sorted(self._pending), set()
        for topic in topics:
            connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, topic))
        self._stop.wait(COALESCE_S)

    def _listen_loop(self) -> None:
        failures = 0
        while not self._stop.is_set():
            try:
                with _closing(self._connect()) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    failures = 0
                    self._local.nudge_all()
                    self.listening.set()
                    while not self._stop.is_set():
                        for notification in connection.notifies(timeout=_LISTEN_SLICE_S):
                            self._local.nudge(notification.payload)
            except psycopg.Error as error:
                self.listening.clear()
                failures += 1
                _log.warning("wakeup.listen_failed", error=type(error).__name__)
                self._stop.wait(back_off_s(failures, random.random()))  # noqa: S311 - jitter


@contextmanager
def _closing(connection: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    try:
        yield connection
    finally:
        connection.close()


def wait_or_stop(wakeup: Wakeup, topic: str, stop: threading.Event, timeout_s: float) -> bool:
    """Wait for a nudge, but notice within half a second when `stop` is set; True if a nudge came."""
    left = timeout_s
    while left > 0 and not stop.is_set():
        if wakeup.wait(topic, min(left, _SLICE_S)):
            return True
        left -= _SLICE_S
    return False
