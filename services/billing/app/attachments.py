"""Files that go with a document, while it is not in its target."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from services.billing.domain import attachments as rules
from services.billing.domain.dispatch import DispatchState
from services.billing.domain.errors import AttachmentNameTaken, DocumentOnItsWay
from services.billing.models import BillingDocument, Dispatch, DocumentAttachment
from shared.db import UnitOfWork, get_or_404
from shared.errors import NotFound
from shared.ids import new_id

_OPEN = frozenset({DispatchState.WAITING, DispatchState.REJECTED, DispatchState.SKIPPED})


def add_attachment(
    uow: UnitOfWork, document_id: str, name: str, content: bytes, *, now: datetime
) -> DocumentAttachment:
    """Add a file; the same file under the same name again changes nothing.

    It goes along when the document is sent the next time. Raises InvalidAttachment, AttachmentNameTaken,
    DocumentOnItsWay, NotFound.
    """
    media_type = rules.media_type_of(content)
    name = rules.safe_name(name, media_type)
    sha256 = hashlib.sha256(content).hexdigest()
    with uow:
        document = _open_document(uow, document_id, now)
        known = _files_of(uow, document_id)
        for each in known:
            if each.name == name and each.sha256 == sha256:
                return each
            if each.name == name:
                raise AttachmentNameTaken(f"The document has another file called {name}.")
        rules.check_sizes(len(content), sum(each.size for each in known), len(known))
        added = DocumentAttachment(
            id=new_id(),
            document_id=document_id,
            name=name,
            media_type=media_type,
            size=len(content),
            sha256=sha256,
            content=content,
            added_by=uow.context.actor,
            added_at=now,
        )
        uow.session.add(added)
        document.attachment_count = len(known) + 1
        uow.commit()
        return added


def remove_attachment(uow: UnitOfWork, document_id: str, attachment_id: str, *, now: datetime) -> None:
    """Take a file away. Raises DocumentOnItsWay, NotFound."""
    with uow:
        document = _open_document(uow, document_id, now)
        uow.session.delete(_one(uow, document_id, attachment_id))
        uow.session.flush()
        document.attachment_count = (
            uow.session.scalar(
                select(func.count())
                .select_from(DocumentAttachment)
                .where(DocumentAttachment.document_id == document_id)
            )
            or 0
        )
        uow.commit()


def list_attachments(uow: UnitOfWork, document_id: str) -> Sequence[DocumentAttachment]:
    """The files in the order in which they were added, without their content. Raises NotFound."""
    with uow:
        get_or_404(uow.session, BillingDocument, document_id)
        return _files_of(uow, document_id)


def get_attachment(uow: UnitOfWork, document_id: str, attachment_id: str) -> DocumentAttachment:
    """One file with its content. Raises NotFound."""
    with uow:
        return _one(uow, document_id, attachment_id)


def _open_document(uow: UnitOfWork, document_id: str, now: datetime) -> BillingDocument:
    """The document, locked with its dispatches, so that none of them starts meanwhile.

    The dispatches get a new version: whoever has read one with the files of before must read it again to send it.
    """
    dispatches = uow.session.scalars(
        select(Dispatch).where(Dispatch.document_id == document_id).order_by(Dispatch.id).with_for_update()
    ).all()
    document = get_or_404(uow.session, BillingDocument, document_id, for_update=True)
    if document.state != "ready":
        raise DocumentOnItsWay(f"The document is {document.state}.", state=document.state)
    for dispatch in dispatches:
        if DispatchState(dispatch.state) not in _OPEN or dispatch.resend:
            raise DocumentOnItsWay(f"Its dispatch is {dispatch.state}.", state=dispatch.state)
        dispatch.changed_at = now
    return document


def _files_of(uow: UnitOfWork, document_id: str) -> Sequence[DocumentAttachment]:
    return uow.session.scalars(
        select(DocumentAttachment).where(DocumentAttachment.document_id == document_id).order_by(DocumentAttachment.id)
    ).all()


def _one(uow: UnitOfWork, document_id: str, attachment_id: str) -> DocumentAttachment:
    found: DocumentAttachment | None = uow.session.scalar(
        select(DocumentAttachment)
        .where(DocumentAttachment.document_id == document_id, DocumentAttachment.id == attachment_id)
        .options(undefer(DocumentAttachment.content))
    )
    if found is None:
        raise NotFound("The document has no such file.")
    return found
