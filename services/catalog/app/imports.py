"""Importing a price list: update by product code, never by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from services.catalog.app.categories import place_category, tree_of
from services.catalog.app.events import publish_products
from services.catalog.app.pricing import change_price_from
from services.catalog.app.products import new_record, plain_fields, store_changes, stored_fields
from services.catalog.domain.categories import CategoryTree, path_text
from services.catalog.domain.errors import InvalidCategory, InvalidProduct, ProductArchived
from services.catalog.domain.imported_row import product_fields, shown_fields
from services.catalog.domain.prices import price_text
from services.catalog.domain.product import changed_product, code_key, fold, new_product
from services.catalog.models import (
    PRODUCT_SEARCH,
    Category,
    Import,
    ImportFile,
    ImportMapping,
    ImportPart,
    Price,
    Product,
    parts,
    prices_of,
    sets_with,
)
from shared.clock import business_day
from shared.db import UnitOfWork
from shared.errors import FieldError
from shared.excel.table import ParsedRow, TableReading
from shared.ids import new_id
from shared.imports import Action, ImportRequest, ImportTables, PlannedRow, run_import, same_when_written
from shared.money import round_unit_price
from shared.vat import NoVatRate, VatClass, rate_on

_WRITTEN_AT_ONCE = 1_000
"""Products of one part: a whole number of search pages."""

TABLES = ImportTables(Import, ImportFile, ImportMapping, ImportPart)


def import_products(uow: UnitOfWork, reading: TableReading, request: ImportRequest, *, now: datetime) -> Import:
    """Import what was read from a workbook; a dry run only says what would happen.

    A product is known again by its code, whatever the case. Categories that are new are made. An empty cell leaves
    its field as it is; a new list price holds from the business day of `now`. Emits product.changed.v1 for every
    product made or changed.
    """
    return run_import(uow, TABLES, open_products(uow, reading, now), reading, request, now=now)  # type: ignore[no-any-return]


def open_products(uow: UnitOfWork, reading: TableReading, now: datetime) -> ProductRegister:
    """Return the register inside an open unit of work."""
    return ProductRegister(uow, frozenset(reading.columns.values()), business_day(now))


class ProductRegister:
    """The products that rows become (a `shared.imports.Register`)."""

    def __init__(self, uow: UnitOfWork, columns: Collection[str], day: date) -> None:
        """Take the fields that the sheet has columns for, and the day from which its prices hold."""
        self._uow = uow
        self._columns = columns
        self._day = day
        self._products: dict[str, Product] = {}
        self._categories: dict[str, Category] = {}
        self._tree = CategoryTree({})
        self._planned: dict[str, int] = {}

    def plan(self, rows: Sequence[ParsedRow]) -> list[PlannedRow]:
        """Say what each row would do; looks all of them up at once and writes nothing."""
        for part in parts(code_key(row.values["code"]) for row in rows):
            for product in self._uow.session.scalars(select(Product).where(Product.code_key.in_(part))):
                self._products[product.code_key] = product
        self._categories = {category.name_key: category for category in self._uow.session.scalars(select(Category))}
        self._tree = tree_of(self._categories.values())
        return [self._plan(row) for row in rows]

    def write(self, planned: Sequence[PlannedRow]) -> dict[str, int]:
        """Make and change the products with their categories and prices and emit them all, part by part."""
        versions: dict[str, int] = {}
        for start in range(0, len(planned), _WRITTEN_AT_ONCE):
            versions |= self._write_part(planned[start : start + _WRITTEN_AT_ONCE])
        return versions

    def _write_part(self, planned: Sequence[PlannedRow]) -> dict[str, int]:
        prices = self._prices(planned)
        with self._uow.session.no_autoflush:  # one version for each product, whatever is looked up in between
            products = [self._store(plan) for plan in planned]
            PRODUCT_SEARCH.pack(self._uow, products)
        self._uow.session.flush()
        for plan, product in zip(planned, products, strict=True):
            if "list_price" in plan.values:
                change_price_from(self._uow, product, prices[product.id], self._day, plan.values["list_price"])
        self._uow.session.flush()
        publish_products(self._uow, products, self._day, prices)
        self._uow.write()
        return {product.id: product.version for product in products}

    def _store(self, plan: PlannedRow) -> Product:
        fields = plain_fields(plan.values)
        known = self._products.get(code_key(plan.key))
        if known is None:
            category, price = self._category(plan.values["category_name"]), plan.values.get("list_price")
            product = new_record(str(plan.record_id), fields, category, price)
            self._uow.session.add(product)
            return product
        product = known
        store_changes(product, fields)
        if plan.action is Action.CREATED:
            product.archived_at, product.withdrawn = None, False
        product.list_price = plan.values.get("list_price", product.list_price)
        if "category_name" in plan.values:
            category = self._category(plan.values["category_name"])
            product.category, product.category_id = category, category.id
        return product

    def _category(self, name: str) -> Category:
        return place_category(self._uow, self._tree, self._categories, name)

    def _prices(self, planned: Sequence[PlannedRow]) -> Mapping[str, list[Price]]:
        """Return the list prices that the products have; a new product has none, so they are not looked for."""
        known = (self._products.get(code_key(plan.key)) for plan in planned)
        found: dict[str, list[Price]] = defaultdict(list)
        for price in prices_of(self._uow, [product.id for product in known if product is not None]):
            found[price.product_id].append(price)
        return found

    def _plan(self, row: ParsedRow) -> PlannedRow:
        key, label = str(row.values["code"]).strip(), str(row.values.get("name") or "")
        existing = self._products.get(code_key(key))
        is_new = existing is None or existing.withdrawn
        before = None if existing is None or is_new else stored_fields(existing)
        fields = product_fields(row.values, self._columns, before)
        try:
            self._refuse_second_row(row, code_key(key))
            path = self._tree.read(fields["category_name"]) if fields.get("category_name") else ()
            if path:
                fields["category_name"] = path_text(path)
            if existing is None or before is None:
                record_id, new = existing.id if existing else new_id(), self._new(fields)
                self._tree.place(path)
                return PlannedRow(row, Action.CREATED, key, label, record_id, new, stored=self._shown(new))
            changes = self._changes(existing, fields, path)
            self._tree.place(path)
        except (InvalidProduct, InvalidCategory, ProductArchived) as error:
            problems = error.errors or (FieldError("/code", error.code, error.detail),)
            return PlannedRow(row, Action.REFUSED, key, label, problems=problems)
        action = Action.CHANGED if changes else Action.UNCHANGED
        before |= {"category_name": existing.category.name, "list_price": existing.list_price}
        shown = self._shown({**before, **changes})
        return PlannedRow(row, action, key, label, existing.id, changes, before=before, stored=shown)

    def _shown(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The product under the names of the columns, with the VAT rate that its class has on the day."""
        try:
            rate = rate_on(VatClass(fields["vat_class"]), self._day)
        except NoVatRate:
            return shown_fields(fields)
        prices = {name: _trimmed(fields.get(name)) for name in ("list_price", "cost_price")}
        return {**shown_fields(fields), **prices, "vat_rate_percent": rate}

    def _new(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        if not fields.get("category_name"):
            detail = "A product needs a category."
            raise InvalidProduct(errors=[FieldError("/category_name", "required", detail)])
        product = new_product(plain_fields(fields))
        return {**product, **{name: fields[name] for name in ("category_name", "list_price") if name in fields}}

    def _changes(self, existing: Product, fields: Mapping[str, Any], path: Sequence[str]) -> dict[str, Any]:
        comparable = {name: value for name, value in plain_fields(fields).items() if name != "code"}
        before = stored_fields(existing)
        changed = changed_product(before, comparable)
        changes = {name: value for name, value in changed.items() if not same_when_written(before[name], value)}
        if path and fold(path[-1]) != existing.category.name_key:
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


def _trimmed(price: Decimal | None) -> Decimal | None:
    """Two decimals where they say all, else the four that are stored."""
    trimmed = None if price is None else Decimal(price_text(price))
    return trimmed if trimmed is None or trimmed == round(trimmed, 2) else round_unit_price(trimmed)


class ProductUndo:
    """Takes back what an import wrote to products (a `shared.imports.Undo`)."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._products: dict[str, Product] = {}

    def touched(self, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        """Return the rows whose products were changed since, or are needed by a set."""
        for part in parts(row["id"] for row in rows):
            statement = select(Product).where(Product.id.in_(part)).with_for_update(of=Product)
            self._products |= {product.id: product for product in self._uow.session.scalars(statement)}
        made = [row["id"] for row in rows if row["action"] == Action.CREATED]
        in_sets = sets_with(self._uow, made)
        return [
            row["row"]
            for row in rows
            if row["id"] not in self._products
            or self._products[row["id"]].version != row["version"]
            or row["id"] in in_sets
        ]

    def take_back(self, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
        """Withdraw created products, give changed ones their old values, and emit all of them.

        Categories that the import made stay. An old list price holds again from the business day of `now`.
        """
        prices: dict[str, list[Price]] = defaultdict(list)
        categories = {category.name: category for category in self._uow.session.scalars(select(Category))}
        for price in prices_of(self._uow, [row["id"] for row in rows]):
            prices[price.product_id].append(price)
        with self._uow.session.no_autoflush:
            for row in rows:
                product = self._products[row["id"]]
                if row["action"] == Action.CREATED:
                    product.archived_at, product.withdrawn = now, True
                    change_price_from(self._uow, product, prices[product.id], business_day(now), None)
                else:
                    self._restore(product, row["changes"], categories, prices[product.id], business_day(now))
        changed = [product for product in self._products.values() if self._uow.session.is_modified(product)]
        self._uow.session.flush()
        publish_products(self._uow, changed, business_day(now), prices)

    def _restore(
        self,
        product: Product,
        changes: Sequence[Mapping[str, Any]],
        categories: Mapping[str, Category],
        prices: list[Price],
        day: date,
    ) -> None:
        old = {change["field"]: change["old"] for change in changes}
        if "category_name" in old and (category := categories.get(old["category_name"])):
            product.category, product.category_id = category, category.id
        if "list_price" in old:
            price = None if old["list_price"] is None else Decimal(old["list_price"])
            change_price_from(self._uow, product, prices, day, price)
        if old.get("cost_price") is not None:
            old["cost_price"] = Decimal(old["cost_price"])
        store_changes(product, plain_fields(old))
