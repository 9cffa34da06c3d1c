"""A quick look at an event's data: says surely that it fits its schema, or nothing.

The full validator costs a quarter of a millisecond for each event, which a large import pays ten thousand times. What
the quick look does not surely pass goes to the full validator, which decides and says what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import NoneType
from typing import Any, Final

Check = Callable[[Any], bool]

_TYPES: Final[Mapping[str, frozenset[type]]] = {
    "string": frozenset({str}),
    "integer": frozenset({int}),
    "number": frozenset({int}),
    "boolean": frozenset({bool}),
    "null": frozenset({NoneType}),
    "object": frozenset({dict}),
    "array": frozenset({list}),
}
"""JSON type → Python types that surely are it; `number` leaves out floats, which events do not have."""
_REMARKS: Final = frozenset({"$schema", "$id", "title", "description", "format", "examples", "default", "$comment"})
"""Keywords that refuse nothing (`format` is a remark in JSON Schema 2020-12)."""


def quick_check(schema: Mapping[str, Any]) -> Check | None:
    """Return a function that is True only for values that fit `schema`; None if the schema says more than it knows."""
    if not isinstance(schema, Mapping):
        return None
    checks: list[Check] = []
    for keyword in schema:
        if keyword in _REMARKS or keyword in ("properties", "required", "additionalProperties"):
            continue
        maker = _MAKERS.get(keyword)
        check = maker(schema[keyword]) if maker else None
        if check is None:
            return None
        checks.append(check)
    if any(keyword in schema for keyword in ("properties", "required", "additionalProperties")):
        members = _members(schema)
        if members is None:
            return None
        checks.append(members)
    return _all(checks)


def _all(checks: list[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]
    return lambda value: all(check(value) for check in checks)


def _members(schema: Mapping[str, Any]) -> Check | None:
    others = _others(schema.get("additionalProperties", True))
    if others is None:
        return None
    known: dict[str, Check] = {}
    for name, inner in schema.get("properties", {}).items():
        check = quick_check(inner)
        if check is None:
            return None
        known[name] = check
    required = tuple(schema.get("required", ()))

    def fits(value: Any) -> bool:
        if not isinstance(value, dict):  # whether it may be something else, `type` says
            return True
        for name, member in value.items():
            if not known.get(name, others)(member):
                return False
        return all(name in value for name in required)

    return fits


def _others(rule: Any) -> Check | None:
    if isinstance(rule, bool):
        return lambda _value: rule
    return quick_check(rule)


def _type(wanted: Any) -> Check | None:
    names = [wanted] if isinstance(wanted, str) else wanted
    types = frozenset().union(*(_TYPES[name] for name in names))
    return lambda value: type(value) in types


def _enum(values: Any) -> Check | None:
    if not all(isinstance(value, str) or value is None for value in values):
        return None
    allowed = frozenset(values)
    return lambda value: isinstance(value, (str, NoneType)) and value in allowed


def _items(schema: Any) -> Check | None:
    check = quick_check(schema)
    return None if check is None else lambda value: not isinstance(value, list) or all(map(check, value))


def _pattern(text: str) -> Check:
    search = re.compile(text).search
    return lambda value: not isinstance(value, str) or search(value) is not None


def _unique(wanted: Any) -> Check | None:
    if not wanted:
        return lambda value: True
    return lambda value: (
        type(value) is list and all(type(one) is str for one in value) and len(set(value)) == len(value)
    )


_MAKERS: Final[Mapping[str, Callable[[Any], Check | None]]] = {
    "type": _type,
    "enum": _enum,
    "items": _items,
    "pattern": _pattern,
    "uniqueItems": _unique,
    "minLength": lambda least: lambda value: not isinstance(value, str) or len(value) >= least,
    "maxLength": lambda most: lambda value: not isinstance(value, str) or len(value) <= most,
    "minimum": lambda least: lambda value: not isinstance(value, int) or value >= least,
    "maximum": lambda most: lambda value: not isinstance(value, int) or value <= most,
    "minItems": lambda least: lambda value: not isinstance(value, list) or len(value) >= least,
    "maxItems": lambda most: lambda value: not isinstance(value, list) or len(value) <= most,
}
"""Keyword → maker of its check."""
