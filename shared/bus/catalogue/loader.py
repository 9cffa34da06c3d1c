"""Reads the catalogue and checks events against it: strictly when made, leniently when they arrive."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from shared.bus.catalogue.quick import quick_check
from shared.bus.envelope import Event, InvalidEvent, NewEvent, UnreadableEvent, decode, is_short_type


@dataclass(frozen=True, slots=True)
class Sample:
    """A golden sample: `body` are the bytes of the whole CloudEvent, `event` what they decode to."""

    name: str
    body: bytes
    event: Event


@dataclass(frozen=True, slots=True)
class EventType:
    """One entry of the catalogue.

    type                short name with major version, also the routing key
    service             the only service that may publish it
    schema_version      `<major>.<minor>`; the minor goes up with each added field
    required_consumers  queues that must receive it; an event that misses one stays pending
    schema              JSON Schema of `data`
    """

    type: str
    service: str
    aggregate: str
    schema_version: str
    description: str
    required_consumers: tuple[str, ...]
    schema: Mapping[str, Any]
    samples: tuple[Sample, ...]

    @property
    def dataschema(self) -> str:
        """The URI that the CloudEvents attribute `dataschema` carries."""
        return f"urn:urakka:event:{self.type.rsplit('.v', 1)[0]}:{self.schema_version}"


class Catalogue:
    """All event types by their short name."""

    def __init__(self, types: Mapping[str, EventType]) -> None:
        self._types = dict(types)
        self._writers = {name: _Rules(_closed(entry.schema)) for name, entry in self._types.items()}
        self._readers = {name: _Rules(_open(entry.schema)) for name, entry in self._types.items()}

    def __iter__(self) -> Iterator[EventType]:
        return iter(self._types.values())

    def __contains__(self, short_type: str) -> bool:
        return short_type in self._types

    def get(self, short_type: str) -> EventType | None:
        """Return the entry, or None if there is none."""
        return self._types.get(short_type)

    def required_consumers(self, short_type: str) -> tuple[str, ...]:
        """Return the queues that must receive events of this type; none for an unknown type."""
        entry = self._types.get(short_type)
        return entry.required_consumers if entry else ()

    def check_new(self, service: str, new: NewEvent) -> EventType:
        """Check an event that `service` is about to publish and return its entry.

        Fields that the schema does not name are refused: a misspelt field would be lost in silence.
        Raises InvalidEvent, which names the field but never its value.
        """
        entry = self._types.get(new.type)
        if entry is None:
            raise InvalidEvent(f"{new.type} is not in the catalogue")
        if entry.service != service:
            raise InvalidEvent(f"{new.type} belongs to {entry.service}, not to {service}")
        if entry.aggregate != new.aggregate_type:
            raise InvalidEvent(f"{new.type} is about a {entry.aggregate}, not a {new.aggregate_type}")
        wrong = self._writers[new.type].first_error(new.data)
        if wrong:
            raise InvalidEvent(f"{new.type}: {wrong}")
        return entry

    def check_read(self, event: Event) -> None:
        """Check an event that arrived; unknown fields and unknown enum values are allowed, they may be newer.

        A type without entry passes: its consumer decides. Raises UnreadableEvent.
        """
        reader = self._readers.get(event.type)
        wrong = reader.first_error(event.data) if reader else None
        if wrong:
            raise UnreadableEvent(f"{event.type}: {wrong}", event.id)


def load_catalogue(folder: Path) -> Catalogue:
    """Read every event type under `folder`. Raises ValueError if an entry contradicts itself."""
    entries = [_load_type(file.parent) for file in sorted(folder.glob("*/event.json"))]
    return Catalogue({entry.type: entry for entry in entries})


@cache
def default_catalogue() -> Catalogue:
    """Return the product's own catalogue, read and compiled once for each process."""
    return load_catalogue(Path(__file__).parent)


def _load_type(folder: Path) -> EventType:
    facts = json.loads((folder / "event.json").read_text("utf-8"))
    if facts["type"] != folder.name or not is_short_type(folder.name):
        raise ValueError(f"{folder.name}/event.json is about {facts['type']!r}")
    schema = json.loads((folder / "schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    samples = tuple(_load_sample(file) for file in sorted((folder / "samples").glob("*.json")))
    if not samples:
        raise ValueError(f"{folder.name} has no golden sample")
    return EventType(
        type=facts["type"],
        service=facts["service"],
        aggregate=facts["aggregate"],
        schema_version=facts["schema_version"],
        description=facts["description"],
        required_consumers=tuple(facts["required_consumers"]),
        schema=schema,
        samples=samples,
    )


def _load_sample(file: Path) -> Sample:
    body = file.read_bytes()
    return Sample(file.stem, body, decode(body))


class _Rules:
    """A schema that data is held against."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._validator = Draft202012Validator(dict(schema))
        self._fits = quick_check(schema)

    def first_error(self, data: Mapping[str, Any]) -> str | None:
        """Say which field breaks which rule, without the value: it may be personal data."""
        if self._fits is not None and self._fits(data):
            return None
        error = next(self._validator.iter_errors(data), None)
        if error is None:
            return None
        pointer = "/" + "/".join(str(step) for step in error.absolute_path)
        if error.validator in ("required", "additionalProperties"):
            return f"{pointer}: {error.message}"
        return f"{pointer} breaks the rule {error.validator}={json.dumps(error.validator_value)}"


def _closed(schema: Any) -> Any:
    """Return the schema with every object closed that names its properties."""
    if isinstance(schema, dict):
        copy = {key: _closed(value) for key, value in schema.items()}
        if isinstance(copy.get("properties"), dict) and "type" in copy:
            copy.setdefault("additionalProperties", False)
        return copy
    return [_closed(member) for member in schema] if isinstance(schema, list) else schema


def _open(schema: Any) -> Any:
    """Return the schema without its enumerations: a reader keeps an unknown value as text."""
    if isinstance(schema, dict):
        return {key: _open(value) for key, value in schema.items() if not (key == "enum" and isinstance(value, list))}
    return [_open(member) for member in schema] if isinstance(schema, list) else schema
