"""Reading orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from services.workorders.app.loading import LoadedOrder, load_order
from services.workorders.app.visibility import visible_to
from services.workorders.models import CopyCustomer, CopySite, HistoryEntry, WorkOrder
from shared.db import UnitOfWork
from shared.db.paging import Page, fetch_page

_EQUAL = (
    "type",
    "customer_id",
    "site_id",
    "work_package_id",
    "number",
    "external_source",
    "external_reference",
    "origin",
)


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders to list; None and empty mean any.

    states       any of them
    assigned_to  user id; `none` means nobody, `me` the caller
    equal        column of `WorkOrder` → value, of those in `_EQUAL`
    """

    states: tuple[str, ...] = ()
    assigned_to: str | None = None
    equal: Mapping[str, Any] | None = None


def list_orders(
    uow: UnitOfWork, wanted: OrderFilter, *, limit: int, after: str | None
) -> tuple[list[LoadedOrder], str | None]:
    """Return a page of visible orders, newest first, without rows, and the cursor of the next; three queries."""
    with uow:
        statement = _filtered(select(WorkOrder).where(visible_to(uow.context)), wanted, uow.context.actor)
        page: Page[WorkOrder] = fetch_page(
            uow.session, statement, WorkOrder.id, limit=limit, after=after, newest_first=True
        )
        customers = _by_id(uow, CopyCustomer, {order.customer_id for order in page.items})
        sites = _by_id(uow, CopySite, {order.site_id for order in page.items})
    found = [LoadedOrder(order, customers.get(order.customer_id), sites.get(order.site_id)) for order in page.items]
    return found, page.next


def get_order(uow: UnitOfWork, order_id: str) -> LoadedOrder:
    """Return one order with its rows. Raises NotFound."""
    with uow:
        return load_order(uow, order_id)


def order_history(
    uow: UnitOfWork, order_id: str, *, limit: int, after: str | None
) -> tuple[list[HistoryEntry], str | None]:
    """Return a page of the order's steps, oldest first, and the cursor of the next. Raises NotFound."""
    with uow:
        load_order(uow, order_id)
        statement = select(HistoryEntry).where(HistoryEntry.order_id == order_id)
        page: Page[HistoryEntry] = fetch_page(uow.session, statement, HistoryEntry.id, limit=limit, after=after)
        return page.items, page.next


def _filtered(statement: Select[WorkOrder], wanted: OrderFilter, actor: str) -> Select[WorkOrder]:
    if wanted.states:
        statement = statement.where(WorkOrder.state.in_(wanted.states))
    if wanted.assigned_to == "none":
        statement = statement.where(WorkOrder.assigned_to.is_(None))
    elif wanted.assigned_to is not None:
        statement = statement.where(
            WorkOrder.assigned_to == (actor if wanted.assigned_to == "me" else wanted.assigned_to)
        )
    for name, value in (wanted.equal or {}).items():
        if name in _EQUAL and value is not None:
            statement = statement.where(getattr(WorkOrder, name) == value)
    return statement


def _by_id(uow: UnitOfWork, model: Any, ids: set[str | None]) -> dict[str | None, Any]:
    wanted = ids - {None}
    if not wanted:
        return {}
    return {found.id: found for found in uow.session.scalars(select(model).where(model.id.in_(wanted)))}
