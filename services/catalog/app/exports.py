"""Registers as rows for a workbook, read from the database piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Select, select

from services.catalog.app.products import stored_fields
from services.catalog.domain.imported_row import shown_fields
from services.catalog.models import Price, Product, StoredPriceFact
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


def price_rows(uow: UnitOfWork, filters: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    """Yield the prices that the filters let through by the fields of their columns; list prices if no scope is named.

    filters  product_id, price_group, customer_id, site_id; all given ones must hold
    """
    if set(filters) <= {"product_id"}:
        listed = select(Price, Product.code).join(Product, Product.id == Price.product_id)
        listed = listed.where(Product.archived_at.is_(None), *(Price.product_id == one for one in filters.values()))
        ordered = listed.order_by(Product.code_key, Price.valid_from).execution_options(yield_per=_AT_ONCE)
        for price, code in uow.session.execute(ordered):
            yield {"code": code, "price": price.price, "valid_from": price.valid_from, "valid_to": price.valid_to}
    facts = select(StoredPriceFact, Product.code).join(Product, Product.id == StoredPriceFact.product_id)
    facts = facts.where(Product.archived_at.is_(None))
    for name, value in filters.items():
        facts = facts.where(getattr(StoredPriceFact, name) == value)
    ordered_facts = facts.order_by(Product.code_key, StoredPriceFact.id).execution_options(yield_per=_AT_ONCE)
    names = ("price", "discount_percent", "price_group", "customer_id", "site_id", "valid_from", "valid_to")
    for fact, code in uow.session.execute(ordered_facts):
        step = fact.min_quantity or None
        yield {"code": code, "min_quantity": step, **{name: getattr(fact, name) for name in names}}
