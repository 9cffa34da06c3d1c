"""What imports left behind: job records, files, remembered columns, and which record a row without a key became."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from services.customers.models.base import Base
from shared.db import TenantScoped
from shared.db.mixins import ID
from shared.imports.record import ImportFileRecord, ImportMappingRecord, ImportPartRecord, ImportRecord


class Import(ImportRecord, TenantScoped, Base):
    """One run of an import."""

    __tablename__ = "imports"
    __table_args__ = (Index("ix_imports_job_state", "job_state", "lease_until"),)


class ImportFile(ImportFileRecord, TenantScoped, Base):
    """The file of an import, for a while."""

    __tablename__ = "import_files"


class ImportPart(ImportPartRecord, TenantScoped, Base):
    """What a running job has done so far."""

    __tablename__ = "import_parts"


class ImportMapping(ImportMappingRecord, TenantScoped, Base):
    """Remembered columns of one register."""

    __tablename__ = "import_mappings"


class ImportKey(TenantScoped, Base):
    """A row with neither business ID nor customer number is known again by its whole content, never by its name."""

    __tablename__ = "import_keys"

    tenant_id: Mapped[str] = mapped_column(ID, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    customer_id: Mapped[str] = mapped_column(ID, ForeignKey("customers.id"))


class ImportRowKey(TenantScoped, Base):
    """The same for contact persons and sites: the content of a row without a key → the record it became."""

    __tablename__ = "import_row_keys"

    tenant_id: Mapped[str] = mapped_column(ID, primary_key=True)
    register: Mapped[str] = mapped_column(String(20), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    record_id: Mapped[str] = mapped_column(ID)
