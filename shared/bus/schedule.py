"""When something is tried again, how often a loop looks, and in which lane an event runs."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta

RETRY_DELAYS = tuple(timedelta(seconds=s) for s in (1, 5, 30, 120, 600, 3600, 21600))
"""Pauses after the first, second … failed attempt of a handler; after the last one the event is parked."""

_JITTER = 0.2


def next_attempt(attempts: int, now: datetime, chance: float) -> datetime | None:
    """Return when a handler is tried again after its `attempts`-th failure (from 1), or None: park the event.

    chance  a random number from 0 to 1; spreads the delay by ±20 % so that events do not come back in step.
    """
    if attempts > len(RETRY_DELAYS):
        return None
    return now + RETRY_DELAYS[attempts - 1] * (1 - _JITTER + 2 * _JITTER * chance)


def back_off_s(failures: int, chance: float, *, first_s: float = 0.2, most_s: float = 30.0) -> float:
    """Return the pause in seconds after `failures` failures in a row (from 1): doubled each time, full
    jitter.

    chance  a random number from 0 to 1. At least a tenth of the step is kept, so that no loop runs hot.
    """
    step = min(most_s, first_s * 2.0 ** min(failures - 1, 20))
    return float(step * (0.1 + 0.9 * chance))


def lane_of(partition_key: str, lanes: int) -> int:
    """Return the lane (0 … lanes-1) of a key: the same in every process, unlike Python's own `hash` of a
    text."""
    return zlib.crc32(partition_key.encode()) % lanes


class Pace:
    """Lets a loop run as it likes while there is little to do, and at most once every `every_s` under load.

    Under load each round then finds more to do: what a round costs by itself (a few statements) is shared by several
    events. `at_once` rounds in a row are free, so that a single event is never held up.
    """

    def __init__(self, every_s: float = 0.05, at_once: int = 5, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._every_s = every_s
        self._credit_s = every_s * at_once
        self._clock = clock
        self._paid_until = float("-inf")

    def pause_s(self) -> float:
        """Count one round; returns the seconds to wait before it, 0.0 for none."""
        now = self._clock()
        self._paid_until = max(self._paid_until, now) + self._every_s
        return max(0.0, self._paid_until - now - self._credit_s)
