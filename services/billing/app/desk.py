"""The dispatch desk: what people see of dispatches and decide about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, and_, or_, select

from services.billing.app import compose
from services.billing.app.loading import Item, lines_of, load_one
from services.billing.app.sending import write_fact
from services.billing.app.traces import traces_of
from services.billing.app.waiting import HELD_UP, stopped_connections
from services.billing.domain import ledger, reversal
from services.billing.domain.dispatch import (
    Circumstances,
    DispatchPolicy,
    DispatchState,
    Skipped,
    TakenAsNotSent,
    TakenAsSent,
    TriedAgain,
)
from services.billing.models import BillingDocument, BillingLine, Dispatch, DispatchAttempt, LedgerRow, PaymentChange
from shared.db import UnitOfWork, check_version, get_or_404
from shared.db.paging import Page, fetch_page
from shared.errors import NotFound

ATTENTION = (DispatchState.REJECTED,)


@dataclass(frozen=True, slots=True)
class DispatchView:
    """A dispatch, its document and its history, oldest first; `traces`: attempt id → what was said on the wire."""

    dispatch: Dispatch
    document: BillingDocument
    attempts: Sequence[DispatchAttempt]
    traces: Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document with its lines in order, its dispatches, and the credits that take it back.

    left      ledger row id → what may still be credited of it.
    payments  what the target told of its payment, oldest first.
    """

    document: BillingDocument
    lines: Sequence[BillingLine]
    dispatches: Sequence[Dispatch]
    credits: Sequence[BillingDocument]
    left: Mapping[str, Decimal]
    payments: Sequence[PaymentChange]


@dataclass(frozen=True, slots=True)
class DispatchFilter:
    """None does not filter.

    reason       code of a rejection. customer_id: the payer.
    attention    True for what waits for a person, be it only because its connection does.
    differs      True for what the target shows with other totals than ours.
    """

    state: str | None = None
    connection_id: str | None = None
    attention: bool | None = None
    target: str | None = None
    reason: str | None = None
    differs: bool | None = None
    customer_id: str | None = None


