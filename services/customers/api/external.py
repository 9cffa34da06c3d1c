"""Inbound integration over HTTP: another system, such as a CRM, owns customers, contact persons and sites."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any, TypeVar

from flask import request
from marshmallow import ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from services.customers.api.external_schemas import (
    BulkOut,
    ContactItemIn,
    CustomerItemIn,
    OutcomeOut,
    PolicyIn,
    PolicyOut,
    ReferenceOut,
    SiteItemIn,
    line_schema,
)
from services.customers.app import external as use_cases
from services.customers.app.external import Item, Outcome
from services.customers.domain.conflicts import Policy
from services.customers.models import ExternalReference
from shared.clock import utc_now
from shared.errors import FieldError, Malformed
from shared.http import Blueprint, Schema, begin, read, requires
from shared.http.problems import field_errors

F = TypeVar("F", bound=Callable[..., Any])

WRITERS = ("customers.write", "customers.integrate")
MOST_LINES = 10_000
LARGEST_BULK = 64 * 1024 * 1024
NDJSON = "application/x-ndjson"

blp = Blueprint(
    "integrations",
    __name__,
    url_prefix="/integrations",
    description="Records that another system owns, by its own references; what both changed is decided by a policy",
    for_whole_tenant=True,
)


@blp.before_request
def allow_large_bodies() -> None:
    """Bulk calls are as large as their lines may be; single items are small whatever the limit."""
    request.max_content_length = LARGEST_BULK


def _says(summary: str, detail: str = "") -> Callable[[F], F]:
    """Describe an endpoint that is made for several registers; comes before what reads the description."""

    def mark(view: F) -> F:
        view.__doc__ = f"{summary}\n\n{detail}" if detail else summary
        return view

    return mark


def _add_register(register: str, item_schema: type[Schema], word: str) -> None:
    """Add the endpoints of one register. word  what one record is called"""

    @blp.put(f"/<source>/{register}/<reference>", endpoint=f"put_{register}")
    @requires(*WRITERS)
    @blp.arguments(item_schema)
    @blp.response(200, OutcomeOut)
    @_says(
        f"Make or change {word} of another system",
        "Sent again with the same content it changes nothing. What is here already is found by a key of its own.",
    )
    def put(body: dict[str, Any], source: str, reference: str) -> Outcome:
        item = _item(_name(reference, "reference"), body)
        return use_cases.upsert(begin(), _name(source, "source"), register, item, now=utc_now())

    @blp.post(f"/<source>/{register}", endpoint=f"bulk_{register}")
    @requires(*WRITERS)
    @blp.doc(requestBody={"required": True, "content": {NDJSON: {"schema": {"type": "string"}}}})
    @blp.response(200, BulkOut)
    @_says(
        "Make or change many: a line of JSON for each, with its `reference`",
        f"At most {MOST_LINES:,} lines; a refused line stops no other, and lines may name those before them.",
    )
    def bulk(source: str) -> dict[str, Any]:
        return _bulk(_name(source, "source"), register, line_schema(item_schema)())

    @blp.get(f"/<source>/{register}/<reference>", endpoint=f"show_{register}")
    @requires("customers.read")
    @blp.response(200, ReferenceOut)
    @_says(f"Show what a reference of {word} stands for")
    def show(source: str, reference: str) -> ExternalReference:
        with read() as uow:
            return use_cases.reference_of(uow, source, register, reference)

    @blp.delete(f"/<source>/{register}/<reference>", endpoint=f"forget_{register}")
    @requires("customers.write")
    @blp.response(204)
    @_says(f"Forget a reference; {word} stays as it is")
    def forget(source: str, reference: str) -> None:
        use_cases.forget_reference(begin(), source, register, reference)

    @blp.get(f"/<source>/{register}-policy", endpoint=f"policy_{register}")
    @requires("customers.read")
    @blp.response(200, PolicyOut)
    @_says(f"Show who wins where {word} was changed here and there")
    def policy(source: str) -> dict[str, Any]:
        with read() as uow:
            return _shown(use_cases.policy_of(uow, source, register))

    @blp.put(f"/<source>/{register}-policy", endpoint=f"put_policy_{register}")
    @requires("customers.write")
    @blp.arguments(PolicyIn)
    @blp.response(200, PolicyOut)
    @_says(f"Say who wins where {word} was changed here and there")
    def put_policy(body: dict[str, Any], source: str) -> dict[str, Any]:
        _refuse_unknown(body["fields_"], item_schema)
        chosen = Policy(body["default"], body["fields_"])
        return _shown(use_cases.put_policy(begin(), _name(source, "source"), register, chosen))


_add_register("customers", CustomerItemIn, "a customer")
_add_register("sites", SiteItemIn, "a site")
_add_register("contacts", ContactItemIn, "a contact person")


def _bulk(source: str, register: str, schema: Schema) -> dict[str, Any]:
    if request.mimetype != NDJSON:
        raise UnsupportedMediaType(f"Send {NDJSON}: a line of JSON for each record.")
    now = utc_now()
    results: list[dict[str, Any]] = []
    good: list[tuple[int, Item]] = []
    for number, line in _lines():
        try:
            body = _parsed(schema, line)
            good.append((number, _item(body.pop("reference"), body)))
        except _WrongLine as wrong:
            results.append(_result(number, wrong.outcome))
    outcomes = use_cases.upsert_many(begin, source, register, (item for _, item in good), now=now)
    results += [_result(number, outcome) for (number, _), outcome in zip(good, outcomes, strict=True)]
    results.sort(key=lambda result: result["line"])
    counts = Counter(result["action"] for result in results)
    actions = ("created", "linked", "changed", "unchanged", "refused")
    return {"counts": {action: counts[action] for action in actions}, "results": results}


def _lines() -> Iterator[tuple[int, bytes]]:
    count = 0
    for number, line in enumerate(request.get_data(cache=False).split(b"\n"), start=1):
        if line.strip():
            count += 1
            if count > MOST_LINES:
                raise Malformed(f"At most {MOST_LINES:,} lines in a call.")
            yield number, line


class _WrongLine(Exception):
    def __init__(self, reference: str, errors: tuple[FieldError, ...]) -> None:
        self.outcome = Outcome(reference, "refused", code="malformed", errors=errors)


def _parsed(schema: Schema, line: bytes) -> dict[str, Any]:
    try:
        given = json.loads(line)
    except (ValueError, RecursionError):
        raise _WrongLine("", (FieldError("", "not_json", "The line is not JSON."),)) from None
    reference = str(given.get("reference") or "")[:120] if isinstance(given, dict) else ""
    try:
        body: dict[str, Any] = schema.load(given)
    except ValidationError as error:
        raise _WrongLine(reference, tuple(field_errors(error.messages))) from None
    return body


def _item(reference: str, body: dict[str, Any]) -> Item:
    fields = dict(body)
    return Item(reference, changed_at=fields.pop("changed_at"), archived=fields.pop("archived"), fields=fields)


def _result(number: int, outcome: Outcome) -> dict[str, Any]:
    return {**asdict(outcome), "line": number}


def _name(text: str, what: str) -> str:
    """The name of a system or a reference in a path: as in a body."""
    longest = 60 if what == "source" else 120
    if not text.isprintable() or not 0 < len(text.strip()) == len(text) <= longest:
        raise Malformed(f"The {what} has at most {longest} printable characters.")
    return text


def _refuse_unknown(winners: dict[str, Any], item: type[Schema]) -> None:
    known = item().fields.keys() - {"changed_at", "archived"}
    wrong = [
        FieldError(f"/fields/{name}", "unknown_field", "There is no such field.")
        for name in winners
        if name not in known
    ]
    if wrong:
        raise Malformed(errors=wrong)


def _shown(policy: Policy) -> dict[str, Any]:
    return {"default": policy.default, "fields_": policy.fields}
