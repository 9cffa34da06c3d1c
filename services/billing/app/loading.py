"""Reading dispatches together with their documents: one query for many, one more for their lines."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, Select, Table, select
from sqlalchemy.orm import Session

from services.billing.app.steps import Current
from services.billing.domain.dispatch import Dispatch as Record
from services.billing.domain.dispatch import DispatchState
from services.billing.domain.document import Address, Document, DocumentLine, Party, VatLine
from services.billing.models import Batch, BillingDocument, BillingLine, Dispatch


@dataclass(frozen=True, slots=True)
class Item:
    """A dispatch and the document that it sends."""

    current: Current
    document: Document


def load_due(session: Session, tenant_id: str, connection_id: str, now: datetime, limit: int) -> list[Item]:
    """The dispatches of a connection that are due, the longest waiting first, at most `limit`."""
    dispatches = _table(Dispatch)
    due = (
        _selection()
        .where(
            dispatches.c.tenant_id == tenant_id,
            dispatches.c.connection_id == connection_id,
            dispatches.c.due_at <= now,
        )
        .order_by(dispatches.c.due_at, dispatches.c.id)
        .limit(limit)
    )
    return _items(session, tenant_id, session.connection().execute(due).all())


def load_one(session: Session, tenant_id: str, dispatch_id: str, *, for_update: bool = False) -> Item | None:
    """One dispatch with its document; None if the tenant has no such dispatch."""
    dispatches = _table(Dispatch)
    statement = _selection().where(dispatches.c.tenant_id == tenant_id, dispatches.c.id == dispatch_id)
    if for_update:
        statement = statement.with_for_update(of=dispatches)
    items = _items(session, tenant_id, session.connection().execute(statement).all())
    return items[0] if items else None


def load_of_document(session: Session, tenant_id: str, document_id: str) -> list[Item]:
    """All dispatches of a document, locked to the end of the transaction."""
    dispatches = _table(Dispatch)
    statement = (
        _selection()
        .where(dispatches.c.tenant_id == tenant_id, dispatches.c.document_id == document_id)
        .with_for_update(of=dispatches)
    )
    return _items(session, tenant_id, session.connection().execute(statement).all())


# fmt: off
_DISPATCH = (
    "id", "version", "document_id", "connection_id", "target", "state", "due_at", "attempts", "tries", "looks",
    "failed_asks", "resend", "payload_sha256", "correlation_id", "traceparent",
)
_DOCUMENT = (
    "key", "batch_id", "payer_id", "payer", "currency", "document_date", "performed_on", "due_date", "refs",
    "workorders", "vat_lines", "net", "vat", "gross", "text_before",
)
# fmt: on


def _selection() -> Select[Any]:
    dispatches, documents, batches = _table(Dispatch), _table(BillingDocument), _table(Batch)
    return select(
        *(dispatches.c[name] for name in _DISPATCH),
        *(documents.c[name] for name in _DOCUMENT),
        batches.c.document_count,
    ).select_from(
        dispatches.join(documents, documents.c.id == dispatches.c.document_id).join(
            batches, batches.c.id == documents.c.batch_id
        )
    )


def _items(session: Session, tenant_id: str, rows: Sequence[Row[Any]]) -> list[Item]:
    lines = _lines(session, tenant_id, {row.document_id for row in rows})
    return [Item(_current(row), _document(tenant_id, row, lines.get(row.document_id, []))) for row in rows]


def _lines(session: Session, tenant_id: str, document_ids: Iterable[str]) -> dict[str, list[DocumentLine]]:
    ids = sorted(document_ids)
    if not ids:
        return {}
    table = _table(BillingLine)
    found = session.connection().execute(
        select(table)
        .where(table.c.tenant_id == tenant_id, table.c.document_id.in_(ids))
        .order_by(table.c.document_id, table.c.position)
    )
    lines: dict[str, list[DocumentLine]] = {}
    for row in found.mappings():
        values = {name: row[name] for name in DocumentLine.__dataclass_fields__}
        values["row_ids"] = tuple(values["row_ids"])
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
    )


def party_from(stored: dict[str, Any]) -> Party:
    """The payer as it was stored with the document."""
    return Party(**{**stored, "address": Address(**stored["address"])})


def _document(tenant_id: str, row: Row[Any], lines: Sequence[DocumentLine]) -> Document:
    return Document(
        id=row.document_id,
        key=row.key,
        tenant_id=tenant_id,
        payer=party_from(row.payer),
        currency=row.currency,
        document_date=row.document_date,
        performed_on=row.performed_on,
        due_date=row.due_date,
        references=row.refs,
        lines=tuple(lines),
        vat_lines=tuple(
            VatLine(each["category"], Decimal(each["rate_percent"]), Decimal(each["base"]), Decimal(each["vat"]))
            for each in row.vat_lines
        ),
        net=row.net,
        vat=row.vat,
        gross=row.gross,
        workorder_numbers=tuple(sorted({order["number"] for order in row.workorders})),
        text_before=row.text_before,
    )


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table