def list_dispatches(uow: UnitOfWork, wanted: DispatchFilter, *, limit: int, after: str | None) -> Page[Dispatch]:
    """Dispatches, the newest first."""
    statement: Select[Any] = select(Dispatch)
    for column, value in (
        (Dispatch.state, wanted.state),
        (Dispatch.connection_id, wanted.connection_id),
        (Dispatch.target, wanted.target),
        (Dispatch.error_code, wanted.reason),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if wanted.attention is not None:
        held_up = and_(Dispatch.state.in_(HELD_UP), Dispatch.connection_id.in_(stopped_connections()))
        waits = or_(Dispatch.needs_person, Dispatch.state.in_(ATTENTION), held_up)
        statement = statement.where(waits if wanted.attention else ~waits)
    if wanted.differs is not None:
        differs = Dispatch.difference.is_not(None)
        statement = statement.where(differs if wanted.differs else ~differs)
    if wanted.customer_id is not None:
        of_payer = select(BillingDocument.id).where(BillingDocument.payer_id == wanted.customer_id)
        statement = statement.where(Dispatch.document_id.in_(of_payer))
    with uow:
        return fetch_page(uow.session, statement, _column(Dispatch.id), limit=limit, after=after, newest_first=True)


def get_dispatch(uow: UnitOfWork, dispatch_id: str) -> DispatchView:
    """One dispatch with its history; raises NotFound."""
    with uow:
        return view_of_dispatch(uow, dispatch_id)


def list_documents(
    uow: UnitOfWork,
    *,
    state: str | None,
    customer_id: str | None,
    batch_id: str | None,
    payment_state: str | None = None,
    limit: int,
    after: str | None,
) -> Page[BillingDocument]:
    """Documents without their lines, the newest first. customer_id: the payer."""
    statement: Select[Any] = select(BillingDocument)
    for column, value in (
        (BillingDocument.state, state),
        (BillingDocument.payer_id, customer_id),
        (BillingDocument.batch_id, batch_id),
        (BillingDocument.payment_state, payment_state),
    ):
        if value is not None:
            statement = statement.where(column == value)
    with uow:
        return fetch_page(
            uow.session, statement, _column(BillingDocument.id), limit=limit, after=after, newest_first=True
        )


def get_document(uow: UnitOfWork, document_id: str) -> DocumentView:
    """One document with its lines; raises NotFound."""
    with uow:
        return view_of_document(uow, document_id)


def view_of_document(uow: UnitOfWork, document_id: str) -> DocumentView:
    """As `get_document`, inside the caller's transaction."""
    session = uow.session
    document = get_or_404(session, BillingDocument, document_id)
    lines = session.scalars(
        select(BillingLine).where(BillingLine.document_id == document_id).order_by(BillingLine.position)
    ).all()
    dispatches = session.scalars(
        select(Dispatch).where(Dispatch.document_id == document_id).order_by(Dispatch.id)
    ).all()
    credits = session.scalars(
        select(BillingDocument).where(BillingDocument.reverses_id == document_id).order_by(BillingDocument.id)
    ).all()
    payments = session.scalars(
        select(PaymentChange).where(PaymentChange.document_id == document_id).order_by(PaymentChange.id)
    ).all()
    return DocumentView(document, lines, dispatches, credits, _left(uow, document_id, credits), payments)


def _left(uow: UnitOfWork, document_id: str, credits: Sequence[BillingDocument]) -> dict[str, Decimal]:
    tenant_id = uow.context.tenant_id
    living = [credit.id for credit in credits if credit.state != "cancelled"]
    return reversal.left(lines_of(uow.session, tenant_id, [document_id]), lines_of(uow.session, tenant_id, living))


def retry_dispatch(uow: UnitOfWork, dispatch_id: str, expected_version: int | None, *, now: datetime) -> DispatchView:
    """Do the next step now: send a waiting or rejected one, look up an unclear one, finish an accepted one.

    A rejected document takes the payer's present data, since that is what people correct after a rejection; nothing
    of it was stored in the target. Raises ForbiddenDispatchStep.
    """
    with uow:
        item = _decide(uow, dispatch_id, expected_version, TriedAgain(), now)
        if item.current.record.state is DispatchState.REJECTED:
            _refresh_payer(uow, item)
        uow.nudge("dispatch")
        view = view_of_dispatch(uow, dispatch_id)
        uow.commit()
        return view


def skip_dispatch(
    uow: UnitOfWork,
    dispatch_id: str,
    expected_version: int | None,
    reason: str,
    *,
    close_rows: bool,
    now: datetime,
) -> DispatchView:
    """Do not send the document. Its rows go back to the pool, or are closed if it was billed in another way.

    Raises ForbiddenDispatchStep if the document is in the target or may be.
    """
    with uow:
        item = _load(uow, dispatch_id)
        rows = uow.session.scalars(select(LedgerRow.id).where(LedgerRow.document_id == item.current.document_id)).all()
        _decide(uow, dispatch_id, expected_version, Skipped(reason), now)
        if close_rows:
            for row in uow.session.scalars(select(LedgerRow).where(LedgerRow.id.in_(rows))):
                row.balance = ledger.close(row.balance)
                row.closed_reason = reason[:200]
        view = view_of_dispatch(uow, dispatch_id)
        uow.commit()
        return view


def resolve_dispatch(
    uow: UnitOfWork,
    dispatch_id: str,
    expected_version: int | None,
    decision: TakenAsSent | TakenAsNotSent,
    *,
    now: datetime,
) -> DispatchView:
    """Settle an unclear dispatch by what a person saw in the target. Raises ForbiddenDispatchStep."""
    with uow:
        _decide(uow, dispatch_id, expected_version, decision, now)
        uow.nudge("dispatch")
        view = view_of_dispatch(uow, dispatch_id)
        uow.commit()
        return view


def _decide(uow: UnitOfWork, dispatch_id: str, expected_version: int | None, fact: object, now: datetime) -> Item:
    """Apply a person's decision; returns the dispatch as it was before."""
    item = load_for_decision(uow, dispatch_id, expected_version)
    # Whether something follows an acceptance, the target knows: the dispatcher asks it.
    write_fact(uow, item.current, "person", fact, Circumstances(now, DispatchPolicy(), follows=True))
    return item


def load_for_decision(uow: UnitOfWork, dispatch_id: str, expected_version: int | None) -> Item:
    """Load and lock a dispatch that a person decides about; raises NotFound, VersionMismatch."""
    item = _load(uow, dispatch_id)
    check_version(get_or_404(uow.session, Dispatch, dispatch_id), expected_version)
    return item


def _load(uow: UnitOfWork, dispatch_id: str) -> Item:
    item = load_one(uow.session, uow.context.tenant_id, dispatch_id, for_update=True)
    if item is None:
        raise NotFound(f"There is no dispatch with the id {dispatch_id}.")
    return item


def _refresh_payer(uow: UnitOfWork, item: Item) -> None:
    payer_id = item.document.payer.customer_id
    customers = compose.load_customers(uow.session, uow.context.tenant_id, [payer_id])
    customer = compose.buyer_of(customers, payer_id)
    if customer is not None:
        document = get_or_404(uow.session, BillingDocument, item.document.id)
        document.payer_id = customer.id
        document.payer = compose.payer_columns(compose.party_of(customer))


def view_of_dispatch(uow: UnitOfWork, dispatch_id: str) -> DispatchView:
    """As `get_dispatch`, inside the caller's transaction and as it is there."""
    uow.session.flush()
    dispatch = get_or_404(uow.session, Dispatch, dispatch_id)
    uow.session.refresh(dispatch)
    document = get_or_404(uow.session, BillingDocument, dispatch.document_id)
    uow.session.refresh(document)
    attempts = uow.session.scalars(
        select(DispatchAttempt).where(DispatchAttempt.dispatch_id == dispatch_id).order_by(DispatchAttempt.id)
    ).all()
    return DispatchView(dispatch, document, attempts, traces_of(uow, dispatch_id))


def _column(attribute: Any) -> Any:
    return attribute
