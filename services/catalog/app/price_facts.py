"""Prices for groups, customers and sites: making, ending, resolving, and adjusting a whole price list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, select

from services.catalog.app.pricing import prices_of
from services.catalog.domain.errors import InvalidPrice
from services.catalog.domain.price_facts import PriceFact, Question, Resolution, Scope, adjusted, check_fact, resolve
from services.catalog.domain.product import refuse_archived
from services.catalog.models import Product, StoredPriceFact
from shared.db import UnitOfWork, get_or_404
from shared.db.database import Creation
from shared.errors import FieldError
from shared.ids import new_id
from shared.periods import closing_days

MOST_ADJUSTED = 60_000
"""Prices that one adjustment may publish."""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """How a price list becomes another one.

    source, target  price groups; source None is the list price
    percent         by which each price changes, e.g. 3.50 or -10
    step            each new price is a multiple of it, e.g. 0.05
    valid_from      the day from which all of it holds
    """

    source: str | None
    target: str
    percent: Decimal
    step: Decimal
    valid_from: date


@dataclass(frozen=True, slots=True)
class AdjustedPrice:
    """One line of a price list's preview: `now` is what the target group pays before, None if nothing of its own."""

    product_id: str
    code: str
    name: str
    base: Decimal
    now: Decimal | None
    new: Decimal


def add_fact(uow: UnitOfWork, creation: Creation, product_id: str, given: Mapping[str, Any]) -> StoredPriceFact:
    """Give a product a price or discount for a group, customer or site; an open one that began earlier ends before it.

    given  price or discount_percent; price_group, customer_id or site_id; min_quantity, valid_from, valid_to
    Raises InvalidPrice, PeriodOverlap, InvalidPeriod, NotFound, ProductArchived.
    """
    with uow:
        if old := uow.repeated(creation):
            return get_or_404(uow.session, StoredPriceFact, old)
        product = get_or_404(uow.session, Product, product_id, for_update=True)
        refuse_archived(archived=product.archived)
        scope = check_fact(given)
        if scope == Scope():
            detail = "List prices are set at the product; name a group, a customer or a site."
            raise InvalidPrice(errors=[FieldError("/price_group", "no_scope", detail)])
        fact = store_fact(uow, creation.id, product_id, scope, given)
        uow.session.flush()
        uow.created(creation, fact.id)
        uow.commit()
    return fact


def end_fact(uow: UnitOfWork, fact_id: str, *, valid_to: date) -> StoredPriceFact:
    """Set the last day of a price. Raises NotFound, PeriodOverlap, InvalidPeriod."""
    with uow:
        fact = get_or_404(uow.session, StoredPriceFact, fact_id, for_update=True)
        same = _alike(uow, fact.product_id, fact.scope_key, fact.min_quantity)
        closing_days([one.period for one in same if one.id != fact.id], fact.valid_from, valid_to)
        fact.valid_to = valid_to
        uow.commit()
    return fact


def store_fact(
    uow: UnitOfWork, fact_id: str, product_id: str, scope: Scope, given: Mapping[str, Any]
) -> StoredPriceFact:
    """Store a fact inside the open transaction. Raises PeriodOverlap, InvalidPeriod."""
    min_quantity = given.get("min_quantity") or Decimal(0)
    same = _alike(uow, product_id, scope.key, min_quantity)
    closing = closing_days([one.period for one in same], given["valid_from"], given.get("valid_to"))
    for one in same:
        if one.id in closing:
            one.valid_to = closing[one.id]
    uow.session.flush()
    fact = StoredPriceFact(
        id=fact_id,
        product_id=product_id,
        scope_key=scope.key,
        price_group=scope.price_group,
        customer_id=scope.customer_id,
        site_id=scope.site_id,
        min_quantity=min_quantity,
        price=given.get("price"),
        discount_percent=given.get("discount_percent"),
        currency="EUR",
        valid_from=given["valid_from"],
        valid_to=given.get("valid_to"),
    )
    uow.session.add(fact)
    return fact


def explain_price(uow: UnitOfWork, product_id: str, question: Question) -> Resolution:
    """Return what a product costs for whom the question names, with every step. Raises NotFound."""
    product = get_or_404(uow.session, Product, product_id)
    return resolve(facts_of(uow, product.id), question)


def facts_of(uow: UnitOfWork, product_id: str) -> list[PriceFact]:
    """Return all facts of a product, its list prices among them."""
    listed = [PriceFact(one.id, Scope(), one.period, price=one.price) for one in prices_of(uow, [product_id])]
    stored = select(StoredPriceFact).where(StoredPriceFact.product_id == product_id)
    return [*listed, *(fact.value() for fact in uow.session.scalars(stored))]


def preview_adjustment(uow: UnitOfWork, wanted: Adjustment) -> list[AdjustedPrice]:
    """Say what each price of the new list would be; products without a price in the source are left out."""
    found = []
    statement = select(Product).where(Product.archived_at.is_(None)).order_by(Product.code_key).limit(MOST_ADJUSTED)
    groups = _group_prices(uow, [wanted.source, wanted.target], wanted.valid_from)
    for product in uow.session.scalars(statement):
        base = product.list_price if wanted.source is None else groups.get((product.id, wanted.source))
        if base is not None:
            new = adjusted(base, wanted.percent, wanted.step)
            now = groups.get((product.id, wanted.target))
            found.append(AdjustedPrice(product.id, product.code, product.name, base, now, new))
    return found


def publish_adjustment(uow: UnitOfWork, wanted: Adjustment) -> int:
    """Let the whole new list hold from its day, in one transaction; returns how many prices it has.

    Raises PeriodOverlap, writing nothing, if the target group has prices that begin on that day or later.
    """
    with uow:
        lines = preview_adjustment(uow, wanted)
        changed = [line for line in lines if line.now != line.new]
        for line in changed:
            given = {"price": line.new, "valid_from": wanted.valid_from}
            store_fact(uow, new_id(), line.product_id, Scope(price_group=wanted.target), given)
        uow.commit()
    return len(changed)


def _group_prices(uow: UnitOfWork, groups: Sequence[str | None], day: date) -> dict[tuple[str, str], Decimal]:
    named = [group for group in groups if group]
    statement = _holding(day).where(StoredPriceFact.price_group.in_(named), StoredPriceFact.min_quantity == 0)
    return {
        (fact.product_id, str(fact.price_group)): fact.price
        for fact in uow.session.scalars(statement)
        if fact.price is not None
    }


def _holding(day: date) -> Select[StoredPriceFact]:
    fact = StoredPriceFact
    return select(fact).where(fact.valid_from <= day, fact.valid_to.is_(None) | (fact.valid_to >= day))


def _alike(uow: UnitOfWork, product_id: str, scope_key: str, min_quantity: Decimal) -> list[StoredPriceFact]:
    fact = StoredPriceFact
    statement = select(fact).where(
        fact.product_id == product_id, fact.scope_key == scope_key, fact.min_quantity == min_quantity
    )
    return list(uow.session.scalars(statement.order_by(fact.valid_from)))
