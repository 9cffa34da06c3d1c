"""What an import leaves behind: the job record, the file, and what a person said about its columns."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from shared.db.mixins import ID
from shared.db.types import Json, UtcDateTime


class ImportRecord:
    """Columns of a service's `imports` table; the service adds `TenantScoped` and its base.

    register     which one the rows went to, e.g. `customers`
    state        `dry_run`, `confirmed`, `stopped` (all or nothing was asked for, and some row was wrong) or `undone`
    file_sha256  of the file, hex: tells whether two jobs had the same file
    report       as `shared.imports.report.make_report` gives it
    """

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    register: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    file_name: Mapped[str] = mapped_column(String(255))
    file_sha256: Mapped[str] = mapped_column(String(64))
    created_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    undone_by: Mapped[str | None] = mapped_column(String(80))
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    report: Mapped[dict[str, Any]] = mapped_column(Json)


class ImportFileRecord:
    """Columns of `import_files`: the uploaded bytes, kept for a while so that a marked copy can be made."""

    import_id: Mapped[str] = mapped_column(ID, primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ImportMappingRecord:
    """Columns of `import_mappings`: for a register, header name (folded) → field, "" for a column to leave out."""

    @declared_attr
    def tenant_id(cls) -> Mapped[str]:
        """Together with the register it is the key."""
        return mapped_column(ID, primary_key=True)

    register: Mapped[str] = mapped_column(String(20), primary_key=True)
    columns: Mapped[dict[str, str]] = mapped_column(Json)
