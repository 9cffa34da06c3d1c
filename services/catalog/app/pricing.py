"""List prices: setting them for a period, and letting them begin and end with the days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from services.catalog.app.events import publish_products
from services.catalog.domain.prices import PriceChange, change_from, price_on
from services.catalog.domain.product import refuse_archived
from services.catalog.models import Price, Product, prices_of
from shared.clock import business_day
from shared.db import UnitOfWork, get_or_404
from shared.db.database import Creation
from shared.ids import new_id
from shared.periods import closing_days


def add_price(
    uow: UnitOfWork,
    creation: Creation,
    product_id: str,
    price: Decimal,
    *,
    valid_from: date,
    valid_to: date | None,
    now: datetime,
) -> Price:
    """Give a product a list price for a period; an open price that began earlier ends the day before.

    Raises PeriodOverlap, InvalidPeriod, NotFound, ProductArchived. Rows that were recorded keep their prices: the
    price is copied to a row when it is made (domain.md §2.5).
    """
    with uow:
        if old := uow.repeated(creation):
            return get_or_404(uow.session, Price, old)
        product = get_or_404(uow.session, Product, product_id, for_update=True)
        refuse_archived(archived=product.archived)
        existing = prices_of(uow, [product.id])
        closing = closing_days([one.period for one in existing], valid_from, valid_to)
        for one in existing:
            if one.id in closing:
                one.valid_to = closing[one.id]
        added = _new_price(uow, product, price, valid_from, valid_to, price_id=creation.id)
        product.touch(now)
        refresh_price(product, [*existing, added], business_day(now))
        uow.session.flush()
        publish_products(uow, [product], business_day(now))
        uow.created(creation, added.id)
        uow.commit()
    return added


def change_price_from(
    uow: UnitOfWork, product: Product, existing: list[Price], day: date, price: Decimal | None
) -> bool:
    """Let another list price (None: none) hold from `day`, inside the open transaction; nothing if it does already.

    existing  all prices of the product; they are so again afterwards
    Returns whether any price changed: then the product has to be published, though its own fields may be the same.
    """
    change = change_from([one.value() for one in existing], day, price)
    by_id = {one.id: one for one in existing}
    if change.close is not None:
        by_id[change.close[0]].valid_to = change.close[1]
    if change.amend is not None and price is not None:
        by_id[change.amend].price = price
    if change.remove is not None:
        uow.session.delete(by_id[change.remove])
        existing.remove(by_id[change.remove])
    if change.add is not None and price is not None:
        existing.append(_new_price(uow, product, price, *change.add))
    if product.list_price != price:
        product.list_price = price
    return change != PriceChange()


def refresh_price(product: Product, prices: Sequence[Price], day: date) -> None:
    """Set the product's `list_price` to the one that holds on `day`, if it differs."""
    current = price_on([one.value() for one in prices], day)
    amount = current.price if current else None
    if product.list_price != amount:
        product.list_price = amount


def _new_price(
    uow: UnitOfWork,
    product: Product,
    price: Decimal,
    valid_from: date,
    valid_to: date | None,
    price_id: str | None = None,
) -> Price:
    added = Price(
        id=price_id or new_id(),
        product_id=product.id,
        price=price,
        currency="EUR",
        valid_from=valid_from,
        valid_to=valid_to,
    )
    uow.session.add(added)
    return added
