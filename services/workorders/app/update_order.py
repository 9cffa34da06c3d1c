"""Changing what an order says about itself, before approval."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.workorders.app.creation import resolve_placement
from services.workorders.app.loading import LoadedOrder, load_order
from services.workorders.app.packages import check_package
from services.workorders.app.refusals import Refusals
from services.workorders.app.repricing import price_changes
from services.workorders.domain.placement import Placement
from services.workorders.domain.rows import check_order_open
from services.workorders.models import WorkOrder
from shared.db import UnitOfWork

_PLAIN = (
    "type",
    "priority",
    "description",
    "references",
    "wanted_from",
    "wanted_to",
    "site_id",
    "customer_id",
    "work_package_id",
)
_PACKED = frozenset({"customer_id", "site_id", "work_package_id"})
_PRICED = frozenset({"customer_id", "site_id"})
_PLACED = frozenset({"customer_id", "site_id", "wanted_from", "wanted_to"})


def update_order(
    uow: UnitOfWork, order_id: str, changes: Mapping[str, Any], *, expected: int | None, now: datetime
) -> LoadedOrder:
    """Change fields of an order; a customer from the register takes the place of a provisional one.

    changes  attribute of `WorkOrder` → new value, of those that the API lets change; `references` as a whole
    Rows keep their prices for another customer or site too; `would_reprice` names those that another price is for.
    Raises NotFound, VersionMismatch, OrderLocked, or all that is wrong as CustomerUnknown, SiteUnknown or OrderRefused.
    """
    with uow:
        loaded = load_order(uow, order_id, for_update=True, expected=expected)
        order = loaded.order
        check_order_open(order.stands)
        for name in _PLAIN:
            if name in changes:
                setattr(order, name, changes[name])
        if "customer_id" in changes:
            order.customer_before_merge = None
        refusals = Refusals()
        if _PLACED & changes.keys():
            _place_anew(uow, loaded, refusals, by_customer=changes.get("customer_id") is not None)
        if _PACKED & changes.keys():
            with uow.session.no_autoflush, refusals.noted():
                _check_package(uow, order, joins="work_package_id" in changes)
        refusals.raise_all()
        if _PRICED & changes.keys():
            with uow.session.no_autoflush:
                loaded.would_reprice = tuple(change.row_id for change in price_changes(uow, loaded))
        order.touch(now)
        uow.commit()
        return loaded


def _check_package(uow: UnitOfWork, order: WorkOrder, *, joins: bool) -> None:
    clear = order.customer_id is not None or order.provisional_name is not None
    check_package(uow, order.work_package_id, order.customer_id, joins=joins, customer_clear=clear)


def _place_anew(uow: UnitOfWork, loaded: LoadedOrder, refusals: Refusals, *, by_customer: bool) -> None:
    order: WorkOrder = loaded.order
    if by_customer:
        order.provisional_name = order.provisional_phone = None
    named = Placement(
        customer_id=order.customer_id,
        provisional_name=order.provisional_name,
        wanted_from=order.wanted_from,
        wanted_to=order.wanted_to,
    )
    with uow.session.no_autoflush:
        loaded.customer, loaded.site = resolve_placement(uow, named, order.site_id, refusals)
    order.customer_id = loaded.customer.id if loaded.customer else None
