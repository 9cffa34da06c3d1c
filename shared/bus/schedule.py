"""When something is tried again, and in which lane it runs: pure functions of their parameters."""

from __future__ import annotations

import zlib
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
