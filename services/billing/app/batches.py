"""Collected billing: a biller's selection of the pool, previewed, locked, sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from services.billing.app import compose, preflight
from services.billing.app.connections import Vault
from services.billing.app.preflight import LockWish
from services.billing.app.taking_back import cancel_document
from services.billing.domain import batch as rules
from services.billing.domain import ledger
from services.billing.domain.batch import BatchState, BatchStep
from services.billing.domain.document import Document
from services.billing.domain.errors import (
    ForbiddenBatchStep,
    NoConnection,
    NothingToBill,
    NotInBucket,
)
from services.billing.domain.preflight import Problem
from services.billing.models import Batch, BillingDocument, Connection, LedgerRow, statements
from shared.clock import business_day
from shared.db import UnitOfWork, check_version, get_or_404
from shared.db.database import Creation
from shared.db.paging import Page, fetch_page

COLLECTED = "collected"
_AS_IT_IS = LockWish()


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows of the pool: by work date, both ends included, and by customer; None leaves a side open."""

    period_from: date | None = None
    period_to: date | None = None
    customer_ids: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What locking would make; nothing of it is stored. `problems`: what the target would refuse or change of it."""

    document: Document
    problems: tuple[Problem, ...]


def create_batch(uow: UnitOfWork, creation: Creation, selection: Selection, connection_id: str | None) -> Batch:
    """Make a batch in state preview. Raises NotFound for a connection that is not the tenant's."""
    with uow:
        if (existing := uow.repeated(creation)) is not None:
            return get_or_404(uow.session, Batch, existing)
        if connection_id is not None:
            get_or_404(uow.session, Connection, connection_id)
        batch = Batch(
            id=creation.id,
            kind=COLLECTED,
            state=str(BatchState.PREVIEW),
            number=uow.next_number("batch"),
            period_from=selection.period_from,
            period_to=selection.period_to,
            customer_ids=list(selection.customer_ids) if selection.customer_ids else None,
            connection_id=connection_id,
            document_count=0,
        )
        uow.session.add(batch)
        uow.created(creation, batch.id)
        uow.commit()
        return batch


def list_batches(uow: UnitOfWork, *, kind: str | None, state: str | None, limit: int, after: str | None) -> Page[Batch]:
    """Batches, the newest first."""
    statement: Select[Any] = select(Batch)
    if kind is not None:
        statement = statement.where(Batch.kind == kind)
    if state is not None:
        statement = statement.where(Batch.state == state)
    with uow:
        return fetch_page(uow.session, statement, _key(Batch.id), limit=limit, after=after, newest_first=True)


def get_batch(uow: UnitOfWork, batch_id: str) -> Batch:
    """One batch; raises NotFound."""
    with uow:
        return get_or_404(uow.session, Batch, batch_id)


def preview_batch(uow: UnitOfWork, batch_id: str, *, now: datetime, vault: Vault | None = None) -> list[Preview]:
    """The documents that locking would make of the pool as it is now, with everything that is wrong with them.

    vault  to ask the targets that they would go to. Raises ForbiddenBatchStep once locked.
    """
    with uow:
        batch = get_or_404(uow.session, Batch, batch_id)
        rules.step(BatchState(batch.state), BatchStep.LOCK)
        composed = _compose(uow, _rows_in_pool(uow, batch, lock=False), now)
        problems = _problems_of(uow, batch, composed, vault)
        return [Preview(each.document, found) for each, found in zip(composed, problems, strict=True)]


def lock_batch(
    uow: UnitOfWork,
    batch_id: str,
    expected_version: int | None,
    *,
    now: datetime,
    vault: Vault | None = None,
    wish: LockWish = _AS_IT_IS,
) -> Batch:
    """Reserve the selection's rows and make its documents.

    Two batches locked at the same moment never share a row: the second waits for the first and finds the rows
    reserved. vault: to ask the targets what they would refuse. Raises ForbiddenBatchStep, NothingToBill, NotBillable
    naming every problem that `wish` does not accept, NotReady for a customer that is not known here yet.
    """
    with uow:
        batch = get_or_404(uow.session, Batch, batch_id, for_update=True)
        check_version(batch, expected_version)
        state = rules.step(BatchState(batch.state), BatchStep.LOCK)
        rows = _rows_in_pool(uow, batch, lock=True)
        if not rows:
            raise NothingToBill()
        composed = _billable(uow, batch, _compose(uow, rows, now), vault, wish)
        compose.store_documents(uow.session, batch.id, composed, now)
        _reserve(uow, composed)
        batch.state = str(state)
        batch.document_count = len(composed)
        uow.commit()
        return batch


