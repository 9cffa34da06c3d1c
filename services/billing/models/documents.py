"""Batches, billing documents and their lines."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.billing.models.base import Base, Scoped
from shared.db import Amount, Audited, Json, Quantity, Rate, UnitPrice, UtcDateTime, Versioned
from shared.db.mixins import ID

_CREDIT = text("reverses_id IS NOT NULL")
_TOLD = text("payment_state IS NOT NULL")


class Batch(Scoped, Versioned, Audited, Base):
    """A selection of the billable pool.

    kind     immediate (one order, made at its approval), collected (by a biller, for a period and customers) or
             reversal (one credit).
    number   of collected batches only: a series would make approvals of one tenant wait for each other.
    """

    __tablename__ = "batches"
    __table_args__ = (Index("ix_batches_list", "tenant_id", "kind", "id"),)

    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    number: Mapped[int | None]
    period_from: Mapped[date | None]
    period_to: Mapped[date | None]
    customer_ids: Mapped[list[str] | None] = mapped_column(Json)
    connection_id: Mapped[str | None] = mapped_column(ID)
    document_count: Mapped[int] = mapped_column(default=0)


class BillingDocument(Scoped, Versioned, Base):
    """A document as it was compiled; everything that was true then is copied into it.

    performed_from, performed_on  first and last work date; the first is null in documents of older releases.
    delivery     {site_name, address or null} when all its orders share one site.
    state        ready | accepted | cancelled (its rows went back to the pool) | reversed (credited whole).
    reverses_id  of a credit: the original, which `reverses` describes as its target knows it; `credit_note` has the
                 reason and what becomes of the rows.
    payment_state, open_amount, paid_on
                 as the target's books showed it at payment_asked_at; null before, and where the target cannot tell.
                 They change without the version: nobody decides by them.
    """

    __tablename__ = "documents"
    __table_args__ = (
        UniqueConstraint("tenant_id", "key", name="uq_documents_key"),
        Index("ix_documents_batch", "batch_id"),
        Index("ix_documents_payer", "tenant_id", "payer_id"),
        Index("ix_documents_reverses", "reverses_id", postgresql_where=_CREDIT, sqlite_where=_CREDIT),
        Index(
            "ix_documents_payment",
            "tenant_id",
            "payment_state",
            "id",
            postgresql_where=_TOLD,
            sqlite_where=_TOLD,
        ),
    )

    key: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(20))
    batch_id: Mapped[str] = mapped_column(ForeignKey("batches.id"))
    payer_id: Mapped[str] = mapped_column(ID)
    payer: Mapped[dict[str, Any]] = mapped_column(Json)
    currency: Mapped[str] = mapped_column(String(3))
    document_date: Mapped[date]
    performed_on: Mapped[date | None]
    performed_from: Mapped[date | None]
    delivery: Mapped[dict[str, Any] | None] = mapped_column(Json)
    prices_include_vat: Mapped[bool]
    due_date: Mapped[date]
    references: Mapped[dict[str, str]] = mapped_column("refs", Json)
    workorders: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    vat_lines: Mapped[list[dict[str, str]]] = mapped_column(Json)
    net: Mapped[Decimal] = mapped_column(Amount())
    vat: Mapped[Decimal] = mapped_column(Amount())
    gross: Mapped[Decimal] = mapped_column(Amount())
    text_before: Mapped[str] = mapped_column(Text)
    reverses_id: Mapped[str | None] = mapped_column(ID)
    reverses: Mapped[dict[str, Any] | None] = mapped_column(Json)
    credit_note: Mapped[dict[str, Any] | None] = mapped_column(Json)
    attachment_count: Mapped[int]
    payment_state: Mapped[str | None] = mapped_column(String(20))
    open_amount: Mapped[Decimal | None] = mapped_column(Amount())
    paid_on: Mapped[date | None]
    payment_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class BillingLine(Scoped, Base):
    """One line of a document; `row_ids` are its work rows, `holdings` what of each: [ledger id, row id, quantity]."""

    __tablename__ = "document_lines"

    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[str] = mapped_column(ID)
    product_code: Mapped[str] = mapped_column(String(100))
    product_kind: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    quantity: Mapped[Decimal] = mapped_column(Quantity())
    unit: Mapped[str] = mapped_column(String(40))
    unit_price: Mapped[Decimal] = mapped_column(UnitPrice())
    discount_percent: Mapped[Decimal] = mapped_column(Rate())
    vat_class: Mapped[str] = mapped_column(String(20))
    vat_category: Mapped[str] = mapped_column(String(2))
    vat_rate_percent: Mapped[Decimal] = mapped_column(Rate())
    net: Mapped[Decimal] = mapped_column(Amount())
    vat_share: Mapped[Decimal] = mapped_column(Amount())
    row_ids: Mapped[list[str]] = mapped_column(Json)
    holdings: Mapped[list[list[str]]] = mapped_column(Json)
    performed_from: Mapped[date | None]
    performed_to: Mapped[date | None]
    site_name: Mapped[str | None] = mapped_column(Text)
    target_codes: Mapped[dict[str, str] | None] = mapped_column(Json)
    dimensions: Mapped[dict[str, str] | None] = mapped_column(Json)
