"""How a tenant reviews finished work."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.workorders.domain.values import HoldPolicy, OrderType, ReviewMode
from services.workorders.models.base import Base
from shared.db import Audited, Json, TenantScoped, Versioned


class ReviewSettings(Base, TenantScoped, Versioned, Audited):
    """One row for each tenant that changed anything. modes  order type → review mode, only those that were set."""

    __tablename__ = "review_settings"
    __table_args__ = (UniqueConstraint("tenant_id"),)

    modes: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    customers_on_hold: Mapped[str] = mapped_column(String(10), default=HoldPolicy.REVIEW.value)

    def mode_of(self, order_type: str) -> ReviewMode:
        """Return the review mode of a type; `none` if nothing was set."""
        return ReviewMode(self.modes.get(order_type, ReviewMode.NONE.value))

    @property
    def hold_policy(self) -> HoldPolicy:
        """What a customer's hold means."""
        return HoldPolicy(self.customers_on_hold)

    @property
    def all_modes(self) -> dict[str, str]:
        """Every type with its mode."""
        return {kind.value: self.mode_of(kind.value).value for kind in OrderType}
