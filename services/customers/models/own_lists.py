"""What a tenant defines for its registers: own fields, own e-invoice operators, the series of customer numbers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.customers.domain.extra_fields import ExtraField, ExtraType
from services.customers.models.base import Base
from shared.db import Audited, Json, TenantScoped, UtcDateTime, Versioned


class ExtraFieldDefinition(Versioned, TenantScoped, Audited, Base):
    """A field of the tenant's own. The key and the type are given once; values stay when it is archived."""

    __tablename__ = "extra_fields"
    __table_args__ = (Index("uq_extra_fields_key", "tenant_id", "register", "key", unique=True),)

    register: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(40))
    type: Mapped[str] = mapped_column(String(10))
    labels: Mapped[dict[str, str]] = mapped_column(Json)
    choices: Mapped[list[str]] = mapped_column(Json)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def archived(self) -> bool:
        """Say whether it takes no more values."""
        return self.archived_at is not None

    def value(self) -> ExtraField:
        """Return the definition as the rules see it."""
        return ExtraField(self.key, ExtraType(self.type), self.labels, tuple(self.choices), archived=self.archived)


class OwnOperator(TenantScoped, Audited, Base):
    """An e-invoice operator that the product's list lacks. The id is its code."""

    __tablename__ = "einvoice_operators"

    tenant_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    id: Mapped[str] = mapped_column("code", String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))


class RegisterSettings(Versioned, TenantScoped, Audited, Base):
    """One row per tenant. number_prefix  stands before each number of the series of customer numbers"""

    __tablename__ = "settings"
    __table_args__ = (UniqueConstraint("tenant_id", name="uq_settings_tenant_id"),)

    number_prefix: Mapped[str] = mapped_column(String(10))
