"""List prices, dated (domain.md §2.5)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from services.catalog.domain.prices import ListPrice
from services.catalog.models.base import Base
from services.catalog.models.parts import parts
from shared.db import Audited, TenantScoped, UnitOfWork, UnitPrice
from shared.db.mixins import ID
from shared.ids import new_id
from shared.periods import Period


class Price(TenantScoped, Audited, Base):
    """What one unit of a product costs without VAT in a period; both days included."""

    __tablename__ = "prices"
    __table_args__ = (UniqueConstraint("tenant_id", "product_id", "valid_from"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    product_id: Mapped[str] = mapped_column(ID, ForeignKey("products.id"))
    price: Mapped[Decimal] = mapped_column(UnitPrice())
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    @property
    def period(self) -> Period:
        """The days on which the price holds."""
        return Period(self.id, self.valid_from, self.valid_to)

    def value(self) -> ListPrice:
        """Return the price as the rules see it."""
        return ListPrice(self.price, self.period)


def prices_of(uow: UnitOfWork, product_ids: Iterable[str]) -> list[Price]:
    """Return the list prices of these products, each product's oldest first."""
    found: list[Price] = []
    for part in parts(product_ids):
        statement = select(Price).where(Price.product_id.in_(part))
        found += uow.session.scalars(statement.order_by(Price.valid_from, Price.id))
    return found
