"""Prices for groups, customers and sites: making, ending, resolving, and adjusting a whole price list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, select

from services.catalog.app.events import publish_prices
from services.catalog.domain.errors import InvalidPrice
from services.catalog.domain.price_facts import adjusted, check_fact
from services.catalog.domain.product import refuse_archived
from services.catalog.models import Price, Product, StoredPriceFact, parts, prices_of
from shared.db import UnitOfWork, get_or_404
from shared.db.database import Creation
from shared.errors import FieldError
from shared.ids import new_id
from shared.periods import closing_days
from shared.prices import PriceFact, Question, Resolution, Scope, resolve

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
        *ended, fact = store_fact(uow, creation.id, product_id, scope, given)
        uow.session.flush()
        publish_prices(uow, [*ended, fact])
        uow.created(creation, fact.id)
        uow.commit()
    return fact


def end_fact(uow: UnitOfWork, fact_id: str, *, valid_to: date) -> StoredPriceFact:
    """Set the last day of a price. Raises NotFound, PeriodOverlap, InvalidPeriod."""
    with uow:
        fact = get_or_404(uow.session, StoredPriceFact, fact_id, for_update=True)
        same = _alike(uow, fact.product_id, fact.scope_key, fact.min_quantity)
        closing_days([one.period for one in same if one.id != fact.id], fact.valid_from, valid_to)
        if fact.valid_to != valid_to:
            fact.valid_to = valid_to
            uow.session.flush()
            publish_prices(uow, [fact])
        uow.commit()
    return fact


def store_fact(
    uow: UnitOfWork, fact_id: str, product_id: str, scope: Scope, given: Mapping[str, Any]
) -> list[StoredPriceFact]:
    """Store a fact inside the open transaction; returns those that it ended, and itself last: all to be published.

    Raises PeriodOverlap, InvalidPeriod.
    """
    same = _alike(uow, product_id, scope.key, given.get("min_quantity") or Decimal(0))
    ended = _end_before(same, given["valid_from"], given.get("valid_to"))
    uow.session.flush()
    fact = _new_fact(fact_id, product_id, scope, given)
    uow.session.add(fact)
    return [*ended, fact]


def explain_price(uow: UnitOfWork, product_id: str, question: Question) -> Resolution:
    """Return what a product costs for whom the question names, with every step. Raises NotFound."""
    product = get_or_404(uow.session, Product, product_id)
    return resolve(facts_in_scope(uow, product.id, question), question)


def facts_in_scope(uow: UnitOfWork, product_id: str, question: Question) -> list[PriceFact]:
    """Return the facts of a product that are in the question's scope on any day, its list prices among them.

    The first list price holds for the days before it too, as it does for the rows of work orders.
    """
    prices = sorted(prices_of(uow, [product_id]), key=lambda one: one.period.first)
    listed = [PriceFact(one.id, Scope(), one.period, price=one.price) for one in prices]
    if listed and question.day < listed[0].period.first:
        listed[0] = replace(listed[0], period=replace(listed[0].period, first=date.min))
    stored = select(StoredPriceFact).where(
        StoredPriceFact.product_id == product_id, StoredPriceFact.scope_key.in_(question.scope_keys)
    )
    return [*listed, *(fact.value() for fact in uow.session.scalars(stored))]


def preview_adjustment(uow: UnitOfWork, wanted: Adjustment) -> list[AdjustedPrice]:
    """Say what each price of the new list would be, from those that hold on its first day in the source.

    Products without a price there are left out.
    """
    found = []
    statement = select(Product).where(Product.archived_at.is_(None)).order_by(Product.code_key).limit(MOST_ADJUSTED)
    groups = _group_prices(uow, [wanted.source, wanted.target], wanted.valid_from)
    listed = _list_prices(uow, wanted.valid_from) if wanted.source is None else {}
    for product in uow.session.scalars(statement):
        base = groups.get((product.id, wanted.source)) if wanted.source else listed.get(product.id)
        if base is not None:
            new = adjusted(base, wanted.percent, wanted.step)
            now = groups.get((product.id, wanted.target))
            found.append(AdjustedPrice(product.id, product.code, product.name, base, now, new))
    return found


def publish_adjustment(uow: UnitOfWork, wanted: Adjustment) -> int:
    """Let the whole new list hold from its day, in one transaction; returns how many prices it has.

    Raises PeriodOverlap, writing nothing, if the target group has prices that begin on that day or later, and
    InvalidPrice if nothing in the source holds on that day.
    """
    with uow:
        lines = preview_adjustment(uow, wanted)
        if not lines:
            source = f"price group {wanted.source}" if wanted.source else "list"
            detail = f"No price of the {source} holds on {wanted.valid_from}: there is nothing to copy."
            raise InvalidPrice(detail, errors=[FieldError("/valid_from", "nothing_to_copy", detail)])
        changed = [line for line in lines if line.now != line.new]
        scope = Scope(price_group=wanted.target)
        alike = _alike_by_product(uow, scope, [line.product_id for line in changed])
        ended = [
            one for line in changed for one in _end_before(alike.get(line.product_id, []), wanted.valid_from, None)
        ]
        uow.session.flush()  # what ends must have ended before something else may begin
        new = [
            _new_fact(new_id(), line.product_id, scope, {"price": line.new, "valid_from": wanted.valid_from})
            for line in changed
        ]
        uow.session.add_all(new)
        uow.session.flush()
        publish_prices(uow, [*ended, *new])
        uow.commit()
    return len(changed)


def _end_before(same: Sequence[StoredPriceFact], first: date, last: date | None) -> list[StoredPriceFact]:
    """End what a new price from `first` to `last` ends, and return it. Raises PeriodOverlap, InvalidPeriod."""
    closing = closing_days([one.period for one in same], first, last)
    ended = [one for one in same if one.id in closing]
    for one in ended:
        one.valid_to = closing[one.id]
    return ended


def _new_fact(fact_id: str, product_id: str, scope: Scope, given: Mapping[str, Any]) -> StoredPriceFact:
    return StoredPriceFact(
        id=fact_id,
        product_id=product_id,
        scope_key=scope.key,
        price_group=scope.price_group,
        customer_id=scope.customer_id,
        site_id=scope.site_id,
        min_quantity=given.get("min_quantity") or Decimal(0),
        price=given.get("price"),
        discount_percent=given.get("discount_percent"),
        currency="EUR",
        valid_from=given["valid_from"],
        valid_to=given.get("valid_to"),
    )


def _group_prices(uow: UnitOfWork, groups: Sequence[str | None], day: date) -> dict[tuple[str, str], Decimal]:
    named = [group for group in groups if group]
    statement = _holding(day).where(StoredPriceFact.price_group.in_(named), StoredPriceFact.min_quantity == 0)
    return {
        (fact.product_id, str(fact.price_group)): fact.price
        for fact in uow.session.scalars(statement)
        if fact.price is not None
    }


def _list_prices(uow: UnitOfWork, day: date) -> dict[str, Decimal]:
    holding = Price.valid_to.is_(None) | (Price.valid_to >= day)
    statement = select(Price.product_id, Price.price).where(Price.valid_from <= day, holding)
    return {row.product_id: row.price for row in uow.session.execute(statement)}


def _holding(day: date) -> Select[StoredPriceFact]:
    fact = StoredPriceFact
    return select(fact).where(fact.valid_from <= day, fact.valid_to.is_(None) | (fact.valid_to >= day))


def _alike(uow: UnitOfWork, product_id: str, scope_key: str, min_quantity: Decimal) -> list[StoredPriceFact]:
    fact = StoredPriceFact
    statement = select(fact).where(
        fact.product_id == product_id, fact.scope_key == scope_key, fact.min_quantity == min_quantity
    )
    return list(uow.session.scalars(statement.order_by(fact.valid_from)))


def _alike_by_product(uow: UnitOfWork, scope: Scope, product_ids: Sequence[str]) -> dict[str, list[StoredPriceFact]]:
    found: dict[str, list[StoredPriceFact]] = {}
    for part in parts(product_ids):
        fact = StoredPriceFact
        statement = select(fact).where(
            fact.product_id.in_(part), fact.scope_key == scope.key, fact.min_quantity == Decimal(0)
        )
        for one in uow.session.scalars(statement):
            found.setdefault(one.product_id, []).append(one)
    return found
