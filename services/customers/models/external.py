"""Records that another system knows, by its own references, and who wins where both change the same field."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from services.customers.models.base import Base
from shared.db import Json, TenantScoped, UtcDateTime
from shared.db.mixins import ID


class ExternalReference(TenantScoped, Base):
    """Another system's name for a customer, contact person or site.

    sent  field → the last value that the system sent, as JSON has it
    """

    __tablename__ = "external_references"
    __table_args__ = (Index("ix_external_references_tenant_id_record_id", "tenant_id", "record_id"),)

    tenant_id: Mapped[str] = mapped_column(ID, primary_key=True)
    source: Mapped[str] = mapped_column(String(60), primary_key=True)
    register: Mapped[str] = mapped_column(String(10), primary_key=True)
    reference: Mapped[str] = mapped_column(String(120), primary_key=True)
    record_id: Mapped[str] = mapped_column(ID)
    sent: Mapped[dict[str, Any]] = mapped_column(Json)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ConflictPolicy(TenantScoped, Base):
    """Who wins for one register of one system. fields  field → winner, where it is not the default"""

    __tablename__ = "conflict_policies"

    tenant_id: Mapped[str] = mapped_column(ID, primary_key=True)
    source: Mapped[str] = mapped_column(String(60), primary_key=True)
    register: Mapped[str] = mapped_column(String(10), primary_key=True)
    default_winner: Mapped[str] = mapped_column(String(10))
    fields: Mapped[dict[str, str]] = mapped_column(Json)
