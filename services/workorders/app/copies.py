"""Reading and keeping the copies of customers, sites, products, prices and charging rules."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import TypeVar

from sqlalchemy import select

from services.workorders.models import CopyChargingRule, CopyCustomer, CopyPrice, CopyProduct, CopySite
from services.workorders.models.scope import customers_in_scope
from shared.bus.copies import apply_copy
from shared.bus.envelope import Event
from shared.db import UnitOfWork
from shared.errors import FieldError, RuleBroken

T = TypeVar("T")
Copy = type[CopyCustomer] | type[CopySite] | type[CopyProduct]

RETRY_AFTER_S = 2
_FIRST_PAUSE_S = 0.01
_LONGEST_PAUSE_S = 0.1


class CopyMissing(RuleBroken):
    """Something that the request names is not known here, or not yet.

    `missing` says which copies; `facts["retry_after_s"]` says when it is worth trying again, since the event that
    brings the copy may be on its way.
    """

    model: Copy = CopyCustomer

    def __init__(self, pointers: Mapping[str, str]) -> None:
        """Take JSON pointer → id of each that is missing."""
        kind = self.code.removesuffix("_unknown")
        errors = [FieldError(pointer, self.code, f"There is no such {kind}, or not yet.") for pointer in pointers]
        super().__init__(
            f"The {kind} is not known here. If it was made a moment ago, try again.",
            errors=errors,
            retry_after_s=RETRY_AFTER_S,
        )
        self.missing: Mapping[Copy, frozenset[str]] = {self.model: frozenset(pointers.values())}

    @property
    def ids(self) -> frozenset[str]:
        """Ids of all that is missing."""
        return frozenset().union(*self.missing.values())


class CustomerUnknown(CopyMissing):
    """No copy of the customer."""

    code = "customer_unknown"
    title = "The customer is not known"
    model = CopyCustomer


class SiteUnknown(CopyMissing):
    """No copy of the site."""

    code = "site_unknown"
    title = "The site is not known"
    model = CopySite


class ProductUnknown(CopyMissing):
    """No copy of the product."""

    code = "product_unknown"
    title = "The product is not known"
    model = CopyProduct


def once_copies_are_here(
    action: Callable[[], T],
    open_reader: Callable[[], UnitOfWork],
    *,
    wait_s: float,
    pause: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> T:
    """Run `action`; if it misses a copy, wait for that copy and run it again.

    A client often makes a customer and, 50 ms later, the first order for it: the customer is committed at its owner
    while the event is still on its way here. Refusing would make every client write its own retry loop, so we poll
    for up to `wait_s` seconds in all, each time in a short reading transaction of its own. The refused action has
    rolled back, so nothing is locked meanwhile (SQLite would not let the copy in otherwise).

    action  may be repeated: it commits at its very end or not at all.
    Raises what the last run raised: CopyMissing if the copy did not come in time.
    """
    deadline = clock() + wait_s
    arrived: frozenset[str] = frozenset()
    while True:
        try:
            return action()
        except CopyMissing as missing:
            # What is here and misses all the same is not for this caller: that does not change by waiting.
            if missing.ids <= arrived or not _arrives(missing, open_reader, deadline, pause, clock):
                raise
            arrived |= missing.ids


def _arrives(
    missing: CopyMissing,
    open_reader: Callable[[], UnitOfWork],
    deadline: float,
    pause: Callable[[float], None],
    clock: Callable[[], float],
) -> bool:
    pause_s = _FIRST_PAUSE_S
    while clock() < deadline:
        pause(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        with open_reader() as uow:
            if all(_present(uow, model, ids) == ids for model, ids in missing.missing.items()):
                return True
    return False


def _present(uow: UnitOfWork, model: Copy, ids: Collection[str]) -> frozenset[str]:
    return frozenset(uow.session.scalars(select(model.id).where(model.id.in_(ids), model.deleted.is_(False))))


def customer_of(uow: UnitOfWork, customer_id: str) -> CopyCustomer:
    """Return the copy of a customer; raises CustomerUnknown, also for one outside the caller's sites."""
    found = uow.session.get(CopyCustomer, customer_id)
    if found is None or found.deleted or not _customer_in_scope(uow, customer_id):
        raise CustomerUnknown({"/customer_id": customer_id})
    return found


