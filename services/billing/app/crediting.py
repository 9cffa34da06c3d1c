"""What an accepted credit does to the ledger and to its original."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select

from services.billing.domain import dispatch as machine
from services.billing.domain import ledger
from services.billing.domain.dispatch import Circumstances, DispatchPolicy, DispatchState, Reversed
from services.billing.domain.reversal import RowsThen
from services.billing.models import BillingDocument, BillingLine, Dispatch, LedgerRow
from services.billing.models.dispatches import record_columns
from shared.db import UnitOfWork, get_or_404


def credit_rows(uow: UnitOfWork, document_id: str, original_id: str, now: datetime) -> None:
    """Credit the rows of the credit `document_id`; mark its original reversed if nothing of it is left.

    The rows return to the pool or are closed, as was chosen when the credit was made; a fee is always closed. The
    caller commits. Raises NotInBucket if the ledger does not hold that much as transferred, which the making of the
    credit has ruled out.
    """
    session = uow.session
    note = get_or_404(session, BillingDocument, document_id).credit_note or {}
    quantities = _holdings(uow, [document_id])
    rows = session.scalars(
        select(LedgerRow)
        .where(LedgerRow.id.in_(sorted(quantities)))
        .order_by(LedgerRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for row in rows:
        quantity = -quantities[row.id]
        row.balance = ledger.credit(row.balance, quantity)
        if row.fee_rule_id is not None or note.get("rows_then") == RowsThen.CLOSE:
            row.balance = ledger.close(row.balance, quantity)
            row.closed_reason = note.get("reason")
    _mind_original(uow, document_id, original_id, now)


def _mind_original(uow: UnitOfWork, document_id: str, original_id: str, now: datetime) -> None:
    """With nothing left of it the original and its dispatch are `reversed`."""
    session = uow.session
    original = session.scalars(
        select(BillingDocument)
        .where(BillingDocument.id == original_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    accepted = session.scalars(
        select(BillingDocument.id).where(
            BillingDocument.reverses_id == original_id, BillingDocument.state == "accepted"
        )
    ).all()
    remaining = _holdings(uow, [original_id])
    for ledger_id, quantity in _holdings(uow, {*accepted, document_id}).items():
        remaining[ledger_id] += quantity
    if any(remaining.values()):
        return
    original.state = "reversed"
    circumstances = Circumstances(now, DispatchPolicy())
    dispatches = session.scalars(
        select(Dispatch).where(Dispatch.document_id == original_id, Dispatch.state == str(DispatchState.ACCEPTED))
    )
    for dispatch in dispatches:
        reversed_ = machine.step(dispatch.record, Reversed(), circumstances).dispatch
        for name, value in record_columns(reversed_).items():
            setattr(dispatch, name, value)


def _holdings(uow: UnitOfWork, document_ids: Collection[str]) -> dict[str, Decimal]:
    """Ledger row id → quantity on these documents together."""
    held: dict[str, Decimal] = {}
    lines = uow.session.scalars(select(BillingLine.holdings).where(BillingLine.document_id.in_(sorted(document_ids))))
    for line in lines:
        for ledger_id, _, quantity in line:
            held[ledger_id] = held.get(ledger_id, ledger.ZERO) + Decimal(quantity)
    return held
