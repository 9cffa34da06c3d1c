"""Orders follow their customer when it is merged into another, and back when the merge is undone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from services.workorders.domain.lifecycle import BEFORE_APPROVAL
from services.workorders.models import WorkOrder, WorkPackage
from shared.db import UnitOfWork


def follow_merge(uow: UnitOfWork, customer: Mapping[str, Any], *, now: datetime) -> int:
    """Move the orders of a customer to the one that it was merged into, or back; returns how many moved.

    customer  data of `customer.changed.v1`; without `merged_into` the customer is not merged
    Only orders before approval move, else nobody could approve them: an archived customer takes no new bills.
    Approved and billed ones keep the customer that they were approved for. An order for which somebody chose
    another customer meanwhile stays there. Runs inside the open transaction.
    """
    merged_into = customer.get("merged_into")
    named = WorkOrder.customer_id if merged_into else WorkOrder.customer_before_merge
    statement = select(WorkOrder).where(
        named == customer["id"], WorkOrder.state.in_([state.value for state in BEFORE_APPROVAL])
    )
    orders = uow.session.scalars(statement.order_by(WorkOrder.id).with_for_update()).all()
    for order in orders:
        order.customer_id = merged_into or customer["id"]
        order.customer_before_merge = customer["id"] if merged_into else None
        order.touch(now)
    _packages_follow(uow, customer["id"], merged_into, now)
    return len(orders)


def _packages_follow(uow: UnitOfWork, customer_id: str, merged_into: str | None, now: datetime) -> None:
    """Work packages go along whatever the state of their orders: the next order is made for the survivor."""
    named = WorkPackage.customer_id if merged_into else WorkPackage.customer_before_merge
    statement = select(WorkPackage).where(named == customer_id).order_by(WorkPackage.id).with_for_update()
    for package in uow.session.scalars(statement):
        package.customer_id = merged_into or customer_id
        package.customer_before_merge = customer_id if merged_into else None
        package.touch(now)