def unlock_batch(uow: UnitOfWork, batch_id: str, expected_version: int | None, *, now: datetime) -> Batch:
    """Give all rows back to the pool and cancel the documents.

    Raises ForbiddenBatchStep if a document is in a target or may be.
    """
    with uow:
        batch = get_or_404(uow.session, Batch, batch_id, for_update=True)
        check_version(batch, expected_version)
        state = rules.step(BatchState(batch.state), BatchStep.UNLOCK)
        for document_id in _documents_of(uow, batch):
            if not cancel_document(uow, document_id, "batch unlocked", now=now):
                raise ForbiddenBatchStep(
                    "A document of the batch is in the accounting system, or may be.", document_id=document_id
                )
        uow.session.flush()
        uow.session.refresh(batch)
        batch.state = str(state)
        batch.document_count = 0
        uow.commit()
        return batch


def dispatch_batch(uow: UnitOfWork, batch_id: str, expected_version: int | None, *, now: datetime) -> Batch:
    """Let the documents of a locked batch be sent.

    Over the batch's connection, else each payer's own one, else the default. Raises ForbiddenBatchStep, NoConnection.
    """
    with uow:
        batch = get_or_404(uow.session, Batch, batch_id, for_update=True)
        check_version(batch, expected_version)
        state = rules.step(BatchState(batch.state), BatchStep.DISPATCH)
        documents = _payers_of(uow, batch)
        ways = compose.load_destinations(uow.session, uow.context.tenant_id, batch.connection_id, documents.values())
        by_destination = _by_destination(documents, ways)
        for destination, ids in by_destination.items():
            compose.store_dispatches(uow.session, uow.context, destination, ids, now)
        if len(by_destination) == 1:
            batch.connection_id = next(iter(by_destination)).connection_id
        batch.state = str(state if documents else BatchState.DONE)
        uow.nudge("dispatch")
        uow.commit()
        return batch


def list_pool(uow: UnitOfWork, selection: Selection, *, limit: int, after: str | None) -> Page[LedgerRow]:
    """The billable pool: rows with something open, in the order of their arrival."""
    with uow:
        statement = _selected(select(LedgerRow), selection, uow.context.tenant_id)
        return fetch_page(uow.session, statement, _key(LedgerRow.id), limit=limit, after=after)


def close_row(uow: UnitOfWork, ledger_id: str, reason: str) -> LedgerRow:
    """Decide that what is open of a row is never billed. Raises NotInBucket if nothing is open."""
    with uow:
        row = get_or_404(uow.session, LedgerRow, ledger_id, for_update=True)
        if not row.open:
            raise NotInBucket("Nothing of this row is open.", state=row.state)
        row.balance = ledger.close(row.balance)
        row.closed_reason = reason
        uow.commit()
        return row


def _selected(statement: Select[Any], selection: Selection, tenant_id: str) -> Select[Any]:
    """Only what is open of the selection; a customer stands for those that were merged into it too."""
    statement = statement.where(LedgerRow.state.in_(("open", "credited")))
    if selection.period_from is not None:
        statement = statement.where(LedgerRow.work_date >= selection.period_from)
    if selection.period_to is not None:
        statement = statement.where(LedgerRow.work_date <= selection.period_to)
    if selection.customer_ids:
        wanted = list(selection.customer_ids)
        family = statements.heritage_of(statements.customers.c.id.in_(wanted), tenant_id)
        ours = or_(LedgerRow.customer_id.in_(wanted), LedgerRow.customer_id.in_(select(family.c.customer)))
        statement = statement.where(ours)
    return statement


