"""What an import leaves behind: the job record, the file, and what a person said about its columns."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from shared.db.mixins import ID
from shared.db.types import Json, UtcDateTime
from shared.imports.states import JobState, percent_done


class ImportRecord:
    """Columns of a service's `imports` table; the service adds `TenantScoped` and its base.

    register     which one the rows went to, e.g. `customers`
    state        `dry_run`, `confirmed`, `stopped` (all or nothing was asked for, and some row was wrong), `undone`;
                 of a job also `running`, `cancelled`, `failed`
    job_state    see `JobState`; what was done within its request is `ready` or `done` from the beginning
    job_request  of a job: `mode`, `wrong_rows`, `columns`, `correlation_id`; None of any other
    attempts     how many workers have taken the job up; only the last one may write for it
    lease_until  until then the worker that has the job is taken to be alive
    problem      why the job failed: `code`, `title`, `detail`, `errors`
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
    job_state: Mapped[str] = mapped_column(String(10), default=JobState.DONE.value)
    job_request: Mapped[dict[str, Any] | None] = mapped_column(Json, default=None)
    rows_total: Mapped[int] = mapped_column(default=0)
    rows_done: Mapped[int] = mapped_column(default=0)
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    problem: Mapped[dict[str, Any] | None] = mapped_column(Json, default=None)

    @property
    def own(self) -> ImportRecord:
        """The record itself: what is shown of it in two places."""
        return self

    @property
    def percent(self) -> int:
        """How much is done, from 0 to 100; 100 whatever the end was."""
        is_dry_run = (self.job_request or {}).get("mode") == "dry_run"
        return percent_done(JobState(self.job_state), self.rows_done, self.rows_total, is_dry_run=is_dry_run)


class ImportPartRecord:
    """Columns of `import_parts`: what a running job has done so far, as parts of its report; gone when it has ended.

    part  0 is what the check found, the others are written rows, in order
    """

    import_id: Mapped[str] = mapped_column(ID, primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[dict[str, Any]] = mapped_column(Json)


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
