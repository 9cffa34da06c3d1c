"""What every service's OpenAPI document must be, and what every field that it takes must refuse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import marshmallow as ma
import pytest
import schemathesis
from flask import Flask
from marshmallow import fields

from deploy.suite import SERVICES, definition_of
from shared.bus.wakeup import LocalWakeup
from shared.config import read_config
from shared.crypto import new_key_text
from shared.http import create_app
from shared.runtime.build import build_runtime

METHODS = {"get", "post", "put", "patch", "delete"}
NOT_STORABLE = "a\x00b"
"""PostgreSQL stores no NUL: a field that lets it through is a 500 there, and passes on SQLite."""
_LARGEST_STORABLE = 2**63 - 1


@pytest.fixture(params=SERVICES)
def app(request: pytest.FixtureRequest, sqlite_url: str) -> Flask:
    environment = {"URAKKA_DATABASE_URL": sqlite_url, "URAKKA_SECRET_KEY": new_key_text()}
    definition = definition_of(request.param)
    runtime = build_runtime(definition, read_config(request.param, environment), wakeup=LocalWakeup())
    return create_app(definition, runtime)


@pytest.fixture
def document(app: Flask) -> Any:
    path = next(rule.rule for rule in app.url_map.iter_rules() if rule.rule.endswith("/openapi.json"))
    return app.test_client().get(path).json


def operations(document: Any) -> Iterator[tuple[str, Any]]:
    for path, methods in document["paths"].items():
        for method in METHODS & methods.keys():
            yield f"{method.upper()} {path}", methods[method]


def test_the_document_is_openapi(document: Any) -> None:
    schemathesis.openapi.from_dict(document).validate()

    assert len(document["paths"]) > 5


def test_every_operation_is_described(document: Any) -> None:
    poor = [name for name, operation in operations(document) if not operation.get("summary")]

    assert poor == []


def test_every_operation_tells_its_problems(document: Any) -> None:
    for name, operation in operations(document):
        assert list(operation["responses"]["default"]["content"]) == ["application/problem+json"], name
        if operation.get("security"):
            assert {"401", "403"} <= set(operation["responses"]), name


def test_every_address_belongs_to_the_service(document: Any) -> None:
    prefixes = {"/".join(path.split("/")[:4]) for path in document["paths"] if path.startswith("/api/")}

    assert len(prefixes) == 1


def test_no_schema_lets_money_be_a_number(document: Any) -> None:
    money = re.compile(r"(^|_)(amount|price|net|gross|vat|total|quantity|cost)(_|$)")
    wrong = [
        f"{schema}.{name}"
        for schema, content in document["components"]["schemas"].items()
        for name, field in content.get("properties", {}).items()
        if money.search(name) and field.get("type") == "number"
    ]

    assert wrong == [], wrong


def inputs(app: Flask) -> Iterator[tuple[str, ma.Schema]]:
    """Give each schema that an endpoint reads, with the endpoint's name."""
    for endpoint, view in app.view_functions.items():
        for argument in getattr(view, "_apidoc", {}).get("arguments", {}).get("parameters", []):
            schema = argument.get("schema")
            if schema is not None:
                yield endpoint, schema() if isinstance(schema, type) else schema


def leaves(schema: ma.Schema, path: str) -> Iterator[tuple[str, fields.Field[Any]]]:
    """Give each field of a schema and of the schemas inside it, once."""
    for name, field in schema.fields.items():
        yield from _leaf(field, f"{path}.{name}", {type(schema)})


def _leaf(field: fields.Field[Any], path: str, seen: set[type]) -> Iterator[tuple[str, fields.Field[Any]]]:
    if isinstance(field, fields.List):
        yield from _leaf(field.inner, f"{path}[]", seen)
    elif isinstance(field, fields.Nested):
        if type(field.schema) not in seen:
            for name, inner in field.schema.fields.items():
                yield from _leaf(inner, f"{path}.{name}", seen | {type(field.schema)})
    else:
        yield path, field


def lets_through(field: fields.Field[Any], value: Any) -> bool:
    try:
        field.deserialize(value)
    except ma.ValidationError:
        return False
    return True


def all_inputs(app: Flask) -> list[tuple[str, fields.Field[Any]]]:
    found = [leaf for endpoint, schema in inputs(app) for leaf in leaves(schema, endpoint)]
    assert len(found) > 5, "no input schema was found: the check would prove nothing"
    return found


def test_no_text_that_a_database_cannot_store_gets_in(app: Flask) -> None:
    wrong = [
        path
        for path, field in all_inputs(app)
        if isinstance(field, fields.String)
        and not field.dump_only
        and not path.endswith("password")  # only its hash is stored
        and lets_through(field, NOT_STORABLE)
    ]

    assert wrong == [], wrong


def test_every_text_has_a_greatest_length(app: Flask) -> None:
    wrong = [
        path
        for path, field in all_inputs(app)
        if isinstance(field, fields.String) and not field.dump_only and lets_through(field, "a" * 100_000)
    ]

    assert wrong == [], wrong


def test_every_whole_number_has_limits(app: Flask) -> None:
    wrong = [
        path
        for path, field in all_inputs(app)
        if isinstance(field, fields.Integer)
        and not field.dump_only
        and (lets_through(field, _LARGEST_STORABLE + 1) or lets_through(field, -_LARGEST_STORABLE - 2))
    ]

    assert wrong == [], wrong


def test_no_number_is_read_as_a_float(app: Flask) -> None:
    assert [path for path, field in all_inputs(app) if isinstance(field, fields.Float)] == []


def test_unknown_fields_are_refused_everywhere(app: Flask) -> None:
    assert [endpoint for endpoint, schema in inputs(app) if schema.unknown != ma.RAISE] == []
