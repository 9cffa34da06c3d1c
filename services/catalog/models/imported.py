"""What imports leave behind: job records, files, remembered columns."""

from __future__ import annotations

from services.catalog.models.base import Base
from shared.db import TenantScoped
from shared.imports.record import ImportFileRecord, ImportMappingRecord, ImportRecord


class Import(ImportRecord, TenantScoped, Base):
    """One run of an import."""

    __tablename__ = "imports"


class ImportFile(ImportFileRecord, TenantScoped, Base):
    """The file of an import, for a while."""

    __tablename__ = "import_files"


class ImportMapping(ImportMappingRecord, TenantScoped, Base):
    """Remembered columns of one register."""

    __tablename__ = "import_mappings"
