"""RabbitMQ through pika 1.4: one thread with a `SelectConnection` loop for publishing, one for consuming.

pika's own thread-safe connection is not released yet; `BrokerThread` can be replaced by it behind the same
`Publisher` (messaging.md 4).
"""

from shared.bus.rabbitmq.connection import BrokerThread, connection_parameters
from shared.bus.rabbitmq.consumer import RabbitConsumer, Subscription
from shared.bus.rabbitmq.publisher import RabbitPublisher

__all__ = ["BrokerThread", "RabbitConsumer", "RabbitPublisher", "Subscription", "connection_parameters"]
