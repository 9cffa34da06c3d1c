"""One import, from the reading of the workbook to the job record, in one transaction; and its undoing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from sqlalchemy import delete

from shared.db import UnitOfWork, get_or_404
from shared.db.database import Creation
from shared.errors import FieldError
from shared.excel.table import ParsedRow, TableReading
from shared.imports.errors import ImportNotUndoable, RecordsTouched
from shared.imports.report import Action, Mode, PlannedRow, WrongRows, make_report
from shared.imports.states import JobState

FILES_KEPT: Final = timedelta(days=30)
"""How long the uploaded bytes stay; the report stays for good."""
_MOST_NAMED: Final = 100
_MAY_HAVE_WRITTEN: Final = ("confirmed", "cancelled", "failed")
"""A job that was cancelled, or failed, may have written some rows."""


class Register(Protocol):
    """The records that rows become, inside an open unit of work."""

    def plan(self, rows: Sequence[ParsedRow]) -> list[PlannedRow]:
        """Say what each row would do, writing nothing; one plan for each row, in order."""

    def write(self, planned: Sequence[PlannedRow]) -> Mapping[str, int]:
        """Carry out the plans that create or change; returns id → version of each record, after the flush."""


class Undo(Protocol):
    """Takes back what an import wrote, inside an open unit of work."""

    def touched(self, rows: Sequence[Mapping[str, Any]]) -> Sequence[int]:
        """Return the numbers of the rows whose records were changed or used since."""

    def take_back(self, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
        """Withdraw created records, and give changed ones their old values; rows as they are in the report."""


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What the caller asked for.

    creation     makes a repeated request give the first one's answer
    file_sha256  hex digest of the file's bytes
    register     which one the rows go to
    wrong_rows   whether wrong rows are left out or stop the whole import
    content      the file itself; None when it need not be kept
    remember     header name, folded → field, to be used for the tenant's next files too
    """

    creation: Creation
    mode: Mode
    file_name: str
    file_sha256: str
    register: str = ""
    wrong_rows: WrongRows = WrongRows.LEAVE_OUT
    content: bytes | None = None
    remember: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImportTables:
    """A service's tables of imports: subclasses of the classes in `shared.imports.record`."""

    record: type[Any]
    file: type[Any]
    mapping: type[Any]
    part: type[Any]


def run_import(
    uow: UnitOfWork,
    tables: ImportTables,
    register: Register,
    reading: TableReading,
    request: ImportRequest,
    *,
    now: datetime,
) -> Any:
    """Plan all good rows and, when confirmed, write them and their events together; returns the job record.

    A dry run stores nothing but that record (and the file). Wrong rows are reported and left out, unless the request
    says that they stop everything.
    """
    with uow:
        if old := uow.repeated(request.creation):
            return get_or_404(uow.session, tables.record, old)
        planned = register.plan(reading.rows)
        state, versions = _carry_out(register, reading, planned, request)
        record = tables.record(
            id=request.creation.id,
            register=request.register,
            state=state,
            file_name=request.file_name,
            file_sha256=request.file_sha256,
            created_by=uow.context.actor,
            created_at=now,
            undone_by=None,
            undone_at=None,
            report=make_report(request.mode, reading, planned, versions),
            job_state=(JobState.READY if request.mode is Mode.DRY_RUN else JobState.DONE).value,
            rows_total=len(reading.rows),
            rows_done=len(reading.rows),
            started_at=now,
            ended_at=now,
        )
        uow.session.add(record)
        keep_file(uow, tables, request, now)
        remember_columns(uow, tables, request)
        uow.session.flush()
        uow.created(request.creation, record.id)
        uow.commit()
    return record


def undo_import(uow: UnitOfWork, tables: ImportTables, undo: Undo, import_id: str, *, now: datetime) -> Any:
    """Take back everything that a confirmed import wrote; returns the job record.

    Raises ImportNotUndoable, and RecordsTouched, taking nothing back, when any of the records was changed since.
    """
    with uow:
        record = get_or_404(uow.session, tables.record, import_id, for_update=True)
        written = (Action.CREATED.value, Action.CHANGED.value)
        rows = [row for row in record.report["rows"] if row["action"] in written]
        if record.state not in _MAY_HAVE_WRITTEN or (record.state != "confirmed" and not rows):
            raise ImportNotUndoable(f"The import is in the state {record.state}.")
        if touched := undo.touched(rows):
            named = sorted(touched)[:_MOST_NAMED]
            errors = [FieldError(f"/rows/{row}", "touched", f"The record of row {row} was changed.") for row in named]
            raise RecordsTouched(f"{len(touched)} of {len(rows)} records were changed or used.", errors=errors)
        undo.take_back(rows, now)
        record.state, record.undone_by, record.undone_at = "undone", uow.context.actor, now
        uow.commit()
    return record


def _carry_out(
    register: Register, reading: TableReading, planned: Sequence[PlannedRow], request: ImportRequest
) -> tuple[str, Mapping[str, int] | None]:
    if request.mode is Mode.DRY_RUN:
        return "dry_run", None
    any_wrong = bool(reading.errors) or any(plan.action is Action.REFUSED for plan in planned)
    if any_wrong and request.wrong_rows is WrongRows.STOP:
        return "stopped", None
    return "confirmed", register.write([plan for plan in planned if plan.action in (Action.CREATED, Action.CHANGED)])


def keep_file(uow: UnitOfWork, tables: ImportTables, request: ImportRequest, now: datetime) -> None:
    """Store the uploaded bytes inside the open transaction; those that are too old go."""
    uow.session.execute(delete(tables.file).where(tables.file.created_at < now - FILES_KEPT))
    if request.content is not None:
        uow.session.add(tables.file(import_id=request.creation.id, content=request.content, created_at=now))


def remember_columns(uow: UnitOfWork, tables: ImportTables, request: ImportRequest) -> None:
    """Store what a person said about columns for the next files, inside the open transaction."""
    if not request.remember:
        return
    known = uow.session.get(tables.mapping, {"tenant_id": uow.context.tenant_id, "register": request.register})
    if known is None:
        uow.session.add(tables.mapping(register=request.register, columns=dict(request.remember)))
    else:
        known.columns = {**known.columns, **request.remember}
