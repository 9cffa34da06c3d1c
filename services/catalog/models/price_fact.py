"""Prices beside the list price: for groups, customers and sites, with steps and discounts (domain.md §2.5)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from services.catalog.models.base import Base
from shared.db import Audited, Quantity, Rate, TenantScoped, UnitPrice, Versioned
from shared.db.mixins import ID
from shared.periods import Period
from shared.prices import PriceFact, Scope


class StoredPriceFact(Versioned, TenantScoped, Audited, Base):
    """A price or a discount in a period, both days included; the database lets no two of one scope and step overlap.

    customer_before_merge  whose it was, if it followed a merge of customers that may still be undone
    """

    __tablename__ = "price_facts"
    __table_args__ = (
        CheckConstraint("(price IS NULL) <> (discount_percent IS NULL)", name="price_or_discount"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="period"),
        Index("ix_price_facts_product_scope", "tenant_id", "product_id", "scope_key"),
        Index("ix_price_facts_scope", "tenant_id", "scope_key", "id"),
        Index("ix_price_facts_customer_before_merge", "tenant_id", "customer_before_merge"),
    )

    product_id: Mapped[str] = mapped_column(ID, ForeignKey("products.id"))
    scope_key: Mapped[str] = mapped_column(String(80))
    price_group: Mapped[str | None] = mapped_column(String(60))
    customer_id: Mapped[str | None] = mapped_column(ID)
    customer_before_merge: Mapped[str | None] = mapped_column(ID)
    site_id: Mapped[str | None] = mapped_column(ID)
    min_quantity: Mapped[Decimal] = mapped_column(Quantity())
    price: Mapped[Decimal | None] = mapped_column(UnitPrice())
    discount_percent: Mapped[Decimal | None] = mapped_column(Rate())
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    @property
    def period(self) -> Period:
        """The days on which it holds."""
        return Period(self.id, self.valid_from, self.valid_to)

    def value(self) -> PriceFact:
        """Return the fact as the rules see it."""
        scope = Scope(self.price_group, self.customer_id, self.site_id)
        return PriceFact(self.id, scope, self.period, self.min_quantity, self.price, self.discount_percent)
