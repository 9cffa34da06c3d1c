"""Approved and reopened work orders: what their events do to the ledger."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.billing.app import compose, taking_back
from services.billing.app.fees import load_fees
from services.billing.domain import ledger
from services.billing.domain.batch import BatchState
from services.billing.domain.errors import NotReady
from services.billing.models import ApprovedOrder, LedgerRow, statements
from services.billing.models.ledger import balance_columns
from shared.clock import business_day
from shared.db import UnitOfWork
from shared.ids import new_id
from shared.telemetry import get_logger

log = get_logger("billing.orders")

CHARGE = "charge"
IMMEDIATE = "immediate"
INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class ApprovedWorkRow:
    """A row of an approval; fields as in `workorder.approved.v1`, decimals and dates parsed."""

    id: str
    product_id: str
    product_code: str
    product_kind: str
    description: str
    quantity: Decimal
    unit: str
    work_date: date
    unit_price: Decimal
    discount_percent: Decimal
    vat_class: str
    vat_rate_percent: Decimal
    chargeability: str
    construction_service: bool


@dataclass(frozen=True, slots=True)
class Approval:
    """One billing round of a work order; `references` has only those with a value."""

    workorder_id: str
    number: str
    billing_round: int
    customer_id: str
    type: str
    description: str
    references: Mapping[str, str]
    site_name: str | None
    site_address: Mapping[str, str] | None
    approved_at: datetime
    rows: Sequence[ApprovedWorkRow]


def register_approved_order(uow: UnitOfWork, approval: Approval, *, now: datetime) -> None:
    """Put the rows of an approval into the ledger; make its document at once if the customer is billed so.

    Runs inside an open unit of work. Immediate billing with an active default connection: a batch of one, its
    document and a waiting dispatch in the same transaction. Else the rows stay open in the pool. The same round
    registered again changes nothing. Raises NotReady while the customer (or its payer) is not known here, or an
    earlier round is still being transferred.
    """
    session = uow.session
    customers = compose.load_customers(session, uow.context.tenant_id, [approval.customer_id])
    customer = compose.buyer_of(customers, approval.customer_id)
    payer = compose.payer_of(customers, approval.customer_id)
    if customer is None or payer is None:
        raise NotReady(f"The customer {approval.customer_id} or its payer is not known here yet.")
    billed: Mapping[str, Decimal] = {}
    if approval.billing_round > 1:
        billed = _settle_earlier_rounds(uow, approval, now)
    order = _order_columns(uow.context.tenant_id, approval, payer.id, now)
    if not _insert_once(session, order):
        return
    rows = [
        _ledger_columns(order, position, row, customer, billed) for position, row in enumerate(approval.rows, start=1)
    ]
    billable = [row for row in rows if row["open"]]
    composed: tuple[compose.Composed, ...] = ()
    if billable and customer.billing_rhythm == IMMEDIATE:
        composed = _bill_at_once(uow, order, billable, customers, now)
    _reserve(rows, composed)
    if rows:
        session.connection().execute(statements.INSERT_ROWS, rows)


def reopen_order(uow: UnitOfWork, workorder_id: str, billing_round: int, reason: str, *, now: datetime) -> None:
    """Take back what is not transferred of one billing round; runs inside an open unit of work.

    Open rows are closed; a document that has certainly not reached the target is cancelled first. What is in the
    target, or may be, stays: the next round then charges only the difference. Raises NotReady if the approval has
    not come yet (events may overtake one another).
    """
    order = uow.session.scalar(
        select(ApprovedOrder)
        .where(ApprovedOrder.workorder_id == workorder_id, ApprovedOrder.billing_round == billing_round)
        .with_for_update()
    )
    if order is None:
        raise NotReady(f"Round {billing_round} of the order {workorder_id} is not known here yet.")
    if order.reopened_at is None:
        _take_back(uow, order, reason, now)


def _bill_at_once(
    uow: UnitOfWork,
    order: Mapping[str, Any],
    billable: Sequence[Mapping[str, Any]],
    customers: Mapping[str, compose.Customer],
    now: datetime,
) -> tuple[compose.Composed, ...]:
    """A batch of one order: document and dispatch. Nothing if there is no connection to send to."""
    session, context = uow.session, uow.context
    destination, wishes = compose.load_destination(session, context.tenant_id, payer_id=order["payer_id"])
    if destination is None:
        return ()
    day = business_day(now)
    material = compose.Material(
        rows={row["id"]: row for row in billable},
        orders={order["id"]: {**order, "references": order["refs"]}},
        customers=customers,
        products=compose.load_products(session, context.tenant_id, (row["product_id"] for row in billable)),
        fees=load_fees(session, context.tenant_id, day),
    )
    composed = compose.compose(context.tenant_id, material, wishes, per_order=True, document_date=day)
    batch_id = new_id()
    batch = {
        "id": batch_id,
        "tenant_id": context.tenant_id,
        "version": 1,
        "created_at": now,
        "changed_at": now,
        "kind": IMMEDIATE,
        "state": str(BatchState.DISPATCHING),
        "connection_id": destination.connection_id,
        "document_count": len(composed),
    }
    session.connection().execute(statements.INSERT_BATCH, batch)
    compose.store_documents(session, batch_id, composed, now)
    compose.store_dispatches(session, context, destination, (each.document.id for each in composed), now)
    uow.nudge("dispatch")
    return composed


def _reserve(rows: Iterable[dict[str, Any]], composed: Iterable[compose.Composed]) -> None:
    """Let the rows that are on a document be stored as reserved by it."""
    by_id = {row["id"]: row for row in rows}
    for each in composed:
        for ledger_id in each.ledger_ids:
            row = by_id[ledger_id]
            balance = ledger.reserve(ledger.Balance(row["quantity"], open=row["open"], closed=row["closed"]))
            row.update(balance_columns(balance), document_id=each.document.id)


def _order_columns(tenant_id: str, approval: Approval, payer_id: str, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "tenant_id": tenant_id,
        "workorder_id": approval.workorder_id,
        "billing_round": approval.billing_round,
        "number": approval.number,
        "customer_id": approval.customer_id,
        "payer_id": payer_id,
        "type": approval.type,
        "description": approval.description,
        "refs": dict(approval.references),
        "site_name": approval.site_name,
        "site_address": dict(approval.site_address) if approval.site_address else None,
        "approved_at": approval.approved_at,
        "received_at": now,
    }


def _ledger_columns(
    order: Mapping[str, Any],
    position: int,
    row: ApprovedWorkRow,
    customer: compose.Customer,
    billed: Mapping[str, Decimal],
) -> dict[str, Any]:
    balance = ledger.opened(row.quantity, already_billed=billed.get(row.id, Decimal(0)))
    reason = "already_billed" if row.id in billed else None
    if row.chargeability != CHARGE or customer.kind == INTERNAL:
        balance = ledger.close(balance)
        reason = row.chargeability if row.chargeability != CHARGE else "internal_customer"
    return {
        "id": new_id(),
        "tenant_id": order["tenant_id"],
        "order_id": order["id"],
        "workorder_id": order["workorder_id"],
        "workorder_number": order["number"],
        "billing_round": order["billing_round"],
        "row_id": row.id,
        "position": position,
        "customer_id": order["customer_id"],
        "payer_id": order["payer_id"],
        "currency": compose.CURRENCY,
        "product_id": row.product_id,
        "product_code": row.product_code,
        "product_kind": row.product_kind,
        "description": row.description,
        "unit": row.unit,
        "work_date": row.work_date,
        "unit_price": row.unit_price,
        "discount_percent": row.discount_percent,
        "vat_class": row.vat_class,
        "vat_rate_percent": row.vat_rate_percent,
        "construction_service": row.construction_service,
        "chargeability": row.chargeability,
        "closed_reason": reason,
        "document_id": None,
        **balance_columns(balance),
    }


def _insert_once(session: Session, order: Mapping[str, Any]) -> bool:
    """Store the order; False if this round is there already. A racing twin waits here for the first to commit."""
    statement = statements.insert_order_once(session.get_bind().dialect.name)
    return session.connection().execute(statement, dict(order)).scalar_one_or_none() is not None


def _settle_earlier_rounds(uow: UnitOfWork, approval: Approval, now: datetime) -> dict[str, Decimal]:
    """Take back the rounds before; return what they hold in the target, by row id.

    The reopening's own event may come later than the new approval: it is carried out here then, and finds nothing
    left to do when it comes.
    """
    orders = uow.session.scalars(
        select(ApprovedOrder)
        .where(
            ApprovedOrder.workorder_id == approval.workorder_id,
            ApprovedOrder.billing_round < approval.billing_round,
        )
        .order_by(ApprovedOrder.billing_round)
        .with_for_update()
    ).all()
    for order in orders:
        if order.reopened_at is None:
            _take_back(uow, order, "approved_again", now)
    billed: dict[str, Decimal] = {}
    rows = uow.session.scalars(select(LedgerRow).where(LedgerRow.order_id.in_([order.id for order in orders])))
    for row in rows:
        if row.reserved:
            raise NotReady(f"An earlier round of order {approval.number} is still being transferred.")
        if held := row.transferred - row.credited:
            billed[row.row_id] = billed.get(row.row_id, Decimal(0)) + held
    return billed


def _take_back(uow: UnitOfWork, order: ApprovedOrder, reason: str, now: datetime) -> None:
    for document_id in _reserving_documents(uow, order):
        if not taking_back.cancel_document(uow, document_id, f"order reopened: {reason}", now=now):
            log.warning("ledger.reopened_in_transfer", workorder_id=order.workorder_id, document_id=document_id)
    # Only now: the dispatcher locks a dispatch before its rows, and so does the cancelling above.
    rows = uow.session.scalars(
        select(LedgerRow)
        .where(LedgerRow.order_id == order.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for row in rows:
        if row.open:
            row.balance = ledger.close(row.balance)
            row.closed_reason = "reopened"
    order.reopened_at = now
    order.reopen_reason = reason


def _reserving_documents(uow: UnitOfWork, order: ApprovedOrder) -> Sequence[str]:
    found = uow.session.scalars(
        select(LedgerRow.document_id)
        .where(LedgerRow.order_id == order.id, LedgerRow.state == "reserved")
        .distinct()
        .order_by(LedgerRow.document_id)
    )
    return [document_id for document_id in found if document_id]
