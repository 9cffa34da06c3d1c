"""Waiting in tests: poll with a deadline, never sleep for a guessed time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

T = TypeVar("T")

_pause = threading.Event()


def eventually(probe: Callable[[], T], *, timeout_s: float = 15.0, every_s: float = 0.02) -> T:
    """Call `probe` until it returns something true and return that; AssertionError after `timeout_s`
    seconds."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = probe()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s} s: {probe!r} still gives {found!r}")
        _pause.wait(every_s)


class ManualClock:
    """A clock that stands still until it is moved. Call it to read it: aware, UTC."""

    def __init__(self, now: datetime | None = None) -> None:
        self.now = now or datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the present moment of this clock."""
        return self.now

    def move(self, **amount: float) -> datetime:
        """Move on by a `timedelta(**amount)` and return the new moment."""
        self.now += timedelta(**amount)
        return self.now
