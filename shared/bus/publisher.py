"""What the relay needs of a pipe, whichever it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Outcome(StrEnum):
    """What became of one published message."""

    CONFIRMED = "confirmed"
    """Safely in every queue that is bound to it."""
    RETURNED = "returned"
    """No queue wants it, or one that must have it is not there."""
    REFUSED = "refused"
    """The broker said no, e.g. because a queue is full."""
    UNKNOWN = "unknown"
    """Nobody knows: a deadline passed or a connection broke. It will be published again."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message ready to go. `body` is the final envelope, `type` the full wire type."""

    event_id: str
    type: str
    routing_key: str
    headers: Mapping[str, str]
    body: bytes
    occurred_at: datetime


class Publisher(Protocol):
    """Brings messages of one service to the queues that are bound to them."""

    def ready(self) -> bool:
        """Say whether publishing can work now: connected and not blocked."""
        ...

    def publish(self, batch: Sequence[Outgoing]) -> Sequence[Outcome]:
        """Publish in order and return one outcome for each message, in the same order.

        Ends within the publisher's own deadline and raises nothing: what is not certain is `UNKNOWN`.
        """
        ...

    def close(self) -> None:
        """Give back threads and connections; safe to call twice."""
        ...
