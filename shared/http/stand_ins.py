"""What of a malformed body can still be judged by rules: its well-formed parts, with stand-ins for the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import marshmallow as ma
from marshmallow import fields

from shared.errors import FieldError
from shared.http.fields import DecimalString, IdString, Text
from shared.ids import new_id


class NoStandIn(Exception):
    """Nothing can stand in for a field that is missing or malformed."""


def with_stand_ins(schema: ma.Schema, valid: Any, messages: Any) -> dict[str, Any]:
    """Return a body as `schema` would have loaded it.

    valid     the well-formed part, `ValidationError.valid_data`
    messages  what is wrong with the rest: name → texts, or the same again of what is nested
    A stand-in names nothing that exists; what a rule says about it must not be shown (`beside`).
    Raises NoStandIn.
    """
    valid = valid if isinstance(valid, Mapping) else {}
    messages = messages if isinstance(messages, Mapping) else {}
    body: dict[str, Any] = {}
    for name, field in schema.load_fields.items():
        wrong = messages.get(field.data_key or name)
        value = valid.get(name, ma.missing)
        if wrong is not None or (value is ma.missing and field.required):
            value = _stand_in(field, value, wrong)
        elif value is ma.missing:
            value = _default(field)
        if value is not ma.missing:
            body[name] = value
        elif field.required:
            raise NoStandIn(name)
    return body


def beside(broken: Iterable[FieldError], malformed: Iterable[FieldError]) -> tuple[FieldError, ...]:
    """Return the errors that are not about what is malformed, something in it, or something that it is a part of."""
    places = [error.pointer for error in malformed]
    return tuple(error for error in broken if not any(_overlap(error.pointer, place) for place in places))


def _overlap(one: str, other: str) -> bool:
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def _stand_in(field: fields.Field[Any], valid: Any, messages: Any) -> Any:
    if isinstance(field, fields.Nested) and isinstance(messages, Mapping):
        return with_stand_ins(field.schema, valid, messages)
    if isinstance(field, fields.List) and isinstance(field.inner, fields.Nested) and isinstance(messages, Mapping):
        return _items(field.inner.schema, valid if isinstance(valid, list) else [], messages)
    if isinstance(field, IdString):
        return new_id()
    if isinstance(field, DecimalString):
        return Decimal(1)
    if isinstance(field, Text) and field.required:
        return "-"
    return _default(field)


def _items(schema: ma.Schema, valid: list[Any], messages: Mapping[Any, Any]) -> list[Any]:
    """Return the items at the places that they were sent in: what is no object at all is not among the valid ones."""
    gone = {index for index, wrong in messages.items() if not isinstance(wrong, Mapping)}
    given = iter(valid)
    items = []
    for index in range(len(valid) + len(gone)):
        item: Any = {} if index in gone else next(given, {})
        items.append(with_stand_ins(schema, item, messages[index]) if index in messages else item)
    return items


def _default(field: fields.Field[Any]) -> Any:
    return field.load_default() if callable(field.load_default) else field.load_default
