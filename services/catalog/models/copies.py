"""Copies of what other services own, kept by their events (messaging.md 9)."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from services.catalog.models.base import Base
from shared.bus.copies import CopyRow
from shared.db.mixins import ID


class CopyCustomer(Base, CopyRow):
    """A customer: its price group, and into whom it was merged."""

    __tablename__ = "copy_customers"

    merged_into: Mapped[str | None] = mapped_column(ID)
    price_group: Mapped[str | None] = mapped_column(String(60))


class CopySite(Base, CopyRow):
    """A site: where it lies, and its own price group if it has one. path  `/` and the ids from the root to the site"""

    __tablename__ = "copy_sites"

    path: Mapped[str | None] = mapped_column(String(2000))
    price_group: Mapped[str | None] = mapped_column(String(60))

    @property
    def nearest_first(self) -> tuple[str, ...]:
        """Ids of the site and of those that it lies in, the site itself first."""
        above = [part for part in reversed((self.path or "").split("/")) if part and part != self.id]
        return (self.id, *above)
