"""The envelope: what goes out can be read back, what is wrong is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from shared.bus.envelope import MAX_BYTES, Event, InvalidEvent, NewEvent, UnreadableEvent, decode, encode, seal
from shared.context import SYSTEM_TENANT, Context

NOW = datetime(2026, 11, 21, 16, 20, 0, 123_456, tzinfo=UTC)
CONTEXT = Context("tenant-1", "user-1", correlation_id="corr-1", causation_id="cause-1")
NEW = NewEvent("workorder.approved.v1", "workorder", "order-1", 3, {"name": "Ä", "quantity": "2.500", "rows": [1]})


def sealed(new: NewEvent = NEW, context: Context = CONTEXT) -> Event:
    return seal(new, event_id="event-1", service="workorders", time=NOW, context=context, dataschema="urn:x")


def test_an_event_survives_the_way() -> None:
    assert decode(encode(sealed())) == sealed()


def test_the_wire_form_is_cloudevents() -> None:
    document = json.loads(encode(sealed()))
    assert document["specversion"] == "1.0"
    assert document["source"] == "/services/workorders"
    assert document["type"] == "urakka.workorders.workorder.approved.v1"
    assert document["subject"] == document["partitionkey"] == "order-1"
    assert document["time"] == "2026-11-21T16:20:00.123Z"
    assert document["tenantid"] == "tenant-1"
    assert all(name.isascii() and name.islower() for name in document)


def test_what_is_not_known_is_left_out_not_null() -> None:
    bare = sealed(context=replace(CONTEXT, causation_id=None))
    assert "causationid" not in json.loads(encode(bare))
    assert decode(encode(bare)).causation_id is None


def test_time_is_written_in_utc() -> None:
    helsinki = NOW.astimezone(timezone(timedelta(hours=2)))
    event = seal(NEW, event_id="e", service="workorders", time=helsinki, context=CONTEXT)
    assert json.loads(encode(event))["time"] == "2026-11-21T16:20:00.123Z"


@pytest.mark.parametrize(
    "wrong",
    [
        replace(NEW, type="workorder.approved"),
        replace(NEW, type="Workorder.approved.v1"),
        replace(NEW, aggregate_version=0),
        replace(NEW, aggregate_id=""),
    ],
    ids=["no version", "upper case", "version 0", "no id"],
)
def test_a_malformed_event_is_refused(wrong: NewEvent) -> None:
    with pytest.raises(InvalidEvent):
        sealed(wrong)


def test_an_event_belongs_to_one_tenant() -> None:
    with pytest.raises(InvalidEvent):
        sealed(context=replace(CONTEXT, tenant_id=SYSTEM_TENANT))


@pytest.mark.parametrize("value", [1.5, [{"deep": 0.1}], {"a", "b"}, NOW], ids=["float", "deep", "set", "datetime"])
def test_only_exact_json_values_travel(value: Any) -> None:
    with pytest.raises(InvalidEvent):
        encode(replace(sealed(), data={"value": value}))


def test_an_event_over_the_limit_is_refused() -> None:
    with pytest.raises(InvalidEvent):
        encode(replace(sealed(), data={"text": "x" * MAX_BYTES}))
    with pytest.raises(UnreadableEvent):
        decode(b" " * (MAX_BYTES + 1))


def without(name: str) -> bytes:
    document = json.loads(encode(sealed()))
    del document[name]
    return json.dumps(document).encode()


def changed(**attributes: Any) -> bytes:
    return json.dumps({**json.loads(encode(sealed())), **attributes}).encode()


@pytest.mark.parametrize(
    "name",
    ["specversion", "id", "source", "type", "subject", "time", "aggregatetype", "aggregateversion", "partitionkey"]
    + ["correlationid", "tenantid", "data"],
)
def test_a_missing_attribute_is_named(name: str) -> None:
    with pytest.raises(UnreadableEvent, match=name):
        decode(without(name))


@pytest.mark.parametrize(
    "body",
    [
        b"\xff",
        b"[]",
        b"null",
        b"[" * 100_000,
        changed(specversion="0.3"),
        changed(source="https://elsewhere"),
        changed(type="urakka.billing.workorder.approved.v1"),
        changed(time="2026-11-21T16:20:00"),
        changed(time="yesterday"),
        changed(aggregateversion="3"),
        changed(aggregateversion=True),
        changed(subject="x" * 201),
        changed(subject="a\u0000b"),
        changed(subject="\ud800"),
        changed(data=[]),
    ],
)
def test_what_cannot_be_read_is_told(body: bytes) -> None:
    with pytest.raises(UnreadableEvent):
        decode(body)


def test_the_id_is_kept_for_the_operator_if_it_can_be() -> None:
    with pytest.raises(UnreadableEvent) as caught:
        decode(without("data"))
    assert caught.value.event_id == "event-1"
    with pytest.raises(UnreadableEvent) as caught:
        decode(changed(id="a\u0000b"))
    assert caught.value.event_id is None


def test_unknown_attributes_and_a_broken_trace_do_not_matter() -> None:
    event = decode(changed(somethingnew=1, traceparent="nonsense"))
    assert event.traceparent is None
    assert event.subject == "order-1"
