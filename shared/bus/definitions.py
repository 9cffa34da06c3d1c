"""`definitions.json` for the broker: the same topology as `shared.bus.topology`, and the policies.

Written to `deploy/rabbitmq/definitions.json` by `python -m shared.bus.definitions`; a contract test compares.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from shared.bus.topology import QueueDescription, Topology, default_topology, queue_arguments

DELIVERY_LIMIT = 20
"""How often a message may be given out before it goes to the dead letters: RabbitMQ 4's own default, said
aloud because 3.x has none."""

TARGET = Path("deploy/rabbitmq/definitions.json")


def definitions(topology: Topology, prefix: str = "", vhost: str = "/") -> dict[str, Any]:
    """Return the document that `rabbitmqctl import_definitions` and `load_definitions` read. No users, no
    secrets."""
    return {
        "vhosts": [{"name": vhost}],
        "exchanges": [
            {
                "name": prefix + name,
                "vhost": vhost,
                "type": "topic",
                "durable": True,
                "auto_delete": False,
                "internal": False,
                "arguments": {},
            }
            for name in topology.exchanges
        ],
        "queues": [_queue(prefix + name, vhost, {"x-queue-type": "quorum"}) for name in topology.dead_letter_queues]
        + [_queue(prefix + queue.name, vhost, queue_arguments(queue)) for queue in topology.queues],
        "bindings": [
            {
                "source": prefix + binding.exchange,
                "vhost": vhost,
                "destination": prefix + binding.queue,
                "destination_type": "queue",
                "routing_key": binding.routing_key,
                "arguments": {},
            }
            for binding in topology.bindings
        ],
        "policies": [_policy(queue, prefix, vhost) for queue in topology.queues],
    }


def _queue(name: str, vhost: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "vhost": vhost, "durable": True, "auto_delete": False, "arguments": arguments}


def _policy(queue: QueueDescription, prefix: str, vhost: str) -> dict[str, Any]:
    """All keys of a queue stand together: RabbitMQ applies only one policy to each.

    At-least-once dead lettering needs `reject-publish`, else it silently is at-most-once (messaging.md 5).
    """
    return {
        "vhost": vhost,
        "name": prefix + queue.name,
        "pattern": f"^{re.escape(prefix + queue.name)}$",
        "apply-to": "queues",
        "priority": 10,
        "definition": {
            "delivery-limit": DELIVERY_LIMIT,
            "dead-letter-exchange": "",
            "dead-letter-routing-key": prefix + queue.dead_letters,
            "dead-letter-strategy": "at-least-once",
            "overflow": "reject-publish",
        },
    }


def render(topology: Topology) -> str:
    """Return the file's exact text."""
    return json.dumps(definitions(topology), indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> None:
    """Write the file; the first argument may name another place."""
    target = Path(arguments[0]) if arguments else TARGET
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(render(default_topology()), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
