"""What rows of an order cost: the facts that this service has copies of, resolved by `shared.prices`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import or_, select

from services.workorders.app.loading import LoadedOrder
from services.workorders.models import CopyPrice, CopyProduct, CopySite
from shared.db import UnitOfWork
from shared.prices import PriceFact, Question, Resolution, resolve


@dataclass(frozen=True, slots=True)
class PriceBook:
    """The prices of some products for one order's customer and site.

    facts      product id → its list prices, and the other prices that may hold for the order
    site_path  the order's site and those it lies in, nearest first
    """

    facts: Mapping[str, Sequence[PriceFact]]
    customer_id: str | None = None
    price_group: str | None = None
    site_path: tuple[str, ...] = ()

    def resolve(self, product_id: str, quantity: Decimal, day: date) -> Resolution:
        """Return what one unit costs when `quantity` of it is recorded for the work date `day`, and why."""
        question = Question(day, quantity, self.customer_id, self.price_group, self.site_path)
        return resolve(self.facts.get(product_id, ()), question)

    def list_price(self, product_id: str, day: date) -> Decimal | None:
        """Return the list price of one unit on `day`; None if there is none."""
        return resolve(self.facts.get(product_id, ()), Question(day)).unit_price


def price_group_of(uow: UnitOfWork, loaded: LoadedOrder) -> str | None:
    """Return the price group of the nearest site that has one, from the order's site upwards, else the customer's."""
    path = loaded.site.nearest_first if loaded.site is not None else ()
    if path:
        named = select(CopySite.id, CopySite.price_group).where(
            CopySite.id.in_(path), CopySite.price_group.is_not(None)
        )
        of_sites: dict[str, str] = {site.id: site.price_group for site in uow.session.execute(named)}
        nearest = next((of_sites[site_id] for site_id in path if site_id in of_sites), None)
        if nearest is not None:
            return nearest
    return loaded.customer.price_group if loaded.customer is not None else None


def price_book(uow: UnitOfWork, loaded: LoadedOrder, products: Collection[CopyProduct]) -> PriceBook:
    """Return the prices of these products for an order, in two queries; in none for no products.

    A provisional customer, or one without a copy here, has no prices of its own.
    """
    if not products:
        return PriceBook({})
    customer, site = loaded.customer, loaded.site
    facts: dict[str, list[PriceFact]] = {product.id: product.list_facts() for product in products}
    path = site.nearest_first if site is not None else ()
    group = price_group_of(uow, loaded)
    of_whom = [CopyPrice.customer_id == customer.id] if customer is not None else []
    if group is not None:
        of_whom.append(CopyPrice.price_group == group)
    if path:
        of_whom.append(CopyPrice.site_id.in_(path))
    if facts and of_whom:
        statement = select(CopyPrice).where(
            CopyPrice.product_id.in_(facts), CopyPrice.deleted.is_(False), or_(*of_whom)
        )
        for price in uow.session.scalars(statement):
            facts[price.product_id].append(price.fact())
    return PriceBook(facts, customer.id if customer is not None else None, group, path)
