"""Proving the invariants of the ledger on what is stored: `python -m services.billing check`."""

from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.billing.domain import ledger
from services.billing.domain.errors import LedgerBroken
from services.billing.models import BillingDocument, BillingLine, LedgerRow
from shared.context import system_context
from shared.db import Database

_SLICE = 1000


def check_ledger(database: Database) -> list[str]:
    """Return what is wrong, one line each; nothing is changed. All tenants.

    Checked: every row's buckets add up and its state follows from them; every line is the sum of what it holds of its
    rows; what living documents hold of a row is what its buckets say is reserved, transferred and credited; no
    fee is in the pool; the totals of a document are the sums of its lines.
    """
    with database.read(system_context("check")) as uow:
        held = _Held()
        wrong = _wrong_documents(uow.session, held)
        return [*_wrong_rows(uow.session, held), *wrong]


@dataclass(slots=True)
class _Held:
    """Ledger row id → quantity on documents: not yet accepted, accepted, and credits that were accepted."""

    reserved: dict[str, Decimal] = field(default_factory=dict)
    transferred: dict[str, Decimal] = field(default_factory=dict)
    credited: dict[str, Decimal] = field(default_factory=dict)

    def add(self, state: str, is_credit: bool, ledger_id: str, quantity: Decimal) -> None:
        if is_credit:
            bucket, quantity = self.credited, -quantity
            if state != "accepted":
                return
        else:
            bucket = self.reserved if state == "ready" else self.transferred
        bucket[ledger_id] = bucket.get(ledger_id, Decimal(0)) + quantity


def _wrong_rows(session: Session, held: _Held) -> list[str]:
    wrong = []
    for row in session.scalars(select(LedgerRow).order_by(LedgerRow.id).execution_options(yield_per=_SLICE)):
        try:
            ledger.checked(row.balance)
        except LedgerBroken as error:
            wrong.append(f"ledger row {row.id}: {error.detail}")
        if row.fee_rule_id is not None and row.open:
            wrong.append(f"ledger row {row.id}: a fee of which {row.open} is open")
        if row.state != str(row.balance.state):
            wrong.append(f"ledger row {row.id}: state {row.state}, its buckets say {row.balance.state}")
        for name in ("reserved", "transferred", "credited"):
            on_documents = getattr(held, name).get(row.id, Decimal(0))
            if getattr(row, name) != on_documents:
                wrong.append(f"ledger row {row.id}: {name} {getattr(row, name)}, documents hold {on_documents}")
    return wrong


def _wrong_documents(session: Session, held: _Held) -> list[str]:
    """Also fills `held`."""
    documents = select(
        BillingDocument.id,
        BillingDocument.state,
        BillingDocument.reverses_id,
        BillingDocument.net,
        BillingDocument.vat,
        BillingDocument.gross,
    ).where(BillingDocument.state != "cancelled")
    known = {row.id: row for row in session.execute(documents)}
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    wrong = []
    lines = select(BillingLine).execution_options(yield_per=_SLICE)
    for line in session.scalars(lines):
        document = known.get(line.document_id)
        if document is None:
            continue
        net, vat = sums.get(line.document_id, (Decimal(0), Decimal(0)))
        sums[line.document_id] = (net + line.net, vat + line.vat_share)
        quantities = [(ledger_id, Decimal(quantity)) for ledger_id, _, quantity in line.holdings]
        for ledger_id, quantity in quantities:
            held.add(document.state, document.reverses_id is not None, ledger_id, quantity)
        if sum((quantity for _, quantity in quantities), Decimal(0)) != line.quantity:
            wrong.append(f"document {line.document_id}: line {line.position} of {line.quantity} holds {quantities}")
    for document in known.values():
        net, vat = sums.get(document.id, (Decimal(0), Decimal(0)))
        if (document.net, document.vat, document.gross) != (net, vat, net + vat):
            told = f"totals {document.net} + {document.vat} = {document.gross}, lines {net} + {vat}"
            wrong.append(f"document {document.id}: {told}")
    return wrong
