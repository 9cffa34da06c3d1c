"""What the tenant's own lists say, looked up only when a change needs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.customers.app.extra_fields import known_fields
from services.customers.app.operators import operator_names
from services.customers.domain.customer import Rules
from services.customers.domain.extra_fields import ExtraRegister, Known
from shared.db import UnitOfWork


def customer_rules(uow: UnitOfWork, given: Mapping[str, Any]) -> Rules:
    """Return what is needed to check these fields of a customer."""
    return Rules(
        extra_fields=known_fields(uow, ExtraRegister.CUSTOMERS) if given.get("extra") else None,
        operators=operator_names(uow) if given.get("einvoice_operator") else None,
    )


def site_fields_known(uow: UnitOfWork, given: Mapping[str, Any]) -> Known | None:
    """Return the tenant's own fields of sites if any value is given."""
    return known_fields(uow, ExtraRegister.SITES) if given.get("extra") else None
