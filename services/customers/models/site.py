"""Sites and which customer they belong to (domain.md §2.3)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from services.customers.domain.customer import fold
from services.customers.domain.site_tree import Attachment
from services.customers.models.base import Base
from services.customers.models.customer import IS_ARCHIVED, Address
from shared.db import Audited, ExactDecimal, Json, TenantScoped, UtcDateTime, Versioned
from shared.db.mixins import ID
from shared.db.search_pages import Searchable, marks_of
from shared.db.site_scope import subtree
from shared.ids import new_id
from shared.periods import Period


class Site(Versioned, TenantScoped, Audited, Searchable, Base):
    """A node of the site tree.

    path         ids from the root to the site (`site_tree`); kept in step when a site is moved
    code         the firm's own code of the site, unique; by it workbooks find the site
    tag          what the QR or NFC tag on the spot says, unique
    latitude, longitude  degrees (WGS 84); both or neither
    device       manufacturer, model, serial_number, installed_on, warranty_until (ISO days), as far as known
    price_group  of the site and all below it, until one lower down has its own; stronger than the customer's
    extra        key → value of the tenant's own fields
    door_code    sealed; no list, event or export has it
    customer_id  the nearest attached customer, as of the last published state; a daily job keeps it up
    withdrawn    archived because the import that made it was undone
    """

    __tablename__ = "sites"
    __audit_left_out__ = ("search_text", "search_page")
    __search_marked__ = ("extra",)
    __table_args__ = (
        Index("ix_sites_tenant_id_path", "tenant_id", "path", postgresql_ops={"path": "varchar_pattern_ops"}),
        Index("ix_sites_tenant_id_customer_id", "tenant_id", "customer_id"),
        Index("ix_sites_tenant_id_id", "tenant_id", "id"),
        Index("ix_sites_tenant_id_parent_id", "tenant_id", "parent_id", "id"),
        Index("ix_sites_search_page", "tenant_id", "search_page"),
        Index("ix_sites_archived", "tenant_id", "id", postgresql_where=IS_ARCHIVED, sqlite_where=IS_ARCHIVED),
        Index("uq_sites_tenant_id_code", "tenant_id", "code", unique=True),
        Index("uq_sites_tenant_id_tag", "tenant_id", "tag", unique=True),
    )

    parent_id: Mapped[str | None] = mapped_column(ID, ForeignKey("sites.id"), index=True)
    path: Mapped[str] = mapped_column(String(1500))
    type: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(200))
    address: Mapped[Address | None] = mapped_column(Json)
    cost_centre: Mapped[str | None] = mapped_column(String(60))
    price_group: Mapped[str | None] = mapped_column(String(60))
    latitude: Mapped[Decimal | None] = mapped_column(ExactDecimal(9, 6))
    longitude: Mapped[Decimal | None] = mapped_column(ExactDecimal(9, 6))
    access_instructions: Mapped[str | None] = mapped_column(Text)
    device: Mapped[dict[str, str] | None] = mapped_column(Json)
    tag: Mapped[str | None] = mapped_column(String(100))
    notes: Mapped[str | None] = mapped_column(Text)
    extra: Mapped[dict[str, Any]] = mapped_column(Json)
    customer_id: Mapped[str | None] = mapped_column(ID, ForeignKey("customers.id"))
    code: Mapped[str | None] = mapped_column(String(60))
    door_code: Mapped[bytes | None] = mapped_column(LargeBinary)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn: Mapped[bool] = mapped_column(default=False)

    def search_line(self) -> str:
        """The name."""
        return fold(self.name)

    def search_marks(self) -> list[str]:
        """Own fields."""
        return marks_of(self.extra)

    @property
    def has_door_code(self) -> bool:
        """Say whether there is a door code to be read."""
        return self.door_code is not None

    @property
    def archived(self) -> bool:
        """Say whether the site is no longer in use."""
        return self.archived_at is not None


def in_subtree(session: Session, path: str) -> ColumnElement[bool]:
    """Return the condition that a site has this path or lies below it, answered from the index of paths."""
    return subtree(session, Site.path, path)


class SiteAttachment(TenantScoped, Audited, Base):
    """A customer owns a site, and what lies below it, for a time; both days included."""

    __tablename__ = "site_attachments"
    __table_args__ = (Index("ix_site_attachments_tenant_id_site_id", "tenant_id", "site_id"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    site_id: Mapped[str] = mapped_column(ID, ForeignKey("sites.id"))
    customer_id: Mapped[str] = mapped_column(ID, ForeignKey("customers.id"))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    @property
    def period(self) -> Period:
        """The days of the attachment."""
        return Period(self.id, self.valid_from, self.valid_to)

    def value(self) -> Attachment:
        """Return the attachment as the rules of the tree see it."""
        return Attachment(self.site_id, self.customer_id, self.period)
