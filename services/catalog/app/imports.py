"""Importing a price list: update by product code, never by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from services.catalog.app.categories import add_category
from services.catalog.app.events import publish_product
from services.catalog.app.pricing import change_price_from
from services.catalog.app.products import new_record, plain_fields, store_changes, stored_fields
from services.catalog.domain.errors import InvalidCategory, InvalidProduct, ProductArchived
from services.catalog.domain.imported_row import product_fields
from services.catalog.domain.product import changed_product, checked_category_name, code_key, fold, new_product
from services.catalog.models import Category, Import, Price, Product
from shared.clock import business_day
from shared.db import UnitOfWork
from shared.errors import FieldError
from shared.excel.table import ParsedRow, TableReading
from shared.ids import new_id
from shared.imports import Action, ImportRequest, PlannedRow, run_import

_AT_ONCE = 500
"""Keys in one query: PostgreSQL and SQLite both have a limit on parameters."""


def import_products(uow: UnitOfWork, reading: TableReading, request: ImportRequest, *, now: datetime) -> Import:
    """Import what was read from a workbook; a dry run only says what would happen.

    A product is known again by its code, whatever the case. Categories that are new are made. An empty cell leaves
    its field as it is; a new list price holds from the business day of `now`. Emits product.changed.v1 for every
    product made or changed.
    """
    register = ProductRegister(uow, frozenset(reading.columns.values()), business_day(now))
    return run_import(uow, Import, register, reading, request, now=now)


class ProductRegister:
    """The products that rows become (a `shared.imports.Register`)."""

    def __init__(self, uow: UnitOfWork, columns: Collection[str], day: date) -> None:
        """Take the fields that the sheet has columns for, and the day from which its prices hold."""
        self._uow = uow
        self._columns = columns
        self._day = day
        self._products: dict[str, Product] = {}
        self._categories: dict[str, Category] = {}
        self._planned: dict[str, int] = {}

    def plan(self, rows: Sequence[ParsedRow]) -> list[PlannedRow]:
        """Say what each row would do; looks all of them up at once and writes nothing."""
        keys = sorted({code_key(row.values["code"]) for row in rows})
        for part in _parts(keys):
            for product in self._uow.session.scalars(select(Product).where(Product.code_key.in_(part))):
                self._products[product.code_key] = product
        self._categories = {category.name_key: category for category in self._uow.session.scalars(select(Category))}
        return [self._plan(row) for row in rows]

    def write(self, planned: Sequence[PlannedRow]) -> None:
        """Make and change the products with their categories and prices, then emit them all."""
        prices = self._prices([str(plan.record_id) for plan in planned if plan.action is Action.CHANGED])
        with self._uow.session.no_autoflush:  # one version for each product, whatever is looked up in between
            products = [self._store(plan) for plan in planned]
        self._uow.session.flush()
        for plan, product in zip(planned, products, strict=True):
            if "list_price" in plan.values:
                change_price_from(self._uow, product, prices[product.id], self._day, plan.values["list_price"])
        self._uow.session.flush()
        for product in products:
            publish_product(self._uow, product)

    def _store(self, plan: PlannedRow) -> Product:
        fields = plain_fields(plan.values)
        if plan.action is Action.CREATED:
            category, price = self._category(plan.values["category_name"]), plan.values.get("list_price")
            product = new_record(str(plan.record_id), fields, category, price)
            self._uow.session.add(product)
            return product
        product = self._products[plan.key]
        store_changes(product, fields)
        product.list_price = plan.values.get("list_price", product.list_price)
        if "category_name" in plan.values:
            category = self._category(plan.values["category_name"])
            product.category, product.category_id = category, category.id
        return product

    def _category(self, name: str) -> Category:
        key = fold(name)
        if key not in self._categories:
            self._categories[key] = add_category(self._uow, name)
        return self._categories[key]

    def _prices(self, product_ids: Sequence[str]) -> Mapping[str, list[Price]]:
        found: dict[str, list[Price]] = defaultdict(list)
        for part in _parts(product_ids):
            for price in self._uow.session.scalars(select(Price).where(Price.product_id.in_(part))):
                found[price.product_id].append(price)
        return found

    def _plan(self, row: ParsedRow) -> PlannedRow:
        key, label = code_key(row.values["code"]), str(row.values.get("name") or "")
        existing = self._products.get(key)
        fields = product_fields(row.values, self._columns, is_new=existing is None)
        try:
            self._refuse_second_row(row, key)
            if fields.get("category_name"):
                fields["category_name"] = checked_category_name(fields["category_name"])
            if existing is None:
                return PlannedRow(row, Action.CREATED, key, label, new_id(), self._new(fields))
            changes = self._changes(existing, fields)
        except (InvalidProduct, InvalidCategory, ProductArchived) as error:
            problems = error.errors or (FieldError("/code", error.code, error.detail),)
            return PlannedRow(row, Action.REFUSED, key, label, problems=problems)
        action = Action.CHANGED if changes else Action.UNCHANGED
        return PlannedRow(row, action, key, label, existing.id, changes)

    def _new(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        if not fields.get("category_name"):
            detail = "A product needs a category."
            raise InvalidProduct(errors=[FieldError("/category_name", "required", detail)])
        product = new_product(plain_fields(fields))
        return {**product, **{name: fields[name] for name in ("category_name", "list_price") if name in fields}}

    def _changes(self, existing: Product, fields: Mapping[str, Any]) -> dict[str, Any]:
        comparable = {name: value for name, value in plain_fields(fields).items() if name != "code"}
        changes = changed_product(stored_fields(existing), comparable)
        if fields.get("category_name") and fold(fields["category_name"]) != existing.category.name_key:
            changes["category_name"] = fields["category_name"]
        if fields.get("list_price") is not None and fields["list_price"] != existing.list_price:
            changes["list_price"] = fields["list_price"]
        if changes and existing.archived:
            raise ProductArchived("The product is archived; restore it before changing it.")
        return changes

    def _refuse_second_row(self, row: ParsedRow, key: str) -> None:
        first = self._planned.setdefault(key, row.row_number)
        if first != row.row_number:
            detail = f"The code is already on row {first}."
            raise InvalidProduct(errors=[FieldError("/code", "code.duplicate", detail)])


def _parts(keys: Sequence[str]) -> Iterable[Sequence[str]]:
    return (keys[start : start + _AT_ONCE] for start in range(0, len(keys), _AT_ONCE))
