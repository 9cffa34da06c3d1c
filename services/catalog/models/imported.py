"""What imports leave behind: job records, files, remembered columns."""

from __future__ import annotations

from sqlalchemy import Index

from services.catalog.models.base import Base
from shared.db import TenantScoped
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
