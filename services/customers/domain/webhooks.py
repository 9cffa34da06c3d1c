"""When a call to a webhook is made again, and what a webhook may hear of."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final

PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 1_800, 7_200, 21_600, 43_200))
"""Before the second attempt, the third … A call that failed after the last one waits for a person."""


class Told(StrEnum):
    """Registers whose changes are told."""

    CUSTOMERS = "customers"
    SITES = "sites"


class DeliveryState(StrEnum):
    """What became of a call."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


def pause_after(attempts: int) -> timedelta | None:
    """Return how long to wait after so many failed attempts (from 1); None: no more by itself."""
    return PAUSES[attempts - 1] if attempts <= len(PAUSES) else None
