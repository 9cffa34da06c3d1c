"""Copies of what other services own, kept by their events (messaging.md 9)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from services.workorders.domain.lifecycle import CustomerFacts
from services.workorders.domain.pricing import ProductFacts
from services.workorders.domain.values import HoldPolicy
from services.workorders.models.base import Base
from shared.bus.copies import CopyRow
from shared.db import Json, Quantity, Rate, UnitPrice
from shared.db.mixins import ID
from shared.periods import Period
from shared.prices import PriceFact, Scope
from shared.vat import VatClass


class CopyCustomer(Base, CopyRow):
    """The party that pays: what orders need of it. merged_into  the customer that it became, if it was merged"""

    __tablename__ = "copy_customers"
    __table_args__ = (Index("ix_copy_customers_tenant_id_merged_into", "tenant_id", "merged_into"),)

    number: Mapped[str | None] = mapped_column(String(60))
    name: Mapped[str | None] = mapped_column(String(300))
    kind: Mapped[str | None] = mapped_column(String(20))
    required_references: Mapped[list[str] | None] = mapped_column(Json)
    merged_into: Mapped[str | None] = mapped_column(ID)
    price_group: Mapped[str | None] = mapped_column(String(60))
    language: Mapped[str | None] = mapped_column(String(2))
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
    """A site. customer_id  the nearest customer attached to it or above it; price_group  its own, if it has one"""

    __tablename__ = "copy_sites"

    name: Mapped[str | None] = mapped_column(String(300))
    address: Mapped[dict[str, Any] | None] = mapped_column(Json)
    customer_id: Mapped[str | None] = mapped_column(ID)
    path: Mapped[str | None] = mapped_column(String(2000))
    price_group: Mapped[str | None] = mapped_column(String(60))
    archived: Mapped[bool] = mapped_column(default=False)

    @property
    def nearest_first(self) -> tuple[str, ...]:
        """Ids of the site and of those that it lies in, the site itself first."""
        above = [part for part in reversed((self.path or "").split("/")) if part and part != self.id]
        return (self.id, *above)


class CopyProduct(Base, CopyRow):
    """A product: what a row takes from it.

    list_price   the list price of now
    list_prices  the dated ones, as `product.changed.v1` has them; None: its owner has not told them yet
    components   what a set is made of, as the event has it; None or empty: it is no set
    """

    __tablename__ = "copy_products"

    code: Mapped[str | None] = mapped_column(String(100))
    name: Mapped[str | None] = mapped_column(String(300))
    kind: Mapped[str | None] = mapped_column(String(20))
    unit: Mapped[str | None] = mapped_column(String(20))
    list_price: Mapped[Decimal | None] = mapped_column(UnitPrice())
    list_prices: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    components: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    vat_class: Mapped[str | None] = mapped_column(String(20))
    field_recordable: Mapped[bool] = mapped_column(default=False)
    price_editable: Mapped[bool] = mapped_column(default=False)
    construction_service: Mapped[bool] = mapped_column(default=False)
    archived: Mapped[bool] = mapped_column(default=False)

    def facts(self) -> ProductFacts:
        """Return what stamping needs, without a price; a product that its owner deleted counts as archived."""
        return ProductFacts(
            vat_class=VatClass(self.vat_class or VatClass.STANDARD),
            price_editable=self.price_editable,
            field_recordable=self.field_recordable,
            archived=self.archived or self.deleted,
        )

    def list_facts(self) -> list[PriceFact]:
        """Return the list prices as the resolver takes them.

        The first one holds for the days before it too: a product is often put into the register, with prices from
        that day on, after the work was done.
        """
        if self.list_prices is None:
            return [] if self.list_price is None else [PriceFact(self.id, Scope(), _ALWAYS, price=self.list_price)]
        dated = sorted(self.list_prices, key=lambda one: str(one["valid_from"]))
        return [
            PriceFact(
                one["id"],
                Scope(),
                Period(one["id"], date.fromisoformat(one["valid_from"]) if index else date.min, _day(one["valid_to"])),
                price=Decimal(one["price"]),
            )
            for index, one in enumerate(dated)
        ]


_ALWAYS = Period("", date.min)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


class CopyPrice(Base, CopyRow):
    """A price or a discount of a price group, a customer or a site (`shared.prices.PriceFact`); both days included."""

    __tablename__ = "copy_prices"
    __table_args__ = (Index("ix_copy_prices_tenant_id_product_id", "tenant_id", "product_id"),)

    product_id: Mapped[str] = mapped_column(ID)
    price_group: Mapped[str | None] = mapped_column(String(60))
    customer_id: Mapped[str | None] = mapped_column(ID)
    site_id: Mapped[str | None] = mapped_column(ID)
    min_quantity: Mapped[Decimal] = mapped_column(Quantity())
    price: Mapped[Decimal | None] = mapped_column(UnitPrice())
    discount_percent: Mapped[Decimal | None] = mapped_column(Rate())
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    def fact(self) -> PriceFact:
        """Return it as the resolver takes it."""
        return PriceFact(
            self.id,
            Scope(self.price_group, self.customer_id, self.site_id),
            Period(self.id, self.valid_from, self.valid_to),
            self.min_quantity,
            self.price,
            self.discount_percent,
        )


class CopyChargingRule(Base, CopyRow):
    """A charging rule. rule  the data of `charging_rule.changed.v1`"""

    __tablename__ = "copy_charging_rules"

    rule: Mapped[dict[str, Any]] = mapped_column(Json)