def _reserve(uow: UnitOfWork, composed: Sequence[compose.Composed]) -> None:
    """Let the rows, which are locked, be reserved by their documents."""
    reserved = [
        {"tenant": uow.context.tenant_id, "row": ledger_id, "document": each.document.id}
        for each in composed
        for ledger_id in each.ledger_ids
    ]
    uow.session.connection().execute(statements.RESERVE_ROW, reserved)


def _rows_in_pool(uow: UnitOfWork, batch: Batch, *, lock: bool) -> Sequence[Mapping[str, Any]]:
    """Columns by name; not as objects, since there may be fifty thousand."""
    selection = Selection(batch.period_from, batch.period_to, batch.customer_ids)
    in_pool = _selected(select(statements.rows), selection, uow.context.tenant_id).order_by(LedgerRow.id)
    statement = in_pool.where(LedgerRow.tenant_id == uow.context.tenant_id)
    if lock:
        # In the order of ids, so that two lockers cannot wait for each other; PostgreSQL looks at the condition again
        # after waiting, so rows that the other one reserved drop out.
        statement = statement.with_for_update()
    found: Sequence[Any] = uow.session.connection().execute(statement).mappings().all()
    return found


def _compose(uow: UnitOfWork, rows: Sequence[Mapping[str, Any]], now: datetime) -> tuple[compose.Composed, ...]:
    day = business_day(now)
    material = compose.load_material(uow.session, uow.context.tenant_id, rows, day)
    wishes = compose.load_wishes(uow.session)
    return compose.compose(uow.context.tenant_id, material, wishes, per_order=False, document_date=day)


def _payers_of(uow: UnitOfWork, batch: Batch) -> dict[str, str]:
    """Document id → payer id."""
    found = uow.session.execute(
        select(BillingDocument.id, BillingDocument.payer_id)
        .where(BillingDocument.batch_id == batch.id, BillingDocument.state != "cancelled")
        .order_by(BillingDocument.id)
    )
    return {row.id: row.payer_id for row in found}


def _by_destination(
    documents: Mapping[str, str], ways: Mapping[str, compose.Destination | None]
) -> dict[compose.Destination, list[str]]:
    """Destination → documents. Raises NoConnection if one of them has nowhere to go."""
    found: dict[compose.Destination, list[str]] = {}
    for document_id, payer_id in documents.items():
        destination = ways[payer_id]
        if destination is None:
            raise NoConnection(payer_id=payer_id)
        found.setdefault(destination, []).append(document_id)
    return found


def _billable(
    uow: UnitOfWork, batch: Batch, composed: Sequence[compose.Composed], vault: Vault | None, wish: LockWish
) -> Sequence[compose.Composed]:
    """Those that can be billed as the biller wishes; raises NotBillable, NothingToBill."""
    both = list(zip(composed, _problems_of(uow, batch, composed, vault), strict=True))
    if wish.leave_out:
        both = [(each, found) for each, found in both if not preflight.is_blocked(found)]
        if not both:
            raise NothingToBill("The accounting system would refuse every document of this selection.")
    preflight.refuse([each.document for each, _ in both], [found for _, found in both], wish)
    return [each for each, _ in both]


def _problems_of(
    uow: UnitOfWork, batch: Batch, composed: Sequence[compose.Composed], vault: Vault | None
) -> list[tuple[Problem, ...]]:
    """What was found while the documents were made, and what their targets would say."""
    foreseen = preflight.problems_of(uow, vault, batch.connection_id, [each.document for each in composed])
    return [(*each.problems, *found) for each, found in zip(composed, foreseen, strict=True)]


def _documents_of(uow: UnitOfWork, batch: Batch) -> Sequence[str]:
    return uow.session.scalars(
        select(BillingDocument.id)
        .where(BillingDocument.batch_id == batch.id, BillingDocument.state != "cancelled")
        .order_by(BillingDocument.id)
    ).all()


def _key(attribute: Any) -> InstrumentedAttribute[Any]:
    key: InstrumentedAttribute[Any] = attribute
    return key
