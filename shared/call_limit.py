"""A limit for a whole HTTP call: time-outs of sockets count from byte to byte only, so an answer could trickle."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Self


class CallLimit:
    """Ends the call that is made inside it when it has lasted `limit_s` seconds, by closing its connection.

    The call then fails, or seems to have come to its end: look at `has_expired` before its answer is believed.
    """

    def __init__(self, limit_s: float) -> None:
        self._lock = threading.Lock()
        self._expired = False
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(limit_s, self._expire)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            self._socket = None

    @property
    def has_expired(self) -> bool:
        """Whether the call was ended."""
        with self._lock:
            return self._expired

    def attach(self, connected: socket.socket) -> None:
        """Say which connection it is, as soon as there is one."""
        with self._lock:
            self._socket = connected
            expired = self._expired
        if expired:
            _shut(connected)

    def _expire(self) -> None:
        with self._lock:
            self._expired = True
            connected = self._socket
        if connected is not None:
            _shut(connected)


def _shut(connected: socket.socket) -> None:
    with contextlib.suppress(OSError):
        # Not the TLS class's own shutdown: that one would drop the TLS layer under the reader's feet.
        socket.socket.shutdown(connected, socket.SHUT_RDWR)
