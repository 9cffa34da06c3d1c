"""Finding customers and sites by the keys that workbooks use, many at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from services.customers.adapters.extra_columns import column_of
from services.customers.domain.errors import InvalidImportRow
from services.customers.models import Customer, Site
from shared.db import UnitOfWork
from shared.errors import FieldError
from shared.excel.table import ParsedRow

_EXTRA = "/extra/"
AT_ONCE = 500
"""Keys in one query: PostgreSQL and SQLite both have a limit on parameters."""


def parts_of(keys: Iterable[str]) -> Iterable[Sequence[str]]:
    """Cut keys into pieces for queries."""
    listed = sorted(set(keys))
    return (listed[start : start + AT_ONCE] for start in range(0, len(listed), AT_ONCE))


def survivor_of(uow: UnitOfWork, customer: Customer) -> Customer:
    """Return whom the customer was merged into, itself if nobody: its number leads there from then on."""
    return customer if customer.merged_into is None else uow.session.get_one(Customer, customer.merged_into)


def ids_by_number(uow: UnitOfWork, number: str) -> list[str]:
    """Return the id of the customer with this number, and of whom it was merged into; empty if nobody has it.

    A query of its own: as a subquery of a list PostgreSQL would walk all customers of the tenant instead.
    """
    found = uow.session.execute(select(Customer.id, Customer.merged_into).where(Customer.number == number))
    return [customer_id for row in found for customer_id in row if customer_id is not None]


def cell_problems(errors: Iterable[FieldError]) -> tuple[FieldError, ...]:
    """Return problems with own fields under the names of their columns (`/extra/heat` → `/extra:heat`)."""
    return tuple(
        replace(error, pointer=f"/{column_of(error.pointer.removeprefix(_EXTRA))}")
        if error.pointer.startswith(_EXTRA)
        else error
        for error in errors
    )


class CustomersOfRows:
    """Customers by number and business ID, as rows name them."""

    def __init__(self, uow: UnitOfWork, rows: Sequence[ParsedRow]) -> None:
        """Look up all that `customer_number` and `business_id` of the rows name."""
        self._found: dict[tuple[str, str], Customer] = {}
        for field, column in (("customer_number", Customer.number), ("business_id", Customer.business_id)):
            for part in parts_of(str(row.values[field]) for row in rows if row.values.get(field)):
                for customer in uow.session.scalars(select(Customer).where(column.in_(part))):
                    self._found[field, str(getattr(customer, column.key))] = survivor_of(uow, customer)

    def of(self, values: Mapping[str, Any]) -> Customer | None:
        """Return the customer of a row, None if it names none. Raises InvalidImportRow if there is no such in use."""
        for field in ("customer_number", "business_id"):
            if values.get(field):
                customer = self._found.get((field, str(values[field])))
                if customer is None or customer.archived:
                    detail = f"There is no customer in use with {values[field]}."
                    raise InvalidImportRow(errors=[FieldError(f"/{field}", "unknown_customer", detail)])
                return customer
        return None


def sites_by_key(uow: UnitOfWork, keys: Iterable[str]) -> dict[str, Site]:
    """Return code → site and id → site for all of `keys` that are one."""
    found: dict[str, Site] = {}
    for part in parts_of(keys):
        for site in uow.session.scalars(select(Site).where(Site.code.in_(part) | Site.id.in_(part))):
            found[site.id] = site
            if site.code:
                found[site.code] = site
    return found
