"""Who sees which orders and prices (domain.md 6). An order that one may not see is not found."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, false, or_, true

from services.workorders.domain.lifecycle import State
from services.workorders.models import WorkOrder
from shared.context import Context


@dataclass(frozen=True, slots=True)
class Sight:
    """What of rows the caller sees.

    prices    what they cost
    charging  what is charged, and the rows that rules and sets add
    """

    prices: bool
    charging: bool


_WORKER = ("workorders.read_own", "workorders.record")
_OFFICE = ("workorders.plan", "workorders.review", "workorders.integrate")


def is_office(context: Context) -> bool:
    """Say whether the caller plans, reviews or hands orders over: may plan rows, price by hand, record for others."""
    return any(context.may(permission) for permission in _OFFICE)


def sees_prices(context: Context) -> bool:
    """Say whether unit prices, discounts and amounts may be in the caller's answers."""
    return context.may("prices.read")


def sees_charging(context: Context) -> bool:
    """Say whether the caller sees what is charged beside what was worked, and the rows that rules and sets add.

    A worker sees the recorded time, the customer the charged one (domain.md 2.6).
    """
    return sees_prices(context) or context.may("workorders.plan") or context.may("workorders.review")


def sight_of(context: Context) -> Sight:
    """Return what of rows the caller sees."""
    return Sight(sees_prices(context), sees_charging(context))


def may_see(context: Context, order: WorkOrder) -> bool:
    """Say whether the caller sees this order.

    All with `workorders.read`; else own ones; workers also the queue; integrations also what any of them handed over,
    since an API key is replaced now and then.
    """
    if context.may("workorders.read") or context.actor in (order.assigned_to, order.created_by):
        return True
    if context.may("workorders.integrate") and order.external_source is not None:
        return True
    in_queue = order.assigned_to is None and order.state == State.PLANNED
    return in_queue and any(context.may(permission) for permission in _WORKER)


def visible_to(context: Context) -> ColumnElement[bool]:
    """Return the same rule as a condition for queries."""
    if context.may("workorders.read"):
        return true()
    queue: ColumnElement[bool] = false()
    handed_over = WorkOrder.external_source.is_not(None) if context.may("workorders.integrate") else false()
    if any(context.may(permission) for permission in _WORKER):
        queue = and_(WorkOrder.assigned_to.is_(None), WorkOrder.state == State.PLANNED.value)
    return or_(WorkOrder.assigned_to == context.actor, WorkOrder.created_by == context.actor, queue, handed_over)
