"""What the service tells others: the full state of products, prices and charging rules, after each change.

The same mappings fill the snapshot pages, so a copy looks the same whichever way it came.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select

from services.catalog.domain.prices import price_text
from services.catalog.models import Price, Product, StoredChargingRule, StoredPriceFact, components_of, parts
from shared.bus.envelope import NewEvent
from shared.db import UnitOfWork

TOLD_AFTER_END: Final = timedelta(days=400)
"""How long after its last day a list price is still told: for work that is written down late."""

Told = Mapping[str, Sequence[Mapping[str, Any]]]
"""Product id → what its event says of its list prices, oldest first; or of its components, in their order."""


PricesOf = Mapping[str, Sequence[Price]]
"""Product id → all its list prices."""


def product_states(
    uow: UnitOfWork, products: Sequence[Product], day: date, known: PricesOf | None = None
) -> Iterator[tuple[Product, dict[str, Any]]]:
    """Yield each product with the data of its product.changed.v1 as of `day`.

    known  the products' list prices, for who has just written them; else they are read
    """
    if known is None:
        prices = told_list_prices(uow, [product.id for product in products], day)
    else:
        prices = {product.id: _told_of(known.get(product.id, ()), day) for product in products}
    components = _told_components(uow, [product.id for product in products if product.is_set])
    for product in products:
        yield product, _product_state(product, prices, components)


def _product_state(product: Product, list_prices: Told, components: Told) -> dict[str, Any]:
    return {
        "id": product.id,
        "code": product.code,
        "name": product.name,
        "kind": product.kind,
        "category_id": product.category_id,
        "category_name": product.category_name,
        "unit": product.unit,
        "list_price": _text(product.list_price),
        "list_prices": list(list_prices.get(product.id, ())),
        "components": list(components.get(product.id, ())),
        "cost_price": _text(product.cost_price),
        "vat_class": product.vat_class,
        "revenue_account": product.revenue_account,
        "field_recordable": product.field_recordable,
        "price_editable": product.price_editable,
        "construction_service": product.construction_service,
        "invoice_text": dict(product.invoice_text),
        "target_codes": dict(product.target_codes),
        "target_accounts": dict(product.target_accounts),
        "barcode": product.barcode,
        "archived": product.archived,
    }


def told_list_prices(uow: UnitOfWork, product_ids: Iterable[str], day: date) -> Told:
    """Return the list prices of these products that hold on `day` or later, or ended less than 400 days before."""
    told: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    columns = (Price.product_id, Price.id, Price.price, Price.valid_from, Price.valid_to)
    recent = Price.valid_to.is_(None) | (Price.valid_to > day - TOLD_AFTER_END)
    for part in parts(product_ids):
        found = select(*columns).where(Price.product_id.in_(part), recent).order_by(Price.valid_from)
        for product_id, price_id, price, first, last in uow.session.execute(found):
            told[product_id].append(_told_price(price_id, price, first, last))
    return told


def _told_of(prices: Sequence[Price], day: date) -> Sequence[Mapping[str, Any]]:
    """The same of prices that are at hand."""
    recent = [one for one in prices if one.valid_to is None or one.valid_to > day - TOLD_AFTER_END]
    recent.sort(key=lambda one: one.valid_from)
    return [_told_price(one.id, one.price, one.valid_from, one.valid_to) for one in recent]


def _told_price(price_id: str, price: Decimal, first: date, last: date | None) -> Mapping[str, Any]:
    return {"id": price_id, "price": price_text(price), "valid_from": _day(first), "valid_to": _day(last)}


def _told_components(uow: UnitOfWork, set_ids: Sequence[str]) -> Told:
    told: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for one in components_of(uow, set_ids):
        weight = None if one.share_weight is None else f"{one.share_weight:.4f}"
        told[one.set_id].append(
            {"product_id": one.product_id, "quantity": f"{one.quantity:.3f}", "share_weight": weight}
        )
    return told


def price_state(fact: StoredPriceFact, *, removed: bool = False) -> dict[str, Any]:
    """Return the data of price.changed.v1: a price or discount of a group, a customer or a site."""
    return {
        "id": fact.id,
        "product_id": fact.product_id,
        "price_group": fact.price_group,
        "customer_id": fact.customer_id,
        "site_id": fact.site_id,
        "min_quantity": f"{fact.min_quantity:.3f}",
        "price": _text(fact.price),
        "discount_percent": None if fact.discount_percent is None else f"{fact.discount_percent:.2f}",
        "currency": fact.currency,
        "valid_from": _day(fact.valid_from),
        "valid_to": _day(fact.valid_to),
        "removed": removed,
    }


def publish_products(uow: UnitOfWork, products: Sequence[Product], day: date, known: PricesOf | None = None) -> None:
    """Emit the products' states as of `day`. Call it after the flush: only then do they have their new versions.

    known  as for `product_states`
    """
    for product, state in product_states(uow, products, day, known):
        uow.emit(NewEvent("product.changed.v1", "product", product.id, product.version, state))


def publish_prices(uow: UnitOfWork, facts: Iterable[StoredPriceFact]) -> None:
    """Emit the states of prices beside the list prices. Call it after the flush, as with products."""
    for fact in facts:
        uow.emit(NewEvent("price.changed.v1", "price", fact.id, fact.version, price_state(fact)))


def publish_removed_price(uow: UnitOfWork, fact: StoredPriceFact) -> None:
    """Emit that a price beside the list prices is gone, as its next version; call it before the flush that deletes."""
    state = price_state(fact, removed=True)
    uow.emit(NewEvent("price.changed.v1", "price", fact.id, fact.version + 1, state))


def publish_charging_rules(uow: UnitOfWork, rules: Iterable[StoredChargingRule]) -> None:
    """Emit the states of charging rules. Call it after the flush, as with products."""
    for rule in rules:
        uow.emit(NewEvent("charging_rule.changed.v1", "charging_rule", rule.id, rule.version, rule.data()))


def _text(price: Decimal | None) -> str | None:
    return None if price is None else price_text(price)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
