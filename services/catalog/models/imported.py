"""The job records of imports."""

from __future__ import annotations

from services.catalog.models.base import Base
from shared.db import TenantScoped
from shared.imports.record import ImportRecord


class Import(ImportRecord, TenantScoped, Base):
    """One run of an import of products."""

    __tablename__ = "imports"
