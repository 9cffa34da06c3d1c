"""Importing prices: known again by product code, scope, quantity step and first day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from services.catalog.app.events import publish_prices, publish_products, publish_removed_price
from services.catalog.app.imports import TABLES
from services.catalog.app.pricing import refresh_price
from services.catalog.domain.errors import InvalidPrice
from services.catalog.domain.price_facts import check_fact
from services.catalog.domain.product import code_key
from services.catalog.models import Import, Price, Product, StoredPriceFact, parts, prices_of
from shared.clock import business_day
from shared.db import UnitOfWork
from shared.errors import FieldError
from shared.excel.table import ParsedRow, TableReading
from shared.ids import new_id
from shared.imports import Action, ImportRequest, PlannedRow, run_import
from shared.periods import InvalidPeriod, Period, PeriodOverlap, closing_days
from shared.prices import Scope

_Slot = tuple[str, str, Decimal]
"""Product id, scope key, quantity step: facts of one slot may not overlap."""


def import_prices(uow: UnitOfWork, reading: TableReading, request: ImportRequest, *, now: datetime) -> Import:
    """Import list prices and prices of groups, customers and sites; without a first day they hold from today.

    A row with the first day of a known price amends it; else an open price that began earlier ends the day before.
    A row without a first day changes nothing if its price holds already. Emits price.changed.v1 for each price of a
    group, customer or site that was made, changed or ended, and product.changed.v1 for each product with another list
    price in any period.
    """
    return run_import(uow, TABLES, open_prices(uow, reading, now), reading, request, now=now)  # type: ignore[no-any-return]


def open_prices(uow: UnitOfWork, _reading: TableReading, now: datetime) -> PriceRegister:
    """Return the register inside an open unit of work."""
    return PriceRegister(uow, business_day(now), now)


@dataclass(slots=True)
class _Fact:
    """A price during the import. `stored` is None for a new one."""

    id: str
    first: date
    last: date | None
    price: Decimal | None
    discount: Decimal | None
    stored: Price | StoredPriceFact | None = None

    @property
    def period(self) -> Period:
        return Period(self.id, self.first, self.last)

    def store(self) -> None:
        """Write price and last day to what is stored, if anything is."""
        if isinstance(self.stored, Price) and self.price is not None:
            self.stored.valid_to, self.stored.price = self.last, self.price
        elif isinstance(self.stored, StoredPriceFact):
            self.stored.valid_to, self.stored.price = self.last, self.price
            self.stored.discount_percent = self.discount


class PriceRegister:
    """The prices that rows become (a `shared.imports.Register`)."""

    def __init__(self, uow: UnitOfWork, day: date, now: datetime) -> None:
        """Take the day from which prices without a first day hold."""
        self._uow, self._day, self._now = uow, day, now
        self._products: dict[str, Product] = {}
        self._slots: dict[_Slot, list[_Fact]] = {}
        self._scopes: dict[_Slot, Scope] = {}
        self._rows: dict[tuple[_Slot, date], int] = {}

    def plan(self, rows: Sequence[ParsedRow]) -> list[PlannedRow]:
        """Say what each row would do; looks all of them up at once and writes nothing."""
        for part in parts(code_key(row.values["code"]) for row in rows):
            for product in self._uow.session.scalars(select(Product).where(Product.code_key.in_(part))):
                self._products[product.code_key] = product
        self._load([product.id for product in self._products.values()])
        return [self._plan(row) for row in rows]

    def write(self, planned: Sequence[PlannedRow]) -> dict[str, int]:
        """End and amend what is stored, add what is new, and publish all of it."""
        for facts in self._slots.values():
            for fact in facts:
                fact.store()
        session = self._uow.session
        changed = [one for one in session.dirty if isinstance(one, StoredPriceFact) and session.is_modified(one)]
        session.flush()  # what ends must have ended before something else may begin
        new = [self._new(slot, fact) for slot, facts in self._slots.items() for fact in facts if fact.stored is None]
        session.add_all(new)
        keys = {code_key(plan.row.values["code"]) for plan in planned if _scope(plan.row.values) == Scope()}
        publish_list_prices(self._uow, [self._products[key] for key in sorted(keys)], self._now)
        publish_prices(self._uow, changed + [one for one in new if isinstance(one, StoredPriceFact)])
        return {str(plan.record_id): 1 for plan in planned}

    def _load(self, product_ids: Sequence[str]) -> None:
        for price in prices_of(self._uow, product_ids):
            fact = _Fact(price.id, price.valid_from, price.valid_to, price.price, None, price)
            self._slots.setdefault((price.product_id, "list", Decimal(0)), []).append(fact)
        for part in parts(product_ids):
            for one in self._uow.session.scalars(
                select(StoredPriceFact).where(StoredPriceFact.product_id.in_(part)).order_by(StoredPriceFact.valid_from)
            ):
                fact = _Fact(one.id, one.valid_from, one.valid_to, one.price, one.discount_percent, one)
                self._slots.setdefault((one.product_id, one.scope_key, one.min_quantity), []).append(fact)

    def _new(self, slot: _Slot, fact: _Fact) -> Price | StoredPriceFact:
        product_id, scope_key, step = slot
        period = {"valid_from": fact.first, "valid_to": fact.last, "currency": "EUR"}
        if scope_key == "list":
            return Price(id=fact.id, product_id=product_id, price=fact.price, **period)
        scope = self._scopes[slot]
        return StoredPriceFact(
            id=fact.id,
            product_id=product_id,
            scope_key=scope_key,
            price_group=scope.price_group,
            customer_id=scope.customer_id,
            site_id=scope.site_id,
            min_quantity=step,
            price=fact.price,
            discount_percent=fact.discount,
            **period,
        )

    def _plan(self, row: ParsedRow) -> PlannedRow:
        code = str(row.values["code"])
        try:
            product = self._products.get(code_key(code))
            if product is None or product.archived:
                raise _wrong("code", "unknown_product", f"There is no product in use with the code {code}.")
            scope = check_fact(row.values)
            step = row.values.get("min_quantity") or Decimal(0)
            if scope == Scope() and step:
                raise _wrong("min_quantity", "no_scope", "A list price has no quantity steps; name a price group.")
            slot = (product.id, scope.key, step)
            self._scopes[slot] = scope
            return self._plan_fact(row, product, slot)
        except (InvalidPrice, PeriodOverlap, InvalidPeriod) as error:
            problems = tuple(error.errors) or (FieldError("/valid_from", error.code, error.detail),)
            return PlannedRow(row, Action.REFUSED, code, code, problems=problems)

    def _plan_fact(self, row: ParsedRow, product: Product, slot: _Slot) -> PlannedRow:
        facts = self._slots.setdefault(slot, [])
        price, discount = row.values.get("price"), row.values.get("discount_percent")
        holding = next((fact for fact in facts if fact.period.covers(self._day)), None)
        first = row.values.get("valid_from")
        if first is None and holding is not None and (holding.price, holding.discount) == (price, discount):
            first = holding.first
        first = first or self._day
        earlier = self._rows.setdefault((slot, first), row.row_number)
        if earlier != row.row_number:
            raise _wrong("code", "price.duplicate", f"The same price is already on row {earlier}.")
        exact = next((fact for fact in facts if fact.first == first), None)
        if exact is not None:
            return self._amend(row, product, facts, exact)
        fact = _Fact(new_id(), first, row.values.get("valid_to"), price, discount)
        closing = closing_days([one.period for one in facts], first, fact.last)
        for one in facts:
            one.last = closing.get(one.id, one.last)
        facts.append(fact)
        values = _values(fact)
        stored = {**_named(row, product), **values, "ended": sorted(closing)}
        return PlannedRow(row, Action.CREATED, product.code, product.name, fact.id, values, stored=stored)

    def _amend(self, row: ParsedRow, product: Product, facts: Sequence[_Fact], fact: _Fact) -> PlannedRow:
        before = _values(fact)
        last = row.values.get("valid_to") or fact.last
        if last != fact.last:
            others = [one.period for one in facts if one is not fact]
            if closing_days(others, fact.first, last):
                raise PeriodOverlap("The price would run into the next one.")
        fact.price, fact.discount, fact.last = row.values.get("price"), row.values.get("discount_percent"), last
        after = _values(fact)
        changes = {name: value for name, value in after.items() if before[name] != value}
        action = Action.CHANGED if changes else Action.UNCHANGED
        stored = {**_named(row, product), **after, "ended": []}
        return PlannedRow(row, action, product.code, product.name, fact.id, changes, before=before, stored=stored)


class PriceUndo:
    """Takes back what an import wrote to prices (a `shared.imports.Undo`)."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._facts: dict[str, Price | StoredPriceFact] = {}

    def touched(self, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        """Return the rows whose prices are not as the import left them."""
        ids = [row["id"] for row in rows] + [one for row in rows for one in row["values"]["ended"]]
        for part in parts(ids):
            listed = self._uow.session.scalars(select(Price).where(Price.id.in_(part)).with_for_update())
            self._facts |= {price.id: price for price in listed}
            statement = select(StoredPriceFact).where(StoredPriceFact.id.in_(part)).with_for_update()
            self._facts |= {fact.id: fact for fact in self._uow.session.scalars(statement)}
        return [row["row"] for row in rows if not self._is_untouched(row)]

    def take_back(self, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
        """Remove added prices, open again what they ended, give amended ones their old values, publish products."""
        added = {row["id"] for row in rows if row["action"] == Action.CREATED}
        session = self._uow.session
        products = {fact.product_id for fact in self._facts.values() if isinstance(fact, Price)}
        for fact_id in added:
            fact = self._facts[fact_id]
            if isinstance(fact, StoredPriceFact):
                publish_removed_price(self._uow, fact)
            session.delete(fact)
        session.flush()
        for row in rows:
            for ended in row["values"]["ended"]:
                if ended in self._facts and ended not in added:
                    self._facts[ended].valid_to = None
            for change in row["changes"]:
                _give_back(self._facts[row["id"]], change["field"], change["old"])
        changed = [one for one in session.dirty if isinstance(one, StoredPriceFact) and session.is_modified(one)]
        session.flush()
        publish_prices(self._uow, changed)
        found = [
            product
            for part in parts(products)
            for product in session.scalars(select(Product).where(Product.id.in_(part)))
        ]
        publish_list_prices(self._uow, found, now)

    def _is_untouched(self, row: Mapping[str, Any]) -> bool:
        fact = self._facts.get(row["id"])
        if fact is None:
            return False
        values = row["values"]
        same_price = fact.price == _decimal(values["price"])
        last = fact.valid_to.isoformat() if fact.valid_to else None
        # A later row of the same file may have ended what an earlier one left open.
        same_end = last == values["valid_to"] or values["valid_to"] is None
        same_discount = not isinstance(fact, StoredPriceFact) or fact.discount_percent == _decimal(
            values["discount_percent"]
        )
        return same_price and same_discount and fact.valid_from.isoformat() == values["valid_from"] and same_end


def publish_list_prices(uow: UnitOfWork, products: Sequence[Product], now: datetime) -> None:
    """Set `list_price` of each product to what holds today, after its prices changed, and emit the products."""
    day = business_day(now)
    by_product: dict[str, list[Price]] = {}
    for price in prices_of(uow, [product.id for product in products]):
        by_product.setdefault(price.product_id, []).append(price)
    for product in products:
        refresh_price(product, by_product.get(product.id, []), day)
        product.touch(now)
    uow.session.flush()
    publish_products(uow, products, day, by_product)


def _give_back(fact: Price | StoredPriceFact, field: str, old: Any) -> None:
    if field == "valid_to":
        fact.valid_to = date.fromisoformat(old) if old else None
    elif field == "price":
        fact.price = _decimal(old)
    elif isinstance(fact, StoredPriceFact):
        fact.discount_percent = _decimal(old)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _scope(values: Mapping[str, Any]) -> Scope:
    return Scope(*(values.get(name) or None for name in ("price_group", "customer_id", "site_id")))


def _values(fact: _Fact) -> dict[str, Any]:
    return {
        "price": fact.price,
        "discount_percent": fact.discount,
        "valid_from": fact.first,
        "valid_to": fact.last,
    }


def _named(row: ParsedRow, product: Product) -> dict[str, Any]:
    names = ("price_group", "customer_id", "site_id", "min_quantity")
    return {"code": product.code, **{name: row.values.get(name) for name in names}}


def _wrong(field: str, code: str, detail: str) -> InvalidPrice:
    return InvalidPrice(errors=[FieldError(f"/{field}", code, detail)])
