"""Crediting an accepted document, whole or by rows: the credit is a document of its own on its own way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from services.billing.app import compose
from services.billing.app.desk import DocumentView, view_of_document
from services.billing.app.loading import Item, lines_of, load_of_document
from services.billing.domain import reversal
from services.billing.domain.batch import BatchState
from services.billing.domain.dispatch import DispatchState
from services.billing.domain.document import Document, OriginalDocument, new_document_key
from services.billing.domain.errors import NoConnection, NotReversible
from services.billing.domain.reversal import CreditHead, RowsThen, Take
from services.billing.models import BillingDocument, Dispatch, statements
from shared.clock import business_day
from shared.db import UnitOfWork, check_version, get_or_404
from shared.db.database import Creation
from shared.ids import new_id

REVERSAL = "reversal"


@dataclass(frozen=True, slots=True)
class ReversalWish:
    """What a biller wants credited.

    takes          None: everything that is left of the document.
    document_date  of the credit; None: today in Finland.
    """

    reason: str
    takes: Sequence[Take] | None = None
    rows_then: RowsThen = RowsThen.POOL
    document_date: date | None = None


def reverse_document(
    uow: UnitOfWork,
    creation: Creation,
    document_id: str,
    expected_version: int | None,
    wish: ReversalWish,
    *,
    now: datetime,
) -> DocumentView:
    """Make the credit of a document and let it be sent to the connection that has the original.

    The ledger changes only when the target has accepted the credit. Until then its quantities count as taken, so that
    two credits at the same moment never take more than there is: the original is locked. Raises NotReversible,
    MoreThanLeft, NoConnection, VersionMismatch, NotFound.
    """
    with uow:
        if (existing := uow.repeated(creation)) is not None:
            return view_of_document(uow, existing)
        stored = get_or_404(uow.session, BillingDocument, document_id, for_update=True)
        check_version(stored, expected_version)
        item = _accepted_item(uow, stored)
        credit = _credit(uow, item, creation.id, wish, now)
        composed = compose.Composed(
            credit,
            _orders_of(stored, credit),
            (),
            {"reason": wish.reason, "rows_then": str(wish.rows_then), "by": uow.context.actor},
        )
        _store(uow, composed, item, now)
        uow.created(creation, credit.id)
        uow.nudge("dispatch")
        view = view_of_document(uow, credit.id)
        uow.commit()
        return view


def _accepted_item(uow: UnitOfWork, stored: BillingDocument) -> Item:
    """The document with the dispatch that brought it into its target."""
    if stored.reverses_id is not None:
        raise NotReversible("A credit is not credited; bill the rows again instead.", state=stored.state)
    items = load_of_document(uow.session, uow.context.tenant_id, stored.id)
    for item in items:
        if item.current.record.state is DispatchState.ACCEPTED:
            return item
    raise NotReversible("Only a document that the accounting system has accepted can be credited.", state=stored.state)


def _credit(uow: UnitOfWork, item: Item, credit_id: str, wish: ReversalWish, now: datetime) -> Document:
    original = item.document
    earlier = uow.session.scalars(
        select(BillingDocument.id).where(
            BillingDocument.reverses_id == original.id, BillingDocument.state != "cancelled"
        )
    ).all()
    remaining = reversal.left(original.lines, lines_of(uow.session, uow.context.tenant_id, earlier))
    head = CreditHead(
        credit_id,
        new_document_key(),
        wish.document_date or business_day(now),
        _original(uow, item.current.dispatch_id, original),
    )
    take = reversal.chosen(original.lines, remaining, wish.takes)
    return reversal.credit(original, take, head, compose.load_wishes(uow.session).vat_policy)


def _original(uow: UnitOfWork, dispatch_id: str, document: Document) -> OriginalDocument:
    dispatch = get_or_404(uow.session, Dispatch, dispatch_id)
    return OriginalDocument(
        document.id, document.key, document.document_date, dispatch.target_id or "", dispatch.target_number
    )


def _orders_of(stored: BillingDocument, credit: Document) -> tuple[dict[str, Any], ...]:
    """The work orders of the original with the rows that the credit touches."""
    touched = {row_id for line in credit.lines for row_id in line.row_ids}
    named = [
        {**order, "row_ids": [row_id for row_id in order["row_ids"] if row_id in touched]}
        for order in stored.workorders
    ]
    return tuple(order for order in named if order["row_ids"])


def _store(uow: UnitOfWork, composed: compose.Composed, item: Item, now: datetime) -> None:
    session, context = uow.session, uow.context
    destination, _ = compose.load_destination(session, context.tenant_id, item.current.connection_id)
    if destination is None:
        detail = "The connection that has the document is not in use any more."
        raise NoConnection(detail, reason="connection.not_in_use")
    batch_id = new_id()
    batch = {
        "id": batch_id,
        "tenant_id": context.tenant_id,
        "version": 1,
        "created_at": now,
        "changed_at": now,
        "kind": REVERSAL,
        "state": str(BatchState.DISPATCHING),
        "connection_id": destination.connection_id,
        "document_count": 1,
    }
    session.connection().execute(statements.INSERT_BATCH, batch)
    compose.store_documents(session, batch_id, [composed], now)
    compose.store_dispatches(session, context, destination, [composed.document.id], now)
