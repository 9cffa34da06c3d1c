"""Copies of what other services own, kept by their events (messaging.md 9)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from services.workorders.domain.lifecycle import CustomerFacts
from services.workorders.domain.pricing import ProductFacts
from services.workorders.domain.values import HoldPolicy
from services.workorders.models.base import Base
from shared.bus.copies import CopyRow
from shared.db import Json, UnitPrice
from shared.db.mixins import ID
from shared.vat import VatClass


class CopyCustomer(Base, CopyRow):
    """The party that pays: what orders need of it."""

    __tablename__ = "copy_customers"

    number: Mapped[str | None] = mapped_column(String(60))
    name: Mapped[str | None] = mapped_column(String(300))
    kind: Mapped[str | None] = mapped_column(String(20))
    required_references: Mapped[list[str] | None] = mapped_column(Json)
    on_hold: Mapped[bool] = mapped_column(default=False)
    archived: Mapped[bool] = mapped_column(default=False)

    def facts(self, hold_policy: HoldPolicy) -> CustomerFacts:
        """Return what the guards need; the policy counts only while the customer is on hold."""
        return CustomerFacts(
            archived=self.archived or self.deleted,
            hold=hold_policy if self.on_hold else HoldPolicy.ALLOW,
            required_references=frozenset(self.required_references or ()),
        )


class CopySite(Base, CopyRow):
    """A site. customer_id  the nearest customer attached to it or above it."""

    __tablename__ = "copy_sites"

    name: Mapped[str | None] = mapped_column(String(300))
    address: Mapped[dict[str, Any] | None] = mapped_column(Json)
    customer_id: Mapped[str | None] = mapped_column(ID)
    path: Mapped[str | None] = mapped_column(String(2000))
    archived: Mapped[bool] = mapped_column(default=False)


class CopyProduct(Base, CopyRow):
    """A product: what a row takes from it."""

    __tablename__ = "copy_products"

    code: Mapped[str | None] = mapped_column(String(100))
    name: Mapped[str | None] = mapped_column(String(300))
    kind: Mapped[str | None] = mapped_column(String(20))
    unit: Mapped[str | None] = mapped_column(String(20))
    list_price: Mapped[Decimal | None] = mapped_column(UnitPrice())
    vat_class: Mapped[str | None] = mapped_column(String(20))
    field_recordable: Mapped[bool] = mapped_column(default=False)
    price_editable: Mapped[bool] = mapped_column(default=False)
    construction_service: Mapped[bool] = mapped_column(default=False)
    archived: Mapped[bool] = mapped_column(default=False)

    def facts(self) -> ProductFacts:
        """Return what stamping needs; a product that its owner deleted counts as archived."""
        return ProductFacts(
            list_price=self.list_price,
            vat_class=VatClass(self.vat_class or VatClass.STANDARD),
            price_editable=self.price_editable,
            field_recordable=self.field_recordable,
            archived=self.archived or self.deleted,
        )
