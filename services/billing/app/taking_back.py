"""Cancelling a document that has certainly not reached a target."""

from datetime import datetime

from sqlalchemy import select, update

from services.billing.app.loading import load_of_document
from services.billing.app.steps import apply, release_document
from services.billing.domain.batch import may_unlock
from services.billing.domain.dispatch import Circumstances, DispatchPolicy, DispatchState, Skipped
from services.billing.models import Batch, BillingDocument
from shared.db import UnitOfWork


def _leave_batch(uow: UnitOfWork, document_id: str) -> None:
    """A document that was never dispatched is no longer waited for by its batch."""
    batch_id = select(BillingDocument.batch_id).where(BillingDocument.id == document_id).scalar_subquery()
    uow.session.execute(
        update(Batch)
        .where(Batch.id == batch_id)
        .values(document_count=Batch.document_count - 1)
        .execution_options(synchronize_session=False)
    )


def cancel_document(uow: UnitOfWork, document_id: str, reason: str, *, now: datetime) -> bool:
    """Skip the document's dispatches and give its rows back to the pool; False if it is or may be in a target.

    Locks the dispatches first: whoever is about to send one either sees it skipped or makes this return False. The
    caller commits.
    """
    items = load_of_document(uow.session, uow.context.tenant_id, document_id)
    if not may_unlock(item.current.record.state for item in items):
        return False
    for item in items:
        if item.current.record.state is not DispatchState.SKIPPED:
            apply(
                uow,
                item.current,
                Skipped(reason),
                Circumstances(now, DispatchPolicy()),
                {"error_code": "skipped", "error_detail": reason, "error_pointer": None},
            )
    if not items:
        release_document(uow, document_id, now)
        _leave_batch(uow, document_id)
    return True
