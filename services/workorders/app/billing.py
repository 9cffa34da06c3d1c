"""What an accounting system accepted comes back to the orders."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from services.workorders.app.events import billed_event
from services.workorders.app.loading import LoadedOrder, take_step
from services.workorders.domain.lifecycle import OrderFacts, State, Step, billing_progress
from services.workorders.domain.values import BillingProgress
from services.workorders.models import WorkOrder, WorkRow
from shared.db import UnitOfWork
from shared.errors import NotFound

SYSTEM = "system:billing"


@dataclass(frozen=True, slots=True)
class AcceptedDocument:
    """A document that a target took. rows  work order id → ids of its rows on the document."""

    document_id: str
    target: str
    target_id: str
    rows: Mapping[str, Collection[str]]


def apply_accepted(uow: UnitOfWork, document: AcceptedDocument, *, now: datetime) -> None:
    """Mark the rows that a document bills; orders with every charged row accepted become billed.

    Runs inside an event handler's open unit of work, which commits; may run again without effect. Orders are locked
    in the order of their ids, so two documents with the same orders cannot wait for each other.
    An order that was reopened meanwhile keeps its state; its rows are marked all the same, since they are invoiced.
    Raises NotFound for an order or row that does not exist.
    """
    statement = select(WorkOrder).where(WorkOrder.id.in_(document.rows)).order_by(WorkOrder.id).with_for_update()
    orders = list(uow.session.scalars(statement))
    if len(orders) != len(document.rows):
        raise NotFound("The document names a work order that does not exist.")
    rows_of = _rows_by_order(uow, [order.id for order in orders])
    for order in orders:
        loaded = LoadedOrder(order, rows=rows_of.get(order.id, []))
        if _mark_rows(loaded.rows, document.rows[order.id], document, now):
            order.touch(now)
            settle_billing(uow, loaded, now=now)


def settle_billing(uow: UnitOfWork, loaded: LoadedOrder, *, now: datetime) -> None:
    """Let an approved order become billed, and say so, once every charged row is on an accepted document."""
    facts = OrderFacts(rows=tuple(row.facts() for row in loaded.recorded))
    if loaded.order.stands is not State.APPROVED or billing_progress(facts) is not BillingProgress.BILLED:
        return
    take_step(uow, loaded, Step.BILL, now=now, facts=facts, actor=SYSTEM)
    uow.session.flush()
    uow.emit(billed_event(loaded.order, loaded.recorded))


def _rows_by_order(uow: UnitOfWork, order_ids: Sequence[str]) -> dict[str, list[WorkRow]]:
    statement = select(WorkRow).where(WorkRow.order_id.in_(order_ids)).order_by(WorkRow.order_id, WorkRow.position)
    found: dict[str, list[WorkRow]] = {}
    for row in uow.session.scalars(statement):
        found.setdefault(row.order_id, []).append(row)
    return found


def _mark_rows(rows: Sequence[WorkRow], row_ids: Collection[str], document: AcceptedDocument, now: datetime) -> bool:
    """Mark the named rows; say whether any was not marked before. Raises NotFound for an unknown row."""
    by_id = {row.id: row for row in rows}
    if not set(row_ids) <= by_id.keys():
        raise NotFound("The document names a work row that does not exist.")
    fresh = [by_id[row_id] for row_id in row_ids if by_id[row_id].document_id != document.document_id]
    for row in fresh:
        row.document_id = document.document_id
        row.document_target = document.target
        row.document_target_id = document.target_id
        row.transferred_at = now
    return bool(fresh)
