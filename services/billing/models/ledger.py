"""Approved work orders and the ledger of their rows."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.billing.domain.ledger import Balance
from services.billing.models.base import Base, Scoped
from shared.db import Json, Quantity, Rate, UnitPrice, UtcDateTime
from shared.db.mixins import ID

_IN_POOL = text("state IN ('open', 'credited')")


class ApprovedOrder(Scoped, Base):
    """One billing round of a work order: what its approval said. The unique key is our own guard against a second
    document when the inbox was emptied and the event comes again.
    """

    __tablename__ = "approved_orders"
    __table_args__ = (UniqueConstraint("tenant_id", "workorder_id", "billing_round", name="uq_approved_orders_round"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    workorder_id: Mapped[str] = mapped_column(ID)
    billing_round: Mapped[int]
    number: Mapped[str] = mapped_column(String(100))
    customer_id: Mapped[str] = mapped_column(ID)
    payer_id: Mapped[str] = mapped_column(ID)
    type: Mapped[str] = mapped_column(String(40))
    description: Mapped[str] = mapped_column(Text)
    references: Mapped[dict[str, str]] = mapped_column("refs", Json)
    site_name: Mapped[str | None] = mapped_column(Text)
    site_address: Mapped[dict[str, str] | None] = mapped_column(Json)
    approved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reopened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reopen_reason: Mapped[str | None] = mapped_column(Text)


class LedgerRow(Scoped, Base):
    """One work row in one billing round, with its buckets (`services.billing.domain.ledger`).

    state   derived from the buckets, for filters; document_id is the document that reserves or holds it.
    fee_rule_id  of the fee of a document: the charging rule that asked for it. Such a row is no work row, and is never
            open: it lives and ends with its document.
    """

    __tablename__ = "ledger_rows"
    __table_args__ = (
        UniqueConstraint("tenant_id", "row_id", "billing_round", name="uq_ledger_rows_round"),
        Index("ix_ledger_rows_pool", "tenant_id", "customer_id", postgresql_where=_IN_POOL, sqlite_where=_IN_POOL),
        Index("ix_ledger_rows_document", "document_id"),
        Index("ix_ledger_rows_order", "order_id"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("approved_orders.id"))
    workorder_id: Mapped[str] = mapped_column(ID)
    workorder_number: Mapped[str] = mapped_column(String(100))
    billing_round: Mapped[int]
    row_id: Mapped[str] = mapped_column(ID)
    position: Mapped[int]
    customer_id: Mapped[str] = mapped_column(ID)
    payer_id: Mapped[str] = mapped_column(ID)
    currency: Mapped[str] = mapped_column(String(3))
    product_id: Mapped[str] = mapped_column(ID)
    product_code: Mapped[str] = mapped_column(String(100))
    product_kind: Mapped[str] = mapped_column(String(40))
    description: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(String(40))
    work_date: Mapped[date]
    unit_price: Mapped[Decimal] = mapped_column(UnitPrice())
    discount_percent: Mapped[Decimal] = mapped_column(Rate())
    vat_class: Mapped[str] = mapped_column(String(20))
    vat_rate_percent: Mapped[Decimal] = mapped_column(Rate())
    construction_service: Mapped[bool]
    chargeability: Mapped[str] = mapped_column(String(40))
    quantity: Mapped[Decimal] = mapped_column(Quantity())
    open: Mapped[Decimal] = mapped_column(Quantity())
    reserved: Mapped[Decimal] = mapped_column(Quantity())
    transferred: Mapped[Decimal] = mapped_column(Quantity())
    credited: Mapped[Decimal] = mapped_column(Quantity())
    closed: Mapped[Decimal] = mapped_column(Quantity())
    state: Mapped[str] = mapped_column(String(30))
    closed_reason: Mapped[str | None] = mapped_column(String(200))
    document_id: Mapped[str | None] = mapped_column(ID)
    fee_rule_id: Mapped[str | None] = mapped_column(ID)

    @property
    def balance(self) -> Balance:
        """The buckets as the domain knows them."""
        return Balance(self.quantity, self.open, self.reserved, self.transferred, self.credited, self.closed)

    @balance.setter
    def balance(self, balance: Balance) -> None:
        for name, value in balance_columns(balance).items():
            setattr(self, name, value)


def balance_columns(balance: Balance) -> dict[str, Any]:
    """The columns that show a balance."""
    return {
        "quantity": balance.quantity,
        "open": balance.open,
        "reserved": balance.reserved,
        "transferred": balance.transferred,
        "credited": balance.credited,
        "closed": balance.closed,
        "state": str(balance.state),
    }
