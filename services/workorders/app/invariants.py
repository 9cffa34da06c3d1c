"""What must always be true of the stored orders; asked by `python -m services.workorders check`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select

from services.workorders.domain.lifecycle import State
from services.workorders.domain.values import Chargeability
from services.workorders.models import WorkOrder, WorkRow
from shared.db import UnitOfWork

_MOST_NAMED = 100


def broken_invariants(uow: UnitOfWork) -> Sequence[str]:
    """Return one line for each order that is not as it must be, at most 100 for each rule; empty if all is well.

    uow  reads; of the system, to look at all tenants at once
    """
    with uow:
        return [
            f"work order {order_id}: {text}"
            for text, statement in _rules()
            for order_id in uow.session.scalars(statement.limit(_MOST_NAMED))
        ]


def _rules() -> Iterator[tuple[str, Select[str]]]:
    locked = WorkOrder.state.in_((State.APPROVED.value, State.BILLED.value))
    open_row = _row(WorkRow.document_id.is_(None))
    ids = select(WorkOrder.id).order_by(WorkOrder.id)
    yield (
        "is billed, but a charged row is on no accepted document",
        ids.where(WorkOrder.state == State.BILLED.value, open_row),
    )
    yield (
        "has every charged row on an accepted document, but is not billed",
        ids.where(WorkOrder.state == State.APPROVED.value, _row(WorkRow.document_id.is_not(None)), ~open_row),
    )
    yield "is approved with a charged row without a price", ids.where(locked, _row(WorkRow.unit_price.is_(None)))
    yield (
        "is approved without a customer, or was never counted as approved",
        ids.where(locked, or_(WorkOrder.customer_id.is_(None), WorkOrder.billing_round < 1)),
    )


def _row(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Say that the order has a charged row of which `condition` holds."""
    charged = and_(
        WorkRow.order_id == WorkOrder.id,
        WorkRow.planned.is_(False),
        WorkRow.is_set.is_(False),
        WorkRow.closed_reason.is_(None),
        WorkRow.chargeability == Chargeability.CHARGE.value,
    )
    return exists().where(charged, condition)
