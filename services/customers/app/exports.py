"""Registers as rows for a workbook, read from the database piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import aliased

from services.customers.app.customers import stored_fields
from services.customers.domain.imported_row import shown_fields
from services.customers.models import Customer
from shared.db import UnitOfWork

_AT_ONCE = 1_000


def customer_rows(uow: UnitOfWork, statement: Select[Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the customers of `statement` (a select of Customer), oldest first, by the fields of their columns."""
    payer = aliased(Customer)
    joined = statement.outerjoin(payer, payer.id == Customer.payer_id).add_columns(payer.number)
    rows = uow.session.execute(joined.order_by(Customer.id).execution_options(yield_per=_AT_ONCE))
    for customer, payer_number in rows:
        yield {**shown_fields(stored_fields(customer)), "payer_number": payer_number}
