"""Finished work is reviewed: approved, sent back, closed without billing, reopened."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from services.workorders.app.billing import settle_billing
from services.workorders.app.charging import recharge
from services.workorders.app.events import approved_event, reopened_event
from services.workorders.app.loading import LoadedOrder, facts_of, load_order, take_step
from services.workorders.app.settings import review_settings
from services.workorders.domain.lifecycle import AFTER_COMPLETION, OrderFacts, State, Step, after_completion
from services.workorders.models import WorkOrder
from shared.db import UnitOfWork, check_version

REVIEWER = "system:review"
"""Who approves where the review mode is `none`."""


def complete_order(
    uow: UnitOfWork, order_id: str, *, signed_by: str | None, expected: int | None, now: datetime
) -> LoadedOrder:
    """Finish the work; the system then approves it or submits it to a person, as the review mode says.

    signed_by  name of who signed for the customer, if anybody did
    Sent again by the same person with the same content, it is answered as the first time: phones repeat.
    Raises NotFound, VersionMismatch, ForbiddenStep.
    """
    with uow:
        loaded = load_order(uow, order_id, for_update=True)
        if _finished_before(loaded.order, uow.context.actor, signed_by):
            return loaded
        check_version(loaded.order, expected)
        recharge(uow, loaded, now=now)
        facts = facts_of(uow, loaded, now=now)
        take_step(uow, loaded, Step.COMPLETE, now=now)
        order = loaded.order
        order.done_at, order.done_by, order.signed_by = now, uow.context.actor, signed_by
        following = after_completion(review_settings(uow).mode_of(order.type), facts)
        if following is Step.APPROVE:
            _approve(uow, loaded, facts, by=REVIEWER, now=now)
        else:
            take_step(uow, loaded, Step.SUBMIT, now=now, actor=REVIEWER)
        uow.commit()
        return loaded


def _finished_before(order: WorkOrder, actor: str, signed_by: str | None) -> bool:
    return order.stands in AFTER_COMPLETION and (order.done_by, order.signed_by) == (actor, signed_by)


def approve_order(uow: UnitOfWork, order_id: str, *, expected: int | None, now: datetime) -> LoadedOrder:
    """Approve the work: lock the order and its rows, and tell billing, in one transaction.

    An order that is approved or billed already is returned as it is, and nobody is told twice: the button was
    pressed twice, or the first answer was lost.
    Raises NotFound, VersionMismatch, ForbiddenStep, or GuardsBroken with everything that is missing.
    """
    with uow:
        loaded = load_order(uow, order_id, for_update=True)
        check_version(loaded.order, expected)
        if loaded.order.stands in (State.APPROVED, State.BILLED):
            return loaded
        _approve(uow, loaded, facts_of(uow, loaded), by=uow.context.actor, now=now)
        uow.commit()
        return loaded


def _approve(uow: UnitOfWork, loaded: LoadedOrder, facts: OrderFacts, *, by: str, now: datetime) -> None:
    take_step(uow, loaded, Step.APPROVE, now=now, facts=facts, actor=by)
    order = loaded.order
    order.approved_at, order.approved_by = now, by
    order.billing_round += 1
    uow.session.flush()
    uow.emit(approved_event(loaded))
    settle_billing(uow, loaded, now=now)


def return_order(uow: UnitOfWork, order_id: str, comment: str, *, expected: int | None, now: datetime) -> LoadedOrder:
    """Send the work back to who did it, with a comment.

    Raises NotFound, VersionMismatch, ForbiddenStep, GuardsBroken.
    """
    with uow:
        loaded = load_order(uow, order_id, for_update=True, expected=expected)
        take_step(uow, loaded, Step.RETURN, now=now, reason=comment)
        loaded.order.review_comment = comment
        uow.commit()
        return loaded


def close_order(uow: UnitOfWork, order_id: str, reason: str, *, expected: int | None, now: datetime) -> LoadedOrder:
    """End the order: from review without billing (every row is closed with the reason), or after billing.

    Raises NotFound, VersionMismatch, ForbiddenStep, GuardsBroken.
    """
    with uow:
        loaded = load_order(uow, order_id, for_update=True, expected=expected)
        unbilled = loaded.order.stands is not State.BILLED
        take_step(uow, loaded, Step.CLOSE, now=now, facts=facts_of(uow, loaded), reason=reason)
        if unbilled:
            loaded.order.end_reason = reason or None
            close_rows(loaded, reason)
        uow.commit()
        return loaded


def reopen_order(uow: UnitOfWork, order_id: str, reason: str, *, expected: int | None, now: datetime) -> LoadedOrder:
    """Take an approval back, as long as nothing of it is billed; billing takes the round out of its pool.

    Raises NotFound, VersionMismatch, ForbiddenStep, GuardsBroken.
    """
    with uow:
        loaded = load_order(uow, order_id, for_update=True, expected=expected)
        take_step(uow, loaded, Step.REOPEN, now=now, facts=facts_of(uow, loaded), reason=reason)
        loaded.order.approved_at = loaded.order.approved_by = None
        uow.session.flush()
        uow.emit(reopened_event(loaded.order, reason))
        uow.commit()
        return loaded


def cancel_order(
    uow: UnitOfWork,
    order_id: str,
    reason: str,
    *,
    rows_reason: str | None,
    expected: int | None,
    now: datetime,
) -> LoadedOrder:
    """Cancel an order before approval; rows that were recorded must be closed with a reason.

    rows_reason  closes all recorded rows with this reason; None leaves them, so any open one stands in the way
    Raises NotFound, VersionMismatch, ForbiddenStep, GuardsBroken.
    """
    with uow:
        loaded = load_order(uow, order_id, for_update=True, expected=expected)
        facts = facts_of(uow, loaded)
        if rows_reason:
            facts = replace(facts, rows=tuple(replace(row, closed=True) for row in facts.rows))
        take_step(uow, loaded, Step.CANCEL, now=now, facts=facts, reason=reason)
        loaded.order.end_reason = reason
        if rows_reason:
            close_rows(loaded, rows_reason)
        uow.commit()
        return loaded


def close_rows(loaded: LoadedOrder, reason: str) -> None:
    """Close every recorded row that is not billed, so that it is never charged."""
    for row in loaded.recorded:
        if row.closed_reason is None and not row.is_transferred:
            row.closed_reason = reason or None
