"""The event catalogue: golden samples both ways, and one topology behind all its outputs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared.bus.asyncapi import asyncapi_document
from shared.bus.catalogue import EventType, Sample, default_catalogue
from shared.bus.definitions import TARGET, definitions, render
from shared.bus.envelope import InvalidEvent, NewEvent, UnreadableEvent, decode, encode
from shared.bus.topology import default_topology

ROOT = Path(__file__).parents[2]
TYPES = sorted(default_catalogue(), key=lambda entry: entry.type)
SAMPLES = [pytest.param(entry, sample, id=f"{entry.type}-{sample.name}") for entry in TYPES for sample in entry.samples]


def as_new(sample: Sample, data: dict[str, Any]) -> NewEvent:
    event = sample.event
    return NewEvent(event.type, event.aggregate_type, event.subject, event.aggregate_version, data)


@pytest.mark.parametrize(("entry", "sample"), SAMPLES)
def test_a_golden_sample_may_be_published_and_read(entry: EventType, sample: Sample) -> None:
    catalogue = default_catalogue()
    assert sample.event.type == entry.type
    assert sample.event.service == entry.service
    assert sample.event.dataschema == entry.dataschema
    assert catalogue.check_new(entry.service, as_new(sample, dict(sample.event.data))) is entry
    catalogue.check_read(sample.event)
    assert json.loads(encode(sample.event)) == json.loads(sample.body)
    assert decode(encode(sample.event)) == sample.event


@pytest.mark.parametrize(("entry", "sample"), SAMPLES)
def test_a_producer_can_neither_misspell_nor_forget_a_field(entry: EventType, sample: Sample) -> None:
    data = dict(sample.event.data)
    with pytest.raises(InvalidEvent, match="misspelt"):
        default_catalogue().check_new(entry.service, as_new(sample, {**data, "misspelt": "x"}))
    for name in entry.schema["required"]:
        less = {key: value for key, value in data.items() if key != name}
        with pytest.raises(InvalidEvent, match=name):
            default_catalogue().check_new(entry.service, as_new(sample, less))


@pytest.mark.parametrize(("entry", "sample"), SAMPLES)
def test_a_reader_accepts_what_a_newer_producer_adds(entry: EventType, sample: Sample) -> None:
    newer = replace(sample.event, data={**sample.event.data, "added_later": {"any": "thing"}})
    default_catalogue().check_read(newer)


def test_a_reader_keeps_unknown_words_but_refuses_wrong_types() -> None:
    sample = default_catalogue().get("product.changed.v1").samples[0]
    default_catalogue().check_read(replace(sample.event, data={**sample.event.data, "kind": "subscription"}))
    with pytest.raises(UnreadableEvent, match="/archived"):
        default_catalogue().check_read(replace(sample.event, data={**sample.event.data, "archived": "no"}))


def test_errors_name_the_field_and_never_its_value() -> None:
    sample = default_catalogue().get("customer.changed.v1").samples[0]
    with pytest.raises(InvalidEvent) as caught:
        default_catalogue().check_new(
            "customers", as_new(sample, {**sample.event.data, "language": "secret-person@example.com"})
        )
    assert "/language" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_only_the_owner_may_publish_a_type() -> None:
    sample = default_catalogue().get("customer.changed.v1").samples[0]
    with pytest.raises(InvalidEvent, match="belongs to customers"):
        default_catalogue().check_new("billing", as_new(sample, dict(sample.event.data)))


def test_every_field_is_described() -> None:
    def missing(schema: dict[str, Any], where: str) -> list[str]:
        found = []
        for name, field in schema.get("properties", {}).items():
            if "description" not in field and name not in ("fi", "sv", "en") and "references" not in where:
                found.append(f"{where}/{name}")
            found += missing(field, f"{where}/{name}") + missing(field.get("items", {}), f"{where}/{name}")
        return found

    assert [gap for entry in TYPES for gap in missing(dict(entry.schema), entry.type)] == []


def test_amounts_are_never_json_numbers() -> None:
    def numbers(schema: Any, where: str) -> list[str]:
        if isinstance(schema, dict):
            here = [where] if schema.get("type") == "number" else []
            return here + [gap for key, value in schema.items() for gap in numbers(value, f"{where}/{key}")]
        return []

    assert [gap for entry in TYPES for gap in numbers(dict(entry.schema), entry.type)] == []


def test_every_required_consumer_is_bound() -> None:
    assert default_topology().missing_required() == ()


def test_every_bound_queue_is_required() -> None:
    """The in-process bus lets an event go once all required queues are attached: others would miss it at a start."""
    topology = default_topology()
    loose = [
        (queue.name, name)
        for queue in topology.queues
        for name in queue.types
        if queue.name not in topology.catalogue.required_consumers(name)
    ]
    assert loose == []


def test_the_broker_s_definitions_are_those_of_the_topology() -> None:
    assert (ROOT / TARGET).read_text("utf-8") == render(default_topology()), "run: python -m shared.bus.definitions"


def test_definitions_topology_and_asyncapi_say_the_same() -> None:
    topology = default_topology()
    document = definitions(topology)
    asyncapi = asyncapi_document(topology)
    bound = {(entry["destination"], entry["routing_key"]) for entry in document["bindings"]}
    received = {
        (operation["x-queue"]["name"], operation["channel"]["$ref"].removeprefix("#/channels/"))
        for operation in asyncapi["operations"].values()
        if operation["action"] == "receive"
    }
    assert bound == received == {(binding.queue, binding.routing_key) for binding in topology.bindings}
    sent = {channel["bindings"]["amqp"]["exchange"]["name"] for channel in asyncapi["channels"].values()}
    assert sent == {entry["name"] for entry in document["exchanges"]} == set(topology.exchanges)


def test_every_queue_has_one_policy_and_a_place_for_its_dead() -> None:
    document = definitions(default_topology())
    names = {entry["name"] for entry in document["queues"]}
    for policy in document["policies"]:
        assert policy["definition"]["dead-letter-routing-key"] in names
        assert policy["definition"]["overflow"] == "reject-publish", "else dead lettering is at-most-once"
    assert {entry["name"] for entry in document["policies"]} == {queue.name for queue in default_topology().queues}


def test_all_references_of_the_asyncapi_document_exist() -> None:
    document = asyncapi_document(default_topology())

    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return own + [found for member in value.values() for found in references(member)]
        return [found for member in value for found in references(member)] if isinstance(value, list) else []

    found = references(document)
    assert len(found) >= len(TYPES)
    for reference in found:
        target: Any = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]
