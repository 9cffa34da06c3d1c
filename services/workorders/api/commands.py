"""From parsed bodies to what the use cases take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.workorders.app.commands import OrderWish, RowWish

_ORDER_FIELDS = (
    "customer_id",
    "site_id",
    "work_package_id",
    "type",
    "priority",
    "wanted_from",
    "wanted_to",
    "description",
)


def row_wish(body: Mapping[str, Any]) -> RowWish:
    """Return one row of a request; the schema's fields have the names of the wish's."""
    return RowWish(**{**body, "marks": tuple(body.get("marks", ()))})


def order_wish(body: Mapping[str, Any]) -> OrderWish:
    """Return the order that a planning, intake or field request asks for; empty references are dropped."""
    provisional = body.get("provisional_customer") or {}
    return OrderWish(
        **{name: body[name] for name in _ORDER_FIELDS},
        references=given(body["references"]),
        rows=tuple(row_wish(row) for row in body["rows"]),
        assigned_to=body.get("assigned_to"),
        draft=body.get("draft", False),
        provisional_name=provisional.get("name"),
        provisional_phone=provisional.get("phone"),
        external_source=body.get("source"),
        external_reference=body.get("reference"),
    )


def given(references: Mapping[str, str]) -> dict[str, str]:
    """Return the references that are not empty."""
    return {name: value for name, value in references.items() if value}
