"""Set products: what they consist of, and the rows that they become."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select

from services.catalog.app.events import publish_products
from services.catalog.domain.errors import NotExpandable
from services.catalog.domain.prices import price_on
from services.catalog.domain.product import refuse_archived
from services.catalog.domain.sets import KnownProduct, WantedComponent, check_set
from services.catalog.models import Price, Product, ProductComponent, components_of, prices_of, sets_with
from shared.clock import business_day
from shared.db import UnitOfWork, check_version, get_or_404
from shared.product_sets import Component, SetRow, expand


@dataclass(frozen=True, slots=True)
class ShownComponent:
    """A component with the product that it is."""

    product: Product
    quantity: Decimal
    share_weight: Decimal | None


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row of an expanded set with the product that it is."""

    product: Product
    row: SetRow


def change_components(
    uow: UnitOfWork,
    product_id: str,
    wanted: Sequence[WantedComponent],
    *,
    expected_version: int | None,
    now: datetime,
) -> Product:
    """Let a product consist of these; of none: then it is no set any more. The same ones again change nothing.

    Raises NotFound, VersionMismatch, ProductArchived, InvalidSet.
    """
    with uow:
        get_or_404(uow.session, Product, product_id)
        known = _locked(uow, {product_id, *(one.product_id for one in wanted)})
        product = known[product_id]
        check_version(product, expected_version)
        refuse_archived(archived=product.archived)
        outer = sets_with(uow, [product_id]).get(product_id)
        outer_code = get_or_404(uow.session, Product, outer[0]).code if outer else None
        check_set(product_id, wanted, {key: _facts(one) for key, one in known.items()}, outer_code)
        existing = components_of(uow, [product_id])
        if [_value(one) for one in existing] != list(wanted):
            _replace(uow, product_id, existing, wanted)
            product.is_set = bool(wanted)
            product.touch(now)
            uow.session.flush()
            publish_products(uow, [product], business_day(now))
        uow.commit()
    return product


def components_shown(uow: UnitOfWork, product_id: str) -> tuple[Product, list[ShownComponent]]:
    """Return a product and what it consists of; nothing if it is no set. Raises NotFound."""
    product = get_or_404(uow.session, Product, product_id)
    components = components_of(uow, [product_id])
    products = _products(uow, [one.product_id for one in components])
    return product, [ShownComponent(products[one.product_id], one.quantity, one.share_weight) for one in components]


def expanded(
    uow: UnitOfWork,
    product_id: str,
    *,
    quantity: Decimal,
    unit_price: Decimal | None,
    discount_percent: Decimal,
    day: date,
) -> list[ShownRow]:
    """Return the rows that a quantity of a set becomes on a day, by its list price if no unit price is given.

    Raises NotFound, NotExpandable if the product is no set or has no price on the day.
    """
    get_or_404(uow.session, Product, product_id)
    components = components_of(uow, [product_id])
    if not components:
        raise NotExpandable("The product is no set.")
    prices = _prices_on(prices_of(uow, [product_id, *(one.product_id for one in components)]), day)
    price = prices.get(product_id) if unit_price is None else unit_price
    if price is None:
        raise NotExpandable("The set has no list price on that day: its components are priced one by one.")
    parts = [
        Component(one.product_id, one.quantity, prices.get(one.product_id), one.share_weight) for one in components
    ]
    rows = expand(quantity, price, parts, discount_percent=discount_percent)
    products = _products(uow, [row.product_id for row in rows])
    return [ShownRow(products[row.product_id], row) for row in rows]


def _locked(uow: UnitOfWork, product_ids: set[str]) -> dict[str, Product]:
    """Lock set and components together and in order: two sets cannot become each other's components at once."""
    statement = select(Product).where(Product.id.in_(sorted(product_ids))).order_by(Product.id)
    locking = statement.with_for_update(of=Product).execution_options(populate_existing=True)
    return {product.id: product for product in uow.session.scalars(locking)}


def _facts(product: Product) -> KnownProduct:
    return KnownProduct(product.code, product.archived, product.is_set)


def _value(stored: ProductComponent) -> WantedComponent:
    return WantedComponent(stored.product_id, stored.quantity, stored.share_weight)


def _replace(
    uow: UnitOfWork, set_id: str, existing: Sequence[ProductComponent], wanted: Sequence[WantedComponent]
) -> None:
    left = {one.product_id: one for one in existing}
    for position, one in enumerate(wanted):
        stored = left.pop(one.product_id, None)
        if stored is None:
            stored = ProductComponent(set_id=set_id, product_id=one.product_id)
            uow.session.add(stored)
        stored.quantity, stored.share_weight, stored.position = one.quantity, one.share_weight, position
    for stored in left.values():
        uow.session.delete(stored)


def _products(uow: UnitOfWork, product_ids: Sequence[str]) -> dict[str, Product]:
    statement = select(Product).where(Product.id.in_(set(product_ids)))
    return {product.id: product for product in uow.session.scalars(statement)}


def _prices_on(prices: Sequence[Price], day: date) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for price in prices:
        if price_on([price.value()], day):
            found[price.product_id] = price.price
    return found
