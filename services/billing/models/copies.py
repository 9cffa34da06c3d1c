"""Read copies of customers, products and charging rules: what billing needs of them, kept by events."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.billing.models.base import Base
from shared.bus.copies import CopyRow
from shared.db import Json, Rate
from shared.db.mixins import ID


class CustomerCopy(CopyRow, Base):
    """A customer as payer and as buyer."""

    __tablename__ = "copy_customers"
    __table_args__ = (Index("ix_copy_customers_merged_into", "tenant_id", "merged_into"),)

    number: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(40))
    business_id: Mapped[str | None] = mapped_column(String(20))
    vat_number: Mapped[str | None] = mapped_column(String(20))
    billing_address: Mapped[dict[str, str]] = mapped_column(Json)
    email: Mapped[str | None] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(2))
    payment_term_days: Mapped[int]
    invoice_channel: Mapped[str] = mapped_column(String(20))
    einvoice_address: Mapped[str | None] = mapped_column(String(60))
    einvoice_operator: Mapped[str | None] = mapped_column(String(60))
    invoice_grouping: Mapped[str | None] = mapped_column(String(20))
    late_interest_percent: Mapped[Decimal | None] = mapped_column(Rate())
    billing_rhythm: Mapped[str] = mapped_column(String(20))
    payer_id: Mapped[str | None] = mapped_column(ID)
    merged_into: Mapped[str | None] = mapped_column(ID)
    construction_seller_from: Mapped[date | None]
    construction_seller_to: Mapped[date | None]
    required_references: Mapped[list[str]] = mapped_column(Json)
    price_group: Mapped[str | None] = mapped_column(String(60))
    on_hold: Mapped[bool]
    archived: Mapped[bool]


class ProductCopy(CopyRow, Base):
    """A product as it is named in documents and in accounting systems."""

    __tablename__ = "copy_products"

    code: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(40))
    unit: Mapped[str] = mapped_column(String(40))
    vat_class: Mapped[str] = mapped_column(String(20))
    revenue_account: Mapped[str | None] = mapped_column(String(40))
    invoice_text: Mapped[dict[str, str]] = mapped_column(Json)
    target_codes: Mapped[dict[str, Any]] = mapped_column(Json)
    list_prices: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    archived: Mapped[bool]


class ChargingRuleCopy(CopyRow, Base):
    """A charging rule. rule: the data of `charging_rule.changed.v1`; most rules are no concern of documents."""

    __tablename__ = "copy_charging_rules"

    rule: Mapped[dict[str, Any]] = mapped_column(Json)
    has_invoice_fee: Mapped[bool]
