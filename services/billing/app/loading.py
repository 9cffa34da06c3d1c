"""Reading dispatches together with their documents: one query for many, one more for their lines."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, Select
from sqlalchemy.orm import Session

from services.billing.app.steps import Current
from services.billing.domain.dispatch import Dispatch as Record
from services.billing.domain.dispatch import DispatchState
from services.billing.domain.document import (
    Address,
    Attachment,
    Delivery,
    Document,
    DocumentLine,
    Holding,
    OriginalDocument,
    Party,
    Period,
    VatLine,
)
from services.billing.models import BillingDocument, statements
from shared.db import get_or_404


@dataclass(frozen=True, slots=True)
class Item:
    """A dispatch and the document that it sends, whose attachments are still to be loaded (`with_attachments`)."""

    current: Current
    document: Document
    attachment_count: int = 0


def load_due(session: Session, tenant_id: str, connection_id: str, now: datetime, limit: int) -> list[Item]:
    """The dispatches of a connection that are due, the longest waiting first, at most `limit`."""
    wanted = {"tenant": tenant_id, "connection": connection_id, "now": now, "most": limit}
    return _items(session.connection(), tenant_id, statements.DUE_ITEMS, wanted)


def load_one(session: Session, tenant_id: str, dispatch_id: str, *, for_update: bool = False) -> Item | None:
    """One dispatch with its document; None if the tenant has no such dispatch."""
    statement = statements.ONE_ITEM_LOCKED if for_update else statements.ONE_ITEM
    wanted = {"tenant": tenant_id, "dispatch": dispatch_id}
    items = _items(session.connection(), tenant_id, statement, wanted)
    return items[0] if items else None


def load_of_document(session: Session, tenant_id: str, document_id: str) -> list[Item]:
    """All dispatches of a document, locked to the end of the transaction."""
    wanted = {"tenant": tenant_id, "document": document_id}
    return _items(session.connection(), tenant_id, statements.ITEMS_OF_DOCUMENT_LOCKED, wanted)


def _items(connection: Connection, tenant_id: str, statement: Select[Any], wanted: Mapping[str, Any]) -> list[Item]:
    rows = connection.execute(statement, wanted).all()
    lines = _lines(connection, tenant_id, {row.document_id for row in rows})
    return [Item(_current(row), _document(row.document_id, row, row.refs, lines), row.attachment_count) for row in rows]


def with_attachments(session: Session, document: Document) -> Document:
    """The document with its attachments in the order in which they were added."""
    wanted = {"tenant": document.tenant_id, "document": document.id}
    found = session.connection().execute(statements.ATTACHMENTS_OF_DOCUMENT, wanted)
    attachments = tuple(Attachment(row.name, row.media_type, bytes(row.content), row.sha256) for row in found)
    return replace(document, attachments=attachments)


def lines_of(session: Session, tenant_id: str, document_ids: Iterable[str]) -> list[DocumentLine]:
    """The lines of documents, in the order of document and position."""
    found = _lines(session.connection(), tenant_id, document_ids)
    return [line for document_id in sorted(found) for line in found[document_id]]


def _lines(connection: Connection, tenant_id: str, document_ids: Iterable[str]) -> dict[str, list[DocumentLine]]:
    ids = sorted(document_ids)
    if not ids:
        return {}
    found = connection.execute(statements.LINES_OF_DOCUMENTS, {"tenant": tenant_id, "wanted": ids})
    lines: dict[str, list[DocumentLine]] = {}
    for row in found.mappings():
        values = {name: row[name] for name in DocumentLine.__dataclass_fields__}
        values["row_ids"] = tuple(values["row_ids"])
        values["holdings"] = holdings_from(values["holdings"])
        values["target_codes"] = values["target_codes"] or {}
        values["dimensions"] = values["dimensions"] or {}
        lines.setdefault(row["document_id"], []).append(DocumentLine(**values))
    return lines


def _current(row: Row[Any]) -> Current:
    return Current(
        dispatch_id=row.id,
        version=row.version,
        record=Record(
            state=DispatchState(row.state),
            due_at=row.due_at,
            attempts=row.attempts,
            tries=row.tries,
            looks=row.looks,
            failed_asks=row.failed_asks,
            resend=row.resend,
        ),
        document_id=row.document_id,
        document_key=row.key,
        batch_id=row.batch_id,
        batch_documents=row.document_count,
        connection_id=row.connection_id,
        target=row.target,
        payer_id=row.payer_id,
        workorders=row.workorders,
        net=row.net,
        vat=row.vat,
        gross=row.gross,
        currency=row.currency,
        payload_sha256=row.payload_sha256,
        correlation_id=row.correlation_id,
        traceparent=row.traceparent,
        reverses_id=row.reverses_id,
        target_id=row.target_id,
        target_number=row.target_number,
    )


def holdings_from(stored: Iterable[Sequence[str]]) -> tuple[Holding, ...]:
    """What of which ledger row stands on a line, as it was stored."""
    return tuple(Holding(ledger_id, row_id, Decimal(quantity)) for ledger_id, row_id, quantity in stored)


def original_from(stored: Mapping[str, Any] | None) -> OriginalDocument | None:
    """The original of a credit as it was stored with it."""
    if stored is None:
        return None
    return OriginalDocument(**{**stored, "document_date": date.fromisoformat(stored["document_date"])})


def party_from(stored: dict[str, Any]) -> Party:
    """The payer as it was stored with the document."""
    percent = stored.get("late_interest_percent")
    typed = {"address": Address(**stored["address"]), "late_interest_percent": Decimal(percent) if percent else None}
    return Party(**{**stored, **typed})


def delivery_from(stored: Mapping[str, Any] | None) -> Delivery | None:
    """The site as it was stored with the document."""
    if stored is None:
        return None
    return Delivery(stored["site_name"], Address(**stored["address"]) if stored["address"] else None)


def load_document(session: Session, document_id: str) -> Document:
    """One document with its attachments, also one without a dispatch. Raises NotFound."""
    stored = get_or_404(session, BillingDocument, document_id)
    lines = _lines(session.connection(), stored.tenant_id, [document_id])
    document = _document(document_id, stored, stored.references, lines)
    return with_attachments(session, document) if stored.attachment_count else document


def _document(
    document_id: str,
    row: Row[Any] | BillingDocument,
    references: Mapping[str, str],
    lines: Mapping[str, Sequence[DocumentLine]],
) -> Document:
    return Document(
        id=document_id,
        key=row.key,
        tenant_id=row.tenant_id,
        payer=party_from(row.payer),
        currency=row.currency,
        document_date=row.document_date,
        performed_on=row.performed_on,
        due_date=row.due_date,
        references=references,
        lines=tuple(lines.get(document_id, ())),
        vat_lines=tuple(
            VatLine(each["category"], Decimal(each["rate_percent"]), Decimal(each["base"]), Decimal(each["vat"]))
            for each in row.vat_lines
        ),
        net=row.net,
        vat=row.vat,
        gross=row.gross,
        workorder_numbers=tuple(sorted({order["number"] for order in row.workorders})),
        text_before=row.text_before,
        reverses=original_from(row.reverses),
        batch_id=row.batch_id,
        period=Period(row.performed_from, row.performed_on) if row.performed_from and row.performed_on else None,
        delivery=delivery_from(row.delivery),
        prices_include_vat=row.prices_include_vat,
    )
