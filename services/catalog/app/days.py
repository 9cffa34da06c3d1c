"""The turn of the day: list prices begin and end without anybody's doing."""

from __future__ import annotations

import threading
from collections import defaultdict
from datetime import date

from sqlalchemy import select

from services.catalog.app.events import publish_products
from services.catalog.app.pricing import refresh_price
from services.catalog.models import Price, Product
from shared import day_turn
from shared.context import Context
from shared.db import Database

_AT_ONCE = 500


def turn_day(database: Database, day: date, stop: threading.Event | None = None) -> int:
    """Refresh the products whose list prices began or ended lately, tenant by tenant; returns how many changed."""
    tenants = day_turn.turned_lately(Price.tenant_id, Price.valid_from, Price.valid_to, day)

    def turn(context: Context, to_day: date) -> int:
        return _turn_tenant(database, context, to_day)

    return day_turn.turn_day(database, tenants, turn, day, stop)


def _turn_tenant(database: Database, context: Context, day: date) -> int:
    with database.read(context) as uow:
        turning = day_turn.turned_lately(Price.product_id, Price.valid_from, Price.valid_to, day)
        product_ids = sorted(uow.session.scalars(turning))
    return sum(
        _refresh(database, context, product_ids[start : start + _AT_ONCE], day)
        for start in range(0, len(product_ids), _AT_ONCE)
    )


def _refresh(database: Database, context: Context, product_ids: list[str], day: date) -> int:
    with database.begin(context) as uow:
        statement = select(Product).where(Product.id.in_(product_ids)).order_by(Product.id)
        products = list(uow.session.scalars(statement.with_for_update(of=Product)))
        prices: dict[str, list[Price]] = defaultdict(list)
        for price in uow.session.scalars(select(Price).where(Price.product_id.in_(product_ids))):
            prices[price.product_id].append(price)
        for product in products:
            refresh_price(product, prices[product.id], day)
        changed = [product for product in products if uow.session.is_modified(product)]
        uow.session.flush()
        publish_products(uow, changed, day)
        uow.commit()
    return len(changed)
