"""What recorded work costs beyond quantity times price (domain.md §2.6)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from services.catalog.models.base import Base
from shared.charging import ChargingRule, rule_from_data
from shared.db import Audited, Json, TenantScoped, UtcDateTime, Versioned


class StoredChargingRule(Versioned, TenantScoped, Audited, Base):
    """One rule. `text`, `conditions` and `effects` have the shapes of `shared.charging.data`."""

    __tablename__ = "charging_rules"

    name: Mapped[str] = mapped_column(String(200))
    priority: Mapped[int]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    text: Mapped[dict[str, str]] = mapped_column(Json)
    conditions: Mapped[dict[str, Any]] = mapped_column(Json)
    effects: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def archived(self) -> bool:
        """Say whether the rule is out of use."""
        return self.archived_at is not None

    def data(self) -> dict[str, Any]:
        """Return the rule as data, the shape of its event."""
        return {
            "id": self.id,
            "name": self.name,
            "priority": self.priority,
            "valid_from": None if self.valid_from is None else self.valid_from.isoformat(),
            "valid_to": None if self.valid_to is None else self.valid_to.isoformat(),
            "archived": self.archived,
            "text": dict(self.text),
            "conditions": dict(self.conditions),
            "effects": [dict(effect) for effect in self.effects],
        }

    def value(self) -> ChargingRule:
        """Return the rule as charging sees it."""
        return rule_from_data(self.data())
