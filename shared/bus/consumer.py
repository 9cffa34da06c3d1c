"""What a service says about the events that it consumes, and how its handlers tell what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.bus.envelope import Event
from shared.context import Context, continue_trace
from shared.db import UnitOfWork

Handler = Callable[[UnitOfWork, Event], None]
"""Carries out one event inside an open unit of work of the event's tenant.

Its effect, the inbox row and the events that it emits commit together; the handler itself never commits.
It may be called twice, in any order, on two machines. Whatever is outside this database (mail, HTTP) does
not belong in it.
"""


class NotYet(Exception):
    """This event cannot be handled now, e.g. because what it refers to is not here yet: it waits."""


class CannotEver(Exception):
    """This event can never be handled: it is parked for a person, with this reason."""


class Handled(StrEnum):
    """What became of one event at one consumer."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    STALE = "stale"
    WAITING = "waiting"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class CopySource:
    """Where a read copy is filled from before its consumer starts for the first time.

    service    owner of the aggregate, e.g. `customers`
    aggregate  name of its snapshot, e.g. `customer`
    type       short type of the event whose handler takes the snapshot's items, e.g. `customer.changed.v1`
    """

    service: str
    aggregate: str
    type: str


@dataclass(frozen=True, slots=True)
class Consumer:
    """One queue and the handlers of its events.

    name      the queue, e.g. `billing.workorders`; unique key of the inbox together with the event's id
    handlers  short type → handler; exactly the types that the queue is bound to
    ordered   an event waits while an earlier one of its aggregate waits; needs a single active consumer
    copies    copies that are filled from their owners before the first event is consumed
    """

    name: str
    handlers: Mapping[str, Handler]
    ordered: bool = False
    copies: tuple[CopySource, ...] = ()

    @property
    def types(self) -> frozenset[str]:
        """The short types that it handles."""
        return frozenset(self.handlers)


def handler_context(consumer: str, event: Event) -> Context:
    """Return the context in which an event is handled: its tenant, its correlation, caused by it, in its
    trace."""
    return Context(
        tenant_id=event.tenant_id,
        actor=f"system:{consumer}",
        correlation_id=event.correlation_id,
        causation_id=event.id,
        traceparent=continue_trace(event.traceparent),
    )
