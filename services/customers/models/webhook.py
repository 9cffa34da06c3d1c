"""Webhooks: addresses that are told about changes, and the journal of what was told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.customers.models.base import Base
from shared.db import Audited, Json, TenantScoped, UtcDateTime, Versioned
from shared.db.mixins import ID
from shared.ids import new_id


class Webhook(Versioned, TenantScoped, Audited, Base):
    """An address of the tenant's own. registers  customers and sites, whichever it hears of; secret  sealed"""

    __tablename__ = "webhooks"
    __audit_hidden__ = ("secret",)

    url: Mapped[str] = mapped_column(String(500))
    registers: Mapped[list[str]] = mapped_column(Json)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    active: Mapped[bool]


class WebhookDelivery(TenantScoped, Base):
    """One call to be made. The id grows with time.

    body    JSON, the same in every attempt
    state   waiting | delivered | failed
    due_at  when it is tried (again); None: no more by itself
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        Index("ix_webhook_deliveries_webhook_id", "webhook_id", "id"),
        Index("ix_webhook_deliveries_due_at", "due_at"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    webhook_id: Mapped[str] = mapped_column(ID, ForeignKey("webhooks.id"))
    type: Mapped[str] = mapped_column(String(60))
    record_id: Mapped[str] = mapped_column(ID)
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_status: Mapped[int | None]
    last_error: Mapped[str | None] = mapped_column(String(300))
