"""The event as it travels: CloudEvents 1.0 in structured JSON mode.

The bytes are made once, when the outbox row is written, and never rebuilt: what is published again after a
crash is byte for byte what was published first.

Source: https://github.com/cloudevents/spec (core 1.0.2, JSON format, extensions *partitioning* and
*distributed tracing*). `aggregatetype`, `aggregateversion`, `correlationid`, `causationid` and `tenantid` are
extensions of ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.clock import iso_utc
from shared.context import SYSTEM_TENANT, Context

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
PROJECT = "urakka"
MAX_BYTES = 1024 * 1024
"""An event over this size is refused: files travel as references."""

_SHORT_TYPE = re.compile(r"^([a-z][a-z_]*)\.([a-z][a-z_]*)\.v([1-9][0-9]*)$")
_SOURCE = re.compile(r"^/services/([a-z][a-z_]*)$")
_TRACEPARENT = re.compile(r"^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")


class InvalidEvent(Exception):
    """A producer tried to emit what its own contract forbids: a bug in the producer, nothing was stored."""


class UnreadableEvent(Exception):
    """What arrived is not an event that we can read. `event_id` is its id if that much could be read."""

    def __init__(self, reason: str, event_id: str | None = None) -> None:
        super().__init__(reason)
        self.event_id = event_id


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A fact that a use case wants told to others.

    type               short name, e.g. `workorder.approved.v1`: aggregate, past participle, major version
    aggregate_type     e.g. `workorder`
    aggregate_id       UUID of the aggregate; `subject` of the CloudEvent
    aggregate_version  version of the aggregate *after* the change, from 1
    data               text, int, bool, None, lists and mappings of them; decimals as strings
    partition_key      what keeps its order; None means the aggregate's id
    """

    type: str
    aggregate_type: str
    aggregate_id: str
    aggregate_version: int
    data: Mapping[str, Any]
    partition_key: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A CloudEvent as our code sees it.

    type     short name, without project and service
    service  who published it, e.g. `workorders`
    time     when it happened: aware, UTC, whole milliseconds
    data     the event's content; decimals are strings
    The other attributes are those of `NewEvent` and of `shared.context.Context`.
    """

    id: str
    type: str
    service: str
    subject: str
    time: datetime
    aggregate_type: str
    aggregate_version: int
    partition_key: str
    correlation_id: str
    causation_id: str | None
    tenant_id: str
    traceparent: str | None
    data: Mapping[str, Any]
    dataschema: str | None = None
    tracestate: str | None = None

    @property
    def source(self) -> str:
        """The CloudEvents `source`, e.g. `/services/workorders`; with `id` it is unique."""
        return f"/services/{self.service}"

    @property
    def aggregate_id(self) -> str:
        """The id of the aggregate that the fact is about: the CloudEvents `subject`."""
        return self.subject

    @property
    def trace_id(self) -> str | None:
        """The 32 hex digits of the trace in which the event was born, if it was born in one."""
        return self.traceparent.split("-")[1] if self.traceparent else None

    @property
    def wire_type(self) -> str:
        """The CloudEvents `type`, e.g. `urakka.workorders.workorder.approved.v1`."""
        return wire_type(self.service, self.type)


def wire_type(service: str, short_type: str) -> str:
    """Return the full type name: project, publishing service and short name."""
    return f"{PROJECT}.{service}.{short_type}"


def is_short_type(text: str) -> bool:
    """Say whether `text` has the form `<aggregate>.<event>.v<major>`, which is also the routing key."""
    return _SHORT_TYPE.match(text) is not None


def seal(
    new: NewEvent,
    *,
    event_id: str,
    service: str,
    time: datetime,
    context: Context,
    dataschema: str | None = None,
) -> Event:
    """Give a new event its identity: who published it, when, for which tenant, in which trace.

    Raises InvalidEvent for a malformed type, a version below 1, an empty id, or a context that is nobody's.
    """
    if not is_short_type(new.type):
        raise InvalidEvent(f"event type {new.type!r} is not <aggregate>.<event>.v<major>")
    if new.aggregate_version < 1:
        raise InvalidEvent(f"{new.type}: aggregate version {new.aggregate_version} is below 1")
    if not new.aggregate_id:
        raise InvalidEvent(f"{new.type}: the aggregate has no id")
    if context.tenant_id == SYSTEM_TENANT:
        raise InvalidEvent(f"{new.type}: an event belongs to one tenant, not to all")
    moment = time.astimezone(UTC)
    return Event(
        id=event_id,
        type=new.type,
        service=service,
        subject=new.aggregate_id,
        time=moment.replace(microsecond=moment.microsecond // 1000 * 1000),
        aggregate_type=new.aggregate_type,
        aggregate_version=new.aggregate_version,
        partition_key=new.partition_key or new.aggregate_id,
        correlation_id=context.correlation_id,
        causation_id=context.causation_id,
        tenant_id=context.tenant_id,
        traceparent=context.traceparent or None,
        data=new.data,
        dataschema=dataschema,
    )


def encode(event: Event) -> bytes:
    """Return the event as CloudEvents JSON, UTF-8, without insignificant white space.

    Raises InvalidEvent if the data holds a float or no JSON value, or if the result is over MAX_BYTES.
    """
    _refuse_inexact(event.data, "")
    attributes = {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event.wire_type,
        "subject": event.subject,
        "time": iso_utc(event.time),
        "datacontenttype": "application/json",
        "dataschema": event.dataschema,
        "aggregatetype": event.aggregate_type,
        "aggregateversion": event.aggregate_version,
        "partitionkey": event.partition_key,
        "correlationid": event.correlation_id,
        "causationid": event.causation_id,
        "tenantid": event.tenant_id,
        "traceparent": event.traceparent,
        "tracestate": event.tracestate,
    }
    document: dict[str, Any] = {name: value for name, value in attributes.items() if value is not None}
    document["data"] = event.data
    try:
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise InvalidEvent(f"{event.type}: {error}") from error
    if len(body) > MAX_BYTES:
        raise InvalidEvent(f"{event.type}: {len(body)} bytes are more than {MAX_BYTES}")
    return body


def decode(body: bytes) -> Event:
    """Read CloudEvents JSON; attributes that we do not know are ignored.

    Raises UnreadableEvent if it is not JSON, not CloudEvents 1.0, or lacks an attribute that we need.
    """
    if len(body) > MAX_BYTES:
        raise UnreadableEvent(f"{len(body)} bytes are more than {MAX_BYTES}")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UnreadableEvent(f"not JSON: {error}") from error
    if not isinstance(document, dict):
        raise UnreadableEvent("not a JSON object")
    reader = _Reader(document)
    if reader.text("specversion") != "1.0":
        raise reader.refusal(f"CloudEvents version {document['specversion']!r} is not known")
    service = reader.matched("source", _SOURCE)
    return Event(
        id=reader.text("id"),
        type=reader.short_type(service),
        service=service,
        subject=reader.text("subject"),
        time=reader.moment("time"),
        aggregate_type=reader.text("aggregatetype"),
        aggregate_version=reader.version("aggregateversion"),
        partition_key=reader.text("partitionkey"),
        correlation_id=reader.text("correlationid"),
        causation_id=reader.optional("causationid"),
        tenant_id=reader.text("tenantid"),
        traceparent=reader.trace("traceparent"),
        data=reader.mapping("data"),
        dataschema=reader.optional("dataschema"),
        tracestate=reader.optional("tracestate"),
    )


class _Reader:
    """Takes typed values out of a JSON object; a failure is an UnreadableEvent that names the attribute."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        event_id = document.get("id")
        usable = isinstance(event_id, str) and 0 < len(event_id) <= 64 and event_id.isprintable()
        self._event_id = event_id if usable else None

    def refusal(self, reason: str) -> UnreadableEvent:
        return UnreadableEvent(reason, self._event_id)

    def text(self, name: str) -> str:
        value = self._document.get(name)
        if not isinstance(value, str) or not value:
            raise self.refusal(f"attribute {name} is missing or not text")
        if len(value) > 200 or not value.isprintable():
            raise self.refusal(f"attribute {name} is longer than 200 characters or not printable")
        return value

    def optional(self, name: str) -> str | None:
        return None if self._document.get(name) is None else self.text(name)

    def matched(self, name: str, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text(name))
        if match is None:
            raise self.refusal(f"attribute {name} is {self._document[name]!r}")
        return match[1]

    def short_type(self, service: str) -> str:
        full = self.text("type")
        head = f"{PROJECT}.{service}."
        if not full.startswith(head) or not is_short_type(full.removeprefix(head)):
            raise self.refusal(f"type {full!r} does not belong to {service}")
        return full.removeprefix(head)

    def moment(self, name: str) -> datetime:
        try:
            value = datetime.fromisoformat(self.text(name))
        except ValueError as error:
            raise self.refusal(f"attribute {name}: {error}") from error
        if value.tzinfo is None:
            raise self.refusal(f"attribute {name} has no zone")
        return value.astimezone(UTC)

    def version(self, name: str) -> int:
        value = self._document.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self.refusal(f"attribute {name} is not a whole number from 1")
        return value

    def trace(self, name: str) -> str | None:
        """A broken trace is no reason to refuse a fact: it is read as none."""
        value = self._document.get(name)
        return value if isinstance(value, str) and _TRACEPARENT.match(value) else None

    def mapping(self, name: str) -> Mapping[str, Any]:
        value = self._document.get(name)
        if not isinstance(value, dict):
            raise self.refusal(f"{name} is not a JSON object")
        return value


def _refuse_inexact(value: Any, pointer: str) -> None:
    if isinstance(value, float):
        raise InvalidEvent(f"{pointer or '/'} is a float; decimals travel as strings")
    if isinstance(value, Mapping):
        for key, member in value.items():
            _refuse_inexact(member, f"{pointer}/{key}")
    elif isinstance(value, (list, tuple)):
        for index, member in enumerate(value):
            _refuse_inexact(member, f"{pointer}/{index}")
