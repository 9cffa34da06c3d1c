"""Exchanges, queues and bindings: the one description from which everything else is made.

A producer owns its exchange `<service>.events`; a consumer owns its queue `<service>.<purpose>` and the
dead-letter queue `<service>.dead`. Bindings name exact routing keys, so a new event type never arrives by
accident.

Immutable queue arguments are only the queue type and, where order needs it, the single active consumer;
all else is a policy (`shared.bus.definitions`), because a policy can be changed on a living queue.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from shared.bus.catalogue import Catalogue, default_catalogue


@dataclass(frozen=True, slots=True)
class QueueDescription:
    """One queue: the events that one purpose of one service needs.

    name           `<service>.<purpose>`
    types          short event types bound to it
    single_active  only one replica consumes at a time; needed by consumers whose handlers are `ordered`
    """

    name: str
    types: tuple[str, ...]
    single_active: bool = False

    @property
    def service(self) -> str:
        """The service that owns the queue."""
        return self.name.split(".", 1)[0]

    @property
    def dead_letters(self) -> str:
        """The queue for messages that kill their consumer."""
        return f"{self.service}.dead"


@dataclass(frozen=True, slots=True)
class Binding:
    """Messages that `exchange` gets with `routing_key` go to `queue`."""

    exchange: str
    routing_key: str
    queue: str


QUEUES = (
    QueueDescription(
        "workorders.copies",
        (
            "customer.changed.v1",
            "site.changed.v1",
            "product.changed.v1",
            "price.changed.v1",
            "charging_rule.changed.v1",
        ),
    ),
    QueueDescription("workorders.documents", ("document.accepted.v1",)),
    QueueDescription("catalog.customers", ("customer.changed.v1", "site.changed.v1")),
    QueueDescription("customers.webhooks", ("customer.changed.v1", "site.changed.v1")),
    QueueDescription("customers.documents", ("document.accepted.v1",)),
    QueueDescription("billing.copies", ("customer.changed.v1", "product.changed.v1", "charging_rule.changed.v1")),
    QueueDescription("billing.workorders", ("workorder.approved.v1", "workorder.reopened.v1")),
)
"""Every queue of the product. A consumer of the same name handles exactly these types."""


class Topology:
    """Exchanges, queues and bindings, without the prefix that an installation may put before all names."""

    def __init__(self, queues: Iterable[QueueDescription], catalogue: Catalogue) -> None:
        """Take every queue; raises ValueError if one wants an event that is not in the catalogue."""
        self.queues = tuple(queues)
        self.catalogue = catalogue
        self._by_name = {queue.name: queue for queue in self.queues}
        for queue in self.queues:
            unknown = [name for name in queue.types if name not in catalogue]
            if unknown:
                raise ValueError(f"{queue.name} wants events that are not in the catalogue: {unknown}")

    @property
    def exchanges(self) -> tuple[str, ...]:
        """The exchange of every service that publishes, sorted."""
        return tuple(sorted({exchange_of(entry.service) for entry in self.catalogue}))

    @property
    def dead_letter_queues(self) -> tuple[str, ...]:
        """One dead-letter queue for each consuming service, sorted."""
        return tuple(sorted({queue.dead_letters for queue in self.queues}))

    @property
    def bindings(self) -> tuple[Binding, ...]:
        """Every binding, in the order of the queues."""
        return tuple(self._bindings())

    def _bindings(self) -> Iterator[Binding]:
        for queue in self.queues:
            for name in queue.types:
                entry = self.catalogue.get(name)
                if entry is not None:
                    yield Binding(exchange_of(entry.service), name, queue.name)

    def queue(self, name: str) -> QueueDescription:
        """Return the queue of this name; raises KeyError."""
        return self._by_name[name]

    def queues_for(self, short_type: str) -> tuple[str, ...]:
        """Return the names of the queues that are bound to a type."""
        return tuple(queue.name for queue in self.queues if short_type in queue.types)

    def missing_required(self) -> tuple[tuple[str, str], ...]:
        """Return (type, queue) for each required consumer that is not bound: none, or events will stay
        pending."""
        return tuple(
            (entry.type, name)
            for entry in self.catalogue
            for name in entry.required_consumers
            if name not in self.queues_for(entry.type)
        )


def default_topology() -> Topology:
    """Return the product's own topology."""
    return Topology(QUEUES, default_catalogue())


def exchange_of(service: str) -> str:
    """Return the name of the exchange that `service` publishes to."""
    return f"{service}.events"


class ConsumerLike(Protocol):
    """What the check below needs of a `shared.bus.inbox.Consumer`."""

    @property
    def name(self) -> str:
        """The queue that it reads."""
        ...

    @property
    def types(self) -> frozenset[str]:
        """The short types that it handles."""
        ...

    @property
    def ordered(self) -> bool:
        """Whether its handlers need the order of an aggregate's events."""
        ...


def check_consumer(topology: Topology, consumer: ConsumerLike) -> None:
    """Compare a consumer with its queue; raises ValueError if they do not fit.

    A type that is bound but not handled would be parked, one that is handled but not bound would never come.
    """
    try:
        queue = topology.queue(consumer.name)
    except KeyError:
        raise ValueError(f"there is no queue for the consumer {consumer.name}") from None
    if set(queue.types) != consumer.types:
        raise ValueError(f"{consumer.name} handles {sorted(consumer.types)} but is bound to {sorted(queue.types)}")
    if consumer.ordered and not queue.single_active:
        raise ValueError(f"{consumer.name} is ordered, so its queue needs a single active consumer")


def queue_arguments(queue: QueueDescription) -> dict[str, Any]:
    """Return the immutable arguments of a queue."""
    arguments: dict[str, Any] = {"x-queue-type": "quorum"}
    if queue.single_active:
        arguments["x-single-active-consumer"] = True
    return arguments


def apply(connection: Any, topology: Topology, prefix: str = "") -> None:
    """Declare exchanges, queues and bindings; may be repeated. Needs the permission to configure.

    connection  an open `pika.BlockingConnection`. Raises pika's ChannelClosedByBroker if something of the
                same name exists with other immutable arguments: then it needs a new name (messaging.md 5).
    """
    channel = connection.channel()
    for exchange in topology.exchanges:
        channel.exchange_declare(prefix + exchange, exchange_type="topic", durable=True)
    for name in topology.dead_letter_queues:
        channel.queue_declare(prefix + name, durable=True, arguments={"x-queue-type": "quorum"})
    for queue in topology.queues:
        channel.queue_declare(prefix + queue.name, durable=True, arguments=queue_arguments(queue))
    for binding in topology.bindings:
        channel.queue_bind(prefix + binding.queue, prefix + binding.exchange, routing_key=binding.routing_key)
    channel.close()


def remove(connection: Any, topology: Topology, prefix: str) -> None:
    """Delete queues and exchanges under a prefix, with all messages in them: for tests and trial
    installations.

    Raises ValueError without a prefix: nobody removes the product's own queues by a slip.
    """
    if not prefix:
        raise ValueError("removing a topology needs a prefix")
    channel = connection.channel()
    for name in (*(queue.name for queue in topology.queues), *topology.dead_letter_queues):
        channel.queue_delete(prefix + name)
    for exchange in topology.exchanges:
        channel.exchange_delete(prefix + exchange)
    channel.close()
