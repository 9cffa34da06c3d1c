"""Work packages: projects, contracts and campaigns that group work orders (domain.md 2.7)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.workorders.models.base import Base
from shared.db import Audited, TenantScoped, UtcDateTime, Versioned
from shared.db.mixins import ID


class WorkPackage(Base, TenantScoped, Versioned, Audited):
    """A group of work orders of one customer, for reports.

    code                   the firm's own, unique; code_key is the form in which codes are compared
    customer_before_merge  whose it was, if it followed a merge that may still be undone
    closed_at              set while no new orders go into it
    """

    __tablename__ = "work_packages"
    __table_args__ = (
        UniqueConstraint("tenant_id", "code_key"),
        Index("ix_work_packages_tenant_id_customer_id", "tenant_id", "customer_id"),
    )
    __audit_left_out__ = ("code_key",)

    code: Mapped[str] = mapped_column(String(60))
    code_key: Mapped[str] = mapped_column(String(240))
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    customer_id: Mapped[str] = mapped_column(ID)
    customer_before_merge: Mapped[str | None] = mapped_column(ID)
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def closed(self) -> bool:
        """Say whether no new orders go into it."""
        return self.closed_at is not None
