"""How a tenant wants its documents."""

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.billing.models.base import Base, Scoped
from shared.db import Audited, Versioned


class BillingSettings(Scoped, Versioned, Audited, Base):
    """One row per tenant; without one the defaults of the domain's policies hold.

    merge_rows  rows of the same product, price and text share a line; vat_policy and mixed_vat as in the domain.
    """

    __tablename__ = "settings"
    __table_args__ = (UniqueConstraint("tenant_id", name="uq_settings_tenant_id"),)

    merge_rows: Mapped[bool]
    mixed_vat: Mapped[str] = mapped_column(String(20))
    vat_policy: Mapped[str] = mapped_column(String(20))
