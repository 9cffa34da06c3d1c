"""Contact persons and their links to customers and sites (domain.md §2.2)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.customers.domain.customer import fold
from services.customers.models.base import Base
from shared.db import Audited, TenantScoped, UtcDateTime, Versioned
from shared.db.mixins import ID
from shared.db.search_pages import Searchable
from shared.ids import new_id

_DEFAULT_OF_CUSTOMER = text("is_default AND customer_id IS NOT NULL")
_DEFAULT_OF_SITE = text("is_default AND site_id IS NOT NULL")


class Contact(Versioned, TenantScoped, Audited, Searchable, Base):
    """A person, once, however many customers and sites know them."""

    __tablename__ = "contacts"
    __audit_left_out__ = ("search_text", "search_page")
    __table_args__ = (
        Index("ix_contacts_tenant_id_id", "tenant_id", "id"),
        Index("ix_contacts_search_page", "tenant_id", "search_page"),
    )

    name: Mapped[str] = mapped_column(String(200))
    title: Mapped[str | None] = mapped_column(String(100))
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(20))
    notes: Mapped[str | None] = mapped_column(Text)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def search_line(self) -> str:
        """The name."""
        return fold(self.name)


class ContactLink(TenantScoped, Audited, Base):
    """A contact person has a role for one customer or at one site."""

    __tablename__ = "contact_links"
    __table_args__ = (
        CheckConstraint("(customer_id IS NULL) <> (site_id IS NULL)", name="one_end"),
        Index("uq_contact_links_customer", "tenant_id", "customer_id", "role", "contact_id", unique=True),
        Index("uq_contact_links_site", "tenant_id", "site_id", "role", "contact_id", unique=True),
        Index(
            "uq_contact_links_customer_default",
            "tenant_id",
            "customer_id",
            "role",
            unique=True,
            postgresql_where=_DEFAULT_OF_CUSTOMER,
            sqlite_where=_DEFAULT_OF_CUSTOMER,
        ),
        Index(
            "uq_contact_links_site_default",
            "tenant_id",
            "site_id",
            "role",
            unique=True,
            postgresql_where=_DEFAULT_OF_SITE,
            sqlite_where=_DEFAULT_OF_SITE,
        ),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    contact_id: Mapped[str] = mapped_column(ID, ForeignKey("contacts.id"), index=True)
    customer_id: Mapped[str | None] = mapped_column(ID, ForeignKey("customers.id"))
    site_id: Mapped[str | None] = mapped_column(ID, ForeignKey("sites.id"))
    role: Mapped[str] = mapped_column(String(10))
    is_default: Mapped[bool]
    contact: Mapped[Contact] = relationship(lazy="joined")
