"""The job record of an import: who imported which file, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.mixins import ID
from shared.db.types import Json, UtcDateTime


class ImportRecord:
    """Columns of a service's `imports` table; the service adds `TenantScoped` and its base.

    state        `dry_run` or `confirmed`
    file_sha256  of the file, hex: tells whether two jobs had the same file
    report       as `shared.imports.report.make_report` gives it
    """

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    state: Mapped[str] = mapped_column(String(20))
    file_name: Mapped[str] = mapped_column(String(255))
    file_sha256: Mapped[str] = mapped_column(String(64))
    created_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    report: Mapped[dict[str, Any]] = mapped_column(Json)