def _customer_in_scope(uow: UnitOfWork, customer_id: str) -> bool:
    if not uow.context.sites:
        return True
    owned = customers_in_scope(uow.session, uow.context).subquery()
    return (
        uow.session.execute(select(owned.c.customer_id).where(owned.c.customer_id == customer_id)).first() is not None
    )


def site_of(uow: UnitOfWork, site_id: str) -> CopySite:
    """Return the copy of a site; raises SiteUnknown, also for one outside the caller's sites."""
    found = uow.session.get(CopySite, site_id)
    scope = uow.context.sites
    if found is None or found.deleted or (scope and scope.isdisjoint(found.nearest_first)):
        raise SiteUnknown({"/site_id": site_id})
    return found


def products_of(uow: UnitOfWork, wanted: Iterable[tuple[str, str]]) -> dict[str, CopyProduct]:
    """Return id → copy of products, in one query.

    wanted  (pointer, product id) pairs. Raises ProductUnknown that names every pointer without a copy.
    """
    pairs = list(wanted)
    found = known_products(uow, (product_id for _, product_id in pairs))
    check_products(found, pairs)
    return found


def known_products(uow: UnitOfWork, ids: Iterable[str]) -> dict[str, CopyProduct]:
    """Return id → copy of those of the products that are known here, in one query."""
    wanted = set(ids)
    if not wanted:
        return {}
    statement = select(CopyProduct).where(CopyProduct.id.in_(wanted), CopyProduct.deleted.is_(False))
    return {product.id: product for product in uow.session.scalars(statement)}


def check_products(found: Mapping[str, CopyProduct], wanted: Iterable[tuple[str, str]]) -> None:
    """Raise ProductUnknown that names every pointer whose product is not among those found."""
    missing = {pointer: product_id for pointer, product_id in wanted if product_id not in found}
    if missing:
        raise ProductUnknown(missing)


def keep_customer(uow: UnitOfWork, event: Event) -> bool:
    """Store what `customer.changed.v1` says, if it is newer than the copy; returns whether it was."""
    named = ("number", "name", "kind", "required_references", "price_group", "language", "on_hold", "archived")
    values = {**{name: event.data[name] for name in named}, "merged_into": event.data.get("merged_into")}
    return apply_copy(uow, CopyCustomer, event, values)


def keep_site(uow: UnitOfWork, event: Event) -> None:
    """Store what `site.changed.v1` says, if it is newer than the copy."""
    named = ("name", "address", "customer_id", "path", "archived")
    values = {**{name: event.data[name] for name in named}, "price_group": event.data.get("price_group")}
    apply_copy(uow, CopySite, event, values)


def keep_product(uow: UnitOfWork, event: Event) -> None:
    """Store what `product.changed.v1` says, if it is newer than the copy."""
    named = (
        "code",
        "name",
        "kind",
        "unit",
        "vat_class",
        "field_recordable",
        "price_editable",
        "construction_service",
        "archived",
    )
    values = {
        **{name: event.data[name] for name in named},
        "list_price": _decimal(event.data["list_price"]),
        "list_prices": event.data.get("list_prices"),
        "components": event.data.get("components"),
    }
    apply_copy(uow, CopyProduct, event, values)


def keep_price(uow: UnitOfWork, event: Event) -> None:
    """Store what `price.changed.v1` says, if it is newer than the copy; a removed price leaves a tombstone."""
    data = event.data
    values = {
        **{name: data[name] for name in ("product_id", "price_group", "customer_id", "site_id")},
        "min_quantity": Decimal(data["min_quantity"]),
        "price": _decimal(data["price"]),
        "discount_percent": _decimal(data["discount_percent"]),
        "valid_from": date.fromisoformat(data["valid_from"]),
        "valid_to": None if data["valid_to"] is None else date.fromisoformat(data["valid_to"]),
    }
    apply_copy(uow, CopyPrice, event, values, deleted=data["removed"])


def keep_charging_rule(uow: UnitOfWork, event: Event) -> None:
    """Store what `charging_rule.changed.v1` says, if it is newer than the copy."""
    apply_copy(uow, CopyChargingRule, event, {"rule": dict(event.data)})


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
