"""What imports left behind: the job records, and which customer a row without any key became."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from services.customers.models.base import Base
from shared.db import TenantScoped
from shared.db.mixins import ID
from shared.imports.record import ImportRecord


class Import(ImportRecord, TenantScoped, Base):
    """One run of an import of customers."""

    __tablename__ = "imports"


class ImportKey(TenantScoped, Base):
    """A row with neither business ID nor customer number is known again by its whole content, never by its name."""

    __tablename__ = "import_keys"

    tenant_id: Mapped[str] = mapped_column(ID, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    customer_id: Mapped[str] = mapped_column(ID, ForeignKey("customers.id"))
