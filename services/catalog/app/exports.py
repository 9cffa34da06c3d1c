"""Registers as rows for a workbook, read from the database piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Select

from services.catalog.app.products import stored_fields
from services.catalog.domain.imported_row import shown_fields
from services.catalog.models import Product
from shared.db import UnitOfWork
from shared.vat import VatClass, rate_on

_AT_ONCE = 1_000


def product_rows(uow: UnitOfWork, statement: Select[Any], day: date) -> Iterator[Mapping[str, Any]]:
    """Yield the products of `statement`, oldest first, by the fields of their columns; VAT as the rate of `day`."""
    rates = {vat_class.value: rate_on(vat_class, day) for vat_class in VatClass}
    for product in uow.session.scalars(statement.order_by(Product.id).execution_options(yield_per=_AT_ONCE)):
        yield {
            **shown_fields(stored_fields(product)),
            "category_name": product.category_name,
            "list_price": product.list_price,
            "vat_rate_percent": rates[product.vat_class],
        }
