"""The settings of a kind of target as JSON Schema: made from the very schema that checks them."""

from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema, fields

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def settings_schema(settings: type[Schema]) -> dict[str, Any]:
    """Return a schema of draft 2020-12 with types, defaults, choices, limits, patterns and descriptions.

    What depends on several settings at once is in it where the class says so (`NEEDED_FOR`); the rest is told as field
    errors when a connection is stored.
    """
    # A resolver that names no schema lets all that is nested stand in place: a form needs no second look-up.
    plugin = MarshmallowPlugin(schema_name_resolver=lambda _: "")
    # Schemas of OpenAPI 3.1 are JSON Schema 2020-12.
    APISpec("settings", "1", "3.1.0", plugins=[plugin])
    converter = plugin.converter
    assert converter is not None
    for further in (_default_that_is_made, _names_of_entries, _number_as_text):
        converter.add_attribute_function(further)
    found: dict[str, Any] = converter.schema2jsonschema(settings())
    return {"$schema": DIALECT, **found, **_needed_for(settings)}


def _needed_for(settings: type[Schema]) -> dict[str, Any]:
    setting, needs = getattr(settings, "NEEDED_FOR", ("", {}))
    conditions = [
        {"if": {"properties": {setting: {"const": choice}}}, "then": {"required": list(names)}}
        for choice, names in needs.items()
    ]
    return {"allOf": conditions} if conditions else {}


def _default_that_is_made(_converter: Any, field: Any, **_: Any) -> dict[str, Any]:
    return {"default": field.load_default()} if callable(field.load_default) else {}


def _names_of_entries(converter: Any, field: Any, **_: Any) -> dict[str, Any]:
    if not isinstance(field, fields.Dict) or field.key_field is None:
        return {}
    return {"propertyNames": converter.field2property(field.key_field)}


def _number_as_text(_converter: Any, field: Any, ret: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Decimals are texts in our answers, and are taken as numbers too."""
    if not isinstance(field, fields.Decimal) or not field.as_string:
        return {}
    limits: dict[str, Any] = {name: float(ret[name]) for name in ("minimum", "maximum") if name in ret}
    return {"type": ["string", "number", *(["null"] if field.allow_none else [])], **limits}
