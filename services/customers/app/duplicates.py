"""Finding customers that may be written down twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select

from services.customers.domain.duplicates import duplicate_key
from services.customers.models import Customer
from shared.db import UnitOfWork

_MOST = 20


@dataclass(frozen=True, slots=True)
class PossibleDuplicate:
    """A customer that may be the same, and by what: business_id, einvoice_address, name_and_postal_code."""

    id: str
    number: str
    name: str
    archived: bool
    by: str


def identifying_fields(customer: Customer) -> dict[str, Any]:
    """Return by what a stored customer may be known already; a business ID is unique anyway."""
    postal_code = (customer.billing_address or {}).get("postal_code")
    return {"name": customer.name, "postal_code": postal_code, "einvoice_address": customer.einvoice_address}


def possible_duplicates(
    uow: UnitOfWork, fields: Mapping[str, Any], own_id: str | None = None
) -> list[PossibleDuplicate]:
    """Return customers that may be the one described, at most 20; never those merged into another.

    fields  any of name, postal_code, business_id, einvoice_address (in their stored form)
    """
    tests = {
        name: getattr(Customer, name) == fields[name]
        for name in ("business_id", "einvoice_address")
        if fields.get(name)
    }
    key = None
    if fields.get("name"):
        key = duplicate_key(fields["name"], fields.get("postal_code"))
        tests["name_and_postal_code"] = Customer.duplicate_key == key
    if not tests:
        return []
    statement = select(Customer).where(
        or_(*tests.values()), Customer.id != (own_id or ""), Customer.merged_into.is_(None)
    )
    found = uow.session.scalars(statement.order_by(Customer.id).limit(_MOST))
    return [PossibleDuplicate(one.id, one.number, one.name, one.archived, _reason(one, fields, key)) for one in found]


def _reason(customer: Customer, fields: Mapping[str, Any], key: str | None) -> str:
    for name in ("business_id", "einvoice_address"):
        if fields.get(name) and getattr(customer, name) == fields[name]:
            return name
    assert customer.duplicate_key == key
    return "name_and_postal_code"
