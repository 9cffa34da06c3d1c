"""The customer's report from the service's own orders and its copies of customers and sites."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import defer

from services.workorders.app.copies import CustomerUnknown, customer_of
from services.workorders.app.visibility import visible_to
from services.workorders.domain.errors import ReportTooLarge
from services.workorders.domain.report import (
    Package,
    Place,
    Report,
    ReportOrder,
    ReportRow,
    Subject,
    report_of,
)
from services.workorders.domain.rows import TAKEN_OFF
from services.workorders.domain.values import Chargeability
from services.workorders.models import CopyCustomer, CopySite, WorkOrder, WorkPackage, WorkRow
from shared.clock import start_of_day
from shared.db import UnitOfWork
from shared.errors import NotFound
from shared.periods import ONE_DAY

T = TypeVar("T", CopySite, WorkPackage)

MOST_ORDERS = 20_000
MOST_ROWS = 50_000
_AT_ONCE = 500
_READ_AT_ONCE = 1_000
_RECORDED = (
    WorkRow.planned.is_(False),
    or_(WorkRow.closed_reason.is_(None), WorkRow.closed_reason.not_in(TAKEN_OFF)),
)
"""Rows that people, rules or sets put on an order and nobody took off again."""


@dataclass(frozen=True, slots=True)
class ReportWish:
    """Which work to report.

    first, last      work dates, both included
    site_id          this site and everything below it
    states, types    any of them; empty means all
    billed           True: only rows on an accepted document, False: only charged rows that are on none
    """

    customer_id: str
    first: date
    last: date
    site_id: str | None = None
    work_package_id: str | None = None
    states: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    billed: bool | None = None


def customer_report(uow: UnitOfWork, wish: ReportWish) -> Report:
    """Return all work that the caller may see for a customer and those that were merged into it.

    An order is in the report if one of its recorded rows has a work date in the period, with those rows; an order
    without any recorded row, if it was made in the period (unless only billed or unbilled rows are asked for).
    Raises NotFound for an unknown customer, ReportTooLarge.
    """
    with uow:
        try:
            customer = customer_of(uow, wish.customer_id)
        except CustomerUnknown:
            raise NotFound(f"There is no customer with the id {wish.customer_id[:36]}.") from None
        subject = Subject(customer.id, customer.number or "", customer.name or "")
        statement = _matching(uow, wish)
        _check_size(uow, wish, statement)
        orders = list(uow.session.scalars(statement.order_by(WorkOrder.id)))
        rows = _rows_of(uow, wish, [order.id for order in orders])
        places = _places(uow, {order.site_id for order in orders} - {None})
        packages = _packages(uow, {order.work_package_id for order in orders} - {None})
    found = (_order(order, rows.get(order.id, []), places, packages) for order in orders)
    return report_of(subject, wish.first, wish.last, [order for order in found if order.rows or wish.billed is None])


def _matching(uow: UnitOfWork, wish: ReportWish) -> Select[WorkOrder]:
    merged = select(CopyCustomer.id).where(CopyCustomer.merged_into == wish.customer_id)
    conditions: list[ColumnElement[bool]] = [
        visible_to(uow.context),
        or_(WorkOrder.customer_id == wish.customer_id, WorkOrder.customer_id.in_(merged)),
        _in_period(wish),
    ]
    if wish.site_id is not None:
        conditions.append(_at_or_below(uow, wish.site_id))
    if wish.work_package_id is not None:
        conditions.append(WorkOrder.work_package_id == wish.work_package_id)
    if wish.states:
        conditions.append(WorkOrder.state.in_(wish.states))
    if wish.types:
        conditions.append(WorkOrder.type.in_(wish.types))
    return select(WorkOrder).where(*conditions)


def _check_size(uow: UnitOfWork, wish: ReportWish, orders: Select[WorkOrder]) -> None:
    """Raise ReportTooLarge before anything is read that would not be shown."""
    ids = orders.with_only_columns(WorkOrder.id)
    rows = select(func.count()).select_from(WorkRow).where(WorkRow.order_id.in_(ids), *_shown_rows(wish))
    counted = (
        ("work orders", uow.session.scalar(select(func.count()).select_from(ids.subquery())), MOST_ORDERS),
        ("rows", uow.session.scalar(rows), MOST_ROWS),
    )
    for what, number, most in counted:
        if (number or 0) > most:
            raise ReportTooLarge(
                f"This would be {number} {what}; a report has at most {most}. Ask for a shorter period or a site.",
                found=number,
                most=most,
            )


def _shown_rows(wish: ReportWish) -> list[ColumnElement[bool]]:
    """Return the conditions of the rows in the report: recorded in the period and not removed, billed as wished."""
    conditions = [*_RECORDED, WorkRow.work_date.between(wish.first, wish.last)]
    if wish.billed is not None:
        on_document = WorkRow.document_id.is_not(None)
        conditions += [
            WorkRow.chargeability == Chargeability.CHARGE.value,
            WorkRow.is_set.is_(False),
            WorkRow.closed_reason.is_(None),
            on_document if wish.billed else ~on_document,
        ]
    return conditions


def _at_or_below(uow: UnitOfWork, site_id: str) -> ColumnElement[bool]:
    site = uow.session.get(CopySite, site_id)
    if site is None or not site.path:
        return WorkOrder.site_id == site_id
    below = select(CopySite.id).where(CopySite.path.startswith(f"{site.path}/", autoescape=True))
    return or_(WorkOrder.site_id == site_id, WorkOrder.site_id.in_(below))


def _in_period(wish: ReportWish) -> ColumnElement[bool]:
    recorded = and_(WorkRow.order_id == WorkOrder.id, *_RECORDED)
    in_days = WorkRow.work_date.between(wish.first, wish.last)
    made = and_(
        WorkOrder.created_at >= start_of_day(wish.first), WorkOrder.created_at < start_of_day(wish.last + ONE_DAY)
    )
    with_rows = exists().where(recorded, in_days)
    without_rows = and_(~exists().where(recorded), made)
    return or_(with_rows, without_rows)


def _rows_of(uow: UnitOfWork, wish: ReportWish, order_ids: list[str]) -> dict[str, list[ReportRow]]:
    found: dict[str, list[ReportRow]] = {}
    for ids in _chunks(order_ids):
        statement = (
            select(WorkRow)
            .where(WorkRow.order_id.in_(ids), *_shown_rows(wish))
            .order_by(WorkRow.order_id, WorkRow.work_date, WorkRow.position)
            .options(defer(WorkRow.price_explanation), defer(WorkRow.charging), defer(WorkRow.derived_from))
            .execution_options(yield_per=_READ_AT_ONCE)
        )
        for row in uow.session.scalars(statement):
            found.setdefault(row.order_id, []).append(_row(row))
    return found


def _row(row: WorkRow) -> ReportRow:
    return ReportRow(
        id=row.id,
        work_date=row.work_date,
        product_code=row.product_code,
        description=row.description or row.product_name,
        quantity=row.quantity,
        worked=row.worked_quantity or Decimal("0.000"),
        derived=row.derived_by is not None,
        unit=row.unit,
        chargeability=row.chargeability,
        unit_price=row.unit_price,
        net=row.net if row.is_charged else None,
        charged=row.is_charged,
        billed=row.is_transferred,
    )


def _order(
    order: WorkOrder, rows: list[ReportRow], places: dict[str, Place], packages: dict[str, Package]
) -> ReportOrder:
    return ReportOrder(
        id=order.id,
        number=order.number,
        type=order.type,
        state=order.state,
        description=order.description,
        site=places.get(order.site_id or ""),
        package=packages.get(order.work_package_id or ""),
        rows=tuple(rows),
    )


def _places(uow: UnitOfWork, site_ids: Collection[str | None]) -> dict[str, Place]:
    """Return each site with a label made of the names from the root down."""
    sites = {site.id: site for site in _by_ids(uow, CopySite, site_ids)}
    above = {one for site in sites.values() for one in _ids_on(site)} - sites.keys()
    names = {site.id: site.name or "" for site in (*sites.values(), *_by_ids(uow, CopySite, above))}
    return {
        site.id: Place(site.id, " / ".join(name for one in _ids_on(site) if (name := names.get(one))))
        for site in sites.values()
    }


def _ids_on(site: CopySite) -> list[str]:
    """Return the ids from the root to the site; a copy that has no path yet stands alone."""
    ids = [one for one in (site.path or "").split("/") if one]
    return ids if ids and ids[-1] == site.id else [site.id]


def _packages(uow: UnitOfWork, ids: Collection[str | None]) -> dict[str, Package]:
    return {each.id: Package(each.id, each.code, each.name) for each in _by_ids(uow, WorkPackage, ids)}


def _by_ids(uow: UnitOfWork, model: type[T], ids: Collection[str | None]) -> Iterator[T]:
    for some in _chunks(sorted(one for one in ids if one)):
        yield from uow.session.scalars(select(model).where(model.id.in_(some)))


def _chunks(ids: list[str]) -> Iterable[list[str]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
