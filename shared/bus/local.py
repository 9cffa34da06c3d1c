"""The in-process bus of the one-box mode.

It passes bytes, not objects, through the same inboxes as RabbitMQ does: a handler that works here has
already met duplicates, retries and the schema. A message is confirmed only after every bound inbox has
committed it, so a crash leaves it pending in the outbox.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import structlog

from shared.bus.failpoints import AFTER_COMMIT, reach
from shared.bus.inbox import StoreUnavailable
from shared.bus.publisher import Outcome, Outgoing
from shared.bus.topology import Topology, default_topology

_log = structlog.get_logger(module=__name__)


class Intake(Protocol):
    """Takes messages of one queue; `shared.bus.inbox.Inbox.take` does."""

    def __call__(self, body: bytes) -> object:
        """Return when the message is safely stored; raises StoreUnavailable if it could not be."""
        ...


class LocalBus:
    """All queues of one process. Publishers of all services and consumers of all services meet here."""

    def __init__(self, topology: Topology | None = None) -> None:
        self._topology = topology or default_topology()
        self._intakes: dict[str, Intake] = {}

    def attach(self, queue: str, intake: Intake) -> None:
        """Let `intake` have the messages of a queue from now on; raises KeyError for an unknown queue."""
        self._topology.queue(queue)
        self._intakes[queue] = intake

    def detach(self, queue: str) -> None:
        """Stop giving messages of a queue; events that require it stay pending."""
        self._intakes.pop(queue, None)

    def publisher(self, service: str) -> LocalPublisher:
        """Return the publisher of one service."""
        return LocalPublisher(self, service)

    def deliver(self, message: Outgoing) -> Outcome:
        """Hand one message to every queue that is bound to its routing key."""
        intakes = dict(self._intakes)
        required = self._topology.catalogue.required_consumers(message.routing_key)
        queues = [name for name in self._topology.queues_for(message.routing_key) if name in intakes]
        if not queues or not set(required) <= set(queues):
            return Outcome.RETURNED
        try:
            for name in queues:
                intakes[name](message.body)
                reach(AFTER_COMMIT)
        except StoreUnavailable as error:
            _log.warning("local.store_unavailable", event_id=message.event_id, error=str(error))
            return Outcome.UNKNOWN
        return Outcome.CONFIRMED


class LocalPublisher:
    """A `Publisher` that hands messages over in the relay's own thread."""

    def __init__(self, bus: LocalBus, service: str) -> None:
        self._bus = bus
        self.service = service
        self._closed = False

    def ready(self) -> bool:
        """See `Publisher.ready`."""
        return not self._closed

    def publish(self, batch: Sequence[Outgoing]) -> Sequence[Outcome]:
        """See `Publisher.publish`. After the first message that could not be stored the rest is not tried."""
        outcomes: list[Outcome] = []
        for message in batch:
            if outcomes and outcomes[-1] is Outcome.UNKNOWN:
                outcomes.append(Outcome.UNKNOWN)
            else:
                outcomes.append(self._bus.deliver(message))
        return outcomes

    def close(self) -> None:
        """See `Publisher.close`."""
        self._closed = True
