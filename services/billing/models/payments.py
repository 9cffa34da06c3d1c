"""What accounting systems told of payments. The present state stands in the document itself, where it is filtered."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from services.billing.models.base import Base, Scoped
from shared.db import Amount, UtcDateTime
from shared.db.mixins import ID

_ASKED = text("next_ask_at IS NOT NULL")


class PaymentPoll(Scoped, Base):
    """When an accepted document is asked for next; null: never again.

    target_id  by which the target knows it. failures: questions without an answer in a row.
    """

    __tablename__ = "payment_polls"
    __table_args__ = (
        Index("ix_payment_polls_due", "next_ask_at", postgresql_where=_ASKED, sqlite_where=_ASKED),
        Index("ix_payment_polls_connection", "connection_id"),
    )

    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id"), primary_key=True)
    connection_id: Mapped[str] = mapped_column(ForeignKey("connections.id"))
    target: Mapped[str] = mapped_column(String(40))
    target_id: Mapped[str] = mapped_column(String(200))
    accepted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_ask_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failures: Mapped[int] = mapped_column(default=0)


class PaymentChange(Scoped, Base):
    """The payment of a document as it was seen at a moment and differed from before."""

    __tablename__ = "payment_changes"
    __table_args__ = (Index("ix_payment_changes_document", "document_id", "id"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id"))
    state: Mapped[str] = mapped_column(String(20))
    open_amount: Mapped[Decimal | None] = mapped_column(Amount())
    paid_on: Mapped[date | None]
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
