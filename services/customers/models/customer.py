"""The customer: the party that pays (domain.md §2.1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.customers.domain.customer import State, searchable, state_of
from services.customers.models.base import Base
from shared.db import Audited, Json, Rate, TenantScoped, UtcDateTime, Versioned
from shared.db.mixins import ID
from shared.db.search_pages import Searchable, marks_of

Address = dict[str, str]
"""street, postal_code, city, country."""
IS_ARCHIVED = text("archived_at IS NOT NULL")


class Customer(Versioned, TenantScoped, Audited, Searchable, Base):
    """One customer. The number is given once and stays; archived_at is set while it is archived.

    withdrawn  archived because the import that made it was undone; the next import that names it takes it into use
    merged_into  the customer that survived when this one was merged: never itself a merged one
    """

    __tablename__ = "customers"
    __audit_left_out__: ClassVar[tuple[str, ...]] = ("search_text", "search_page", "duplicate_key")
    __search_marked__ = ("extra",)
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        UniqueConstraint("tenant_id", "business_id"),
        Index("ix_customers_tenant_id_id", "tenant_id", "id"),
        Index("ix_customers_tenant_id_duplicate_key", "tenant_id", "duplicate_key"),
        Index("ix_customers_tenant_id_einvoice_address", "tenant_id", "einvoice_address"),
        Index("ix_customers_tenant_id_merged_into", "tenant_id", "merged_into"),
        Index("ix_customers_kind", "tenant_id", "kind", "id"),
        Index("ix_customers_search_page", "tenant_id", "search_page"),
        Index("ix_customers_archived", "tenant_id", "id", postgresql_where=IS_ARCHIVED, sqlite_where=IS_ARCHIVED),
    )

    number: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    business_id: Mapped[str | None] = mapped_column(String(9))
    vat_number: Mapped[str | None] = mapped_column(String(20))
    billing_address: Mapped[Address | None] = mapped_column(Json)
    visiting_address: Mapped[Address | None] = mapped_column(Json)
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(2))
    payment_term_days: Mapped[int]
    late_interest_percent: Mapped[Decimal | None] = mapped_column(Rate())
    invoice_channel: Mapped[str] = mapped_column(String(10))
    einvoice_address: Mapped[str | None] = mapped_column(String(40))
    einvoice_operator: Mapped[str | None] = mapped_column(String(20))
    billing_rhythm: Mapped[str] = mapped_column(String(10))
    invoice_grouping: Mapped[str | None] = mapped_column(String(20))
    payer_id: Mapped[str | None] = mapped_column(ID)
    construction_seller_from: Mapped[date | None]
    construction_seller_to: Mapped[date | None]
    required_references: Mapped[list[str]] = mapped_column(Json)
    price_group: Mapped[str | None] = mapped_column(String(60))
    default_cost_centre: Mapped[str | None] = mapped_column(String(60))
    on_hold: Mapped[bool]
    work_while_on_hold: Mapped[bool]
    field_notes: Mapped[str | None] = mapped_column(Text)
    billing_notes: Mapped[str | None] = mapped_column(Text)
    extra: Mapped[dict[str, Any]] = mapped_column(Json)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn: Mapped[bool] = mapped_column(default=False)
    merged_into: Mapped[str | None] = mapped_column(ID)
    duplicate_key: Mapped[str] = mapped_column(String(300))

    def search_line(self) -> str:
        """Name, number, business ID and city."""
        fields = ("name", "number", "business_id", "billing_address")
        return searchable({name: getattr(self, name) for name in fields})

    def search_marks(self) -> list[str]:
        """Own fields."""
        return marks_of(self.extra)

    @property
    def archived(self) -> bool:
        """Say whether the customer is no longer in use."""
        return self.archived_at is not None

    @property
    def state(self) -> State:
        """Active, on hold or archived."""
        return state_of(on_hold=self.on_hold, archived=self.archived)

    def take(self, fields: Mapping[str, Any]) -> None:
        """Take over checked fields."""
        for name, value in fields.items():
            setattr(self, name, value)
