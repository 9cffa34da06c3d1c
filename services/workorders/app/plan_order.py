"""A planner makes a work order, or puts a draft into the plan."""

from __future__ import annotations

from datetime import datetime

from services.workorders.app.commands import OrderWish
from services.workorders.app.creation import assign_new, make_planned
from services.workorders.app.loading import LoadedOrder, load_order, take_step
from services.workorders.domain.lifecycle import Step
from services.workorders.domain.values import Origin
from shared.db import UnitOfWork
from shared.db.database import Creation


def plan_order(uow: UnitOfWork, wish: OrderWish, creation: Creation, *, now: datetime) -> LoadedOrder:
    """Make a planned (or draft) work order with its planned rows; repeated, return what it made the first time.

    Raises KeyReused, or what is wrong with the order and all its rows at once, as the first of CustomerUnknown,
    SiteUnknown, ProductUnknown, OrderRefused, TooManyRows and RowRefused.
    """
    with uow:
        known = uow.repeated(creation)
        if known is not None:
            return load_order(uow, known)
        loaded = make_planned(uow, wish, creation.id, Origin.PLANNED, now=now)
        assign_new(uow, loaded, wish.assigned_to, now=now)
        uow.created(creation, loaded.order.id)
        uow.commit()
        return loaded


def plan_draft(uow: UnitOfWork, order_id: str, *, expected: int | None, now: datetime) -> LoadedOrder:
    """Put a draft into the plan, and give it to whom it was meant for. Raises NotFound, ForbiddenStep."""
    with uow:
        loaded = load_order(uow, order_id, for_update=True, expected=expected)
        take_step(uow, loaded, Step.PLAN, now=now)
        assign_new(uow, loaded, loaded.order.assigned_to, now=now)
        uow.commit()
        return loaded
