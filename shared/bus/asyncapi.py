"""The AsyncAPI 3 document of all events, made from the catalogue and the topology.

AMQP 0-9-1 binding 0.4.0 describes exchange, queue and delivery mode; what does not fit its fields (quorum
queues, required consumers) stands under `x-`. Source: https://github.com/asyncapi/bindings, amqp/README.md.
"""

from __future__ import annotations

import json
from typing import Any

from shared.bus.catalogue import EventType
from shared.bus.envelope import CONTENT_TYPE, wire_type
from shared.bus.topology import Topology, exchange_of, queue_arguments

_BINDING_VERSION = "0.4.0"


def asyncapi_document(topology: Topology, *, version: str = "1.0.0") -> dict[str, Any]:
    """Return the document: a channel for each event type, a `send` operation for its producer and a `receive`
    operation for each queue."""
    entries = sorted(topology.catalogue, key=lambda entry: entry.type)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Urakka events",
            "version": version,
            "description": "CloudEvents 1.0 in structured JSON mode. Delivered at least once; the order of "
            "one aggregate's events is kept in each queue; `aggregateversion` tells newer from older.",
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {entry.type: _channel(entry) for entry in entries},
        "operations": _operations(topology, entries),
        "components": {
            "messages": {entry.type: _message(entry) for entry in entries},
            "schemas": {entry.type: dict(entry.schema) for entry in entries},
        },
    }


def _channel(entry: EventType) -> dict[str, Any]:
    exchange = {"name": exchange_of(entry.service), "type": "topic", "durable": True, "autoDelete": False}
    return {
        "address": entry.type,
        "title": entry.type,
        "description": entry.description,
        "messages": {"event": {"$ref": f"#/components/messages/{entry.type}"}},
        "bindings": {
            "amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": _BINDING_VERSION},
        },
        "x-required-consumers": list(entry.required_consumers),
    }


def _operations(topology: Topology, entries: list[EventType]) -> dict[str, Any]:
    operations: dict[str, Any] = {}
    for entry in entries:
        channel = {"$ref": f"#/channels/{entry.type}"}
        operations[f"send.{entry.type}"] = {
            "action": "send",
            "channel": channel,
            "bindings": {"amqp": {"deliveryMode": 2, "mandatory": True, "bindingVersion": _BINDING_VERSION}},
            "x-service": entry.service,
        }
        for name in topology.queues_for(entry.type):
            operations[f"receive.{name}.{entry.type}"] = {
                "action": "receive",
                "channel": channel,
                "bindings": {"amqp": {"ack": True, "bindingVersion": _BINDING_VERSION}},
                "x-queue": {
                    "name": name,
                    "durable": True,
                    "arguments": queue_arguments(topology.queue(name)),
                },
            }
    return operations


def _message(entry: EventType) -> dict[str, Any]:
    """The payload is the whole CloudEvent; its `data` is the catalogue's schema."""
    text = {"type": "string"}
    return {
        "name": wire_type(entry.service, entry.type),
        "title": entry.type,
        "summary": entry.description,
        "contentType": CONTENT_TYPE,
        "headers": {"type": "object", "properties": {"partitionkey": text, "traceparent": text}},
        "payload": {
            "type": "object",
            "properties": {
                "specversion": {"const": "1.0"},
                "id": {"type": "string", "format": "uuid"},
                "source": {"const": f"/services/{entry.service}"},
                "type": {"const": wire_type(entry.service, entry.type)},
                "subject": {"type": "string", "description": f"Id of the {entry.aggregate}"},
                "time": {"type": "string", "format": "date-time"},
                "datacontenttype": {"const": "application/json"},
                "dataschema": {"type": "string", "format": "uri"},
                "aggregatetype": {"const": entry.aggregate},
                "aggregateversion": {"type": "integer", "minimum": 1},
                "partitionkey": text,
                "correlationid": text,
                "causationid": text,
                "tenantid": text,
                "traceparent": text,
                "tracestate": text,
                "data": {"$ref": f"#/components/schemas/{entry.type}"},
            },
            "required": [
                "specversion",
                "id",
                "source",
                "type",
                "subject",
                "time",
                "aggregatetype",
                "aggregateversion",
                "partitionkey",
                "correlationid",
                "tenantid",
                "data",
            ],
        },
        "examples": [{"name": sample.name, "payload": json.loads(sample.body)} for sample in entry.samples],
    }
