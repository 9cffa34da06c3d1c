"""Work in progress: assigning, starting, pausing, going on."""

from __future__ import annotations

from datetime import datetime

from services.workorders.app.loading import LoadedOrder, load_order, take_step
from services.workorders.domain.lifecycle import State, Step
from shared.db import UnitOfWork, check_version


def assign_order(
    uow: UnitOfWork, order_id: str, assigned_to: str | None, *, expected: int | None, now: datetime
) -> LoadedOrder:
    """Give the order to a worker, or (None) back to the queue. Raises NotFound, VersionMismatch, ForbiddenStep."""
    with uow:
        loaded = load_order(uow, order_id, for_update=True, expected=expected)
        take_step(uow, loaded, Step.RELEASE if assigned_to is None else Step.ASSIGN, now=now)
        loaded.order.assigned_to = assigned_to
        uow.commit()
        return loaded


def start_order(uow: UnitOfWork, order_id: str, *, expected: int | None, now: datetime) -> LoadedOrder:
    """Start work; an order from the queue becomes the caller's.

    Steps of progress that the order's worker sends again are answered as the order stands: phones repeat.
    Raises NotFound, VersionMismatch, ForbiddenStep.
    """
    with uow:
        loaded = load_order(uow, order_id, for_update=True)
        if _stands_already(uow, loaded, State.IN_PROGRESS):
            return loaded
        check_version(loaded.order, expected)
        take_step(uow, loaded, Step.START, now=now)
        loaded.order.started_at = now
        if loaded.order.assigned_to is None:
            loaded.order.assigned_to = uow.context.actor
        uow.commit()
        return loaded


def pause_order(uow: UnitOfWork, order_id: str, *, expected: int | None, now: datetime) -> LoadedOrder:
    """Pause work. Raises NotFound, VersionMismatch, ForbiddenStep."""
    return _plain_step(uow, order_id, Step.PAUSE, State.PAUSED, expected, now)


def resume_order(uow: UnitOfWork, order_id: str, *, expected: int | None, now: datetime) -> LoadedOrder:
    """Go on with paused work. Raises NotFound, VersionMismatch, ForbiddenStep."""
    return _plain_step(uow, order_id, Step.RESUME, State.IN_PROGRESS, expected, now)


def _plain_step(
    uow: UnitOfWork, order_id: str, step: Step, target: State, expected: int | None, now: datetime
) -> LoadedOrder:
    with uow:
        loaded = load_order(uow, order_id, for_update=True)
        if _stands_already(uow, loaded, target):
            return loaded
        check_version(loaded.order, expected)
        take_step(uow, loaded, step, now=now)
        uow.commit()
        return loaded


def _stands_already(uow: UnitOfWork, loaded: LoadedOrder, state: State) -> bool:
    return loaded.order.stands is state and loaded.order.assigned_to == uow.context.actor
