"""Proving the invariants of the ledger on what is stored: `python -m services.billing check`."""

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

    Checked: every row's buckets add up and its state follows from them; every living document holds exactly the
    quantities of its rows; its totals are the sums of its lines.
    """
    with database.read(system_context("check")) as uow:
        return [*_wrong_rows(uow.session), *_wrong_documents(uow.session)]


def _wrong_rows(session: Session) -> list[str]:
    wrong = []
    for row in session.scalars(select(LedgerRow).order_by(LedgerRow.id).execution_options(yield_per=_SLICE)):
        try:
            ledger.checked(row.balance)
        except LedgerBroken as error:
            wrong.append(f"ledger row {row.id}: {error.detail}")
        if row.state != str(row.balance.state):
            wrong.append(f"ledger row {row.id}: state {row.state}, its buckets say {row.balance.state}")
    return wrong


def _wrong_documents(session: Session) -> list[str]:
    held: dict[str, Decimal] = {}
    rows = select(LedgerRow.document_id, LedgerRow.reserved, LedgerRow.transferred).where(
        LedgerRow.document_id.is_not(None)
    )
    for row_document_id, reserved, transferred in session.execute(rows.execution_options(yield_per=_SLICE)):
        document_id = str(row_document_id)
        held[document_id] = held.get(document_id, Decimal(0)) + reserved + transferred
    sums: dict[str, tuple[Decimal, Decimal, Decimal]] = {}
    lines = select(BillingLine.document_id, BillingLine.quantity, BillingLine.net, BillingLine.vat_share)
    for document_id, quantity, net, vat in session.execute(lines.execution_options(yield_per=_SLICE)):
        before = sums.get(document_id, (Decimal(0), Decimal(0), Decimal(0)))
        sums[document_id] = (before[0] + quantity, before[1] + net, before[2] + vat)
    wrong = []
    documents = select(BillingDocument.id, BillingDocument.net, BillingDocument.vat, BillingDocument.gross).where(
        BillingDocument.state != "cancelled"
    )
    for document_id, net, vat, gross in session.execute(documents):
        quantity, line_net, line_vat = sums.get(document_id, (Decimal(0), Decimal(0), Decimal(0)))
        if (net, vat, gross) != (line_net, line_vat, line_net + line_vat):
            wrong.append(f"document {document_id}: totals {net} + {vat} = {gross}, lines {line_net} + {line_vat}")
        if held.get(document_id, Decimal(0)) != quantity:
            wrong.append(f"document {document_id}: lines of {quantity}, rows of {held.get(document_id)}")
    return wrong
