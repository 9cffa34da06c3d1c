"""Everything that can be charged (domain.md §2.4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.catalog.domain.product import searchable
from services.catalog.models.base import Base
from services.catalog.models.category import Category
from shared.db import Audited, Json, TenantScoped, UnitPrice, UtcDateTime, Versioned
from shared.db.mixins import ID
from shared.db.search_pages import Searchable


def _only(name: str, condition: str) -> Index:
    """A list that few products are in, found without walking all others."""
    where = text(condition)
    return Index(f"ix_products_{name}", "tenant_id", "id", postgresql_where=where, sqlite_where=where)


class Product(Versioned, TenantScoped, Audited, Searchable, Base):
    """One product. It is archived, never deleted, so its code is never given again.

    code_key    the code as codes are compared
    list_price  the price that holds today, as of the last published state; `prices` has all of them
    withdrawn   archived because the import that made it was undone; the next import with its code takes it into use
    is_set      it has components, and becomes their rows when it is added to a work order
    """

    __tablename__ = "products"
    __audit_left_out__: ClassVar[tuple[str, ...]] = ("code_key", "search_text", "search_page")
    __table_args__ = (
        UniqueConstraint("tenant_id", "code_key"),
        Index("ix_products_tenant_id_id", "tenant_id", "id"),
        Index("ix_products_category", "tenant_id", "category_id", "id"),
        Index("ix_products_kind", "tenant_id", "kind", "id"),
        Index("ix_products_search_page", "tenant_id", "search_page", "id"),
        _only("archived", "archived_at IS NOT NULL"),
        _only("sets", "is_set"),
        Index("ix_products_barcode", "tenant_id", "barcode", "id"),
    )

    code: Mapped[str] = mapped_column(String(60))
    code_key: Mapped[str] = mapped_column(String(240))
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    category_id: Mapped[str] = mapped_column(ID, ForeignKey("categories.id"))
    unit: Mapped[str] = mapped_column(String(10))
    list_price: Mapped[Decimal | None] = mapped_column(UnitPrice())
    cost_price: Mapped[Decimal | None] = mapped_column(UnitPrice())
    vat_class: Mapped[str] = mapped_column(String(10))
    revenue_account: Mapped[str | None] = mapped_column(String(20))
    barcode: Mapped[str | None] = mapped_column(String(60))
    field_recordable: Mapped[bool]
    price_editable: Mapped[bool]
    construction_service: Mapped[bool]
    invoice_text: Mapped[dict[str, str]] = mapped_column(Json)
    target_codes: Mapped[dict[str, str]] = mapped_column(Json)
    target_accounts: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn: Mapped[bool] = mapped_column(default=False)
    is_set: Mapped[bool] = mapped_column(default=False)
    category: Mapped[Category] = relationship(lazy="joined", innerjoin=True)

    def search_line(self) -> str:
        """Code, name and bar code."""
        return searchable(self.code, self.name, self.barcode)

    @property
    def archived(self) -> bool:
        """Say whether the product is no longer in use."""
        return self.archived_at is not None

    @property
    def category_name(self) -> str:
        """Name of the category."""
        return self.category.name

    def take(self, fields: Mapping[str, Any]) -> None:
        """Take over checked fields."""
        for name, value in fields.items():
            setattr(self, name, value)
