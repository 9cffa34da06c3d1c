"""Product categories (domain.md §2.4)."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.catalog.models.base import Base
from shared.db import Audited, TenantScoped, Versioned
from shared.db.mixins import ID


class Category(Versioned, TenantScoped, Audited, Base):
    """A category; its name is unique in the tenant, whatever the case."""

    __tablename__ = "categories"
    __audit_left_out__: ClassVar[tuple[str, ...]] = ("name_key",)
    __table_args__ = (
        UniqueConstraint("tenant_id", "name_key"),
        Index("ix_categories_tenant_id_id", "tenant_id", "id"),
    )

    name: Mapped[str] = mapped_column(String(100))
    name_key: Mapped[str] = mapped_column(String(240))
    parent_id: Mapped[str | None] = mapped_column(ID, ForeignKey("categories.id"))
